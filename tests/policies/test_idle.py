"""Settings that never act are told by name, and nothing else is."""

from __future__ import annotations

import pytest

from sim.data import load_region
from sim.policies import (
    PolicyFileError,
    idle_settings,
    load_levers,
    load_scenario,
    scenario_from_mapping,
    scenario_names,
)

REGION = load_region("hunan")
LEVERS = load_levers(region=REGION)
HEAD = {"name": "mix", "name_en": "Mix", "name_zh": "组合", "description": "d"}
HALF = {"levers": {"T3": 0.5}}


def told(written, first=2025, last=2035) -> list[str]:
    scenario = scenario_from_mapping(HEAD | written, LEVERS, REGION)
    return [idle.en for idle in idle_settings(scenario, LEVERS, REGION, first, last)]


@pytest.mark.parametrize("name", scenario_names())
def test_nothing_of_the_shipped_scenarios_is_idle(name):
    scenario = load_scenario(name, LEVERS, REGION)
    assert idle_settings(scenario, LEVERS, REGION, 2025, 2035) == ()


@pytest.mark.parametrize("lever", LEVERS)
def test_every_lever_alone_acts(lever):
    assert told({"levers": {lever: 0.5}}) == []


@pytest.mark.parametrize(
    ("written", "part"),
    [
        ({"levers": {"T3": {"intensity": {2040: 1.0}}}}, "T3: pulled, but nothing changes from 2025 to 2035"),
        ({"levers": {"T3": {"intensity": 0.5, "delay": 30}}}, "T3: pulled"),
        ({"levers": {"T3": {"intensity": 0.5, "start": 2050}}}, "T3: pulled"),
        ({"levers": {"T3": {2025: 0.5, 2040: 1.0}}}, "levers.T3.intensity in 2040: never acts"),
        ({"levers": {"T3": {2021: 0.1, 2023: 0.5}}}, "levers.T3.intensity in 2021: never acts"),
        (HALF | {"levers": {"T3": 0.5, "T4": {"intensity": 0, "delay": 2}}}, "levers.T4.delay: never acts"),
        (
            {"levers": {"T10": {"intensity": 0.5, "with_effects": ["siphon"]}}},
            "levers.T10.with_effects: siphon changes nothing, it is on anyway",
        ),
        (
            {"levers": {"P1": {"intensity": 0.5, "where": {"counties": ["433130"], "exclude": {}}}}},
            "P1 (school_capacity",
        ),
        (HALF | {"exogenous": {"reclassification_wave": {2022: 1.0}}}, "reclassification_wave in 2022: never acts"),
        (HALF | {"exogenous": {"reclassification_wave": {2050: 1.0}}}, "reclassification_wave in 2050: never acts"),
        (
            {"exogenous": {"local_shocks": [{"where": "all", "start": 2050, "utils": 1.0}]}},
            "exogenous.local_shocks[0].start = 2050: never acts",
        ),
        (
            {"exogenous": {"local_shocks": [{"where": "all", "start": 2020, "utils": 1.0}]}},
            "only what is left of it in 2025 acts",
        ),
        ({"exogenous": {"births": 0.9}, "budget": {"rule": "scale"}}, "budget: never acts"),
        ({}, "the same as no_new_policy"),
        ({"levers": {"T3": 0.0}, "exogenous": {"births": 1.0}}, "the same as no_new_policy"),
    ],
)
def test_what_never_acts_is_told_once(written, part):
    found = told(written)
    assert len(found) == 1
    assert part in found[0]
    assert found[0].startswith("mix: ")


def test_parts_of_levers_that_begin_after_the_study_are_told():
    plan = load_scenario("plan", LEVERS, REGION)
    (idle,) = idle_settings(plan, LEVERS, REGION, 2025, 2026)
    assert "P1 (school_capacity" in idle.en
    assert "T10 (projects: 3/9)" in idle_settings(plan, LEVERS, REGION, 2025, 2030)[0].en


def test_a_study_of_observed_years_alone_says_so_in_one_sentence():
    plan = load_scenario("plan", LEVERS, REGION)
    (idle,) = idle_settings(plan, LEVERS, REGION, 2025, 2023)
    assert "the study ends in 2023 and policy acts from 2025 on" in idle.en
    assert "模拟止于2023年" in idle.zh


@pytest.mark.parametrize(
    "written",
    [
        {"levers": {"T3": 0.5}},
        {"exogenous": {"births": 0.9}},
        {"exogenous": {"reclassification_wave": {2027: 0.5}}},
        {"budget": {"rule": "scale"}},
        {"base": "plan"},
        {"every_lever": 0.1},
    ],
)
@pytest.mark.parametrize("head", [{"name": "no_new_policy"}, {"name": "no_new_policy", "baseline": True}])
def test_the_baseline_is_neutral_or_refused(written, head):
    with pytest.raises(PolicyFileError, match=r"is the baseline that effects are measured against.*name other than"):
        scenario_from_mapping(HEAD | head | written, LEVERS, REGION)


def test_a_file_of_any_folder_named_like_the_baseline_is_the_baseline(tmp_path):
    file = tmp_path / "no_new_policy.yaml"
    file.write_text("name: no_new_policy\nname_en: x\nname_zh: x\ndescription: x\n", encoding="utf-8")
    assert load_scenario(file, LEVERS, REGION).baseline
    file.write_text(file.read_text(encoding="utf-8") + "levers: {T3: 0.5}\n", encoding="utf-8")
    with pytest.raises(PolicyFileError, match=r"no_new_policy\.yaml.*sets levers\.T3"):
        load_scenario(file, LEVERS, REGION)


@pytest.mark.parametrize(
    "written",
    [
        {"levers": {"T3": {"intensity": 1, "where": {"counties": ["430102"], "exclude": {"prefectures": ["4301"]}}}}},
        {"exogenous": {"local_shocks": [{"where": {"exclude": {"groups": []}}, "start": 2026, "utils": 1.0}]}},
    ],
)
def test_places_that_leave_no_county_are_refused(written):
    if "exogenous" in written:
        written["exogenous"]["local_shocks"][0]["where"]["exclude"]["prefectures"] = list(REGION.prefecture_codes)
    with pytest.raises(PolicyFileError, match="no county is left"):
        scenario_from_mapping(HEAD | written, LEVERS, REGION)


def test_a_lever_that_is_left_no_county_is_refused():
    from sim.policies import Levers, check_lever_places
    from sim.policies.schema import Where

    where = Where.model_validate({"counties": ["430102"], "exclude": {"counties": ["430102"]}})
    changed = Levers({"T3": LEVERS["T3"].model_copy(update={"where": where})}, LEVERS.combining)
    with pytest.raises(PolicyFileError, match="no county is left"):
        check_lever_places(changed, REGION)
