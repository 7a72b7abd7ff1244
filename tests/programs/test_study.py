"""Studies looked after: status, resume, one run again, two studies compared, tables exported."""

from __future__ import annotations

import pandas as pd
import pyarrow.parquet as pq
import pytest
from openpyxl import load_workbook

from sim.base.arguments import ArgumentError, keyed
from sim.base.errors import StudyError
from sim.data import load_region
from sim.programs.study import study_job
from sim.studies import export, manifest
from sim.studies.compare import compare_studies
from sim.studies.export import export_study
from sim.studies.files import locked
from sim.studies.rerun import chosen_run, rerun
from sim.studies.status import status_text
from sim.studies.study import run_study
from tests.studies import fake_simulator


def run(config, **accidents: object):
    return run_study(config, fake_simulator.simulator(**accidents), fake_simulator.report)


def test_status_tells_what_is_done_left_and_failed_and_writes_nothing(make):
    config = make(draws=4)
    with pytest.raises(KeyboardInterrupt):
        run(config, fail=(1,), interrupt=(3,))
    before = {p: p.read_bytes() for p in config.study_dir.rglob("*") if p.is_file()}
    text = status_text(config.study_dir)
    assert {p: p.read_bytes() for p in config.study_dir.rglob("*") if p.is_file()} == before
    assert "4 of 8 runs done, 2 failed, 2 pending; no process is writing it" in text
    assert [line.split() for line in text.splitlines() if line.split()[:1] == ["plan"]] == [
        ["plan", "4", "2", "1", "1"]
    ]
    assert "Failed 2 times: RuntimeError: draw 1 went wrong (first: run " in text
    assert "left with 1 workers" in text
    assert "Tables: none yet" in text
    assert f"experiments.study resume study=tiny results={config.results}" in text
    with locked(config.study_dir):
        assert "a process is writing it now" in status_text(config.study_dir)


def test_status_counts_runs_that_the_tables_do_not_hold(make):
    run(make())
    with pytest.raises(KeyboardInterrupt):
        run(make(draws=5, resume=True), interrupt=(4,))
    assert "Tables: of 6 runs; 2 finished later and are not in them." in status_text(make().study_dir)


def test_status_names_what_makes_resuming_impossible(make, monkeypatch):
    run(make())
    monkeypatch.setattr("sim.studies.inputs.code_hash", lambda: "another")
    assert "cannot be resumed by this installation: code (sources of sim/ that determine results)" in status_text(
        make().study_dir
    )


def test_tables_of_an_incomplete_study_say_so(make):
    outcome = run(make(), fail=(1,))
    coverage = pd.read_csv(make().study_dir / "coverage.csv").set_index("scenario")
    assert coverage.loc["plan"].to_dict() == {"planned": 3, "done": 2, "failed": 1, "pending": 0}
    assert "This study is incomplete: every table and figure leaves out 2 failed and 0 pending runs." in outcome.text()
    assert "This study is incomplete" not in run(make(study="whole")).text()


def test_on_error_stop_keeps_what_is_done_and_says_it_is_incomplete(make):
    outcome = run(make(draws=5, on_error="stop"), fail=(1,))
    assert (outcome.done, outcome.failed, outcome.pending) == (2, 2, 6)
    assert "leaves out 2 failed and 6 pending runs" in outcome.text()
    assert run(make(draws=5, resume=True)).done == 10


def test_only_the_scenario_that_failed_is_a_failed_row(make):
    outcome = run(make(), fail_branch=(("plan", 1),))
    assert (outcome.done, outcome.failed) == (5, 1)
    assert run(make(resume=True)).done == 6


def test_a_run_again_is_identical_row_by_row(make):
    run(make())
    study_dir = make().study_dir
    rows = manifest.read(study_dir)
    row = chosen_run(rows, {"scenario": "plan", "draw": "2"})
    assert "each identical to what is stored" in rerun(study_dir, row, fake_simulator.simulator())
    assert chosen_run(rows, {"run": row.run_id[:8]}) == row


def test_a_run_that_comes_out_differently_is_told_with_its_table(make, monkeypatch):
    run(make())
    monkeypatch.setattr(fake_simulator, "value", lambda *_: 0.5)
    row = next(iter(manifest.read(make().study_dir).values()))
    with pytest.raises(StudyError, match="differ from what is stored in runs"):
        rerun(make().study_dir, row, fake_simulator.simulator())


def test_a_run_of_other_sources_is_not_run_again(make, monkeypatch):
    run(make())
    row = next(iter(manifest.read(make().study_dir).values()))
    with pytest.raises(StudyError, match=r"another run; the scenario differ(.|\n)*check out commit"):
        rerun(make().study_dir, row, fake_simulator.simulator(content={"no_new_policy": "other"}))


