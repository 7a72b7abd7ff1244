"""Claims against runs made up by hand: what is measured, how often it is true, what is said of it."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from pydantic import ValidationError

from sim.programs.claims.verdicts import Claim, judged, measured, overall, true_in, verdict

GIVEN = {"en": "e", "zh": "z", "quantity": "resident_urban_rate", "scenario": "plan", "year": 2029}


def claim(name: str = "one", **changes: object) -> Claim:
    """Return a claim that the rate under the plan is at least 66% in more than half of the draws."""
    return Claim(**(GIVEN | {"id": name, "comparison": "at_least", "threshold": 66, "probability": 0.5} | changes))


def runs(rates: dict[tuple[str, int], list[float]], gaps: list[float] = ()) -> pd.DataFrame:
    """Return values of the province: rates in percent by scenario and year, one a draw; gaps of the plan in 2029."""
    rows = [
        (scenario, draw, 0, year, "resident_urban_rate", rate / 100)
        for (scenario, year), found in rates.items()
        for draw, rate in enumerate(found)
    ]
    rows += [("plan", draw, 0, 2029, "rate_gap", gap / 100) for draw, gap in enumerate(gaps)]
    return pd.DataFrame(rows, columns=["scenario", "draw", "replicate", "year", "indicator", "value"])


def test_levels_differences_and_changes_by_hand():
    values = runs({("plan", 2029): [66.4, 65.0], ("no_new_policy", 2029): [66.0, 65.2], ("plan", 2024): [62.0, 62.1]})
    assert measured(claim(), values, 2025).tolist() == pytest.approx([66.4, 65.0])
    assert measured(claim(against="no_new_policy"), values, 2025).tolist() == pytest.approx([0.4, -0.2])
    assert measured(claim(since=2024), values, 2025).tolist() == pytest.approx([4.4, 2.9])
    assert measured(claim(since="last_observed"), values, 2024).tolist() == pytest.approx([4.4, 2.9])


def test_the_registered_rate_is_the_resident_rate_less_the_gap():
    values = runs({("plan", 2029): [66.0, 65.0]}, gaps=[18.0, 19.5])
    assert measured(claim(quantity="registered_urban_rate"), values, 2025).tolist() == pytest.approx([48.0, 45.5])
    assert measured(claim(quantity="rate_gap"), values, 2025).tolist() == pytest.approx([18.0, 19.5])


def test_a_run_that_lacks_a_scenario_is_no_run_of_a_difference():
    values = runs({("plan", 2029): [66.4, 65.0], ("no_new_policy", 2029): [66.0]})
    assert measured(claim(against="no_new_policy"), values, 2025).index.tolist() == [(0, 0)]
    assert measured(claim(scenario="other"), values, 2025).empty


@pytest.mark.parametrize(
    ("comparison", "expected"),
    [
        ("at_least", [False, False, True, True]),
        ("above", [False, False, False, True]),
        ("below", [True, True, False, False]),
        ("within", [False, True, True, False]),
    ],
)
def test_comparisons(comparison, expected):
    found = np.array([-2.0, -0.5, 1.0, 2.0])
    assert true_in(claim(comparison=comparison, threshold=1.0), found).tolist() == expected


def test_a_verdict_needs_the_whole_interval():
    assert [verdict(*ends, 0.5) for ends in ((0.51, 0.8), (0.2, 0.49), (0.4, 0.6), (0.5, 0.9))] == [
        "holds",
        "fails",
        "not_shown",
        "not_shown",
    ]


def test_forty_of_forty_show_nine_of_ten_and_thirty_do_not():
    """Wilson's lower end for n of n is n / (n + 1.96^2): 0.912 for 40, 0.886 for 30."""
    for n, said in ((40, "holds"), (30, "not_shown")):
        row = judged([claim(probability=0.9)], "base", runs({("plan", 2029): [67.0] * n}), 2025).iloc[0]
        assert row["ci_low"] == pytest.approx(n / (n + 1.959964**2))
        assert (row["verdict"], row["share"], row["runs"]) == (said, 1.0, n)


