"""A scenario written out in full reads back as itself."""

from __future__ import annotations

import pytest

from sim.config import load_config
from sim.data import load_region
from sim.model.path.equal_cost import ready_scenario
from sim.policies import load_levers, load_scenario, scenario_from_mapping, scenario_names
from sim.policies.content import policy_content
from sim.policies.written import scenario_text

LEVERS = load_levers()
RICH = {
    "name": "rich",
    "name_en": "All that may be written: a * star, 'quotes'",
    "name_zh": "全部",
    "description": "Places, paths, shocks.",
    "levers": {
        "T1": {"intensity": {2026: 0.25, 2028: 1.0}, "where": "all", "start": 2027, "delay": 2},
        "T3": {"intensity": 0.3, "where": {"counties": ["430102"], "exclude": {"prefectures": ["4302"]}}},
        "T10": {"intensity": 0.5, "without_effects": ["siphon"]},
    },
    "exogenous": {
        "births": 0.9,
        "reclassification_wave": {2027: 0.5},
        "local_shocks": [{"where": {"groups": ["chang_zhu_tan"]}, "start": 2026, "utils": 0.5}] * 2,
    },
    "budget": {"rule": "scale", "limit": 12.5},
}


def assert_same(found, scenario):
    assert found == scenario
    assert policy_content(found, LEVERS) == policy_content(scenario, LEVERS)


@pytest.mark.parametrize("name", scenario_names())
def test_every_scenario_reads_back_as_itself(tmp_path, name):
    scenario = ready_scenario(name, load_config(levers={"T3": 0.37}), LEVERS, load_region())
    file = tmp_path / f"{name}.yaml"
    file.write_text(scenario_text(scenario, name), encoding="utf-8")
    assert_same(load_scenario(file, LEVERS), scenario)


def test_everything_that_a_scenario_can_say_is_written(tmp_path):
    scenario = scenario_from_mapping(RICH, LEVERS)
    file = tmp_path / "rich.yaml"
    file.write_text(scenario_text(scenario, "rich"), encoding="utf-8")
    assert_same(load_scenario(file, LEVERS), scenario)
