"""Counts against figures published elsewhere."""

import pytest

from sim.data import Region


def test_province_of_2020_as_announced(region: Region) -> None:
    census = region.table("county_census")
    latest = census[census["year"] == 2020]
    assert int(latest["residents"].sum()) == 66_444_864
    assert int(latest["residents_urban"].sum()) == 39_046_176
    assert int(latest["in_other_province"].sum()) == 1_577_563


def test_province_of_2010_as_tabulated(region: Region) -> None:
    census = region.table("county_census")
    earlier = census[census["year"] == 2010]
    assert int(earlier["residents"].sum()) == 65_700_762
    assert int(earlier["residents_urban"].sum()) == 28_453_063
    assert int(earlier["registered_published"].sum()) == 70_780_713


@pytest.mark.parametrize(
    ("prefecture", "residents", "urban"),
    [("4301", 10_047_914, 8_300_000), ("4305", 6_563_520, 3_423_660), ("4331", 2_488_105, 1_262_007)],
)
def test_prefectures_of_2020_as_announced(region: Region, prefecture: str, residents: int, urban: int) -> None:
    census = region.table("county_census")
    part = census[(census["year"] == 2020) & census["county_code"].str.startswith(prefecture)]
    assert int(part["residents"].sum()) == residents
    assert int(part["residents_urban"].sum()) == urban


def test_ages_of_2020_as_announced(region: Region) -> None:
    ages = region.table("county_age_sex")
    latest = ages[ages["year"] == 2020]
    total = latest["persons"].sum()
    assert latest.loc[latest["age_hi"] <= 14, "persons"].sum() / total == pytest.approx(0.1952, abs=5e-5)
    assert latest.loc[latest["age_lo"] >= 60, "persons"].sum() / total == pytest.approx(0.1988, abs=5e-5)
    assert latest.loc[latest["age_lo"] >= 65, "persons"].sum() / total == pytest.approx(0.1481, abs=5e-5)


def test_series_at_the_start_of_the_model(region: Region) -> None:
    series = region.table("province_series").set_index("year")
    assert series.loc[2020, "residents"] == 66_450_000
    assert series.loc[2020, "urban_rate"] == pytest.approx(0.5876)
    assert series.loc[2024, "urban_rate"] == pytest.approx(0.6207)
    assert series.loc[2024, "births"] == 386_000
    assert series.loc[2022, "deaths"] == 565_000


def test_product_per_head_agrees_with_published_figures(region: Region) -> None:
    economy = region.table("prefecture_economy").set_index("prefecture_code")["gdp_per_capita"]
    assert economy["4306"] == pytest.approx(93_654, rel=0.005)
    assert economy["4312"] == pytest.approx(41_357, rel=0.005)


def test_incomes_keep_published_values_and_provincial_means(region: Region) -> None:
    economy = region.table("prefecture_economy").set_index("prefecture_code")
    assert economy.loc["4301", "urban_income_2023"] == 67_276
    assert economy.loc["4307", "rural_income_2023"] == 22_754
    census = region.table("county_census")
    latest = census[census["year"] == 2020]
    urban = latest.groupby(latest["county_code"].str[:4])["residents_urban"].sum()
    mean = (economy["urban_income_2023"] * urban).sum() / urban.sum()
    assert mean == pytest.approx(49_243, abs=1.0)


def test_household_sizes_reproduce_the_mean(region: Region) -> None:
    census = region.table("county_census")
    latest = census[census["year"] == 2020]
    assert latest["family_residents"].sum() / latest["family_households"].sum() == pytest.approx(2.67, abs=0.005)
    assert latest["collective_residents"].sum() == 66_444_864 - 61_121_055


def test_derived_registered_population_is_near_what_was_published(region: Region) -> None:
    census = region.table("county_census")
    latest = census[census["year"] == 2020]
    own = {
        **dict(zip(latest["county_code"], latest["registered"], strict=True)),
        **latest.groupby(latest["county_code"].str[:4])["registered"].sum().to_dict(),
    }
    published = region.table("registered_published")
    nearest = published[published["year"] >= 2020].drop_duplicates("place_code")
    error = {
        place: abs(own[place] / registered - 1.0)
        for place, registered in zip(nearest["place_code"], nearest["registered"], strict=True)
    }
    prefectures = [value for place, value in error.items() if len(place) == 4]
    assert len(prefectures) >= 6
    assert sum(prefectures) / len(prefectures) < 0.03
    assert sum(error.values()) / len(error) < 0.05


def test_registered_totals_follow_from_the_outside_stock(region: Region) -> None:
    census = region.table("county_census").groupby("year")[["registered", "outside_migrants"]].sum()
    assert census.loc[2020, "outside_migrants"] == 8_041_000
    assert census.loc[2020, "registered"] == 66_444_864 - 1_577_563 + 8_041_000
    assert census.loc[2010, "registered"] == 65_700_762 - 724_982 + 7_229_000


def test_destinations_are_shares_of_one_stock(region: Region) -> None:
    places = region.table("outside_places").set_index("code")
    assert places["migrants_2020"].sum() == 8_041_000
    assert places.loc["GD", "destination_share"] > 0.6
    assert places["destination_share"].sum() == pytest.approx(1.0)


def test_migrant_age_profile(region: Region) -> None:
    ages = region.table("migrant_age")
    middle = ((ages["age_lo"] + ages["age_hi"] + 1) / 2.0).where(ages["age_lo"] < 85, 88.0)
    adult = ages["age_lo"] >= 15
    mean = (middle * ages["stock_share"])[adult].sum() / ages.loc[adult, "stock_share"].sum()
    assert mean == pytest.approx(37.2, abs=0.01)
    assert ages.loc[~adult, "stock_share"].sum() == pytest.approx(0.12, abs=1e-5)
