"""Flip random bits in everything that is read back: python -m tests.studies.flips [flips] [kind ...].

A flip must be harmless: what is read afterwards is as before, made again where needed, or it is
refused in one message. Another answer, or a traceback, is a fault.
"""

from __future__ import annotations

import contextlib
import io
import os
import shutil
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import numpy as np

from sim.base.errors import is_user_error
from sim.config import load_config
from sim.data import load_region
from sim.model.path.begin import begin
from sim.model.path.setup import prepare
from sim.model.path.state_file import pack, unpack
from sim.parameters.posterior import FOLDER, read_posterior
from sim.population.cache import cached_population
from sim.studies.ensemble import Ensemble, run_ensemble
from sim.studies.study import run_study
from tests.agents.test_compile import result, write_small
from tests.studies import fake_simulator, torture


class Kind(NamedTuple):
    """Something that is kept in files.

    Attributes:
        make: writes the files below a folder.
        read: returns what a program makes of them, comparable as text.
    """

    make: Callable[[Path], object]
    read: Callable[[Path], str]


def study(folder: Path) -> str:
    """Run or resume a study of the stand-in; return its rows and tables."""
    config = torture.config_of(folder, study="s", draws=2, end_year=2026, workers=1)
    run_study(config.model_copy(update={"resume": True}), fake_simulator.simulator(), fake_simulator.report)
    tables = [table.to_csv() for table in torture.rows(config.study_dir).values()]
    return "".join([*tables, *(path.read_text() for path in sorted(config.study_dir.glob("[!f]*.csv")))])


def square(shared: object, job: int) -> dict[str, float]:
    """Return the row of a job."""
    return {"value": float(job**2)}


def rows(folder: Path) -> str:
    """Run or resume an ensemble; return its rows."""
    return run_ensemble(Ensemble(folder, {"of": "squares"}, square, {}), range(20), 1).to_csv()


def population(folder: Path) -> str:
    """Return the columns of a population from the cache."""
    with mock.patch.dict(os.environ, {"SIM_CACHE_DIR": str(folder)}):
        found = cached_population(load_region(), households=5_000)
    return repr([found.weight, found.year, found.block_zone.tobytes(), *(c.tobytes() for c in found.households)])


def posterior(folder: Path) -> str:
    """Return a posterior table and its provenance."""
    found = read_posterior("posterior_hindcast", folder)
    return repr((found.head, found.names, found.values.tobytes(), found.cumulative.tobytes()))


class State:
    """A saved history of one draw."""

    def __init__(self) -> None:
        self.setup = prepare(load_config(households=5_000, draws=1, end_year=2026, scenarios=["no_new_policy"]))

    def make(self, folder: Path) -> None:
        """Write it."""
        (folder / "state").write_bytes(pack(begin(self.setup, 0, 0), "study"))

    def read(self, folder: Path) -> str:
        """Return its content: bytes of a history are the same whenever it is."""
        return repr(pack(unpack(self.setup, (folder / "state").read_bytes(), "study"), "study"))


def compiled(folder: Path) -> str:
    """Return what a compiled rule answers in a process of its own."""
    return result(write_small(folder.parent / "package"), SIM_CACHE_DIR=str(folder))[0]


def kinds(names: list[str]) -> dict[str, Kind]:
    """Return the kinds of a few names; all without names."""
    copied = Kind(lambda folder: shutil.copytree(FOLDER, folder, dirs_exist_ok=True), posterior)
    found = {name.__name__: Kind(name, name) for name in (study, rows, population, compiled)} | {"posterior": copied}
    if not names or "state" in names:
        state = State()
        found["state"] = Kind(state.make, state.read)
    return {name: kind for name, kind in found.items() if not names or name in names}


def flip(folder: Path, rng: np.random.Generator) -> str:
    """Flip a random bit in a random file; return where."""
    files = sorted(path for path in folder.rglob("*") if path.is_file() and path.stat().st_size)
    path = files[rng.integers(len(files))]
    content = bytearray(path.read_bytes())
    place, bit = int(rng.integers(len(content))), int(rng.integers(8))
    content[place] ^= 1 << bit
    path.write_bytes(content)
    return f"{path.relative_to(folder)}, byte {place}, bit {bit}"


def verdict(kind: Kind, folder: Path, expected: str) -> str:
    """Return whether what is read is as before, refused in a message, or wrong."""
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            return "same" if kind.read(folder) == expected else "another answer"
    except Exception as error:
        return "refused" if is_user_error(error) else f"traceback {type(error).__name__}: {error}"


def attack(name: str, kind: Kind, flips: int, seed: int = 1) -> tuple[dict[str, int], list[str]]:
    """Flip bits, each in a fresh copy; return how it went by verdict, and the faults."""
    rng = np.random.default_rng(seed)
    counts: dict[str, int] = {}
    faults = []
    with tempfile.TemporaryDirectory() as made, contextlib.redirect_stderr(io.StringIO()):
        whole, folder = Path(made) / "whole", Path(made) / "kept"
        folder.mkdir()
        with contextlib.redirect_stdout(io.StringIO()):
            kind.make(folder)
            expected = kind.read(folder)
        shutil.copytree(folder, whole)
        for _ in range(flips):
            shutil.rmtree(folder)
            shutil.copytree(whole, folder)
            where = flip(folder, rng)
            said = verdict(kind, folder, expected)
            counts[said.split()[0]] = counts.get(said.split()[0], 0) + 1
            if said not in ("same", "refused"):
                faults.append(f"{name}: {where}: {said}")
    return counts, faults


def main(flips: int, names: list[str]) -> int:
    """Attack every kind with its share of the flips; print what was found and return the exit status."""
    chosen: dict[str, Any] = kinds(names)
    faults = []
    for name, kind in chosen.items():
        counts, found = attack(name, kind, -(-flips // len(chosen)))
        faults += found
        print(f"{name}: {counts}", flush=True)
    print("\n".join(faults) or "No flip gave another answer or a traceback.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(int((sys.argv[1:] or ["200"])[0]), sys.argv[2:]))
