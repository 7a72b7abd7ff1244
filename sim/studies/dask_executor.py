"""Jobs on Dask: a cluster on this machine, or the scheduler of many machines.

Every worker gets the work once, when it starts or joins. Dask starts lost jobs again on
other workers; a job that has cost four workers is a failed row.
"""

from __future__ import annotations

import itertools
import logging
import uuid
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import dask
from distributed import Client, LocalCluster, Worker, WorkerPlugin, as_completed, get_worker
from distributed.scheduler import KilledWorker

from sim.base.errors import StudyError
from sim.studies.executors import Parcels, in_process
from sim.studies.manifest import Job
from sim.studies.progress import say
from sim.studies.store import Parcel
from sim.studies.work import Work, failed, run_job
from sim.studies.worker_processes import LOST, interrupts_left_to_main

__all__ = ["on_dask"]

AHEAD = 3
"""Jobs handed out per worker thread, so that workers never wait for the next one."""
ANSWER_SECONDS, JOIN_SECONDS = 10.0, 60.0
"""How long to wait for a scheduler and for its first worker."""


SETTINGS = {
    "distributed.worker.profile.enabled": False,
    "distributed.nanny.pre-spawn-environ.MALLOC_TRIM_THRESHOLD_": 2**27,
}
"""Of a cluster on this machine: nobody looks at where workers spend their time, and memory that a year frees is kept
for the next one (Dask gives it back at once, which costs a run an eighth of its time)."""


class _Carry(WorkerPlugin):  # type: ignore[misc]
    """Keeps the work of a study on a worker, under a name of its own."""

    def __init__(self, work: Work) -> None:
        self.name = f"urbanization-{uuid.uuid4().hex}"
        self.work = work

    def setup(self, worker: Worker) -> None:
        """Nothing to do: Dask keeps the plug-in itself on the worker."""


def on_dask(work: Work, jobs: Sequence[Job], workers: int, scheduler: str | None) -> Parcels:
    """Carry out jobs on Dask; a cluster on this machine starts after the first job has compiled the rules here.

    Args:
        work: what every job needs.
        jobs: what to do.
        workers: processes of a cluster on this machine.
        scheduler: address or file of a running scheduler; None starts a cluster here.

    Raises:
        StudyError: no scheduler, no worker, or a worker with other sources.
    """
    if scheduler is None:
        yield from in_process(work, jobs[:1])
        jobs = jobs[1:]
    if not jobs:
        return
    with _quiet(), _client(work, min(workers, len(jobs)), scheduler) as client, _carried(client, work) as name:
        left = iter(jobs)
        running: dict[str, Job] = {}

        def submit(job: Job) -> Any:
            future = client.submit(_run_on_worker, name, job, pure=False)
            running[future.key] = job
            return future

        threads = max(1, sum(client.nthreads().values()))
        ended = as_completed([submit(job) for job in itertools.islice(left, AHEAD * threads)], loop=client.loop)
        for future in ended:
            job = running.pop(future.key)
            parcel = _result(work, job, future)
            future.release()
            for another in itertools.islice(left, 1):
                ended.add(submit(another))
            yield parcel


@contextmanager
def _quiet() -> Iterator[None]:
    """Let the libraries below Dask say nothing of connections that end with an interrupt."""
    logs = [logging.getLogger(name) for name in ("tornado.application", "asyncio", "distributed")]
    before = [log.level for log in logs]
    for log in logs:
        log.setLevel(logging.CRITICAL + 1)
    try:
        yield
    finally:
        for log, level in zip(logs, before, strict=True):
            log.setLevel(level)


@contextmanager
def _client(work: Work, workers: int, scheduler: str | None) -> Iterator[Client]:
    """Give a client of the named scheduler, or of a cluster on this machine that ends with the block."""
    if scheduler is not None:
        say(f"Asking the Dask scheduler {scheduler} for workers.")
        file = {"scheduler_file": scheduler} if scheduler.endswith(".json") else {"address": scheduler}
        try:
            client = Client(**file, timeout=ANSWER_SECONDS, set_as_default=False)
            client.wait_for_workers(1, timeout=JOIN_SECONDS)
        except Exception as error:  # what answers may be no scheduler
            raise StudyError(
                f"executor = {scheduler}: no Dask scheduler with a worker answers there ({error}).\n"
                "  Next: start `dask scheduler` and `dask worker`, or use executor=pool; the study is kept."
            ) from None
        with client:
            yield client
        return
    with interrupts_left_to_main(), dask.config.set(SETTINGS):
        cluster = LocalCluster(
            n_workers=workers,
            threads_per_worker=1,
            host="127.0.0.1",
            dashboard_address="127.0.0.1:0",
            silence_logs=50,
            env={"NUMBA_NUM_THREADS": str(work.threads)},
        )
    with cluster, Client(cluster, set_as_default=False) as client:
        yield client


@contextmanager
def _carried(client: Client, work: Work) -> Iterator[str]:
    """Give the work to every worker; refuse workers whose sources or priors are not those of the study."""
    carry = _Carry(work)
    client.register_plugin(carry)
    try:
        _refuse(client.run(_foreign, carry.name))
        yield carry.name
    finally:
        client.unregister_worker_plugin(carry.name)


def _refuse(answers: dict[str, str]) -> None:
    foreign = {worker: text for worker, text in answers.items() if text}
    if foreign:
        worker, text = next(iter(foreign.items()))
        raise StudyError(
            f"executor: {len(foreign)} Dask workers cannot take part, such as {worker}: {text}.\n"
            "  Next: give every worker the same installation and start them again; the study is kept."
        )


def _result(work: Work, job: Job, future: Any) -> Parcel:
    """Return the parcel of a job that ended, whatever became of it."""
    try:
        parcel: Parcel = future.result()
    except KilledWorker:
        return failed(work, job, LOST)
    return parcel


def _foreign(name: str, dask_worker: Worker) -> str:
    """Say how this worker differs from the study."""
    work: Work = dask_worker.plugins[name].work
    return work.foreign()


def _run_on_worker(name: str, job: Job) -> Parcel:
    """Run a job on a worker, unless its sources are others."""
    work: Work = get_worker().plugins[name].work
    foreign = work.foreign()
    return failed(work, job, foreign) if foreign else run_job(work, job)
