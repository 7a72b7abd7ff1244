"""Ensembles: one row per job, resumed after a kill, never mixed."""

from __future__ import annotations

import os
import shutil
from dataclasses import replace
from pathlib import Path

import pandas as pd
import pytest

from sim.base.errors import StudyError
from sim.studies.ensemble import ERROR, Ensemble, ensemble_id, read_rows, run_ensemble, setup_basis, succeeded


def square(shared, job):
    if job in shared.get("fail", ()):
        raise ValueError(f"job {job} cannot be done")
    if job in shared.get("die", ()):
        mark = shared["marks"] / f"died-{job}"
        if shared["always"] or not mark.exists():
            mark.touch()
            os._exit(9)
    if job in shared.get("stop", ()):
        raise KeyboardInterrupt
    shared.setdefault("calls", []).append(job)
    return {"value": float(job**2)}


def make(folder, **shared):
    return Ensemble(folder / "runs", {"of": "squares"}, square, shared)


def identity(folder):
    made = make(folder)
    return ensemble_id(made.basis, made.simulate)


def test_rows_come_in_the_order_of_the_jobs(tmp_path):
    table = run_ensemble(make(tmp_path), [3, 1, 20, 7], workers=1)
    assert list(table["value"]) == [9.0, 1.0, 400.0, 49.0]
    assert (table[ERROR] == "").all()


def test_an_interrupted_ensemble_goes_on_where_it_was(tmp_path):
    with pytest.raises(KeyboardInterrupt):
        run_ensemble(make(tmp_path, stop=(20,)), range(24), workers=1)
    assert len(read_rows(tmp_path / "runs", identity(tmp_path))) == 16
    again = make(tmp_path)
    table = run_ensemble(again, range(24), workers=1)
    assert again.shared["calls"] == list(range(16, 24))
    assert list(table["value"]) == [float(k**2) for k in range(24)]


def test_more_jobs_extend_what_is_there(tmp_path):
    run_ensemble(make(tmp_path), range(8), workers=1)
    more = make(tmp_path)
    run_ensemble(more, range(12), workers=1)
    assert more.shared["calls"] == list(range(8, 12))


def test_two_processes_give_the_same_rows(tmp_path):
    alone = run_ensemble(make(tmp_path), range(20), workers=1)
    both = run_ensemble(Ensemble(tmp_path / "both", {"of": "squares"}, square, {}), range(20), workers=2)
    pd.testing.assert_frame_equal(alone, both)


def test_a_process_that_dies_once_costs_nothing(tmp_path):
    table = run_ensemble(make(tmp_path, die=(9, 20), always=False, marks=tmp_path), range(40), workers=2)
    assert list(table["value"]) == [float(k**2) for k in range(40)]
    assert {path.name for path in tmp_path.glob("died-*")} == {"died-9", "died-20"}


def test_jobs_whose_process_dies_twice_are_rows_with_the_reason(tmp_path):
    table = run_ensemble(make(tmp_path, die=(9,), always=True, marks=tmp_path), range(24), workers=2)
    lost = table[ERROR].str.contains("killed, or out of memory")
    assert list(table.loc[lost, "job"]) == list(range(8, 16))
    assert list(table.loc[~lost, "value"]) == [float(k**2) for k in (*range(8), *range(16, 24))]


def test_a_large_job_whose_process_dies_twice_stops_the_rest_with_one_message(tmp_path):
    ensemble = make(tmp_path, die=(2,), always=True, marks=tmp_path)._replace(large=True)
    with pytest.raises(StudyError, match=r"run 2: the process ended without a word(.|\n)*Next:"):
        run_ensemble(ensemble, range(4), workers=2)


def test_a_job_that_fails_is_a_row_and_is_tried_again(tmp_path, capsys):
    table = run_ensemble(make(tmp_path, fail=(1,)), range(3), workers=1)
    assert table[ERROR].str.contains("job 1 cannot be done").tolist() == [False, True, False]
    assert table["value"].isna().tolist() == [False, True, False]
    assert succeeded(table)["value"].tolist() == [0.0, 4.0]
    said = "Of 3 runs 2 are done, 1 failed and is left out (runs 1); the first: ValueError: job 1 cannot be done"
    assert said in capsys.readouterr().out
    again = make(tmp_path)
    table = run_ensemble(again, range(3), workers=1)
    assert again.shared["calls"] == [1]
    assert table["value"].tolist() == [0.0, 1.0, 4.0]


