"""A stand-in for the simulation: instant, deterministic, with accidents on demand."""

from __future__ import annotations

import os
import time
import zlib
from collections.abc import Callable
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import pandas as pd

from sim.config import CONFIGS, ProjectConfig, scenario_name
from sim.data import load_region
from sim.model.path.equal_cost import ready_scenario
from sim.policies import Idle, Levers, Scenario, load_levers
from sim.studies.simulator import Simulator

COUNTIES = ("430102", "430103", "430202")
ZONES = ("urban", "rural")
INDICATORS = ("resident_urban_rate", "rate_gap", "residents", "urban_residents")


@cache
def levers() -> Levers:
    return load_levers()


@dataclass
class Setup:
    """What the stand-in prepares, and the accidents it is asked for.

    Attributes:
        fail: draws that raise an error.
        die: draws that end their process without a word.
        interrupt: draws at which the user presses Ctrl-C.
        repaired: once this file exists, no accident happens.
        nan: draws with a value that is not finite.
        fail_branch: scenarios and draws that raise an error.
        nap: seconds that a history and a branch take.
        log: file that gets a line with draw, replicate and process for every history.
    """

    config: ProjectConfig
    fail: tuple[int, ...] = ()
    die: tuple[int, ...] = ()
    interrupt: tuple[int, ...] = ()
    nan: tuple[int, ...] = ()
    fail_branch: tuple[tuple[str, int], ...] = ()
    nap: float = 0.0
    log: Path | None = None
    repaired: Path | None = None
    data_hash: str = field(default_factory=lambda: load_region().data_hash())
    idle: tuple[Idle, ...] = ()
    content: dict[str, object] = field(default_factory=dict)
    fit: pd.DataFrame = field(default_factory=lambda: pd.DataFrame({"place": ["430000"], "error": [0.0]}))

    @property
    def scenarios(self) -> dict[str, Scenario]:
        known = levers()
        return {scenario_name(s): ready_scenario(s, self.config, known, load_region()) for s in self.config.scenarios}

    @property
    def scenario_content(self) -> dict[str, object]:
        return {scenario_name(s): self.content.get(s, s) for s in self.config.scenarios}


@dataclass
class Output:
    scenario: str
    draw: int
    replicate: int
    indicators: pd.DataFrame
    accounts: pd.DataFrame
    flows: pd.DataFrame
    pyramid: pd.DataFrame
    costs: pd.DataFrame
    start: dict[str, object]


def prepare(config: ProjectConfig) -> Setup:
    return Setup(config)


def begin(setup: Setup, draw: int, replicate: int) -> tuple[int, int]:
    if setup.log is not None:
        with setup.log.open("a", encoding="utf-8") as file:
            file.write(f"{draw} {replicate} {os.getpid()}\n")
    time.sleep(setup.nap)
    accident = setup.repaired is None or not setup.repaired.exists()
    if accident and draw in setup.fail:
        raise RuntimeError(f"draw {draw} went wrong")
    if accident and draw in setup.die:
        os._exit(9)
    if accident and draw in setup.interrupt:
        raise KeyboardInterrupt
    return draw, replicate


def pack(history: tuple[int, int], belongs: str) -> bytes:
    return f"{belongs} {history[0]} {history[1]}".encode()


def unpack(setup: Setup, content: bytes, belongs: str) -> tuple[int, int]:
    owner, draw, replicate = content.decode().split()
    if owner != belongs:
        raise ValueError("the state of other runs")
    return int(draw), int(replicate)


def branch(setup: Setup, history: tuple[int, int], scenario: str) -> Output:
    if (scenario, history[0]) in setup.fail_branch:
        raise RuntimeError(f"{scenario} of draw {history[0]} went wrong")
    time.sleep(setup.nap)
    return one_run(setup, scenario, *history)


