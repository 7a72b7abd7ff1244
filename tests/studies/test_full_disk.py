"""A disk that takes no more, in every phase: one message, nothing half-written, and the study goes on later."""

from __future__ import annotations

import ast
import contextlib
import errno
import os
from pathlib import Path

import pytest

from sim.base.errors import StudyError
from sim.base.paths import ROOT
from sim.programs.command_line import exit_status
from sim.studies import files
from sim.studies.study import run_study
from tests.studies import fake_simulator
from tests.studies.test_torture import limited

WRITTEN = [
    "parameters.yaml",
    "plan.yaml",
    "index.json",
    "config.yaml",
    "env.json",
    "manifest.parquet",
    "fit.csv",
    "part-00001-000-*.parquet",
    "part-00001-000-*.json",
    "summary.csv",
    "census.csv",
    "uncertainty.csv",
    "value_for_money.csv",
    "effects.csv",
    "target.csv",
    "precision.csv",
    "accounts.csv",
    "flows.csv",
    "pyramid.csv",
    "costs.csv",
    "parameters.parquet",
    "levers.parquet",
    "start.csv",
    "coverage.csv",
    "SHA256SUMS",
]
"""Names of the files of a study in the order in which they appear, all of which go through ``replacing``."""
TIMES = ("manifest.parquet", "env.json", "config.yaml")


def run(config):
    return run_study(config, fake_simulator.simulator(), fake_simulator.report)


def content(folder: Path) -> dict[str, bytes]:
    """Return the files of a study without those that tell times."""
    paths = [p for p in folder.rglob("*") if p.is_file() and p.name not in TIMES and p.parent.name != "draws"]
    return {str(path.relative_to(folder)): path.read_bytes() for path in paths}


@contextlib.contextmanager
def full_at(pattern: str, kind: int = errno.ENOSPC):
    """Let the disk be full when the content of a file of this name is to reach it."""
    sync = os.fsync

    def fsync(descriptor: int) -> None:
        if Path(os.readlink(f"/proc/self/fd/{descriptor}")).match(f"{files.TEMPORARY}*-{pattern}"):
            raise OSError(kind, os.strerror(kind))
        sync(descriptor)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr("sim.studies.files.os.fsync", fsync)
        yield


def test_every_file_of_a_study_is_tried(make):
    run(make())
    paths = [path.relative_to(make().study_dir) for path in make().study_dir.rglob("*") if path.is_file()]
    names = {path.name for path in paths if path.parts[0] != "inputs"}
    assert not [name for name in names if not any(Path(name).match(p) for p in (*WRITTEN, "part-*", "report.html"))]


@pytest.mark.parametrize("name", WRITTEN)
def test_a_full_disk_is_one_message_and_the_study_goes_on(make, name, capsys):
    run(make(study="whole"))
    config = make(resume=True)
    with full_at(name):
        assert exit_status(lambda: run(config) and 0) == 2
    said = capsys.readouterr().err
    assert said.count("can no longer be written (No space left on device)") == 1
    assert said.count("Next:") == 1
    assert str(config.study_dir) in said
    assert files.TEMPORARY not in said
    assert not list(Path(config.results).rglob(f"{files.TEMPORARY}*"))
    run(config)
    assert content(config.study_dir) == content(make(study="whole").study_dir)


@pytest.mark.parametrize("name", ["config.yaml", "env.json", "manifest.parquet"])
def test_a_disk_that_fills_while_a_study_is_resumed_leaves_it_as_it_was(make, name):
    run(make())
    before = content(make().study_dir)
    with full_at(name), pytest.raises(StudyError, match="No space left on device"):
        run(make(resume=True))
    assert content(make().study_dir) == before
    run(make(resume=True))


@pytest.mark.parametrize("kind", [errno.EDQUOT, errno.EROFS, errno.EACCES, errno.EIO])
def test_other_reasons_are_told_as_they_are(make, kind):
    with full_at("summary.csv", kind), pytest.raises(StudyError, match=os.strerror(kind)):
        run(make())


def test_the_system_refuses_every_file_of_a_study(make):
    """The limit of the system instead of a stand-in: no file may grow beyond one byte less than it needs."""
    run(make(study="whole"))
    written = [path for path in make(study="whole").study_dir.glob("*.*") if path.suffix in (".csv", ".parquet")]
    sizes = {path.stat().st_size for path in written if path.name not in TIMES}
    config = make(resume=True)
    run(config)
    for size in sorted(sizes)[::5]:
        done = limited(config, size - 1)
        assert (done.returncode, "Traceback" in done.stderr) == (2, False), done.stderr
        assert "can no longer be written (" in done.stderr
    run(config)
    assert content(config.study_dir) == content(make(study="whole").study_dir)


def test_what_is_written_elsewhere_is_told_too(capsys):
    def job() -> int:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/cache/file")

    assert exit_status(job) == 2
    assert capsys.readouterr().err.startswith(
        "/cache/file: cannot be read or written (No space left on device).\n  Next:"
    )


def test_a_defect_keeps_its_traceback():
    def job() -> int:
        raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), "missing.csv")

    with pytest.raises(FileNotFoundError):
        exit_status(job)


WRITERS = {
    "to_csv",
    "write_text",
    "write_bytes",
    "write_csv",
    "write_table",
    "print_png",
    "print_svg",
    "savez_compressed",
}
ELSEWHERE = {
    "sim/programs/docs/blocks.py": "pages of the repository, under version control",
    "sim/programs/docs/forecasts.py": "the registry of the repository, under version control",
    "sim/report/brief/figure.py": "into memory, no file",
    "sim/studies/environment.py": "a switch of the system's, no file",
}


def own_calls(function: ast.FunctionDef) -> set[str]:
    """Return the names that a function calls, functions and methods alike."""
    calls = [node.func for node in ast.walk(function) if isinstance(node, ast.Call)]
    return {call.attr if isinstance(call, ast.Attribute) else getattr(call, "id", "") for call in calls}


def test_whatever_writes_a_file_of_a_study_writes_it_whole():
    found = set()
    for path in sorted(p for top in ("studies", "report", "programs") for p in (ROOT / "sim" / top).rglob("*.py")):
        functions = [n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.FunctionDef)]
        helpers = {f.name for f in functions if "replacing" in own_calls(f)} | {"replacing", "write_table"}
        for function in functions:
            calls = own_calls(function)
            if calls & WRITERS and not calls & helpers and function.name not in ("_file", "_write_workbook"):
                found.add(path.relative_to(ROOT).as_posix())
    assert found == ELSEWHERE.keys()
