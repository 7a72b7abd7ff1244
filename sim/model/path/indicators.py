"""Every indicator of a run: one row each. To add one, add a row; tables, report and docs follow."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from sim.agents import observe as stock
from sim.base.arrays import Floats

__all__ = ["INDICATORS", "Indicator", "Sums"]


class Sums(NamedTuple):
    """What indicators are made of: sums over the counties of each area, weighted to persons or households.

    Attributes:
        both: float64[n_areas, N_STOCKS], villages and towns.
        urban: float64[n_areas, N_STOCKS], towns.
        served: float64[n_areas], permit holders times the share of services open to them.
        cost: float64[n_areas], public cost of the levers in the year, yuan.
        paper: float64[n_areas], persons registered as urban on paper only.
    """

    both: Floats
    urban: Floats
    served: Floats
    cost: Floats
    paper: Floats

    @classmethod
    def within_year(cls, residents: float, urban_residents: float) -> Sums:
        """Return the sums of one area after a step within a year, when nothing but residents is counted."""
        unknown = np.full(1, np.nan)
        both, urban = np.full((2, 1, stock.N_STOCKS), np.nan)
        both[:, stock.RESIDENTS], urban[:, stock.RESIDENTS] = residents, urban_residents
        return cls(both, urban, unknown, unknown, unknown)


class Indicator(NamedTuple):
    """One indicator of a run.

    Attributes:
        name: key in every table.
        unit: share, persons, households or yuan per year.
        label_en, label_zh: shown in figures and pages.
        meaning: what exactly is counted.
        value: float64[n_areas] from the sums of a year-end; not finite where it is not defined.
        by_county: written for every county too.
        by_step: written for the province after every step; may use residents only.
    """

    name: str
    unit: str
    label_en: str
    label_zh: str
    meaning: str
    value: Callable[[Sums], Floats]
    by_county: bool = False
    by_step: bool = False


def _resident_rate(sums: Sums) -> Floats:
    return sums.urban[:, stock.RESIDENTS] / sums.both[:, stock.RESIDENTS]


def _registered_urban(sums: Sums) -> Floats:
    return sums.urban[:, stock.REGISTERED] + sums.paper


def _registered_rate(sums: Sums) -> Floats:
    return _registered_urban(sums) / sums.both[:, stock.REGISTERED]


INDICATORS: tuple[Indicator, ...] = (
    Indicator(
        "resident_urban_rate",
        "share",
        "Resident urbanization rate",
        "常住人口城镇化率",
        "urban residents of all residents",
        _resident_rate,
        by_county=True,
        by_step=True,
    ),
    Indicator(
        "registered_urban_rate",
        "share",
        "Registered urbanization rate",
        "户籍人口城镇化率",
        "registered urban of all registered",
        _registered_rate,
    ),
    Indicator(
        "rate_gap",
        "share",
        "Gap between the two rates",
        "两率之差",
        "resident less registered rate",
        lambda sums: _resident_rate(sums) - _registered_rate(sums),
    ),
    Indicator(
        "residents",
        "persons",
        "Residents",
        "常住人口",
        "people where they live",
        lambda sums: sums.both[:, stock.RESIDENTS],
        by_county=True,
        by_step=True,
    ),
    Indicator(
        "urban_residents",
        "persons",
        "Urban residents",
        "城镇常住人口",
        "people who live in towns",
        lambda sums: sums.urban[:, stock.RESIDENTS],
        by_county=True,
        by_step=True,
    ),
    Indicator(
        "registered",
        "persons",
        "Registered population",
        "户籍人口",
        "people where they are registered",
        lambda sums: sums.both[:, stock.REGISTERED],
        by_county=True,
    ),
    Indicator(
        "registered_urban",
        "persons",
        "Registered urban population",
        "城镇户籍人口",
        "registered in an urban block, on paper included",
        _registered_urban,
    ),
    Indicator(
        "paper_registered",
        "persons",
        "Registered as urban on paper only",
        "仅户籍登记转为城镇的人口",
        "registered in a village, urban by a registration on paper",
        lambda sums: sums.paper,
    ),
    Indicator(
        "outside_migrants",
        "persons",
        "Registered people living outside the province",
        "省外流出人口",
        "people outside, where they are registered",
        lambda sums: sums.both[:, stock.OUTSIDE_PERSONS],
        by_county=True,
    ),
    Indicator(
        "split_households",
        "households",
        "Households living in two places",
        "分居两地的家庭",
        "households with some members away",
        lambda sums: sums.both[:, stock.SPLIT],
    ),
    Indicator(
        "left_behind_children",
        "persons",
        "Children under 16 at home while both parents work away",
        "父母均外出的留守儿童",
        "members of 0–15 at the base of a household with two workers away and nobody of 18–49 there "
        "(grandparents may be), in villages and towns alike",
        lambda sums: sums.both[:, stock.LEFT_BEHIND],
    ),
    Indicator(
        "public_school_share",
        "share",
        "Migrant pupils with a public school place",
        "随迁子女公办学校就读比例",
        "of children of 7–15 at a year-end (6–14 at admission) who live in a town where their household is not "
        "registered",
        lambda sums: sums.urban[:, stock.PUBLIC_PUPILS] / sums.urban[:, stock.PUPILS],
    ),
    Indicator(
        "unregistered_served_share",
        "share",
        "Unregistered urban residents with full services",
        "享有完整公共服务的非户籍城镇居民比例",
        "share of unregistered urban residents who hold a permit, times the share of services open to permit holders",
        lambda sums: sums.served / sums.urban[:, stock.UNREGISTERED],
    ),
    Indicator(
        "insured_share",
        "share",
        "Migrant earners with employee insurance",
        "外来务工者参加职工保险比例",
        "of households whose earners live in a town without being registered there",
        lambda sums: sums.urban[:, stock.INSURED_EARNERS] / sums.urban[:, stock.MIGRANT_EARNERS],
    ),
    Indicator(
        "fiscal_cost",
        "yuan per year",
        "Public cost of the levers",
        "措施的财政成本",
        "unit cost times people, additional to the year before the plan, without what levers name beside the total",
        lambda sums: sums.cost,
    ),
)
"""All indicators, in the order of the tables."""
