"""Benchmarks against closed forms and against published derivations for Hunan."""

import numpy as np
import pytest

from sim.statistics.benchmarks import (
    UN_NORM,
    Point,
    growth_difference,
    linear,
    logistic,
    province_benchmarks,
)

FIRST, LAST = Point(2020, 0.5876), Point(2024, 0.6207)


def logit(p):
    return np.log(p / (1 - p))


def test_linear_keeps_the_pace():
    assert linear([2020, 2024, 2029], FIRST, LAST) == pytest.approx([0.5876, 0.6207, 0.6207 + 5 * 0.0331 / 4])


@pytest.mark.parametrize("asymptote", [0.75, 0.9, 1.0])
def test_logistic_recovers_the_curve_it_was_sampled_from(asymptote):
    years = np.arange(2015, 2041)
    curve = asymptote / (1 + np.exp(-(0.3 + 0.05 * (years - 2020))))
    first, last = Point(2020, curve[5]), Point(2024, curve[9])
    assert logistic(years, first, last, asymptote) == pytest.approx(curve, abs=1e-12)


def test_logistic_of_hunan_is_the_known_range():
    low, high = (logistic([2028, 2029], FIRST, LAST, k) for k in (0.75, 1.0))
    assert low == pytest.approx([0.648, 0.654], abs=5e-4)
    assert high == pytest.approx([0.653, 0.661], abs=5e-4)


def test_constant_growth_difference_is_the_logistic_with_ceiling_one():
    years = np.arange(2018, 2050)
    assert growth_difference(years, FIRST, LAST, norm=None) == pytest.approx(logistic(years, FIRST, LAST), abs=1e-12)


def test_growth_difference_moves_linearly_to_the_norm():
    years = np.arange(2024, 2064, 0.01)
    path = logit(growth_difference(years, FIRST, LAST))
    difference = np.gradient(path, years)
    start = (logit(LAST.share) - logit(FIRST.share)) / 4
    goal = UN_NORM.at(LAST.share)
    assert difference[0] == pytest.approx(start, abs=1e-4)
    half = np.searchsorted(years, 2024 + 12.5)
    assert difference[half] == pytest.approx((start + goal) / 2, abs=1e-5)
    assert difference[-1] == pytest.approx(goal, abs=1e-6)


def test_growth_difference_closed_form_after_five_years():
    start = (logit(LAST.share) - logit(FIRST.share)) / 4
    goal = UN_NORM.at(LAST.share)
    expected = logit(LAST.share) + 5 * start + (goal - start) * 25 / 50
    assert logit(growth_difference([2029], FIRST, LAST)) == pytest.approx([expected])


def test_table_passes_the_window_and_brackets_the_logistic():
    table = province_benchmarks({2020: 0.5876, 2024: 0.6207}, [2024, 2029], (2020, 2024))
    assert set(table["benchmark"]) == {"linear", "logistic", "growth_difference"}
    assert table.loc[table["year"] == 2024, "share"].to_numpy() == pytest.approx([0.6207] * 3)
    assert (table["low"] <= table["share"] + 1e-12).all()
    assert (table["high"] >= table["share"] - 1e-12).all()


@pytest.mark.parametrize(
    ("call", "words"),
    [
        (lambda: linear([2030], LAST, FIRST), "must be after"),
        (lambda: logistic([2030], FIRST, LAST, 0.6), "strictly between 0 and 0.6"),
        (lambda: province_benchmarks({2020: 0.5}, [2029], (2020, 2024)), "year-end 2024"),
    ],
)
def test_impossible_input_is_refused(call, words):
    with pytest.raises(ValueError, match=words):
        call()
