"""What the evidence on every lever says about something the model reports, as formulas to check by hand.

One claim per lever: quantities of its file, times what one unit of each does. Reasons say what a formula
leaves out, and so why the model may be elsewhere.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

from sim.policies.plan import plan_years

Kind = Literal["percent", "points", "none"]
Range = tuple[float, float, float]
"""At the 5%, 50% and 95% quantiles of the priors."""

DAMPING: Range = (0.12, 0.18, 0.30)
"""What is left of a response of moves when markets have answered (A31: 0.18, 0.12 to 0.30)."""


class Term(NamedTuple):
    """What a quantity of the lever does to the indicator: factor per unit, damped by markets (A31) or not."""

    quantity: str
    factor: float
    damped: bool = False


class Claim(NamedTuple):
    """What the evidence on a lever says about something the model reports.

    Attributes:
        lever: lever at intensity 1, alone.
        indicator: what is compared with the baseline; a pair is a ratio.
        place: place code.
        years: first and last year; means over them.
        kind: ``percent`` change, change in ``points``, or ``none`` (the lever cannot act alone).
        terms: what the quantities of the lever do.
        en, zh: where the factors come from.
        why: what the formula leaves out, in English and Chinese.
        also: a further change that is no effect of the lever file, multiplied (percent) or added (points).
        adds_up: whether the effect adds up over the years, so that the build-up of the ramp is summed.
    """

    lever: str
    indicator: str | tuple[str, str]
    place: str
    years: tuple[int, int]
    kind: Kind
    terms: tuple[Term, ...]
    en: str
    zh: str
    why: tuple[str, str]
    also: Range = (0.0, 0.0, 0.0)
    adds_up: bool = False


PROVINCE = "430000"
POTENTIAL = "group:potential_areas"
_REGISTER = ("registrations", "unregistered_residents")
_RATE = "resident_urban_rate"
_LAST = plan_years().last

SHARE_FILLED, DISPLACED, JOBS_PER_RESIDENT = 0.4, 0.4, 0.35
"""Jobs filled by new residents (G09), displaced (0.2-0.6), and non-farm jobs per resident (judged)."""
NEWCOMERS_PER_JOB = 0.03
"""People moving into towns a year per urban worker, as in the model without new policy (judged)."""
TOWNWARD, TO_OWN_TOWN = 1.2, 0.5
"""Points of the rate that move into towns a year, and into the town of the own county (judged)."""
RENTERS, LEAVE = 0.2, 0.05
"""Share of urban residents who rent, and who leave in a year (judged)."""
FROM_OTHER_COUNTIES = 0.30
"""Share of the migrants in the towns of the potential areas who come from other counties (census 2020)."""
AIMED_WORKERS = 0.47
"""Share of the urban workers of the province where T7 acts (census 2020, urban residents)."""

_JOBS = 100.0 * SHARE_FILLED * (1.0 - DISPLACED) * JOBS_PER_RESIDENT
"""Points of the rate per unit of yearly vacancies in every county."""
_JOBS_WHERE_THEY_ARE = 100.0 * SHARE_FILLED * (1.0 - DISPLACED * AIMED_WORKERS) / NEWCOMERS_PER_JOB
_PREMIUM = [100.0 * ((1.0 - rho) / (1.0 - 0.6 * rho) - 1.0) for rho in (0.95, 0.5, 0.05)]
"""Percent of the chance to register that is left when services by residence rise from 60% to all (B19)."""


def _rate(
    lever: str, terms: tuple[Term, ...], en: str, zh: str, why: tuple[str, str], also: Range = (0.0, 0.0, 0.0)
) -> Claim:
    return Claim(lever, _RATE, PROVINCE, (_LAST, _LAST), "points", terms, en, zh, why, also, True)


def _enabler(lever: str, en: str, zh: str) -> Claim:
    why = ("it acts although nothing else is pulled: an error", "其他政策未实施却有作用：程序错误")
    return Claim(lever, _RATE, PROVINCE, (_LAST, _LAST), "none", (), en, zh, why)


def _odds(lever: str, en: str, zh: str, why: tuple[str, str], also: Range = (0.0, 0.0, 0.0)) -> Claim:
    terms = (Term("registration_odds", 100.0),)
    return Claim(lever, _REGISTER, PROVINCE, (_LAST, _LAST), "percent", terms, en, zh, why, also)


_AMENITY = (
    "few choose again in a year, and those who do have lasting tastes, so that utility moves fewer than logit says",
    "每年重新选择者少，且偏好持久，效用的作用小于对数几率",
)

CLAIMS: tuple[Claim, ...] = (
    _odds(
        "T1",
        "odds of registering, times what services by residence leave of the reason (ρ 0.95, 0.5, 0.05; B19)",
        "落户几率，乘以常住地服务替代后剩余的落户动机（ρ取0.95、0.5、0.05；B19）",
        (
            "Changsha has its threshold instead, and who is most willing registers first",
            "长沙以门槛代之；最愿意者先落户",
        ),
        (_PREMIUM[0], _PREMIUM[1], _PREMIUM[2]),
    ),
    Claim(
        "T2",
        "urban_newcomers",
        PROVINCE,
        (2027, 2027),
        "percent",
        (
            Term("job_finding", 150.0, damped=True),
            Term("vacancies", 100.0 * SHARE_FILLED * (1.0 - DISPLACED) / NEWCOMERS_PER_JOB),
        ),
        "log job finding times the income coefficient 1.5, damped; jobs of a year: 40% filled by new residents, "
        "60% left after displacement, newcomers 3% of jobs a year",
        "求职成功率对数乘以收入系数1.5（计市场反馈）；每年新增岗位：四成由新居民填补，扣除挤出后余六成，年迁入为岗位数的3%",
        ("the multiplier and the workshops are left out", "未计乘数与就业帮扶车间"),
    ),
    Claim(
        "T3",
        "migrant_children",
        PROVINCE,
        (_LAST, _LAST),
        "percent",
        (Term("bring_children", 50.0),),
        "logit times the share of one half that does not bring children yet; as if every family chose again",
        "倾向乘以尚未携带子女的一半家庭；假定所有家庭都重新选择",
        (
            "only families that choose again in these years can bring a child along, and the stock of pupils "
            "turns over slowly",
            "只有期内重新选择的家庭才会携带子女，随迁子女存量更替缓慢",
        ),
    ),
    Claim(
        "T4",
        "urban_residents",
        PROVINCE,
        (_LAST, _LAST),
        "percent",
        (Term("rental_stay", 100.0 * RENTERS * LEAVE, damped=True),),
        "logit of staying times renters (20%) and leavers a year (5%), damped, summed over the years",
        "留城倾向乘以租房者比例（20%）和每年离开比例（5%），计市场反馈，逐年累加",
        ("purchase subsidies of 2025 and 2026 are left out", "未计2025—2026年购房补贴"),
        adds_up=True,
    ),
    Claim(
        "T5",
        "migrant_children",
        PROVINCE,
        (_LAST, _LAST),
        "percent",
        (Term("bring_children", 50.0),),
        "as for T3; the estimate is of families with direct settlement against others (E12)",
        "算法同T3；估计来自已实行直接结算的家庭与其他家庭的比较（E12）",
        (
            "only families that choose again can bring a child along; the insured stay longer, with their children",
            "只有重新选择的家庭才会携带子女；参保者连同子女留城更久",
        ),
    ),
    Claim(
        "T6",
        "urban_newcomers",
        POTENTIAL,
        (2027, 2027),
        "percent",
        (Term("inflow_boost", 100.0 * FROM_OTHER_COUNTIES),),
        "in-migration of the first year from other counties (30% of migrants there) as measured, where nothing else "
        "was designated",
        "第一年来自外县（占当地流动人口30%）的迁入实测增幅，来自其他地区未同时设区的估计",
        (
            "here half of the province is designated at once, so that counties draw on each other",
            "此处约半个省同时设区，各县相互争夺人口",
        ),
    ),
    Claim(
        "T7",
        "urban_newcomers",
        POTENTIAL,
        (_LAST, _LAST),
        "percent",
        (Term("vacancies", _JOBS_WHERE_THEY_ARE),),
        "jobs of a year: 40% filled by new residents, 40% displaced of which 47% here, newcomers 3% of jobs a year",
        "每年新增岗位：四成由新居民填补，四成属挤出（其中47%在本地），年迁入为岗位数的3%",
        ("scoring by output lowers the workers per job place", "亩均效益评价降低用工强度"),
    ),
    Claim(
        "T8",
        "village_leavers",
        POTENTIAL,
        (2027, 2028),
        "percent",
        (Term("out_move", 100.0, damped=True),),
        "logit of leaving, as percent of a small chance, damped",
        "外出倾向（小概率下约为百分比），计市场反馈",
        _AMENITY,
    ),
    _rate(
        "T9",
        (
            Term("reclassification", 1.0),
            Term("town_amenity", TO_OWN_TOWN, damped=True),
            Term("county_school_quality", 0.25 * TO_OWN_TOWN, damped=True),
        ),
        "reclassification of every year; amenity, and schools for a quarter of families, times the 0.5 points "
        "that move into their own town a year, damped",
        "逐年划转；宜居改善及四分之一家庭的学校效用，乘以每年迁入本县城的0.5个百分点，计市场反馈",
        (
            "some who are counted would have moved anyway, and shrinking counties lose people",
            "部分计入者本会迁移；人口减少县流失人口",
        ),
    ),
    _rate(
        "T10",
        (),
        "net effect of the transport package on the rate by 2029 (H07)",
        "交通项目到2029年的净效应（H07）",
        (
            "few lines open by 2029, most inside the metropolitan area, and they lead from town to town",
            "2029年前建成的线路不多，多在都市圈内，且连接城镇之间",
        ),
        (-0.10, 0.05, 0.20),
    ),
    _rate(
        "T11",
        (),
        "redistribution inside the metropolitan area (judged)",
        "都市圈内部再分布（判断）",
        ("jobs move to cities whose villages are nearer to them", "岗位转向周边农村更近的城市"),
        (-0.03, 0.0, 0.03),
    ),
    Claim(
        "T13",
        "urban_newcomers",
        "group:xiangnan_xiangxi",
        (_LAST, _LAST),
        "percent",
        (Term("town_utility", 100.0, damped=True),),
        "utility as log odds of coming, damped",
        "效用折算为迁入几率，计市场反馈",
        _AMENITY,
    ),
    _rate(
        "T14",
        (Term("town_utility", TOWNWARD, damped=True), Term("rental_loss", -100.0 * RENTERS * LEAVE, damped=True)),
        "utility times the 1.2 points that move into towns a year; cheap rooms lost times renters (20%) "
        "who leave (5%); damped",
        "效用乘以每年迁入城镇的1.2个百分点；低租金住房损失乘以租房者（20%）离开比例（5%）；计市场反馈",
        _AMENITY,
    ),
    _rate(
        "T16",
        (Term("town_utility", TOWNWARD, damped=True),),
        "utility, as for T14; two counties apart",
        "效用，算法同T14；两县另计",
        (
            "rebuilt villages keep people in Zixing and Huarong, which lowers the rate and is left out",
            "资兴、华容重建后留住农村人口，降低城镇化率，公式未计",
        ),
    ),
    _odds(
        "P1",
        "odds of registering; at a few percent a year odds and chances are alike",
        "落户几率；概率很小时几率与概率相近",
        ("who is most willing registers first, and seats draw children", "最愿意者先落户；学位吸引随迁子女"),
    ),
    _odds(
        "P2",
        "odds of registering",
        "落户几率",
        (
            "only those with land rights answer, and those most willing register first",
            "仅有土地权益者响应；最愿意者先落户",
        ),
    ),
    _enabler("P3", "multiplies T6 and T7; alone it does nothing", "放大T6、T7，单独无作用"),
    _rate(
        "P4",
        (Term("reclassification", 0.4), Term("vacancies", _JOBS)),
        "reclassification of every year where two fifths of the residents live; jobs filled as for T2, 0.35 jobs per "
        "resident",
        "占常住人口五分之二的地区逐年划转；全省岗位填补比例同T2，人均0.35个岗位",
        ("some who are counted would have moved anyway", "部分计入者本会迁移"),
    ),
    _enabler("P5", "multiplies T10 to T13; alone it does nothing", "放大T10—T13，单独无作用"),
    _enabler("P6", "multiplies T14 to T16; alone it does nothing", "放大T14—T16，单独无作用"),
    _enabler("P7", "pays for others; alone it does nothing", "为其他任务提供资金，单独无作用"),
)
"""One claim per lever that is evaluable, in the order of the plan."""
