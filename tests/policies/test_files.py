"""What a wrong lever or scenario file is answered with: file, line, key, reason."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from sim.data import load_region
from sim.policies import (
    PolicyFileError,
    check_lever_places,
    load_levers,
    load_scenario,
    policy_content,
    scenario_from_mapping,
    with_overrides,
)
from sim.policies.scenario import override_message
from sim.policies.schema import PlaceError, PlaceList

HEAD = """name: mine
name_en: Mine
name_zh: 我的
description: mine
"""


@pytest.fixture
def levers(make_levers, text):
    return make_levers(T1=text("T1"), T3=text("T3"), P2=text("P2"))


def refused(file: Path, levers, region, *parts: str) -> str:
    with pytest.raises(PolicyFileError) as error:
        load_scenario(file, levers, region)
    for part in parts:
        assert part in str(error.value)
    return str(error.value)


@pytest.mark.parametrize(
    ("body", "line", "parts"),
    [
        ("levers:\n  T3: 1.7\n", 6, ["levers.T3", "1.7", "0 to 1"]),
        ("levers:\n  T3: {2025: 0.2, 2027: -1}\n", 6, ["intensity = -1 in 2027", "0 to 1"]),
        ("levers:\n  T3:\n    2025: 0.2\n    1925: 0.5\n", 8, ["1925", "2000 to 2100"]),
        ("levers:\n  T3: {intensity: 'half'}\n", 6, ["'half'", "0 to 1"]),
        ("levers:\n  T3: yes\n", 6, ["intensity = 'yes'", "0 to 1"]),
        ("levers:\n  T3: '0.5'\n", 6, ["intensity = '0.5'", "0 to 1"]),
        ("levers:\n  T3: {03752: 0.5}\n", 6, ["unknown key '03752'"]),
        ("levers:\n  T3: {intensity: {33:46: 0.5}}\n", 6, ["'33:46'", "2000 to 2100"]),
        ("levers:\n  T3: {intensity: 0.5, start: 33:46}\n", 6, ["start: '33:46' is not allowed: a whole number"]),
        ("levers:\n  T3: {intensity: 0.5, start: 2_026}\n", 6, ["start: '2_026' is not allowed: a whole number"]),
        ("levers:\n  T3: {intensity: 0.5, start: 2026.0}\n", 6, ["start: 2026.0 is not allowed: a whole number"]),
        ("levers:\n  T3: {intensity: 0.5, delay: true}\n", 6, ["delay: true is not allowed: a whole number"]),
        ("exogenous:\n  outside_pull_shift: true\n", 6, ["true is not allowed: a number is expected"]),
        ("exogenous:\n  births: on\n", 6, ["'on' is not allowed: a number is expected"]),
        ("exogenous:\n  deaths: '1.0'\n", 6, ["'1.0' is not allowed: a number is expected"]),
        ("exogenous:\n  deaths: .nan\n", 6, ["'.nan' is not allowed: a number is expected"]),
        ("exogenous:\n  local_shocks: [{where: all, start: 2026, utils: yes}]\n", 6, ["'yes' is not allowed"]),
        ("exogenous:\n  local_shocks: {where: all}\n", 6, ["a list is expected"]),
        ("exogenous:\n  reclassification_wave: {2026: true}\n", 6, ["true is not allowed"]),
        ("budget: {rule: scale, limit: '20'}\n", 5, ["'20' is not allowed: a number is expected"]),
        ("baseline: yes\n", 5, ["'yes' is not allowed: true or false is expected"]),
        ("description_zh: 5\n", 5, ["5 is not allowed: text is expected"]),
        ("levers: T3：0.5\n", 5, ["'T3：0.5' is not allowed: a mapping is expected"]),
        ("base: '{a} {0} %s'\n", 5, ["base", "'{a} {0} %s'"]),
        ("'{a}': 1\n", 5, ["unknown key '{a}'"]),
        ("levers:\n  T3: true\n", 6, ["= true"]),
        ("levers:\n  T3: {intensity: 0.5, delay: -1}\n", 6, ["levers.T3.delay", "-1"]),
        ("levers:\n  T3:\n    intensity: 0.5\n    wher: all\n", 8, ["'wher'", "did you mean 'where'"]),
        ("levers:\n  T3: {where: all}\n", 6, ["'intensity' is missing"]),
        ("levers:\n  T33: 0.5\n", 6, ["unknown lever 'T33'", "did you mean 'T3'", "T1, T3, P2"]),
        (
            "levers:\n  T3:\n    intensity: 1\n    where:\n      counties: [990101, '990109']\n",
            9,
            ["'990109'", "990101"],
        ),
        (
            "levers:\n  T3:\n    intensity: 1\n    where:\n      groups: [rivers]\n",
            9,
            ["unknown group 'rivers'", "did you mean 'river'"],
        ),
        ("levers:\n  T3: {intensity: 1, where: {exclude: {prefectures: [9909]}}}\n", 6, ["prefecture code '9909'"]),
        ("levers:\n  T3: {intensity: 1, where: everywhere}\n", 6, ["'everywhere'", "'all'"]),
        ("levers:\n  T3: {intensity: 1, where: {}}\n", 6, ["selects nothing"]),
        ("levers:\n  T3: {intensity: 1, without_effects: [out_mov]}\n", 6, ["'out_mov'", "did you mean 'out_move'"]),
        ("levers:\n  T3: {intensity: 1, without_effects: [out_move]}\n", 6, ["T3 has no effect on 'out_move'"]),
        ("lever:\n  T3: 0.5\n", 5, ["'lever'", "did you mean 'levers'"]),
        ("every_lever: 2\n", 5, ["every_lever", "2"]),
        ("every_lever: {mean: 0.1}\nlevers: {T3: 1.0}\n", 5, ["every_lever", "mean of 0.1"]),
        ("every_lever: {mean: 0.5}\nlevers: {T3: {2025: 1.0}}\n", 5, ["constant intensities"]),
        ("every_lever: {mean: 0.5, cost_of: plan}\n", 5, ["every_lever", "exactly one of mean and cost_of"]),
        ("every_lever: {}\n", 5, ["every_lever", "exactly one of mean and cost_of"]),
        ("every_lever: {cost_of: nothing_like_it}\n", 5, ["every_lever", "nothing_like_it"]),
        ("every_lever: {cost_of: mine}\n", 5, ["every_lever", "leads back to this scenario"]),
        ("exogenous:\n  reclassification: maybe\n", 6, ["'maybe'", "'drawn' or 'none'"]),
        ("exogenous:\n  outside_pull: 0.1\n", 6, ["did you mean 'outside_pull_shift'"]),
        ("baseline: true\n", 5, ["baseline", "no_new_policy alone is the baseline"]),
        ("base: nothing_like_it\n", 5, ["base", "nothing_like_it"]),
        ("levers:\n  T3: 0.5\n  T1: 0.5\n  T3: 0.7\n", 8, ["'T3' is written twice", "line 6"]),
        ("levers: &a {T3: 0.5}\nother: *a\n", 6, ["aliases"]),
        ("levers: !!python/object:os.system {}\n", 5, ["tag"]),
        ("levers:\n  T3: 0.5\n T1: 0.5\n", 7, ["not valid YAML"]),
        ("levers: [T3\n", 6, ["not valid YAML"]),
    ],
)
def test_a_wrong_scenario_is_refused_with_its_line(
    levers, write, region, body: str, line: int, parts: list[str]
) -> None:
    file = write("scenarios/mine.yaml", HEAD + body)
    refused(file, levers, region, "mine.yaml", f"line {line}", *parts)


@pytest.mark.parametrize(
    ("content", "parts"),
    [
        ("", ["empty"]),
        ("- T3\n", ["must be a mapping"]),
        ("name: mine\nname_en: Mine\nname_zh: 我的\n", ["'description' is missing", "Add it"]),
        (HEAD.replace("name: mine", "name: yours"), ["line 1", "'yours'", "'mine'"]),
    ],
)
def test_an_incomplete_scenario_is_refused(levers, write, region, content: str, parts: list[str]) -> None:
    refused(write("scenarios/mine.yaml", content), levers, region, "mine.yaml", *parts)


def test_all_problems_of_a_file_are_told_at_once(levers, write, region) -> None:
    file = write("scenarios/mine.yaml", HEAD + "levers:\n  T1: 1.7\n  T3: 2.5\n")
    message = refused(file, levers, region, "line 6", "line 7")
    assert len(message.splitlines()) == 2


def test_an_unknown_scenario_suggests_one(levers, region) -> None:
    with pytest.raises(PolicyFileError, match="did you mean 'services_first'"):
        load_scenario("service_first", levers, region)
    for name in ("nowhere/mine.yaml", "x" * 5_000 + ".yaml", "x/" + "y" * 300, "a\0b.yaml"):
        with pytest.raises(PolicyFileError, match="no such file"):
            load_scenario(name, levers, region)
    with pytest.raises(PolicyFileError, match="is unknown"):
        load_scenario("x" * 5_000, levers, region)


def test_a_scenario_starts_from_its_base(levers, write, region) -> None:
    write(
        "scenarios/start.yaml",
        HEAD.replace("mine", "start") + "every_lever: 0.4\nexogenous: {outside_pull_shift: 0.1}\n",
    )
    text = HEAD + "base: start\nlevers: {T3: 0.9}\nexogenous: {reclassification: none}\n"
    scenario = load_scenario(write("scenarios/mine.yaml", text), levers, region)
    assert {name: s.intensity for name, s in scenario.settings.items()} == {"T1": 0.4, "T3": 0.9, "P2": 0.4}
    assert scenario.exogenous.outside_pull_shift == 0.1
    assert scenario.exogenous.reclassification == "none"


def test_bases_that_form_a_circle_are_refused(levers, write, region) -> None:
    write("scenarios/start.yaml", HEAD.replace("mine", "start") + "base: mine\n")
    refused(write("scenarios/mine.yaml", HEAD + "base: start\n"), levers, region, "leads back")


def test_the_other_levers_make_up_the_mean(levers, write, region) -> None:
    file = write("scenarios/mine.yaml", HEAD + "every_lever: {mean: 0.5}\nlevers: {T3: 1.0}\n")
    settings = load_scenario(file, levers, region).settings
    assert [settings[name].intensity for name in ("T1", "T3", "P2")] == pytest.approx([0.25, 1.0, 0.25])


def test_overrides_leave_the_baseline_alone(levers, region) -> None:
    mapping = {"name": "mix", "name_en": "Mix", "name_zh": "组合", "description": "d"}
    base = scenario_from_mapping({**mapping, "name": "no_new_policy", "baseline": True}, levers, region)
    where = {"groups": ["river"]}
    mix = scenario_from_mapping(
        {**mapping, "levers": {"T3": {"intensity": {2026: 0.2}, "where": where}}}, levers, region
    )
    changed = with_overrides(mix, {"T3": 0.8, "T1": 1}, levers)
    assert changed.settings["T3"].intensity == 0.8
    assert changed.settings["T3"].where == mix.settings["T3"].where
    assert changed.settings["T1"].intensity == 1.0
    assert with_overrides(base, {"T3": 0.8}, levers) == base
    message = override_message({"T3": 0.8}, [base, mix])
    assert message == "Overrides T3=0.8 apply to mix; no_new_policy is the baseline and stays as it is."
    with pytest.raises(ValueError, match=r"levers\.T4=0\.8: unknown lever"):
        with_overrides(mix, {"T4": 0.8}, levers)
    with pytest.raises(ValueError, match=r"levers\.T3=1\.7: .*0 to 1"):
        with_overrides(base, {"T3": 1.7}, levers)


def test_only_what_changes_results_identifies_a_run(make_levers, text, levers, region) -> None:
    mapping = {"name": "mix", "name_en": "Mix", "name_zh": "组合", "description": "d", "levers": {"T3": 0.5}}
    content = policy_content(scenario_from_mapping(mapping, levers, region), levers)
    told_otherwise = make_levers(T1=text("T1", where="{groups: [hills]}"), T3=text("T3").replace("honest", "other"))
    renamed = {**mapping, "name": "other", "description": "else"}
    assert policy_content(scenario_from_mapping(renamed, told_otherwise, region), told_otherwise) == content
    changed = make_levers(T3=text("T3").replace("0.4", "0.3"))
    assert policy_content(scenario_from_mapping(mapping, changed, region), changed) != content
    stronger = scenario_from_mapping({**mapping, "levers": {"T3": 0.6}}, levers, region)
    assert policy_content(stronger, levers) != content


EFFECT = "  - quantity: out_move\n    prior: {dist: point, value: 1}\n    unit: u\n    prior_id: judgement\n"


@pytest.mark.parametrize(
    ("old", "new", "line", "parts"),
    [
        ("quantity: out_move", "quantity: out_mve", 10, ["effects[0].quantity", "did you mean 'out_move'"]),
        ("dist: point", "dist: pont", 11, ["effects[0].prior", "'pont'", "point"]),
        ("value: 1", "sd: 1", 11, ["effects[0].prior", "without value"]),
        ("value: 1", "value: 7", 11, ["effects[0].prior", "the median is 7; out_move is cut to -1 to 1"]),
        ("value: 1", "value: yes", 11, ["effects[0].prior", "value = 'yes' is not a finite number"]),
        ("dist: point", "dist: {a: 1}", 11, ["effects[0].prior", "dist = {'a': 1}: allowed are point"]),
        ("{dist: point, value: 1}", "'{dist}'", 11, ["effects[0].prior: '{dist}' is not allowed: a mapping"]),
        ("{dist: point, value: 1}", "null", 11, ["effects[0].prior: null is not allowed: a mapping"]),
        ("unit: u", "unit: 5", 12, ["effects[0].unit: 5 is not allowed: text is expected"]),
        ("unit: u", "unit: u\n    active: yes", 13, ["effects[0].active: 'yes' is not allowed: true or false"]),
        ("start: 2025, end: 2028", "start: 03752, end: 33:46", 8, ["start: '03752' is not", "end: '33:46' is not"]),
        ("prior_id: judgement", "prior_id: Z99", 13, ["effects[0].prior_id", "'Z99'"]),
        ("    unit: u\n", "", 10, ["effects[0]", "'unit' is missing"]),
        ("unit: u", "unit: u\n    scale: 0.5", 10, ["scale_reason"]),
        ("unit: u", "unit: u\n    targets: [T3]", 10, ["delivery"]),
        ("    unit: u", "    unit: u\n    units: u", 13, ["'units'", "did you mean 'unit'"]),
        ("start: 2025, end: 2028", "start: 2025", 8, ["ramp", "needs end"]),
        ("start: 2025, end: 2028", "start: 2028, end: 2025", 8, ["before start"]),
        ("kind: linear", "kind: step", 8, ["does not take end"]),
        ("kind: linear", "kind: liner", 8, ["ramp.kind", "'liner'", "'linear'"]),
        ("grade: weak", "grade: good", 14, ["evidence.grade", "'good'", "'strong'"]),
        ("id: T3", "id: T18x", 1, ["'T18x'"]),
        ("id: T3", "id: T4", 1, ["'T4'", "'T3'"]),
        ("name_zh", "nam_zh", 3, ["'nam_zh'", "did you mean 'name_zh'"]),
    ],
)
def test_a_wrong_lever_is_refused_with_its_line(
    make_levers: Callable[..., object], text, old: str, new: str, line: int, parts: list[str]
) -> None:
    content = text("T3", EFFECT.rstrip())
    assert old in content
    with pytest.raises(PolicyFileError) as error:
        make_levers(T3=content.replace(old, new, 1))
    for part in ["T3.yaml", f"line {line}", *parts]:
        assert part in str(error.value)


def test_a_quantity_is_written_once_per_lever(make_levers, text) -> None:
    with pytest.raises(PolicyFileError, match="quantity out_move is written twice"):
        make_levers(T3=text("T3", EFFECT + EFFECT.rstrip()))


def test_delivery_needs_targets_that_exist(make_levers, text) -> None:
    delivery = EFFECT.replace("out_move", "delivery").rstrip()
    with pytest.raises(PolicyFileError, match="targets belong to the quantities delivery and unit_cost"):
        make_levers(P1=text("P1", delivery))
    with pytest.raises(PolicyFileError, match=r"P1\.yaml, line 14: effects\[0\]\.targets\[0\]: 'T4'"):
        make_levers(P1=text("P1", delivery + "\n    targets: [T4]"))


def test_places_of_levers_are_checked_against_the_region(make_levers, text, region) -> None:
    levers = make_levers(T3=text("T3", where="{groups: [mountains]}"))
    with pytest.raises(PolicyFileError, match=r"T3\.yaml, line 7: where\.groups\[0\]: unknown group 'mountains'"):
        check_lever_places(levers, region)


def test_a_folder_holds_lever_files_only(write, make_levers, text) -> None:
    folder = write("levers/T1.yaml", text("T1")).parent
    write("levers/schooling.yaml", text("T3"))
    with pytest.raises(PolicyFileError, match=r"schooling\.yaml: a lever file is named after its id"):
        load_levers(folder)
    with pytest.raises(PolicyFileError, match="no lever file"):
        load_levers(folder / "nowhere")


def test_messages_are_in_plain_words_and_without_the_path_of_the_installation(tmp_path):
    file = tmp_path / "odd.yaml"
    head = "name: odd\nname_en: Odd\nname_zh: 奇\ndescription: none\n"
    file.write_text(f"{head}base: nothing\n", encoding="utf-8")
    levers = load_levers()
    with pytest.raises(PolicyFileError) as caught:
        load_scenario(file, levers)
    file.write_text(f"{head}baseline: perhaps\n", encoding="utf-8")
    with pytest.raises(PolicyFileError, match=r"'perhaps' is not allowed: true or false is expected") as second:
        load_scenario(file, levers)
    assert "Input should" not in str(second.value)
    assert "To add one, write configs/scenario/nothing.yaml" in str(caught.value)


def test_an_unknown_county_is_only_compared_with_those_of_its_prefecture():
    region = load_region("hunan")
    with pytest.raises(PlaceError, match=r"unknown county code '430199'; did you mean '4301\d\d'") as unknown:
        PlaceList(counties=("430199",)).mask(region)
    named = set(re.findall(r"\d{6}", str(unknown.value))) - {"430199"}
    assert named == {code for code in region.county_codes if code.startswith("4301")}
    with pytest.raises(PlaceError, match=r"unknown county code '990199'; allowed: ") as elsewhere:
        PlaceList(counties=("990199",)).mask(region)
    assert "did you mean" not in str(elsewhere.value)
    with pytest.raises(PlaceError, match=r"unknown prefecture code '4399'; allowed: 4301, (.|\n)*4331"):
        PlaceList(prefectures=("4399",)).mask(region)


@pytest.mark.parametrize("name", ["=1+1", "@x", "-plan", "1st", "a b", "计划"])
def test_the_name_of_a_scenario_is_told_in_words(tmp_path, name):
    path = tmp_path / "mine.yaml"
    path.write_text(f"name: '{name}'\nname_en: Mine\nname_zh: 甲\ndescription: Mine.\n", encoding="utf-8")
    with pytest.raises(PolicyFileError, match=r"mine\.yaml, line 1: .*allowed is a name of letters") as refused:
        load_scenario(str(path), load_levers())
    assert name in str(refused.value)