def test_the_first_job_of_a_part_is_tried_again_without_loss_of_the_others(tmp_path):
    run_ensemble(make(tmp_path, fail=(0,)), range(4), workers=1)
    again = make(tmp_path)
    table = run_ensemble(again, range(4), workers=1)
    assert again.shared["calls"] == [0]
    assert table["value"].tolist() == [0.0, 1.0, 4.0, 9.0]


def test_if_all_fail_it_is_said_in_one_message(tmp_path):
    table = run_ensemble(make(tmp_path, fail=(0, 1)), range(2), workers=1)
    said = r"Of 2 runs 0 are done, 2 failed and are left out \(draws 0, 1\); the first: ValueError: job 0 cannot"
    with pytest.raises(StudyError, match=said):
        succeeded(table, "draws")


def damaged(content: bytes, how: str) -> bytes:
    middle = len(content) // 2
    flipped = content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]
    return {"cut": content[:middle], "flipped": flipped, "empty": b"", "longer": content + b"x"}[how]


@pytest.mark.parametrize("how", ["cut", "flipped", "empty", "longer"])
def test_rows_of_a_damaged_part_are_made_again(tmp_path, how):
    expected = run_ensemble(make(tmp_path), range(20), workers=1)
    part = tmp_path / "runs" / "part-000008"
    part.write_bytes(damaged(part.read_bytes(), how))
    again = make(tmp_path)
    pd.testing.assert_frame_equal(run_ensemble(again, range(20), workers=1), expected)
    assert again.shared["calls"] == list(range(8, 16))


def test_parts_of_another_ensemble_and_copies_are_no_rows(tmp_path):
    other = Ensemble(tmp_path / "other", {"of": "cubes"}, square, {})
    run_ensemble(other, range(3), workers=1)
    expected = run_ensemble(make(tmp_path), range(3), workers=1)
    runs = tmp_path / "runs"
    shutil.copy(tmp_path / "other" / "part-000000", runs / "part-000099")
    shutil.copy(runs / "part-000000", runs / "part-000001")
    pd.testing.assert_frame_equal(run_ensemble(make(tmp_path), range(3), workers=1), expected)
    assert not (runs / "part-000099").exists()


def test_a_large_job_is_kept_by_itself_and_one_that_fails_stops_the_rest(tmp_path):
    with pytest.raises(ValueError, match="job 2 cannot be done"):
        run_ensemble(make(tmp_path, fail=(2,))._replace(large=True), range(4), workers=1)
    again = make(tmp_path)
    run_ensemble(again._replace(large=True), range(4), workers=1)
    assert again.shared["calls"] == [2, 3]


@pytest.mark.parametrize(
    "change",
    [
        {"scenario_content": {"no_new_policy": {"levers": {}}, "plan": {"levers": {"T3": 0.6}}}},
        {"scenario_content": {"plan": {"levers": {"T3": 0.5}}, "no_new_policy": {"levers": {}}}},
        {"seed": 2},
        {"end_year": 2031},
        {"steps_per_year": 12},
        {"params": {"taste_sd": 0.4}},
        {"data_hash": "other"},
    ],
)
def test_the_basis_of_a_setup_holds_what_determines_rows(central_setup, change):
    content = {"no_new_policy": {"levers": {}}, "plan": {"levers": {"T3": 0.5}}}
    setup = replace(central_setup, scenario_content=content)
    other = replace(setup, threads=7, engine="reference")
    made = [ensemble_id(setup_basis(s), square) for s in (setup, other, replace(setup, **change))]
    assert made[0] == made[1] != made[2]


def test_the_program_that_makes_the_rows_is_part_of_the_identity(tmp_path, monkeypatch):
    before = identity(tmp_path)
    file = tmp_path / "program.py"
    file.write_bytes(Path(__file__).read_bytes().replace(b"\n", b"\r\n"))
    monkeypatch.setattr("inspect.getfile", lambda _: str(file))
    assert identity(tmp_path) == before
    file.write_bytes(file.read_bytes() + b"# edited\n")
    assert identity(tmp_path) != before


def test_another_basis_is_refused(tmp_path):
    run_ensemble(make(tmp_path), range(3), workers=1)
    with pytest.raises(StudyError, match="other settings, scenarios, priors or code"):
        run_ensemble(make(tmp_path)._replace(basis={"of": "cubes"}), range(3), workers=1)
