"""What a study ran on: versions, commit, machine and threads."""

from __future__ import annotations

import contextlib
import importlib.metadata
import os
import platform
import shutil
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from sim.base.errors import StudyError
from sim.base.paths import ROOT
from sim.base.version import __version__
from sim.config import ProjectConfig
from sim.parameters.posterior import made_with
from sim.studies.digested import dump_digested, load_digested
from sim.studies.files import replacing
from sim.studies.identity import Basis

__all__ = ["FILE", "add", "cores", "describe", "forget_peak", "peak_mb", "read", "workers", "write"]

FILE = "env.json"
PACKAGES = ("duckdb", "hydra-core", "matplotlib", "mesa", "numba", "numpy", "pandas", "pyarrow", "pydantic", "scipy")


def cores() -> int:
    """Return the number of cores that this process may use."""
    if hasattr(os, "sched_getaffinity"):
        return len(os.sched_getaffinity(0))
    return os.cpu_count() or 1


def workers(config: ProjectConfig) -> int:
    """Return the number of processes: as configured, or one per core and its threads."""
    return config.workers or max(1, cores() // config.threads)


def peak_mb() -> float:
    """Return the peak memory of this process in MiB, 0 where the system does not tell.

    Linux is asked for the high-water mark of the program itself: the one of
    ``getrusage`` starts from the size of the process that started it.
    """
    status = Path("/proc/self/status")
    if status.is_file():
        marks = [line.split()[1] for line in status.read_text().splitlines() if line.startswith("VmHWM")]
        if marks:
            return float(marks[0]) / 2**10
    try:
        import resource
    except ImportError:
        return 0.0
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return float(peak) / (2**20 if sys.platform == "darwin" else 2**10)


def forget_peak() -> None:
    """Start measuring the peak memory anew, where the system can (Linux)."""
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def describe(config: ProjectConfig, basis: Basis, created: str | None = None) -> dict[str, Any]:
    """Return versions, commit, machine, threads and hashes of a study.

    Args:
        config: the checked configuration.
        basis: what the runs of the study share.
        created: when the study was first started (ISO, UTC); now if it is new.
    """
    commit, dirty = _commit()
    now = datetime.now(UTC).isoformat(timespec="seconds")
    return {
        "created": created or now,
        "updated": now,
        "python": platform.python_version(),
        "versions": {"sim": __version__, **{name: _version(name) for name in PACKAGES}},
        "platform": platform.platform(),
        "machine": {"processor": platform.machine(), "cores": cores(), "memory_gb": _memory_gb()},
        "commit": commit,
        "dirty": dirty,
        "engine": config.engine,
        "threads": config.threads,
        "workers": workers(config),
        "data_hash": basis.data,
        "priors_hash": basis.priors,
        "code_hash": basis.code,
        "posterior_made_with": made_with(config.posterior) if config.posterior else None,
        "scenario_hashes": basis.scenarios,
    }


def write(study_dir: Path, content: dict[str, Any]) -> None:
    """Write ``env.json``."""
    with replacing(study_dir / FILE) as temporary:
        temporary.write_text(dump_digested(content, indent=2) + "\n", encoding="utf-8")


def add(study_dir: Path, **content: Any) -> None:
    """Add what is known only after the set-up to ``env.json``."""
    write(study_dir, read(study_dir) | content)


def read(study_dir: Path) -> dict[str, Any]:
    """Return ``env.json``, empty if the study has none.

    Raises:
        StudyError: the file is not as it was written.
    """
    path = study_dir / FILE
    if not path.is_file():
        return {}
    content = load_digested(path.read_bytes())
    if content is None:
        raise StudyError(
            f"{path}: not as it was written.\n"
            "  Next: the command that made the study, with resume=true, writes it again; or remove the file."
        )
    return content


def _version(package: str) -> str | None:
    """Return the installed version of a package."""
    try:
        return importlib.metadata.version(package)
    except importlib.metadata.PackageNotFoundError:
        return None


def _memory_gb() -> float | None:
    """Return the memory of the machine in GiB, where the system tells."""
    try:
        return round(os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30, 1)
    except (AttributeError, ValueError, OSError):
        return None


def _commit() -> tuple[str | None, bool | None]:
    """Return the commit of the sources and whether they differ from it; nothing outside a repository."""
    git = shutil.which("git")
    if git is None or not (ROOT / ".git").exists():
        return None, None
    answers = []
    for arguments in (["rev-parse", "HEAD"], ["status", "--porcelain", "--untracked-files=no"]):
        command = [git, "-C", str(ROOT), *arguments]
        try:
            done = subprocess.run(command, capture_output=True, text=True, timeout=10, check=True)
        except (subprocess.SubprocessError, OSError):
            return None, None
        answers.append(done.stdout.strip())
    return answers[0], bool(answers[1])
