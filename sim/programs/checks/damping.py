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
from sim.model.path.begin import Setup, draw_of, prepare, start_simulation
from sim.model.path.plans import Planner
from sim.model.solve.observed_years import pass_observed_years
from sim.model.year.books import Simulation
from sim.model.year.processes import run_year
from sim.policies import median_effects
from sim.programs.program import ProgramConfig, checked
from sim.studies.files import replacing

PUSH = 0.1
"""Utils added to every town of the province."""
YEARS = 5
EVIDENCE = (0.12, 0.57)
"""90% range of the ratio of equilibrium to partial response in the evidence (A31)."""


class DampingConfig(ProgramConfig):
    """Keys of the diagnostic; ``configs/damping.yaml`` holds the defaults."""

    draws: int = Field(ge=1, le=1000)
    households: int = Field(ge=5_000)


def damping(setup: Setup, draw: int) -> float:
    """Return the response of urban residents with free markets over that with frozen ones.

    Both responses are to +0.1 utils on all towns from the last observed year on, after five
    years, as differences of runs with the same random numbers.
    """
    fixed, population = draw_of(setup, draw, 0)
    sim = start_simulation(fixed, population, setup.engine, setup.threads)
    published = setup.published
    planner = Planner(sim.draw, published)
    sim, _, solved = pass_observed_years(sim, published, planner.observed_plan)
    scenario = setup.scenarios[BASELINE]
    planner = planner.with_history(solved).with_policy(
        scenario, setup.levers, median_effects(setup.levers), sim.year + 1, sim.year + YEARS
    )
    free = _urban(sim, planner, PUSH, False) - _urban(sim, planner, 0.0, False)
    frozen = _urban(sim, planner, PUSH, True) - _urban(sim, planner, 0.0, True)
    return free / frozen if frozen else float("nan")


def _urban(start: Simulation, planner: Planner, push: float, frozen: bool) -> int:
    sim = start.copy()
    sim.markets.frozen = frozen
    for year in range(start.year + 1, start.year + YEARS + 1):
        run_year(sim, replace(planner.projected_plan(year), town_utility=push))
    return sim.urban()


def damping_job(values: Mapping[str, Any]) -> int:
    """Run the diagnostic, print its median and range beside the evidence, write the table.

    Raises:
        ConfigError: a key is unknown or out of range.
        StudyError: the results folder cannot be written.
    """
    config = checked(DampingConfig, values, "damping")
    path = config.folder() / "damping.csv"
    setup = prepare(load_config(scenarios=[BASELINE], draws=config.draws, households=config.households))
    ratios = []
    for draw in range(config.draws):
        ratios.append(damping(setup, draw))
        print(f"draw {draw + 1} of {config.draws}: ratio {ratios[-1]:.2f}", flush=True)
    low, middle, high = np.percentile(ratios, [5, 50, 95])
    print(f"ratio of free to frozen markets: median {middle:.2f}, middle 90% {low:.2f} to {high:.2f}")
    print(f"evidence (A31): {EVIDENCE[0]} to {EVIDENCE[1]}")
    with replacing(path) as temporary:
        pd.DataFrame({"draw": range(config.draws), "ratio": ratios}).to_csv(temporary, index=False)
    return 0
