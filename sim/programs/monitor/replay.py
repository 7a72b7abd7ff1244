"""The years of the tables one at a time, with only the data before each: what monitoring would have said."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sim.base.names import BASELINE
from sim.data import Region, load_region
from sim.policies.plan import plan_years
from sim.programs.monitor.course import Stage, chances, equal, pace
from sim.programs.monitor.figures import Given, NewFigures
from sim.programs.monitor.page_replay import write_replay
from sim.programs.monitor.runs import Forecast, run_forecast
from sim.programs.monitor.settings import MonitorConfig, runs_of
from sim.programs.monitor.update import update
from sim.statistics.elsewhere import logistic_ahead
from sim.statistics.updating import surprise
from sim.studies.files import write_table
from sim.studies.progress import say

__all__ = ["ahead_table", "figures_of", "replay_job", "step_table"]

CENSUS = 2020
"""Information date of the first forecast; the spreads of the discrepancy are known from here on."""


def replay_job(config: MonitorConfig) -> int:
    """Replay the years of the tables, print how the forecasts did and write the page."""
    region = load_region(config.region)
    folder = config.folder(config.study)
    forecasts = dict[int, Forecast]()
    for until in range(CENSUS, region.last_observed + 1):
        say(f"Figures up to {until}: {config.draws} draws.")
        forecasts[until] = run_forecast(folder / f"until_{until}", runs_of(config, until), config.workers)
    steps = pd.concat([step_table(config, forecasts, year) for year in range(CENSUS + 1, region.last_observed + 1)])
    ahead = pd.concat([ahead_table(forecasts, year) for year in range(CENSUS + 1, region.last_observed)])
    bands = pd.concat([_bands(config, until, forecast) for until, forecast in forecasts.items()])
    tables = {"replay": steps, "replay_ahead": ahead, "replay_bands": bands}
    for name, table in tables.items():
        write_table(table.reset_index(drop=True), folder / f"{name}.csv")
    page = write_replay(folder, config, tables, region)
    print(spoken(steps), end="")
    print(f"Page: {page}")
    return 0


def figures_of(region: Region, year: int) -> NewFigures:
    """Return the published rate and residents of the province in a year as a file of figures would give them."""
    series = region.table("province_series").set_index("year")[["urban_rate", "residents"]].astype(np.float64)
    rate, residents = (float(series[name][year]) for name in ("urban_rate", "residents"))
    given = Given(urban_rate=round(100.0 * rate, 4), residents=residents / 1e4)
    return NewFigures(year=year, source="tables of the region", province=given)


def _rates(region: Region, until: int) -> pd.Series[float]:
    """Return the urban rate of the province up to a year-end, per cent."""
    series = region.table("province_series").set_index("year")["urban_rate"].astype(np.float64)
    return 100.0 * series.loc[:until]


def step_table(config: MonitorConfig, forecasts: dict[int, Forecast], year: int) -> pd.DataFrame:
    """Return by scenario a figure beside its forecast of the year before, and the chance of the goal on either side."""
    before, after = forecasts[year - 1], forecasts[year]
    figures, last, goal = figures_of(before.region, year), plan_years().last, config.goal / 100.0
    figure, rows = float(figures.province.urban_rate or np.nan) / 100.0, []
    benchmark = logistic_ahead(_rates(before.region, year - 1), year - 1, 1) / 100.0
    for scenario in (BASELINE, config.package):
        found, ones = update(before, figures, scenario), equal(np.ones(before.runs))
        seen = surprise(before.told(scenario, year), ones, figure)
        told = (before.told(scenario, last) >= goal).astype(np.float64)
        stage = Stage(after, {scenario: equal(np.ones(after.runs))})
        course = pace(stage, figure, goal, last).iloc[0]
        row = {"year": year, "scenario": scenario, "figure": figure, "benchmark": benchmark} | seen._asdict()
        row |= {"effective": found.effective, "evidence": found.evidence}
        row |= {"before": float((ones * told).sum()), "weighed": float((found.weight * told).sum())}
        row |= {"after": course["probability"], "needed": course["needed"], "likely": course["likely"]}
        rows.append(row)
    return pd.DataFrame(rows)


def ahead_table(forecasts: dict[int, Forecast], year: int) -> pd.DataFrame:
    """Return how forecasts of the year after a figure did: without it, with its weights, and run again through it."""
    before, after = forecasts[year - 1], forecasts[year]
    found = update(before, figures_of(before.region, year), BASELINE)
    figure = float(figures_of(before.region, year + 1).province.urban_rate or np.nan) / 100.0
    ways = {
        "before": (before, equal(np.ones(before.runs))),
        "weighed": (before, found.weight),
        "again": (after, equal(np.ones(after.runs))),
    }
    rows = [
        {"year": year + 1, "way": way} | surprise(forecast.told(BASELINE, year + 1), weight, figure)._asdict()
        for way, (forecast, weight) in ways.items()
    ]
    return pd.DataFrame(rows)


def _bands(config: MonitorConfig, until: int, forecast: Forecast) -> pd.DataFrame:
    """Return the band of the rate of the goal's years by information date and scenario."""
    weight = equal(np.ones(forecast.runs))
    stage = {"after": Stage(forecast, dict.fromkeys((BASELINE, config.package), weight))}
    return chances(stage, config.goal / 100.0).assign(until=until, draws=forecast.runs).drop(columns="stage")


def spoken(steps: pd.DataFrame) -> str:
    """Return the replay in a line a year."""
    lines = [
        "Figure, forecast of the year before (90%), share of it below the figure; chance of the goal before, after:"
    ]
    for row in steps[steps["scenario"] == BASELINE].to_dict("records"):
        band = f"{100 * row['median']:.2f} ({100 * row['low']:.2f} to {100 * row['high']:.2f})"
        chance = f"{100 * row['before']:.0f}% -> {100 * row['after']:.0f}%"
        lines.append(f"  {row['year']}: {100 * row['figure']:.2f}, {band}, {100 * row['rank']:.0f}%; {chance}")
    return "\n".join(lines) + "\n"
