"""Bias and Monte Carlo error of samples, on values made up."""

from __future__ import annotations

import itertools
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.base.errors import InputError
from sim.config import CONFIGS, read_yaml
from sim.model.path.indicators import INDICATORS
from sim.programs.program import checked
from sim.programs.sampling import sampling
from sim.programs.sampling.sampling import SamplingConfig, sampling_job
from sim.programs.sampling.sampling_errors import errors, summary
from sim.programs.sampling.sampling_page import text, write_page

UNITS = {row.name: row.unit for row in INDICATORS}


def defaults() -> dict:
    return {k: v for k, v in read_yaml(CONFIGS / "sampling.yaml").items() if k not in ("defaults", "hydra")}


@pytest.fixture
def runs() -> pd.DataFrame:
    """Two counties, two years, two scenarios; the second county is off by 0.02 in the small sample."""
    rows = []
    for households, values in {1_000: [0.50, 0.52, 0.54], 9_000: [0.50]}.items():
        for replicate, value in enumerate(values):
            for scenario, more in (("no_new_policy", 0.0), ("plan", 0.01 * (1 + replicate))):
                for place, level in (("430000", "province"), ("430102", "county"), ("430103", "county")):
                    for year in (2020, 2030):
                        key = (households, replicate, scenario, year, level, place)
                        rows.append((*key, "resident_urban_rate", "share", value + more, 5.0, 1024.0))
                        rows.append((*key, "residents", "persons", 1e5, 5.0, 1024.0))
    columns = ["households", "replicate", "scenario", "year", "level", "place", "indicator", "unit", "value"]
    return pd.DataFrame(rows, columns=[*columns, "seconds", "peak_mb"])


def test_bias_and_error_by_hand(runs):
    table = errors(runs, full=9_000).query("indicator == 'resident_urban_rate' and place == '430102'")
    row = table.query("households == 1000 and scenario == 'no_new_policy'").iloc[0]
    assert (row["mean"], row["reference"], row["bias"]) == pytest.approx((0.52, 0.50, 0.02))
    assert (row["mc_sd"], row["bias_se"]) == pytest.approx((0.02, 0.02 * (1 / 3 + 1 / 9) ** 0.5))
    assert row["sampled"] == pytest.approx(1 / 9)
    effect = table.query("households == 1000 and scenario == 'effect: plan'").iloc[0]
    assert (effect["mean"], effect["mc_sd"], effect["bias"]) == pytest.approx((0.02, 0.01, 0.01))
    assert table.query("households == 9000")["bias"].abs().max() == 0.0


def test_summary_over_places(runs):
    table = summary(errors(runs, full=9_000))
    row = table.query("level == 'county' and indicator == 'resident_urban_rate' and scenario == 'no_new_policy'").iloc[
        0
    ]
    assert (row["households"], row["places"], row["significant"]) == (1_000, 2, 0.0)
    assert (row["median_bias"], row["largest_mc_sd"]) == pytest.approx((0.02, 0.02))


@pytest.mark.filterwarnings("error")
@pytest.mark.parametrize("language", ["en", "zh"])
@pytest.mark.parametrize("replicates", [3, 1])
def test_text_and_figure(runs, tmp_path: Path, language, replicates):
    runs = runs[runs["replicate"] < replicates]
    table = errors(runs, full=9_000)
    paths = runs.query("level == 'province' and indicator == 'resident_urban_rate'")
    cost = runs.groupby("households")[["replicate", "seconds", "peak_mb"]].max().reset_index()
    tables = {"errors": table, "summary": summary(table), "cost": cost, "paths": paths}
    page = write_page(tmp_path, tables, language).read_text(encoding="utf-8")
    assert "\n".join(text(tables, language)) + "\n" == page
    assert "9,000" in page and (replicates == 1 or "2.000" in page)
    assert (tmp_path / "sampling.png").is_file() and (tmp_path / "sampling.svg").is_file()


@pytest.mark.parametrize(
    ("change", "message"),
    [({"sizes": [5_000]}, "sizes"), ({"replicates": [2]}, "3 sizes need as many"), ({"language": "fr"}, "language")],
)
def test_wrong_keys_are_named(change, message, tmp_path):
    with pytest.raises(InputError, match=message):
        sampling_job({**defaults(), "results": str(tmp_path / "results"), **change})
    assert not list(tmp_path.iterdir())


def test_an_edited_scenario_is_run_anew_and_the_same_content_is_not(tmp_path, monkeypatch):
    """A stand-in counts runs; the scenario is a file whose content changes under its name."""
    done = []

    def simulate(setup, job):
        done.append(job)
        rng, row = np.random.default_rng(job), {"seconds": 1.0, "peak_mb": 2.0}
        for key in itertools.product(setup.scenarios, (2020, 2021), ("430000", "430102"), UNITS):
            row[":".join(map(str, key))] = rng.random()
        return row

    file, source = tmp_path / "mine.yaml", (CONFIGS / "scenario" / "plan.yaml").read_text(encoding="utf-8")
    source = source.replace("name: plan", "name: mine")
    edited = source.replace("every_lever: 0.5", "every_lever: 0.6")
    file.write_text(source, encoding="utf-8")
    monkeypatch.setattr(sampling, "simulate_sample", simulate)
    monkeypatch.setattr("sim.programs.sampling.sampling_page.write_page", lambda *_: file)
    keys = defaults() | {"sizes": [5_000, 6_000], "replicates": [2, 1], "results": str(tmp_path / "results")}
    keys |= {"scenarios": ["no_new_policy", str(file)], "end_year": 2021}
    jobs = [5_000_000, 5_000_001, 6_000_000]
    runs = []
    for text_of_file in (source, f"# a comment\n{source}", edited, source):
        file.write_text(text_of_file, encoding="utf-8")
        sampling_job(keys)
        runs.append(done.copy())
        done.clear()
    assert runs == [jobs, [], jobs, []]
    sampling_job(keys | {"replicates": [3, 1], "threads": 1})
    assert done == [5_000_002]


def test_values_come_back_in_the_order_of_the_runs():
    rows = pd.DataFrame({"job": [6_000_000, 5_000_001], "error": "", "seconds": 1.0, "peak_mb": 2.0})
    rows = rows.assign(**{"a:b:2021:4301:residents": [3.0, 4.0], "plan:2020:430102:fiscal_cost": [np.nan, 5.0]})
    table = sampling.long_table(rows, "430000")
    assert table[["scenario", "year", "place", "level", "value", "households", "replicate"]].to_numpy().tolist() == [
        ["a:b", 2021, "4301", "prefecture", 4.0, 5_000, 1],
        ["plan", 2020, "430102", "county", 5.0, 5_000, 1],
        ["a:b", 2021, "4301", "prefecture", 3.0, 6_000, 0],
    ]
    assert table["unit"].tolist() == [UNITS["residents"], UNITS["fiscal_cost"], UNITS["residents"]]


def test_defaults_are_accepted():
    assert checked(SamplingConfig, defaults(), "sampling").sizes == [50_000, 1_000_000, "full"]
