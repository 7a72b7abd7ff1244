"""Real runs of bundles on the draws of the study, beside what the emulator said of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from sim.base.arrays import Floats
from sim.programs.search.bundles import Bundle
from sim.programs.search.problem import Wanted, point_of
from sim.programs.whatif.fitted import COSTS, UNITS
from sim.programs.whatif.simulate import PROVINCE, Design, columns, names, simulate_draw
from sim.programs.whatif.study import Ready
from sim.studies.ensemble import Ensemble, run_ensemble, setup_basis, succeeded
from sim.studies.identity import digest
from sim.studies.target import independent_runs, wilson

__all__ = ["Seen", "Told", "confirm", "told"]


class Seen(NamedTuple):
    """What runs say.

    Attributes:
        draws: their numbers.
        rate: rate of the year-end in percent without measures and with every bundle, float64[1 + bundles, draws].
        cost: cost until then, hundred million yuan, float64[bundles, draws].
    """

    draws: tuple[int, ...]
    rate: Floats
    cost: Floats


class Told(NamedTuple):
    """Probability of a bundle in runs with its 95% interval, which says how far other draws could move it."""

    probability: float
    low: float
    high: float


def confirm(
    prepared: Ready, wanted: Wanted, bundles: Sequence[Bundle], draws: Sequence[int], folder: Path, workers: int
) -> Seen:
    """Run what is missing of the bundles, beside the run without measures of the same draw, and return what they say.

    Args:
        prepared: the study.
        wanted: what is asked.
        bundles: what is run.
        draws: numbers of the draws.
        folder: where runs are kept; other bundles get a folder of their own inside.
        workers: processes.
    """
    points = [point_of(wanted, bundle.levels) for bundle in bundles]
    base = prepared.design
    design = Design(base.setup, base.space, [points] * (max(draws) + 1))
    basis: Mapping[str, Any] = setup_basis(prepared.setup) | {
        "households": prepared.config.households,
        "points": [[list(point.intensities), point.start, point.place] for point in points],
    }
    print(f"Real runs: {len(draws)} draws of {len(points) + 1}; interrupted ones go on.", flush=True)
    ensemble = Ensemble(folder / digest(basis)[:12], basis, simulate_draw, design)
    rows = succeeded(run_ensemble(ensemble, list(draws), workers), "draws")
    kept, n = columns(design), len(points) + 1
    values = rows[names(design, len(points))].to_numpy(np.float64).reshape(len(rows), n, len(design.years), len(kept))
    at, paid = list(design.years).index(wanted.year), PROVINCE.index(COSTS)
    rate = UNITS[PROVINCE[0]] * values[:, :, at, 0].T
    cost = UNITS[COSTS] * values[:, 1:, : at + 1, paid].sum(axis=2).T
    return Seen(tuple(int(draw) for draw in rows["job"]), rate, cost)


def told(rate: Floats, draws: Sequence[int], offsets: Floats, level: float) -> Told:
    """Return how probable a level is in runs.

    Args:
        rate: by draw in percent.
        draws: numbers of the draws.
        offsets: what the discrepancy adds, in points, float64[points].
        level: in percent.
    """
    chances = (rate[:, None] + offsets >= level).mean(axis=1)
    share = float(chances.mean())
    return Told(share, *wilson(share, independent_runs(chances, np.asarray(draws))))
