"""Which runs an emulator is fitted to: points that fill the space of levers, start, place and assumptions."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np
from scipy.stats import qmc

from sim.base.arrays import Floats
from sim.policies import Scenario
from sim.policies.scenario import Exogenous, LeverSetting
from sim.policies.schema import Where

__all__ = ["ASSUMPTIONS", "EVERYWHERE", "Assumption", "Point", "Space", "design", "neutral_point", "scenario_at"]

EVERYWHERE = ""
"""The place of levers that act where their files say."""
LEAST_PULLED = 0.1
"""Smallest mean share of levers that a point pulls: points range from a lever or two to all of them."""
STEEPEST = 8.0
"""Intensities of a point are uniform numbers to a power from one over this to this: from all high to all low."""
ALONE_EVERY = 12
"""Every so many points have other births and deaths, which cannot run beside others and take eight times as long."""


@dataclass(frozen=True)
class Assumption:
    """One thing that the province does not decide, as a number.

    Attributes:
        name: key in addresses and tables.
        low, high: range of the design and of the slider.
        step: step of the slider.
        share: share of points in which it differs from 0.
    """

    name: str
    low: float
    high: float
    step: float
    share: float


ASSUMPTIONS = (
    Assumption("outside", -0.1, 0.1, 0.01, 0.5),
    Assumption("ageing", 0.0, 1.0, 0.1, 1.0),
    Assumption("no_reclassification", 0.0, 1.0, 1.0, 0.1),
    Assumption("wave", 0.0, 0.5, 0.05, 0.2),
)
"""Log points of income outside; births 20% lower and deaths 10% higher; no reclassification; points of the rate that
reclassification adds in each of the two years after the first in which levers act: the stresses of scenario files."""


@dataclass(frozen=True)
class Space:
    """What can be chosen.

    Attributes:
        levers: ids in the order of the intensities.
        starts: first years in which levers may act.
        places: groups of counties to which levers may be confined, the first is ``EVERYWHERE``.
    """

    levers: tuple[str, ...]
    starts: tuple[int, ...]
    places: tuple[str, ...]


@dataclass(frozen=True)
class Point:
    """One choice.

    Attributes:
        intensities: 0 to 1 by lever.
        start: first year.
        place: group of counties, or ``EVERYWHERE``.
        assumptions: values in the order of ``ASSUMPTIONS``.
    """

    intensities: tuple[float, ...]
    start: int
    place: str
    assumptions: tuple[float, ...]


def design(space: Space, draws: int, per_draw: int, seed: int) -> list[list[Point]]:
    """Return the points of every draw, from one scrambled Sobol sequence over all of them.

    Args:
        space: what can be chosen.
        draws: number of draws.
        per_draw: points of a draw.
        seed: seed of the scrambling.
    """
    n_levers, n = len(space.levers), draws * per_draw
    sequence = qmc.Sobol(n_levers + 4 + len(ASSUMPTIONS), rng=seed)
    u = sequence.random_base2(int(np.ceil(np.log2(n))))[:n]
    levels = _levels(u[:, :n_levers], u[:, n_levers], u[:, n_levers + 1])
    start = (u[:, n_levers + 2] * len(space.starts)).astype(int)
    place = np.maximum(0, (u[:, n_levers + 3] * 2 * (len(space.places) - 1)).astype(int) - len(space.places) + 2)
    outside = _assumed(u[:, n_levers + 4 :])
    outside[np.arange(n) % per_draw % ALONE_EVERY > 0, 1] = 0.0
    points = [
        Point(
            tuple(np.round(levels[k], 3).tolist()),
            space.starts[start[k]],
            space.places[place[k]],
            tuple(outside[k].tolist()),
        )
        for k in range(n)
    ]
    return [points[k * per_draw : (k + 1) * per_draw] for k in range(draws)]


def _levels(u: Floats, pulled: Floats, steep: Floats) -> Floats:
    """Return intensities: 0 for the levers that a point does not pull, the others between low and high."""
    share = (LEAST_PULLED + (1.0 - LEAST_PULLED) * pulled)[:, None]
    power = STEEPEST ** (2.0 * steep - 1.0)[:, None]
    return np.asarray(np.maximum(0.0, (u - 1.0 + share) / share) ** power)


def _assumed(u: Floats) -> Floats:
    """Return assumptions from uniform numbers: 0 in all but the share of points in which they differ."""
    values = np.zeros_like(u)
    for k, one in enumerate(ASSUMPTIONS):
        inside = 1.0 - u[:, k] if one.share == 1.0 else (u[:, k] - 1.0 + one.share) / one.share
        level = one.low + (one.high - one.low) * np.clip(inside, 0.0, 1.0)
        values[:, k] = np.where(inside > 0.0, np.ceil(level) if one.step == 1.0 else np.round(level, 4), 0.0)
    return values


def scenario_at(point: Point, space: Space, neutral: Scenario, name: str) -> Scenario:
    """Return the scenario of a point.

    Args:
        point: the choice.
        space: what can be chosen.
        neutral: the scenario without levers and assumptions.
        name: its name.
    """
    where = Where.model_validate({"groups": [point.place]}) if point.place else None
    settings = {
        lever: LeverSetting(intensity=level, where=where, start=point.start)
        for lever, level in zip(space.levers, point.intensities, strict=True)
    }
    return replace(
        neutral,
        name=name,
        baseline=False,
        settings={**neutral.settings, **settings},
        exogenous=_exogenous(point, space),
    )


def _exogenous(point: Point, space: Space) -> Exogenous:
    outside, ageing, none, wave = point.assumptions
    first = space.starts[0]
    return Exogenous(
        outside_pull_shift=outside,
        births=1.0 - 0.2 * ageing,
        deaths=1.0 + 0.1 * ageing,
        reclassification="none" if none else "drawn",
        reclassification_wave={first + 1: wave, first + 2: wave} if wave else {},
    )


def neutral_point(space: Space, assumptions: Sequence[float] = (0.0,) * len(ASSUMPTIONS)) -> Point:
    """Return the point without levers."""
    return Point((0.0,) * len(space.levers), space.starts[0], EVERYWHERE, tuple(assumptions))
