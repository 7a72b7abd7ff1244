"""Taking times: repeat, keep the best or the median, and say how busy the machine was."""

from __future__ import annotations

import os
import statistics
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

__all__ = ["Stopwatch", "best", "load", "median_ratio", "timed"]


class Stopwatch:
    """Wall and processor time (all threads of this process) of a block, in seconds."""

    wall = 0.0
    cpu = 0.0


@contextmanager
def timed() -> Iterator[Stopwatch]:
    """Measure a block.

    Example:
        >>> with timed() as watch:
        ...     _ = sum(range(10))
        >>> watch.wall >= 0.0
        True
    """
    watch = Stopwatch()
    wall, cpu = time.perf_counter(), time.process_time()
    yield watch
    watch.wall, watch.cpu = time.perf_counter() - wall, time.process_time() - cpu


def best(action: Callable[[], object], times: int) -> float:
    """Return the shortest wall time of several calls after one that is not counted, in seconds."""
    action()
    seconds = []
    for _ in range(times):
        with timed() as watch:
            action()
        seconds.append(watch.wall)
    return min(seconds)


def median_ratio(pairs: list[tuple[float, float]]) -> tuple[float, float, float]:
    """Return the median of first over second, and the lowest and highest ratio.

    Example:
        >>> median_ratio([(2.0, 1.0), (9.0, 3.0), (4.0, 1.0)])
        (3.0, 2.0, 4.0)
    """
    ratios = [first / second for first, second in pairs]
    return statistics.median(ratios), min(ratios), max(ratios)


def load() -> float:
    """Return the mean number of processes that wanted a core in the last minute, 0 where unknown."""
    return os.getloadavg()[0] if hasattr(os, "getloadavg") else 0.0
