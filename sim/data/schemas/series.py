"""Series over time, vital schedules, economy, anchors, and the tables about tables."""

from __future__ import annotations

from sim.base.ages import LEAVING_AGES
from sim.data.schemas.spec import (
    AGE_BANDS,
    GRADES,
    LAST_YEAR,
    MOST_PERSONS,
    SEXES,
    YEARS,
    Column,
    Cover,
    Grade,
    Table,
    persons,
    prefecture_code,
    share,
    text,
)

WPP = "wpp_2024"
SERIES_FROM = 2005
"""First year-end of the province series; it goes on without gaps to the last observed year."""
MORTALITY_AGES = (*AGE_BANDS, 90, 95, 100)
PERIODS = tuple(range(2010, 2040, 5))
PERIOD = (
    Column("year_from", "whole", "year", "first calendar year the schedule is used for", WPP, allowed=PERIODS),
    Column("year_to", "whole", "year", "last calendar year, inclusive", WPP, low=2014, high=2039),
)

PROVINCE_SERIES = Table(
    "province_series",
    "the province in one year",
    ("year",),
    (
        Column(
            "year",
            "whole",
            "year",
            "end of year; levels before 2010 are not restated",
            "nbs_annual",
            low=SERIES_FROM,
            high=LAST_YEAR,
        ),
        persons("residents", "residents at the end of the year, rounded to 10,000", "nbs_annual"),
        persons("urban_residents", "urban residents at the end of the year, rounded to 10,000", "nbs_annual"),
        share(
            "urban_rate", "urban residents over residents, as published or computed from the two columns", "nbs_annual"
        ),
        Column("birth_rate", "number", "per thousand", "births over mean residents", "nbs_annual", low=1, high=40),
        Column("death_rate", "number", "per thousand", "deaths over mean residents", "nbs_annual", low=1, high=40),
        persons("births_published", "births of the year, where a count was published", "hunan_vital", empty=True),
        persons("deaths_published", "deaths of the year, where a count was published", "hunan_vital", empty=True),
        persons("births", "births: published, else rate times mean residents", "derived", "derived"),
        persons("deaths", "deaths: published, else rate times mean residents", "derived", "derived"),
    ),
    covers=(Cover("year", tuple(range(SERIES_FROM, YEARS[-1] + 1)), more=True),),
    derived="part",
)

PREFECTURE_ANNUAL = Table(
    "prefecture_annual",
    "a prefecture at the end of a year, where published (annual bulletins)",
    ("prefecture_code", "year"),
    (
        prefecture_code(),
        Column("year", "whole", "year", "end of year", "prefecture_bulletins", low=YEARS[-1] + 1, high=LAST_YEAR),
        persons("residents", "residents", "prefecture_bulletins", empty=True),
        persons("urban_residents", "urban residents", "prefecture_bulletins", empty=True),
        share("urban_rate", "urban residents over residents", "prefecture_bulletins", empty=True),
    ),
)

PREFECTURE_ECONOMY = Table(
    "prefecture_economy",
    "economy of a prefecture",
    ("prefecture_code",),
    (
        prefecture_code(),
        Column(
            "gdp_2022",
            "number",
            "100 million yuan",
            "gross domestic product of 2022",
            "gdp_2022",
            low=1.0,
            high=200_000.0,
        ),
        Column(
            "urban_income_published_2023",
            "whole",
            "yuan",
            "disposable income per head, urban",
            "income_2023",
            low=5_000,
            high=500_000,
            empty=True,
        ),
        Column(
            "rural_income_published_2023",
            "whole",
            "yuan",
            "disposable income per head, rural",
            "income_2023",
            low=5_000,
            high=500_000,
            empty=True,
        ),
        Column(
            "house_price_2024",
            "whole",
            "yuan per m2",
            "listing price in urban districts, June 2024",
            "listing_prices",
            low=1_000,
            high=500_000,
        ),
        Column(
            "gdp_per_capita",
            "whole",
            "yuan",
            "product of 2022 over residents at the end of 2021",
            "derived",
            "derived",
            low=5_000,
            high=500_000,
        ),
        Column(
            "urban_income_2023",
            "whole",
            "yuan",
            "urban income, published or imputed",
            "derived",
            "derived",
            low=5_000,
            high=500_000,
        ),
        Column(
            "rural_income_2023",
            "whole",
            "yuan",
            "rural income, published or imputed",
            "derived",
            "derived",
            low=5_000,
            high=500_000,
        ),
    ),
    covers=(Cover("prefecture_code", "prefectures"),),
    derived="part",
)

