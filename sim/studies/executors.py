"""Where jobs run: in this process, in a pool of processes, on Dask. The rows are the same.

An executor is a generator: it takes the work and the jobs and gives the parcel of each job
as it ends, in any order. Parcels are written by the process that asks for them, so that
workers need no shared disk and one process alone writes a study.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence

from sim.studies.manifest import Job
from sim.studies.store import Parcel
from sim.studies.work import Work, failed, run_job
from sim.studies.worker_processes import LOST, process_pool, results

__all__ = ["Executor", "executor_of", "in_process", "pool"]

Parcels = Generator[Parcel, None, None]
Executor = Callable[[Work, Sequence[Job]], Parcels]
"""Gives the parcel of every job as it ends."""


def executor_of(name: str, workers: int) -> Executor:
    """Return an executor.

    Args:
        name: ``auto`` (a pool, or this process if one worker is enough), ``serial``, ``pool``,
            ``dask`` (a cluster on this machine), or the address or file of a Dask scheduler.
        workers: processes on this machine; a scheduler has its own.
    """
    if name == "serial" or (name == "auto" and workers == 1):
        return in_process
    if name in ("auto", "pool"):
        return lambda work, jobs: pool(work, jobs, workers)
    from sim.studies.dask_executor import on_dask

    return lambda work, jobs: on_dask(work, jobs, workers, None if name == "dask" else name)


def in_process(work: Work, jobs: Sequence[Job]) -> Parcels:
    """Carry out jobs one after the other in this process."""
    for job in jobs:
        yield run_job(work, job)


def pool(work: Work, jobs: Sequence[Job], workers: int) -> Parcels:
    """Carry out jobs on several processes of this machine.

    The first job runs in this process while the others start, so that rules are compiled once.
    """
    first, waiting = jobs[:1], jobs[1:]
    if not waiting:
        yield from in_process(work, first)
        return
    workers = min(workers, len(waiting))
    with process_pool(workers, _begin_worker, (work,), work.threads) as processes:
        yield from in_process(work, first)
        for job, parcel in results(processes, workers, _run_in_worker, waiting):
            yield parcel or failed(work, job, LOST)


_WORKER: dict[str, Work] = {}
"""The work of a worker process, set once when it starts."""


def _begin_worker(work: Work) -> None:
    """Take over the work."""
    _WORKER["work"] = work


def _run_in_worker(job: Job) -> Parcel:
    """Run a job, unless the sources have changed since the study began."""
    work = _WORKER["work"]
    foreign = work.foreign()
    return failed(work, job, foreign) if foreign else run_job(work, job)