@pytest.mark.parametrize("values", [{"run": "zz"}, {"scenario": "plan"}, {}])
def test_which_run_must_be_clear(make, values):
    run(make())
    with pytest.raises(StudyError, match=r"of 6 runs fit(.|\n)*run=ID"):
        chosen_run(manifest.read(make().study_dir), values)


def test_a_comparison_is_b_minus_a_paired_by_draw(make):
    run(make(study="a"))
    run(make(study="b", draws=4, households=6_000), content={"plan": "stronger"})
    folder = make().study_dir.parent
    found = compare_studies(folder / "a", folder / "b", "430000")
    assert found.folder == folder / "comparisons" / "a-vs-b"
    assert set(found.settings["key"]) == {"households", "draws", "scenario plan"}
    head = found.differences.query("place == '430000' and indicator == 'resident_urban_rate' and year == 2029")
    summaries = [pd.read_csv(folder / name / "summary.csv", dtype={"place": str}) for name in "ab"]
    for row in head.itertuples():
        where = {"scenario": row.scenario, "place": "430000", "year": 2029, "indicator": "resident_urban_rate"}
        medians = [table[(table[list(where)] == pd.Series(where)).all(axis=1)]["median"].item() for table in summaries]
        assert row.difference == pytest.approx(medians[1] - medians[0], abs=1e-12)
    assert set(found.paired["pairs"]) == {3}
    assert found.paired[["median", "p05", "p95"]].abs().max().max() == 0.0
    assert pd.read_csv(found.folder / "differences.csv").shape == found.differences.shape


def test_studies_without_a_common_scenario_are_not_compared(make):
    run(make(study="a", scenarios=["plan"]))
    run(make(study="b", scenarios=["no_new_policy"]))
    folder = make().study_dir.parent
    with pytest.raises(StudyError, match="no scenario and year in common"):
        compare_studies(folder / "a", folder / "b", "430000")


def test_the_comparison_is_drawn_and_printed(make, capsys):
    for name in "ab":
        run(make(study=name))
    results = make().results
    assert study_job(["compare", "study=a", "with=b", f"results={results}", "language=zh"]) == 0
    text = capsys.readouterr().out
    assert "They differ in:\nnothing that can change results" in text
    figures = make().study_dir.parent / "comparisons" / "a-vs-b" / "figures"
    assert {p.name for p in figures.iterdir()} == {"paths.png", "paths.svg", "places.png", "places.svg"}


def test_the_export_is_the_summary_by_place_and_year(make):
    run(make())
    workbook, places = export_study(make().study_dir)
    tidy = pd.read_csv(places, dtype={"place": str})
    assert not tidy.duplicated(["scenario", "place", "year"]).any()
    summary = pd.read_csv(make().study_dir / "summary.csv", dtype={"place": str})
    long = tidy.melt(["scenario", "place", "year"], ["rate_gap", "rate_gap_p05", "rate_gap_p95"])
    assert len(long) == 3 * (summary["indicator"] == "rate_gap").sum()
    wanted = summary[summary["indicator"] == "rate_gap"].set_index(["scenario", "place", "year"])
    joined = tidy.set_index(["scenario", "place", "year"])[["rate_gap", "rate_gap_p05", "rate_gap_p95"]].join(wanted)
    for ours, theirs in (("rate_gap", "median"), ("rate_gap_p05", "p05"), ("rate_gap_p95", "p95")):
        pd.testing.assert_series_equal(joined[ours], joined[theirs], check_names=False)
    sheets = pd.read_excel(workbook, sheet_name=None, dtype={"place": str})
    assert len(sheets["counties"]) == (tidy["level"] == "county").sum() > 0
    assert set(sheets["prefectures"]["name_en"]) == {"Changsha"}
    assert sheets["about"].set_index("what").loc["runs", "content"] == "6 of 6 are done; the others are left out"
    assert load_region("hunan").province_code in set(sheets["province"]["place"])


