"""Populations kept on disk are those that would be built, whatever changed since."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import sim
from sim.population import build_population, cache

ROOT = Path(sim.__file__).resolve().parent


@pytest.fixture
def folder(tmp_path, monkeypatch) -> Path:
    monkeypatch.setenv("SIM_CACHE_DIR", str(tmp_path))
    return tmp_path / "populations"


@pytest.fixture
def built(monkeypatch) -> list[tuple]:
    """Arguments of every population that is really built."""
    calls = []
    build = cache.build_population

    def counted(*arguments):
        calls.append(arguments)
        return build(*arguments)

    monkeypatch.setattr(cache, "build_population", counted)
    return calls


def test_the_second_one_is_loaded_and_the_same(hunan, folder, built):
    first = cache.cached_population(hunan, households=5_000)
    second = cache.cached_population(hunan, households=5_000)
    assert len(built) == 1
    plain = build_population(hunan, households=5_000)
    for population in (first, second):
        for ours, theirs in zip(population.households, plain.households, strict=True):
            assert ours.dtype == theirs.dtype
            np.testing.assert_array_equal(ours, theirs)
        np.testing.assert_array_equal(population.block_zone, plain.block_zone)
        assert (population.weight, population.year) == (plain.weight, plain.year)


def test_writing_to_a_population_does_not_reach_the_disk(hunan, folder):
    cache.cached_population(hunan, households=5_000).households.base[:] = 7
    assert cache.cached_population(hunan, households=5_000).households.base.max() > 7


@pytest.mark.parametrize("how", ["flipped", "cut", "empty"])
@pytest.mark.parametrize("name", ["members", "base", "block_zone", "about"])
def test_a_damaged_population_is_built_again(hunan, folder, built, name, how):
    cache.cached_population(hunan, households=5_000)
    file = next(path for path in folder.glob(f"*/{name}*"))
    content = bytearray(file.read_bytes())
    content[-1] ^= 1
    file.write_bytes({"flipped": bytes(content), "cut": bytes(content[:-10]), "empty": b""}[how])
    again = cache.cached_population(hunan, households=5_000)
    assert len(built) == 2
    plain = build_population(hunan, households=5_000)
    for ours, theirs in zip(again.households, plain.households, strict=True):
        np.testing.assert_array_equal(ours, theirs)
    assert (again.weight, again.year) == (plain.weight, plain.year)


def test_a_folder_that_cannot_be_written_is_no_error(hunan, tmp_path, monkeypatch):
    (tmp_path / "file").write_text("")
    monkeypatch.setenv("SIM_CACHE_DIR", str(tmp_path / "file"))
    assert cache.cached_population(hunan, households=5_000).households.key.size == 5_000


def test_the_cache_keeps_what_was_used_last(hunan, folder, monkeypatch):
    monkeypatch.setattr(cache, "LIMIT_BYTES", 400_000)
    for seed in (1, 2, 3):
        cache.cached_population(hunan, households=5_000, seed=seed)
    kept = {path.name for path in folder.iterdir()}
    assert kept == {cache.population_key(hunan, 2020, 5_000, seed, 0.0) for seed in (2, 3)}


@pytest.mark.parametrize(
    "changed", [{"year": 2010}, {"households": 6_000}, {"seed": 2}, {"age_tilt": 0.01}], ids=lambda c: next(iter(c))
)
def test_the_key_changes_with_every_argument(hunan, changed):
    arguments = {"year": 2020, "households": 5_000, "seed": 1, "age_tilt": 0.0}
    assert cache.population_key(hunan, **arguments | changed) != cache.population_key(hunan, **arguments)


@pytest.mark.parametrize("changed", ["population/judged.py", "agents/state.py", "agents/rng.py", "data/region.py"])
def test_the_key_changes_with_the_sources(hunan, tmp_path, changed):
    tree = Path(shutil.copytree(ROOT, tmp_path / "sim", ignore=shutil.ignore_patterns("__pycache__", "*.csv")))
    before = cache.population_key(hunan, 2020, 5_000, 1, 0.0, tree)
    assert before == cache.population_key(hunan, 2020, 5_000, 1, 0.0)
    with (tree / changed).open("a", encoding="utf-8") as file:
        file.write("\nANOTHER = 1\n")
    assert cache.population_key(hunan, 2020, 5_000, 1, 0.0, tree) != before
