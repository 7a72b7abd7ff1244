"""What cells say about their neighbours. Each function returns messages, none if all hold."""

from __future__ import annotations

import numpy as np

from sim.data.geography import great_circle_km
from sim.data.identities.common import FIRST, Tables, rows_where
from sim.data.schemas.spec import AGE_BANDS

RATE_TOLERANCE = 0.01
"""Relative difference of published births and deaths from rate times mean residents (rounding, judged)."""
SEAT_KM = 100.0
"""Farthest seat of a prefecture from the mean of the centroids of its counties (judged; the farthest is 68 km)."""
STEPS = {
    "tfr": 0.3,
    "tfr_low": 0.3,
    "tfr_high": 0.3,
    "life_expectancy_m": 0.8,
    "life_expectancy_f": 0.8,
    "sex_ratio_at_birth": 0.03,
}
"""Largest change from one year to the next (judged)."""
SHARE_STEP = 0.06
"""Largest change of a share of fertility from one period to the next (judged)."""
LAST_ESTIMATE = 2023
"""Last year whose fertility is an estimate and has no variants."""
PERIOD_STEP = 0.45
"""Largest change of the log of a death rate from one period to the next (judged)."""


def age_ends(tables: Tables) -> list[str]:
    """Every age band ends before the next begins; the last is open."""
    ages = tables["county_age_sex"]
    ends = dict(zip(AGE_BANDS, [*(age - 1 for age in AGE_BANDS[1:]), 100], strict=True))
    return rows_where(ages, ages["age_hi"] != ages["age_lo"].map(ends), "age_hi does not end the band of age_lo")


def period_ends(tables: Tables, name: str) -> list[str]:
    """Every period ends five years after it begins."""
    table = tables[name]
    wrong = table.loc[table["year_to"] != table["year_from"] + 4, ["year_from", "year_to"]].head(FIRST)
    return [f"{first}: period ends in {last}, not in {first + 4}" for first, last in wrong.itertuples(index=False)]


def schooling_counts(tables: Tables) -> list[str]:
    """Persons by schooling, asked from the age of six, lie between those aged ten and those aged five and over."""
    form, ages = tables["county_long_form"], tables["county_age_sex"]
    latest = ages[ages["year"] == 2020]
    over = {a: latest[latest["age_lo"] >= a].groupby("county_code")["persons"].sum() for a in (5, 10)}
    asked = form.filter(like="edu_").sum(axis=1)
    codes = form["county_code"]
    wrong = (asked.to_numpy() < over[10].loc[codes].to_numpy()) | (asked.to_numpy() > over[5].loc[codes].to_numpy())
    return [f"{code}: persons by schooling are not the residents aged six and over" for code in codes[wrong]]


def death_rates(tables: Tables) -> list[str]:
    """Death rates rise from age 30 and change little from one period to the next."""
    table = tables["mortality"].sort_values(["sex", "year_from", "age_lo"])
    adult = table[table["age_lo"] >= 30]
    falls = adult.groupby(["sex", "year_from"])["mx"].diff() <= 0.0
    with np.errstate(divide="ignore"):
        logs = np.log(table["mx"])
    jumps = logs.groupby([table["sex"], table["age_lo"]]).diff().abs() > PERIOD_STEP
    problems = []
    for rows, text in ((adult[falls], "is not above that of the band before"), (table[jumps], "leaves that before it")):
        for year, sex, age in rows[["year_from", "sex", "age_lo"]].head(FIRST).itertuples(index=False):
            problems.append(f"{year}/{sex}/{age}: mx {text}")
    return problems