MORTALITY = Table(
    "mortality",
    "death rate of an age band and sex, China, by period",
    ("year_from", "sex", "age_lo"),
    (
        *PERIOD,
        text("sex", "m male, f female", WPP, SEXES),
        Column("age_lo", "whole", "years", "first age of the band (100: open)", WPP, allowed=MORTALITY_AGES),
        Column("mx", "number", "per person and year", "central death rate", WPP, low=0.0, high=1.0),
    ),
    covers=(Cover("year_from", PERIODS), Cover("sex", SEXES), Cover("age_lo", MORTALITY_AGES)),
)

FERTILITY_AGE = Table(
    "fertility_age",
    "share of total fertility by age of mother, China, by period",
    ("year_from", "age_lo"),
    (
        *PERIOD,
        Column("age_lo", "whole", "years", "first age of the five-year band", WPP, allowed=tuple(range(15, 50, 5))),
        share("asfr_share", "share of the total fertility rate born at these ages", WPP),
    ),
    covers=(Cover("year_from", PERIODS), Cover("age_lo", tuple(range(15, 50, 5)))),
)

FERTILITY_TOTAL = Table(
    "fertility_total",
    "fertility and length of life, China, by year (estimates to 2023, then projections)",
    ("year",),
    (
        Column("year", "whole", "year", "calendar year", WPP, low=2005, high=2050),
        Column("tfr", "number", "children per woman", "total fertility rate, medium variant", WPP, low=0.3, high=5.0),
        Column(
            "tfr_low", "number", "children per woman", "low variant; equal to tfr up to 2023", WPP, low=0.3, high=5.0
        ),
        Column(
            "tfr_high", "number", "children per woman", "high variant; equal to tfr up to 2023", WPP, low=0.3, high=5.0
        ),
        Column("life_expectancy_m", "number", "years", "life expectancy at birth, male", WPP, low=50, high=95),
        Column("life_expectancy_f", "number", "years", "life expectancy at birth, female", WPP, low=50, high=95),
        Column("sex_ratio_at_birth", "number", "boys per girl", "sex ratio at birth", WPP, low=1.0, high=1.3),
    ),
    covers=(Cover("year", tuple(range(2005, 2051))),),
)

MIGRANT_AGE = Table(
    "migrant_age",
    "age profile of people registered in the province who live outside it",
    ("age_lo",),
    (
        Column("age_lo", "whole", "years", "first age of the band", "derived", allowed=AGE_BANDS),
        Column("age_hi", "whole", "years", "last age of the band (100: open)", "derived", low=0, high=100),
        share("stock_share", "share of the stock", "derived", "judged"),
        share("adult_propensity", "relative propensity to be away, highest band 1, children 0", "derived", "judged"),
    ),
    covers=(Cover("age_lo", AGE_BANDS),),
    sums_to_one=("stock_share",),
    derived="whole",
)

NET_DEPARTURES = Table(
    "net_departures",
    "net departures of adults from the province by age, cohorts of both censuses compared",
    ("age_lo",),
    (
        Column("age_lo", "whole", "years", "first age of the group", "derived", allowed=LEAVING_AGES),
        Column("age_hi", "whole", "years", "last age of the group (100: open)", "derived", low=0, high=100),
        Column(
            "rate",
            "number",
            "per resident and year",
            "departures less returns 2010-2020; negative: more return",
            "derived",
            "derived",
            low=-0.2,
            high=0.2,
        ),
    ),
    covers=(Cover("age_lo", LEAVING_AGES),),
    derived="whole",
)

