"""Jobs in this process and in others."""

from __future__ import annotations

from sim.runs.execute import Work, execute
from sim.runs.identity import basis_of
from sim.runs.manifest import Job, Row
from tests.runs import fake_engine


def ended(config, jobs, workers, changed=False) -> dict[Job, list[Row]]:
    setup = fake_engine.prepare(config)
    basis = basis_of(config, setup.scenario_content, setup.data_hash)
    if changed:
        basis = basis._replace(code="sources of yesterday")
    result: dict[Job, list[Row]] = {}
    work = Work(config.study_dir, basis, setup, fake_engine.simulate_draw, config.threads)
    execute(work, jobs, workers, lambda job, rows: result.update({job: rows}))
    return result


def test_every_job_is_reported_once_with_time_and_memory(make):
    jobs = [Job(draw, replicate) for draw in range(2) for replicate in range(2)]
    found = ended(make(), jobs, 1)
    assert list(found) == jobs
    for job, rows in found.items():
        assert [(row.scenario, row.job, row.status) for row in rows] == [
            ("no_new_policy", job, "done"),
            ("plan", job, "done"),
        ]
        assert all(row.seconds > 0 and row.peak_mb > 10 for row in rows)


def test_runs_of_changed_sources_never_mix_in(make):
    found = ended(make(), [Job(0, 0), Job(1, 0)], 2, changed=True)
    assert {row.status for row in found[Job(1, 0)]} == {"failed"}
    assert "changed while the study was running" in found[Job(1, 0)][0].error


def test_nothing_to_do_starts_nothing(make):
    assert ended(make(), [], 2) == {}
