"""A study from start to end: listed first, failures as rows, resumed, never mixed, the same by every path."""

from __future__ import annotations

import json
import shutil
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest
import yaml

from sim.base.errors import StudyError, is_user_error
from sim.data import load_region
from sim.studies import manifest
from sim.studies.identity import digest
from sim.studies.simulator import default_simulator
from sim.studies.study import Outcome, run_study
from tests.studies import fake_simulator

FILES = {
    "manifest.parquet",
    "config.yaml",
    "env.json",
    "inputs",
    "SHA256SUMS",
    "runs",
    "accounts",
    "flows",
    "pyramid",
    "costs",
    "draws",
    "summary.csv",
    "coverage.csv",
    "target.csv",
    "census.csv",
    "uncertainty.csv",
    "precision.csv",
    "value_for_money.csv",
    "effects.csv",
    "accounts.csv",
    "flows.csv",
    "pyramid.csv",
    "costs.csv",
    "start.csv",
    "fit.csv",
    "parameters.parquet",
    "levers.parquet",
    "report.html",
}
COLUMNS = {
    "summary": "scenario,year,place,indicator,unit,median,p05,p25,p75,p95,mean,runs",
    "target": "scenario,target,target_year,probability,ci_low,ci_high,crossing_year_median,"
    "shortfall_median_pp,probability_runs,probability_census",
    "effects": "scenario,year,place,indicator,median,p05,p95,variance_reduction",
    "accounts": "scenario,draw,replicate,year,place,zone,born,died,moved_in,moved_out,counted,entered,left",
    "flows": "scenario,year,origin,destination,age_band,persons",
    "pyramid": "scenario,year,zone,sex,age_lo,persons",
    "costs": "scenario,year,lever,place,mean,median,p05,p95",
}


def run(config, **accidents: object) -> Outcome:
    return run_study(config, fake_simulator.simulator(**accidents), fake_simulator.report)


def rows(study_dir: Path, table: str = "runs") -> pd.DataFrame:
    frame = pq.read_table(study_dir / table).to_pandas().astype({"run_id": str})
    return frame.sort_values(list(frame.columns), ignore_index=True)


def statuses(study_dir: Path) -> dict[tuple[str, int], str]:
    return {(row.scenario, row.draw): row.status for row in manifest.read(study_dir).values()}


def test_a_study_has_exactly_the_promised_files_and_columns(make):
    config = make()
    outcome = run(config)
    assert (outcome.done, outcome.failed) == (6, 0)
    assert {p.name for p in config.study_dir.iterdir()} == FILES
    for name, columns in COLUMNS.items():
        assert (config.study_dir / f"{name}.csv").read_text(encoding="utf-8").splitlines()[0] == columns
    assert rows(config.study_dir).columns.tolist() == ["run_id", "year", "step", "place", "indicator", "value", "unit"]
    assert next(p.name for p in sorted((config.study_dir / "runs").iterdir())).startswith("part-00000-000-")
    assert yaml.safe_load((config.study_dir / "config.yaml").read_text(encoding="utf-8")) == config.model_dump()
    environment = json.loads((config.study_dir / "env.json").read_text(encoding="utf-8"))
    assert {"versions", "commit", "machine", "threads", "code_hash", "data_hash"} <= set(environment)
    assert outcome.text().endswith(f"Report: {config.study_dir / 'report.html'}\n")


def test_every_run_is_listed_as_pending_before_the_first_starts(make):
    config = make()
    seen: list[dict[tuple[str, int], str]] = []

    def begin(setup, draw, replicate):
        seen.append(statuses(config.study_dir))
        return fake_simulator.begin(setup, draw, replicate)

    run_study(config, fake_simulator.simulator()._replace(begin=begin), fake_simulator.report)
    assert set(seen[0].values()) == {"pending"}
    assert len(seen[0]) == 6


def test_one_and_two_workers_give_the_same_rows(make):
    one, two = make(), make(study="two", workers=2, draws=3)
    run(one)
    run(two)
    for table in ("runs", "accounts", "flows", "pyramid", "costs"):
        pd.testing.assert_frame_equal(rows(one.study_dir, table), rows(two.study_dir, table))
    for name in ("summary", "target", "effects", "accounts", "flows", "pyramid", "costs", "start"):
        assert (one.study_dir / f"{name}.csv").read_bytes() == (two.study_dir / f"{name}.csv").read_bytes()


