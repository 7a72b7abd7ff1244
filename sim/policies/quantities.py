"""The named quantities that levers modify, and the counts of people that carry their costs.

The engine reads these quantities and nothing else of a policy: no lever touches a
household. The order of ``QUANTITIES`` is the column order of every modifier table.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

Combine = Literal["add", "multiply"]


class Quantity(NamedTuple):
    """One quantity: how several levers combine, what no policy means, and its limits.

    Attributes:
        name: identifier used in lever files.
        combine: ``add`` (changes are summed) or ``multiply`` (factors are multiplied).
        neutral: value without policy: 0 for ``add``, 1 for ``multiply``.
        unit: unit of the value.
        low: smallest combined value; what lies beyond is cut.
        high: largest combined value.
        meaning_en: what the engine does with it, in English.
        meaning_zh: the same in Chinese.
    """

    name: str
    combine: Combine
    neutral: float
    unit: str
    low: float
    high: float
    meaning_en: str
    meaning_zh: str


def _add(name: str, unit: str, low: float, high: float, en: str, zh: str) -> Quantity:
    return Quantity(name, "add", 0.0, unit, low, high, en, zh)


def _multiply(name: str, unit: str, low: float, high: float, en: str, zh: str) -> Quantity:
    return Quantity(name, "multiply", 1.0, unit, low, high, en, zh)


QUANTITIES: tuple[Quantity, ...] = (
    _add(
        "service_access",
        "log income",
        -0.5,
        0.5,
        "value of town services to residents who are not registered there",
        "非户籍常住人口在城镇享有公共服务的价值",
    ),
    _add(
        "service_coverage",
        "share",
        0.0,
        1.0,
        "share of the gap to full services before the plan that is closed for residence-permit holders",
        "居住证持有人公共服务差距的弥合比例",
    ),
    _multiply(
        "registration_odds",
        "odds ratio",
        0.1,
        10.0,
        "odds that an eligible urban resident registers",
        "城镇落户几率之比",
    ),
    _add(
        "registration_threshold",
        "share",
        -1.0,
        1.0,
        "change of the registration threshold that is left, as a share of it (-1 removes it; acts in the capital)",
        "尚存落户门槛（省会）的变化比例（-1为完全取消）",
    ),
    _add(
        "vacancies",
        "share of non-farm jobs per year",
        -0.05,
        0.05,
        "net additional vacancies of the county",
        "县域新增岗位占非农就业比重（每年）",
    ),
    _add(
        "job_finding",
        "log points",
        -0.5,
        0.5,
        "change of the job-finding rate in Hunan's towns",
        "新进城者求职成功率的变化",
    ),
    _add(
        "inflow_boost",
        "share of in-migration",
        -0.5,
        1.0,
        "proportional rise of in-migration to the county",
        "迁入人口的增幅比例",
    ),
    _add(
        "village_jobs",
        "utils",
        -0.5,
        0.5,
        "value of staying in the village, from workshop jobs there",
        "就业帮扶车间带来的留村效用",
    ),
    _add(
        "school_place",
        "share",
        -0.2,
        0.2,
        "change of the share of migrant children with a public school place",
        "随迁子女公办学位占比的变化",
    ),
    _add(
        "bring_children",
        "logit",
        -1.0,
        1.0,
        "readiness of migrant parents with a child of 3-15 to bring it along",
        "携带3—15岁子女随迁的倾向",
    ),
    _add(
        "county_school_quality",
        "utils",
        -1.0,
        1.0,
        "value of the own county town to village families with a child of 6-15",
        "县城学校质量对农村有学龄子女家庭的效用",
    ),
    _multiply("school_capacity", "ratio", 0.5, 2.0, "public school places in town", "城镇公办学位容量"),
    _add(
        "rental_stay",
        "logit",
        -1.0,
        1.0,
        "readiness of renters in town to stay, averaged over renters",
        "租房者留城倾向",
    ),
    _add(
        "purchase_subsidy",
        "share of price",
        0.0,
        0.3,
        "subsidy to a home bought in the county town",
        "县城购房补贴占房价比例",
    ),
    _add(
        "insurance_enrolment",
        "share",
        -0.5,
        0.5,
        "change of the share of migrant workers with employee insurance",
        "农业转移人口职工参保比例的变化",
    ),
    _add(
        "portability",
        "utils",
        -0.5,
        0.5,
        "value in town of insurance that can be used there, rural-hukou migrants",
        "社会保险可携带带来的效用",
    ),
    _add(
        "town_amenity",
        "utils",
        -1.0,
        1.0,
        "value of the own county town to its villagers",
        "县城综合承载能力带来的效用",
    ),
    _add(
        "reclassification",
        "points of the provincial rate per year",
        -0.5,
        0.5,
        "additional rural territory counted as urban",
        "城乡划分调整计入的城镇化率（百分点/年）",
    ),
    _add("out_move", "logit", -1.0, 1.0, "readiness of village households to move out", "农村家庭外出倾向"),
    _add(
        "town_utility",
        "utils",
        -0.5,
        0.5,
        "value of living in the county's towns, to residents and newcomers from anywhere",
        "县域城镇对所有居民和新来者的效用",
    ),
    _add(
        "travel_time",
        "utils per 10% of travel time saved",
        0.0,
        0.5,
        "value of shorter travel between the counties that opened projects connect, in both directions",
        "建成项目缩短的通行时间每10%的效用（双向）",
    ),
    _add(
        "local_recovery",
        "utils",
        -0.5,
        1.0,
        "value of living in the villages of a county hit by a disaster, from reconstruction",
        "灾后重建带来的留村效用",
    ),
    _multiply(
        "labour_intensity",
        "ratio",
        0.5,
        1.5,
        "workers per job place that the job levers create",
        "新增产业项目的用工强度",
    ),
    _add(
        "job_shift",
        "share of the capital's vacancies",
        0.0,
        0.2,
        "part of the capital's vacancies that goes to the counties named instead",
        "由省会转移到这些县市的岗位比例",
    ),
    _add(
        "rental_loss",
        "share",
        0.0,
        0.5,
        "share of cheap rental homes lost to renewal; the odds that renters stay fall by it",
        "更新改造减少的低租金住房比例",
    ),
    _add(
        "paper_registrations",
        "share of village-registered persons per year",
        0.0,
        0.02,
        "registered as urban on paper, without a move and without any change of behaviour",
        "仅户籍登记转为城镇、行为不变的农村户籍人口比例（每年）",
    ),
    _add(
        "budget",
        "billion yuan per year",
        0.0,
        500.0,
        "public money for the package; binds in scenarios with a budget rule",
        "可用于一揽子政策的年度资金（仅在设定预算规则的情景中起约束作用）",
    ),
    _add(
        "siphon",
        "share",
        0.0,
        1.0,
        "whether new lines also draw people to their centre; already applied to travel times, for information only",
        "新线路是否同时把人口吸向中心一端（已计入通行时间）",
    ),
    _multiply(
        "unit_cost",
        "ratio",
        0.3,
        2.0,
        "unit costs of other levers; already applied to its targets, for information only",
        "其他任务的单位成本系数（已计入）",
    ),
    _multiply(
        "delivery",
        "ratio",
        0.0,
        2.0,
        "delivered share of other levers; already applied to its targets, for information only",
        "其他任务的落实系数（已计入）",
    ),
)

ENABLERS = ("delivery", "unit_cost")
"""Quantities that act on other levers, which their effects name as targets."""
NOT_ON_PEOPLE = (*ENABLERS, "budget")
"""Quantities that move nobody of themselves."""

QUANTITY_INDEX: dict[str, int] = {quantity.name: index for index, quantity in enumerate(QUANTITIES)}
"""Column of each quantity in a modifier table."""


class Driver(NamedTuple):
    """A number of people that carries a cost, by county and year."""

    name: str
    unit: str
    meaning_en: str
    meaning_zh: str


DRIVERS: tuple[Driver, ...] = (
    Driver(
        "unregistered_residents",
        "persons",
        "urban residents without local urban registration, at year-end",
        "年末未在本地城镇落户的城镇常住人口",
    ),
    Driver(
        "migrant_children",
        "persons",
        "children of 6-15 among them, at year-end",
        "其中6—15岁随迁子女",
    ),
    Driver(
        "registrations",
        "persons per year",
        "persons who registered in town during the year",
        "当年城镇落户人数",
    ),
    Driver(
        "urban_newcomers",
        "persons per year",
        "persons who moved into urban territory of the county during the year",
        "当年迁入城镇人数",
    ),
    Driver("urban_residents", "persons", "urban residents, at year-end", "年末城镇常住人口"),
    Driver("urban_workers", "persons", "urban residents of 18-59, at year-end", "年末18—59岁城镇常住人口"),
    Driver("residents", "persons", "residents, at year-end", "年末常住人口"),
    Driver("village_households", "households", "households that live in villages, at year-end", "年末农村常住户数"),
    Driver(
        "paper_registrations",
        "persons per year",
        "persons registered as urban on paper during the year",
        "当年仅户籍登记转为城镇的人数",
    ),
)

DRIVER_INDEX: dict[str, int] = {driver.name: index for index, driver in enumerate(DRIVERS)}
"""Row of each driver in a cost table."""
