"""Households and persons as files: the same run as the study's, every column described, totals as stored."""

from __future__ import annotations

import duckdb
import numpy as np
import pandas as pd
import pyarrow.parquet as pq
import pytest

from sim.base.errors import StudyError
from sim.config import load_config
from sim.programs.study import study_job
from sim.studies import household_export
from sim.studies.folder import stored_rows
from sim.studies.household_columns import HOUSEHOLDS, PERSONS
from sim.studies.household_export import export_households
from sim.studies.manifest import FAILED
from sim.studies.rerun import chosen_run, stored_table
from sim.studies.simulator import default_simulator
from sim.studies.store import STATES
from sim.studies.study import run_study

YEARS = (2020, 2022, 2025, 2027)
"""The start, an observed year, the last one, and one after it."""


def no_report(config, summarise):
    return config.study_dir


@pytest.fixture(scope="module")
def study(tmp_path_factory):
    """A small study of the model itself that keeps its states."""
    results = str(tmp_path_factory.mktemp("results"))
    scenarios = ["no_new_policy", "plan"]
    keys = {"draws": 1, "households": 5_000, "end_year": 2027, "workers": 1, "keep_states": True, "executor": "serial"}
    config = load_config(study="tiny", results=results, scenarios=scenarios, **keys)
    assert run_study(config, default_simulator(), no_report).done == 2
    return config.study_dir


@pytest.fixture(scope="module")
def run(study):
    return chosen_run(stored_rows(study), {"scenario": "plan", "draw": "0", "replicate": "0"})


@pytest.fixture(scope="module")
def files(study, run):
    return {year: export_households(study, run, year) for year in YEARS}


def province(study, run, year):
    table = stored_table(study, "runs", run)
    table = table[(table["place"] == "430000") & (table["year"] == year)]
    return table[table["step"] == table["step"].max()].set_index("indicator")["value"]


@pytest.mark.parametrize("year", YEARS)
def test_totals_are_the_stored_indicators(study, run, files, year):
    households, persons = (pd.read_parquet(path) for path in files[year])
    stored = province(study, run, year)
    sums = {
        "urban_residents": persons["weight"][persons["urban_resident"]].sum(),
        "residents": persons["weight"][persons["living_zone"] != "outside"].sum(),
        "registered_urban": persons["weight"][persons["registered_urban"]].sum() + stored["paper_registered"],
        "outside_migrants": persons["weight"][persons["outside_migrant"]].sum(),
        "left_behind_children": persons["weight"][persons["left_behind"]].sum(),
    }
    for name, value in sums.items():
        assert value == pytest.approx(stored[name], abs=1e-3), name
    apart = households["arrangement"].isin(["split_in", "split_out"]) & (households["base_zone"] != "outside")
    assert households["weight"][apart].sum() == pytest.approx(stored["split_households"], abs=1e-3)


@pytest.mark.parametrize("year", YEARS)
def test_persons_are_the_members_of_the_households(files, year):
    households, persons = (pd.read_parquet(path) for path in files[year])
    assert households["household"].is_unique and not persons.duplicated(["household", "member"]).any()
    counts = persons.groupby("household", observed=True).agg(
        persons=("age", "size"), away=("away", "sum"), children=("age", lambda ages: (ages <= 15).sum())
    )
    wanted = households.set_index("household")[["persons", "persons_away", "children"]]
    assert np.array_equal(counts.loc[wanted.index].to_numpy()[:, [0, 1, 2]], wanted.to_numpy())
    heads = persons[persons["role"] == "head"].set_index("household")["age"]
    assert heads.loc[wanted.index].tolist() == households["head_age"].tolist()
    assert households["away_code"].isna().equals(households["persons_away"] == 0)


def test_every_column_is_described_in_both_languages(files):
    for path, columns in zip(files[2027], (HOUSEHOLDS, PERSONS), strict=True):
        schema = pq.read_schema(path)
        assert schema.names == [column.name for column in columns]
        for field, column in zip(schema, columns, strict=True):
            assert field.metadata[b"description"].decode() == column.en
            assert field.metadata[b"description_zh"].decode() == column.zh
        about = {key.decode(): value.decode() for key, value in schema.metadata.items() if key != b"ARROW:schema"}
        assert (about["scenario"], about["year"]) == ("plan", "2027") and "Synthetic" in about["note"]


def test_duckdb_reads_what_pandas_reads(files):
    path = files[2027][1]
    found = duckdb.read_parquet(str(path)).aggregate("living_zone, sum(weight)", "living_zone").fetchall()
    table = pd.read_parquet(path).groupby("living_zone", observed=True)["weight"].sum()
    assert dict(found) == pytest.approx({str(zone): value for zone, value in table.items()})


def test_without_the_kept_state_the_files_are_the_same_bytes(study, run, files):
    before = [path.read_bytes() for path in files[2027]]
    (study / STATES).rename(study / "elsewhere")
    try:
        assert [path.read_bytes() for path in export_households(study, run, 2027)] == before
    finally:
        (study / "elsewhere").rename(study / STATES)


def test_another_run_is_refused_and_nothing_is_written(study, run, monkeypatch):
    def another(folder, name, row):
        table = stored_table(folder, name, row)
        table.loc[table.index[0], table.select_dtypes("float").columns[0]] += 1.0
        return table

    monkeypatch.setattr(household_export, "stored_table", another)
    with pytest.raises(StudyError, match=r"differs from what is stored in runs/ up to 2026; nothing is written"):
        export_households(study, run, 2026)
    assert not list((study / "households").glob("*2026*"))


@pytest.mark.parametrize(
    ("year", "status", "words"),
    [(2019, None, "year = 2019: allowed is a year-end of the study, from 2020 to 2027"), (2027, FAILED, "failed")],
)
def test_what_cannot_be_is_one_message(study, run, year, status, words):
    with pytest.raises(StudyError, match=words):
        export_households(study, run._replace(status=status or run.status), year)


def test_the_command_writes_both_files(study, capsys):
    argv = ["households", f"results={study.parent}", "study=tiny", "scenario=no_new_policy", "year=2027"]
    assert study_job(argv) == 0
    assert capsys.readouterr().out.count("Written: ") == 2