def test_a_table_longer_than_a_sheet_goes_on_in_further_sheets_and_says_so(make, monkeypatch, capsys):
    run(make())
    monkeypatch.setattr(export, "EXCEL_ROWS", 100)
    workbook, _ = export_study(make().study_dir)
    said = capsys.readouterr().err
    sheets = pd.read_excel(workbook, sheet_name=None, dtype={"place": str})
    effects = pd.read_csv(make().study_dir / "effects.csv", dtype={"place": str})
    parts = [sheets[name] for name in sheets if name == "effects" or name.startswith("effects ")]
    assert len(parts) == -(-len(effects) // 100) > 1
    together = pd.concat(parts, ignore_index=True)[list(effects.columns)]
    pd.testing.assert_frame_equal(together, effects, check_dtype=False)
    assert f"tiny.xlsx: effects has {len(effects):,} rows and goes on in further sheets" in said
    contents = sheets["contents"].set_index("sheet")["rows"]
    assert contents.to_dict() == {name: len(sheet) for name, sheet in sheets.items() if name != "contents"}


def test_text_that_begins_like_a_formula_is_text_for_spreadsheets(make, monkeypatch):
    run(make())
    names = ["=1+1", "+cmd|' /C calc'!A0", "-2+3", "@SUM(1)", "\tx", "#N/A", "\x0bodd"]
    places = export.place_names(load_region("hunan"))
    places["name_en"] = [names[k % len(names)] for k in range(len(places))]
    monkeypatch.setattr(export, "place_names", lambda region: places)
    workbook, csv = export_study(make().study_dir)
    cells = [c for sheet in load_workbook(workbook) for row in sheet.iter_rows() for c in row]
    assert not [c for c in cells if c.data_type in ("f", "e")]
    called = places.set_index("place")["name_en"]
    for name in ("province", "prefectures", "counties"):
        sheet = pd.read_excel(workbook, sheet_name=name, dtype=str, keep_default_na=False)
        assert sheet["name_en"].tolist() == sheet["place"].map(called).str.replace("\x0b", "\ufffd").tolist()
    written = pd.read_csv(csv, dtype=str, keep_default_na=False)
    assert not written["name_en"].str.startswith(export.FORMULA_STARTS).any()
    assert written["name_en"].str.removeprefix("'").tolist() == written["place"].map(called).tolist()
    plain = pd.read_csv(make().study_dir / "summary.csv")
    assert (plain.loc[plain["indicator"] == "rate_gap", "median"] > 0).all()
    assert pd.to_numeric(written["rate_gap"], errors="coerce").notna().all()


def test_resume_goes_on_as_configured(make, monkeypatch, capsys):
    run(make(), fail=(1,))
    seen = []
    monkeypatch.setattr("sim.programs.project.main_job", lambda values: seen.append(values) or 0)
    assert study_job(["resume", "study=tiny", f"results={make().results}", "workers=2", "executor=dask"]) == 0
    wanted = make().model_dump() | {"resume": True, "workers": 2, "executor": "dask"}
    assert seen == [wanted]


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["stats", "study=a"], "stats: unknown command (did you mean status?)"),
        (["status"], "study: needed"),
        (["status", "--halp"], "--halp: not understood"),
        (["status", "stdy=a"], r"stdy=a: not understood (did you mean study?)"),
        (["status", "study=a", "study=b"], "study: given twice"),
        (["compare", "study=a"], "with: needed"),
    ],
)
def test_arguments_are_checked(argv, expected):
    with pytest.raises(ArgumentError) as caught:
        study_job(argv)
    assert expected in str(caught.value)


def test_a_study_that_is_not_there_is_named_with_those_that_are(make):
    run(make())
    with pytest.raises(StudyError, match="no such study; here are tiny"):
        study_job(["status", "study=tny", f"results={make().results}"])


def test_values_may_hold_equal_signs():
    assert keyed(["run=a=b"], ["run"]) == {"run": "a=b"}


def test_a_scenario_added_later_repeats_no_run(make, tmp_path):
    log = tmp_path / "log"
    run(make())
    first = {p: p.read_bytes() for p in (make().study_dir / "runs").iterdir()}
    wider = make(scenarios=["no_new_policy", "plan", "jobs_first"], draws=4, resume=True)
    assert run(wider, log=log).done == 12
    assert len(log.read_text().splitlines()) == 4
    assert {p: p.read_bytes() for p in first} == first
    table = pq.read_table(make().study_dir / "runs").to_pandas()
    assert not table.duplicated(["run_id", "year", "step", "place", "indicator"]).any()
    assert table["run_id"].nunique() == 12


def test_saved_states_spare_the_history_of_scenarios_added_later(make, tmp_path):
    log = tmp_path / "log"
    run(make(keep_states=True))
    states = make().study_dir / "states"
    assert sorted(p.name for p in states.iterdir()) == [f"part-0000{draw}-000.npz" for draw in range(3)]
    (states / "part-00001-000.npz").write_bytes(b"another 1 0")
    wider = {"scenarios": ["no_new_policy", "plan", "jobs_first"]}
    assert run(make(resume=True, **wider), log=log).done == 9
    assert [line.split()[0] for line in log.read_text().splitlines()] == ["1"]
    run(make(study="straight", **wider))
    one, two = (
        pd.read_parquet(make(study=name).study_dir / "runs").astype({"run_id": str}) for name in ("tiny", "straight")
    )
    order = ["run_id", "year", "step", "place", "indicator"]
    pd.testing.assert_frame_equal(
        one.sort_values(order, ignore_index=True).astype({"place": str, "indicator": str, "unit": str}),
        two.sort_values(order, ignore_index=True).astype({"place": str, "indicator": str, "unit": str}),
    )
