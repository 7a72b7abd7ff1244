"""W in plain C (``workload.c``), built by the compiler of the machine when it is asked for."""

from __future__ import annotations

import ctypes
import shutil
import subprocess
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.workload import Counts, Numbers, State, TownTables, count, tables
from sim.base.arrays import Floats

__all__ = ["InC", "NoCompilerError", "library", "why_not"]

SOURCE = Path(__file__).with_name("workload.c")
FLAGS = ("-O3", "-march=native", "-ffp-contract=off", "-shared", "-fPIC")
"""No fused operations, which would round otherwise than NumPy does."""


class NoCompilerError(RuntimeError):
    """W cannot be built in C on this machine."""


@cache
def library() -> ctypes.CDLL:
    """Return the loop, compiled.

    Raises:
        NoCompilerError: there is no C compiler, or it cannot build the loop; the message says what it said.
    """
    compiler = shutil.which("cc") or shutil.which("gcc") or shutil.which("clang")
    if compiler is None:
        raise NoCompilerError("no C compiler (cc, gcc, clang)")
    with TemporaryDirectory() as folder:
        built = Path(folder) / "workload.so"
        command = [compiler, *FLAGS, str(SOURCE), "-o", str(built)]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            said = done.stderr.strip().splitlines()[:1] or ["nothing"]
            raise NoCompilerError(f"{compiler} ended with status {done.returncode} and said: {said[0]}")
        return ctypes.CDLL(str(built))


def why_not() -> str:
    """Return why W cannot be run in C here; empty if it can."""
    try:
        library()
    except (NoCompilerError, OSError) as error:
        return str(error)
    return ""


class InC:
    """W in plain C.

    Args:
        world: tables.
        state: households at the start; copied.
        numbers: where random numbers come from; None: a generator in C.

    Raises:
        NoCompilerError: there is no C compiler, or it fails.
    """

    def __init__(self, world: TownTables, state: State, numbers: Numbers | None = None) -> None:
        self._step_rows = library().w_step
        self._world, self._numbers = world, numbers
        self._state = State._make(column.copy() for column in state)
        self._first = self._counts = count(state)
        self._rng = np.random.default_rng(world.seed).integers(1, 2**63, 4, np.uint64)
        self._step = 0

    def run(self, steps: int) -> None:
        """Go on by a number of steps."""
        households = len(self._state.place)
        for _ in range(steps):
            weights = tables(self._world, self._counts, self._first)
            network = self._counts.network.copy()
            given: tuple[Floats | None, Floats | None] = (None, None)
            if self._numbers is not None:
                every = np.arange(households)
                given = self._numbers.thinning(self._step), self._numbers.choices(self._step, every)
            parts = (*self._state, self._world.chance, *weights, self._world.near, self._world.taste)
            self._step_rows(
                ctypes.c_int64(households),
                *(_address(part) for part in parts),
                ctypes.c_uint64(self._world.seed),
                *(_address(numbers) for numbers in given),
                _address(self._rng),
                _address(network),
            )
            self._counts = Counts(network.sum(axis=0), network)
            self._step += 1

    def state(self) -> State:
        """Return the state in the order of the households."""
        return self._state


def _address(array: NDArray[Any] | None) -> ctypes.c_void_p:
    return ctypes.c_void_p(None if array is None else array.ctypes.data)
