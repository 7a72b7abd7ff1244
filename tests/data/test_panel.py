"""The rates of all provinces agree with the series of the region and are whole."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.data import panel as module
from sim.data.panel import ATYPICAL, SAME_COUNTY, county_changes, province_panel
from sim.data.tables import DataError


def test_the_column_of_the_region_is_its_published_series(region):
    series = region.table("province_series").set_index("year")["urban_rate"].astype(float) * 100.0
    ours = province_panel()[region.province_code]
    assert (ours - series.reindex(ours.index)).abs().max() < 0.02, "both round urban and total residents to 10,000"
    assert not set(ATYPICAL) & set(province_panel().columns)
    assert province_panel().shape[1] == 31 - len(ATYPICAL)


@pytest.mark.parametrize(
    ("change", "words"), [({"urban_rate": 101.0}, "outside 0 to 100"), (None, "a year is missing")]
)
def test_a_damaged_table_is_refused(tmp_path, monkeypatch, change, words):
    table = pd.read_csv(module.FOLDER / "province_rates.csv")
    at = table.index[(table["province_code"] == 430000) & (table["year"] == 2015)]
    table = table.drop(index=at) if change is None else table.assign(**change)
    table.to_csv(tmp_path / "province_rates.csv", index=False)
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    with pytest.raises(DataError, match=words):
        province_panel.__wrapped__()


def test_counties_of_the_region_are_those_of_its_census(region):
    """Another transcription on the boundaries of 2010: all counties, and for those not folded since both shares."""
    ours = county_changes().set_index("county_code")
    ours = ours[ours["province"] == "43"]
    raw = pd.read_csv(module.FOLDER / "county_changes.csv").query("430000 < county_code < 440000")
    census = region.table("county_census").set_index("year").loc[2010]
    assert (raw["urban_2010"].sum(), raw["residents_2010"].sum()) == tuple(
        census[["residents_urban", "residents"]].sum()
    )
    later = region.table("county_census").query("year == 2020").set_index("county_code")
    share = (later["residents_urban"] / later["residents"]).reindex(ours.index).dropna()
    assert len(share) > 110
    assert (share - ours["share_2020"].reindex(share.index)).abs().median() < 1e-9


def test_counties_of_all_provinces_are_matched_once_and_stay_the_same():
    table = county_changes()
    assert table["province"].nunique() == 31
    assert not table["county_code"].duplicated().any()
    raw = pd.read_csv(module.FOLDER / "county_changes.csv", dtype={"county_code": str}).set_index("county_code")
    assert raw["match"].value_counts().to_dict() == {"code": 2503, "name": 236, "none": 118}
    left_out = raw.drop(index=table["county_code"]).query("match != 'none'")
    assert len(left_out) == 57
    growth = np.log(left_out["residents_2020"] / left_out["residents_2010"]).abs()
    assert (growth > SAME_COUNTY).all()


def test_more_towns_than_people_are_refused(tmp_path, monkeypatch):
    table = pd.read_csv(module.FOLDER / "county_changes.csv")
    table.loc[0, "urban_2010"] = table.loc[0, "residents_2010"] + 1
    table.to_csv(tmp_path / "county_changes.csv", index=False)
    monkeypatch.setattr(module, "FOLDER", tmp_path)
    with pytest.raises(DataError, match="outside 0 to all residents"):
        county_changes.__wrapped__()