def simulate_draw(setup: Setup, draw: int, replicate: int) -> list[Output]:
    return [branch(setup, begin(setup, draw, replicate), scenario_name(name)) for name in setup.config.scenarios]


def one_run(setup: Setup, scenario: str, draw: int, replicate: int) -> Output:
    config = setup.config
    rng = np.random.default_rng([config.seed, draw, replicate])
    common = rng.normal(0.0, 0.01)
    lift = 0.0 if scenario == "no_new_policy" else 0.001 * (zlib.crc32(scenario.encode()) % 10 + 1)
    rows = [
        (year, step, place, indicator, value(indicator, year + step / 100.0, common, lift, config.start), "share")
        for year in range(config.start, config.end_year + 1)
        for step in ([0] if year == config.start else range(1, config.steps_per_year + 1))
        for place in ("430000", "4301", *COUNTIES)
        for indicator in INDICATORS
    ]
    indicators = pd.DataFrame(rows, columns=["year", "step", "place", "indicator", "value", "unit"])
    if draw in setup.nan:
        indicators.loc[0, "value"] = np.nan
    start = {
        "parameters": {"income_coefficient": 1.0 + common, "taste_sd": 0.5},
        "levers": {("T1", "service_access"): 0.1 + common},
        "years": [{"year": 2021, "scalar": common, "achieved": 0.5977, "published": 0.5971}],
    }
    tables = accounts(config, lift), flows(config, lift), pyramid(lift), costs(draw, lift)
    return Output(scenario, draw, replicate, indicators, *tables, start)


def value(indicator: str, time: float, common: float, lift: float, start: int) -> float:
    base = {"resident_urban_rate": 0.5876, "rate_gap": 0.2, "residents": 6.6e7, "urban_residents": 3.9e7}[indicator]
    slope = {"resident_urban_rate": 0.008, "rate_gap": -0.001}.get(indicator, 1e4)
    return base + (slope + 0.1 * common + lift) * (time - start)


def accounts(config: ProjectConfig, lift: float) -> pd.DataFrame:
    rows = [
        (year, county, zone, 10.0, 5.0, 3.0 + 1000 * lift, 2.0, 1.0 if zone == "urban" else -1.0, 0.5, 0.25)
        for year in range(config.start + 1, config.end_year + 1)
        for county in COUNTIES
        for zone in ZONES
    ]
    names = ["year", "county_code", "zone", "born", "died", "moved_in", "moved_out", "counted", "entered", "left"]
    return pd.DataFrame(rows, columns=names)


def flows(config: ProjectConfig, lift: float) -> pd.DataFrame:
    rows = [(config.end_year, "4301", "GD", "16-29", 100.0 * (1 + lift))]
    return pd.DataFrame(rows, columns=["year", "origin", "destination", "age_band", "persons"])


def pyramid(lift: float) -> pd.DataFrame:
    rows = [(2020, zone, sex, age, 1000.0 + age + lift) for zone in ZONES for sex in "mf" for age in (0, 5)]
    return pd.DataFrame(rows, columns=["year", "zone", "sex", "age_lo", "persons"])


@dataclass(frozen=True)
class Prepare:
    """A ``prepare`` with accidents."""

    accidents: dict[str, object]

    def __call__(self, config: ProjectConfig, configs: Path = CONFIGS) -> Setup:
        return Setup(config, **self.accidents)


def simulator(**accidents: object) -> Simulator:
    return Simulator(Prepare(accidents), begin, branch, pack, unpack)


def report(config: ProjectConfig, summarise: Callable[[], None]) -> Path:
    summarise()
    page = config.study_dir / "report.html"
    page.write_text(f"<html lang={config.language}>", encoding="utf-8")
    return page


def costs(draw: int, lift: float) -> pd.DataFrame:
    rows = [(2025, "T3", "430000", 1e9 * (draw + 1))] if lift else []
    return pd.DataFrame(rows, columns=["year", "lever", "place", "value"]).astype({"lever": "str", "place": "str"})
