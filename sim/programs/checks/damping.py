"""How much do markets damp a response? The diagnostic against the evidence on equilibrium (A31)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any

import numpy as np
import pandas as pd
from pydantic import Field

from sim.base.names import BASELINE
from sim.config import load_config
from sim.data import load_region
from sim.model.path.begin import begin_with
from sim.model.path.history import History, advance
from sim.model.path.setup import Setup, draw_of, prepare
from sim.model.year.books import Simulation, YearPlan
from sim.policies import median_effects
from sim.programs.attribute.claims import DAMPING
from sim.programs.program import ProgramConfig, checked
from sim.studies.files import replacing

PUSH = 0.1
"""Utils added to every town of the province."""
YEARS = 5


class DampingConfig(ProgramConfig):
    """Keys of the diagnostic; ``configs/damping.yaml`` holds the defaults."""

    draws: int = Field(ge=1, le=1000)
    households: int = Field(ge=5_000, le=40_000_000)


def damping(setup: Setup, history: History) -> float:
    """Return the response of urban residents with free markets over that with frozen ones.

    Both responses are to +0.1 utils on all towns from the last observed year on, after five
    years, as differences of runs with the same random numbers.
    """
    free = _urban(setup, history, PUSH, False) - _urban(setup, history, 0.0, False)
    frozen = _urban(setup, history, PUSH, True) - _urban(setup, history, 0.0, True)
    return free / frozen if frozen else float("nan")


def _urban(setup: Setup, history: History, push: float, frozen: bool) -> int:
    def change(sim: Simulation, plan: YearPlan) -> YearPlan:
        sim.markets.frozen = frozen
        return replace(plan, town_utility=push)

    return advance(setup, history, BASELINE, history.sim.year + YEARS, change).sim.urban()


def damping_job(values: Mapping[str, Any]) -> int:
    """Run the diagnostic, print its median and range beside the evidence, write the table.

    Raises:
        ConfigError: a key is unknown or out of range.
        StudyError: the results folder cannot be written.
    """
    config = checked(DampingConfig, values, "damping")
    path = config.folder() / "damping.csv"
    last = load_region().last_observed + YEARS
    setup = prepare(load_config(scenarios=[BASELINE], draws=config.draws, households=config.households, end_year=last))
    ratios = []
    for draw in range(config.draws):
        history = begin_with(setup, *draw_of(setup, draw, 0), median_effects(setup.levers))
        ratios.append(damping(setup, history))
        print(f"draw {draw + 1} of {config.draws}: ratio {ratios[-1]:.2f}", flush=True)
    low, middle, high = np.percentile(ratios, [5, 50, 95])
    print(f"ratio of free to frozen markets: median {middle:.2f}, middle 90% {low:.2f} to {high:.2f}")
    print(f"evidence (A31): {DAMPING[1]}, {DAMPING[0]} to {DAMPING[2]}")
    with replacing(path) as temporary:
        pd.DataFrame({"draw": range(config.draws), "ratio": ratios}).to_csv(temporary, index=False)
    return 0
