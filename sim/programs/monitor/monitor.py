"""New figures from their file to the page: forecast, weights, run again, compare; and the replay of past years."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sim.base.errors import StudyError
from sim.base.names import BASELINE
from sim.base.textfiles import dump_yaml
from sim.config import refusal
from sim.data import load_region
from sim.policies.plan import plan_years
from sim.programs.docs.forecasts import registered, scored
from sim.programs.monitor.course import Stage, chances, equal, pace, warnings_of, why
from sim.programs.monitor.figures import NewFigures, read_figures
from sim.programs.monitor.overlay import Row, check_figures, forecast_values, new_row, write_overlay
from sim.programs.monitor.page import Told, write_page
from sim.programs.monitor.rebuild import rebuild
from sim.programs.monitor.replay import replay_job
from sim.programs.monitor.runs import Forecast, run_forecast
from sim.programs.monitor.settings import MonitorConfig, runs_of
from sim.programs.monitor.tables import given_table, moved_parameters, published_rows
from sim.programs.monitor.update import Update, update
from sim.programs.program import checked
from sim.studies.discrepancy import figure_errors
from sim.studies.files import replacing, write_table
from sim.studies.progress import say

__all__ = ["Step", "monitor_job"]


class Step(NamedTuple):
    """One year taken in.

    Attributes:
        figures, row: the figures, and the row of the province that the runs pass.
        stages: before, weighed and after.
        updates: weights by scenario.
        size: effective size of the posterior that was made again; None: it was not.
    """

    figures: NewFigures
    row: Row
    stages: dict[str, Stage]
    updates: Mapping[str, Update]
    size: float | None


def monitor_job(values: Mapping[str, Any]) -> int:
    """Take in the figures of a file, or replay the years of the tables; print the result and write the page.

    Raises:
        ConfigError: a key is unknown or out of range.
        NewFiguresError: the file of figures cannot be used.
        StudyError: the results folder cannot take the study.
    """
    config = checked(MonitorConfig, values, "monitor")
    folder = config.folder(config.study)
    if (config.figures is None) != config.replay:
        given = "both are" if config.replay else "neither is"
        raise refusal([f"figures and replay: {given} given; allowed is figures=FILE or replay=true"], "monitor")
    if config.replay:
        return replay_job(config)
    region = load_region(config.region)
    figures = read_figures(Path(str(config.figures)).expanduser(), region)
    check_figures(region, figures)
    _same_figures(folder, figures)
    step = take_in(config, figures, folder)
    tables = step_tables(config, step)
    for name, table in tables.items():
        write_table(table, folder / f"{name}.csv")
    page = write_page(folder, Told(config, step.figures, step.row, step.stages, step.updates, step.size, tables))
    print(spoken(config, step, tables), end="")
    print(f"Page: {page}")
    return 0


def _same_figures(folder: Path, figures: NewFigures) -> None:
    """Keep the figures of a study in its folder, and refuse others there.

    Raises:
        StudyError: the folder holds a study of other figures.
    """
    path, text = folder / "figures.yaml", dump_yaml(figures.model_dump(exclude_none=True))
    if path.is_file() and path.read_text(encoding="utf-8") != text:
        raise StudyError(
            f"{folder}: holds a study of other figures (figures.yaml).\n  Next: choose another name with study=NAME."
        )
    with replacing(path) as temporary:
        temporary.write_text(text, encoding="utf-8")


def take_in(config: MonitorConfig, figures: NewFigures, folder: Path) -> Step:
    """Forecast the figures, weigh the runs by them, and run again through them."""
    runs = runs_of(config)
    say(f"Before: {config.draws} draws that use no figure of {figures.year}.")
    before = run_forecast(folder / "before", runs, config.workers)
    updates = {scenario: update(before, figures, scenario) for scenario in runs.scenarios}
    row = new_row(figures, before.region, forecast_values(figures.year, before, updates[BASELINE].weight))
    overlay = write_overlay(folder / "overlay", before.region, figures, row)
    lowest = min(found.effective for found in updates.values())
    rebuilt, size = lowest < config.least_effective * before.runs and config.posterior is not None, None
    if rebuilt:
        say(f"Effective size {lowest:.0f} of {before.runs}, below {config.least_effective:.0%}: posterior made again.")
        size = rebuild(config, overlay, folder / "rebuilt")
    say(f"After: {config.draws} draws through the figures of {figures.year}.")
    after = run_forecast(folder / ("after_rebuilt" if rebuilt else "after"), runs, config.workers, overlay)
    ones = equal(np.ones(before.runs))
    stages = {
        "before": Stage(before, dict.fromkeys(runs.scenarios, ones)),
        "weighed": Stage(before, {scenario: found.weight for scenario, found in updates.items()}),
        "after": Stage(after, _carried(before, after, {} if rebuilt else updates, runs.scenarios)),
    }
    return Step(figures, row, stages, updates, size)


def _carried(before: Forecast, after: Forecast, updates: Mapping[str, Update], scenarios: list[str]) -> dict[str, Any]:
    """Return weights of the runs after the figures: a draw keeps the weight that it has before them."""
    found = {}
    for scenario in scenarios:
        if scenario in updates:
            known = pd.Series(updates[scenario].runs, index=before.rows["job"])
            kept = np.asarray(known.reindex(after.rows["job"]), np.float64)
            found[scenario] = equal(np.nan_to_num(kept))
        else:
            found[scenario] = equal(np.ones(after.runs))
    return found


def step_tables(config: MonitorConfig, step: Step) -> dict[str, pd.DataFrame]:
    """Return the tables of a year taken in."""
    last, year, goal = plan_years().last, step.figures.year, config.goal / 100.0
    after = step.stages["after"]
    error = np.hypot(figure_errors(after.forecast.region.province_code).rate, after.forecast.rate_noise(year + 1))
    rows = published_rows(step.figures, step.stages["before"].forecast.region)
    scores = [
        scored(one, rows).assign(fixed=one.fixed, commit=one.commit)
        for one in registered()
        if one.data_until == year - 1
    ]
    return {
        "figures": given_table(step.figures, step.row, step.stages["before"].forecast, BASELINE),
        "chances": chances(step.stages, goal),
        "why": why(step.stages, last, year),
        "pace": pace(after, step.row.urban_rate, goal, last),
        "warning": warnings_of(after, goal, last, float(error), config.levels),
        "parameters": moved_parameters(step.stages["before"].forecast, step.updates),
        "registered": pd.concat(scores, ignore_index=True) if scores else pd.DataFrame(columns=["fixed"]),
    }


def spoken(config: MonitorConfig, step: Step, tables: Mapping[str, pd.DataFrame]) -> str:
    """Return the result in a few lines."""
    lines = [f"Draws that the figures leave: {', '.join(f'{k} {u.effective:.0f}' for k, u in step.updates.items())}."]
    before = tables["chances"].query("stage == 'before'").set_index(["scenario", "year"])["probability"]
    for row in tables["pace"].to_dict("records"):
        name, last = row["scenario"], row["year"]
        chance = f"{100 * before[name, last]:.0f}% -> {100 * row['probability']:.0f}%"
        likely = f"likely {row['likely']:+.2f} ({row['p05']:+.2f} to {row['p95']:+.2f})"
        lines.append(f"  {name:<16} at least {config.goal:g}% at the end of {last}: {chance}")
        lines.append(f"  {'':<16} points a year: needed {row['needed']:+.2f}, {likely}")
    return "\n".join(lines) + "\n"
