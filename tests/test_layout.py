"""Where code lives: a folder imports only what stands above it, lazy imports included."""

from __future__ import annotations

import ast
from collections.abc import Iterator
from graphlib import TopologicalSorter
from pathlib import Path

import pytest

from sim.base.paths import ROOT
from sim.studies.identity import SOURCES

FLOORS = (
    "sim/base",
    "sim/data",
    "sim/config.py",
    "sim/agents",
    "sim/statistics",
    "sim/population",
    "sim/parameters",
    "sim/policies",
    "sim/model/engines",
    "sim/model/year",
    "sim/model/solve",
    "sim/model/path",
    "sim/studies",
    "sim/report",
    "sim/programs",
    "benchmarks",
    "experiments",
)
"""Ground first; the rooms of ``sim/model/`` have an order of their own."""
ONLY = {
    "sim/base": (),
    "sim/data": ("sim/base",),
    "sim/config.py": ("sim/base",),
    "sim/agents": ("sim/base",),
    "sim/statistics": ("sim/base",),
    "sim/population": ("sim/base", "sim/data", "sim/agents"),
    "sim/parameters": ("sim/base", "sim/data", "sim/agents"),
    "sim/policies": ("sim/base", "sim/data", "sim/agents", "sim/parameters"),
    "sim/model/engines": ("sim/base", "sim/agents"),
}
"""Floors that may not touch all that stands above them."""
FILES = sorted(p for top in ("sim", "benchmarks", "experiments") for p in (ROOT / top).rglob("*.py"))
FACE = ROOT / "sim" / "__init__.py"
"""The public names of the package, each loaded when it is first used: it belongs to no floor."""
LARGEST, MEDIAN = 400, 120
HELP = "help and refusals answer before NumPy, pandas and Numba are loaded"
LAZY = {
    "benchmarks/command.py": "each part loads what it measures, and start-up is one of them",
    "benchmarks/peers.py": "Mesa takes a second to import and is one peer of several",
    **dict.fromkeys(
        (
            f"experiments/{name}.py"
            for name in (
                "attribute",
                "benchmark",
                "calibrate",
                "claims",
                "compare_households",
                "consistency",
                "damping",
            )
        ),
        HELP,
    ),
    **dict.fromkeys(
        (
            f"experiments/{name}.py"
            for name in ("discover", "hindcast", "monitor", "patterns", "sampling", "sensitivity", "whatif")
        ),
        HELP,
    ),
    "experiments/validation.py": HELP,
    "experiments/search.py": HELP,
    "sim/programs/program.py": HELP,
    "sim/data/__main__.py": "a command loads what it needs; checking comes before what would fail on a wrong table",
    "sim/model/path/begin.py": "Mesa takes a second to import; only the reference engine needs it",
    "sim/model/path/state_file.py": "Mesa takes a second to import; only the reference engine needs it",
    "sim/programs/discover/discover.py": "figures are loaded after the search",
    "sim/programs/explain/explain_text.py": HELP,
    "sim/programs/in_process.py": "`from sim import run` in a notebook loads the engine when it runs",
    "sim/programs/main_job.py": "figures are loaded after the runs, beside the summary",
    "sim/programs/project.py": HELP,
    "sim/programs/report.py": HELP,
    "sim/programs/study.py": HELP,
    "sim/programs/warm.py": "says that it compiles before it loads what takes seconds",
    "sim/report/__init__.py": "the package names what draws without loading Matplotlib",
    "sim/report/text.py": HELP,
    "sim/studies/executors.py": "Dask takes half a second to import; only its executor needs it",
    "sim/studies/simulator.py": "studies run on any simulation; this package's own is loaded when it is asked for",
}
"""Files that import of ours inside functions, and why."""


def floor_of(path: str) -> str | None:
    """Return the floor of a file or dotted module, None for what is not ours."""
    path = path.replace(".", "/") if not path.endswith(".py") else path
    for floor in FLOORS:
        if path == floor or path.startswith(f"{floor.removesuffix('.py')}/") or f"{path}.py" == floor:
            return floor
    return None


def typing_only(tree: ast.Module) -> set[ast.AST]:
    """Return the nodes that are read by type checkers alone."""
    blocks = [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.If) and isinstance(node.test, ast.Name) and node.test.id == "TYPE_CHECKING"
    ]
    return {inner for block in blocks for statement in block.body for inner in ast.walk(statement)}


