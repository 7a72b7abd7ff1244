"""Files that count: not what editors, notebooks and file managers leave, with any line ends."""

from __future__ import annotations

import shutil

import pytest

from sim.base.paths import CONFIGS, PACKAGE
from sim.base.sources import content_of, files_in, modules_in
from sim.data.tables import content_hash, table_names
from sim.policies import load_levers
from sim.policies.loader import scenario_names
from sim.studies.identity import priors_hash

DEBRIS = ("._{}", ".#{}", ".~lock.{}#", "{}~", ".ipynb_checkpoints/{}")


def litter(folder, name):
    """Put what editors leave of a file beside it."""
    (folder / ".ipynb_checkpoints").mkdir()
    for form in DEBRIS:
        (folder / form.format(name)).write_bytes(b"\x00\xff")


def to_crlf(folder):
    """Give every file of a folder the line ends of Windows."""
    for path in folder.rglob("*"):
        if path.is_file():
            path.write_bytes(path.read_bytes().replace(b"\n", b"\r\n"))


def test_debris_is_no_file_and_no_module(tmp_path):
    (tmp_path / "a.py").touch()
    (tmp_path / "a (1).py").touch()
    litter(tmp_path, "a.py")
    assert [path.name for path in files_in(tmp_path, "*.py")] == ["a (1).py", "a.py"]
    assert modules_in(tmp_path) == [tmp_path / "a.py"]


def test_line_ends_are_no_content(tmp_path):
    (tmp_path / "a").write_bytes(b"x\r\ny\r\n")
    assert content_of(tmp_path / "a") == b"x\ny\n"


@pytest.fixture
def configs(tmp_path):
    return shutil.copytree(CONFIGS, tmp_path / "configs")


def test_configuration_with_debris_and_other_line_ends_is_the_same(configs):
    litter(configs / "scenario", "plan.yaml")
    litter(configs / "policy", "T1.yaml")
    to_crlf(configs)
    assert scenario_names(configs / "scenario") == scenario_names()
    assert list(load_levers(configs / "policy")) == list(load_levers())
    assert priors_hash.__wrapped__(configs) == priors_hash()


def test_tables_with_debris_and_other_line_ends_are_the_same(tmp_path):
    folder = shutil.copytree(PACKAGE / "data" / "hunan", tmp_path / "hunan")
    litter(folder, "counties.csv")
    to_crlf(folder)
    assert table_names(folder) == table_names(PACKAGE / "data" / "hunan")
    assert content_hash(folder) == content_hash(PACKAGE / "data" / "hunan")
