"""Compiling in two processes: the types are those of a run, and no code is taken for another's."""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import time
from pathlib import Path

from sim.agents._compile import SealedCacheFile, source_keys
from sim.model.path import ahead

ROOT = Path(__file__).resolve().parents[3]
TYPES = """
import sim.model.path.ahead as ahead
from sim.agents import departures, reclassification, registration, schooling, settling
from sim.model.engines import difference, key_set, loops as engine, margins
engines = (engine, difference, key_set, margins)
modules = (*engines, departures, reclassification, registration, schooling, settling)
loops = [
    f for m in modules for name, f in vars(m).items()
    if hasattr(f, "signatures") and f.py_func.__module__ == m.__name__
    and (m in engines or name.endswith("_loop") or name.startswith("list_"))
]
ahead.compile_loops()
before = {f.__name__: f.signatures for f in loops if f.signatures}
from sim.config import load_config
from sim.model.path.begin import simulate_draw
from sim.model.path.setup import prepare
keys = {"draws": 1, "scenarios": ["plan", "no_new_policy"], "households": 30000, "end_year": 2027}
simulate_draw(prepare(load_config("demo", **keys)), 0, 0)
after = {f.__name__: f.signatures for f in loops if f.__name__ in before}
assert before == after, {k: (before[k], after[k]) for k in before if before[k] != after[k]}
print(*before)
"""
KEYS = 60


def test_loops_are_compiled_for_the_types_of_a_run():
    done = subprocess.run([sys.executable, "-c", TYPES], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    longest = {
        "move_loop",
        "choose_all",
        "may_differ",
        "list_differing",
        "list_homes",
        "vital_loop",
        "finish_vital",
        "register_loop",
        "settle_loop",
    }
    longest |= {"admission_loop", "depart_loop", "reclassify_loop", "enter_loop"}
    assert longest <= set(done.stdout.split())


def save_keys(folder: str, name: str) -> None:
    for k in range(KEYS):
        SealedCacheFile(folder, "rule", "stamp").save((name, k), f"{name} {k}")


def test_processes_that_save_at_once_keep_their_own_code(tmp_path):
    context = multiprocessing.get_context("spawn")
    others = [context.Process(target=save_keys, args=(str(tmp_path), name)) for name in "ab"]
    for process in others:
        process.start()
    for process in others:
        process.join()
    cache = SealedCacheFile(str(tmp_path), "rule", "stamp")
    for name in "ab":
        assert [cache.load((name, k)) for k in range(KEYS)] == [f"{name} {k}" for k in range(KEYS)]


def test_one_process_is_started_and_it_is_said_once(tmp_path, monkeypatch, capsys):
    started = []
    monkeypatch.setattr(ahead, "CACHE_FOLDER", tmp_path)
    monkeypatch.setattr(ahead, "_CHILDREN", [])
    monkeypatch.setattr(ahead.subprocess, "Popen", lambda command, **_: started.append(command))
    ahead.compile_ahead()
    ahead.compile_ahead()
    assert started == [[sys.executable, "-m", "sim.model.path.ahead"]]
    assert capsys.readouterr().err == "Compiling the rules of the model (once; about a minute).\n"


def test_what_another_checkout_has_compiled_is_not_taken_for_ours(tmp_path, monkeypatch):
    started = []
    monkeypatch.setattr(ahead, "CACHE_FOLDER", tmp_path)
    monkeypatch.setattr(ahead, "_CHILDREN", [])
    monkeypatch.setattr(ahead.subprocess, "Popen", lambda command, **_: started.append(command))
    with monkeypatch.context() as other:
        other.setattr(ahead, "ROOT", tmp_path / "other")
        ahead._mark().touch()
        ahead.compile_ahead()
    assert started == []
    ahead.compile_ahead()
    assert len(started) == 1


def test_code_of_other_sources_goes_when_it_is_old(tmp_path, monkeypatch):
    """That of the sources here stays however old it is, and so does what was added to of late."""
    monkeypatch.setattr(ahead, "CACHE_FOLDER", tmp_path)
    module, key = next(iter(source_keys().items()))
    old = time.time() - (ahead.KEPT_DAYS + 1) * 86_400
    for name in (f"{module.stem}-{key}", "moves-0123", "moves-4567"):
        (tmp_path / name).mkdir()
        if name != "moves-4567":
            os.utime(tmp_path / name, (old, old))
    ahead.forget_old()
    assert sorted(path.name for path in tmp_path.iterdir()) == sorted([f"{module.stem}-{key}", "moves-4567"])
