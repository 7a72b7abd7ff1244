"""Attack the program with generated input: python -m tests.fuzz [cases] [seed] [only].

Malformed command lines of every program, changed configuration files and changed tables are
run on a copy of the project up to the point where the work would begin. Each must be accepted
or refused with one message; ``only`` repeats a single case and shows what was said.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
COPIED = ("sim", "configs", "experiments", "benchmarks", "tests", "README.md", "pyproject.toml")
STUDY = """
from sim.config import load_config
from sim.studies.study import run_study
from tests.studies import fake_simulator

keys = {"draws": 2, "end_year": 2030, "households": 5_000, "scenarios": ["no_new_policy", "plan"], "workers": 1}
config = load_config(study="tiny", **keys)
run_study(config, fake_simulator.simulator(), fake_simulator.report)
"""
INSIDE = """
import sys
from pathlib import Path
from tests.fuzz.campaign import campaign

spare, seed, first, last, shown = sys.argv[1], *map(int, sys.argv[2:6])
sys.exit(campaign(Path.cwd(), Path(spare), seed, range(first, last), bool(shown)) > 0)
"""


def attack(first: int, last: int, seed: int, shown: bool = False) -> int:
    """Run the cases from ``first`` up to ``last`` on a copy of the project; return 1 if there is any fault."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        top, spare = Path(folder, "project"), Path(folder, "spare")
        own = {"PYTHONDONTWRITEBYTECODE": "1", "HOME": folder, "COLUMNS": "120", "PYTHONPATH": ""}
        keep = {"SIM_CACHE_DIR": os.environ.get("SIM_CACHE_DIR", str(Path(folder, "cache")))}
        _copy(top)
        command = [sys.executable, "-c", STUDY]
        subprocess.run(command, cwd=top, env={**os.environ, **own, **keep}, check=True, stderr=subprocess.DEVNULL)
        shutil.copytree(top, spare)
        command = [sys.executable, "-c", INSIDE, str(spare), *map(str, (seed, first, last, int(shown)))]
        try:
            return subprocess.run(command, cwd=top, env={**os.environ, **own, **keep}).returncode
        except KeyboardInterrupt:
            return 130


def _copy(top: Path) -> None:
    top.mkdir()
    for name in COPIED:
        source, target = ROOT / name, top / name
        if source.is_dir():
            shutil.copytree(source, target, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy2(source, target)


if __name__ == "__main__":
    cases, seed, only = (int(text) for text in (*sys.argv[1:], *("5000", "1", "-1")[len(sys.argv) - 1 :]))
    sys.exit(attack(only, only + 1, seed, shown=True) if only >= 0 else attack(0, cases, seed))