def test_a_failed_draw_is_a_row_and_is_tried_again_on_resume(make, tmp_path):
    config = make()
    outcome = run(config, fail=(1,), repaired=tmp_path / "repaired")
    assert (outcome.done, outcome.failed) == (4, 2)
    assert "First failure: RuntimeError: draw 1 went wrong" in outcome.text()
    failed = [row for row in manifest.read(config.study_dir).values() if row.status == "failed"]
    assert all("draw 1 went wrong" in row.error and "Traceback" in row.error for row in failed)
    assert set(pd.read_csv(config.study_dir / "summary.csv")["runs"]) == {2}
    (tmp_path / "repaired").touch()
    again = run(make(resume=True), fail=(1,), repaired=tmp_path / "repaired")
    assert (again.done, again.failed) == (6, 0)
    whole = make(study="whole")
    run(whole)
    pd.testing.assert_frame_equal(rows(config.study_dir), rows(whole.study_dir))


def test_a_process_that_dies_costs_only_its_own_draw(make):
    config = make(draws=5, workers=2)
    outcome = run(config, die=(2,))
    assert (outcome.done, outcome.failed) == (8, 2)
    assert "killed, or out of memory" in outcome.error
    assert {draw for (_, draw), status in statuses(config.study_dir).items() if status == "failed"} == {2}


def test_a_value_that_is_not_finite_fails_the_run(make):
    outcome = run(make(), nan=(0,))
    assert outcome.failed == 2
    assert "value has values that are not finite" in outcome.error


def test_no_report_when_nothing_succeeded(make):
    outcome = run(make(), fail=(0, 1, 2))
    assert outcome.report is None
    assert "there is no report" in outcome.text()


def test_an_interrupted_study_keeps_finished_runs_and_resumes_to_the_same_rows(make, tmp_path):
    config = make(draws=4)
    with pytest.raises(KeyboardInterrupt):
        run(config, interrupt=(2,))
    assert sorted(set(statuses(config.study_dir).values())) == ["done", "pending"]
    assert not (config.study_dir / "summary.csv").exists()
    assert not list(config.study_dir.rglob(".*"))
    outcome = run(make(draws=4, resume=True))
    assert outcome.done == 8
    whole = make(study="whole", draws=4)
    run(whole)
    pd.testing.assert_frame_equal(rows(config.study_dir), rows(whole.study_dir))


def test_an_existing_study_needs_resume(make):
    run(make())
    with pytest.raises(StudyError, match=r"already holds this study \(6 of 6 runs done\)(.|\n)*resume=true"):
        run(make())
    assert run(make(resume=True)).done == 6


def test_draws_replicates_and_scenarios_extend_a_study(make):
    run(make())
    before = rows(make().study_dir)
    wider = {"draws": 4, "replicates": 2, "scenarios": ["no_new_policy", "plan", "jobs_first"], "resume": True}
    assert run(make(**wider)).done == 24
    after = rows(make().study_dir)
    kept = after[after["run_id"].isin(before["run_id"])].reset_index(drop=True)
    pd.testing.assert_frame_equal(kept, before)


@pytest.mark.parametrize(
    ("change", "named"),
    [
        ({"seed": 2}, "seed = 2 (the study has 1)"),
        ({"households": 6_000}, "households = 6000 (the study has 5000)"),
        ({"levers": {"T3": 0.8}}, "levers = {'T3': 0.8} (the study has {})"),
        ({"params": {"taste_sd": 0.4}}, "params = {'taste_sd': 0.4} (the study has {})"),
        ({"draws": 2}, "draws = 2 (the study has 3; it can only grow)"),
        ({"scenarios": ["plan"]}, "scenarios without no_new_policy"),
    ],
)
def test_another_configuration_never_mixes_in(make, change, named):
    run(make())
    before = {p: p.read_bytes() for p in make().study_dir.rglob("*") if p.is_file()}
    for resume in (False, True):
        with pytest.raises(StudyError) as caught:
            run(make(resume=resume, **change))
        assert named in str(caught.value)
        assert "study=NAME" in str(caught.value)
    assert {p: p.read_bytes() for p in make().study_dir.rglob("*") if p.is_file()} == before


@pytest.mark.parametrize(
    ("key", "named"),
    [("data", "data"), ("priors", "priors"), ("code", "code (sources of sim/ that determine results)")],
)
def test_other_data_priors_or_code_never_mix_in(make, key, named):
    run(make())
    path = make().study_dir / "inputs" / "index.json"
    stored = json.loads(path.read_text(encoding="utf-8"))
    content = {"basis": stored["basis"] | {key: "another"}, "files": stored["files"]}
    path.write_text(json.dumps(content | {"digest": digest(content)}), encoding="utf-8")
    with pytest.raises(StudyError) as caught:
        run(make(resume=True))
    assert named in str(caught.value)


