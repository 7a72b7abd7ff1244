"""The rates of all provinces agree with the series of the region and are whole."""

from __future__ import annotations

import pandas as pd
import pytest

from sim.data import panel as module
from sim.data.panel import ATYPICAL, province_panel
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
