"""Processes that help to draw figures; they get ready while the study is still being summarised."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from importlib import import_module

from sim.studies.worker_processes import Processes, process_pool

__all__ = ["drawing_processes"]


@contextmanager
def drawing_processes(workers: int) -> Iterator[Processes | None]:
    """Give all but one of the processes that draw, already starting; None where this one is alone.

    Args:
        workers: processes that draw, this one included.
    """
    if workers == 1:
        yield None
        return
    with process_pool(workers - 1, import_module, ("sim.report.build",)) as processes:
        yield processes
