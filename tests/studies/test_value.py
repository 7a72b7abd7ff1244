"""The table of what money buys, against numbers worked out by hand."""

from __future__ import annotations

import pandas as pd
import pytest

from sim.base.names import BASELINE
from sim.policies.plan import plan_years
from sim.studies.value import COLUMNS, FILE, value_lines, value_table

FIRST, LAST = plan_years().first, plan_years().last


def runs(last: int = LAST, paid: float = 2e9) -> pd.DataFrame:
    """Return three runs of the baseline and of ``half``; run k has 100,000 x (k + 1) more urban residents at the end.

    ``half`` costs ``paid`` yuan a year; the year before the plan cost as much and is left out.
    """
    rows = []
    for name, more, cost in ((BASELINE, 0.0, 0.0), ("half", 1.0, paid)):
        for draw in range(3):
            for year in range(FIRST - 1, last + 1):
                built = more * (year - FIRST + 1) / (LAST - FIRST + 1)
                values = {
                    "urban_residents": 4e7 + 1e6 * draw + built * 1e5 * (draw + 1),
                    "registered_urban": 3e7 - 1e6 * draw + built * 5e4,
                    "paper_registered": built * 6e4 if draw == 1 else 0.0,
                    "fiscal_cost": cost,
                }
                rows += [[name, draw, 0, year, key, value] for key, value in values.items()]
    return pd.DataFrame(rows, columns=["scenario", "draw", "replicate", "year", "indicator", "value"])


def test_cost_is_the_sum_from_the_first_year_of_the_plan_and_people_are_those_of_the_year_end():
    table = value_table(runs(), [BASELINE, "half"])
    assert list(table.columns) == COLUMNS
    assert set(table["scenario"]) == {"half"}
    own = table[(table["year"] == LAST) & (table["gain"] == "urban_residents")].iloc[0]
    years = LAST - FIRST + 1
    assert own["cost_billion_median"] == pytest.approx(2.0 * years)
    assert own["persons_median"] == pytest.approx(2e5)
    assert own["persons_p05"] == pytest.approx(1.1e5)
    assert own["per_person_median"] == pytest.approx(2e9 * years / 2e5)
    assert own["told"] == "yes"


def test_paper_is_no_gain():
    table = value_table(runs(), ["half"])
    own = table[(table["year"] == LAST) & (table["gain"] == "registered_urban")].iloc[0]
    assert own["persons_median"] == pytest.approx(5e4)
    assert own["persons_p05"] == pytest.approx(-1e4 + 0.1 * 6e4)
    assert own["told"] == "open"


def test_years_are_the_target_years_and_the_last_one():
    table = value_table(runs(LAST + 2), ["half"])
    assert sorted(set(table["year"])) == [*plan_years().target_years, LAST + 2]
    assert value_table(runs(FIRST - 1), ["half"]).empty


def test_pairs_without_a_twin_are_left_out_and_no_baseline_means_no_table():
    values = runs()
    lonely = values[~((values["scenario"] == BASELINE) & (values["draw"] == 2))]
    assert set(value_table(lonely, ["half"])["runs"]) == {2}
    assert value_table(values[values["scenario"] == "half"], ["half"]).empty


def test_lines_of_the_terminal_say_price_and_doubt(tmp_path):
    value_table(runs(), ["half"]).to_csv(tmp_path / FILE, index=False)
    head, _, line = value_lines(tmp_path)
    years = LAST - FIRST + 1
    assert f"What the money of {FIRST} to {LAST} buys" in head
    assert f"{2 * years} ({2 * years} to {2 * years})" in line
    assert f"200 (110 to 290); {10 * years:,} (" in line
    assert "not told apart from none, each at least" in line
    value_table(runs(paid=0.0), ["half"]).to_csv(tmp_path / FILE, index=False)
    assert "nothing paid" in value_lines(tmp_path)[-1]
    value_table(runs(FIRST - 1), ["half"]).to_csv(tmp_path / FILE, index=False)
    assert value_lines(tmp_path) == []


def test_years_in_which_nothing_is_paid_are_not_counted_as_years_of_cost():
    values = runs()
    values.loc[(values["indicator"] == "fiscal_cost") & (values["year"] <= FIRST), "value"] = 0.0
    assert set(value_table(values, ["half"])["first_year"]) == {FIRST + 1}
    assert set(value_table(runs(), ["half"])["first_year"]) == {FIRST}
