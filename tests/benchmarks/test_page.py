"""From measured seconds to what the page says, on seconds made up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from benchmarks import native, scenarios
from benchmarks.command import BenchmarkConfig, benchmark_job
from benchmarks.measures import LOOPS, STEP, exponent, measures
from benchmarks.page import markdown, write_page
from benchmarks.peers import peer_ratios
from benchmarks.places import merged_engine
from benchmarks.process_times import PROCESS_COLUMNS, SIZE_COLUMNS, YEARS_COLUMNS, measure_years, time_year
from benchmarks.roofline import measure_roofline
from benchmarks.scenarios import COLUMNS as SCENARIO_COLUMNS
from benchmarks.workers import COLUMNS as WORKER_COLUMNS
from benchmarks.workload import MEAN_CHANCE
from sim.agents.observe import RESIDENTS
from sim.base.errors import InputError
from sim.config import CONFIGS, read_yaml
from sim.model.path.plans import Planner
from sim.model.year.processes import PROCESSES, run_year
from sim.programs.program import checked


def defaults() -> dict:
    return {k: v for k, v in read_yaml(CONFIGS / "benchmark.yaml").items() if k not in ("defaults", "hydra")}


def sizes(power: float) -> pd.DataFrame:
    table = pd.DataFrame({"households": [10_000, 100_000, 1_000_000, 10_000_000]})
    table["year_s"] = 3e-7 * table["households"] ** power
    values = {"threads": 1, "steps_per_year": 4, "prepare_s": 1.0, "start_s": 1.0, "year_cpu_s": 1.0, "persons": 3}
    table = table.assign(**values, state_mb=1.0, peak_mb=2048.0)
    table["ns_per_household_step"] = table["year_s"] / table["households"] / 4 * 1e9
    return table[SIZE_COLUMNS]


def test_exponent_is_that_of_a_power_law():
    assert exponent(sizes(1.05), 1) == pytest.approx(1.05)
    assert np.isnan(exponent(sizes(1.0).iloc[:2], 1))


def test_page_says_what_the_tables_say(tmp_path: Path):
    processes = [(n, 1, 4, "moves", 1.0, 9.0, 9.0, 0.9) for n in sizes(1.0)["households"]]
    floors = [("touch", 1, 10_000_000, 0.05, 1.0, "GB/s")]
    sizes(1.0).to_csv(tmp_path / "sizes.csv", index=False)
    pd.DataFrame(processes, columns=PROCESS_COLUMNS).to_csv(tmp_path / "processes.csv", index=False)
    columns = ["floor", "threads", "households", "seconds", "amount", "unit"]
    pd.DataFrame(floors, columns=columns).to_csv(tmp_path / "floors.csv", index=False)
    text = write_page(tmp_path).read_text(encoding="utf-8")
    assert "Met: time grows with households to the power 1, at most 1.05 (1 thread(s), 4 steps a year" in text
    assert "Met: a step over touching the state once, times 15, at most 20 (10,000,000 households" in text
    assert "a year of 4 steps in 3.0 s; peak memory of the process 2.0 GiB" in text
    assert {p.name for p in tmp_path.glob("scaling.*")} == {"scaling.png", "scaling.svg"}


def test_measures_are_met_or_missed_by_what_was_measured():
    years = [(25_000_000, 2, 12, 5, 11.0, 20.0, 4096.0), (25_000_000, 2, 4, 10, 16.0, 20.0, 2048.0)]
    table = measures({"province": pd.DataFrame(years, columns=YEARS_COLUMNS)}).set_index("measure")
    assert table["met"].to_dict() == {
        "25,000,000 households, 60 steps of 1/12 year, seconds": True,
        "25,000,000 households, 60 steps of 1/12 year, GiB": False,
        "25,000,000 households, 40 steps of 1/4 year, seconds": False,
        "25,000,000 households, 40 steps of 1/4 year, GiB": True,
    }
    main = pd.DataFrame({"draws": [20, 200], "workers": [2, 2], "seconds": [11.0, 130.0]})
    assert measures({"main_job": main})[["value", "met"]].to_numpy().tolist() == [[130.0, False]]
    startup = pd.DataFrame({"what": ["compile everything, empty cache", "something else"], "seconds": [61.0, 1.0]})
    assert measures({"startup": startup})["met"].tolist() == [False]


def test_batches_are_judged_by_the_median_of_their_ratios():
    together = [(k, 50_000, 24, 1.0, 2.0, 2.0 * ratio, ratio) for k, ratio in enumerate((2.0, 2.9, 9.0))]
    workers = [(name, k, 10, 1.0, 1.0, ratio) for name in ("pool", "dask") for k, ratio in enumerate((1.7, 1.9))]
    table = measures(
        {
            "scenarios": pd.DataFrame(together, columns=SCENARIO_COLUMNS),
            "workers": pd.DataFrame(workers, columns=WORKER_COLUMNS),
        }
    ).set_index("measure")
    assert table.loc["24 scenarios of a draw over one, times", ["value", "met"]].tolist() == [2.9, True]
    assert table.loc["two workers over one, dask, times", "value"] == pytest.approx(1.8)


def test_a_roofline_counts_who_goes_through_each_stage():
    """Shares by the chances of the workload; half the households take half of what is measured for each."""
    table = measure_roofline(50_000).set_index("stage")
    assert table.index.tolist() == ["screening", "numbers", "choices", "state", LOOPS, STEP]
    assert table.loc["choices", "share"] == pytest.approx(MEAN_CHANCE, abs=0.007)
    assert table.loc["numbers", "share"] == pytest.approx(table.loc["choices", "share"] + 1.5 / 256, abs=0.003)
    each = table["share"] * table["ns_each"]
    assert each[:4].to_numpy() == pytest.approx(table["ns_per_household_step"][:4].to_numpy())
    assert each[:4].sum() == pytest.approx(table.loc[LOOPS, "ns_per_household_step"])
    ratio = measures({"roofline": table.reset_index()})["value"].item()
    assert ratio == pytest.approx(table.loc[STEP, "ns_each"] / table.loc[LOOPS, "ns_each"])


def test_years_and_scenarios_are_run(monkeypatch):
    """Tiny runs: the seconds mean nothing, what was run does."""
    years = measure_years(5_000, 1, 4, 2, (0.0, 0.0))
    assert list(years) == YEARS_COLUMNS
    assert (years["households"], years["years"], years["seconds"] > 0.0) == (5_000, 2, True)
    monkeypatch.setattr(scenarios, "MANY", 3)
    table = scenarios.measure_scenarios(5_000, 1)
    assert table[["households", "scenarios"]].to_numpy().tolist() == [[5_000, 3]]
    assert table.loc[0, "many_s"] > table.loc[0, "begin_s"] > 0.0


def test_tables_of_another_version_are_left_out(tmp_path, capsys):
    pd.DataFrame({"pair": [1], "runs": [2], "ratio": [1.9]}).to_csv(tmp_path / "workers.csv", index=False)
    pd.DataFrame({"draws": [200], "workers": [2], "seconds": [50.0], "cpu_s": [90.0]}).to_csv(
        tmp_path / "main_job.csv", index=False
    )
    assert "Met: main job, seconds 50" in write_page(tmp_path).read_text(encoding="utf-8")
    assert "workers.csv: not of this version, left out" in capsys.readouterr().err


def test_a_compiler_that_fails_leaves_c_out(tmp_path, monkeypatch):
    (tmp_path / "cc").write_text("#!/bin/sh\necho 'cc: error: no such target' >&2\nexit 1\n", encoding="utf-8")
    (tmp_path / "cc").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(native, "library", native.library.__wrapped__)
    assert native.why_not().endswith("ended with status 1 and said: cc: error: no such target")
    (tmp_path / "cc").unlink()
    assert native.why_not() == "no C compiler (cc, gcc, clang)"


def test_prefectures_hold_the_same_people(started):
    """Merging counties moves nobody: as many live in towns, villages and outside as before."""
    merged = merged_engine(started.engine)
    n, m = started.engine.geo.n_counties, merged.geo.n_counties
    before, after = started.engine.observe()[0][:, RESIDENTS], merged.observe()[0][:, RESIDENTS]
    assert m == 14
    for zone in (0, 1):
        assert after[zone : 2 * m : 2].sum() == before[zone : 2 * n : 2].sum()
    assert after[2 * m :].tolist() == before[2 * n :].tolist()


def test_ratios_are_medians_over_rounds():
    rows = []
    for turn, (ours, numpy) in enumerate([(1.0, 8.0), (2.0, 20.0), (1.0, 30.0)], 1):
        rows += [("compiled", 1, 100, 5, turn, 0.1, ours), ("numpy", 1, 100, 5, turn, 0.1, numpy)]
    rows.append(("mesa", 1, 100, 5, 1, 0.1, 500.0))
    columns = ["system", "threads", "households", "steps", "round", "seconds", "ns_per_household_step"]
    table = peer_ratios(pd.DataFrame(rows, columns=columns)).set_index("system")
    assert table.loc["numpy, 1 thread(s)", ["ratio", "lowest", "highest"]].tolist() == [10.0, 8.0, 30.0]
    assert table.loc["mesa, 1 thread(s)", ["ratio", "rounds"]].tolist() == [500.0, 1]


def test_markdown_keeps_four_digits():
    lines = markdown(pd.DataFrame({"n": [1_000_000], "x": [0.123456], "y": [123456.7]})).splitlines()
    assert lines[2] == "| 1,000,000 | 0.1235 | 123,457 |"


def test_a_year_taken_apart_is_the_year(started):
    """Timing from outside changes nothing: the same stocks as the engine's own year."""
    plan = Planner.neutral_plan(started.draw)
    other = started.copy()
    seconds = time_year(other, plan)
    run_year(started, plan)
    np.testing.assert_array_equal(other.stocks, started.stocks)
    np.testing.assert_array_equal(other.ages, started.ages)
    assert set(seconds) == {process.name for process in PROCESSES}


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"sizes": [10]}, "sizes.0 = 10: allowed is a whole number from 5000 to 40,000,000 or full"),
        ({"parts": ["speed"]}, "parts.0 = 'speed': allowed is floors or"),
        ({"wrong": 1}, "wrong: unknown key"),
    ],
)
def test_wrong_keys_are_named(change, message, tmp_path):
    with pytest.raises(InputError, match=message):
        benchmark_job({**defaults(), "results": str(tmp_path / "results"), **change})
    assert not list(tmp_path.iterdir())


def test_defaults_are_accepted():
    assert checked(BenchmarkConfig, defaults(), "benchmark").parts == [
        "floors",
        "processes",
        "places",
        "startup",
        "workers",
    ]
