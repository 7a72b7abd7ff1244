"""Shocks of counties: a decomposition with known answer, the stored table, and how a volume is read."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.data import panel
from sim.data.derive.county_shocks import CLASSES, county_shocks, read_tabulation
from sim.data.tables import DataError


def counties(provinces: int = 3, prefectures: int = 60, each: int = 8) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return counties whose shares change by shocks of known spread: 2 points by prefecture, 4 by county."""
    rng = np.random.default_rng(3)
    prefecture = [(11 + p) * 10_000 + (k + 1) * 100 for p in range(provinces) for k in range(prefectures)]
    codes = [code + c + 1 for code in prefecture for c in range(each)]
    share = rng.uniform(0.3, 0.6, len(codes))
    shock = np.repeat(rng.normal(0.0, 0.02, provinces * prefectures), each) + rng.normal(0.0, 0.04, len(codes))
    before = pd.DataFrame({"residents": 1e6, "urban": 1e6 * share}, index=codes)
    return before, before.assign(urban=1e6 * (share + 0.1 + shock))


def test_both_parts_are_found_again():
    table = county_shocks(*counties())
    rates = table[table["indicator"] == "resident_urban_rate"].set_index(["left_out", "part", "share_from"])["sd"]
    assert rates.loc[("110000", "prefecture", 0.0)] == pytest.approx(0.02, rel=0.2)
    assert rates.loc[("110000", "county", 0.3)] == pytest.approx(0.04, rel=0.1)
    assert np.isnan(rates.loc[("110000", "county", 0.9)])


def test_the_province_left_out_never_enters():
    before, after = counties()
    known = county_shocks(before, after)
    after.loc[after.index // 10_000 == 11, "urban"] *= np.linspace(0.5, 1.5, (after.index // 10_000 == 11).sum())
    changed = county_shocks(before, after)
    same = known["left_out"] == "110000"
    pd.testing.assert_frame_equal(known[same], changed[same])
    assert not known[~same].equals(changed[~same])


def test_a_volume_is_read_without_headings_and_prefectures(tmp_path):
    file = tmp_path / "2020.csv"
    file.write_text(
        "区划代码,区县,人口数_合计,城镇人口\n430000,全省,9,5\n,市辖区,4,4\n430102,芙蓉区,3,\n430102,芙蓉区,3,\n"
    )
    assert read_tabulation(file, 2020).to_dict("index") == {430102: {"residents": 3.0, "urban": 0.0}}


def test_the_stored_table_has_every_province_and_class():
    found = panel.county_shocks("430000")
    assert len(found) == 2 * len(CLASSES)
    assert found["sd"].between(0.01, 0.3).all()
    with pytest.raises(DataError, match="left_out = 990000"):
        panel.county_shocks("990000")
