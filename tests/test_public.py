"""The public names and the few lines of Python that README shows."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from pathlib import Path

import pytest

import sim
from sim.config import ConfigError

ROOT = Path(__file__).resolve().parents[1]


@pytest.mark.parametrize("name", [n for n in sim.__all__ if n != "__version__"])
def test_public_names_load(name):
    assert callable(getattr(sim, name))
    assert getattr(sim, name).__doc__


def test_import_loads_nothing_else():
    code = "import sys, sim; print(sorted(m for m in sys.modules if m.startswith('sim.') or m in ('numpy', 'numba')))"
    result = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True)
    assert result.stdout.strip() == "[]", result.stderr


def test_unknown_name_is_refused_with_the_public_names():
    with pytest.raises(AttributeError, match=r"public names are .*run_study"):
        getattr(sim, "nothing" + "")


def test_version_is_that_of_the_project():
    assert f'version = "{sim.__version__}"' in (ROOT / "pyproject.toml").read_text(encoding="utf-8")


@pytest.mark.parametrize("page", ["README.md", "README.zh.md"])
def test_readme_shows_five_lines_of_python(page):
    text = (ROOT / page).read_text(encoding="utf-8")
    code = re.search(r"```python\n(.*?)```", text, re.DOTALL)
    assert code is not None
    lines = [line for line in code[1].splitlines() if line.strip()]
    assert len(lines) <= 5
    short = code[1].replace("draws=20", "draws=1").replace("end_year=2035", "end_year=2026")
    program = f"{short}\nprint(rates.to_json(orient='split'))\n"
    result = subprocess.run([sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True)
    assert result.returncode == 0, result.stderr
    shown = json.loads(result.stdout)
    assert shown["columns"] == ["no_new_policy", "plan"]
    assert shown["index"] == list(range(2020, 2027))
    assert shown["data"][0] == pytest.approx([0.5876, 0.5876], abs=0.001)


def test_run_refuses_an_unknown_key():
    with pytest.raises(ConfigError, match=r"housholds.*did you mean households"):
        sim.run(housholds=10_000)
