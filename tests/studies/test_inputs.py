"""A study is read from its folder alone: what it was made from is kept, and what is damaged is noticed."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import yaml

from sim.base.errors import StudyError
from sim.base.paths import CONFIGS
from sim.model.path.setup import prepare
from sim.programs.report import report_job
from sim.programs.study import study_job
from sim.report import build, inputs
from sim.report.answer import warnings
from sim.report.build import open_canvas
from sim.studies import manifest, tables
from sim.studies.export import export_study
from sim.studies.folder import stored_config, stored_rows
from sim.studies.identity import basis_of
from sim.studies.inputs import changed_since, open_inputs
from sim.studies.reduced import read_table
from sim.studies.rerun import chosen_run, rerun
from sim.studies.status import status_text
from sim.studies.study import run_study
from sim.studies.summarize import summarize
from tests.studies import fake_simulator, torture

FILES = ("config.yaml", "env.json", "manifest.parquet", "inputs/index.json", "inputs/scenario/mine.yaml")
TABLES = ("summary.csv", "effects.csv", "target.csv", "flows.csv", "pyramid.csv", "parameters.parquet")


def run(config, **accidents: object):
    return run_study(config, fake_simulator.simulator(**accidents), fake_simulator.report)


def scenario_file(folder: Path, level: float) -> Path:
    content = yaml.safe_load((CONFIGS / "scenario" / "plan.yaml").read_text(encoding="utf-8"))
    path = folder / "mine.yaml"
    path.write_text(yaml.safe_dump(content | {"name": "mine", "every_lever": level}), encoding="utf-8")
    return path


@pytest.fixture(scope="module")
def original(tmp_path_factory):
    """A study of a scenario file of its own, and that file."""
    folder = tmp_path_factory.mktemp("inputs")
    path = scenario_file(folder, 0.5)
    keys = {"study": "own", "levers": {"T3": 0.25}, "end_year": 2029, "draws": 3}
    config = torture.config_of(folder / "results", workers=1, **keys)
    config = config.model_copy(update={"scenarios": ["no_new_policy", str(path)]})
    run(config)
    return config, path


@pytest.fixture
def study(original, tmp_path):
    """A copy of it, in another place."""
    config, _ = original
    folder = shutil.copytree(config.study_dir, tmp_path / "elsewhere" / "own")
    return config.model_copy(update={"results": str(folder.parent)})


@pytest.fixture(params=["edited", "deleted", "broken"])
def changed_file(request, original):
    """The scenario file after the user did something to it."""
    _, path = original
    before = path.read_text(encoding="utf-8")
    if request.param == "edited":
        scenario_file(path.parent, 1.0)
    elif request.param == "deleted":
        path.unlink()
    else:
        path.write_text("levers: [", encoding="utf-8")
    yield path
    path.write_text(before, encoding="utf-8")


def test_a_report_states_the_levers_that_were_run(study, changed_file, tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    canvas = open_canvas(study.study_dir, "en")
    levels = next(row[2] for row in inputs.scenario_table(canvas).rows if row[0] == canvas.page_name("mine"))
    assert "T3: 0.25" in levels
    assert ": 0.5" in levels
    assert "1" not in levels.split(":")[-1]
    assert any("scenario mine" in warning and "differs" in warning for warning in warnings(canvas))
    monkeypatch.setattr(build, "FIGURES", {})
    assert report_job(["study=own", f"results={study.results}"]) == 0
    for command in (["status"], ["export"]):
        assert study_job([*command, "study=own", f"results={study.results}"]) == 0
    said = capsys.readouterr().out
    assert "refused" not in said
    assert "Differs in this checkout: scenario mine; the study keeps what it was run with in inputs/." in said


def test_a_run_again_is_that_of_the_stored_scenario(study, changed_file, monkeypatch):
    """The set-up is asked for the folder of the study, and gets the scenario as it was run."""
    asked = []

    def prepare(config, configs=CONFIGS):
        asked.append((config.scenarios, config.levers, configs))
        return fake_simulator.Setup(config, content={"mine": str(changed_file)})

    simulator = fake_simulator.simulator()._replace(prepare=prepare)
    row = chosen_run(stored_rows(study.study_dir), {"scenario": "mine", "draw": "1"})
    assert "each identical to what is stored" in rerun(study.study_dir, row, simulator)
    assert asked == [(["mine"], {}, study.study_dir / "inputs")]
    assert open_inputs(study.study_dir).scenarios["mine"].settings["T3"].intensity == 0.25


def test_resume_takes_the_stored_scenario(study, changed_file, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    seen = []
    monkeypatch.setattr("sim.programs.project.main_job", lambda values: seen.append(values) or 0)
    assert study_job(["resume", "study=own", f"results={study.results}"]) == 0
    assert seen[0]["scenarios"] == ["no_new_policy", str(study.study_dir / "inputs" / "scenario" / "mine.yaml")]


def test_an_unchanged_checkout_warns_of_nothing(original):
    config, _ = original
    assert changed_since(open_inputs(config.study_dir), config) == []


def test_other_code_data_and_levers_are_said(study, monkeypatch):
    monkeypatch.setattr("sim.studies.inputs.code_hash", lambda: "other")
    monkeypatch.setattr("sim.studies.inputs.content_hash", lambda _: "other")
    monkeypatch.setattr("sim.studies.inputs.priors_hash", lambda: "other")
    monkeypatch.setattr("sim.studies.inputs.posterior_hash", lambda _: "other")
    found = changed_since(open_inputs(study.study_dir), study)
    assert [kind for kind, _ in found] == ["code", "data", "priors", "posterior"]


def test_the_kept_files_are_those_of_the_configuration(study):
    folder = study.study_dir / "inputs"
    for name in ("parameters.yaml", "policy/T1.yaml", f"posteriors/{study.posterior}.csv"):
        assert (folder / name).read_bytes() == (CONFIGS / name).read_bytes()
    assert (folder / "data" / "hunan" / "counties.csv").is_file()


def test_a_scenario_added_later_is_kept_and_the_others_stay(make):
    run(make())
    folder = make().study_dir / "inputs" / "scenario"
    before = {path: path.read_bytes() for path in folder.iterdir()}
    run(make(resume=True, scenarios=["no_new_policy", "plan", "jobs_first"]))
    assert {path: path.read_bytes() for path in before} == before
    assert set(open_inputs(make().study_dir).scenarios) == {"no_new_policy", "plan", "jobs_first"}


def test_a_study_of_an_earlier_version_is_told(study):
    shutil.rmtree(study.study_dir / "inputs")
    for read in (status_text, export_study, open_inputs):
        with pytest.raises(StudyError, match=r"versions before this one did not keep it(.|\n)*Next: "):
            read(study.study_dir)


def flip(path: Path, rng: np.random.Generator) -> None:
    content = bytearray(path.read_bytes())
    content[rng.integers(len(content))] ^= 1 << int(rng.integers(8))
    path.write_bytes(content)


def seen(study_dir: Path) -> object:
    """Return everything that a report shows of the tables of a study."""
    found = open_canvas(study_dir, "en").study
    shown = {key: value for key, value in found.config.items() if key != "results"}
    read = [getattr(found, Path(name).stem).to_csv() for name in TABLES]
    return read, found.manifest.to_csv(), shown, found.env, found.inputs.basis, found.scenarios


@pytest.mark.parametrize("name", [*FILES, *TABLES])
def test_a_flipped_bit_is_noticed_or_harmless(study, name):
    rng = np.random.default_rng(len(name))
    path = study.study_dir / name
    whole, expected = path.read_bytes(), seen(study.study_dir)
    noticed, made_again = 0, 0
    for _ in range(8):
        flip(path, rng)
        try:
            assert seen(study.study_dir) == expected
        except StudyError as error:
            assert "Next: " in str(error)
            noticed += 1
        made_again += name in TABLES and path.read_bytes() == whole
        path.write_bytes(whole)
    assert noticed + made_again >= (1 if name == "manifest.parquet" else 7)


@pytest.mark.parametrize("changed_file", ["deleted"], indirect=True)
@pytest.mark.parametrize("name", ["summary.csv", "parameters.parquet", "fit.csv", "SHA256SUMS"])
@pytest.mark.parametrize("damage", ["flipped", "lost"])
def test_damaged_tables_are_made_again_from_the_study_alone(study, changed_file, name, damage, capsys):
    """Neither the scenario file of the study nor its levers and priors are asked for."""
    folder = study.study_dir
    before = {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()}
    if damage == "flipped":
        flip(folder / name, np.random.default_rng(3))
    else:
        (folder / name).unlink()
    for table in tables.TABLES:
        read_table(folder, table)
    assert {path.name: path.read_bytes() for path in folder.iterdir() if path.is_file()} == before
    assert capsys.readouterr().err.count("made again from the stored runs; nothing is simulated") == 1


def test_export_status_and_report_make_damaged_tables_again(study, capsys):
    name = "coverage.csv"
    (study.study_dir / name).write_text("scenario,done\n", encoding="utf-8")
    assert study_job(["status", "study=own", f"results={study.results}"]) == 0
    (study.study_dir / "effects.csv").unlink()
    assert study_job(["export", "study=own", f"results={study.results}"]) == 0
    (study.study_dir / "pyramid.csv").unlink()
    assert open_canvas(study.study_dir, "en").study.pyramid is not None
    assert capsys.readouterr().err.count("made again") == 3


@pytest.mark.parametrize("lost", ["runs", "draws", "both"])
def test_tables_are_not_made_again_from_less_than_the_study_has(study, lost):
    (study.study_dir / "effects.csv").unlink()
    for table in ("runs", "accounts", "flows", "pyramid", "costs", "draws") if lost == "both" else (lost,):
        next((study.study_dir / table).glob("part-00001-*")).unlink()
    before = (study.study_dir / "summary.csv").read_bytes()
    with pytest.raises(StudyError, match=r"(missing|not as it was written)(.|\n)*resume"):
        read_table(study.study_dir, "effects.csv")
    assert (study.study_dir / "summary.csv").read_bytes() == before


@pytest.mark.parametrize(("what", "named"), [("data", "a table"), ("priors", "a parameter or lever file")])
def test_files_edited_while_a_study_is_prepared_are_refused(make, monkeypatch, what, named):
    """What is kept must be what the identity of the runs says."""
    read = basis_of

    def before_the_edit(*given):
        return read(*given)._replace(**{what: "as it was"})

    monkeypatch.setattr("sim.studies.study.basis_of", before_the_edit)
    with pytest.raises(StudyError, match=rf"^[^\n]*{named} was edited while the study was prepared(.|\n)*Next: start"):
        run(make())
    assert not make().study_dir.exists()


@pytest.mark.parametrize("table", ["runs", "accounts", "draws"])
def test_a_damaged_part_stops_the_report_and_the_tables(study, table, monkeypatch):
    monkeypatch.setattr(build, "FIGURES", {})
    flip(next((study.study_dir / table).glob("part-00001-*")), np.random.default_rng(1))
    with pytest.raises(StudyError, match=rf"{table}/part-00001(.|\n)*resume"):
        build.build_report(study.study_dir)
    if table == "draws":
        with pytest.raises(StudyError, match="draws/part-00001"):
            summarize(study.study_dir, study, stored_rows(study.study_dir))


def swapped(study_dir: Path, digest: bool) -> None:
    """Exchange the names of two scenarios in the manifest, and make its digest fit if wanted."""
    rows = manifest.read(study_dir)
    other = {"no_new_policy": "plan", "plan": "no_new_policy"}
    changed = {key: row._replace(scenario=other[row.scenario], draw=2 - row.draw) for key, row in rows.items()}
    if digest:
        manifest.write(study_dir, changed)
    else:
        pd.DataFrame(list(changed.values()), columns=manifest.Row._fields).to_parquet(study_dir / manifest.FILE)


@pytest.mark.parametrize("digest", [True, False])
def test_a_manifest_with_swapped_names_exchanges_no_results(make, digest):
    run(make())
    study_dir = make().study_dir
    names = ("summary.csv", "effects.csv", "target.csv")
    before, rows = {name: (study_dir / name).read_bytes() for name in names}, manifest.read(study_dir)
    swapped(study_dir, digest)
    if digest:
        assert stored_rows(study_dir) == rows
    else:
        with pytest.raises(StudyError, match=r"not a readable manifest(.|\n)*resume=true"):
            stored_rows(study_dir)
    assert run(make(resume=True)).done == 6
    assert {name: (study_dir / name).read_bytes() for name in names} == before
    assert {key: row[:5] for key, row in stored_rows(study_dir).items()} == {key: row[:5] for key, row in rows.items()}


def test_a_damaged_environment_is_written_again_on_resume(make):
    run(make())
    path = make().study_dir / "env.json"
    path.write_text(path.read_text(encoding="utf-8").replace('"commit"', '"kommit"'), encoding="utf-8")
    with pytest.raises(StudyError, match=r"env.json: not as it was written(.|\n)*resume=true"):
        export_study(make().study_dir)
    assert run(make(resume=True)).done == 6
    assert "commit" in json.loads(path.read_text(encoding="utf-8"))
    export_study(make().study_dir)


@pytest.mark.parametrize("linked", ["", "runs", "draws", "inputs"])
def test_nothing_is_removed_through_a_link(make, tmp_path, linked):
    run(make())
    folder = make().study_dir / linked if linked else make().study_dir
    away = tmp_path / "away"
    shutil.move(folder, away)
    (away / "part-precious.parquet").write_text("thesis", encoding="utf-8")
    folder.symlink_to(away, target_is_directory=True)
    before = {path: path.read_bytes() for path in away.rglob("*") if path.is_file()}
    with pytest.raises(StudyError, match=r"a link to .*away(.|\n)*Next: "):
        run(make(resume=True))
    assert {path: path.read_bytes() for path in away.rglob("*") if path.is_file()} == before


@pytest.mark.parametrize("name", ["../other/own", "/own", "own/../own", ".", "a\nb"])
def test_a_study_is_a_name_and_no_path(study, name):
    for job in (report_job, lambda argv: study_job(["status", *argv]), lambda argv: study_job(["export", *argv])):
        with pytest.raises(ValueError, match=r"study = (.|\n)*: allowed is the name of a study"):
            job([f"study={name}", f"results={study.results}"])


def test_a_set_up_reads_the_tables_that_the_study_keeps(study, monkeypatch):
    """The tables of the checkout are gone: those of the study are read, by copies of the set-up too."""
    config, inputs = stored_config(study.study_dir), open_inputs(study.study_dir)
    monkeypatch.setattr("sim.data.tables.DATA_ROOT", study.study_dir / "nowhere")
    setup = prepare(config.model_copy(update={"draws": 1, "scenarios": ["mine"], "levers": {}}), inputs.folder)
    assert setup.data_hash == inputs.basis.data
    assert replace(setup).region.folder == inputs.folder.resolve() / "data" / config.region
