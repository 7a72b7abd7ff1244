"""Compile the loops of the engine ahead: in a second process, while the first one builds its population."""

from __future__ import annotations

import contextlib
import os
import shutil
import subprocess
import sys
import threading
import time
from dataclasses import replace
from pathlib import Path
from typing import cast

import numpy as np

from sim.agents._compile import CACHE_FOLDER, SOURCE_KEY, source_keys
from sim.agents.observe import N_STOCKS
from sim.agents.state import MAX_AGE, Population, empty_households
from sim.base.paths import ROOT
from sim.base.sealed import fingerprint
from sim.data import load_region
from sim.model.engines.difference import DifferenceEngine
from sim.model.engines.fast import FastEngine
from sim.model.engines.recording import RecordingEngine
from sim.model.path.plans import Planner
from sim.model.year.books import Draw, Simulation
from sim.model.year.markets import start_markets
from sim.model.year.outside_flows import outside_flows
from sim.model.year.places import geography, load_places
from sim.model.year.processes import run_year
from sim.model.year.schedules import load_schedules
from sim.model.year.world_tables import Constants, network_shares
from sim.parameters.declared import draw_parameters

__all__ = ["compile_ahead", "compile_loops", "finish_ahead", "forget_old"]

YEAR = 2020
KEPT_DAYS = 30
"""Days for which compiled code of other sources stays after it was last added to."""
_CHILDREN: list[subprocess.Popen[bytes]] = []


def _mark() -> Path:
    """Return the file that says that all is compiled; Numba keeps code by the path of its source, hence one each."""
    return CACHE_FOLDER / f"ahead-{SOURCE_KEY}-{fingerprint(str(ROOT).encode())}"


def compile_ahead() -> None:
    """Start a process that compiles the loops, and say so, if none has come to its end here with these sources.

    Nothing waits for it: what it has not finished when it is needed is compiled by who needs it. It ends
    with this process, which holds the other end of its standard input.
    """
    if _mark().exists() or _CHILDREN:
        return
    sys.stderr.write("Compiling the rules of the model (once; about a minute).\n")
    root = str(ROOT)
    path = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
    child = subprocess.Popen(
        [sys.executable, "-m", "sim.model.path.ahead"],
        env={**os.environ, "PYTHONPATH": path},
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    _CHILDREN.append(child)


def finish_ahead() -> None:
    """Wait for the process that compiles the loops, if one was started here."""
    for child in _CHILDREN:
        child.wait()


def compile_loops() -> None:
    """Run a year of one step without households: by itself, recorded, and beside that one. All it calls is compiled.

    All blocks turn rural in the recorded year and none in the one beside it.
    """
    sim = _empty_province()
    plan = Planner.neutral_plan(sim.draw)
    alone, first, beside = sim.copy(), sim.copy(), sim.copy()
    run_year(alone, plan)
    first.engine = recorded = RecordingEngine(cast(FastEngine, sim.engine), first.engine.geo)
    run_year(first, replace(plan, status_loss=1.0))
    beside.engine = DifferenceEngine(recorded, beside.engine.geo)
    run_year(beside, plan)


def _empty_province() -> Simulation:
    """Return a province without households, in the types of a real run."""
    region = load_region()
    zones = np.tile(np.arange(256, dtype=np.uint8) % 2, (region.n_counties, 1))
    nobody = Population(empty_households(0), zones, 1.0, YEAR)
    draw = Draw(
        region=region,
        places=load_places(region),
        schedules=load_schedules(region),
        params=draw_parameters(0, 0, {}),
        seed=0,
        steps_per_year=1,
        weight=nobody.weight,
        last_observed=YEAR,
        public_share=0.5,
        templates=empty_households(1),
        outside_flows=outside_flows(region, YEAR, YEAR, 0.0),
    )
    backend = FastEngine(nobody.households, geography(region, nobody))
    stocks = np.ones((2 * region.n_counties + region.n_outside, N_STOCKS), np.int64)
    return Simulation(
        engine=backend,
        draw=draw,
        constants=Constants.zeros(region),
        markets=start_markets(stocks, region.n_counties, draw.public_share, draw.weight),
        network=network_shares(backend.network(), 1.0),
        residents=np.zeros(len(stocks), np.int64),
        registered=0,
        stocks=stocks,
        ages=np.ones((3, 2, MAX_AGE + 1), np.int64),
        year=YEAR,
        survival=np.ones(region.n_counties),
    )


def forget_old() -> None:
    """Remove what was compiled of other sources than those here, and has not been added to for ``KEPT_DAYS``."""
    current = {f"{module.stem}-{key}" for module, key in source_keys().items()}
    for folder in CACHE_FOLDER.iterdir():
        if folder.is_dir() and folder.name not in current and time.time() - folder.stat().st_mtime > KEPT_DAYS * 86_400:
            shutil.rmtree(folder, ignore_errors=True)


def _end_with_parent() -> None:
    sys.stdin.buffer.read()
    os._exit(1)


if __name__ == "__main__":
    threading.Thread(target=_end_with_parent, daemon=True).start()
    compile_loops()
    with contextlib.suppress(OSError):
        _mark().touch()
        forget_old()
    os._exit(0)  # the thread still waits for the standard input, which an ordinary end would wait for
