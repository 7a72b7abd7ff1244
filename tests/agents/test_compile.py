"""Rules about the code itself: where randomness comes from, how things are compiled, what the cache covers."""

from __future__ import annotations

import ast
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

import sim
from sim.agents._compile import _imports, source_key, source_keys
from sim.base.sources import content_of, modules_in

ROOT = Path(sim.__file__).resolve().parent
DETERMINISTIC = sorted([*ROOT.glob("agents/*.py"), *ROOT.glob("model/*/*.py")])
RULES = [path for path in sorted(ROOT.glob("agents/*.py")) if path.name not in ("_compile.py", "household.py")]
COMPILED = sorted(
    path
    for path in ROOT.rglob("*.py")
    if path.name != "_compile.py" and "sim.agents._compile" in path.read_text(encoding="utf-8")
)


BENCHMARKS = [ROOT.parent / "benchmarks" / file for file in ("compiled.py", "floors.py")]
DECORATORS = {"njit", "rule", "inlined"}


def name(path: Path) -> str:
    return path.relative_to(ROOT).as_posix()


def compiled(tree: ast.AST) -> list[ast.FunctionDef]:
    """Return the functions of a module that are compiled."""
    return [
        node
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        and any(isinstance(decorator, ast.Name) and decorator.id in DECORATORS for decorator in node.decorator_list)
    ]


def without_types(tree: ast.AST) -> list[str]:
    """Return the compiled functions that leave out the type of a parameter or of what they return."""
    return [
        function.name
        for function in compiled(tree)
        if function.returns is None or any(argument.annotation is None for argument in function.args.args)
    ]


def imported(tree: ast.AST) -> set[str]:
    found = set()
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found.add(node.module)
    return found


