"""Flip random bits in everything that is read back: python -m tests.studies.flips [flips] [kind ...].

A flip must be harmless: what is read afterwards is the same, rebuilt where needed, or it is
refused in one message. Another answer, or a traceback, is a fault.
"""

from __future__ import annotations

import contextlib
import io
import math
import os
import re
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, NamedTuple
from unittest import mock

import numpy as np

from sim.agents._compile import CACHE_FOLDER, source_keys
from sim.base.errors import is_user_error
from sim.base.paths import ROOT
from sim.config import ProjectConfig, load_config
from sim.data import load_region
from sim.data.region import build_region
from sim.model.path.begin import begin
from sim.model.path.setup import prepare
from sim.model.path.state_file import pack, unpack
from sim.parameters.posterior import FOLDER, read_posterior
from sim.population.cache import cached_population
from sim.report.finished_study import load_study
from sim.studies.ensemble import Ensemble, run_ensemble
from sim.studies.reduced import read_table
from sim.studies.store import check_parts
from sim.studies.study import run_study
from sim.studies.tables import TABLES
from tests.agents.test_compile import result, write_small
from tests.studies import fake_simulator, torture


class Kind(NamedTuple):
    """Something that is kept in files.

    Attributes:
        make: writes the files below a folder.
        read: returns what a program makes of them, comparable as text.
        files: pattern of the files that are damaged, by their path below the folder.
        share: how many flips it gets for each of another kind; a slow one gets fewer.
    """

    make: Callable[[Path], object]
    read: Callable[[Path], str]
    files: str = ".*"
    share: float = 1.0


STUDY = {
    "parts": r"s/(runs|accounts|flows|pyramid|costs)/.*",
    "records": r"s/draws/.*",
    "manifest": r"s/manifest\.parquet",
    "environment": r"s/env\.json",
    "configuration": r"s/config\.yaml",
    "inputs": r"s/inputs/.*",
    "tables": r"s/([a-z]+\.csv|parameters\.parquet|levers\.parquet|SHA256SUMS)",
}
"""Kinds of files of a study, each a kind of its own."""


def config_of(folder: Path) -> ProjectConfig:
    """Return the configuration of the study that is damaged."""
    return torture.config_of(folder, study="s", draws=2, end_year=2026, workers=1, resume=True)


def run(folder: Path) -> None:
    """Run or resume a study of the stand-in."""
    run_study(config_of(folder), fake_simulator.simulator(), fake_simulator.report)


def shown(folder: Path) -> str:
    """Return everything that is read of a study from its folder alone."""
    study_dir = folder / "s"
    check_parts(study_dir)
    found = load_study(study_dir)
    tables = [read_table(study_dir, name).to_csv() for name in TABLES]
    rows = [table.to_csv() for table in torture.rows(study_dir).values()]
    runs = found.manifest[["run_id", "scenario", "draw", "replicate", "status"]].to_csv()
    env = {key: value for key, value in found.env.items() if key not in ("created", "updated", "commit", "dirty")}
    inputs = found.inputs
    made_from = (inputs.basis, inputs.scenarios, inputs.levers, inputs.parameters, inputs.posterior, found.changed)
    return "".join([*tables, *rows, runs, repr((env, found.config, made_from))])


def study(folder: Path) -> str:
    """Return what is read of a study; where that is refused, resume it and read it again."""
    try:
        return shown(folder)
    except Exception as error:
        if not is_user_error(error):
            raise
    run(folder)
    return shown(folder)


def square(shared: object, job: int) -> dict[str, float]:
    """Return the row of a job."""
    return {"value": float(job**2)}


def rows(folder: Path) -> str:
    """Run or resume an ensemble; return its rows."""
    return run_ensemble(Ensemble(folder, {"of": "squares"}, square, {}), range(20), 1).to_csv()


def sampling(folder: Path) -> str:
    """Run or resume an ensemble of large runs, a part each; return its rows."""
    return run_ensemble(Ensemble(folder, {"of": "squares"}, square, {}, large=True), range(6), 1).to_csv()


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


ENGINE = """
from sim.config import load_config
from sim.model.path.begin import begin
from sim.model.path.history import branch
from sim.model.path.setup import prepare
setup = prepare(load_config(households=5_000, draws=1, end_year=2026, scenarios=["plan"]))
found = branch(setup, begin(setup, 0, 0), "plan")
print(found.indicators.to_csv(), found.accounts.to_csv(), found.flows.to_csv())
"""


