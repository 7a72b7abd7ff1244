"""Costs on the page of an attribution: by lever and year, by action area and region group."""

from __future__ import annotations

import pandas as pd
import pytest

from sim.data import load_region
from sim.policies import load_levers
from sim.programs.attribute.attribution import GROUPS
from sim.programs.attribute.figures import Pen
from sim.programs.attribute.page_money import area_costs, lever_costs
from sim.report.text import Text

HEAD = ["scenario", "year", "lever", "place", "mean", "median", "p05", "p95"]


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    """A billion for T1 and two for P1 in 2025 and 2029, half of it in the potential areas; T2 is another scenario's."""
    made = tmp_path_factory.mktemp("study")
    rows = [
        ("package", year, lever, place, share * cost, share * cost, 0.0, 2 * cost)
        for year in (2024, 2025, 2029, 2030)
        for lever, cost in (("T1", 1e9), ("P1", 2e9))
        for place, share in (("430000", 1.0), ("group:potential_areas", 0.5))
    ]
    rows.append(("other", 2025, "T2", "430000", 9e9, 9e9, 9e9, 9e9))
    pd.DataFrame(rows, columns=HEAD).to_csv(made / "costs.csv", index=False)
    return made


@pytest.fixture(scope="module")
def pen():
    return Pen(Text("en"), Text("en"), {}, load_levers(), {})


def test_levers_by_year_and_sums_of_their_areas(pen, folder):
    table = lever_costs(pen, folder, "430000")
    cells = {row[0]: row[1:] for row in table.rows}
    assert table.head == ["", "2025", "2029"]
    assert cells["T1"] == ["1.0 (0.0–2.0)"] * 2
    assert "T2" not in cells
    assert cells[pen.page("group.settling")] == ["1.0", "1.0"]
    assert cells["Total"] == ["3.0", "3.0"]
    assert "2024" in table.caption


def test_areas_by_region_group_over_the_years_of_the_plan(pen, folder):
    cells = {row[0]: row[1:] for row in area_costs(pen, folder, load_region("hunan"), 2025).rows}
    assert cells["Province"] == ["2.0", "0.0", "0.0", "0.0", "4.0", "6.0"]
    assert cells["Potential areas"] == ["1.0", "0.0", "0.0", "0.0", "2.0", "3.0"]
    assert cells["Shrinking counties"] == ["0.0"] * (len(GROUPS) + 1)
