"""The terms of V, one row each: the weights of ``Choice``, ``explain`` and the table of ``docs/model.md`` come from it.

A new row with a ``part`` is all that a further term by place (or by home county and site) takes.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Literal, NamedTuple

import numpy as np

from sim.base.arrays import Floats
from sim.data import Region
from sim.model.year.places import Modifiers, Places

Part = Callable[[Region, Places, Mapping[str, float], Modifiers], Floats]
SITES = "one_away all_away whole"
ALL = f"stay home {SITES}"


class Term(NamedTuple):
    """One term of V.

    Attributes:
        name: field of ``Choice``, or a name of its own where ``part_of`` says the field.
        label_en, label_zh: what it is called in explanations.
        alternatives: those that it enters.
        formula: what it adds and to whom, as the documentation writes it.
        parameter: parameter that the field is; None for tables made from several things.
        part: what it adds to the table ``part_of``, in utils, from region, places, parameters and
            modifiers: float64[P] or float64[3, P] in ``value``, float64[n_counties, sites] in ``reach``.
        part_of: table that it is a part of; its own row is then the rest of that table.
    """

    name: str
    label_en: str
    label_zh: str
    alternatives: str
    formula: str
    parameter: str | None = None
    part: Part | None = None
    part_of: Literal["", "value", "reach"] = ""

    @property
    def field(self) -> str:
        """Return the field of ``Choice`` that holds it."""
        return self.part_of or self.name


def _distance(region: Region, places: Places, params: Mapping[str, float], mods: Modifiers) -> Floats:
    return np.asarray(params["distance_coefficient"] * places.log_km)


TERMS = (
    Term(
        "distance",
        "distance",
        "距离",
        SITES,
        "`distance_coefficient` · log km(home county, d)",
        part=_distance,
        part_of="reach",
    ),
    Term(
        "reach",
        "site: constant, levers, travel",
        "目的地：常数、政策、交通",
        SITES,
        "constant of d (own county or site) + λ · log(1 + `inflow_boost`) (towns of other counties) "
        "+ `town_amenity` (own county) + travel",
    ),
    Term(
        "value",
        "income: wages, job finding, skill",
        "收入：工资、求职、技能",
        ALL,
        "v(p, s) without what follows for the unregistered",
    ),
    Term("shift", "kind of move", "迁移类型", f"home {SITES}", "constant by state of origin and kind of destination"),
    Term("arrangement", "who goes", "外出成员", SITES, "constant by who goes, in the province and outside"),
    Term(
        "network",
        "people of the block there",
        "同村人",
        SITES,
        "`peer_effect` · share of the home block at the class of d",
    ),
    Term(
        "penalty",
        "not registered: services",
        "非户籍：公共服务",
        ALL,
        "β · min(0, log(1 − `hukou_penalty_town` or `hukou_penalty_capital`) + `service_access`) in Hunan's towns, "
        "β · log(1 − `hukou_penalty_outside`) outside, if not registered at p",
    ),
    Term(
        "portability",
        "land rights kept",
        "保留土地权益",
        ALL,
        "`portability` in towns, if not registered at p and holding land",
    ),
    Term(
        "housing",
        "housing burden",
        "住房负担",
        "stay whole",
        "`housing_price` · log price-to-income of the county; staying: unless owner",
    ),
    Term(
        "rental",
        "rental housing",
        "租赁住房",
        "stay",
        "`rental_stay` + log(1 − `rental_loss`) in towns, unless owner",
    ),
    Term(
        "home_value",
        "jobs at home",
        "家乡就业",
        "stay home",
        "`village_jobs` + `local_recovery` − shock of the scenario, in the home village",
    ),
    Term("out_move", "leaving the village: levers", "离村：政策", SITES, "`out_move` from villages"),
    Term(
        "county_school",
        "schools of the county seat",
        "县城学校",
        "whole",
        "`county_school_quality` (parameter + lever) in the own county town, villagers with a child of 6–15",
    ),
    Term(
        "bring_children",
        "bringing children",
        "携带子女",
        "whole",
        "`bring_children` with children of 3–15, if not registered at d",
    ),
    Term(
        "school_place",
        "no public school place",
        "无公办学位",
        "whole",
        "− `school_place` with children of 3–15, if not registered at d and the frozen lottery number fails there",
        "school_place",
    ),
    Term(
        "school_stay",
        "children in public school",
        "子女公办就读",
        "stay",
        "`school_enrolled_stay` with a public place",
        "school_enrolled_stay",
    ),
    Term("taste", "taste for the place", "地点偏好", ALL, "`taste_sd` · taste(p)", "taste_sd"),
    Term(
        "attachment",
        "attached to where it lives",
        "留居倾向",
        "stay",
        "`attachment_sd` · number(household, spell)",
        "attachment_sd",
    ),
    Term(
        "move_cost",
        "cost of moving",
        "迁移成本",
        "whole",
        "β · log(1 − `moving_cost` · annuity) · persons / 3",
    ),
    Term("owner_stay", "owns the home here", "本地自有住房", "stay", "`owner_stay` if owner", "owner_stay"),
    Term("insured_stay", "insured here", "本地参保", "stay", "`insured_stay` if insured", "insured_stay"),
    Term("after_50", "return after 50", "50岁后返乡", "home", "`return_after_50`, head 50 or older", "return_after_50"),
    Term(
        "leave_age",
        "leaving the province at this age",
        "出省年龄",
        SITES,
        "constant by age, mean over the adults who would leave the province",
    ),
    Term(
        "pull_in",
        "pull to towns of the year",
        "当年城镇拉力",
        SITES,
        "pull of the year into Hunan's towns, unless from a town",
    ),
    Term(
        "pull_out",
        "pull out of the province",
        "当年省外拉力",
        SITES,
        "pull of the year out of Hunan, unless from outside",
    ),
)
"""Every term, in the order of explanations."""

NO_TERMS = {
    "nest": "nest_dissimilarity",
    "attachment_years": "attachment_years",
    "share_one": "income_share_one_away",
    "share_all": "income_share_all_away",
    "school": None,
    "site_value": None,
    "site_housing": None,
    "site_reach": None,
    "site_bring_children": None,
    "site_school": None,
}
"""Fields of ``Choice`` that are no terms but weights, chances or repeats by site, and the parameter that they are."""


def weights(params: Mapping[str, float]) -> dict[str, float]:
    """Return the fields of ``Choice`` that are parameters."""
    named = {term.name: term.parameter for term in TERMS} | NO_TERMS
    return {field: params[name] for field, name in named.items() if name is not None}


def parts(region: Region, places: Places, params: Mapping[str, float], mods: Modifiers) -> dict[str, Floats]:
    """Return the terms that are parts of a table by their name, in utils."""
    return {term.name: term.part(region, places, params, mods) for term in TERMS if term.part is not None}


def sum_of_parts(made: Mapping[str, Floats], field: str, shape: tuple[int, ...]) -> Floats:
    """Return the sum of the ``parts`` of one table, float64[shape].

    Raises:
        ValueError: a part of another shape.
    """
    total = np.zeros(shape)
    for term in TERMS:
        if term.part is not None and term.field == field:
            total += made[term.name]
    return total
