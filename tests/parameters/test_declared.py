from __future__ import annotations

import pytest
import yaml

from sim.base.paths import PACKAGE
from sim.parameters import declared as declarations
from sim.parameters.declared import PARAMETER_FILE, ParameterError, check_values, declared, draw_parameters

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
    with pytest.raises(ParameterError, match="parameter 'x' lacks the field 'source'"):
        declared(file)
