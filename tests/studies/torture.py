"""Kill studies of a stand-in at random moments and resume them: python -m tests.studies.torture [kills].

Every study is killed with SIGKILL a few times, at moments drawn from a seed, and finished
at last; its rows must be those of a study that nobody disturbed, each run once.
"""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pyarrow.dataset as ds

from sim.config import ProjectConfig, load_config
from sim.studies import manifest
from sim.studies.study import run_study
from tests.studies import fake_simulator

ROOT = Path(__file__).resolve().parents[2]
TABLES = ("runs", "accounts", "flows", "pyramid", "costs")
KILLS_A_STUDY = 5
KEYS: dict[str, Any] = {"households": 5_000, "draws": 12, "end_year": 2029}
NAP = 0.02
"""Seconds that a history and a branch of the stand-in take."""


def config_of(folder: Path, **keys: Any) -> ProjectConfig:
    """Return the configuration of a study to torture."""
    return load_config(results=str(folder), scenarios=["no_new_policy", "plan"], **(KEYS | keys))


def carry_out(values: dict[str, Any]) -> None:
    """Run or resume a study in this process."""
    run_study(load_config(**values), fake_simulator.simulator(nap=NAP), fake_simulator.report)


def start(config: ProjectConfig) -> subprocess.Popen[bytes]:
    """Start a process of its own that runs or resumes a study."""
    command = [sys.executable, "-m", "tests.studies.torture", "child", json.dumps(config.model_dump())]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.DEVNULL, stderr=subprocess.PIPE)


def rows(study_dir: Path) -> dict[str, pd.DataFrame]:
    """Return the sorted rows of every table of a study."""
    found = {}
    for table in TABLES:
        frame = ds.dataset(study_dir / table).to_table().to_pandas()
        text = {c: str for c in frame.columns if isinstance(frame[c].dtype, pd.CategoricalDtype)}
        found[table] = frame.astype(text).sort_values(list(frame.columns), ignore_index=True)
    return found


def faults(study_dir: Path, expected: dict[str, pd.DataFrame]) -> list[str]:
    """Return in what a study differs from an undisturbed one; empty if in nothing."""
    found = [name for name, table in rows(study_dir).items() if not table.equals(expected[name])]
    status = {row.status for row in manifest.read(study_dir).values()}
    left = [str(path) for path in study_dir.rglob("*") if path.name.startswith(".")]
    return found + ([f"status {sorted(status)}"] if status != {"done"} else []) + left


def torment(config: ProjectConfig, kills: int, longest: float, rng: np.random.Generator) -> int:
    """Start a study, kill it ``kills`` times, resume it each time and let it end; return how often it was hit.

    A study that ends before the blow is not hit and counts as nothing.
    """
    hits = 0
    for _ in range(kills):
        child = start(config.model_copy(update={"resume": True}))
        time.sleep(rng.uniform(0.0, longest))
        child.send_signal(signal.SIGKILL)
        child.stderr.close()
        hits += child.wait() == -signal.SIGKILL
    last = start(config.model_copy(update={"resume": True}))
    said = last.communicate()[1].decode()
    if last.returncode != 0:
        raise RuntimeError(f"the study {config.study} did not end after it was killed:\n{said}")
    return hits


def main(kills: int) -> int:
    """Torture studies until ``kills`` blows have hit; print what was found and return the exit status."""
    rng = np.random.default_rng(6)
    with tempfile.TemporaryDirectory() as made:
        folder = Path(made)
        whole = config_of(folder, study="whole", workers=1)
        began = time.monotonic()
        carry_out(whole.model_dump())
        longest = 2.0 + time.monotonic() - began
        expected = rows(whole.study_dir)
        hits, number, wrong = 0, 0, []
        while hits < kills:
            number += 1
            config = config_of(folder, study=f"s{number}", workers=1 + number % 2)
            hits += torment(config, min(KILLS_A_STUDY, kills - hits), longest, rng)
            wrong += [f"{config.study}: {fault}" for fault in faults(config.study_dir, expected)]
            print(f"{hits} of {kills} kills, {number} studies, {len(wrong)} faults", flush=True)
    print("\n".join(wrong) or f"{hits} kills in {number} studies: no run lost, none twice, all rows equal.")
    return 1 if wrong else 0


if __name__ == "__main__":
    if sys.argv[1:2] == ["child"]:
        carry_out(json.loads(sys.argv[2]))
    else:
        sys.exit(main(int((sys.argv[1:] or ["100"])[0])))
