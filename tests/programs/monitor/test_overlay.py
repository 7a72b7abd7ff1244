"""The tables with the new rows: given, summed or derived by rule; the tables of the package stay as they are."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.base.names import BASELINE
from sim.data import load_region
from sim.programs.monitor.course import equal
from sim.programs.monitor.figures import Given, NewFigures, NewFiguresError, Place
from sim.programs.monitor.overlay import check_figures, forecast_values, new_row, write_overlay
from sim.programs.monitor.runs import RESIDENTS
from tests.programs.monitor.conftest import DRAWS

EVEN = equal(np.ones(DRAWS))


def row_of(given, forecast):
    return new_row(given, forecast.region, forecast_values(2026, forecast, EVEN))


def figures(**parts):
    return NewFigures(year=2026, source="made-up", **parts)


def test_what_is_given_is_taken_and_the_rest_is_the_middle_of_the_forecast(forecast):
    row = row_of(figures(province=Given(urban_rate=63.4, death_rate=9.3)), forecast)
    assert (row.urban_rate, row.death_rate) == (0.634, 9.3)
    assert row.derived == {"residents": "forecast", "birth_rate": "forecast"}
    people = np.sort(forecast.values(BASELINE, RESIDENTS, 2026))
    assert people[DRAWS // 2 - 2] <= row.residents <= people[DRAWS // 2 + 1]
    mean = (people + forecast.values(BASELINE, RESIDENTS, 2025)) / 2
    assert row.birth_rate == pytest.approx(3e5 / np.median(mean) * 1000, abs=0.01)


def test_all_prefectures_add_to_the_province(forecast, region):
    places = {code: Place(urban_rate=60.0 + k, residents=400.0 + k) for k, code in enumerate(region.prefecture_codes)}
    row = row_of(figures(prefectures=places), forecast)
    people = [400.0 + k for k in range(14)]
    assert row.residents == 1e4 * sum(people)
    assert row.urban_rate == pytest.approx(
        sum(p * (60 + k) for k, p in enumerate(people)) / sum(people) / 100, abs=1e-4
    )
    assert row.derived["urban_rate"] == row.derived["residents"] == "prefectures"
    del places["4302"]
    assert row_of(figures(prefectures=places), forecast).derived["residents"] == "forecast"


def test_the_tables_with_the_new_rows_hold_and_those_of_the_package_stay(tmp_path, forecast, region):
    given = figures(province=Given(urban_rate=63.4, residents=6455.0), prefectures={"4301": Place(urban_rate=84.7)})
    folder = write_overlay(tmp_path / "overlay", region, given, row_of(given, forecast))
    found = load_region("hunan", folder / "data")
    series = found.table("province_series").set_index("year")
    assert found.last_observed == 2026
    assert series.loc[2026, "residents"] == 64_550_000
    assert series.loc[2026, "births"] == round(series.loc[2026, "birth_rate"] * (64_550_000 + 64_920_000) / 2000)
    annual = found.table("prefecture_annual").query("prefecture_code == '4301' and year == 2026")
    assert annual["urban_rate"].tolist() == [0.847]
    pd.testing.assert_frame_equal(
        series.loc[:2025].reset_index(), region.table("province_series"), check_dtype=False, check_exact=True
    )
    assert region.last_observed == load_region().last_observed == 2025


def test_prefectures_that_contradict_the_province_are_refused_and_nothing_is_left(tmp_path, forecast, region):
    places = {code: Place(urban_rate=60.0, residents=450.0) for code in region.prefecture_codes}
    given = figures(province=Given(urban_rate=63.4, residents=6455.0), prefectures=places)
    with pytest.raises(NewFiguresError, match="2026: residents of prefectures do not add to the province"):
        write_overlay(tmp_path / "overlay", region, given, row_of(given, forecast))
    assert not (tmp_path / "overlay").exists()
    with pytest.raises(NewFiguresError, match="do not add to the province"):
        check_figures(region, given)
