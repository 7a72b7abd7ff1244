"""The main job on the real simulation, from the command line to the report."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pandas as pd
import pyarrow.parquet as pq
import pytest

from sim.config import CONFIGS, load_config
from sim.studies import manifest
from sim.studies.simulator import default_simulator
from sim.studies.study import run_study
from tests.studies import fake_simulator

TINY = {"households": 20_000, "draws": 3, "end_year": 2026, "scenarios": ["no_new_policy", "plan"]}


def rows(study_dir: Path, table: str) -> pd.DataFrame:
    frame = pq.read_table(study_dir / table).to_pandas().astype({"run_id": str})
    return frame.sort_values(list(frame.columns), ignore_index=True)


@pytest.fixture(scope="module")
def study(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a tiny study made by the command line with one worker."""
    results = tmp_path_factory.mktemp("results")
    keys = [f"{key}={value}" for key, value in TINY.items() if key != "scenarios"]
    command = [sys.executable, "-m", "experiments.project", "scenarios=[no_new_policy,plan]", *keys]
    command += ["study=tiny", "workers=1", f"results={results}"]
    done = subprocess.run(command, cwd=CONFIGS.parent, capture_output=True, text=True, timeout=500)
    assert done.returncode == 0, done.stderr
    assert done.stdout.splitlines()[-1] == f"Report: {results / 'tiny' / 'report.html'}"
    return results / "tiny"


def test_every_run_succeeds_and_the_report_is_there(study: Path):
    assert {row.status for row in manifest.read(study).values()} == {"done"}
    assert "</html>" in (study / "report.html").read_text(encoding="utf-8")
    assert list((study / "figures").glob("*.png"))
    assert list((study / "figures").glob("*.svg"))


def test_workers_and_threads_leave_the_rows_alone(study: Path):
    config = load_config(**TINY, study="parallel", workers=2, threads=2, results=str(study.parent))
    assert run_study(config, default_simulator(), fake_simulator.report).failed == 0
    for table in ("runs", "accounts", "flows", "pyramid"):
        pd.testing.assert_frame_equal(rows(study, table), rows(config.study_dir, table))


def test_every_place_and_indicator_is_summarised(study: Path):
    """Shares of groups that are empty in a run have no value there; everything else is counted in all three runs."""
    frame = pd.read_csv(study / "summary.csv", dtype={"place": str})
    last = frame[frame["year"] == 2026]
    assert {"430000", "4301", "430102", "group:chang_zhu_tan"} <= set(last["place"])
    wanted = {"resident_urban_rate", "registered_urban_rate", "rate_gap", "residents", "urban_residents", "registered"}
    assert wanted <= set(last.loc[last["place"] == "430000", "indicator"])
    counted = frame[~frame["indicator"].str.endswith("_share")]
    assert set(counted["runs"]) == {3}


def test_accounts_explain_every_change_of_residents(study: Path):
    accounts = pq.read_table(study / "accounts").to_pandas().astype({"run_id": str})
    gain = accounts[["born", "moved_in", "entered", "counted"]].sum(axis=1)
    accounts["change"] = gain - accounts[["died", "moved_out", "left"]].sum(axis=1)
    change = accounts.groupby(["run_id", "year"])["change"].sum()
    runs = pq.read_table(study / "runs").to_pandas().astype({"run_id": str, "place": str, "indicator": str})
    ends = runs[(runs["place"] == "430000") & (runs["indicator"] == "residents") & runs["step"].isin([0, 4])]
    residents = ends.set_index(["run_id", "year"])["value"].sort_index()
    difference = residents.groupby("run_id").diff().dropna()
    pd.testing.assert_series_equal(difference, change.loc[difference.index], check_names=False, rtol=0, atol=1e-3)
