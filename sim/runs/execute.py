"""Jobs carried out in this process or in several; a job that fails is a row and not a crash."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ProcessPoolExecutor, wait
from concurrent.futures.process import BrokenProcessPool
from pathlib import Path
from typing import Any, NamedTuple

from sim.runs.environment import peak_mb
from sim.runs.identity import Basis, code_hash, run_id
from sim.runs.manifest import DONE, FAILED, Job, Row
from sim.runs.store import write_job

__all__ = ["Work", "execute", "run_job"]

ERROR_LIMIT = 4_000
"""Characters of a traceback that the manifest keeps, from its end."""

Report = Callable[[Job, list[Row]], None]


class Work(NamedTuple):
    """What every job needs.

    Attributes:
        study_dir: folder of the study.
        basis: what the runs of the study share.
        setup: what the engine prepared.
        simulate: runs one draw and replicate under every scenario.
        threads: threads inside one run.
    """

    study_dir: Path
    basis: Basis
    setup: Any
    simulate: Callable[[Any, int, int], Sequence[Any]]
    threads: int

    def rows(self, job: Job) -> dict[str, Row]:
        """Return the manifest row of the run of every scenario in a job."""
        return {name: Row(run_id(self.basis, name, *job), name, *job) for name in self.basis.scenarios}


def execute(work: Work, jobs: Sequence[Job], workers: int, report: Report) -> None:
    """Carry out ``jobs`` and report each as it ends.

    The first job runs in this process, so that rules are compiled once and cached
    before other processes start; the rest runs on ``workers`` processes.

    Args:
        work: what every job needs.
        jobs: draws and replicates.
        workers: processes; with 1 everything runs in this one.
        report: called in this process with the manifest rows of each finished job.
    """
    alone = len(jobs) if workers == 1 else 1
    for job in jobs[:alone]:
        report(job, run_job(work, job))
    waiting = list(jobs[alone:])
    while waiting:
        lost, waiting = _share_out(work, waiting, min(workers, len(waiting)), report)
        for job in lost:
            again, _ = _share_out(work, [job], 1, report)
            if again:
                report(job, _failed(work, job, "the process ended without a word (killed, or out of memory)"))


def run_job(work: Work, job: Job) -> list[Row]:
    """Simulate and store one job; return how its runs ended."""
    try:
        outputs = work.simulate(work.setup, job.draw, job.replicate)
        rows = work.rows(job)
        write_job(work.study_dir, job, outputs, {name: row.run_id for name, row in rows.items()})
    except Exception:
        return _failed(work, job, traceback.format_exc()[-ERROR_LIMIT:])
    peak = peak_mb()
    return [rows[o.scenario]._replace(status=DONE, seconds=float(o.seconds), peak_mb=peak) for o in outputs]


def _failed(work: Work, job: Job, error: str) -> list[Row]:
    peak = peak_mb()
    return [row._replace(status=FAILED, peak_mb=peak, error=error) for row in work.rows(job).values()]


def _share_out(work: Work, jobs: Sequence[Job], workers: int, report: Report) -> tuple[list[Job], list[Job]]:
    """Run jobs on several processes.

    Returns:
        The jobs lost with a process that died, and those not started.
    """
    queue = list(reversed(jobs))
    running: dict[Future[list[Row]], Job] = {}
    with _pool(work, workers) as pool:
        try:
            while queue or running:
                while queue and len(running) < workers:
                    with _undisturbed():
                        future = pool.submit(_run_in_worker, queue[-1])
                    running[future] = queue.pop()
                for ended in wait(running, return_when=FIRST_COMPLETED).done:
                    report(running[ended], ended.result())
                    del running[ended]
        except BrokenProcessPool:
            lost = sorted(running.values()) or [queue.pop()]
            return lost, queue[::-1]
    return [], []


@contextlib.contextmanager
def _pool(work: Work, workers: int) -> Iterator[ProcessPoolExecutor]:
    """Give a pool of fresh processes; when the block ends early they are ended with it."""
    before = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    pool = ProcessPoolExecutor(workers, context, _begin_worker, (work,))
    with _environment("NUMBA_NUM_THREADS", str(work.threads)):
        try:
            yield pool
        except BaseException:
            for process in set(multiprocessing.active_children()) - before:
                process.terminate()
            raise
        finally:
            pool.shutdown(wait=True, cancel_futures=True)


@contextlib.contextmanager
def _undisturbed() -> Iterator[None]:
    """Let processes start whole inside the block, and leave Ctrl-C to this process for good.

    A termination signal that comes meanwhile takes effect after the block.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    stopped: list[int] = []
    before = signal.signal(signal.SIGINT, signal.SIG_IGN), signal.signal(signal.SIGTERM, lambda n, _: stopped.append(n))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before[0])
        signal.signal(signal.SIGTERM, before[1])
    if stopped:
        signal.raise_signal(signal.SIGTERM)


@contextlib.contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    """Set an environment variable for the processes started inside the block."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


_WORKER: dict[str, Work] = {}
"""The work of a worker process, set once when it starts."""


def _begin_worker(work: Work) -> None:
    """Take over the work."""
    _WORKER["work"] = work


def _run_in_worker(job: Job) -> list[Row]:
    """Run a job, unless the sources have changed since the study began."""
    work = _WORKER["work"]
    if code_hash() != work.basis.code:
        return _failed(work, job, "the sources of sim/ were changed while the study was running")
    return run_job(work, job)
