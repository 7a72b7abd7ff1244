"""Rules that are compiled have a test file of their own name."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

from sim.base.paths import ROOT

RULES = ROOT / "sim" / "agents"
TESTS = ROOT / "tests" / "agents"
COMPILERS = {"njit", "rule", "inlined"}
ELSEWHERE = {
    "screens": "screens may let too many pass but nobody be missed: both engines agree in tests/model/engines",
    "yearly_screens": "as screens",
}
"""Modules without a test file of their own, and what tests them."""


def compiles(path: Path) -> bool:
    """Return whether a module has a compiled function."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    decorators = [d for node in ast.walk(tree) if isinstance(node, ast.FunctionDef) for d in node.decorator_list]
    return any(isinstance(d, ast.Name) and d.id in COMPILERS for d in decorators)


def imported(path: Path) -> set[str]:
    """Return the dotted names that a file imports."""
    froms = [n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.ImportFrom)]
    return {f"{node.module}.{alias.name}" for node in froms for alias in node.names}


MODULES = [path.stem for path in sorted(RULES.glob("*.py")) if compiles(path)]


@pytest.mark.parametrize("module", [name for name in MODULES if name not in ELSEWHERE])
def test_rules_have_a_test_file_that_imports_them(module):
    file = TESTS / f"test_{module}.py"
    assert file.is_file(), f"write {file.relative_to(ROOT)}"
    names = imported(file)
    if any(name.startswith("tests.agents.loops.") for name in names):
        names |= imported(TESTS / "loops.py")
    assert any(f"{name}.".startswith(f"sim.agents.{module}.") for name in names)


def test_exceptions_are_needed():
    assert ELSEWHERE.keys() <= set(MODULES)
    assert not [name for name in ELSEWHERE if (TESTS / f"test_{name}.py").exists()]


def test_the_check_sees_compiled_functions(tmp_path):
    file = tmp_path / "a.py"
    file.write_text("@rule\ndef f(i):\n    return i\n", encoding="utf-8")
    assert compiles(file)
    file.write_text("def f(i):\n    return i\n", encoding="utf-8")
    assert not compiles(file)