def test_what_is_added_to_the_rate_counts_by_points_and_leaves_differences_alone():
    """Offsets of -0.5 and +0.5 points at the end of 2029, none in 2024: of a rate of 65.8% one point in two is met."""

    def offsets(years, reading):
        assert reading == "published"
        return np.array([[-0.005], [0.005]]) * np.array([float(year == 2029) for year in years])

    values = runs({("plan", 2029): [65.8] * 3, ("plan", 2024): [62.0] * 3, ("no_new_policy", 2029): [65.6] * 3})
    claims = [
        claim("level"),
        claim("rise", since=2024, threshold=4.0),
        claim("effect", against="no_new_policy", comparison="within", threshold=0.3),
    ]
    table = judged(claims, "base", values, 2025, offsets).set_index("claim")
    assert table["share"].to_dict() == {"level": 0.5, "rise": 0.5, "effect": 1.0}
    assert table.loc["level", ["p05", "p95"]].tolist() == pytest.approx([65.3, 66.3])


def test_chances_that_vary_less_than_hits_are_worth_more_runs():
    """Four points, of which 1, 2, 2 and 3 are met: chances 1/4 to 3/4, variance 1/32, so a run is worth 8 hits."""

    def offsets(years, reading):
        return np.array([[-0.003], [-0.001], [0.001], [0.003]]).repeat(len(years), axis=1)

    row = judged([claim()], "base", runs({("plan", 2029): [65.8, 66.0, 66.0, 66.2]}), 2025, offsets).iloc[0]
    n, z = 4 * 8, 1.959964
    half = z * np.sqrt(0.25 / n + z**2 / (4 * n**2)) / (1 + z**2 / n)
    assert row[["share", "ci_low", "ci_high"]].tolist() == pytest.approx([0.5, 0.5 - half, 0.5 + half])


def test_without_runs_nothing_is_shown():
    row = judged([claim(scenario="other")], "base", runs({("plan", 2029): [67.0]}), 2025).iloc[0]
    assert row["verdict"] == "not_shown"
    assert row["runs"] == 0


@pytest.mark.parametrize(("before", "said", "n"), [(26.0, "not_shown", 0), (28.0, "holds", 40)])
def test_nothing_is_said_of_the_gap_where_runs_widen_over_the_observed_years(before, said, n):
    """From 26 or 28 points in 2020 to 27 in 2024 and 26.5 in 2029: the second path narrows all the way."""
    paths = {("plan", 2020): [before] * 40, ("plan", 2024): [27.0] * 40, ("plan", 2029): [26.5] * 40}
    values = runs(paths).assign(indicator="rate_gap")
    asked = claim(quantity="rate_gap", since=2024, comparison="below", threshold=0.0)
    row = judged([asked], "base", values, 2024).iloc[0]
    assert (row["verdict"], row["runs"]) == (said, n)


def test_what_the_verdicts_come_to():
    said = {
        "kept": ("holds", "holds", "holds"),
        "lost": ("holds", "fails", "holds"),
        "unsure": ("holds", "holds", "not_shown"),
        "wrong": ("fails", "holds", "holds"),
        "open": ("not_shown", "holds", "holds"),
    }
    rows = [(name, variant, v) for name, row in said.items() for variant, v in zip("abc", row, strict=True)]
    table = pd.DataFrame(rows, columns=["claim", "variant", "verdict"]).sort_values("variant", kind="stable")
    assert overall(table).to_dict() == {
        "kept": "robust",
        "lost": "fragile",
        "unsure": "fragile",
        "wrong": "refuted",
        "open": "open",
    }


@pytest.mark.parametrize(
    "change",
    [
        {"comparison": "__import__('os')"},
        {"quantity": "resident_urban_rate - 1"},
        {"threshold": "66 if True else 0"},
        {"probability": 1.0},
        {"since": 2029},
        {"code": "1"},
    ],
)
def test_a_claim_is_words_of_a_closed_list(change):
    with pytest.raises(ValidationError):
        claim(**change)
