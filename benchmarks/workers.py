"""Do two processes do twice as much? Alternated pairs of the same jobs on one and on two workers."""

from __future__ import annotations

from itertools import product

import pandas as pd

from benchmarks.clock import timed
from sim.config import load_config
from sim.studies.dask_executor import on_dask
from sim.studies.executors import Parcels, in_process, pool
from sim.studies.identity import basis_of
from sim.studies.manifest import FAILED, Job
from sim.studies.simulator import default_simulator
from sim.studies.work import Work

COLUMNS = ["executor", "pair", "runs", "one_s", "two_s", "ratio"]


def measure_workers(households: int, draws: int, pairs: int) -> pd.DataFrame:
    """Return wall seconds of the same jobs on one worker and on two, start of processes included.

    A job is a draw under all scenarios of the main job. With ``pool`` the one worker is this process; with ``dask``
    both are clusters on this machine, whose first job this process does.

    Args:
        households: agents of a run, quarterly from 2020 to 2030.
        draws: jobs.
        pairs: how often both are done; the order alternates.

    Raises:
        RuntimeError: a run failed.
    """
    config = load_config(households=households, draws=draws, end_year=2030, workers=1, study="workers")
    simulator = default_simulator()
    setup = simulator.prepare(config)
    work = Work(basis_of(config, setup.scenario_content, setup.data_hash), setup, simulator, threads=1)
    jobs = [Job(draw, 0, tuple(setup.scenarios)) for draw in range(draws)]
    runs = draws * len(setup.scenarios)

    def carried(executor: str, workers: int) -> Parcels:
        if executor == "dask":
            return on_dask(work, jobs, workers, None)
        return pool(work, jobs, workers) if workers > 1 else in_process(work, jobs)

    def seconds(executor: str, two: bool) -> float:
        with timed() as watch:
            parcels = list(carried(executor, 1 + two))
        errors = [row.error for parcel in parcels for row in parcel.rows if row.status == FAILED]
        if errors:
            raise RuntimeError(f"{len(errors)} of {runs} runs failed; the first: {errors[0]}")
        return watch.wall

    rows = []
    for pair, executor in product(range(pairs), ("pool", "dask")):
        first = bool(pair % 2)
        times = {two: seconds(executor, two) for two in (first, not first)}
        rows.append((executor, pair + 1, runs, times[False], times[True], times[False] / times[True]))
    return pd.DataFrame(rows, columns=COLUMNS)
