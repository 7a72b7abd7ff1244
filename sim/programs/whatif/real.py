"""Real runs of one choice: a worker process that stays warm, draw by draw, stopped at any moment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from concurrent.futures import Future
from contextlib import ExitStack
from dataclasses import replace
from typing import Any

import numpy as np

from sim.agents.observe import RESIDENTS
from sim.base.arrays import Floats
from sim.base.names import BASELINE
from sim.model.path.begin import begin
from sim.model.path.history import advance
from sim.model.path.setup import Setup
from sim.policies import Scenario
from sim.studies.worker_processes import process_pool

__all__ = ["Runs", "pair"]

CHOICE = "what_if"


def pair(setup: Setup, scenario: Scenario, draw: int) -> list[list[float]]:
    """Return the resident rate in percent by year-end without policy and with the choice, from one draw."""
    both = replace(setup, scenarios={BASELINE: setup.scenarios[BASELINE], CHOICE: scenario})
    history = begin(both, draw, 0)
    seen, edge = len(history.records), 2 * setup.region.n_counties
    told = []
    for name in (BASELINE, CHOICE):
        stocks = [r.stocks[:edge, RESIDENTS] for r in advance(both, history, name, both.end_year).records[seen:]]
        told.append([100.0 * float(one[1::2].sum() / one.sum()) for one in stocks])
    return told


_SETUP: dict[str, Setup] = {}
"""The set-up of a worker process, set once when it starts."""


def _begin(setup: Setup) -> None:
    _SETUP["setup"] = setup


def _pair(scenario: Scenario, draw: int) -> list[list[float]]:
    return pair(_SETUP["setup"], scenario, draw)


class Runs:
    """The runs of the choice that was asked for last; one at a time.

    Attributes:
        draws: how many draws a choice is run with.
    """

    def __init__(self, setup: Setup, draws: int, workers: int) -> None:
        self.draws = draws
        self._open = ExitStack()
        self._processes = self._open.enter_context(process_pool(workers, _begin, (setup,)))
        self._futures: list[Future[list[list[float]]]] = []

    def start(self, scenario: Scenario) -> None:
        """Begin with a choice; what was running is left."""
        self.stop()
        self._futures = [self._processes.submit(_pair, scenario, draw) for draw in range(self.draws)]

    def stop(self) -> None:
        """Leave what has not begun."""
        for future in self._futures:
            future.cancel()
        self._futures = []

    def finished(self) -> int:
        """Return how many draws are done."""
        return sum(future.done() for future in self._futures)

    def running(self) -> bool:
        """Return whether a choice was asked for and not left."""
        return bool(self._futures)

    def result(self, years: Sequence[int], offsets: Floats, levels: Sequence[float]) -> Mapping[str, Any]:
        """Return what the draws say; the order of ``years`` and of the columns of ``offsets``.

        Raises:
            Exception: what stopped the first draw that failed.
        """
        both = np.array([future.result() for future in self._futures])
        base, path = both[:, 0], both[:, 1]
        told = path[:, None, :] + offsets[None, :, :]
        low, middle, high = np.quantile(told, [0.05, 0.5, 0.95], axis=(0, 1))
        effect = np.quantile(path - base, [0.05, 0.5, 0.95], axis=0).T
        chances = [[float((told[:, :, t] >= level).mean()) for level in levels] for t in range(len(years))]
        return {
            "years": list(years),
            "p05": low.tolist(),
            "median": middle.tolist(),
            "p95": high.tolist(),
            "effect": effect.tolist(),
            "levels": list(levels),
            "chances": chances,
        }

    def close(self) -> None:
        """End the processes."""
        self.stop()
        self._open.close()
