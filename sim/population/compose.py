"""Composition: which member slots are filled, who is away, and the ages of the children at first guess.

A unit of size k with g generations becomes heads, children and elders:
one generation - a person or a couple (more: grown relatives); two - a couple or a lone parent
with children, or with elders and no child at home; three - elders, heads, children; four -
elder, heads, grown child and partner, grandchild. With a couple away the base holds elders and
children; with a spouse or a grown child away the base is the rest of the family.
How often a unit without children is chosen is solved zone by zone, so that there are enough
children's places for the residents under 16.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.agents._compile import njit
from sim.agents.state import N_SLOTS
from sim.base.arrays import Bytes, Floats, Ints
from sim.population.attach import CHILD_AWAY, COUPLE_AWAY, NOBODY, SPOUSE_AWAY, Away
from sim.population.frame import FAMILY, Frame
from sim.population.hashing import stream, unit
from sim.population.judged_values import value, vector

VACANT, HEADS, CHILD, GROWN, ELDER = 0, 1, 2, 3, 4
"""Role of a slot: nobody, head or spouse, child who may be under 16, grown child, elder."""

ADULT_AGE = 16
AGE_UNIT = 256.0
"""First-guess ages are stored as uint16 in 1/256 years."""

COMPOSE = 7
_DRAWS = 16


class Slots(NamedTuple):
    """Members by slot.

    Attributes:
        role: uint8[rows, 8].
        away: uint8[rows], bit s set if the member in slot s is away.
        guess: uint16[rows, 8], first-guess age in 1/256 years; 0 = not guessed yet.
        female: uint8[rows], bit s set if the member in slot s is female.
    """

    role: Bytes
    away: Bytes
    guess: NDArray[np.uint16]
    female: Bytes


@njit
def _three_generations(k: int, u: float, one_elder: float) -> tuple[int, int]:
    """Return heads, elders of a three-generation unit of ``k``; the rest are children."""
    if k <= 3:
        return 1, 1
    if k == 4:
        return (1, 2) if u > one_elder + 0.4 else (2, 1)
    if k == 5:
        return (2, 1) if u < one_elder else (2, 2)
    if k == 6:
        return (2, 1) if u < 0.5 * one_elder else (2, 2)
    return 2, 2


@njit
def unit_form(
    k: int, g: int, pattern: int, u: float, v: float, elder_share: float, one_elder: float, lone: float
) -> tuple[int, int, int, int]:
    """Return (heads at the base, elders, children, grown among the children) of a base unit.

    Args:
        k: size of the base unit.
        g: its generations.
        pattern: who is away.
        u: uniform number for elders.
        v: uniform number for lone parents.
        elder_share: share of two-generation units with elders instead of children.
        one_elder: share of three-generation units with one elder where two would fit.
        lone: share of two-generation units of three and more with one parent.
    """
    most = 3 if pattern == CHILD_AWAY else 4
    grown = 0
    if pattern == COUPLE_AWAY:
        heads = 0
        elders = 1 if k == 1 or (g > 1 and (k == 2 or u < 0.35)) else 2
    elif g == 1:
        heads = 1 if k == 1 or pattern == SPOUSE_AWAY else 2
        elders = 0
        grown = k - heads
    elif g == 2:
        heads = 1 if k == 2 or pattern == SPOUSE_AWAY or v < lone else 2
        elders = 0
        if u < elder_share and k - heads <= 2:
            elders = k - heads
    else:
        heads, elders = _three_generations(k, u, one_elder)
        if pattern == SPOUSE_AWAY:
            heads = 1
        if g == 4 and pattern == NOBODY:
            elders = 2 if k >= 7 else 1
            grown = 1 if k - heads - elders < 3 else 2
    children = k - heads - elders
    if children > most:
        if elders < 2 and g > 1:
            elders = min(2, elders + children - most)
        children = k - heads - elders
        if children > most and heads == 1 and pattern != SPOUSE_AWAY:
            heads, children = 2, children - 1
    return heads, elders, min(children, most), grown


@njit
def count_children(
    place: Bytes,
    kind: Bytes,
    size: Bytes,
    generations: Bytes,
    pattern: Bytes,
    key: np.uint64,
    elder_share: Floats,
    one_elder: Floats,
    lone: float,
) -> Ints:
    """Return children's places in family base units by zone, int64[zones]."""
    out = np.zeros(elder_share.size, np.int64)
    for i in range(place.size):
        if kind[i] == FAMILY:
            p = place[i]
            u, v = unit(key, _DRAWS * i), unit(key, _DRAWS * i + 1)
            _, _, children, grown = unit_form(
                size[i], generations[i], pattern[i], u, v, elder_share[p], one_elder[p], lone
            )
            out[p] += children - min(grown, children)
    return out


