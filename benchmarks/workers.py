"""Do two processes do twice as much? Alternated pairs of the same runs on one and on two workers."""

from __future__ import annotations

import pandas as pd

from benchmarks.clock import timed
from sim.config import load_config
from sim.studies.executors import in_process, pool
from sim.studies.identity import basis_of
from sim.studies.manifest import FAILED, Job
from sim.studies.simulator import default_simulator
from sim.studies.work import Work

COLUMNS = ["pair", "runs", "one_s", "two_s", "ratio"]


def measure_workers(households: int, runs: int, pairs: int) -> pd.DataFrame:
    """Return wall seconds of the same runs in this process and on two others, start of processes included.

    Args:
        households: agents of a run, quarterly from 2020 to 2030.
        runs: draws of one scenario.
        pairs: how often both are done; the order alternates.

    Raises:
        RuntimeError: a run failed.
    """
    config = load_config(
        households=households, draws=runs, scenarios=["no_new_policy"], end_year=2030, workers=1, study="workers"
    )
    simulator = default_simulator()
    setup = simulator.prepare(config)
    work = Work(basis_of(config, setup.scenario_content, setup.data_hash), setup, simulator, threads=1)
    jobs = [Job(draw, 0, ("no_new_policy",)) for draw in range(runs)]

    def seconds(two: bool) -> float:
        with timed() as watch:
            parcels = list(pool(work, jobs, 2) if two else in_process(work, jobs))
        errors = [row.error for parcel in parcels for row in parcel.rows if row.status == FAILED]
        if errors:
            raise RuntimeError(f"{len(errors)} of {runs} runs failed; the first: {errors[0]}")
        return watch.wall

    rows = []
    for pair in range(pairs):
        first = bool(pair % 2)
        times = {first: seconds(first), not first: seconds(not first)}
        rows.append((pair + 1, runs, times[False], times[True], times[False] / times[True]))
    return pd.DataFrame(rows, columns=COLUMNS)
