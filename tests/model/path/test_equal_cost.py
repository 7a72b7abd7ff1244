"""Packages of equal cost: intensities that are found, against costs added up anew and levers whose cost is linear."""

from __future__ import annotations

import pytest

from sim.config import load_config
from sim.data import load_region
from sim.model.path.budget import expected_cost, start_people
from sim.model.path.equal_cost import at_equal_cost, ready_scenario
from sim.policies import PolicyFileError, load_levers, load_scenario, policy_content, scenario_from_mapping
from sim.policies.plan import plan_years
from sim.policies.written import scenario_text
from sim.population import cached_population

HEAD = {"name_en": "Mix", "name_zh": "组合", "description": "d"}
PACKAGES = ("services_first", "jobs_first", "housing_first", "registration_first")


@pytest.fixture(scope="module")
def plan():
    """Region, levers, people of a population other than the one that intensities are found with, and years."""
    region = load_region()
    people = start_people(region, cached_population(region, 2020, 5_000, 1, 0.0))
    return region, load_levers(region=region), people, plan_years().open_years(region.last_observed)


def cost(plan, scenario) -> float:
    region, levers, people, years = plan
    return sum(float(c.sum()) for c in expected_cost(scenario, levers, region, people, years).values())


def found(plan, name="mix", folder=None, **more):
    """Return a scenario at equal cost."""
    region, levers, people, years = plan
    written = scenario_from_mapping({**HEAD, "name": name, **more}, levers, region)
    return at_equal_cost(written, levers, region, people, years)


@pytest.mark.parametrize("name", PACKAGES)
def test_every_package_is_expected_to_cost_as_much_as_the_plan(plan, name):
    region, levers, *_ = plan
    written = load_scenario(name, levers, region)
    ready = ready_scenario(name, load_config(), levers, region)
    assert cost(plan, ready) == pytest.approx(cost(plan, load_scenario("plan", levers, region)), rel=3e-4)
    named = set(written.equal_cost.named)
    assert {ready.settings[lever].intensity for lever in named} == {1.0}
    rest = {setting.intensity for lever, setting in ready.settings.items() if lever not in named}
    assert len(rest) == 1
    assert 0.0 < rest.pop() < 0.5


def test_intensities_do_not_depend_on_households_draws_and_seed(plan):
    region, levers, *_ = plan
    small = load_config(households=5_000, draws=1, seed=1)
    large = load_config(households=200_000, draws=7, seed=9)
    assert ready_scenario("jobs_first", small, levers, region) == ready_scenario("jobs_first", large, levers, region)


def test_where_cost_is_linear_the_intensity_is_the_quotient_of_costs(plan, tmp_path):
    """T5 and T8 have no enabler: a quarter of T5 buys T8 at (a quarter of the cost of T5) / (cost of T8)."""
    region, levers, people, years = plan
    (tmp_path / "quarter.yaml").write_text(
        "name: quarter\nname_en: Quarter\nname_zh: 四分之一\ndescription: d\nlevers: {T5: 0.25}\n", encoding="utf-8"
    )
    off = "".join(f"  {lever}: 0.0\n" for lever in levers if lever != "T8")
    file = tmp_path / "other.yaml"
    file.write_text(
        f"name: other\nname_en: O\nname_zh: 它\ndescription: d\nevery_lever: {{cost_of: quarter}}\nlevers:\n{off}",
        encoding="utf-8",
    )
    ready = at_equal_cost(load_scenario(file, levers, region), levers, region, people, years)
    alone = {
        lever: cost(plan, scenario_from_mapping({**HEAD, "name": "x", "levers": {lever: 1.0}}, levers, region))
        for lever in ("T5", "T8")
    }
    assert ready.settings["T8"].intensity == pytest.approx(0.25 * alone["T5"] / alone["T8"], abs=1e-4)


def test_named_levers_that_cost_more_alone_are_cut_to_one_share_and_the_others_stay_at_zero(plan):
    levers = {"T1": {2026: 0.5, 2028: 1.0}, "T6": 1.0, "T14": 1.0, "T10": 1.0}
    ready = found(plan, every_lever={"cost_of": "only_renewal"}, levers=levers)
    share = ready.settings["T6"].intensity
    assert 0.0 < share < 1.0
    assert ready.settings["T10"].intensity == share
    assert ready.settings["T1"].intensity == pytest.approx({2026: 0.5 * share, 2028: share})
    assert {s.intensity for lever, s in ready.settings.items() if lever not in levers} == {0.0}
    region, known, *_ = plan
    assert cost(plan, ready) == pytest.approx(cost(plan, load_scenario("only_renewal", known, region)), rel=2e-3)


def test_what_cannot_be_is_refused_with_both_sums(plan):
    with pytest.raises(PolicyFileError, match=r"every_lever.cost_of: full_intensity is expected to cost"):
        found(plan, every_lever={"cost_of": "full_intensity"}, levers={"T1": 0.1})
    with pytest.raises(PolicyFileError, match="no_new_policy is expected to cost nothing"):
        found(plan, every_lever={"cost_of": "no_new_policy"})


def test_a_scenario_that_starts_from_a_package_keeps_its_rule(plan):
    region, levers, *_ = plan
    ready = found(plan, base="jobs_first", levers={"T1": 1.0})
    package = ready_scenario("jobs_first", load_config(), levers, region)
    assert [ready.settings[lever].intensity for lever in ("T2", "T6", "T1")] == [1.0, 1.0, 1.0]
    assert ready.settings["T4"].intensity < package.settings["T4"].intensity
    fixed = found(plan, base="jobs_first", every_lever=0.2, levers={"T1": 1.0})
    assert fixed.settings["T4"].intensity == 0.2


def test_overrides_come_last_and_are_not_made_up_for(plan):
    region, levers, *_ = plan
    plain = ready_scenario("jobs_first", load_config(), levers, region)
    changed = ready_scenario("jobs_first", load_config(levers={"T3": 0.9}), levers, region)
    assert changed.settings == {**plain.settings, "T3": plain.settings["T3"].model_copy(update={"intensity": 0.9})}


def test_what_is_not_found_yet_is_neither_hashed_nor_written(plan):
    region, levers, people, _ = plan
    open_yet = load_scenario("jobs_first", levers, region)
    with pytest.raises(ValueError, match="not found yet"):
        policy_content(open_yet, levers)
    with pytest.raises(ValueError, match="not found yet"):
        scenario_text(open_yet, "jobs_first")
    late = at_equal_cost(open_yet, levers, region, people, ())
    assert late.settings["T4"].intensity == 0.0
    assert late.settings["T6"].intensity == 1.0
