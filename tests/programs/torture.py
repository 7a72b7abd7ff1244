"""Disturb real programs at random moments and let them go on: python -m tests.programs.torture [blows] [program ...].

Every program that keeps parts runs small and undisturbed once. Then it is killed, interrupted, stopped or
robbed of a worker process at moments drawn from a seed, from its first import to its last figure,
started again after each blow, and finished at last. What it leaves must be the same
files, without the times that they tell; an interrupt must end it within two seconds,
and no process of it may outlive it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

import numpy as np
import psutil

from sim.base.paths import ROOT
from tests.programs.traces import Trace, differences, traces

SMALL = ("households=5000", "seed=3")
PROGRAMS: dict[str, tuple[str, ...]] = {
    "project": (*SMALL, "draws=4", "end_year=2026", "scenarios=[no_new_policy,plan]", "resume=true", "workers=2"),
    "attribute": (*SMALL, "draws=3", "levers=false", "resume=true", "workers=2"),
    "hindcast": (*SMALL, "draws=18", "workers=2"),
    "sensitivity": ("households=10000", "seed=1", "base=4", "year=2026", "workers=2"),
    "sampling": ("sizes=[5000,6000]", "replicates=[2,2]", "end_year=2026", "threads=1", "seed=3"),
    "project-compiling": (*SMALL, "draws=3", "end_year=2026", "resume=true", "workers=2"),
    "calibrate": (*SMALL, "first_wave=40", "later_wave=20", "waves=2", "repeated=20", "truths=10", "workers=2"),
}
"""Arguments of every program that keeps parts; one starts without compiled rules and populations."""
STATUS = {"kill": -signal.SIGKILL, "worker": 0, "interrupt": 130, "terminate": 130, "stop": 0}
"""Every blow, and the exit status of a program that it hits."""
BLOWS = tuple(STATUS)
BLOWS_A_STUDY = 8
PROMPT_SECONDS = 2.0
FIRST_SECONDS = 0.3
"""Until Python itself has started, which no program can shape."""


class Outcome(NamedTuple):
    """What became of a program: its exit status, what it said, and what was wrong with how it ended."""

    status: int
    said: str
    faults: list[str]


def command(program: str, folder: Path) -> list[str]:
    """Return the command line of a program with its results in a folder."""
    own = [f"posterior_folder={folder / 'posteriors'}"] if program == "calibrate" else []
    return [
        sys.executable,
        "-m",
        f"experiments.{program.removesuffix('-compiling')}",
        *PROGRAMS[program],
        *own,
        f"results={folder}",
    ]


def start(program: str, folder: Path) -> subprocess.Popen[str]:
    """Start a program in a group of its own, as a terminal does."""
    cache = {"SIM_CACHE_DIR": str(folder.with_suffix(".cache"))} if program.endswith("-compiling") else {}
    return subprocess.Popen(
        command(program, folder),
        cwd=ROOT,
        env=os.environ | cache,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def strike(child: subprocess.Popen[str], blow: str) -> list[str]:
    """Deal a blow to a running program; return what was wrong with how it took it."""
    if blow == "worker":
        for process in psutil.Process(child.pid).children()[-1:]:
            process.kill()
        return []
    if blow == "stop":
        os.killpg(child.pid, signal.SIGSTOP)
        time.sleep(0.3)
        os.killpg(child.pid, signal.SIGCONT)
        return []
    if blow == "kill":
        child.kill()
    else:
        os.killpg(child.pid, signal.SIGINT if blow == "interrupt" else signal.SIGTERM)
    began = time.monotonic()
    try:
        child.wait(PROMPT_SECONDS)
    except subprocess.TimeoutExpired:
        os.killpg(child.pid, signal.SIGKILL)
        return [f"{blow} was not obeyed within {PROMPT_SECONDS} s"]
    return _outlived(child.pid, began + 10.0, blow)


def _outlived(group: int, until: float, blow: str) -> list[str]:
    """Wait until a group has no process left; return the fault if one stays, and end it."""
    while time.monotonic() < until:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return []
        time.sleep(0.05)
    os.killpg(group, signal.SIGKILL)
    return [f"a process outlived its program after {blow}"]


def disturbed(program: str, folder: Path, blow: str, after: float) -> tuple[bool, list[str]]:
    """Run a program and strike it after some seconds; return whether it was still running, and what went wrong."""
    child = start(program, folder)
    try:
        child.communicate(timeout=after)
    except subprocess.TimeoutExpired:
        faults = strike(child, blow)
        said = child.communicate()[1]
        if child.returncode == 0 and not faults and blow not in ("worker", "stop"):
            return False, []  # all was done, and Python took itself apart
        if child.returncode != STATUS[blow]:
            faults.append(f"exit status {child.returncode} after {blow}")
        if blow in ("interrupt", "terminate") and said.count("Interrupted.") != 1:
            faults.append(f"said after {blow}: {said}")
        if "Traceback" in said:
            faults.append(f"traceback after {blow}: {said}")
        return True, [f"at {after:.2f} s: {fault}" for fault in faults]
    return False, []


def finish(program: str, folder: Path) -> list[str]:
    """Let a program end; return what went wrong."""
    child = start(program, folder)
    said = child.communicate()[1]
    left = [str(path.relative_to(folder)) for path in folder.rglob(".*") if path.name.startswith((".tmp-", ".lock"))]
    return ([f"exit status {child.returncode}: {said}"] if child.returncode else []) + left


def torment(
    program: str, folder: Path, blows: list[str], longest: float, rng: np.random.Generator
) -> tuple[int, list[str]]:
    """Strike a program until it ends before a blow, and let it end; return how many blows hit, and all faults."""
    hits, faults = 0, []
    for blow in blows:
        hit, wrong = disturbed(program, folder, blow, rng.uniform(FIRST_SECONDS, longest))
        hits += hit
        faults += wrong
        if not hit:
            break
    return hits, faults + finish(program, folder)


def main(blows: int, programs: list[str]) -> int:
    """Torture all programs in turn until as many blows have hit; print what was found and return the exit status."""
    signal.signal(signal.SIGINT, signal.default_int_handler)  # programs of a job in the background would ignore it
    rng = np.random.default_rng(6)
    hits, wrong = dict.fromkeys(programs, 0), []
    with tempfile.TemporaryDirectory() as made:
        whole: dict[str, tuple[float, dict[str, Trace]]] = {}
        for number in range(10_000):
            if sum(hits.values()) >= blows:
                break
            program = programs[number % len(programs)]
            if program not in whole:
                began = time.monotonic()
                wrong += finish(program, Path(made, program))
                whole[program] = time.monotonic() - began, traces(Path(made, program))
            longest, expected = whole[program]
            folder = Path(made, f"{program}-{number}")
            few = min(BLOWS_A_STUDY, blows - sum(hits.values()))
            dealt = [str(blow) for blow in rng.choice(BLOWS, few)]
            hit, faults = torment(program, folder, dealt, longest, rng)
            hits[program] += hit
            faults += differences(traces(folder), expected)
            wrong += faults
            print(f"{program} after {hit} of {', '.join(dealt)}: {'; '.join(faults) or 'the same'}", flush=True)
            print(f"{sum(hits.values())} of {blows} blows, {len(wrong)} faults", flush=True)
    print(", ".join(f"{program} {count}" for program, count in hits.items()))
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(int((sys.argv[1:] or ["100"])[0]), sys.argv[2:] or list(PROGRAMS)))
