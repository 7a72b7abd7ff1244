"""Configuration: defaults, ranges, cross-field rules and messages."""

from __future__ import annotations

import pytest
import yaml
from hypothesis import given, settings
from hypothesis import strategies as st

from sim import config as module
from sim.config import CONFIGS, ConfigError, ProjectConfig, help_text, load_config, read_yaml


def refused(**values: object) -> str:
    with pytest.raises(ConfigError) as caught:
        load_config(**values)
    return str(caught.value)


def test_defaults_are_complete_and_those_of_the_main_job():
    stored = yaml.safe_load((CONFIGS / "project.yaml").read_text(encoding="utf-8"))
    assert set(ProjectConfig.model_fields) == set(stored) - {"defaults", "hydra"}
    config = load_config()
    assert (config.draws, config.households, config.steps_per_year) == (200, 50_000, 4)
    assert (config.start, config.end_year, config.runs) == (2020, 2035, 1200)


def test_demo_changes_only_what_it_names():
    demo, full = load_config("demo").model_dump(), load_config().model_dump()
    assert {key for key in full if demo[key] != full[key]} == {"study", "scenarios", "households", "draws", "executor"}


@pytest.mark.parametrize(
    ("values", "expected"),
    [
        ({"draws": 0}, "draws = 0: allowed is a whole number from 1 to 100,000"),
        ({"draws": 2.5}, "draws = 2.5: allowed is a whole number"),
        ({"draws": "ten"}, "draws = 'ten': allowed is a whole number"),
        ({"draws": True}, "draws = true: allowed is a whole number"),
        ({"households": 10}, "households = 10: allowed is a whole number from 5000 to 40,000,000"),
        ({"start": 2015}, "start = 2015: allowed is 2010 or 2020"),
        ({"steps_per_year": 6}, "steps_per_year = 6: allowed is 4 or 12"),
        ({"end_year": 2020}, "end_year = 2020: allowed is a year after start = 2020"),
        ({"engine": "slow"}, "engine = 'slow': allowed is fast or reference"),
        ({"language": "fr"}, "language = 'fr': allowed is en or zh"),
        ({"seed": -1}, "seed = -1: allowed is a whole number from 0"),
        ({"workers": 0}, "workers = 0: allowed is a whole number from 1 to 1024, or null"),
        ({"threads": None}, "threads = null: allowed is a whole number"),
        ({"resume": 1}, "resume = 1: allowed is true or false"),
        ({"study": "../up"}, "study = '../up': allowed is a name of letters"),
        ({"results": ""}, "results = '': allowed is text"),
        ({"region": "atlantis"}, "region = atlantis: unknown region; known are"),
        ({"scenarios": []}, "scenarios = []: allowed is a list of at least one name"),
        ({"scenarios": ["plan", "plan"]}, "plan is given twice"),
        ({"scenarios": ["plann"]}, "plann: unknown scenario (did you mean plan?)"),
        ({"scenarios": ["no/such.yaml"]}, "no/such.yaml: no such file"),
        ({"levers": {"T3": 1.7}}, "levers.T3 = 1.7: allowed is a finite number from 0 to 1"),
        ({"levers": {"T33": 0.5}}, "levers.T33: unknown lever"),
        ({"levers": {"T3": 0.5}, "scenarios": ["no_new_policy"]}, "levers.T3 = 0.5: overrides leave the baseline"),
        ({"levers": {"T3": 0.5}, "scenarios": ["no_new_policy"]}, "scenarios=[no_new_policy,plan]"),
        ({"levers": {1: 0.5}}, "levers: 1 is no name; allowed is text before the colon"),
        ({"levers": 3}, "levers = 3: allowed is levers.NAME=value, for each name a finite number from 0 to 1"),
        ({"params": {"housing_prise": 1.0}}, "params.housing_prise: unknown parameter (did you mean housing_price?)"),
        ({"params": {"income_coefficient": 7.0}}, "params.income_coefficient = 7.0: allowed is a number from 0 to 6"),
        ({"params": {"income_coefficient": float("nan")}}, "allowed is a finite number"),
        (
            {"priors": {"housing_prise": [0, 1]}},
            "priors.housing_prise: unknown parameter (did you mean housing_price?)",
        ),
        (
            {"priors": {"income_coefficient": [1, 7.0]}},
            "priors.income_coefficient = [1.0, 7.0]: allowed is two numbers",
        ),
        ({"priors": {"income_coefficient": [3, 1]}}, "the lower first, from 0 to 6"),
        (
            {"priors": {"income_coefficient": [3]}},
            "priors.income_coefficient = [3]: allowed is a list of 2, each a finite number",
        ),
        ({"priors": {"income_coefficient": 3}}, "priors.income_coefficient = 3: allowed is a list of 2, each"),
        ({"priors": {"income_coefficient": ["1", 3]}}, "priors.income_coefficient.0 = '1': allowed is"),
        (
            {"priors": {"taste_sd": [0.1, 1]}, "params": {"taste_sd": 0.5}},
            "priors.taste_sd: allowed is a range or a fixed value",
        ),
        ({"engine": "reference", "households": 200_000}, "allowed with engine = reference are at most 100,000"),
        ({"draws": 100_000, "replicates": 100}, "allowed are at most 1,000,000"),
        ({"housholds": 5000}, "housholds: unknown key (did you mean households?)"),
    ],
)
def test_wrong_values_are_refused_with_key_value_and_what_is_allowed(values: dict[str, object], expected: str):
    message = refused(**values)
    assert expected in message
    assert "nothing was simulated or written" in message
    assert "Next:" in message


def test_every_mistake_is_listed_at_once():
    message = refused(draws=0, seed=-1, drows=3)
    assert [word in message for word in ("draws = 0", "seed = -1", "drows")] == [True] * 3


def test_a_missing_key_says_where_its_default_is():
    values = {key: value for key, value in load_config().model_dump().items() if key != "draws"}
    with pytest.raises(ConfigError, match=r"draws: missing; configs/project\.yaml holds its default"):
        module.validate(values)


def test_a_study_may_be_named_by_a_number():
    assert load_config(study=2030).study == "2030"


def test_a_scenario_may_be_a_file(tmp_path):
    file = tmp_path / "mine.yaml"
    file.write_text("name: mine", encoding="utf-8")
    assert load_config(scenarios=[str(file)]).runs == 200


def test_malformed_yaml_is_refused_with_file_and_line(tmp_path):
    file = tmp_path / "broken.yaml"
    file.write_text("a: 1\nb: [1, 2\nc: 3\n", encoding="utf-8")
    with pytest.raises(ConfigError, match=r"broken\.yaml, line \d, column \d: not valid YAML"):
        read_yaml(file)
    file.write_text("- 1\n", encoding="utf-8")
    with pytest.raises(ConfigError, match="a mapping of key: value is expected, not list"):
        read_yaml(file)
    with pytest.raises(ConfigError, match="cannot be read"):
        read_yaml(tmp_path / "absent.yaml")


def test_help_names_every_key_with_its_default():
    text = help_text()
    assert all(f"\n  {name} " in text for name in ProjectConfig.model_fields)
    assert "[50000]" in text
    assert "quarterly or monthly steps" in text


@settings(deadline=None)
@given(st.floats(allow_nan=True, allow_infinity=True))
def test_intensities_are_accepted_exactly_inside_0_to_1(value: float):
    if 0.0 <= value <= 1.0:
        assert load_config(levers={"T3": value}).levers == {"T3": value}
    else:
        assert "levers.T3" in refused(levers={"T3": value})