def imports(path: Path) -> Iterator[tuple[int, str]]:
    """Give line and dotted module of every import of ours, lazy ones and names of modules in text included."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    skipped = typing_only(tree)
    for node in ast.walk(tree):
        if node in skipped:
            continue
        if isinstance(node, ast.Import):
            yield from ((node.lineno, alias.name) for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{path}:{node.lineno}: relative import"
            for alias in node.names:
                yield node.lineno, f"{node.module}.{alias.name}"
        elif isinstance(node, ast.Constant) and is_module(node.value):
            yield node.lineno, node.value


def is_module(value: object) -> bool:
    """Return whether a constant is the dotted name of a module of ours."""
    return isinstance(value, str) and value.startswith("sim.") and (ROOT / f"{value.replace('.', '/')}.py").is_file()


def lazy(path: Path) -> list[str]:
    """Return the modules of ours that functions of a file import."""
    functions = [n for n in ast.walk(ast.parse(path.read_text(encoding="utf-8"))) if isinstance(n, ast.FunctionDef)]
    nodes = [n for function in functions for n in ast.walk(function) if isinstance(n, ast.ImportFrom) and n.module]
    return [n.module for n in nodes if n.module and n.module.split(".")[0] in ("sim", "benchmarks")]


def test_every_file_has_a_floor():
    assert FACE in FILES
    lost = [p for p in FILES if p != FACE and floor_of(p.relative_to(ROOT).as_posix()) is None]
    assert [p.relative_to(ROOT).as_posix() for p in lost] == ["sim/model/__init__.py"]


def test_the_document_lists_the_floors_in_the_same_order():
    text = (ROOT / "docs" / "architecture.md").read_text(encoding="utf-8")
    rows = [line.split("`")[1] for line in text.splitlines() if line.startswith(("| `sim/", "| `bench", "| `exp"))]
    assert rows == [floor if floor.endswith(".py") else f"{floor}/" for floor in FLOORS]


@pytest.mark.parametrize("path", [p for p in FILES if p != FACE], ids=lambda p: p.relative_to(ROOT).as_posix())
def test_no_arrow_runs_up(path):
    """Arrows that only run down cannot close a circle between folders."""
    own = floor_of(path.relative_to(ROOT).as_posix())
    if own is None:
        return
    allowed = ONLY.get(own, FLOORS[: FLOORS.index(own)])
    for line, module in imports(path):
        other = floor_of(module)
        assert module != "sim", f"line {line} imports the public face of the package"
        assert other is None or other == own or other in allowed, f"line {line} imports {module}"


@pytest.mark.parametrize("folder", SOURCES)
def test_what_determines_results_imports_nothing_else(folder):
    """A study stays valid while the sources in ``SOURCES`` do: no other module of the package may be in a run."""
    for path in (ROOT / "sim" / folder).rglob("*.py"):
        found = [module for _, module in imports(path) if module.split(".")[0] == "sim"]
        assert [m for m in found if m.split(".")[1] not in SOURCES] == [], path


def test_the_check_sees_lazy_imports_and_names_in_text(tmp_path):
    file = tmp_path / "a.py"
    file.write_text('def f():\n    from sim.report import page\n\n\nX = "sim.studies.store"\n', encoding="utf-8")
    assert sorted(imports(file)) == [(2, "sim.report.page"), (5, "sim.studies.store")]
    assert floor_of("sim.report.page") == "sim/report"
    assert floor_of("sim.config") == "sim/config.py"
    assert floor_of("numpy.typing") is None


@pytest.mark.parametrize("path", FILES, ids=lambda p: p.relative_to(ROOT).as_posix())
def test_modules_are_short(path):
    assert len(path.read_text(encoding="utf-8").splitlines()) <= LARGEST


def test_half_of_the_modules_fit_on_two_screens():
    lengths = sorted(len(p.read_text(encoding="utf-8").splitlines()) for p in FILES)
    assert lengths[len(lengths) // 2] <= MEDIAN


def test_lazy_imports_have_a_reason_and_reasons_an_import():
    found = {p.relative_to(ROOT).as_posix() for p in FILES if p != FACE and lazy(p)}
    assert found == set(LAZY)


def test_folders_of_programs_form_no_circle():
    folders = {p.parent.name for p in (ROOT / "sim" / "programs").glob("*/*.py")}
    arrows: dict[str, set[str]] = {folder: set() for folder in folders}
    for path in (ROOT / "sim" / "programs").glob("*/*.py"):
        for _, module in imports(path):
            parts = module.split(".")
            if parts[:2] == ["sim", "programs"] and parts[2] in folders - {path.parent.name}:
                arrows[path.parent.name].add(parts[2])
    assert set(TopologicalSorter(arrows).static_order()) == folders