def fertility_steps(tables: Tables) -> list[str]:
    """Fertility and length of life move little in a year, variants in order, women live longer."""
    table = tables["fertility_total"].sort_values("year")
    years = table["year"]
    problems = [
        f"{year}: {column} changes by more than {most} in a year"
        for column, most in STEPS.items()
        for year in years[table[column].diff().abs() > most].head(FIRST)
    ]
    known = (years <= LAST_ESTIMATE) & ((table["tfr_low"] != table["tfr"]) | (table["tfr_high"] != table["tfr"]))
    problems += [f"{year}: tfr_low and tfr_high are not tfr, an estimate" for year in years[known].head(FIRST)]
    order = (table["tfr_low"] > table["tfr"]) | (table["tfr"] > table["tfr_high"])
    problems += [f"{year}: tfr is not between tfr_low and tfr_high" for year in years[order].head(FIRST)]
    lives = table["life_expectancy_f"] <= table["life_expectancy_m"]
    return problems + [f"{year}: life_expectancy_f is not above that of men" for year in years[lives].head(FIRST)]


def fertility_shifts(tables: Tables) -> list[str]:
    """Shares of fertility by age change little from one period to the next."""
    table = tables["fertility_age"].sort_values(["age_lo", "year_from"])
    jumps = table.groupby("age_lo")["asfr_share"].diff().abs() > SHARE_STEP
    wrong = table.loc[jumps, ["year_from", "age_lo"]].head(FIRST).itertuples(index=False)
    return [f"{year}/{age}: asfr_share leaves that of the period before" for year, age in wrong]


def published_vital(tables: Tables) -> list[str]:
    """Published births and deaths are their rates times the mean residents."""
    table = tables["province_series"].sort_values("year")
    mean = (table["residents"] + table["residents"].shift()) / 2.0
    problems = []
    for event in ("birth", "death"):
        off = (table[f"{event}s_published"] / (table[f"{event}_rate"] * mean / 1000.0) - 1.0).abs() > RATE_TOLERANCE
        problems += [f"{year}: {event}s_published are not {event}_rate times residents" for year in table["year"][off]]
    return problems


def prefecture_rates(tables: Tables) -> list[str]:
    """Urban rates of prefectures are urban over residents, where all are published."""
    t = tables["prefecture_annual"]
    off = (t["urban_residents"] / t["residents"] - t["urban_rate"]).abs() > 2e-3
    wrong = t.loc[off, ["prefecture_code", "year"]].itertuples(index=False)
    return [f"{code}/{year}: urban_rate is not urban_residents / residents" for code, year in wrong]


def parts_of_wholes(tables: Tables, name: str, key: str, part: str, whole: str) -> list[str]:
    """A part is not more than its whole."""
    table = tables[name]
    return [f"{place}: {part} is more than {whole}" for place in table.loc[table[part] > table[whole], key].head(FIRST)]


def counties_exist(tables: Tables, name: str, columns: tuple[str, ...]) -> list[str]:
    """Counties that a table names exist."""
    known, table = set(tables["counties"]["county_code"]), tables[name]
    return [
        f"{column} {code} is not in counties.csv"
        for column in columns
        for code in sorted(set(table[column]) - known)[:FIRST]
    ]


def places_apart(tables: Tables) -> list[str]:
    """Names and tiles are told apart, counties carry the code of their prefecture, seats lie among their counties."""
    counties, prefectures = tables["counties"], tables["prefectures"]
    problems = [
        f"{name} occurs more than once" for name in counties["name_en"][counties["name_en"].duplicated()].head(FIRST)
    ]
    astray = counties["county_code"].str[:4] != counties["prefecture_code"]
    problems += [f"{code}: prefecture_code is not its first four digits" for code in counties["county_code"][astray]]
    middle = counties.groupby("prefecture_code")[["lat", "lon"]].mean().loc[list(prefectures["prefecture_code"])]
    points = (frame[axis].to_numpy(np.float64) for frame in (middle, prefectures) for axis in ("lat", "lon"))
    far = np.diag(great_circle_km(*points)) > SEAT_KM
    problems += [f"{code}: seat far from its counties" for code in prefectures["prefecture_code"][far]]
    tiles = prefectures.duplicated(["tile_col", "tile_row"])
    return problems + [f"{code}: tile of another prefecture" for code in prefectures["prefecture_code"][tiles]]


def older_ages(tables: Tables) -> list[str]:
    """Those aged 65 and over are some of those aged 60 and over."""
    return parts_of_wholes(tables, "zone_age_reference", "zone", "share_65_plus", "share_60_plus")
