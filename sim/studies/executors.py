"""Where jobs run: in this process, in a pool of processes, on Dask. The rows are the same.

An executor is a generator: it takes the work and the jobs and gives the parcel of each job
as it ends, in any order. Parcels are written by the process that asks for them, so that
workers need no shared disk and one process alone writes a study.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, wait
from concurrent.futures.process import BrokenProcessPool

from sim.studies.manifest import Job
from sim.studies.store import Parcel
from sim.studies.work import Work, failed, run_job
from sim.studies.worker_processes import process_pool, start_all, undisturbed

__all__ = ["Executor", "executor_of", "in_process", "pool"]

Parcels = Generator[Parcel, None, None]
Executor = Callable[[Work, Sequence[Job]], Parcels]
"""Gives the parcel of every job as it ends."""

LOST = "the process ended without a word (killed, or out of memory)"


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

    The first job runs in this process, so that rules are compiled once and cached before
    other processes need them. A job whose process dies is tried once more, alone.
    """
    first, waiting = list(jobs[:1]), list(jobs[1:])
    while first or waiting:
        lost = yield from _share_out(work, first, waiting, min(workers, len(waiting)))
        for job in lost:
            if (yield from _share_out(work, [], [job], 1)):
                yield failed(work, job, LOST)


def _share_out(work: Work, first: list[Job], waiting: list[Job], workers: int) -> Generator[Parcel, None, list[Job]]:
    """Carry out ``first`` here while processes start, then ``waiting`` there; return the jobs lost with a process.

    Jobs are taken from ``waiting`` as they start, one more than there are processes, so that none
    waits while the parcel of another is written.
    """
    if workers == 0:
        yield from in_process(work, [first.pop()])
        return []
    running: dict[Future[Parcel], Job] = {}
    with process_pool(workers, _begin_worker, (work,), work.threads) as processes:
        try:
            start_all(processes, workers)
            while first:
                yield from in_process(work, [first.pop()])
            while waiting or running:
                while waiting and len(running) <= workers:
                    with undisturbed():
                        future = processes.submit(_run_in_worker, waiting[0])
                    running[future] = waiting.pop(0)
                for ended in wait(running, return_when=FIRST_COMPLETED).done:
                    parcel = ended.result()
                    del running[ended]
                    yield parcel
        except BrokenProcessPool:
            return sorted(running.values()) or [waiting.pop(0)]
    return []


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
