"""A run is known by what determines its result, and by nothing else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from sim.base.paths import PACKAGE
from sim.studies.identity import SOURCES, basis_of, code_hash, digest, run_id

CONTENT = {"no_new_policy": {"levers": {}}, "plan": {"levers": {"T3": [0.5, 2025]}}}


def identity(config, content=None, data="data", draw=0, replicate=0, scenario="plan") -> str:
    return run_id(basis_of(config, content or CONTENT, data), scenario, draw, replicate)


@pytest.mark.parametrize(
    "change",
    [
        {"seed": 2},
        {"start": 2010},
        {"end_year": 2031},
        {"steps_per_year": 12},
        {"households": 6_000},
        {"params": {"taste_sd": 0.4}},
    ],
)
def test_what_determines_results_changes_the_identity(make, change):
    assert identity(make(**change)) != identity(make())


@pytest.mark.parametrize(
    "change",
    [
        {"engine": "reference"},
        {"threads": 2},
        {"workers": 2},
        {"language": "zh"},
        {"study": "other"},
        {"resume": True},
        {"draws": 9},
        {"replicates": 2},
        {"results": "elsewhere"},
        {"scenarios": ["plan"]},
    ],
)
def test_what_leaves_results_alone_leaves_the_identity_alone(make, change):
    assert identity(make(**change)) == identity(make())


def test_draw_replicate_scenario_content_and_data_change_the_identity(make):
    config = make()
    other = CONTENT | {"plan": {"levers": {"T3": [0.6, 2025]}}}
    ids = {
        identity(config),
        identity(config, draw=1),
        identity(config, replicate=1),
        identity(config, scenario="no_new_policy"),
        identity(config, content=other),
        identity(config, data="other data"),
    }
    assert len(ids) == 6


def test_the_order_of_keys_does_not_matter_and_arrays_are_content():
    assert digest({"a": 1, "b": np.array([1.0, 2.0])}) == digest({"b": [1.0, 2.0], "a": np.int64(1)})
    with pytest.raises(TypeError, match="set in the content of a run"):
        digest({"a": {1, 2}})


OTHER = ("statistics", "studies", "report", "programs")
"""Folders of the package whose sources leave results unchanged."""


def test_every_folder_of_the_package_is_a_source_or_not():
    folders = {p.parent.name for p in PACKAGE.glob("*/__init__.py")}
    assert folders == {*SOURCES, *OTHER}


@pytest.fixture
def package(tmp_path) -> Path:
    """A project of one file in each folder, and one in a folder below."""
    package = tmp_path / "sim"
    for folder in (*SOURCES, *OTHER, "model/path", "../benchmarks"):
        (package / folder).mkdir(parents=True)
        (package / folder / "a.py").write_text("x = 1\ny = 2\n", encoding="utf-8", newline="\n")
    (package / "config.py").write_text("z = 3\n", encoding="utf-8")
    return package


def changed_by(package: Path, file: str, content: bytes) -> bool:
    """Return whether writing a file changes the hash of a package."""
    before = code_hash.__wrapped__(package)
    (package / file).write_bytes(content)
    return code_hash.__wrapped__(package) != before


@pytest.mark.parametrize("folder", [*SOURCES, "model/path"])
def test_a_line_in_a_source_changes_the_hash(package, folder):
    assert changed_by(package, f"{folder}/a.py", b"x = 1\ny = 2\n# more\n")


@pytest.mark.parametrize("file", [*(f"{folder}/a.py" for folder in OTHER), "config.py", "../benchmarks/a.py"])
def test_a_line_elsewhere_does_not(package, file):
    assert not changed_by(package, file, b"x = 1\ny = 2\n# more\n")


@pytest.mark.parametrize(
    ("file", "content"),
    [("a.py", b"x = 1\r\ny = 2\r\n"), (".#a.py", b"x"), ("._a.py", b"\xff"), ("a.py~", b"x"), ("a.txt", b"x")],
)
def test_line_ends_and_what_editors_leave_do_not_matter(package, file, content):
    assert not changed_by(package, f"model/{file}", content)


def test_sources_are_hashed_by_name_and_content(tmp_path):
    def tree(name: str, **files: str):
        folder = tmp_path / name / "model"
        folder.mkdir(parents=True)
        for file, text in files.items():
            (folder / f"{file}.py").write_text(text, encoding="utf-8")
        return code_hash(folder.parent)

    first = tree("first", a="1", b="2")
    assert first == tree("same", a="1", b="2")
    assert len({first, tree("content", a="1", b="3"), tree("name", a="1", c="2"), tree("moved", a="12", b="")}) == 4
