"""Judged constants of the synthetic population: what no table observes, in one place.

Every number that was decided rather than read from a table is a row of ``CONSTANTS`` with its
unit, reason and grade; the code reads them through `sim.population.judged_values`.
"""

from __future__ import annotations

from typing import NamedTuple


class Judged(NamedTuple):
    """One judged constant.

    Attributes:
        name: key of the constant.
        value: a number, or numbers by category in the order that ``meaning`` states.
        unit: unit of the value.
        meaning: what it is and does.
        source: what the judgement leans on.
        grade: recalled (published, from memory) or judged.
    """

    name: str
    value: float | tuple[float, ...] | tuple[tuple[float, ...], ...]
    unit: str
    meaning: str
    source: str
    grade: str


_NBS = "migrant-worker monitoring survey, national"

CONSTANTS: tuple[Judged, ...] = (
    Judged(
        "migrants_in_towns",
        0.92,
        "share",
        "in-migrants of every origin class who live in the urban zone of their county",
        "in-migrants are counted at township level; towns and districts hold almost all of them",
        "judged",
    ),
    Judged(
        "zone_migrant_cap",
        0.90,
        "share",
        "largest share of a zone's residents who may be in-migrants; the rest live in the other zone",
        "keeps locals in every zone",
        "judged",
    ),
    Judged(
        "collective_in_towns",
        0.93,
        "share",
        "collective residents who live in the urban zone (campuses, factories, institutions)",
        "Changsha has 17.7% collective residents against 8% in the province",
        "judged",
    ),
    Judged(
        "collective_propensity",
        (0.08, 0.25, 1.0, 1.0),
        "relative",
        "odds of living collectively by origin class: local, same county, other county, other province",
        "students and factory workers come from other counties",
        "judged",
    ),
    Judged(
        "collective_attached",
        0.50,
        "share",
        "collective residents from Hunan who are members of a family household elsewhere (students, dormitory workers)",
        "no table; the rest are one-person households",
        "judged",
    ),
    Judged(
        "away_share_same_county",
        0.12,
        "share",
        "persons among same-county in-migrants in family units who left part of their household behind",
        "families settle whole in their own county town",
        "judged",
    ),
    Judged(
        "away_share_other_county",
        0.28,
        "share",
        "the same for in-migrants from other counties of the province",
        f"between the county town and the outside share; {_NBS} 2010-2014",
        "judged",
    ),
    Judged(
        "whole_share_outside",
        0.35,
        "share",
        "persons among migrants outside the province who live there with their whole household",
        f"20-21% of outgoing workers 2010-2014 ({_NBS}), rising since; children raise the share of persons",
        "judged",
    ),
    Judged(
        "couple_share_away",
        (0.25, 0.31),
        "share of persons",
        "away members who are away as a couple: inside the province, outside it",
        "solved so that children left by both parents come near the civil-affairs count",
        "judged",
    ),
    Judged(
        "outside_sizes",
        (0.12, 0.26, 0.37, 0.19, 0.06),
        "share",
        "sizes 1 to 5 of households wholly outside the province",
        "couples and couples with one or two children, few elders",
        "judged",
    ),
    Judged(
        "base_room",
        (0.85, 0.40),
        "share",
        "largest share of local units, rural and urban, with members away; more migrants are whole households",
        "keeps villages with units that nobody has left",
        "judged",
    ),
    Judged(
        "rural_base_odds",
        4.0,
        "odds",
        "odds that an away member's household is in a village rather than in a town, per local unit",
        "migrant workers have rural hukou by definition; town residents work away too",
        "judged",
    ),
    Judged(
        "child_away",
        (0.35, 0.68),
        "share",
        "single away members who are grown children of the base household: in flats, in collective units",
        f"17-25% of outgoing workers never married ({_NBS}); dormitories hold students and the young",
        "judged",
    ),
    Judged(
        "base_couple",
        (
            (0.35, 0.0, 0.0, 0.0),
            (0.9, 1.0, 0.0, 0.0),
            (0.0, 0.6, 0.0, 0.0),
            (0.0, 0.5, 0.0, 0.0),
            (0.0, 0.3, 0.0, 0.0),
            (0.0, 0.1, 0.0, 0.0),
            (0.0, 0.0, 0.0, 0.0),
            (0.0, 0.0, 0.0, 0.0),
        ),
        "relative",
        "weight of a base unit as what a couple leaves behind, by size (rows 1 to 8) and generations: "
        "elders alone, elders with children",
        "solved so that children left by both parents come near the civil-affairs count",
        "judged",
    ),
    Judged(
        "base_spouse",
        (
            (0.35, 0.0, 0.0, 0.0),
            (0.0, 1.0, 0.0, 0.0),
            (0.0, 1.0, 0.6, 0.0),
            (0.0, 0.4, 1.0, 0.0),
            (0.0, 0.1, 1.0, 0.0),
            (0.0, 0.0, 0.5, 0.0),
            (0.0, 0.0, 0.0, 0.0),
            (0.0, 0.0, 0.0, 0.0),
        ),
        "relative",
        "weight of a base unit as what one spouse leaves behind, by size and generations",
        "spouse with children, with or without elders",
        "judged",
    ),
    Judged(
        "base_child",
        (
            (0.25, 0.0, 0.0, 0.0),
            (1.2, 0.5, 0.0, 0.0),
            (0.0, 0.8, 0.3, 0.0),
            (0.0, 0.6, 0.4, 0.0),
            (0.0, 0.3, 0.4, 0.0),
            (0.0, 0.0, 0.3, 0.0),
            (0.0, 0.0, 0.0, 0.0),
            (0.0, 0.0, 0.0, 0.0),
        ),
        "relative",
        "weight of a base unit as what a grown child leaves behind, by size and generations",
        "parents alone or with a younger child",
        "judged",
    ),
    Judged(
        "generation_prior",
        (
            (1.0, 0.0, 0.0, 0.0),
            (0.70, 0.30, 0.0, 0.0),
            (0.03, 0.85, 0.12, 0.0),
            (0.01, 0.66, 0.33, 0.004),
            (0.004, 0.36, 0.62, 0.02),
            (0.002, 0.20, 0.75, 0.05),
            (0.0, 0.0, 0.90, 0.10),
            (0.0, 0.0, 0.88, 0.12),
        ),
        "share",
        "one to four generations by size of the unit (rows 1 to 8), before fitting to county margins",
        "sizes by generations are not published for counties",
        "judged",
    ),
    Judged(
        "away_male",
        0.63,
        "share",
        "men among away spouses",
        f"69% of outgoing workers 2014 ({_NBS})",
        "judged",
    ),
    Judged(
        "distance_exponent",
        1.1,
        "power",
        "prior of the origin-destination table inside the province falls with distance to this power",
        "gravity models of migration between Chinese counties, 0.7 to 1.5",
        "judged",
    ),
    Judged(
        "rural_log_odds_children",
        0.20,
        "log odds",
        "log odds of living in the rural zone, ages under 15 against working ages, within a county",
        "national census 2020: 0-14 are 19% of rural and 17% of urban residents",
        "recalled",
    ),
    Judged(
        "rural_log_odds_elders",
        0.55,
        "log odds",
        "log odds of living in the rural zone, ages 60 and over against working ages, within a county",
        "national census 2020: 60 and over are 23.8% of rural and 15.8% of urban residents",
        "recalled",
    ),
    Judged(
        "grown_at_home",
        0.50,
        "share",
        "residents aged 16-29 outside collective units who live with their parents, where household tables leave room",
        "high-school years plus late leaving home",
        "judged",
    ),
    Judged(
        "one_elder",
        0.50,
        "share",
        "three-generation units with one elder where two would fit",
        "widowhood at 60 and over",
        "judged",
    ),
    Judged(
        "first_birth_earlier",
        1.5,
        "years",
        "how much earlier the oldest child is born than births on average",
        "mean age at first birth about 25 against 26.5 at all births",
        "judged",
    ),
    Judged(
        "lone_parent",
        0.06,
        "share",
        "two-generation units of three or more with one parent",
        "census long form, never-married and divorced adults",
        "judged",
    ),
    Judged(
        "lone_elder_female",
        0.60,
        "share",
        "women among elders who live with the next generation without a partner",
        "widowhood; the sexes are then balanced zone by zone",
        "judged",
    ),
    Judged(
        "elder_variant_cap",
        0.55,
        "share",
        "largest share of two-generation units that are a couple with elders and no child at home",
        "keeps nuclear families the main form",
        "judged",
    ),
    Judged(
        "birth_age_elders",
        (25.0, 4.0),
        "years",
        "mean and spread of the age gap between elders and the next generation",
        "births of the 1960s to 1980s",
        "judged",
    ),
    Judged(
        "couple_gap",
        (2.2, 2.8),
        "years",
        "mean and spread of husband's minus wife's age",
        "mean age at first marriage 29.9 and 26.4 in Shaoyang 2022, smaller in older marriages",
        "judged",
    ),
    Judged(
        "collective_ages",
        (0.46, 0.47, 0.07),
        "share",
        "unattached collective residents: 17-24, working ages, institutions for the old",
        "students and factory workers",
        "judged",
    ),
    Judged(
        "migrant_youth",
        0.28,
        "rank shift",
        "how far in-migrant couples and singles come earlier in the age order of their zone",
        "mean age of the floating population 29 years (2015)",
        "judged",
    ),
    Judged(
        "block_persons",
        2000.0,
        "persons",
        "size of a block; larger where a county would need more than 256",
        "administrative villages and neighbourhoods",
        "judged",
    ),
    Judged(
        "home_rural_same_county",
        0.90,
        "share",
        "same-county in-migrants in towns whose home block is rural",
        "movement inside counties is from villages to the county town",
        "judged",
    ),
    Judged(
        "home_urban_weight",
        0.5,
        "relative",
        "weight of an urban resident against a rural one as origin of movers to other counties",
        "urban residents move less out of their county",
        "judged",
    ),
    Judged(
        "owner_odds",
        (1.0, 0.35, 0.15, 0.08),
        "relative",
        "odds of owning the dwelling by origin class, around the county share; away units rent",
        "19% of migrant-worker households in cities bought a home (2018, recalled)",
        "judged",
    ),
    Judged(
        "insured",
        (0.35, 0.55, 0.217, 0.30),
        "share",
        "main earner in employee insurance: rural locals, urban locals, migrants in the province, migrants outside",
        "21.6% of migrant workers in employee pension insurance (2017)",
        "judged",
    ),
    Judged(
        "permit",
        0.30,
        "share",
        "urban residents from other counties and provinces who hold a residence permit",
        "84 million permits in five years against 376 million floating persons, national",
        "judged",
    ),
    Judged(
        "stay_years",
        (6.0, 4.5, 5.0),
        "years",
        "mean time since arrival, geometric: whole households, away members, collective residents",
        "long-stay share of the floating population",
        "judged",
    ),
    Judged(
        "skill_odds",
        (1.0, 1.1, 1.0, 0.8),
        "relative",
        "odds of skill above low by origin class, around the county share for the age cohort",
        f"15.8% college among migrant workers in 2023 ({_NBS})",
        "judged",
    ),
    Judged(
        "skill_cohort",
        (2.6, 1.6, 0.9, 0.35, 0.12),
        "relative",
        "odds of high skill by age of the main earner: under 30, 30-39, 40-49, 50-59, 60 and over",
        "expansion of higher education since 1999",
        "judged",
    ),
    Judged(
        "skill_rural",
        0.45,
        "relative",
        "odds of skill above low in the rural zone against the county share",
        "national census 2020 by zone",
        "judged",
    ),
)
