"""Figures are the same bytes whatever the user's settings, folders and environment say."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys

import pytest

from sim.base.paths import ROOT
from tests.report.fake import Fake, write_fake_study
from tests.test_layout import FILES, typing_only

DRAW = """
import sys, warnings
from pathlib import Path
from sim.report.build import FIGURES, build_report
for name in set(FIGURES) - {"hero", "causes", "probability", "scorecard"}:
    del FIGURES[name]
build_report(Path(sys.argv[1]))
import matplotlib
print(matplotlib.rcParams["font.size"], dict.__getitem__(matplotlib.rcParams, "backend"))
"""
SETTINGS = """
text.usetex: True
font.size: 31
font.family: serif
path.sketch: 5, 50, 9
axes.formatter.use_mathtext: True
figure.constrained_layout.h_pad: 0.9
lines.linewidth: 9
"""


def draw(folder, **variables):
    """Write a report in a process of its own and return what it says."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("MPL", "MATPLOTLIB", "XDG")) and k != "HOME"}
    done = subprocess.run(
        [sys.executable, "-c", DRAW, str(folder)],
        env=kept | {"HOME": str(folder.parent), "PYTHONPATH": str(ROOT)} | variables,
        cwd=folder.parent,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout.split(), done.stderr


@pytest.fixture(scope="module")
def studies(tmp_path_factory, region):
    """One study in a plain place and, byte for byte, where every character is one of a pattern or a query."""
    plain = write_fake_study(tmp_path_factory.mktemp("plain") / "same", region, Fake(draws=3, end=2029))
    odd = tmp_path_factory.mktemp("odd") / "a[1] *?'\"#%41{x}$HOME;=" / "same"
    shutil.copytree(plain, odd)
    return plain, odd


def test_the_same_study_is_the_same_bytes_in_any_surroundings(studies, tmp_path):
    plain, odd = studies
    (tmp_path / "matplotlibrc").write_text(SETTINGS, encoding="utf-8")
    draw(plain, PYTHONHASHSEED="1")
    hostile = {"MPLBACKEND": "module://no_such_kernel.backend", "MATPLOTLIBRC": str(tmp_path), "HOME": os.devnull}
    (size, _), said = draw(odd, PYTHONHASHSEED="2", **hostile)
    assert float(size) == 31, "what the user's own figures get stays"
    assert "Traceback" not in said
    assert "temporary cache directory" not in said
    files = sorted(path.relative_to(plain) for path in plain.rglob("*") if path.is_file())
    assert len([path for path in files if path.suffix in (".png", ".svg", ".html")]) == 10
    assert [path for path in files if (plain / path).read_bytes() != (odd / path).read_bytes()] == []


def test_a_backend_that_is_known_stays_the_users(studies):
    plain, _ = studies
    assert draw(plain, MPLBACKEND="tkagg")[0][1] == "tkagg"


def test_matplotlib_is_never_loaded_before_it_is_made_safe():
    """Outside ``sim/report/figures/``, whose package does it, who imports Matplotlib says so one line before."""
    for path in FILES:
        tree = ast.parse(path.read_text(encoding="utf-8"))
        skipped = typing_only(tree)
        nodes = [n for n in ast.walk(tree) if isinstance(n, ast.Import | ast.ImportFrom) and n not in skipped]
        names = [n.module or "" if isinstance(n, ast.ImportFrom) else n.names[0].name for n in nodes]
        first = next((k for k, name in enumerate(names) if name.split(".")[0] == "matplotlib"), None)
        inside = path.relative_to(ROOT).as_posix()
        if first is None or inside.startswith("sim/report/figures/") or inside == "sim/report/plain_matplotlib.py":
            continue
        assert "sim.report.plain_matplotlib" in names[:first], f"{inside} loads Matplotlib as the user has set it"
    assert "sim.report.plain_matplotlib" in (ROOT / "sim/report/figures/__init__.py").read_text(encoding="utf-8")
