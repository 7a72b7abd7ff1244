"""The counties of all provinces agree with the census of the region and are matched once."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.data import county_changes as module
from sim.data.county_changes import SAME_COUNTY, county_changes
from sim.data.tables import DataError


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
