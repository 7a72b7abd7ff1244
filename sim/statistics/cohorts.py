"""Multistate cohorts: people by county, zone, sex and age who move at given rates, without households or choice.

The multiregional projection of Rogers (1975), a year at a time: people die, change their zone
and get a year older; children are born to the women of every zone; villages are counted as towns. Zones are villages,
towns, and elsewhere (people from the county who live outside the province). Persons are
float64[county, zone, sex, age], men first; the last age is open.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.optimize import least_squares

from sim.base.arrays import Floats

__all__ = ["ELSEWHERE", "TOWN", "VILLAGE", "NoFlowsError", "Rates", "flows_that_meet", "next_year", "totals"]

VILLAGE, TOWN, ELSEWHERE = range(3)
NEAR_ENOUGH = 5e-4
"""Relative error of totals that no moves meet exactly, at most (judged).

It is 20,000 of Hunan's townspeople, who grew by 290,000 to 490,000 in a year from 2021 to 2025. Where people counted
as townspeople and births there alone exceed the published gain, no moves meet it.
"""


class NoFlowsError(ArithmeticError):
    """No moves meet the totals asked for."""


class Rates(NamedTuple):
    """Yearly hazards.

    Attributes:
        death: float64[zone, sex, age].
        birth: births per woman, float64[zone, age].
        boys: share of boys among newborns.
        to_town: from village to town, float64[county, age].
        own: share of those who move to the town of their own county, float64[county].
        towns: how all others spread over towns, float64[county], adds to one.
        leaving: from village and town to elsewhere, float64[2, county, age].
        back: from elsewhere to the own county.
        back_town: share of those who come back who settle in its town.
    """

    death: Floats
    birth: Floats
    boys: float
    to_town: Floats
    own: Floats
    towns: Floats
    leaving: Floats
    back: float
    back_town: float

    def scaled(self, into: float, out: float) -> Rates:
        """Return the rates with all moves to town and all moves to elsewhere multiplied."""
        return self._replace(to_town=into * self.to_town, leaving=out * self.leaving)


def totals(persons: Floats) -> tuple[float, float]:
    """Return residents and urban residents of all counties."""
    towns = float(persons[:, TOWN].sum())
    return towns + float(persons[:, VILLAGE].sum()), towns


def next_year(persons: Floats, rates: Rates, counted: Floats) -> Floats:
    """Return the persons a year later.

    Args:
        persons: float64[county, zone, sex, age].
        rates: hazards of the year.
        counted: villagers that become townspeople where they live, float64[county].
    """
    born = _births(persons, rates)
    moved = _move(persons * np.exp(-rates.death), rates)
    after = np.zeros_like(moved)
    after[..., 1:] = moved[..., :-1]
    after[..., -1] += moved[..., -1]
    after[..., 0] = born[:, :, None] * np.array([rates.boys, 1.0 - rates.boys])
    villagers = after[:, VILLAGE].sum(axis=(1, 2))
    share = np.divide(counted, villagers, out=np.zeros_like(villagers), where=villagers > 0)
    became = after[:, VILLAGE] * np.clip(share, 0.0, 1.0)[:, None, None]
    after[:, VILLAGE] -= became
    after[:, TOWN] += became
    return after


def _births(persons: Floats, rates: Rates) -> Floats:
    """Return births by county and zone of the mother, float64[county, zone]."""
    return np.asarray((persons[:, :, 1] * -np.expm1(-rates.birth)).sum(axis=2))


def _move(alive: Floats, rates: Rates) -> Floats:
    """Return where people are after a year of competing moves: nobody moves twice in it."""
    village, town, elsewhere = alive[:, VILLAGE], alive[:, TOWN], alive[:, ELSEWHERE]
    both = rates.to_town + rates.leaving[VILLAGE]
    chance = np.divide(-np.expm1(-both), both, out=np.ones_like(both), where=both > 0)[:, None]
    to_town = village * chance * rates.to_town[:, None]
    left = village * chance * rates.leaving[VILLAGE][:, None]
    town_left = town * -np.expm1(-rates.leaving[TOWN])[:, None]
    back = elsewhere * -np.expm1(-rates.back)
    own = to_town * rates.own[:, None, None]
    others = (to_town - own).sum(axis=0) * rates.towns[:, None, None]
    return np.stack(
        [
            village - to_town - left + (1.0 - rates.back_town) * back,
            town + own + others - town_left + rates.back_town * back,
            elsewhere + left + town_left - back,
        ],
        axis=1,
    )


def flows_that_meet(
    persons: Floats, rates: Rates, counted: Floats, residents: float, urban: float
) -> tuple[float, float]:
    """Return the factors on moves to town and on moves to elsewhere that lead to given totals a year later.

    Both are between exp(-9) and exp(4); where none lead there exactly, the nearest is returned.

    Raises:
        NoFlowsError: the nearest misses a total by more than ``NEAR_ENOUGH`` of it.
    """
    alive = (persons * np.exp(-rates.death)).sum(axis=2, keepdims=True)
    born = _births(persons, rates).sum(axis=0)

    def gaps(logs: Floats) -> Floats:
        into, out = np.exp(logs)
        found = totals(_move(alive, rates.scaled(into, out)))
        return np.array(
            [
                (found[0] + born[VILLAGE] + born[TOWN]) / residents - 1.0,
                (found[1] + born[TOWN] + counted.sum()) / urban - 1.0,
            ]
        )

    solved = least_squares(gaps, np.zeros(2), bounds=(-9.0, 4.0), xtol=1e-10, ftol=1e-14, gtol=1e-14)
    if np.abs(solved.fun).max() > NEAR_ENOUGH:
        raise NoFlowsError(f"no moves lead to {residents:,.0f} residents, {urban:,.0f} of them urban")
    into, out = np.exp(solved.x)
    return float(into), float(out)
