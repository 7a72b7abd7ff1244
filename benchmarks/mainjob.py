"""The main job from the shell to the report: six scenarios, 50,000 households, quarterly 2020-2035."""

from __future__ import annotations

import resource
import tempfile

import pandas as pd

from benchmarks.startup import seconds_of

COLUMNS = ["draws", "workers", "seconds", "cpu_s"]


def measure_main_job(draws: int, workers: int) -> pd.DataFrame:
    """Return wall and processor seconds of the main job with a number of draws, report included.

    Raises:
        RuntimeError: the job failed.
    """
    before = _cpu()
    with tempfile.TemporaryDirectory() as folder:
        keys = [f"draws={draws}", f"workers={workers}", "study=main", f"results={folder}"]
        seconds = seconds_of(["-m", "experiments.project", *keys])
    return pd.DataFrame([(draws, workers, seconds, _cpu() - before)], columns=COLUMNS)


def _cpu() -> float:
    """Return the processor seconds of all processes that ended and were waited for."""
    used = resource.getrusage(resource.RUSAGE_CHILDREN)
    return used.ru_utime + used.ru_stime
