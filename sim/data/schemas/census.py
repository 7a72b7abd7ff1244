"""Census tables by county, their published totals and what is derived from them."""

from __future__ import annotations

from sim.data.schemas.spec import (
    AGE_BANDS,
    LAST_YEAR,
    MOST_PERSONS,
    SEXES,
    YEARS,
    Column,
    Cover,
    Grade,
    Table,
    census_year,
    county_code,
    persons,
    share,
    text,
)

CENSUS = "leiii_census"
BY_YEAR = (Cover("county_code", "counties"), Cover("year", YEARS))
PLACE = r"\d{6}|\d{4}"


def _households(name: str, meaning: str) -> Column:
    return Column(name, "whole", "households", meaning, CENSUS, low=0, high=MOST_PERSONS)


def _sample(name: str, unit: str, meaning: str) -> Column:
    return Column(name, "whole", unit, meaning, CENSUS, low=0, high=MOST_PERSONS)


COUNTY_CENSUS = Table(
    "county_census",
    "one county in one census; special zones of 2020 are folded into their host county",
    ("county_code", "year"),
    (
        county_code(),
        census_year(),
        persons("residents", "resident population (常住人口)", CENSUS),
        persons("residents_urban", "residents of urban territory (城镇)", CENSUS),
        persons("residents_rural", "residents of rural territory (乡村)", CENSUS),
        persons("male", "male residents", CENSUS),
        persons("female", "female residents", CENSUS),
        _households("family_households", "family households (家庭户)"),
        persons("family_residents", "residents in family households", CENSUS),
        Column(
            "collective_residents",
            "whole",
            "persons",
            "residents less those in family households",
            CENSUS,
            "derived",
            low=0,
            high=MOST_PERSONS,
        ),
        _households("households_1person", "family households of one person"),
        _households("households_1gen", "family households of one generation"),
        _households("households_2gen", "family households of two generations"),
        _households("households_3gen", "family households of three generations"),
        _households("households_4gen_plus", "family households of four or more generations"),
        persons("in_same_county", "residents registered in another township of the same county", CENSUS),
        persons("in_other_county", "residents registered in another county of the province", CENSUS),
        persons("in_other_province", "residents registered in another province", CENSUS),
        Column(
            "education_years",
            "number",
            "years",
            "mean years of schooling of residents aged 6 and over",
            CENSUS,
            low=4,
            high=16,
        ),
        Column(
            "birth_rate",
            "number",
            "per thousand",
            "births in the year before the census, 2010 only",
            CENSUS,
            low=1,
            high=40,
            empty=True,
        ),
        Column(
            "death_rate",
            "number",
            "per thousand",
            "deaths in the year before the census, 2010 only",
            CENSUS,
            low=1,
            high=30,
            empty=True,
        ),
        persons(
            "registered_published",
            "registered population (户籍人口), 2010 only; not tabulated in 2020",
            CENSUS,
            empty=True,
        ),
        persons("out_in_province", "registered here, living in another county of the province", "derived", "derived"),
        persons("outside_migrants", "registered here, living outside the province", "derived", "derived"),
        persons("registered", "registered here wherever they live, in the concept of the model", "derived", "derived"),
    ),
    covers=BY_YEAR,
    derived="part",
)

COUNTY_AGE_SEX = Table(
    "county_age_sex",
    "residents of a county by sex and age",
    ("county_code", "year", "sex", "age_lo"),
    (
        county_code(),
        census_year(),
        text("sex", "m male, f female", CENSUS, SEXES),
        Column("age_lo", "whole", "years", "first age of the band", CENSUS, allowed=AGE_BANDS),
        Column("age_hi", "whole", "years", "last age of the band (100: open)", CENSUS, low=0, high=100),
        persons("persons", "residents", CENSUS),
    ),
    covers=(*BY_YEAR, Cover("sex", SEXES), Cover("age_lo", AGE_BANDS)),
)

COUNTY_LONG_FORM = Table(
    "county_long_form",
    "one county in the census of 2020: tenure and employment (10 percent sample), schooling (all)",
    ("county_code",),
    (
        county_code(),
        _sample("households_sampled", "households of the sample", "family households asked about their home"),
        _sample("owner_built", "households of the sample", "living in a home they built"),
        _sample("owner_bought", "households of the sample", "living in a home they bought"),
        _sample("owner_inherited", "households of the sample", "living in an inherited or given home"),
        _sample("renter", "households of the sample", "renting"),
        _sample("other_tenure", "households of the sample", "other tenure"),
        _sample("persons_15plus_sampled", "persons of the sample", "persons aged 15 and over"),
        _sample("employed_sampled", "persons of the sample", "employed"),
        _sample(
            "agriculture_sampled",
            "persons of the sample",
            "employed in agriculture, forestry, animal husbandry and fishery",
        ),
        *(
            _sample(f"edu_{level}", "persons", f"residents aged 6 and over whose highest schooling is {words}")
            for level, words in (
                ("none", "none"),
                ("preschool", "pre-school"),
                ("primary", "primary school"),
                ("junior", "junior secondary school"),
                ("senior", "senior secondary school"),
                ("college", "a college of three years (大专)"),
                ("bachelor_plus", "a university"),
            )
        ),
    ),
    covers=(Cover("county_code", "counties"),),
)

