"""What each process of a step costs: one year of the model, taken apart from outside."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping

import numpy as np
import pandas as pd

from benchmarks.clock import timed
from sim.agents.state import HEAD, N_SLOTS
from sim.config import load_config
from sim.data import load_region
from sim.model.path.begin import start_simulation
from sim.model.path.plans import Planner
from sim.model.path.setup import Setup, draw_of, prepare
from sim.model.solve.observed_years import pass_observed_years
from sim.model.year.books import Simulation, YearPlan
from sim.model.year.process import Process, Step
from sim.model.year.processes import PROCESSES, run_year
from sim.parameters.declared import declared
from sim.population import build_population, cached_population
from sim.studies.environment import forget_peak, peak_mb

PROCESS_COLUMNS = [
    "households",
    "threads",
    "steps_per_year",
    "process",
    "seconds",
    "ns_per_household_step",
    "cpu_ns_per_household_step",
    "share",
]
SIZE_COLUMNS = [
    "households",
    "threads",
    "steps_per_year",
    "prepare_s",
    "start_s",
    "year_s",
    "year_cpu_s",
    "ns_per_household_step",
    "persons",
    "state_mb",
    "peak_mb",
]
POPULATION_COLUMNS = ["households", "build_s", "load_s", "state_mb"]
YEARS_COLUMNS = ["households", "threads", "steps_per_year", "years", "seconds", "cpu_s", "peak_mb"]
PILOT = 20_000
"""Households of the run that finds the pulls of the timed year."""


def medians() -> dict[str, float]:
    """Return every parameter at its median."""
    return {name: float(parameter.median) for name, parameter in declared().items()}


def setup_of(households: int, steps_per_year: int, threads: int) -> Setup:
    """Return a set-up with every parameter at its median, without policy."""
    return prepare(
        load_config(
            households=households,
            draws=1,
            scenarios=["no_new_policy"],
            params=medians(),
            end_year=2021,
            steps_per_year=steps_per_year,
            threads=threads,
            workers=1,
        )
    )


def measure_population(households: int) -> dict[str, float]:
    """Return households, wall seconds to build the population anew and to load it from disk, and its size in MiB."""
    region = load_region("hunan")
    with timed() as building:
        population = build_population(region, households=households)
    size = sum(column.nbytes for column in population.households) / 2**20
    del population
    cached_population(region, households=households)
    with timed() as loading:
        cached_population(region, households=households)
    return {"households": households, "build_s": building.wall, "load_s": loading.wall, "state_mb": size}


def solved_pulls() -> tuple[float, float]:
    """Return the pulls of 2021 from a small run, so that the timed year has the moves of a real one."""
    setup = setup_of(PILOT, 4, 1)
    draw, population = draw_of(setup, 0, 0)
    published = setup.published
    sim = start_simulation(draw, population)
    _, _, solved = pass_observed_years(sim, published, Planner(draw, published).observed_plan)
    return solved[0].pull_in, solved[0].pull_out


def time_year(sim: Simulation, plan: YearPlan) -> dict[str, tuple[float, float]]:
    """Run the next year with a clock around every process; return wall and processor seconds by process.

    Raises:
        AccountError: the accounts do not balance.
    """
    seconds: dict[str, tuple[float, float]] = defaultdict(lambda: (0.0, 0.0))

    def clocked(process: Process) -> Process:
        def does(step: Step) -> None:
            with timed() as watch:
                process.does(step)
            wall, cpu = seconds[process.name]
            seconds[process.name] = wall + watch.wall, cpu + watch.cpu

        return process._replace(does=does)

    run_year(sim, plan, tuple(clocked(process) for process in PROCESSES))
    return dict(seconds)


def measure_years(
    households: int, threads: int, steps_per_year: int, years: int, pulls: tuple[float, float]
) -> dict[str, float]:
    """Run some years in a row at one size, none of them scaled from another; return wall seconds and peak memory.

    The memory is the highest since the preparation began, population loaded from the cache.

    Args:
        households: number of agents.
        threads: threads inside the run.
        steps_per_year: 4 or 12.
        years: how many, from 2021.
        pulls: shifts in utils, the same in all years.
    """
    cached_population(load_region("hunan"), households=households)
    forget_peak()
    draw, population = draw_of(setup_of(households, steps_per_year, threads), 0, 0)
    sim = start_simulation(draw, population, threads=threads)
    planner = Planner(draw, {}, carried=pulls).with_history([])
    with timed() as watch:
        for year in range(sim.year + 1, sim.year + years + 1):
            run_year(sim, planner.projected_plan(year))
    values = (households, threads, steps_per_year, years, watch.wall, watch.cpu, peak_mb())
    return dict(zip(YEARS_COLUMNS, values, strict=True))


def measure_size(
    households: int, threads: int, steps_per_year: int, pulls: tuple[float, float]
) -> tuple[Mapping[str, float], pd.DataFrame]:
    """Time preparation, start and one year at one size.

    Args:
        households: number of agents.
        threads: threads inside the run.
        steps_per_year: 4 or 12.
        pulls: shifts in utils of the timed year.

    Returns:
        The row of the table of sizes, and the table of processes.
    """
    forget_peak()
    with timed() as preparing:
        setup = setup_of(households, steps_per_year, threads)
    draw, population = draw_of(setup, 0, 0)
    with timed() as starting:
        sim = start_simulation(draw, population, threads=threads)
    plan = Planner(draw, setup.published).observed_plan(2021, pulls)
    with timed() as year:
        seconds = time_year(sim, plan)
    steps = households * steps_per_year
    total = sum(wall for wall, _ in seconds.values())
    table = pd.DataFrame(
        [
            (households, threads, steps_per_year, name, wall, wall / steps * 1e9, cpu / steps * 1e9, wall / total)
            for name, (wall, cpu) in seconds.items()
        ],
        columns=PROCESS_COLUMNS,
    )
    state = population.households
    persons = int((state.members[:, HEAD:N_SLOTS] != np.iinfo(np.uint8).max).sum())
    values = (
        households,
        threads,
        steps_per_year,
        preparing.wall,
        starting.wall,
        year.wall,
        year.cpu,
        year.wall / steps * 1e9,
        persons,
        sum(column.nbytes for column in state) / 2**20,
        peak_mb(),
    )
    return dict(zip(SIZE_COLUMNS, values, strict=True)), table
