from __future__ import annotations

import re

import pytest
import yaml

from sim.base.paths import PACKAGE, ROOT
from sim.parameters import declared as declarations
from sim.parameters.declared import (
    PARAMETER_FILE,
    ParameterError,
    check_names,
    check_values,
    declared,
    draw_parameters,
)

NAMES = sorted(declared())


@pytest.mark.parametrize("name", NAMES)
def test_declarations_are_complete_and_consistent(name):
    parameter = declared()[name]
    assert parameter.low < parameter.high
    assert parameter.low <= parameter.median <= parameter.high
    for u in (1e-6, 0.01, 0.3, 0.7, 0.99, 1 - 1e-6):
        value = parameter.at(u)
        assert parameter.low <= value <= parameter.high
        assert not parameter.levels or value in parameter.levels
    quantiles = [parameter.at(u / 50) for u in range(1, 50)]
    assert quantiles == sorted(quantiles)
    assert parameter.grade in {"derived", "judged", "observed", "recalled"}
    assert parameter.unit
    assert parameter.source
    assert set(parameter.meaning) == {"en", "zh"}


def test_parameters_are_used():
    """Every declared name is read somewhere in the model."""
    code = "".join(p.read_text(encoding="utf-8") for p in PACKAGE.rglob("*.py"))
    for name in NAMES:
        kind = name.split("_")[0] in ("move", "outside") and name.endswith(("_volatility", "_trend"))
        assert kind or f'"{name}"' in code or name.startswith("whole_share"), name


@pytest.mark.parametrize(
    ("values", "message"),
    [
        ({"income_coeficient": 1.0}, "no such parameter; did you mean 'income_coefficient'"),
        ({"qqqq": 1.0}, r"no such parameter; configs/parameters.yaml lists the names"),
        ({"nest_dissimilarity": 1.7}, r"params.nest_dissimilarity=1.7: outside the range 0.1 to 1"),
        ({"return_hazard": -0.1}, "outside the range"),
        ({"taste_sd": "much"}, "not a number"),
        ({"taste_sd": True}, "not a number"),
        ({"taste_sd": float("nan")}, "outside the range"),
    ],
)
def test_wrong_values_are_refused(values, message):
    with pytest.raises(ParameterError, match=message):
        check_values(values)


def test_good_values_are_accepted():
    check_values({name: parameter.median for name, parameter in declared().items()})
    check_values({})


def test_draws_are_reproducible_and_differ():
    assert draw_parameters(1, 5) == draw_parameters(1, 5)
    assert draw_parameters(1, 5) != draw_parameters(1, 6)
    assert draw_parameters(1, 5) != draw_parameters(2, 5)
    assert list(draw_parameters(1, 5)) == list(declared())


def test_a_fixed_value_changes_no_other():
    free, fixed = draw_parameters(3, 7), draw_parameters(3, 7, {"taste_sd": 0.25})
    assert fixed["taste_sd"] == 0.25
    assert {k: v for k, v in free.items() if k != "taste_sd"} == {k: v for k, v in fixed.items() if k != "taste_sd"}


def test_a_draw_does_not_depend_on_which_other_parameters_exist(tmp_path, monkeypatch):
    """Half of the declarations, in reverse order, give the same values."""
    raw = yaml.safe_load(PARAMETER_FILE.read_text(encoding="utf-8"))
    kept = dict(list(raw.items())[::-2])
    file = tmp_path / "parameters.yaml"
    file.write_text(yaml.safe_dump(kept, allow_unicode=True, sort_keys=False), encoding="utf-8")
    fewer = declared(file)
    everything = draw_parameters(1, 9)
    monkeypatch.setattr(declarations, "declared", lambda: fewer)
    drawn = draw_parameters(1, 9)
    assert set(drawn) == set(kept)
    assert all(everything[name] == value for name, value in drawn.items())


def test_draws_follow_the_prior():
    """The share of draws below the median and the upper quartile."""
    drawn = [draw_parameters(1, k) for k in range(400)]
    for name in ("income_coefficient", "return_hazard", "distance_coefficient"):
        parameter = declared()[name]
        for u in (0.5, 0.75):
            below = sum(values[name] < parameter.at(u) for values in drawn) / len(drawn)
            assert abs(below - u) < 4 * (u * (1 - u) / len(drawn)) ** 0.5