HOUSEHOLD_SIZE_REFERENCE = Table(
    "household_size_reference",
    "national distribution of family households by size, 2020",
    ("size",),
    (
        Column(
            "size",
            "whole",
            "persons",
            "household size, 7 = seven or more",
            "household_reference",
            "recalled",
            low=1,
            high=7,
        ),
        share(
            "share",
            "share of family households; only size 1 is confirmed by a census table",
            "household_reference",
            "recalled",
        ),
    ),
    covers=(Cover("size", (1, 2, 3, 4, 5, 6, 7)),),
    sums_to_one=("share",),
)

SIZES = tuple(f"p{size}" for size in range(1, 8))
HOUSEHOLD_SIZES = Table(
    "household_sizes",
    "shares of family households of a county by size",
    ("county_code", "year"),
    (
        county_code(),
        census_year(),
        *(
            share(name, f"households of {name[1:]}{'+' if name == 'p7' else ''} persons", "derived", "derived")
            for name in SIZES
        ),
    ),
    covers=BY_YEAR,
    adds_to_one=(SIZES,),
    derived="whole",
)


def _social(name: str, meaning: str) -> Column:
    grade: Grade = "derived"
    return share(name, meaning, "derived", grade)


COUNTY_SOCIAL = Table(
    "county_social",
    "tenure, schooling and employment of a county; 2010 is imputed",
    ("county_code", "year"),
    (
        county_code(),
        census_year(),
        _social("owner_share", "family households in a home they built, bought or inherited"),
        _social("renter_share", "family households that rent"),
        _social("other_tenure_share", "family households of other tenure"),
        _social("low_skill_share", "residents 15+ with junior secondary schooling or less"),
        _social("middle_skill_share", "residents 15+ with senior secondary schooling"),
        _social("high_skill_share", "residents 15+ with college or more"),
        _social("employment_rate", "employed among persons 15+"),
        _social("agriculture_share", "agriculture among the employed"),
    ),
    covers=BY_YEAR,
    adds_to_one=(
        ("owner_share", "renter_share", "other_tenure_share"),
        ("low_skill_share", "middle_skill_share", "high_skill_share"),
    ),
    derived="whole",
)

CENSUS_TOTALS = Table(
    "census_totals",
    "census counts of prefectures and the province as tabulated",
    ("place_code", "year"),
    (
        Column("place_code", "text", "-", "prefecture or province", "admin_codes", pattern=PLACE),
        census_year(),
        persons("residents", "residents", CENSUS),
        persons("residents_urban", "urban residents", CENSUS),
        persons("male", "male residents", CENSUS),
        persons("female", "female residents", CENSUS),
        _households("family_households", "family households"),
        persons("in_same_county", "registered in another township of the same county", CENSUS),
        persons("in_other_county", "registered in another county of the province", CENSUS),
        persons("in_other_province", "registered in another province", CENSUS),
        persons("registered_published", "registered population, 2010 only", CENSUS, empty=True),
    ),
    covers=(Cover("place_code", "places"), Cover("year", YEARS)),
)

BULLETIN_TOTALS = Table(
    "bulletin_totals",
    "census counts as announced in the bulletins of the statistical bureaus, independent of the county volume",
    ("place_code", "year"),
    (
        Column("place_code", "text", "-", "prefecture or province", "admin_codes", pattern=PLACE),
        census_year(),
        persons("residents", "residents", "census_bulletins"),
        persons("residents_urban", "urban residents", "census_bulletins"),
    ),
    covers=(Cover("place_code", "places"),),
)

REGISTERED_PUBLISHED = Table(
    "registered_published",
    "registered population of a place as published by police or statistical bureaus; never used in derivations",
    ("place_code", "year"),
    (
        Column("place_code", "text", "-", "prefecture or county", "admin_codes", pattern=PLACE),
        Column("year", "whole", "year", "end of year", "registered_pages", low=2019, high=LAST_YEAR),
        persons("registered", "registered population", "registered_pages"),
        persons("registered_urban", "of which registered in towns", "registered_pages", empty=True),
        persons("residents", "residents in the same source", "registered_pages", empty=True),
    ),
)

TABLES = (
    COUNTY_CENSUS,
    COUNTY_AGE_SEX,
    COUNTY_LONG_FORM,
    HOUSEHOLD_SIZE_REFERENCE,
    HOUSEHOLD_SIZES,
    COUNTY_SOCIAL,
    CENSUS_TOTALS,
    BULLETIN_TOTALS,
    REGISTERED_PUBLISHED,
)
