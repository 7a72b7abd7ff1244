"""Jobs in this process, in others and on Dask: the same rows everywhere, and accidents cost one job."""

from __future__ import annotations

import os
import signal
import threading
import time

import pytest

from sim.base.errors import StudyError
from sim.studies.dask_executor import on_dask
from sim.studies.executors import executor_of, in_process, pool
from sim.studies.identity import basis_of
from sim.studies.manifest import Job
from sim.studies.store import Parcel
from sim.studies.work import Work
from tests.studies import fake_simulator

NAMES = ("no_new_policy", "plan")
JOBS = [Job(draw, replicate, NAMES) for draw in range(3) for replicate in range(2)]


def work_of(config, changed=False, **accidents: object) -> Work:
    setup = fake_simulator.Setup(config, **accidents)
    basis = basis_of(config, setup.scenario_content, setup.data_hash)
    if changed:
        basis = basis._replace(code="sources of yesterday")
    return Work(basis, setup, fake_simulator.simulator(), config.threads)


def by_job(parcels) -> dict[tuple[int, int], Parcel]:
    result: dict[tuple[int, int], Parcel] = {}
    for parcel in parcels:
        key = parcel.rows[0].draw, parcel.rows[0].replicate
        assert key not in result
        result[key] = parcel
    return result


def statuses(found) -> dict[tuple[int, int], set[str]]:
    return {key: {row.status for row in parcel.rows} for key, parcel in found.items()}


def test_every_job_is_given_once_with_time_and_memory(make):
    found = by_job(in_process(work_of(make()), JOBS))
    assert list(found) == [(job.draw, job.replicate) for job in JOBS]
    for key, parcel in found.items():
        assert [(row.scenario, row.draw, row.replicate, row.status) for row in parcel.rows] == [
            ("no_new_policy", *key, "done"),
            ("plan", *key, "done"),
        ]
        assert all(row.seconds > 0 and row.peak_mb > 10 for row in parcel.rows)


def test_every_executor_gives_the_same_files_in_any_order(make):
    work = work_of(make())
    expected = {key: parcel.parts for key, parcel in by_job(in_process(work, JOBS)).items()}
    backwards = JOBS[::-1]
    for parcels in (in_process(work, backwards), pool(work, backwards, 2), on_dask(work, backwards, 2, None)):
        assert {key: parcel.parts for key, parcel in by_job(parcels).items()} == expected


def test_the_executor_is_one_key(make):
    assert executor_of("auto", 1) is in_process
    assert executor_of("serial", 8) is in_process
    assert executor_of("auto", 2) is not in_process


@pytest.mark.parametrize("execute", [pool, lambda work, jobs, n: on_dask(work, jobs, n, None)], ids=["pool", "dask"])
def test_a_process_that_dies_costs_only_its_own_job(make, execute):
    found = by_job(execute(work_of(make(), die=(2,)), JOBS[::2] + JOBS[1:2], 2))
    assert statuses(found) == {(0, 0): {"done"}, (1, 0): {"done"}, (0, 1): {"done"}, (2, 0): {"failed"}}
    assert "killed, or out of memory" in found[2, 0].rows[0].error


def test_a_dask_worker_killed_in_the_middle_loses_nothing(make, tmp_path):
    log = tmp_path / "log"
    work = work_of(make(), nap=0.05, log=log)
    jobs = [Job(draw, 0, NAMES) for draw in range(24)]

    def kill() -> None:
        while not log.is_file() or len(log.read_text().splitlines()) < 6:
            time.sleep(0.01)
        victim = int(log.read_text().splitlines()[-1].split()[-1])
        assert victim != os.getpid()
        os.kill(victim, signal.SIGKILL)

    killer = threading.Thread(target=kill)
    killer.start()
    found = by_job(on_dask(work, jobs, 2, None))
    killer.join()
    assert statuses(found) == {(draw, 0): {"done"} for draw in range(24)}


def test_a_scheduler_address_takes_the_same_work(make):
    from distributed import LocalCluster

    work = work_of(make())
    expected = {key: parcel.parts for key, parcel in by_job(in_process(work, JOBS)).items()}
    with LocalCluster(n_workers=1, threads_per_worker=1, host="127.0.0.1", dashboard_address="127.0.0.1:0") as cluster:
        execute = executor_of(cluster.scheduler_address, 1)
        assert {key: parcel.parts for key, parcel in by_job(execute(work, JOBS)).items()} == expected
        with pytest.raises(StudyError, match=r"1 Dask workers cannot take part(.|\n)*sources of sim"):
            by_job(execute(work_of(make(), changed=True), JOBS))


def test_no_scheduler_is_one_message(make, monkeypatch):
    monkeypatch.setattr("sim.studies.dask_executor.JOIN_SECONDS", 0.5)
    with pytest.raises(StudyError, match=r"tcp://127.0.0.1:1: no Dask scheduler(.|\n)*executor=pool"):
        by_job(executor_of("tcp://127.0.0.1:1", 1)(work_of(make()), JOBS))


def test_runs_of_changed_sources_never_mix_in(make):
    found = by_job(pool(work_of(make(), changed=True), JOBS[:2], 2))
    assert {row.status for row in found[0, 1].rows} == {"failed"}
    assert "not those that the study began with" in found[0, 1].rows[0].error


def test_nothing_to_do_starts_nothing(make):
    assert by_job(pool(work_of(make()), [], 2)) == {}
    assert by_job(on_dask(work_of(make()), [], 2, None)) == {}
