"""Kinds of households: who they are in the first run, or in the second where they exist in that one alone."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np

from sim.agents.state import LAND, SKILL_MASK
from sim.agents.world import OUTSIDE
from sim.base.arrays import Ints
from sim.data import Region
from sim.studies.household_view import Flags, View

__all__ = ["ALL", "DIMENSIONS", "Dimension", "Kind", "kinds"]

ALL = "all"
"""The dimension with one kind: every household."""
AGES = (30, 45, 60)
"""Ages of the head from which the next band begins."""


class Dimension(NamedTuple):
    """One way to sort households.

    Attributes:
        name: key in every table.
        label: English and Chinese.
        kinds: key, English and Chinese label of every kind; empty if the region names them.
        code: int64[N], position of the kind of every household; None if the region says.
        partition: whether every household is of exactly one kind, so that kinds add up to all.
    """

    name: str
    label: tuple[str, str]
    kinds: Sequence[tuple[str, str, str]]
    code: Callable[[View], Ints] | None
    partition: bool = True


class Kind(NamedTuple):
    """One kind of households: its dimension, key, labels, and which households are of it."""

    dimension: str
    group: str
    label: tuple[str, str]
    member: Flags


def _composition(view: View) -> Ints:
    adults = view.exists & ~view.children
    children, elders = view.children.any(axis=1), view.elders.any(axis=1)
    code = np.where(elders, 4, np.where(adults.sum(axis=1) == 1, 0, 1))
    return np.where(children, np.where(elders, 3, 2), code)


def _state(view: View) -> Ints:
    return np.where(view.zone(view.hukou) == OUTSIDE, 6, view.state)


DIMENSIONS: tuple[Dimension, ...] = (
    Dimension(ALL, ("all households", "全部家庭户"), ((ALL, "all households", "全部家庭户"),), lambda v: 0 * v.base),
    Dimension(
        "skill",
        ("skill of the main earner", "主要务工者技能"),
        (("low", "low skill", "低技能"), ("middle", "middle skill", "中等技能"), ("high", "high skill", "高技能")),
        lambda v: (v.households.social & SKILL_MASK).astype(np.int64),
    ),
    Dimension(
        "age",
        ("age of the head", "户主年龄"),
        (
            ("under_30", "head under 30", "户主不满30岁"),
            ("30_44", "head 30–44", "户主30–44岁"),
            ("45_59", "head 45–59", "户主45–59岁"),
            ("60_over", "head 60 and over", "户主60岁及以上"),
        ),
        lambda v: np.searchsorted(AGES, v.head_age, side="right"),
    ),
    Dimension(
        "arrangement",
        ("where it lives", "居住安排"),
        (
            ("village", "together in the village", "全家在村"),
            ("split_in", "apart, some in a town of the province", "分居，部分成员在省内城镇"),
            ("split_out", "apart, some outside the province", "分居，部分成员在省外"),
            ("town_migrant", "in a town, not its own", "在非本地城镇"),
            ("town_native", "in its own town", "在本地城镇"),
            ("whole_out", "together outside the province", "全家在省外"),
            ("visitor", "from another province", "外省来湘"),
        ),
        _state,
    ),
    Dimension(
        "members",
        ("members", "家庭成员"),
        (
            ("single", "one adult", "单身成人"),
            ("adults", "adults under 60", "均为60岁以下成人"),
            ("children", "with children", "有子女"),
            ("children_elders", "with children and elders", "有子女和老人"),
            ("elders", "with elders, no children", "有老人、无子女"),
        ),
        _composition,
    ),
    Dimension(
        "land",
        ("land rights", "土地权益"),
        (("without", "without land rights", "无土地权益"), ("with", "with land rights", "有土地权益")),
        lambda v: v.social(LAND).astype(np.int64),
    ),
    Dimension("prefecture", ("prefecture of the home", "家乡市州"), (), None),
    Dimension("counties", ("home counties", "家乡县域类型"), (), None, partition=False),
)
"""All dimensions. Children are 0-15, elders 60 and over."""


def kinds(view: View, region: Region) -> list[Kind]:
    """Return every kind of every dimension with its households."""
    found = []
    for dimension in DIMENSIONS:
        if dimension.code is None:
            found += _by_home(dimension.name, view, region)
            continue
        code = dimension.code(view)
        found += [Kind(dimension.name, key, (en, zh), code == k) for k, (key, en, zh) in enumerate(dimension.kinds)]
    return found


def _by_home(dimension: str, view: View, region: Region) -> list[Kind]:
    """Return kinds by the county of the home: prefectures, or groups of counties, which may overlap."""
    county = view.households.home_county.astype(np.int64)
    if dimension == "prefecture":
        names = zip(region.prefecture_codes, region.prefecture_names_en, region.prefecture_names_zh, strict=True)
        home = region.county_prefecture[county]
        return [Kind(dimension, code, (en, zh), home == k) for k, (code, en, zh) in enumerate(names)]
    return [
        Kind(dimension, name, (region.group_names_en[name], region.group_names_zh[name]), np.isin(county, members))
        for name, members in region.groups.items()
    ]