def engine(folder: Path) -> str:
    """Return what the real rules answer in a process of its own."""
    kept = os.environ | {"SIM_CACHE_DIR": str(folder)}
    done = subprocess.run([sys.executable, "-c", ENGINE], cwd=ROOT, env=kept, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(f"status {done.returncode}: {done.stderr[-500:]}")
    return done.stdout


def copy_engine(folder: Path) -> None:
    """Copy the compiled rules of these sources that are there."""
    for module, key in source_keys().items():
        name = f"{module.stem}-{key}"
        if (CACHE_FOLDER / name).is_dir():
            shutil.copytree(CACHE_FOLDER / name, folder / CACHE_FOLDER.name / name)


def stamps(folder: Path) -> str:
    """Return a table of a region whose checks are remembered."""
    with mock.patch.dict(os.environ, {"SIM_CACHE_DIR": str(folder)}):
        region = build_region(load_region().folder)
    return repr((region.data_hash(), region.table("counties").to_csv()))


def kinds(names: list[str]) -> dict[str, Kind]:
    """Return the kinds of a few names; all without names."""
    found = {name: Kind(run, study, files) for name, files in STUDY.items()}
    found |= {name.__name__: Kind(name, name) for name in (rows, sampling, population, stamps, compiled)}
    found["engine"] = Kind(copy_engine, engine, rf"{CACHE_FOLDER.name}/.*", share=0.4)
    found["posterior"] = Kind(lambda folder: shutil.copytree(FOLDER, folder, dirs_exist_ok=True), posterior)
    if not names or "state" in names:
        state = State()
        found["state"] = Kind(state.make, state.read)
    return {name: kind for name, kind in found.items() if not names or name in names}


class Flip(NamedTuple):
    """A flipped bit: the file, its content with it, and where it is."""

    path: Path
    content: bytes
    where: str


def flip(folder: Path, rng: np.random.Generator, pattern: str = ".*") -> Flip:
    """Flip a random bit in a random file; one that is empty gets a byte."""
    below = sorted(path for path in folder.rglob("*") if path.is_file())
    files = [path for path in below if re.fullmatch(pattern, path.relative_to(folder).as_posix())]
    path = files[rng.integers(len(files))]
    content = bytearray(path.read_bytes() or b"\0")
    place, bit = int(rng.integers(len(content))), int(rng.integers(8))
    content[place] ^= 1 << bit
    path.write_bytes(content)
    return Flip(path, bytes(content), f"{path.relative_to(folder)}, byte {place}, bit {bit}")


def verdict(kind: Kind, folder: Path, expected: str, flipped: Flip) -> str:
    """Return whether what is read is as before, with the file as it is or rebuilt, refused in a message, or wrong."""
    try:
        with contextlib.redirect_stdout(io.StringIO()), contextlib.redirect_stderr(io.StringIO()):
            if kind.read(folder) != expected:
                return "another answer"
        kept = flipped.path.is_file() and flipped.path.read_bytes() == flipped.content
        return "same" if kept else "rebuilt"
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
            flipped = flip(folder, rng, kind.files)
            said = verdict(kind, folder, expected, flipped)
            counts[said.split()[0]] = counts.get(said.split()[0], 0) + 1
            if said not in ("same", "rebuilt", "refused"):
                faults.append(f"{name}: {flipped.where}: {said}")
    return counts, faults


def main(flips: int, names: list[str]) -> int:
    """Attack every kind with its share of the flips; print what was found and return the exit status."""
    chosen: dict[str, Any] = kinds(names)
    faults = []
    shares = sum(kind.share for kind in chosen.values())
    for name, kind in chosen.items():
        counts, found = attack(name, kind, math.ceil(flips * kind.share / shares))
        faults += found
        print(f"{name}: {', '.join(f'{count} {said}' for said, count in sorted(counts.items()))}", flush=True)
    print("\n".join(faults) or "No flip gave another answer or a traceback.")
    return 1 if faults else 0


if __name__ == "__main__":
    sys.exit(main(int((sys.argv[1:] or ["200"])[0]), sys.argv[2:]))