def test_a_missing_field_is_named(tmp_path):
    file = tmp_path / "parameters.yaml"
    file.write_text("x: {prior: {dist: point, value: 1}, range: [0, 2], unit: m}\n", encoding="utf-8")
    with pytest.raises(ParameterError, match=r"parameters\.yaml, line 1: x: the key 'source' is missing"):
        declared(file)


GOOD = "{prior: {dist: normal, mean: 1, sd: 1}, range: [-3, 5], unit: m, source: A01, grade: judged, en: x, zh: x}"


@pytest.mark.parametrize(
    ("old", "new", "parts"),
    [
        ("range: [-3, 5]", "range: [5, -3]", ["x.range", "from 5 to -3 is reversed"]),
        ("range: [-3, 5]", "range: [2.9, 3]", ["x.range", "from 2.9 to 3 would cut the prior", "-0.2816 to 2.282"]),
        ("range: [-3, 5]", "range: [3]", ["two numbers are expected"]),
        ("range: [-3, 5]", "range: 3", ["two numbers are expected"]),
        ("range: [-3, 5]", "range: [yes, 5]", ["'yes' is not allowed: a number is expected"]),
        ("{dist: normal, mean: 1, sd: 1}", "null", ["x.prior", "give a prior, or what it lies around"]),
        ("{dist: normal, mean: 1, sd: 1}", "[normal]", ["x.prior", "a mapping is expected"]),
        ("prior: {dist: normal, mean: 1, sd: 1}", "around: {rule: transfers, sd: 1}", ["'transfers'", "'transfer'"]),
        ("prior: {dist: normal, mean: 1, sd: 1}", "around: {rule: transfer}", ["x.around", "give sd or relative_sd"]),
        ("dist: normal", "dist: {a: 1}", ["x.prior", "dist = {'a': 1}", "allowed are point"]),
        ("dist: normal", "dist: '{a}'", ["dist = '{a}'"]),
        ("sd: 1", "sd: true", ["sd = true is not a finite number"]),
        ("sd: 1", "sd: 1e308", ["draws are not finite"]),
        ("sd: 1", "sd: 1, ceiling: -9", ["bounds pin the draws to -9"]),
        ("grade: judged", "grade: guessed", ["x.grade", "'guessed'", "'recalled'"]),
        ("en: x", "en: 5", ["x.en", "5 is not allowed: text is expected"]),
        ("unit: m", "unit: m, level: [1]", ["unknown key 'level'", "did you mean 'levels'"]),
        ("unit: m", "unit: m, levels: [1, 9]", ["x.levels", "levels must rise and lie from -3 to 5"]),
    ],
)
def test_a_wrong_declaration_is_refused_with_its_line(tmp_path, old, new, parts):
    file = tmp_path / "parameters.yaml"
    file.write_text(f"# a comment\nx:\n  {GOOD}\n", encoding="utf-8")
    assert declared(file)["x"].median == 1.0
    made = tmp_path / "made.yaml"
    made.write_text(f"# a comment\nx:\n  {GOOD.replace(old, new)}\n", encoding="utf-8")
    with pytest.raises(ParameterError, match=r"made\.yaml, line 3: x") as error:
        declared(made)
    for part in parts:
        assert part in str(error.value)


def test_a_renamed_parameter_is_refused_by_both_names():
    names = [name if name != "taste_sd" else "taste_spread" for name in declared()]
    with pytest.raises(ParameterError, match=r"(?s)taste_spread: .*no such parameter.*taste_sd: is missing"):
        check_names(names)
    check_names(declared())


def test_every_name_is_read_somewhere_and_every_name_that_is_read_is_declared():
    """Names stand in quotes where they are read, or are put together from a kind and an ending or a beginning."""
    folders = ("agents", "population", "policies", "model")
    paths = [path for folder in folders for path in (ROOT / "sim" / folder).rglob("*.py")]
    source = "\n".join(path.read_text(encoding="utf-8") for path in paths)
    endings = tuple(re.findall(r'f"\{\w+\}(_\w+)"', source))
    beginnings = tuple(re.findall(r'f"(\w+_)\{\w+\}"', source))
    unread = [name for name in declared() if f'"{name}"' not in source]
    assert [name for name in unread if not name.endswith(endings) and not name.startswith(beginnings)] == []
    assert set(re.findall(r'\bparams\["(\w+)"\]', source)) <= set(declared())
