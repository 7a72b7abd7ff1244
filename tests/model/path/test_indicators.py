"""An indicator is one row: units, labels, tables, report and docs follow from it."""

from __future__ import annotations

import numpy as np
import pytest

from sim.agents import observe as stock
from sim.model.path import indicators
from sim.model.path.begin import simulate_draw
from sim.model.path.indicators import INDICATORS, Indicator
from sim.programs.docs import blocks
from sim.report import text

ROW = Indicator(
    "urban_workers",
    "persons at work",
    "Workers in towns",
    "城镇劳动者",
    "workers who live in towns",
    lambda sums: sums.urban[:, stock.WORKERS],
    by_county=True,
)


@pytest.fixture
def one_more(monkeypatch):
    """The table of indicators with one row more, and words made from it."""
    monkeypatch.setattr(indicators, "INDICATORS", (*INDICATORS, ROW))
    text.table.cache_clear()
    yield
    text.table.cache_clear()


def test_a_row_more_is_in_the_run_with_its_unit_and_its_labels(central_setup, one_more):
    table = simulate_draw(central_setup, 0, 0)[0].indicators
    rows = table[table["indicator"] == ROW.name]
    assert set(rows["unit"]) == {ROW.unit}
    assert set(central_setup.region.county_codes) <= set(rows["place"])
    at = rows.set_index(["year", "place"])["value"]
    counties = sum(at[2029, code] for code in central_setup.region.county_codes)
    assert at[2029, "430000"] == pytest.approx(counties)
    assert at[2029, "430000"] > 0
    assert text.Text("en")(f"indicator.{ROW.name}") == ROW.label_en
    assert text.Text("zh")(f"indicator.{ROW.name}") == ROW.label_zh
    assert f"| `{ROW.name}` | {ROW.unit} | {ROW.label_en} | {ROW.meaning} | counties too | year-ends |" in (
        blocks.indicators()
    )


def test_an_indicator_of_residents_can_be_written_at_every_step(central_setup, monkeypatch):
    rural = Indicator(
        "rural_residents",
        "persons",
        "Rural residents",
        "乡村常住人口",
        "people who live in villages",
        lambda sums: sums.both[:, stock.RESIDENTS] - sums.urban[:, stock.RESIDENTS],
        by_step=True,
    )
    monkeypatch.setattr(indicators, "INDICATORS", (*INDICATORS, rural))
    table = simulate_draw(central_setup, 0, 0)[0].indicators.query("place == '430000' and year == 2027")
    steps = table.pivot_table(index="step", columns="indicator", values="value", observed=True)
    assert list(steps.index) == [1, 2, 3, 4]
    assert np.allclose(steps["rural_residents"], steps["residents"] - steps["urban_residents"])


@pytest.mark.parametrize("row", INDICATORS, ids=lambda row: row.name)
def test_every_row_has_a_unit_labels_in_both_languages_and_a_meaning(row):
    assert all((row.unit, row.label_en, row.label_zh, row.meaning))
    assert not row.label_zh.isascii()


def test_names_are_unique():
    names = [row.name for row in INDICATORS]
    assert len(set(names)) == len(names)
