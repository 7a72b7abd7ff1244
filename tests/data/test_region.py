import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sim.data import DataError, Region, load_region
from sim.data.geography import EARTH_RADIUS_KM, great_circle_km, own_distance_km


def test_indexing_follows_sorted_codes(region: Region) -> None:
    assert region.n_counties == 122
    assert region.n_prefectures == 14
    assert region.place_count == 2 * 122 + 3
    assert list(region.county_codes) == sorted(region.county_codes)
    assert "431181" in region.county_codes
    assert region.outside_codes == ("GD", "YRD", "ROC")
    for code, index in zip(region.county_codes, region.county_prefecture, strict=True):
        assert code.startswith(region.prefecture_codes[index])


def test_groups_named_in_the_plan(region: Region) -> None:
    def codes(group: str) -> set[str]:
        return {region.county_codes[index] for index in region.groups[group]}

    assert {code[:4] for code in codes("chang_zhu_tan")} == {"4301", "4302", "4303"}
    assert {code[:4] for code in codes("xiangxinan")} == {"4305", "4311", "4312"}
    assert codes("xiangxinan") < codes("potential_areas")
    assert {code[:4] for code in codes("sub_centres")} == {"4304", "4306"}
    assert codes("zixing_huarong") == {"431081", "430623"}
    assert "430104" in codes("net_inflow_cities")
    assert not codes("net_inflow_cities") & codes("shrinking_counties")


def test_great_circle_of_a_quarter_meridian() -> None:
    pole, equator = np.array([90.0]), np.array([0.0])
    assert great_circle_km(pole, equator, equator, equator)[0, 0] == pytest.approx(EARTH_RADIUS_KM * np.pi / 2.0)


def test_distance_between_seats_of_changsha_and_zhuzhou() -> None:
    found = great_circle_km(np.array([28.22808]), np.array([112.938884]), np.array([27.827986]), np.array([113.133853]))
    assert found[0, 0] == pytest.approx(48.4, abs=0.1)


def test_own_distance_of_a_disc() -> None:
    assert own_distance_km(np.array([np.pi]))[0] == pytest.approx(128.0 / (45.0 * np.pi))


def test_distance_table(region: Region) -> None:
    km = region.distance_km
    assert km.shape == (122, 125)
    inside = km[:, :122]
    assert np.allclose(inside, inside.T)
    assert (km > 0.0).all()
    nearest = np.where(np.eye(122, dtype=bool), np.inf, inside).min(axis=1)
    assert (nearest > 2.0).all()
    assert (nearest < 80.0).all()
    chenzhou_to_guangzhou = km[region.county_index("431002"), 122]
    assert 250.0 < chenzhou_to_guangzhou < 330.0


def test_unknown_names_are_refused(region: Region) -> None:
    with pytest.raises(DataError, match="available: hunan"):
        load_region("atlantis")
    with pytest.raises(DataError, match="no table 'weather'; available: anchors"):
        region.table("weather")
    with pytest.raises(DataError, match="'999999' is not one of the 122 counties"):
        region.county_index("999999")


def test_tables_are_copies(region: Region) -> None:
    table = region.table("counties")
    table["name_en"] = "nothing"
    assert region.table("counties")["name_en"].iloc[0] == "Furong District"


def test_hash_follows_content(region: Region, copied: Path) -> None:
    copy = load_region("hunan", copied.parent)
    assert copy.data_hash() == region.data_hash()
    path = copied / "anchors.csv"
    path.write_text(path.read_text(encoding="utf-8").replace("8041000", "8041001"), encoding="utf-8")
    assert copy.data_hash() != region.data_hash()


def test_another_region_needs_no_code(copied: Path) -> None:
    copied.rename(copied.parent / "elsewhere")
    assert load_region("elsewhere", copied.parent).n_counties == 122


def test_loading_what_was_checked_does_not_import_the_validation_library(region: Region) -> None:
    code = "import sys; from sim.data import load_region; load_region(); print('pandera' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
