"""Populations kept on disk: built once for given tables, sources and arguments, then mapped into memory.

A population lies in a folder of its own whose name is a hash of everything that determines
it: the tables of the region, the sources that build it and the arguments. An edit of any of
them asks for another folder, so a stale population cannot be met. Every file is verified before
it is used, and built again where it is damaged. Columns are mapped copy on write: nothing is
ever written back.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import shutil
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sim.agents.state import COLUMNS, Households, Population
from sim.base.paths import PACKAGE, cache_root
from sim.base.sealed import fingerprint, seal, unseal
from sim.base.sources import content_of, modules_in
from sim.population.build import build_population

if TYPE_CHECKING:
    from sim.data import Region

__all__ = ["cached_population", "population_key"]

SOURCES = ("population", "data")
MODULES = ("agents/state.py", "agents/rng.py", "agents/_compile.py")
ABOUT = "about"
"""File that names the digest of every other, sealed."""
LIMIT_BYTES = 6 * 2**30
"""Size of the cache; populations used longest ago go first. Judged: four full provinces fit."""


def population_key(region: Region, year: int, households: int, seed: int, age_tilt: float, root: Path = PACKAGE) -> str:
    """Return the hash of everything that determines a population.

    Args:
        region: tables and geography.
        year: as in ``build_population``, like the next three.
        households: number of agents.
        seed: seed of the population.
        age_tilt: age structure of the zones.
        root: folder of the package ``sim``.
    """
    digest = hashlib.sha256(json.dumps([region.name, region.data_hash(), np.__version__]).encode())
    digest.update(json.dumps([year, households, seed, float(age_tilt).hex()]).encode())
    paths = [path for folder in SOURCES for path in modules_in(root / folder) if path.parent == root / folder]
    for path in sorted([*paths, *(root / name for name in MODULES)]):
        digest.update(path.relative_to(root).as_posix().encode() + b"\0")
        digest.update(content_of(path) + b"\0")
    return digest.hexdigest()[:24]


def cached_population(
    region: Region, year: int = 2020, households: int = 50_000, seed: int = 1, age_tilt: float = 0.0
) -> Population:
    """Return what ``build_population`` returns for the same arguments, from disk if it was built before.

    A cache that cannot be written or read is no error: the population is built.

    Raises:
        ValueError: as ``build_population``.
    """
    folder = _base() / population_key(region, year, households, seed, age_tilt)
    found = _load(folder)
    if found is not None:
        return found
    population = build_population(region, year, households, seed, age_tilt)
    try:
        _store(folder, population)
    except OSError:
        return population
    return _load(folder) or population


def _base() -> Path:
    """Return the folder of all populations, beside the compiled code."""
    return cache_root() / "populations"


def _load(folder: Path) -> Population | None:
    """Return a stored population, None if there is none or it is damaged."""
    try:
        about = json.loads(unseal((folder / ABOUT).read_bytes(), folder.name))
        if any(_fingerprint(folder / name) != digest for name, digest in about["digests"].items()):
            return None
        columns = [np.asarray(np.load(folder / f"{c.name}.npy", mmap_mode="c")) for c in COLUMNS]
        block_zone = np.load(folder / "block_zone.npy")
    except (OSError, ValueError):
        return None
    with contextlib.suppress(OSError):
        os.utime(folder)
    return Population(Households._make(columns), block_zone, float(about["weight"]), int(about["year"]))


def _fingerprint(path: Path) -> str:
    """Return the digest of a file, mapped: it is read once and need not fit into memory beside the population."""
    return fingerprint(np.memmap(path, np.uint8, "r").data if path.stat().st_size else b"")


def _store(folder: Path, population: Population) -> None:
    """Write a population; the folder appears whole or not at all."""
    folder.parent.mkdir(parents=True, exist_ok=True)
    temporary = Path(tempfile.mkdtemp(prefix=".tmp-", dir=folder.parent))
    try:
        for column in COLUMNS:
            np.save(temporary / f"{column.name}.npy", getattr(population.households, column.name))
        np.save(temporary / "block_zone.npy", population.block_zone)
        digests = {path.name: _fingerprint(path) for path in sorted(temporary.iterdir())}
        about = {"weight": population.weight, "year": population.year, "digests": digests}
        (temporary / ABOUT).write_bytes(seal(json.dumps(about).encode(), folder.name))
        if folder.exists():
            shutil.rmtree(folder)
        temporary.rename(folder)
    finally:
        shutil.rmtree(temporary, ignore_errors=True)
    _prune(folder)


def _prune(newest: Path) -> None:
    """Remove populations used longest ago until the cache is below its limit."""
    folders = [path for path in newest.parent.iterdir() if path != newest]
    left = LIMIT_BYTES - _size(newest)
    for path in sorted(folders, key=lambda p: p.stat().st_mtime, reverse=True):
        left -= _size(path)
        if left < 0:
            shutil.rmtree(path, ignore_errors=True)


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.iterdir())
