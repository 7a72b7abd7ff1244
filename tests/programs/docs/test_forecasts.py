"""Registered forecasts stay as they are and are scored by the figures that came later."""

from __future__ import annotations

import json
import shutil

import pandas as pd
import pytest

from sim.programs.docs import forecasts as registry
from sim.programs.docs.forecasts import Forecast, RegistryError, forecasts, own_pace, published, registered, scored


def test_an_edited_forecast_is_refused(tmp_path):
    folder = shutil.copytree(registry.FOLDER, tmp_path / "forecasts")
    path = next(folder.glob("*_*.csv"))
    path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))
    assert len(registered(folder)) == len(registered()), "line ends of a checkout do not matter"
    path.write_text(path.read_text(encoding="utf-8").replace("0.627979", "0.63"), encoding="utf-8")
    with pytest.raises(RegistryError, match="missing or edited"):
        registered(folder)


def test_only_figures_of_later_years_are_scored():
    rows = pd.DataFrame(
        {
            "scenario": "plan",
            "year": [2024, 2025, 2026],
            "place": "430000",
            "indicator": "resident_urban_rate",
            "median": [0.62, 0.63, 0.64],
            "p05": [0.61, 0.62, 0.63],
            "p95": [0.63, 0.635, 0.65],
        }
    )
    figures = rows[["year", "place", "indicator"]].assign(value=[0.62, 0.64, 0.64])[:2]
    found = scored(Forecast("2026-01-01", "c", 2024, "", rows), figures)
    assert found["year"].tolist() == [2025]
    assert found["error"].tolist() == pytest.approx([-0.01])
    assert found["inside"].tolist() == [False]


def test_own_pace_is_a_straight_line_from_the_census(hunan):
    """Changsha: 82.60% in the census of 2020, 83.99% in 2024, so a fourth of the difference more in 2025."""
    census = hunan.table("county_census")
    codes = [c for c, at in zip(hunan.county_codes, hunan.county_prefecture, strict=True) if at == 0]
    part = census[(census["year"] == 2020) & census["county_code"].isin(codes)]
    first = part["residents_urban"].sum() / part["residents"].sum()
    pace = own_pace(published(), 2025, 2024).set_index("place")["median"]
    assert pace["4301"] == pytest.approx(0.8399 + (0.8399 - first) / 4)
    assert first == pytest.approx(0.826, abs=0.001)


def test_the_first_forecast_has_the_scores_of_an_independent_count():
    """Counted apart from this code: 14 of 14 rates inside with a mean error of 0.24 points, residents 7 of 14."""
    text = forecasts()
    assert "| urban rate 2025 | no_new_policy | 14 | 0.24 points |" in text
    assert "| 14 of 14 |" in text
    assert "| 7 of 14 |" in text
    assert "62.80% (62.63% to 63.02%) | 63.00% | inside |" in text
    assert "64.92 million | **outside** |" in text


def test_figures_are_those_of_the_communique_and_the_bulletins():
    figures = published()
    assert not figures.duplicated(["year", "place", "indicator"]).any()
    values = figures.set_index(["year", "place", "indicator"])["value"]
    assert values[2025, "430000", "residents"] == 64_920_000
    assert values[2025, "4308", "resident_urban_rate"] == 0.5598
    assert values[2024, "4313", "resident_urban_rate"] == 0.5086
    assert (2024, "4308", "resident_urban_rate") not in values.index


def made(folder, last, dirty=False):
    """A finished study of two years beyond the last observed one, with values that can be told apart."""
    rows = [
        (scenario, year, place, indicator, "share", 0.6 + year / 1e4, 0.5, 0.7, 8)
        for scenario in ("no_new_policy", "plan", "slump")
        for year in (last, last + 1, last + 2)
        for place in ("430000", "4301", "430102")
        for indicator in ("resident_urban_rate", "residents", "rate_gap")
    ]
    columns = ["scenario", "year", "place", "indicator", "unit", "median", "p05", "p95", "runs"]
    pd.DataFrame(rows, columns=columns).to_csv(folder / "summary.csv", index=False)
    env = {"commit": "0123456789abcdef", "dirty": dirty, "updated": "2026-11-27T10:00:00"}
    (folder / "env.json").write_text(json.dumps(env), encoding="utf-8")
    return folder


def test_a_study_is_registered_once_and_waits_for_its_figures(tmp_path, hunan):
    folder = shutil.copytree(registry.FOLDER, tmp_path / "forecasts")
    before, study = len(registered(folder)), made(tmp_path, hunan.last_observed)
    path = registry.register(study, folder)
    assert path.name == "2026-11-27_0123456.csv"
    found = registered(folder)[-1]
    assert len(registered(folder)) == before + 1
    assert found.data_until == hunan.last_observed
    assert found.table["scenario"].unique().tolist() == ["no_new_policy", "plan"]
    assert found.table["place"].unique().tolist() == ["430000", "4301"]
    assert found.table["year"].min() == hunan.last_observed + 1
    assert scored(found, published(hunan)).empty
    with pytest.raises(RegistryError, match="registered already"):
        registry.register(study, folder)


def test_sources_that_no_commit_has_register_nothing(tmp_path, hunan):
    with pytest.raises(RegistryError, match="no commit has"):
        registry.register(made(tmp_path, hunan.last_observed, dirty=True), tmp_path)
    assert not list(tmp_path.glob("*_*.csv"))
