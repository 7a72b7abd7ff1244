"""Files appear whole or not at all."""

from __future__ import annotations

import pytest

from sim.base.errors import StudyError
from sim.studies.files import check_writable, locked, remove_temporaries, replacing


def test_a_file_appears_only_when_the_block_ends_well(tmp_path):
    path = tmp_path / "table.csv"
    path.write_text("old", encoding="utf-8")
    with pytest.raises(RuntimeError, match="halfway"), replacing(path) as temporary:
        temporary.write_text("ne", encoding="utf-8")
        assert path.read_text(encoding="utf-8") == "old"
        raise RuntimeError("halfway")
    assert path.read_text(encoding="utf-8") == "old"
    with replacing(path) as temporary:
        temporary.write_text("new", encoding="utf-8")
    assert path.read_text(encoding="utf-8") == "new"
    assert [p.name for p in tmp_path.iterdir()] == ["table.csv"]


def test_what_killed_writers_left_is_removed(tmp_path):
    (tmp_path / "runs").mkdir()
    (tmp_path / "runs" / ".tmp-77-part.parquet").write_text("half", encoding="utf-8")
    (tmp_path / "runs" / "part.parquet").write_text("whole", encoding="utf-8")
    (tmp_path / ".tmp-spill").mkdir()
    (tmp_path / ".tmp-spill" / ".tmp-1").write_text("spilt", encoding="utf-8")
    remove_temporaries(tmp_path)
    assert [p.name for p in (tmp_path / "runs").iterdir()] == ["part.parquet"]
    assert [p.name for p in tmp_path.iterdir()] == ["runs"]


def test_the_check_for_writing_leaves_no_trace(tmp_path):
    check_writable(tmp_path / "a" / "b")
    assert list(tmp_path.iterdir()) == []
    check_writable(tmp_path)
    assert tmp_path.is_dir()


def test_a_folder_below_a_file_cannot_be_written(tmp_path):
    file = tmp_path / "file"
    file.write_text("", encoding="utf-8")
    with pytest.raises(StudyError, match=r"cannot be written .*nothing was simulated(.|\n)*results=FOLDER"):
        check_writable(file / "results")
    assert [p.name for p in tmp_path.iterdir()] == ["file"]


def test_one_writer_at_a_time(tmp_path):
    second = pytest.raises(StudyError, match="another process is writing this study")
    with locked(tmp_path), second, locked(tmp_path):
        pytest.fail("a second writer got in")
    with locked(tmp_path):
        assert (tmp_path / ".lock").exists()
    assert list(tmp_path.iterdir()) == []
