"""The simulated effect of every lever alone beside what its evidence says, inside or outside."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

import numpy as np
import pandas as pd

from sim.analysis.attribution import BASELINE, spread

Kind = Literal["percent", "points", "count", "none"]


class Claim(NamedTuple):
    """What the evidence on a lever says about something the model reports.

    Attributes:
        lever: lever at intensity 1, alone.
        indicator: what is compared with the baseline; a pair is a ratio.
        place: place code.
        years: first and last year; means over them.
        kind: ``percent`` change, change in ``points``, or ``none`` (the lever cannot act alone).
        low, high: range that the evidence gives, in the same unit.
        prior: prior rows, or judgement.
        en, zh: how the range follows from the prior.
        why_en, why_zh: why the simulation may lie outside.
    """

    lever: str
    indicator: str | tuple[str, str]
    place: str
    years: tuple[int, int]
    kind: Kind
    low: float
    high: float
    prior: str
    en: str
    zh: str
    why_en: str
    why_zh: str


PROVINCE = "430000"
_REGISTER = ("registrations", "unregistered_residents")
_DAMPED = ("markets damp it (A31)", "市场反馈抵消（A31）")
_RATE_ZERO = ("only noise is left of a near-zero effect", "近零效应只剩模拟噪声")


def _near_zero(lever: str, size: float, en: str, zh: str) -> Claim:
    return Claim(
        lever, "resident_urban_rate", PROVINCE, (2029, 2029), "points", -size, size, "judgement", en, zh, *_RATE_ZERO
    )


def _enabler(lever: str, en: str, zh: str) -> Claim:
    return Claim(lever, "resident_urban_rate", PROVINCE, (2029, 2029), "none", 0.0, 0.0, "judgement", en, zh, "", "")


CLAIMS: tuple[Claim, ...] = (
    Claim(
        "T1",
        _REGISTER,
        PROVINCE,
        (2029, 2029),
        "percent",
        -30.0,
        50.0,
        "B19, judgement",
        "odds of registering x 0.7 to 1.5, before services by residence lower the reason to register",
        "落户几率乘0.7至1.5，尚未计入常住地服务对落户动机的削弱",
        "services by residence lower the reason to register (rho, B19)",
        "常住地服务削弱落户动机（ρ，B19）",
    ),
    Claim(
        "T2",
        "urban_newcomers",
        PROVINCE,
        (2027, 2027),
        "percent",
        0.0,
        12.0,
        "judgement",
        "job finding +0 to 8 log points times the income coefficient 1.5",
        "求职成功率提高0—8个对数点乘以收入系数1.5",
        *_DAMPED,
    ),
    Claim(
        "T3",
        "migrant_children",
        PROVINCE,
        (2029, 2029),
        "percent",
        1.0,
        15.0,
        "C08",
        "logit of bringing children +0.02 to 0.30 at a share of about one half",
        "携子女随迁倾向提高0.02—0.30（基准约一半）",
        "only families that move or reconsider in five years can respond",
        "五年内只有迁移或重新考虑的家庭会响应",
    ),
    Claim(
        "T4",
        "urban_residents",
        PROVINCE,
        (2029, 2029),
        "percent",
        -0.5,
        1.5,
        "D12, D13",
        "stay logit of renters -0.05 to 0.35, of whom few leave in a year",
        "租房者留城倾向−0.05—0.35，每年离开者本来很少",
        *_DAMPED,
    ),
    Claim(
        "T5",
        "insured_share",
        PROVINCE,
        (2029, 2029),
        "points",
        7.0,
        13.0,
        "judgement",
        "10 points more insured migrants by the meaning of intensity 1",
        "按强度1的含义，参保比例提高10个百分点",
        "newcomers and leavers change the share",
        "新来者与离开者会改变比例",
    ),
    Claim(
        "T6",
        "urban_newcomers",
        "group:potential_areas",
        (2027, 2027),
        "percent",
        0.0,
        50.0,
        "G07",
        "in-migration +0 to 50% in the first year",
        "第一年迁入增加0—50%",
        *_DAMPED,
    ),
    Claim(
        "T7",
        "urban_newcomers",
        PROVINCE,
        (2029, 2029),
        "percent",
        -1.0,
        5.0,
        "judgement, G09",
        "0 to 1% more jobs a year, two fifths filled by new residents, less displacement",
        "每年新增0—1%的岗位，约四成由新居民填补，扣除挤出",
        *_DAMPED,
    ),
    Claim(
        "T8",
        "village_leavers",
        PROVINCE,
        (2027, 2028),
        "percent",
        0.0,
        12.0,
        "judgement",
        "leaving logit +0.02 to 0.12 in two years",
        "两年内外出倾向提高0.02—0.12",
        *_DAMPED,
    ),
    Claim(
        "T9",
        "resident_urban_rate",
        PROVINCE,
        (2029, 2029),
        "points",
        0.0,
        1.0,
        "judgement, C10",
        "0 to 0.15 points a year by reclassification since 2027, and utility of 0 to 0.25 for villagers",
        "2027年起划转每年0—0.15个百分点，加上农村居民效用0—0.25",
        *_DAMPED,
    ),
    Claim(
        "T10",
        "resident_urban_rate",
        PROVINCE,
        (2029, 2029),
        "points",
        -0.10,
        0.20,
        "H07",
        "net effect of the transport package on the rate by 2029",
        "2029年前交通项目对城镇化率的净效应",
        "most lines open near or after 2029",
        "多数线路在2029年前后才建成",
    ),
    _near_zero("T11", 0.03, "redistribution inside the metropolitan area", "都市圈内部再分布"),
    _near_zero("T12", 0.05, "0 to 0.2% more jobs in three cities", "三市岗位增加0—0.2%"),
    Claim(
        "T13",
        "urban_newcomers",
        "group:xiangnan_xiangxi",
        (2029, 2029),
        "percent",
        0.0,
        8.0,
        "A16, judgement",
        "utility of 0 to 0.08 as log odds of coming",
        "效用0—0.08折算为迁入几率",
        *_DAMPED,
    ),
    Claim(
        "T14",
        "resident_urban_rate",
        PROVINCE,
        (2029, 2029),
        "points",
        -0.20,
        0.20,
        "A16, judgement",
        "small amenity against the loss of cheap rooms: either sign",
        "宜居改善与低租金住房减少相抵，方向不定",
        *_DAMPED,
    ),
    _near_zero("T15", 0.10, "utility of 0 to 0.02", "效用0—0.02"),
    _near_zero("T16", 0.10, "two counties, and utility of 0 to 0.02 elsewhere", "仅两县，其余效用0—0.02"),
    Claim(
        "T17",
        "resident_urban_rate",
        PROVINCE,
        (2029, 2029),
        "points",
        0.0,
        0.0,
        "judgement",
        "exactly zero",
        "恰为零",
        "",
        "",
    ),
    Claim(
        "P1",
        _REGISTER,
        PROVINCE,
        (2029, 2029),
        "percent",
        0.0,
        60.0,
        "judgement",
        "odds of registering x 1.0 to 1.6",
        "落户几率乘1.0至1.6",
        "those most willing have registered already",
        "最愿意落户者已先落户",
    ),
    Claim(
        "P2",
        _REGISTER,
        PROVINCE,
        (2029, 2029),
        "percent",
        0.0,
        150.0,
        "F11",
        "odds of registering x 1.0 to 2.5",
        "落户几率乘1.0至2.5",
        "those most willing have registered already",
        "最愿意落户者已先落户",
    ),
    _enabler("P3", "multiplies T6 and T7; alone it does nothing", "放大T6、T7，单独无作用"),
    Claim(
        "P4",
        "resident_urban_rate",
        PROVINCE,
        (2029, 2029),
        "points",
        0.0,
        0.30,
        "judgement",
        "0 to 0.08 points a year in part of the province, and 0 to 0.5% of jobs",
        "部分地区每年划转0—0.08个百分点，岗位增加0—0.5%",
        *_DAMPED,
    ),
    _enabler("P5", "multiplies T10 to T13; alone it does nothing", "放大T10—T13，单独无作用"),
    _enabler("P6", "multiplies T14 to T16; alone it does nothing", "放大T14—T16，单独无作用"),
    _enabler("P7", "pays for others; alone it does nothing", "为其他任务提供资金，单独无作用"),
)
"""One claim per lever, in the order of the plan."""


def partial_table(values: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return one row per claim: simulated mean, interval, spread, the range of the evidence and the verdict.

    ``inside`` if the 95% interval of the simulated mean meets the range, else ``outside``.

    Args:
        values: ``province_values`` by place code.
    """
    rows = []
    for claim in CLAIMS:
        sample = _measured(claim, values[claim.place])
        mean, low, high, median, p05, p95, size = spread(sample)
        edge = 1e-9
        inside = low <= claim.high + edge and high >= claim.low - edge
        rows.append([claim.lever, mean, low, high, median, p05, p95, claim.low, claim.high, inside, size])
    head = ["lever", "mean", "ci_low", "ci_high", "median", "p05", "p95", "prior_low", "prior_high", "inside", "draws"]
    return pd.DataFrame(rows, columns=head)


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
