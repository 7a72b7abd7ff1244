"""Identities of the census tables. Each function returns messages, none if all hold."""

from __future__ import annotations

import pandas as pd

from sim.data.derive.households import MEAN_OF_LARGEST
from sim.data.identities.common import Tables, place_sums, rows_where
from sim.data.tables import records

BULLETIN_TOLERANCE = 0.0002
TENURES = ["owner_built", "owner_bought", "owner_inherited", "renter", "other_tenure"]
GENERATIONS = ["households_1gen", "households_2gen", "households_3gen", "households_4gen_plus"]


def census_rows(tables: Tables) -> list[str]:
    """Within each county and year zones, sexes, households, generations and registered add up."""
    t = tables["county_census"]
    present = t["residents"] - t["in_other_county"] - t["in_other_province"]
    accounted = present + t["out_in_province"] + t["outside_migrants"]
    rules = (
        (t["residents_urban"] + t["residents_rural"] != t["residents"], "urban + rural is not residents"),
        (t["male"] + t["female"] != t["residents"], "male + female is not residents"),
        (t["family_residents"] + t["collective_residents"] != t["residents"], "family + collective is not residents"),
        (t[GENERATIONS].sum(axis=1) != t["family_households"], "generations do not add to family_households"),
        (t["households_1person"] > t["households_1gen"], "more one-person than one-generation households"),
        (accounted != t["registered"], "present + out_in_province + outside_migrants is not registered"),
    )
    return [message for wrong, text in rules for message in rows_where(t, wrong, text)]


def census_sums(tables: Tables) -> list[str]:
    """Counties add to the tabulated prefecture and province totals, exactly."""
    published = tables["census_totals"]
    columns = [name for name in published.columns if name not in ("place_code", "year")]
    sums = place_sums(tables, columns)
    problems = []
    for row in records(published):
        place, year = row["place_code"], row["year"]
        own = sums.loc[(place, year)]
        problems += [
            f"{place}/{year}: counties add {name} to {int(own[name])}, published {int(row[name])}"
            for name in columns
            if not pd.isna(row[name]) and int(own[name]) != int(row[name])
        ]
    return problems


def bulletin_totals(tables: Tables) -> list[str]:
    """Counties agree with the announced totals within 0.02 percent."""
    columns = ["residents", "residents_urban"]
    sums = place_sums(tables, columns)
    problems = []
    for row in records(tables["bulletin_totals"]):
        place, year = row["place_code"], row["year"]
        own = sums.loc[(place, year)]
        problems += [
            f"{place}/{year}: counties add {name} to {int(own[name])}, announced {int(row[name])}"
            for name in columns
            if abs(float(own[name]) / row[name] - 1.0) > BULLETIN_TOLERANCE
        ]
    return problems


def registered_sums(tables: Tables) -> list[str]:
    """Persons away in the province are those arrived; persons outside add to the outside total."""
    anchors = tables["anchors"].set_index("name")["value"]
    sums = tables["county_census"].groupby("year")[["out_in_province", "in_other_county", "outside_migrants"]].sum()
    problems = []
    for row in records(sums.reset_index()):
        year = row["year"]
        if row["out_in_province"] != row["in_other_county"]:
            problems.append(f"{year}: out_in_province does not add to in_other_county")
        if row["outside_migrants"] != round(float(anchors[f"outside_migrants_{year}"])):
            problems.append(f"{year}: outside_migrants does not add to anchor outside_migrants_{year}")
    return problems


def age_sums(tables: Tables) -> list[str]:
    """Ages add to the residents of each sex."""
    ages = tables["county_age_sex"]
    census = tables["county_census"]
    keys = pd.MultiIndex.from_frame(census[["county_code", "year"]])
    problems = []
    for sex, column in (("m", "male"), ("f", "female")):
        sums = ages[ages["sex"] == sex].groupby(["county_code", "year"])["persons"].sum()
        wrong = pd.Series(sums.reindex(keys).to_numpy() != census[column].to_numpy())
        problems += rows_where(census, wrong, f"ages of sex {sex} do not add to {column}")
    return problems


def long_form_sums(tables: Tables) -> list[str]:
    """Tenures add to the households of the sample; employed are part of those asked."""
    t = tables["county_long_form"]
    tenure = t[TENURES].sum(axis=1) != t["households_sampled"]
    base = (t["employed_sampled"] > t["persons_15plus_sampled"]) | (t["agriculture_sampled"] > t["employed_sampled"])
    problems = [f"{code}: tenures do not add to households_sampled" for code in t.loc[tenure, "county_code"]]
    return problems + [f"{code}: employed or agriculture exceeds its base" for code in t.loc[base, "county_code"]]


def household_means(tables: Tables) -> list[str]:
    """Household sizes keep the observed one-person share and mean size."""
    sizes = tables["household_sizes"]
    keys = pd.MultiIndex.from_frame(sizes[["county_code", "year"]])
    census = tables["county_census"].set_index(["county_code", "year"]).loc[keys].reset_index()
    mean = sizes["p7"] * MEAN_OF_LARGEST
    for size in range(1, 7):
        mean = mean + sizes[f"p{size}"] * size
    off_mean = (mean - census["family_residents"] / census["family_households"]).abs() > 1e-3
    off_single = (sizes["p1"] - census["households_1person"] / census["family_households"]).abs() > 1e-5
    return rows_where(sizes, off_mean | off_single, "household sizes miss the mean or the one-person share")