def test_a_scenario_with_other_content_never_mixes_in(make):
    run(make())
    with pytest.raises(StudyError, match=r"scenario plan \(its content has changed\)"):
        run(make(resume=True), content={"plan": "stronger"})


def test_engine_threads_workers_and_language_may_change_on_resume(make):
    run(make())
    assert run(make(resume=True, engine="reference", threads=2, workers=2, language="zh")).done == 6


def test_lost_part_files_are_simulated_again(make):
    run(make())
    study_dir = make().study_dir
    before = rows(study_dir)
    next((study_dir / "runs").glob("part-00001-*.parquet")).unlink()
    run(make(resume=True))
    pd.testing.assert_frame_equal(rows(study_dir), before)


def test_a_folder_that_is_no_study_is_left_alone(make):
    config = make()
    config.study_dir.mkdir(parents=True)
    (config.study_dir / "thesis.txt").write_text("precious", encoding="utf-8")
    with pytest.raises(StudyError, match=r"holds no study \(manifest.parquet is missing\)"):
        run(config)
    assert [p.name for p in config.study_dir.iterdir()] == ["thesis.txt"]


def test_a_broken_manifest_is_told(make):
    config = make()
    config.study_dir.mkdir(parents=True)
    (config.study_dir / "manifest.parquet").write_text("no", encoding="utf-8")
    (config.study_dir / "config.yaml").write_text(yaml.safe_dump(config.model_dump()), encoding="utf-8")
    with pytest.raises(StudyError, match="not a readable manifest"):
        run(config)


def test_a_preparation_that_fails_writes_nothing(make, tmp_path):
    def prepare(config):
        raise StudyError("a table is wrong")

    with pytest.raises(StudyError, match="a table is wrong"):
        run_study(make(), fake_simulator.simulator()._replace(prepare=prepare), fake_simulator.report)
    assert list(tmp_path.iterdir()) == []


HEAD = "name: wrong\nname_en: w\nname_zh: w\ndescription: w\ndescription_zh: w\n"
WRONG_FILES = {
    "text: [": "line 2, column 1: not valid YAML",
    HEAD + "levers: {T3: 1.7}\n": "1.7",
    HEAD + "levers: {T3: {intensity: 1, where: {groups: [rivers]}}}\n": "'rivers'",
    HEAD + "levers: {T3: {intensity: 1, where: {counties: [430199]}}}\n": "'430199'",
}


@pytest.mark.parametrize("content", WRONG_FILES)
def test_a_wrong_scenario_file_is_refused_before_the_study_is_announced(make, tmp_path, capsys, content):
    file = tmp_path / "wrong.yaml"
    file.write_text(content, encoding="utf-8")
    with pytest.raises(ValueError, match=r"wrong\.yaml") as refused:
        run_study(make(scenarios=["no_new_policy", str(file)]), default_simulator(), fake_simulator.report)
    assert is_user_error(refused.value)
    assert WRONG_FILES[content] in str(refused.value)
    assert capsys.readouterr().err == ""
    assert list(tmp_path.iterdir()) == [file]


def test_a_wrong_table_is_refused_before_the_study_is_announced(make, tmp_path, capsys, monkeypatch):
    folder = tmp_path / "hunan"
    shutil.copytree(load_region("hunan").folder, folder)
    rows = (folder / "county_census.csv").read_text(encoding="utf-8").splitlines(keepends=True)
    (folder / "county_census.csv").write_text("".join(r for r in rows if "430102" not in r), encoding="utf-8")
    monkeypatch.setattr("sim.model.path.setup.load_region", lambda *_: load_region("hunan", tmp_path))
    with pytest.raises(ValueError, match="county_census") as refused:
        run_study(make(), default_simulator(), fake_simulator.report)
    assert is_user_error(refused.value)
    assert capsys.readouterr().err == ""
    assert not (tmp_path / "results").exists()


def test_a_posterior_of_other_data_is_told_in_one_line_and_kept_with_the_study(make, monkeypatch, capsys):
    monkeypatch.setattr("sim.parameters.posterior.made_with", lambda *_: {"data": "older", "code": "c"})
    monkeypatch.setattr("sim.studies.environment.made_with", lambda _: {"data": "older", "code": "c"})
    run(make(posterior="posterior_projection"))
    lines = [line for line in capsys.readouterr().err.splitlines() if "other data tables (older)" in line]
    assert len(lines) == 1
    env = json.loads((make().study_dir / "env.json").read_text(encoding="utf-8"))
    assert env["posterior_made_with"] == {"data": "older", "code": "c"}
    monkeypatch.undo()
    run(make(study="fresh", posterior="posterior_projection"))
    assert "other data tables" not in capsys.readouterr().err
