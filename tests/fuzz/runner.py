"""Start a program on a case: in a copy of this process, or in a fresh interpreter.

Programs stop where everything has been checked and work would begin, with a status of their own.
"""

from __future__ import annotations

import contextlib
import functools
import gc
import importlib
import io
import os
import pkgutil
import resource
import runpy
import select
import signal
import sys
import tempfile
import traceback
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

from hydra.core.global_hydra import GlobalHydra

import sim.programs
from tests.fuzz.cases import Case

LIMIT = 20.0
"""Longest processor time of a case in seconds."""
PATIENCE = 90.0
"""Longest time of a case on a busy machine in seconds."""
MEMORY = 6 * 2**30
"""Most bytes of data a case may ask for."""
ASCII = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0", "PYTHONIOENCODING": "ascii"}
"""A terminal that knows nothing but ASCII."""
CACHES: list[Any] = []
"""Results of functions that are kept, of all modules."""
STOPPED = 77
"""Status of a program whose input was accepted."""
STOPS = {
    "sim.model.path.ahead": ("compile_ahead",),
    "sim.model.path.setup": ("compile_ahead",),
    "sim.programs.docs.collect": ("collect",),
    "sim.report.build": ("draw_one", "_draw_together"),
    "sim.report.comparison": ("draw_comparison",),
    "benchmarks.command": ("tell",),
}
"""Functions that are called first when everything has been checked."""


class Accepted(BaseException):
    """Everything was checked; the work would begin now."""


class Answer(NamedTuple):
    """What a program said: exit status (negative: killed by this signal), output, messages, processor seconds."""

    status: int
    out: str
    err: str
    seconds: float


def stop(*_: object, **__: object) -> NoReturn:
    """Stand in for the work."""
    raise Accepted


def install_stops() -> None:
    """Put stops where work begins."""
    for module, names in STOPS.items():
        loaded = importlib.import_module(module)
        for name in names:
            getattr(loaded, name)
            setattr(loaded, name, stop)


def load() -> None:
    """Load what copies of this process need: modules, compiled functions, untouched files.

    Raises:
        RuntimeError: a program is not content with untouched input.
    """
    install_stops()
    for found in pkgutil.walk_packages(sim.programs.__path__, "sim.programs."):
        if not found.name.endswith("__main__"):
            importlib.import_module(found.name)
    said = io.StringIO()
    with contextlib.redirect_stdout(said), contextlib.redirect_stderr(said):
        status = [start("experiments.project", ()), start("sim.data", ("check",))]
    if status != [STOPPED, 0]:
        raise RuntimeError(said.getvalue())
    GlobalHydra.instance().clear()
    CACHES.extend(thing for thing in gc.get_objects() if isinstance(thing, type(functools.cache(str))))


def forget(kind: str) -> None:
    """Forget what was read from files that a case of this kind changes; a command line changes none."""
    for cache in CACHES:
        own = str(cache.__module__)
        if kind == "table" or (kind == "file" and not own.startswith("sim.data.")):
            cache.cache_clear()


def start(module: str, argv: tuple[str, ...]) -> int:
    """Run a program as ``python -m`` does and return its exit status."""
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY, MEMORY))
    sys.argv = [module, *argv]
    try:
        runpy.run_module(module, run_name="__main__", alter_sys=True)
    except Accepted:
        return STOPPED
    except SystemExit as end:
        if isinstance(end.code, str):
            sys.stderr.write(f"{end.code}\n")
        return end.code if isinstance(end.code, int) else int(end.code is not None)
    except BaseException:
        traceback.print_exc()
        return 1
    return 0


def answer(case: Case) -> Answer:
    """Run the program of a case in the working folder and return its answer."""
    with tempfile.TemporaryFile() as out, tempfile.TemporaryFile() as err:
        process = (_fresh if case.fresh else _copy)(case, out.fileno(), err.fileno())
        status, seconds = _wait(process)
        texts = []
        for file in (out, err):
            file.seek(0)
            texts.append(file.read().decode("utf-8", "backslashreplace"))
    return Answer(status, *texts, seconds)


def _copy(case: Case, out: int, err: int) -> int:
    """Start a case in a copy of this process, which has loaded the modules already."""
    sys.stdout.flush()
    sys.stderr.flush()
    child = os.fork()
    if child == 0:
        try:
            os.setpgid(0, 0)
            os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
            os.dup2(out, 1)
            os.dup2(err, 2)
            forget(case.kind)
            status = start(case.module, case.argv)
            sys.stdout.flush()
            sys.stderr.flush()
        except BaseException:
            status = 99
        os._exit(status & 255)
    return child


def _fresh(case: Case, out: int, err: int) -> int:
    """Start a case in an interpreter of its own."""
    command = [sys.executable, "-m", "tests.fuzz.runner", case.module, *case.argv]
    streams = [(os.POSIX_SPAWN_OPEN, 0, os.devnull, os.O_RDONLY, 0)]
    streams += [(os.POSIX_SPAWN_DUP2, own, number) for own, number in ((out, 1), (err, 2))]
    return os.posix_spawn(
        sys.executable, command, {**os.environ, **(ASCII if case.ascii_only else {})}, file_actions=streams
    )


def _wait(process: int) -> tuple[int, float]:
    """Wait for a process, not for ever, and return its exit status and the processor time that it took."""
    descriptor = os.pidfd_open(process)
    try:
        late = not select.select([descriptor], [], [], PATIENCE)[0]
        if late:
            os.kill(process, signal.SIGKILL)
        _, status, used = os.wait4(process, 0)
        return os.waitstatus_to_exitcode(status), PATIENCE if late else used.ru_utime + used.ru_stime
    finally:
        os.close(descriptor)


def folder_state(top: Path) -> dict[str, tuple[int, ...]]:
    """Return inode, size and time of every file below a folder; caches of the interpreter are left out."""
    found: dict[str, tuple[int, ...]] = {}
    folders = [str(top)]
    while folders:
        for entry in os.scandir(folders.pop()):
            if entry.name == "__pycache__":
                continue
            if entry.is_dir(follow_symlinks=False):
                folders.append(entry.path)
                found[entry.path] = ()
            else:
                state = entry.stat(follow_symlinks=False)
                found[entry.path] = (state.st_ino, state.st_size, state.st_mtime_ns)
    return found


if __name__ == "__main__":
    install_stops()
    sys.exit(start(sys.argv[1], tuple(sys.argv[2:])))
