"""Whose choice other tables may change: those whose lead is no larger than what the tables differ by.

A choice is the largest of V + errors, and the errors do not depend on the tables. If no alternative gains more than the
spread of V's changes on another, a choice that led by more stays the choice. V is a sum of table entries,
each counted at most once or as a weighted mean (``sim.agents.utility``), so that its change lies between
the sums of the smallest and of the largest changes of all tables.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.agents._compile import rule
from sim.agents.choice import ROUNDING
from sim.agents.rng import Purpose, fill_words, stream, unit
from sim.agents.state import SKILL_MASK, Households
from sim.agents.utility import school_age_children
from sim.agents.world import STAY, Choice, World
from sim.base.arrays import Bytes, Floats
from sim.model.engines.key_set import Keys, holds

__all__ = ["BY_HOME", "BY_PLACE", "BY_SITE", "BY_SKILL", "LOTTERY", "NUMBERS", "may_differ", "spread", "spread_of_year"]

BY_SKILL = ("value",)
"""Tables whose first axis is the skill of the household."""
BY_HOME = ("reach", "network", "out_move", "county_school")
"""Tables whose first axis is the home county."""
BY_PLACE = (
    "shift",
    "arrangement",
    "penalty",
    "housing",
    "home_value",
    "bring_children",
    "rental",
    "portability",
    "leave_age",
)
"""Tables that are read at any place, state or age."""
BY_SITE = ("site_value", "site_housing", "site_reach", "site_bring_children", "site_school")
"""Tables that repeat others."""
LOTTERY = ("school",)
"""Tables that frozen numbers are compared with."""
NUMBERS = (
    "nest",
    "taste",
    "attachment",
    "attachment_years",
    "move_cost",
    "school_place",
    "school_stay",
    "owner_stay",
    "insured_stay",
    "share_one",
    "share_all",
    "after_50",
    "pull_in",
    "pull_out",
)
"""Numbers, which must be equal."""
STEPWISE = ("value", "housing")
"""Tables that change within a year."""
SAME, MOVES, OPEN = range(3)
"""What other tables may do to who chose: nothing, the same choice with other consequences, another choice."""
_LOTTERY = int(Purpose.LOTTERY)


def _range(a: Choice, b: Choice, name: str, axis: tuple[int, ...] | None) -> Floats:
    """Return the largest less the smallest change of a table, no change included, over some axes."""
    change = np.asarray(getattr(b, name) - getattr(a, name))
    return np.asarray(np.maximum(change.max(axis=axis), 0.0) - np.minimum(change.min(axis=axis), 0.0))


def spread_of_year(a: Choice, b: Choice) -> Floats:
    """Return the spread of V's changes by what is fixed for a year, by home county, float64[n_counties]."""
    home = [_range(a, b, name, tuple(range(1, getattr(a, name).ndim))) for name in BY_HOME]
    rest = [_range(a, b, name, None) for name in BY_PLACE if name not in STEPWISE]
    return np.asarray(np.sum(home, axis=0) + sum(rest) + ROUNDING)


def spread(year: Floats, a: Choice, b: Choice) -> Floats:
    """Return the spread of V's changes by home county and skill, float64[n_counties, n_skills].

    Args:
        year: as ``spread_of_year`` returns it.
        a: utilities of a step under one set of tables.
        b: those under the other.
    """
    return np.asarray(year[:, None] + _range(a, b, "value", (1,))[None, :] + _range(a, b, "housing", None))


@rule
def may_differ(
    before: Households,
    actions: Bytes,
    margins: Floats,
    limits: Floats,
    low: Floats,
    high: Floats,
    world: World,
    table: Keys,
    used: Bytes,
    words: NDArray[np.uint32],
    fate: Bytes,
) -> None:
    """Fill ``fate`` with what other tables may do to households that chose.

    Args:
        before: households that chose.
        actions: what they chose.
        margins: by how much it led.
        limits: spread of V's changes by home county and skill.
        low: the smaller chance of a school place under both tables by site, filled up as tables by site are.
        high: the larger one.
        world: tables of the step; the seed alone is read.
        table: keys of households that are carried already, which are left out as SAME.
        used: where ``table`` has a key.
        words: working space, uint32 by site.
        fate: SAME, MOVES or OPEN.
    """
    for j in range(len(actions)):
        fate[j] = SAME
        if holds(table, used, before.key[j]):
            continue
        if actions[j] != STAY:
            fate[j] = MOVES
        skill = np.int64(before.social[j] & SKILL_MASK)
        if not margins[j] > limits[np.int64(before.home_county[j]), skill]:  # a limit that is not a number opens all
            fate[j] = OPEN
        elif school_age_children(before, j, 3, 15) > 0:
            fill_words(stream(before.key[j], 0, _LOTTERY, world.seed), 0, words)
            hits = 0
            for d in range(len(words)):
                number = unit(words[d])
                hits += (number >= low[d]) & (number < high[d])
            if hits > 0:
                fate[j] = OPEN