@njit
def _guess_children(
    row: int, first: int, count: int, oldest: float, key: np.uint64, index: int, guess: NDArray[np.uint16]
) -> None:
    """Write first-guess ages of ``count`` children from slot ``first`` on, oldest first."""
    age = oldest
    for j in range(count):
        guess[row, first + j] = np.uint16(max(age, 0.02 + 0.01 * (count - j)) * AGE_UNIT)
        age -= 1.2 - 2.6 * np.log(unit(key, index + j))
        if age < 0.05:
            age = 0.05 + 0.5 * unit(key, index + j)


@njit
def _fill(
    place: Bytes,
    size: Bytes,
    generations: Bytes,
    pattern: Bytes,
    key: np.uint64,
    elder_share: Floats,
    one_elder: Floats,
    lone: float,
    zones: int,
    role: Bytes,
    away: Bytes,
    guess: NDArray[np.uint16],
) -> None:
    """Fill roles, away bits and first-guess ages of children for every row."""
    for i in range(place.size):
        p = place[i]
        at = _DRAWS * i
        share = elder_share[p] if p < zones else 0.0
        ones = one_elder[p] if p < zones else 0.5
        who = pattern[i]
        heads, elders, children, grown = unit_form(
            size[i], generations[i], who, unit(key, at), unit(key, at + 1), share, ones, lone
        )
        if who == COUPLE_AWAY:
            role[i, 0], role[i, 1], away[i] = HEADS, HEADS, 3
        else:
            for j in range(heads):
                role[i, j] = HEADS
        if who == SPOUSE_AWAY:
            role[i, 1] = HEADS
            away[i] = 1 if unit(key, at + 2) < 0.5 else 2
        first = 2
        if who == CHILD_AWAY:
            role[i, 2], away[i], first = GROWN, 4, 3
        for j in range(children):
            role[i, first + j] = GROWN if j < grown else CHILD
        for j in range(elders):
            role[i, 6 + j] = ELDER
        top = 17.0 if who == COUPLE_AWAY else (20.0 if generations[i] > 2 else 27.0)
        if p >= zones:
            top = 15.0
        oldest = top * unit(key, at + 3) ** 0.9 + 1.5 * (children - grown - 1)
        _guess_children(i, first + grown, children - grown, oldest, key, at + 4, guess)


def children_wanted(targets: Ints, collective: Ints) -> Floats:
    """Return children's places to have in family units by zone: under 16, and grown children at home.

    Args:
        targets: int64[zones, 2, ages], residents by sex and age.
        collective: int64[zones], collective residents, most of them aged 16 to 29.
    """
    ages = targets.sum(1)
    young = np.maximum(ages[:, ADULT_AGE:30].sum(1) - vector("collective_ages")[0] * collective, 0)
    return np.asarray(ages[:, :ADULT_AGE].sum(1) + value("grown_at_home") * young, dtype=np.float64)


def compose(frame: Frame, away: Away, wanted: Floats, seed: int) -> Slots:
    """Return members by slot for every row; ``wanted`` are children's places by zone (``children_wanted``)."""
    key = stream(seed, COMPOSE)
    lone = value("lone_parent")
    arguments = (away.base, frame.kind, frame.size, frame.generations, away.pattern, key)
    elder_share, one_elder = _solve_forms(arguments, wanted, lone)
    rows = frame.place.size
    slots = Slots(
        np.zeros((rows, N_SLOTS), np.uint8),
        np.zeros(rows, np.uint8),
        np.zeros((rows, N_SLOTS), np.uint16),
        np.zeros(rows, np.uint8),
    )
    _fill(
        away.base,
        frame.size,
        frame.generations,
        away.pattern,
        key,
        elder_share,
        one_elder,
        lone,
        wanted.size,
        slots.role,
        slots.away,
        slots.guess,
    )
    return slots


def _solve_forms(arguments: tuple[Any, ...], wanted: Floats, lone: float) -> tuple[Floats, Floats]:
    """Return the share of childless two-generation forms and of one-elder forms by zone.

    Counts of children's places are interpolated between the ends of each share.
    """
    zones = wanted.size
    cap = np.full(zones, value("elder_variant_cap"))
    ones = np.full(zones, value("one_elder"))
    none = np.zeros(zones)
    most = count_children(*arguments, none, ones, lone)
    least = count_children(*arguments, cap, ones, lone)
    gap = np.clip((most - wanted) / np.maximum(most - least, 1), 0.0, 1.0)
    more = count_children(*arguments, none, np.ones(zones), lone)
    lack = np.clip((wanted - most) / np.maximum(more - most, 1), 0.0, 1.0)
    return cap * gap, ones + (1 - ones) * lack
