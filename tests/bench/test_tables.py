"""From measured seconds to what the page says, on seconds made up."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from sim.bench.command import BenchmarkConfig, benchmark_job
from sim.bench.page import exponent, markdown, write_page
from sim.bench.peers import peer_ratios
from sim.bench.processes import PROCESS_COLUMNS, SIZE_COLUMNS, time_year
from sim.config import CONFIGS, read_yaml
from sim.engine.plans import Planner
from sim.errors import InputError
from sim.program import checked


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
    processes = [(n, 1, 4, "moves", 1.0, 9.0, 0.9) for n in sizes(1.0)["households"]]
    floors = [("touch", 1, 10_000_000, 0.05, 1.0, "GB/s")]
    sizes(1.0).to_csv(tmp_path / "sizes.csv", index=False)
    pd.DataFrame(processes, columns=PROCESS_COLUMNS).to_csv(tmp_path / "processes.csv", index=False)
    columns = ["floor", "threads", "households", "seconds", "amount", "unit"]
    pd.DataFrame(floors, columns=columns).to_csv(tmp_path / "floors.csv", index=False)
    text = write_page(tmp_path).read_text(encoding="utf-8")
    assert "to the power 1.00 (1 thread(s))" in text
    assert "A step takes 15 times as long as touching the state once (10,000,000 households" in text
    assert "a year of 4 steps in 3.0 s; peak memory of the process 2.0 GiB" in text
    assert {p.name for p in tmp_path.glob("scaling.*")} == {"scaling.png", "scaling.svg"}


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
    started.run_year(plan)
    np.testing.assert_array_equal(other.stocks, started.stocks)
    np.testing.assert_array_equal(other.ages, started.ages)
    assert "observe" not in vars(other.engine)
    assert set(seconds) >= {"vital_events", "moves", "registration", "ageing", "observe", "start_year", "build_world"}


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
    assert checked(BenchmarkConfig, defaults(), "benchmark").parts == ["floors", "processes", "startup", "workers"]