ZONE_AGE_REFERENCE = Table(
    "zone_age_reference",
    "national age structure of urban and rural residents, census of 2020",
    ("zone",),
    (
        text("zone", "zone", "census_2020_zones", ("rural", "urban")),
        share("share_0_14", "aged 0 to 14", "census_2020_zones", "recalled"),
        share("share_60_plus", "aged 60 and over", "census_2020_zones", "recalled"),
        share("share_65_plus", "aged 65 and over", "census_2020_zones", "recalled"),
    ),
    covers=(Cover("zone", ("rural", "urban")),),
)


def _anchored(name: str, meaning: str, grade: Grade = "observed") -> Column:
    return Column(name, "number", "see unit", meaning, "own", grade, low=0, high=MOST_PERSONS)


FIGURES = (
    "outside_migrants_2010",
    "outside_migrants_2020",
    "registered_total_2020",
    "outgoing_mean_age_2020",
    "outside_child_share",
    "urban_income_2023",
    "rural_income_2023",
    "public_school_share",
    "border_share",
    "whole_household_share",
    "left_behind_children_2018",
    "public_school_share_junior",
    "migrant_income_east_2023",
    "migrant_income_central_2023",
    "migrant_income_outgoing_2023",
    "migrant_income_local_2023",
    "urban_wage_non_private_2023",
    "urban_wage_private_2023",
    "pension_coverage_2017",
    "land_per_household_2015",
)
"""Figures that every region has. A first published rate may be missing, see `sim.data.revisions`."""
ANCHORS = Table(
    "anchors",
    "one figure that the model or a derivation is held against",
    ("name",),
    (
        text("name", "name used in code"),
        _anchored("value", "value"),
        Column(
            "low", "number", "see unit", "lower end of the plausible range", "own", "judged", low=0.0, high=MOST_PERSONS
        ),
        Column(
            "high",
            "number",
            "see unit",
            "upper end of the plausible range",
            "own",
            "judged",
            low=0.0,
            high=MOST_PERSONS,
        ),
        text("unit", "unit of value, low and high"),
        Column("year", "whole", "year", "year it describes", "own", low=2005, high=2030),
        text("grade", "grade of the value", allowed=GRADES),
        text("source", "key in sources"),
        text("meaning", "what it is"),
    ),
    covers=(Cover("name", FIGURES, more=True),),
)

CELL_NOTES = Table(
    "cell_notes",
    "cells whose source or grade differs from the default of their column",
    ("table", "key", "column", "rule"),
    (
        text("table", "table"),
        text("key", "key values joined by /; * matches all"),
        text("column", "column; * matches all"),
        text("source", "key in sources"),
        text("grade", "grade of these cells", allowed=GRADES),
        text("rule", "how the value came about"),
    ),
)

SOURCES = Table(
    "sources",
    "one source",
    ("key",),
    (
        text("key", "key used in columns, anchors and cell_notes"),
        text("title", "title"),
        text("publisher", "publisher"),
        Column(
            "year",
            "whole",
            "year",
            "year of publication, empty for rules of this project",
            "own",
            low=1980,
            high=2030,
            empty=True,
        ),
        text("licence", "terms"),
        text("note", "what was taken and how far it can be trusted"),
    ),
)

TABLES = (
    PROVINCE_SERIES,
    PREFECTURE_ANNUAL,
    PREFECTURE_ECONOMY,
    MORTALITY,
    FERTILITY_AGE,
    FERTILITY_TOTAL,
    MIGRANT_AGE,
    NET_DEPARTURES,
    ZONE_AGE_REFERENCE,
    ANCHORS,
    CELL_NOTES,
    SOURCES,
)
