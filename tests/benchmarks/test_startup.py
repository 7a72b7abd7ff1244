"""Help needs no numerical library: what a program imports before it knows what to do."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]
HEAVY = ("distributed", "duckdb", "matplotlib", "mesa", "numba", "numpy", "pandas", "pandera", "pyarrow", "scipy")
PROGRAM = """
import atexit, runpy, sys
atexit.register(lambda: sys.stderr.write("\\nloaded " + " ".join(sys.modules)))
sys.argv = ["program", "--help"]
runpy.run_module("experiments.{name}", run_name="__main__")
"""


@pytest.mark.parametrize("name", sorted(p.stem for p in (ROOT / "experiments").glob("*.py") if p.stem != "__init__"))
def test_help_loads_no_heavy_library(name):
    done = subprocess.run([sys.executable, "-c", PROGRAM.format(name=name)], cwd=ROOT, capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    loaded = done.stderr.rpartition("\nloaded ")[2].split()
    assert not set(HEAVY) & set(loaded)
    assert "hydra" in loaded or done.stdout
