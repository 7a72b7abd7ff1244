"""What can become otherwise for a household, each declared once: what is counted, whether more is better, and labels.

Every outcome is a whole number of a household at a year-end. Its sum over all households is a sum of the books of the
run, so that what households gain and lose adds up to the difference of the two runs.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np

from sim.agents import observe as stock
from sim.agents.state import INSURED, OWNER, PERMIT, PUBLIC_PLACE
from sim.agents.world import OUTSIDE, URBAN
from sim.base.arrays import Ints
from sim.studies.household_view import Flags, View

__all__ = ["COUNTED", "MOVED", "OUTCOMES", "URBAN_RESIDENTS", "Outcome", "books", "pair_of"]

BETTER, WORSE, NEITHER = 1, -1, 0


class Outcome(NamedTuple):
    """One outcome.

    Attributes:
        name: key in every table.
        unit: persons, children or households.
        sign: 1 if more of it is better for the household, -1 if it is worse, 0 if it is neither.
        more: English and Chinese words for a household that has more of it in the second scenario.
        less: likewise for less.
        meaning: what exactly is counted, in English and Chinese.
        value: int64[N] of a household table.
        booked: the same sum from the stocks of towns, and of towns and villages together; None: not in the books.
        indicator: indicator that it equals after weighting; empty if none.
        pair: of the same households in both runs, where it cannot be said of one run alone.
        stake: of the same households in both runs, those for whom ``sign`` counts; None: all.
        market: whether it is a price that all in a town pay: told beside the standing of a household, not in it.
    """

    name: str
    unit: str
    sign: int
    more: tuple[str, str]
    less: tuple[str, str]
    meaning: tuple[str, str]
    value: Callable[[View], Ints]
    booked: Callable[[Ints, Ints], int] | None
    indicator: str = ""
    pair: Callable[[View, View], tuple[Ints, Ints]] | None = None
    stake: Callable[[View, View], Flags] | None = None
    market: bool = False


def _urban(view: View) -> Ints:
    return np.asarray((view.zone(view.living) == URBAN).sum(axis=1))


def _outside(view: View) -> Ints:
    here = view.zone(view.hukou) != OUTSIDE
    return np.where(here, (view.zone(view.living) == OUTSIDE).sum(axis=1), 0)


def _registered(view: View) -> Ints:
    return np.where(view.zone(view.hukou) == URBAN, view.persons, 0)


def _based_here(view: View) -> Ints:
    """Return 1 for households whose base is in the province."""
    return np.asarray((view.zone(view.base) != OUTSIDE).astype(np.int64))


def _split(view: View) -> Ints:
    return np.asarray(_based_here(view) * view.split)


def _left_behind(view: View) -> Ints:
    return np.asarray(_based_here(view) * view.left_behind.sum(axis=1))


def _public(view: View) -> Ints:
    return np.asarray(view.pupils.sum(axis=1) * view.flag(PUBLIC_PLACE))


def _refused(view: View) -> Ints:
    return np.asarray(view.pupils.sum(axis=1) * ~view.flag(PUBLIC_PLACE))


def _insured(view: View) -> Ints:
    migrant = (view.earners != view.hukou) & (view.zone(view.earners) == URBAN)
    return np.asarray((migrant & view.social(INSURED)).astype(np.int64))


def _served(view: View) -> Ints:
    elsewhere = (view.zone(view.living) == URBAN) & (view.living != view.hukou[:, None])
    return np.asarray(elsewhere.sum(axis=1) * view.social(PERMIT))


def _nothing(view: View) -> Ints:
    return np.zeros(len(view.base), np.int64)


def _counted(a: View, b: View) -> tuple[Ints, Ints]:
    """Return the members at home in a block that is a town in one run and a village in the other."""
    hh, other = a.households, b.households
    same = (hh.home_county == other.home_county) & (hh.home_block == other.home_block)
    turned = same & (a.home_zone != b.home_zone) & (a.base == a.home) & (b.base == b.home)
    at_home = [np.where(turned & (v.home_zone == URBAN), (v.exists & ~v.away).sum(axis=1), 0) for v in (a, b)]
    return at_home[0], at_home[1]


def _moved(a: View, b: View) -> tuple[Ints, Ints]:
    before, after = _counted(a, b)
    return _urban(a) - before, _urban(b) - after


def _rents(view: View) -> Flags:
    return np.asarray((view.zone(view.earners) == URBAN) & ~view.social(OWNER))


def _dearer(a: View, b: View) -> tuple[Ints, Ints]:
    """Return in which run housing is dearer for those who live in the same town without owning a home."""
    both = _rents(a) & _rents(b) & (a.earners == b.earners)
    county = np.where(both, a.earners >> 1, 0)
    change = np.where(both, (b.burden - a.burden)[county], 0.0)
    return (change < -DEARER).astype(np.int64), (change > DEARER).astype(np.int64)


def _pupils_in_town(a: View, b: View) -> Flags:
    """Return households with a child in town in the second run: nobody gains a place by staying in the village."""
    return np.asarray(b.zone(b.base) == URBAN)


def _unregistered(a: View, b: View) -> Flags:
    """Return households whose earners live in towns unregistered in both runs: who registers needs no permit."""
    here = [(v.zone(v.earners) == URBAN) & (v.earners != v.hukou) for v in (a, b)]
    return np.asarray(here[0] & here[1])


DEARER = 0.01
"""Difference of the log of house prices over wages from which housing counts as dearer (judged)."""
URBAN_RESIDENTS, MOVED, COUNTED = "urban_residents", "moved", "counted"
"""The outcome that two reasons add up to, and these."""

OUTCOMES: tuple[Outcome, ...] = (
    Outcome(
        URBAN_RESIDENTS,
        "persons",
        NEITHER,
        ("lives in a town", "住在城镇"),
        ("does not live in a town", "不住在城镇"),
        ("members who live in a town of the province", "住在省内城镇的成员"),
        _urban,
        lambda urban, both: int(urban[stock.RESIDENTS]),
        "urban_residents",
    ),
    Outcome(
        MOVED,
        "persons",
        NEITHER,
        ("has moved to a town", "迁入城镇"),
        ("has not moved to a town", "未迁入城镇"),
        ("urban residents but for those of the next row", "扣除下一行后的城镇居民"),
        _urban,
        None,
        pair=_moved,
    ),
    Outcome(
        COUNTED,
        "persons",
        NEITHER,
        ("its village is counted as a town", "所在村划为城镇"),
        ("its village is not counted as a town", "所在村未划为城镇"),
        (
            "members at home in a block that is classified as a town in one of the two runs only; nobody moves",
            "所在村（社区）单元仅在其中一次运行中划为城镇的在家成员，人并未迁移",
        ),
        _nothing,
        None,
        pair=_counted,
    ),
    Outcome(
        "registered_urban",
        "persons",
        BETTER,
        ("is registered in a town", "落户城镇"),
        ("is not registered in a town", "未落户城镇"),
        ("members of households registered in a town of the province", "户口登记在省内城镇的家庭户成员"),
        _registered,
        lambda urban, both: int(urban[stock.REGISTERED]),
    ),
    Outcome(
        "outside_migrants",
        "persons",
        NEITHER,
        ("lives outside the province", "在省外居住"),
        ("comes back to or stays in the province", "返回或留在省内"),
        ("members living outside the province, of households registered in it", "户口在省内、人在省外居住的成员"),
        _outside,
        lambda urban, both: int(both[stock.OUTSIDE_PERSONS]),
        "outside_migrants",
    ),
    Outcome(
        "split_households",
        "households",
        WORSE,
        ("lives apart", "分居两地"),
        ("lives together", "不再分居"),
        ("households with some members away and the others in the province", "部分成员在外、其余成员在省内的家庭户"),
        _split,
        lambda urban, both: int(both[stock.SPLIT]),
        "split_households",
    ),
    Outcome(
        "left_behind_children",
        "children",
        WORSE,
        ("leaves children behind", "子女留守"),
        ("has its children with it", "子女不再留守"),
        (
            "children of 0-15 at home with two workers away and nobody of 18-49 there",
            "0–15岁、家中有两名劳动力在外且无18–49岁成员同住的子女",
        ),
        _left_behind,
        lambda urban, both: int(both[stock.LEFT_BEHIND]),
        "left_behind_children",
    ),
    Outcome(
        "public_pupils",
        "children",
        NEITHER,
        ("has a public school place in town", "随迁子女入读公办学校"),
        ("has no public school place in town", "随迁子女未入读公办学校"),
        (
            "children of school age (those whom admission in September counts) with a public place in a town where the "
            "household is not registered",
            "在未落户的城镇入读公办学校的学龄随迁子女（以九月入学时的口径计）",
        ),
        _public,
        lambda urban, both: int(urban[stock.PUBLIC_PUPILS]),
    ),
    Outcome(
        "refused_pupils",
        "children",
        WORSE,
        ("is refused a public school place", "随迁子女未获公办学位"),
        ("is no longer refused a public school place", "不再有子女未获公办学位"),
        ("such children without a public place", "同类随迁子女中未获公办学位者"),
        _refused,
        lambda urban, both: int(urban[stock.PUPILS] - urban[stock.PUBLIC_PUPILS]),
        stake=_pupils_in_town,
    ),
    Outcome(
        "insured",
        "households",
        BETTER,
        ("has employee insurance in town", "在城镇参加职工保险"),
        ("has no employee insurance in town", "在城镇未参加职工保险"),
        (
            "households with employee insurance whose earners live in a town without being registered there",
            "务工者住在未落户城镇且参加职工保险的家庭户",
        ),
        _insured,
        lambda urban, both: int(urban[stock.INSURED_EARNERS]),
        stake=_unregistered,
    ),
    Outcome(
        "permit_holders",
        "persons",
        BETTER,
        ("holds a residence permit", "持有居住证"),
        ("holds no residence permit", "不持有居住证"),
        (
            "members with a residence permit in a town where the household is not registered",
            "在未落户的城镇持有居住证的成员",
        ),
        _served,
        lambda urban, both: int(urban[stock.SERVED]),
        stake=_unregistered,
    ),
    Outcome(
        "dearer_housing",
        "households",
        WORSE,
        ("housing is dearer", "住房负担加重"),
        ("housing is cheaper", "住房负担减轻"),
        (
            "households without a home of their own in the same town in both runs, where house prices over wages "
            "differ by 1% or more",
            "两次运行中都住在同一城镇且无自有住房、而房价与工资之比相差1%及以上的家庭户",
        ),
        _nothing,
        None,
        pair=_dearer,
        market=True,
    ),
)
"""All outcomes, in the order of the tables. Whether more is better is said by us, not by the household."""


def books(stocks: Ints, edge: int) -> dict[str, int]:
    """Return the sum of every outcome as the books of a run have it.

    Args:
        stocks: int64[places, N_STOCKS] of a year-end.
        edge: first place outside the province.
    """
    urban, both = stocks[1:edge:2].sum(axis=0), stocks[:edge].sum(axis=0)
    return {outcome.name: outcome.booked(urban, both) for outcome in OUTCOMES if outcome.booked is not None}


def pair_of(outcome: Outcome, a: View, b: View) -> tuple[Ints, Ints]:
    """Return an outcome of the same households in both runs."""
    return outcome.pair(a, b) if outcome.pair is not None else (outcome.value(a), outcome.value(b))
