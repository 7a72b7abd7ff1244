"""The simulated effect of every lever alone beside what its evidence says, inside or outside.

What the evidence says is worked out from the priors of the lever itself: every drawn number
times a factor that turns it into something the model reports, by a formula anybody can check.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from sim.analysis.attribution import BASELINE, spread
from sim.distributions import quantile
from sim.policies import Levers
from sim.policies.quantities import QUANTITIES, QUANTITY_INDEX

Kind = Literal["percent", "points", "none"]
Range = tuple[float, float, float]
"""At the 5%, 50% and 95% quantiles of the priors."""


class Claim(NamedTuple):
    """What the evidence on a lever says about something the model reports.

    Attributes:
        lever: lever at intensity 1, alone.
        indicator: what is compared with the baseline; a pair is a ratio.
        place: place code.
        years: first and last year; means over them.
        kind: ``percent`` change, change in ``points``, or ``none`` (the lever cannot act alone).
        terms: quantities of the lever and what one unit of each does to the indicator.
        en, zh: where the factors come from.
        also: a further change that is no effect of the lever file, multiplied (percent) or added (points).
    """

    lever: str
    indicator: str | tuple[str, str]
    place: str
    years: tuple[int, int]
    kind: Kind
    terms: tuple[tuple[str, float], ...]
    en: str
    zh: str
    also: Range = (0.0, 0.0, 0.0)


PROVINCE = "430000"
_REGISTER = ("registrations", "unregistered_residents")
_RATE = "resident_urban_rate"

SHARE_FILLED, SHARE_LEFT, JOBS_PER_RESIDENT = 0.4, 0.6, 0.35
"""Jobs filled by new residents, left after displacement (0.2-0.6), and non-farm jobs per resident (judged)."""
NEWCOMERS_PER_JOB = 0.05
"""People moving into towns a year per non-farm job (judged)."""
TOWNWARD, TO_OWN_TOWN = 1.2, 0.5
"""Points of the rate that move into towns a year, and into the town of the own county (judged)."""
RENTERS, LEAVE = 0.2, 0.05
"""Share of urban residents who rent, and who leave in a year (judged)."""
BUILT_YEARS = 2.0
"""Years at full intensity that a ramp from 2027 to 2029 comes to."""

_JOBS = 100.0 * 3.0 * SHARE_FILLED * SHARE_LEFT * JOBS_PER_RESIDENT
_PREMIUM = [100.0 * ((1.0 - rho) / (1.0 - 0.6 * rho) - 1.0) for rho in (0.95, 0.5, 0.05)]
"""Percent of the chance to register that is left when services by residence rise from 60% to all (B19)."""


def _rate(lever: str, terms: tuple[tuple[str, float], ...], en: str, zh: str, also: Range = (0.0, 0.0, 0.0)) -> Claim:
    return Claim(lever, _RATE, PROVINCE, (2029, 2029), "points", terms, en, zh, also)


def _enabler(lever: str, en: str, zh: str) -> Claim:
    return Claim(lever, _RATE, PROVINCE, (2029, 2029), "none", (), en, zh)


def _odds(lever: str, en: str, zh: str, also: Range = (0.0, 0.0, 0.0)) -> Claim:
    terms = (("registration_odds", 100.0),)
    return Claim(lever, _REGISTER, PROVINCE, (2029, 2029), "percent", terms, en, zh, also)


CLAIMS: tuple[Claim, ...] = (
    _odds(
        "T1",
        "odds of registering, times what services by residence leave of the reason (ρ 0.95, 0.5, 0.05; B19)",
        "落户几率，乘以常住地服务替代后剩余的落户动机（ρ取0.95、0.5、0.05；B19）",
        (_PREMIUM[0], _PREMIUM[1], _PREMIUM[2]),
    ),
    Claim(
        "T2",
        "urban_newcomers",
        PROVINCE,
        (2027, 2027),
        "percent",
        (("job_finding", 150.0),),
        "log job finding times the income coefficient 1.5, before market feedback; added jobs are not in it",
        "求职成功率对数乘以收入系数1.5，未计市场反馈与新增岗位",
    ),
    Claim(
        "T3",
        "migrant_children",
        PROVINCE,
        (2029, 2029),
        "percent",
        (("bring_children", 50.0),),
        "logit times the share of one half that does not bring children yet; as if every family chose again",
        "倾向乘以尚未携带子女的一半家庭；假定所有家庭都重新选择",
    ),
    Claim(
        "T4",
        "urban_residents",
        PROVINCE,
        (2029, 2029),
        "percent",
        (("rental_stay", 100.0 * RENTERS * LEAVE * BUILT_YEARS),),
        "logit of staying times renters (20%), leavers a year (5%) and two years",
        "留城倾向乘以租房者比例（20%）、每年离开比例（5%）和两年",
    ),
    Claim(
        "T5",
        "insured_share",
        PROVINCE,
        (2029, 2029),
        "points",
        (("insurance_enrolment", 100.0),),
        "the meaning of intensity 1",
        "即强度1的定义",
    ),
    Claim(
        "T6",
        "urban_newcomers",
        "group:potential_areas",
        (2027, 2027),
        "percent",
        (("inflow_boost", 100.0),),
        "in-migration of the first year, measured where nothing else was designated",
        "第一年迁入，来自其他地区未同时设区的估计",
    ),
    Claim(
        "T7",
        "urban_newcomers",
        PROVINCE,
        (2029, 2029),
        "percent",
        (("vacancies", 100.0 * SHARE_FILLED * SHARE_LEFT / NEWCOMERS_PER_JOB),),
        "jobs of a year: 40% filled by new residents, 60% left after displacement, newcomers 5% of jobs a year",
        "每年新增岗位：四成由新居民填补，扣除挤出后余六成，年迁入为岗位数的5%",
    ),
    Claim(
        "T8",
        "village_leavers",
        PROVINCE,
        (2027, 2028),
        "percent",
        (("out_move", 100.0),),
        "logit of leaving, as percent of a small chance",
        "外出倾向（小概率下约为百分比）",
    ),
    _rate(
        "T9",
        (
            ("reclassification", 3.0),
            ("town_amenity", TO_OWN_TOWN * BUILT_YEARS),
            ("county_school_quality", 0.25 * TO_OWN_TOWN * BUILT_YEARS),
        ),
        "three years of reclassification; amenity, and schools for a quarter of families, times the 0.5 points "
        "that move into their own town a year, two years",
        "三年划转；宜居改善及四分之一家庭的学校效用，乘以每年迁入本县城的0.5个百分点，两年",
    ),
    _rate(
        "T10",
        (),
        "net effect of the transport package on the rate by 2029 (H07)",
        "交通项目到2029年的净效应（H07）",
        (-0.10, 0.05, 0.20),
    ),
    _rate(
        "T11",
        (),
        "redistribution inside the metropolitan area (judged)",
        "都市圈内部再分布（判断）",
        (-0.03, 0.0, 0.03),
    ),
    _rate(
        "T12",
        (("vacancies", 0.2 * _JOBS),),
        "three years of jobs in cities with a fifth of the residents, filled as for T7, 0.35 jobs per resident",
        "占常住人口五分之一的城市三年新增岗位，填补比例同T7，人均0.35个岗位",
    ),
    Claim(
        "T13",
        "urban_newcomers",
        "group:xiangnan_xiangxi",
        (2029, 2029),
        "percent",
        (("town_utility", 100.0),),
        "utility as log odds of coming",
        "效用折算为迁入几率",
    ),
    _rate(
        "T14",
        (("town_utility", TOWNWARD * BUILT_YEARS), ("rental_loss", -100.0 * RENTERS * LEAVE * BUILT_YEARS)),
        "utility times the 1.2 points that move into towns a year; cheap rooms lost times renters (20%) "
        "who leave (5%); two years",
        "效用乘以每年迁入城镇的1.2个百分点；低租金住房损失乘以租房者（20%）离开比例（5%）；两年",
    ),
    _rate("T15", (("town_utility", TOWNWARD * BUILT_YEARS),), "as for T14", "算法同T14"),
    _rate(
        "T16",
        (("town_utility", TOWNWARD * BUILT_YEARS),),
        "utility, as for T14; two counties apart",
        "效用，算法同T14；两县另计",
    ),
    _rate("T17", (), "exactly zero", "恰为零"),
    _odds(
        "P1",
        "odds of registering; at a few percent a year odds and chances are alike",
        "落户几率；概率很小时几率与概率相近",
    ),
    _odds("P2", "odds of registering; those most willing register first", "落户几率；最愿意者先落户"),
    _enabler("P3", "multiplies T6 and T7; alone it does nothing", "放大T6、T7，单独无作用"),
    _rate(
        "P4",
        (("reclassification", 3.0 * 0.4), ("vacancies", _JOBS)),
        "three years of reclassification where two fifths of the residents live; jobs as for T12, everywhere",
        "占常住人口五分之二的地区三年划转；全省岗位算法同T12",
    ),
    _enabler("P5", "multiplies T10 to T13; alone it does nothing", "放大T10—T13，单独无作用"),
    _enabler("P6", "multiplies T14 to T16; alone it does nothing", "放大T14—T16，单独无作用"),
    _enabler("P7", "pays for others; alone it does nothing", "为其他任务提供资金，单独无作用"),
)
"""One claim per lever, in the order of the plan."""


def claimed(claim: Claim, levers: Levers) -> Range:
    """Return what the priors of a lever say about the claimed indicator, in percent or points.

    Every quantity is at the same quantile (as if all erred the same way), the direction of its factor considered.
    """
    ends = []
    for at, extra in zip((0.05, 0.5, 0.95), claim.also, strict=True):
        total = sum(
            factor * _change(claim.lever, name, at if factor > 0 else 1.0 - at, levers) for name, factor in claim.terms
        )
        ends.append(
            100.0 * ((1.0 + total / 100.0) * (1.0 + extra / 100.0) - 1.0) if claim.kind == "percent" else total + extra
        )
    return ends[0], ends[1], ends[2]


def _change(lever: str, quantity: str, at: float, levers: Levers) -> float:
    """Return the change of a quantity at intensity 1 at a quantile of its prior."""
    effect = next(e for e in levers[lever].effects if e.quantity == quantity)
    neutral = QUANTITIES[QUANTITY_INDEX[quantity]].neutral
    return effect.scale * (quantile(effect.prior, at) - neutral)


def partial_table(values: Mapping[str, pd.DataFrame], levers: Levers) -> pd.DataFrame:
    """Return one row per claim: simulated mean, interval, spread, the range of the evidence and the verdict.

    ``inside`` if the 95% interval of the simulated mean meets the range, else ``outside``.

    Args:
        values: ``province_values`` by place code.
        levers: levers by id.
    """
    rows = []
    for claim in CLAIMS:
        sample = _measured(claim, values[claim.place])
        mean, low, high, median, p05, p95, size = spread(sample)
        least, middle, most = claimed(claim, levers)
        edge = 1e-9
        inside = low <= most + edge and high >= least - edge
        rows.append([claim.lever, mean, low, high, median, p05, p95, least, middle, most, inside, size])
    head = ["lever", "mean", "ci_low", "ci_high", "median", "p05", "p95"]
    return pd.DataFrame(rows, columns=[*head, "prior_p05", "prior_p50", "prior_p95", "inside", "draws"])


def _measured(claim: Claim, values: pd.DataFrame) -> np.ndarray[tuple[int], np.dtype[np.float64]]:
    """Return the change of the claimed indicator by draw, in percent or points."""
    first, last = claim.years
    rows = values[(values["year"] >= first) & (values["year"] <= last)]
    if isinstance(claim.indicator, tuple):
        level = rows[claim.indicator[0]] / rows[claim.indicator[1]]
    else:
        level = rows[claim.indicator]
    wide = (
        rows.assign(level=level).pivot_table(index="draw", columns="scenario", values="level", aggfunc="mean").dropna()
    )
    acted, base = wide[f"full_{claim.lever}"].to_numpy(), wide[BASELINE].to_numpy()
    return np.asarray(100.0 * (acted / base - 1.0) if claim.kind == "percent" else 100.0 * (acted - base))