@pytest.mark.parametrize("path", DETERMINISTIC, ids=name)
def test_only_the_counter_based_generator_draws(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    assert not {"random", "secrets", "uuid", "numpy.random"} & imported(tree)
    drawing = [node.lineno for node in ast.walk(tree) if isinstance(node, ast.Attribute) and node.attr == "random"]
    assert not drawing


@pytest.mark.parametrize("path", DETERMINISTIC, ids=name)
def test_nothing_iterates_over_a_set(path):
    """The order of a set of strings differs between processes."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    loops = [node.iter for node in ast.walk(tree) if isinstance(node, ast.For | ast.comprehension)]
    for loop in loops:
        called = isinstance(loop, ast.Call) and isinstance(loop.func, ast.Name) and loop.func.id in ("set", "frozenset")
        assert not called
        assert not isinstance(loop, ast.Set | ast.SetComp)


@pytest.mark.parametrize("path", sorted(ROOT.rglob("*.py")), ids=name)
def test_numba_is_configured_in_one_place(path):
    uses = any(module.split(".")[0] == "numba" for module in imported(ast.parse(path.read_text(encoding="utf-8"))))
    assert not uses or path.name in ("_compile.py", "environment.py")


@pytest.mark.parametrize("path", COMPILED, ids=name)
def test_compiled_functions_use_the_shared_decorators(path):
    tree = ast.parse(path.read_text(encoding="utf-8"))
    shared = {
        alias.name
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module == "sim.agents._compile"
        for alias in node.names
    }
    used = {
        decorator.id
        for node in ast.walk(tree)
        if isinstance(node, ast.FunctionDef)
        for decorator in node.decorator_list
        if isinstance(decorator, ast.Name)
    }
    assert used & DECORATORS <= shared


@pytest.mark.parametrize("path", COMPILED + BENCHMARKS, ids=lambda path: path.relative_to(ROOT.parent).as_posix())
def test_compiled_functions_carry_types(path):
    """The compiler ignores them; readers and mypy do not."""
    missing = without_types(ast.parse(path.read_text(encoding="utf-8")))
    assert not missing


def test_a_function_without_types_is_seen():
    texts = ("@rule\ndef f(i: int, hh) -> int: ...", "@njit\ndef f(i: int): ...", "@inlined\ndef f(i: int) -> int: ...")
    assert [without_types(ast.parse(text)) for text in texts] == [["f"], ["f"], []]


def test_rules_are_pure_and_mesa_is_imported_where_it_is_used():
    for path in RULES:
        modules = imported(ast.parse(path.read_text(encoding="utf-8")))
        allowed = (
            "__future__",
            "typing",
            "numpy",
            "numpy.typing",
            "collections.abc",
            "enum",
            "zlib",
        )
        assert all(m in allowed or m.startswith(("sim.agents", "sim.base")) for m in modules), path.name
    users = [path for path in ROOT.rglob("*.py") if "mesa" in imported(ast.parse(path.read_text(encoding="utf-8")))]
    assert {path.parent.name for path in users} == {"agents", "engines"}


@pytest.fixture
def tree(tmp_path) -> Path:
    return Path(shutil.copytree(ROOT, tmp_path / "sim", ignore=shutil.ignore_patterns("__pycache__", "*.csv")))


def test_key_of_the_cache_is_that_of_the_sources(tree):
    assert source_key(tree) == source_key(ROOT) == source_key()


def test_key_reaches_constants_through_other_modules(tree):
    """A constant that a rule has from a module which has it from a third one is part of the rule."""
    (tree / "base" / "third.py").write_text("LIMIT = 1\n", encoding="utf-8")
    with (tree / "base" / "arrays.py").open("a", encoding="utf-8") as file:
        file.write("\nfrom sim.base.third import (\n    LIMIT,\n)\n")
    before = source_key(tree)
    (tree / "base" / "third.py").write_text("LIMIT = 2\n", encoding="utf-8")
    assert source_key(tree) != before


@pytest.mark.parametrize(
    "debris", ["agents/.#moves.py", "agents/._moves.py", "agents/moves (1).py", "agents/moves.py~"]
)
def test_key_does_not_change_with_what_editors_leave_and_line_ends(tree, debris):
    before = source_key(tree)
    (tree / debris).write_bytes(b"from sim.agents._compile import rule\xff")
    rules = tree / "agents" / "moves.py"
    rules.write_bytes(rules.read_bytes().replace(b"\n", b"\r\n"))
    assert source_key(tree) == before


def test_key_changes_with_settings_of_the_compiler(monkeypatch):
    before = source_key()
    monkeypatch.setattr("numba.config.BOUNDSCHECK", 1)
    assert source_key() != before


@pytest.mark.parametrize(
    "changed", ["agents/members.py", "agents/world.py", "agents/rng.py", "agents/_compile.py", "population/compose.py"]
)
def test_key_changes_with_compiled_sources_and_their_constants(tree, changed):
    before = source_key(tree)
    with (tree / changed).open("a", encoding="utf-8") as file:
        file.write("\nANOTHER = 1\n")
    assert source_key(tree) != before


@pytest.mark.parametrize("changed", ["report/page.py", "studies/store.py", "config.py", "model/path/ahead.py"])
def test_key_does_not_change_with_other_sources(tree, changed):
    before = source_key(tree)
    with (tree / changed).open("a", encoding="utf-8") as file:
        file.write("\nANOTHER = 1\n")
    assert source_key(tree) == before


def test_an_edit_compiles_again_what_depends_on_it_alone(tree):
    before = source_keys(tree)
    with (tree / "agents" / "registration.py").open("a", encoding="utf-8") as file:
        file.write("\nANOTHER = 1\n")
    after = source_keys(tree)
    assert {path.name for path in before if after[path] != before[path]} == {"registration.py", "sample.py"}
    with (tree / "agents" / "yearly_screens.py").open("a", encoding="utf-8") as file:
        file.write("\nANOTHER = 1\n")
    last = source_keys(tree)
    changed = {path.name for path in before if last[path] != after[path]}
    assert changed == {"yearly_screens.py", "loops.py", "difference.py"}


def test_every_import_of_the_package_is_seen():
    """Read by Python's own parser, against the expression that finds imports in the source."""
    for path in modules_in(ROOT):
        wanted = set()
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Import):
                wanted |= {alias.name for alias in node.names}
            elif isinstance(node, ast.ImportFrom) and node.module:
                wanted |= {node.module, *(f"{node.module}.{alias.name}" for alias in node.names)}
        files = {ROOT.parent.joinpath(*name.split(".")).with_suffix(".py") for name in wanted}
        files |= {ROOT.parent.joinpath(*name.split("."), "__init__.py") for name in wanted}
        inside = {
            file for file in files if file.is_file() and file.is_relative_to(ROOT) and file != ROOT / "__init__.py"
        }
        assert inside <= _imports(ROOT, content_of(path)), name(path)


