"""Start-up from the shell: compiling with an empty cache, help, and a small run with a warm one."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import pandas as pd

from benchmarks.clock import timed
from sim.config import CONFIGS

COLUMNS = ["what", "seconds"]
_ROOT = CONFIGS.parent
_BUILD = (
    "from sim.data import load_region; from sim.population import cached_population; "
    "cached_population(load_region('hunan'), households={households})"
)
_SMALL = "households=10000 draws=1 scenarios=[no_new_policy,plan] end_year=2030 workers=1 study=small"


def measure_startup(cold: bool) -> pd.DataFrame:
    """Return wall seconds from the shell to the end of the process.

    Args:
        cold: also compile everything with an empty cache, which takes a minute or more.
    """
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        results = Path(folder) / "results"
        if cold:
            empty = {"SIM_CACHE_DIR": str(Path(folder) / "cache")}
            rows.append(("compile everything, empty cache", seconds_of(["-m", "sim.programs.warm"], empty)))
            rows.append(("the same, cache filled", seconds_of(["-m", "sim.programs.warm"], empty)))
        rows.append(("python -m experiments.project --help", seconds_of(["-m", "experiments.project", "--help"])))
        seconds_of(["-c", _BUILD.format(households=10_000)])
        run = ["-c", "from sim import run; run(households=10000, draws=1, scenarios=['no_new_policy'], end_year=2030)"]
        seconds_of(run)
        rows.append(("sim.run, 10,000 households, ten years", seconds_of(run)))
        study = ["-m", "experiments.project", *_SMALL.split(), f"results={results}"]
        rows.append(("a study of two such runs with report", seconds_of(study)))
    return pd.DataFrame(rows, columns=COLUMNS)


def seconds_of(arguments: list[str], environment: dict[str, str] | None = None) -> float:
    """Return the wall seconds of a Python process.

    Raises:
        RuntimeError: the process failed; the message ends with what it said.
    """
    with timed() as watch:
        done = subprocess.run(
            [sys.executable, *arguments],
            cwd=_ROOT,
            env={**os.environ, **(environment or {})},
            capture_output=True,
            text=True,
            check=False,
        )
    if done.returncode:
        raise RuntimeError(f"{' '.join(arguments)} ended with status {done.returncode}:\n{done.stderr[-2000:]}")
    return watch.wall
