"""Tests that hurt: killed, cut off, damaged, crowded out, without permission, in another order."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from sim.base.errors import StudyError
from sim.studies import manifest
from sim.studies.files import check_writable, locked
from sim.studies.study import run_study
from tests.studies import fake_simulator, torture

KILLS = 5


def run(config, **accidents: object):
    return run_study(config, fake_simulator.simulator(**accidents), fake_simulator.report)


@pytest.fixture(scope="module")
def whole(tmp_path_factory):
    """Rows of a study that nobody disturbed."""
    config = torture.config_of(tmp_path_factory.mktemp("whole"), study="whole", workers=1)
    run(config)
    return torture.rows(config.study_dir)


def test_a_study_killed_at_random_moments_is_the_identical_study_in_the_end(tmp_path, whole):
    config = torture.config_of(tmp_path, study="killed", workers=2)
    torture.torment(config, KILLS, 4.0, np.random.default_rng(KILLS))
    assert torture.faults(config.study_dir, whole) == []


@pytest.mark.parametrize(
    ("table", "damage"),
    [
        ("runs", "cut"),
        ("runs", "flipped"),
        ("draws", "cut"),
        ("draws", "flipped"),
        ("draws", "gone"),
        ("accounts", "flipped"),
        ("flows", "gone"),
        ("pyramid", "cut"),
        ("costs", "gone"),
    ],
)
def test_damaged_files_are_found_and_made_again(make, table, damage):
    config = make(draws=2)
    run(config)
    expected = torture.rows(config.study_dir)
    victim = next((config.study_dir / table).glob("part-00001-*"))
    content = bytearray(victim.read_bytes())
    if damage == "gone":
        victim.unlink()
    else:
        content[len(content) // 2] ^= 0x40
        victim.write_bytes(content if damage == "flipped" else content[: len(content) // 2])
    run(make(draws=2, resume=True))
    assert torture.faults(config.study_dir, expected) == []


def test_a_run_stored_twice_counts_once(make):
    config = make()
    run(config)
    expected = torture.rows(config.study_dir)
    for table in (*torture.TABLES, "draws"):
        path = next((config.study_dir / table).glob("part-00001-*"))
        shutil.copy(path, path.with_name(f"part-00001-000-ffffffff{path.suffix}"))
    run(make(resume=True))
    assert torture.faults(config.study_dir, expected) == []


def test_a_run_that_was_stored_but_not_yet_listed_is_not_repeated(make, tmp_path):
    config = make()
    run(config)
    rows = manifest.read(config.study_dir)
    manifest.write(config.study_dir, {key: row.pending() for key, row in rows.items()})
    log = tmp_path / "log"
    run(make(resume=True), log=log)
    assert not log.exists()
    assert manifest.read(config.study_dir) == rows


def limited(config, limit: int) -> subprocess.CompletedProcess[str]:
    """Run a study in a process whose files may not grow beyond ``limit`` bytes once runs or the report begin."""
    code = (
        "import json, resource, sys; from sim.config import load_config\n"
        "from sim.programs.command_line import exit_status\n"
        "from sim.studies.study import run_study; from tests.studies import fake_simulator as fake\n"
        "limit = int(sys.argv[2])\n"
        "def within(action):\n    def limited(*given):\n"
        "        resource.setrlimit(resource.RLIMIT_FSIZE, (limit, limit))\n        return action(*given)\n"
        "    return limited\n"
        "def job():\n    simulator = fake.simulator()._replace(begin=within(fake.begin))\n"
        "    run_study(load_config(**json.loads(sys.argv[1])), simulator, within(fake.report))\n    return 0\n"
        "sys.exit(exit_status(job))"
    )
    return subprocess.run(
        [sys.executable, "-c", code, config.model_dump_json(), str(limit)],
        cwd=torture.ROOT,
        capture_output=True,
        text=True,
        timeout=120,
    )


def test_a_disk_that_is_full_ends_the_study_cleanly_and_it_goes_on_later(make):
    config = make(households=7_000)
    run(make(study="whole", households=7_000))
    expected = torture.rows(make(study="whole").study_dir)
    largest = max(path.stat().st_size for path in (make(study="whole").study_dir / "runs").iterdir())
    done = limited(config, largest - 1)
    assert done.returncode == 2
    assert "can no longer be written (File too large)" in done.stderr
    assert "resume=true" in done.stderr
    assert "Traceback" not in done.stderr
    assert "pending" in {row.status for row in manifest.read(config.study_dir).values()}
    run(make(households=7_000, resume=True))
    assert torture.faults(config.study_dir, expected) == []


def test_of_two_processes_on_one_study_one_is_told_to_wait(make):
    config = make()
    run(config)
    before = {path: path.read_bytes() for path in config.study_dir.rglob("*") if path.is_file()}
    with locked(config.study_dir), pytest.raises(StudyError, match="another process is writing this study"):
        run(make(resume=True))
    assert {path: path.read_bytes() for path in config.study_dir.rglob("*") if path.is_file()} == before


def test_two_processes_that_start_a_study_at_once_do_not_corrupt_it(tmp_path, whole):
    config = torture.config_of(tmp_path, study="crowd", workers=1)
    children = [torture.start(config.model_copy(update={"resume": True})) for _ in range(3)]
    for child in children:
        child.communicate()
    assert 0 in {child.returncode for child in children}
    assert torture.faults(config.study_dir, whole) == []


def test_a_folder_without_permission_is_refused_and_left_alone(tmp_path):
    folder = tmp_path / "fixed"
    folder.mkdir()
    for parent in (tmp_path, *tmp_path.parents):
        if parent.stat().st_uid == os.getuid() and parent.parts[1:2] == ("tmp",) and len(parent.parts) > 2:
            parent.chmod(0o755)
    folder.chmod(0o555)
    child = os.fork()
    if child == 0:
        if os.getuid() == 0:
            os.setuid(65_534)
        try:
            check_writable(folder)
            os._exit(1)
        except StudyError as error:
            os._exit(0 if "cannot be written (Permission denied); nothing was simulated" in str(error) else 2)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert list(folder.iterdir()) == []


def tables(study_dir: Path) -> dict[str, bytes]:
    """Return every reduced table of a study, byte by byte."""
    kept = ("parameters.parquet", "levers.parquet")
    return {path.name: path.read_bytes() for path in study_dir.iterdir() if path.suffix == ".csv" or path.name in kept}


@pytest.mark.parametrize("way", ["pool", "shuffled", "interrupted", "in two parts"])
def test_every_table_has_the_same_bytes_by_every_path(make, way):
    keys = {"draws": 6, "replicates": 2}
    run(make(study="whole", workers=1, **keys))
    expected = tables(make(study="whole").study_dir)
    if way == "shuffled":
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr("sim.studies.study.manifest.open_jobs", _permuted())
            run(make(**keys))
    elif way == "interrupted":
        with pytest.raises(KeyboardInterrupt):
            run(make(**keys), interrupt=(3,))
        run(make(resume=True, **keys))
    elif way == "in two parts":
        run(make(draws=2), fail_branch=(("plan", 1),))
        run(make(resume=True, **keys))
    else:
        run(make(workers=2, **keys))
    found = tables(make().study_dir)
    assert found.keys() == expected.keys()
    assert [name for name in found if found[name] != expected[name]] == []


def _permuted():
    """Return a listing of open jobs in another order."""
    listed = manifest.open_jobs

    def open_jobs(rows):
        jobs = listed(rows)
        return [jobs[k] for k in np.random.default_rng(3).permutation(len(jobs))]

    return open_jobs
