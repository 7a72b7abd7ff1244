from __future__ import annotations

import math

import pytest

from sim.data import load_region
from sim.parameters.accounting import accounting

REGION = load_region("hunan")


def test_levels_are_the_median_of_the_last_four_years():
    """By hand from the published series: the middle two of 2017-2020."""
    series = REGION.table("province_series").set_index("year").astype(float)
    loss, transfer, growth = [], [], []
    for year in (2017, 2018, 2019, 2020):
        now, before = series.loc[year], series.loc[year - 1]
        natural = now["births"] - now["deaths"]
        loss.append(natural - now["residents"] + before["residents"])
        share = (now["urban_residents"] + before["urban_residents"]) / (now["residents"] + before["residents"])
        transfer.append(now["urban_residents"] - before["urban_residents"] - share * natural)
        growth.append(math.log(now["urban_residents"] / before["urban_residents"]))
    known = accounting(REGION, 2020)
    assert known["outside_loss"] == pytest.approx(sum(sorted(loss)[1:3]) / 2)
    assert known["transfer"] == pytest.approx(sum(sorted(transfer)[1:3]) / 2)
    assert known["labour_demand"] == pytest.approx(0.4 * sum(sorted(growth)[1:3]) / 2)


def test_the_same_residuals_were_found_by_others():
    """I11 and I12 of the evidence register, made another way from the years 2020-2024, lie within a third."""
    known = accounting(REGION, 2024)
    assert known["outside_loss"] == pytest.approx(106_000, rel=1 / 3)
    assert known["transfer"] == pytest.approx(410_000, rel=1 / 3)


class Changed:
    """The region with one column of its series changed after a year."""

    def __init__(self, after: int, column: str, value: float | None) -> None:
        self.series = REGION.table("province_series")
        self.series.loc[self.series["year"] > after, column] = value

    def table(self, _):
        return self.series


def test_later_figures_do_not_reach_an_earlier_date():
    changed = Changed(2020, "urban_residents", 1e9)
    assert accounting(changed, 2020) == accounting(REGION, 2020)
    assert accounting(changed, 2021) != accounting(REGION, 2021)