RULE = """from sim.agents._compile import rule
from sim.base.limit import LIMIT

@rule
def limited(x: int) -> int:
    return x * 3 + LIMIT
"""
RUN = "from sim.agents.limited import limited; print(limited(2), limited.stats.cache_hits)"
VARIABLES = ("SIM_CACHE_DIR", "NUMBA_CACHE_DIR", "NUMBA_CACHE_LOCATOR_CLASSES", "PYTHONDONTWRITEBYTECODE")


def write_small(folder: Path) -> Path:
    """Write a package of one rule and one constant."""
    package = folder / "sim"
    for name in ("__init__", "base/__init__", "base/paths", "base/sealed", "base/sources", "agents/_compile"):
        (package / name).parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / f"{name}.py", package / f"{name}.py")
    (package / "agents" / "__init__.py").touch()
    (package / "agents" / "limited.py").write_text(RULE, encoding="utf-8")
    (package / "base" / "limit.py").write_text("LIMIT = 1\n", encoding="utf-8")
    return package


@pytest.fixture
def small(tmp_path) -> Path:
    return write_small(tmp_path)


def result(package: Path, **variables: str) -> tuple[str, str, str]:
    """Run the rule in a process of its own; return its result, loads from the cache, and what was said."""
    kept = {name: value for name, value in os.environ.items() if name not in VARIABLES}
    done = subprocess.run(
        [sys.executable, "-c", RUN], cwd=package.parent, env=kept | variables, capture_output=True, text=True
    )
    assert done.returncode == 0, done.stderr
    value, *hits = done.stdout.split(maxsplit=1)
    return value, " ".join(hits).strip(), done.stderr


def test_what_is_edited_while_a_process_starts_is_not_kept(small):
    """The rule is imported after its constant was edited; then the edit is taken back."""
    late = (
        "import os, pathlib, sim.agents._compile; file = pathlib.Path('sim/base/limit.py'); times = file.stat(); "
        "file.write_text('LIMIT = 2\\n'); os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns)); "
    )
    kept = {name: value for name, value in os.environ.items() if name not in VARIABLES} | {"SIM_CACHE_DIR": "kept"}
    for turn in (1, 2):
        done = subprocess.run(
            [sys.executable, "-c", late + RUN], cwd=small.parent, env=kept, capture_output=True, text=True
        )
        assert done.stdout.split()[0] == "8", turn
        assert "edited while this process started" in done.stderr
        (small / "base" / "limit.py").write_text("LIMIT = 1\n", encoding="utf-8")
        assert result(small, SIM_CACHE_DIR="kept")[0] == "7"


def edit(file: Path, old: str, new: str) -> None:
    """Change a file and leave its size and its times as they were."""
    times = file.stat()
    file.write_text(file.read_text(encoding="utf-8").replace(old, new), encoding="utf-8")
    os.utime(file, ns=(times.st_atime_ns, times.st_mtime_ns))


@pytest.mark.parametrize(
    "variables",
    [{"SIM_CACHE_DIR": "kept"}, {"NUMBA_CACHE_DIR": "shared", "NUMBA_CACHE_LOCATOR_CLASSES": "InTreeCacheLocator"}],
    ids=str,
)
def test_an_edited_rule_runs_as_edited(small, variables):
    """Rule and constant are edited without a change of size and time."""
    assert result(small, **variables)[0] == "7"
    edit(small / "base" / "limit.py", "= 1", "= 2")
    assert result(small, **variables)[0] == "8"
    edit(small / "agents" / "limited.py", "* 3", "* 4")
    assert result(small, **variables)[0] == "10"


def test_damaged_code_is_compiled_again_and_a_folder_that_cannot_be_written_is_no_error(small, tmp_path):
    cache = tmp_path / "kept"
    result(small, SIM_CACHE_DIR=str(cache))
    files = list(cache.rglob("*.nb?"))
    assert {path.suffix for path in files} == {".nbi", ".nbc"}
    for path in files:
        content = bytearray(path.read_bytes())
        content[len(content) // 2] ^= 0x10
        path.write_bytes(content)
        assert result(small, SIM_CACHE_DIR=str(cache))[:2] == ("7", "Counter()")
    assert result(small, SIM_CACHE_DIR=str(cache))[1] != "Counter()"
    (tmp_path / "file").touch()
    value, _, said = result(small, SIM_CACHE_DIR=str(tmp_path / "file"))
    assert value == "7"
    assert "compiled rules cannot be kept there" in said
    assert "SIM_CACHE_DIR" in said
