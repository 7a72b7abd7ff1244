"""Tables of the page of a year taken in, all cells in words."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from sim.parameters.declared import declared
from sim.policies.plan import plan_years
from sim.programs.monitor.course import STAGES, verdict
from sim.programs.monitor.runs import RATE, REGISTERED, RESIDENTS
from sim.report.page_tables import Table
from sim.report.place_names import prefecture_names
from sim.report.text import Text, signed, signed_minus

if TYPE_CHECKING:
    from sim.programs.monitor.page import Told

__all__ = ["page_tables", "written"]

MISSING = "–"
MOST_PARAMETERS = 6
RATES = (RATE, REGISTERED)


def page_tables(told: Told, page: Text, names: dict[str, str]) -> dict[str, list[Table]]:
    """Return the tables of every section by its key; ``names`` are those of the scenarios on the page."""
    why = [_why(told, page, names), _effective(told, page, names)]
    moved = _parameters(told, page, names)
    return {
        "figures": [_figures(told, page), *_registered(told, page)],
        "after": [_chances(told, page, names)],
        "why": [*why, moved] if moved.rows else why,
        "course": [_pace(told, page, names)],
        "warning": [_warning(told, page, names)],
    }


def written(page: Text, indicator: str, value: float) -> str:
    """Return a figure in its customary unit: a rate in per cent, residents in persons, else a plain number."""
    if np.isnan(value):
        return MISSING
    if indicator in RATES:
        return page.percent(value, 2)
    return page.persons(value) if indicator == RESIDENTS else signed_minus(value, 2)


def _forecast(page: Text, indicator: str, row: Mapping[Any, Any]) -> str:
    if np.isnan(row["median"]):
        return MISSING
    middle, low, high = (written(page, indicator, row[key]) for key in ("median", "p05", "p95"))
    return f"{middle} ({low} … {high})"


def _figures(told: Told, page: Text) -> Table:
    region = told.before.region
    places = {code: page.pick(names) for code, names in prefecture_names(region).items()}
    places[region.province_code] = page.pick({"en": region.name_en, "zh": region.name_zh})
    rows = []
    for row in told.tables["figures"].to_dict("records"):
        name = str(row["indicator"])
        news = row["origin"] == "given"
        crps = row["crps"]
        shown = MISSING if np.isnan(crps) else f"{100 * crps:.2f}" if name in RATES else written(page, name, crps)
        rank = page.percent(row["rank"], 0) if news and not np.isnan(row["rank"]) else MISSING
        cells = [page(f"monitor.name.{name}"), written(page, name, row["figure"])]
        cells += [page(f"monitor.how.{row['origin']}"), _forecast(page, name, row), rank, shown if news else MISSING]
        rows.append([places[str(row["place"])], *cells])
    head = [page(f"monitor.head.{key}") for key in ("place", "figure", "value", "origin", "forecast", "rank", "crps")]
    return Table(page("monitor.caption.figures", year=told.figures.year), head, rows)


def _registered(told: Told, page: Text) -> list[Table]:
    """Return how the registered forecasts without new policy did; nothing if none is of this year."""
    table = told.tables["registered"]
    if table.empty:
        return []
    rows = []
    for (fixed, commit), part in table[table["scenario"] == "no_new_policy"].groupby(["fixed", "commit"], sort=False):
        rates = part[part["indicator"] == RATE]
        error = f"{100 * rates['error'].abs().mean():.2f}" if len(rates) else MISSING
        inside = f"{int(part['inside'].sum())} / {len(part)}"
        rows.append([f"{fixed} ({commit})", str(len(part)), error, inside])
    head = [page(f"monitor.head.{key}") for key in ("fixed", "values", "error", "inside")]
    return [Table(page("monitor.caption.registered"), head, rows)]


def _chances(told: Told, page: Text, names: dict[str, str]) -> Table:
    """Return chance of the goal and rate by scenario and year, at every stage."""
    rows, goal = [], told.config.goal / 100.0
    table = told.tables["chances"].to_dict("records")
    found = {(row["scenario"], row["year"], row["stage"]): row for row in table}
    for scenario, year in dict.fromkeys(key[:2] for key in found):
        chances, rates = [], []
        for key in STAGES:
            row = found[scenario, year, key]
            chances.append(page.percent(row["probability"], 0))
            rates.append(_forecast(page, RATE, row))
        least = page("monitor.head.chance", goal=page.percent(goal, 0 if told.config.goal % 1 == 0 else 1))
        rows.append([names[scenario], str(year), least, *chances])
        rows.append([names[scenario], str(year), page("monitor.head.rate"), *rates])
    head = [page(f"monitor.head.{key}") for key in ("scenario", "year", "figure", *STAGES)]
    return Table(page("monitor.caption.chances"), head, rows)


def _why(told: Told, page: Text, names: dict[str, str]) -> Table:
    parts = ("runs", "pace", "again", "whole")
    points = told.tables["why"].set_index(["scenario", "part"])["points"]
    rows = [[names[name], *(signed(points[name, part]) for part in parts)] for name in told.updates]
    head = [page(f"monitor.head.{key}") for key in ("scenario", *parts)]
    return Table(page("monitor.caption.why", last=plan_years().last), head, rows)


def _effective(told: Told, page: Text, names: dict[str, str]) -> Table:
    """Return how many draws each kind of figure leaves by itself."""
    kinds = dict.fromkeys(kind for found in told.updates.values() for kind in found.by_figure)
    rows = [
        [page(f"monitor.name.{kind}"), *(f"{found.by_figure[kind]:.0f}" for found in told.updates.values())]
        for kind in kinds
    ]
    rows.append([page("monitor.head.whole"), *(f"{found.effective:.0f}" for found in told.updates.values())])
    head = [page("monitor.head.figure"), *(names[name] for name in told.updates)]
    return Table(page("monitor.caption.effective", draws=told.before.runs), head, rows)


def _parameters(told: Told, page: Text, names: dict[str, str]) -> Table:
    known = declared()
    table = told.tables["parameters"].query("scenario == @told.config.package").head(MOST_PARAMETERS)
    rows = [
        [page.pick(known[name].meaning), signed(moved)]
        for name, moved in zip(table["parameter"], table["moved"], strict=True)
    ]
    head = [page("monitor.head.parameter"), page("monitor.head.moved")]
    return Table(page("monitor.caption.parameters"), head, rows, names[told.config.package])


def _pace(told: Told, page: Text, names: dict[str, str]) -> Table:
    rows = []
    for row in told.tables["pace"].to_dict("records"):
        likely = f"{signed(row['likely'])} ({signed(row['p05'])} … {signed(row['p95'])})"
        word = page(f"monitor.verdict.{verdict(float(row['probability']))}")
        chance = page.percent(row["probability"], 0)
        rows.append([names[str(row["scenario"])], str(row["years_left"]), signed(row["needed"]), likely, chance, word])
    head = [page(f"monitor.head.{key}") for key in ("scenario", "left", "needed", "likely", "probability", "course")]
    return Table(page("monitor.caption.pace"), head, rows)


def _warning(told: Told, page: Text, names: dict[str, str]) -> Table:
    rows, year = [], told.figures.year + 1
    for row in told.tables["warning"].to_dict("records"):
        known = not np.isnan(row["figure"])
        cells = [page.percent(row["figure"], 2), page.percent(row["probability_below"], 0)] if known else [MISSING] * 2
        level = page.percent(row["level"], 0)
        rows.append([names[str(row["scenario"])], level, *cells, _forecast(page, RATE, row)])
    keys = ("scenario", "level", "warn", "likely_below", "expected")
    head = [page(f"monitor.head.{key}", year=year) for key in keys]
    return Table(page("monitor.caption.warning", year=year), head, rows)
