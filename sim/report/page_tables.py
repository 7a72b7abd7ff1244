"""Tables of results: target, levels, effects, causes, start."""

from __future__ import annotations

from typing import NamedTuple

import pandas as pd
from markupsafe import Markup

from sim.base.numbers import half_up
from sim.report.answer import chance_of, chance_words
from sim.report.figures.canvas import Canvas
from sim.report.figures.causes import window_sums
from sim.report.finished_study import RATE, Study
from sim.report.frames import number, row
from sim.report.pairs import pair_words
from sim.report.text import Text, signed_minus
from sim.report.text import table as strings
from sim.statistics.decompose import TERMS
from sim.studies.target import GOALS


class Table(NamedTuple):
    """A table of the report, all cells in words.

    Attributes:
        caption: what the table shows.
        head: column titles; the first column holds the names of the rows.
        rows: cells.
        note: line under the table.
        numeric: whether all columns but the first are numbers (set flush right).
        source: file beside the report that holds the numbers.
    """

    caption: str
    head: list[str]
    rows: list[list[str]]
    note: str = ""
    numeric: bool = True
    source: str = ""


def target_table(canvas: Canvas) -> Table | None:
    """Return probability and interval of every goal, scenario and year."""
    study, page = canvas.study, canvas.page
    pairs = [(year, goal) for year in study.target_years for goal in GOALS]
    if not pairs:
        return None
    rows = []
    for name in study.scenarios:
        cells = [canvas.page_name(name)]
        for year, goal in pairs:
            cells.append(_chance_cell(study, page, name, goal, year))
        row = study.chance(name, "resident_rate_66", study.focus)
        crossing = float("nan") if row is None else float(row["crossing_year_median"])
        cells.append(f"{crossing:.0f}" if crossing == crossing else page("table.target.never", year=study.years[-1]))
        cells.append(_chance_cell(study, page, name, "gap_narrows", study.focus))
        rows.append(cells)
    head = [page("table.scenario")]
    head += [page("table.target.head", goal=page(f"target.{goal}"), year=year) for year, goal in pairs]
    head += [page("table.target.crossing"), page("table.target.gap", year=study.focus)]
    note = page.sentences([page(study.told("table.target.note")), pair_words(canvas), page("verdict.scale")])
    return Table(page("table.target.caption"), head, rows, note, source="target.csv")


def level_table(canvas: Canvas) -> Table:
    """Return median and middle 90% of the rate in selected years."""
    study, page = canvas.study, canvas.page
    years = [year for year in (study.last_observed, *study.target_years, study.years[-1]) if year in study.years]
    years = sorted(set(years))
    rows = []
    for name in study.scenarios:
        table = study.series(name, RATE)
        cells = [_level_cell(page, row(table, year)) if year in table.index else "–" for year in years]
        rows.append([canvas.page_name(name), *cells])
    head, note = [page("table.scenario"), *map(str, years)], page(study.told("table.band90"))
    return Table(page("table.levels.caption"), head, rows, note, source="summary.csv")


def effect_table(canvas: Canvas) -> Table | None:
    """Return the paired differences of every indicator, one column per scenario."""
    study, page = canvas.study, canvas.page
    if not study.has_baseline or not study.policies or study.effects.empty:
        return None
    units = study.summary.drop_duplicates("indicator").set_index("indicator")["unit"]
    rows = []
    known = [key.removeprefix("indicator.") for key in strings() if key.startswith("indicator.")]
    for indicator in [name for name in known if name in units.index] + [n for n in units.index if n not in known]:
        cells = []
        for name in study.policies:
            table = study.effect(name, str(indicator))
            recorded = study.focus in table.index
            cells.append(_difference_cell(page, row(table, study.focus), str(units[indicator])) if recorded else "–")
        if any(cell != "–" for cell in cells):
            rows.append([_indicator(page, str(indicator), str(units[indicator])), *cells])
    head = [page("table.indicator"), *(canvas.page_name(name) for name in study.policies)]
    caption, note = page("table.effects.caption", year=study.focus), page("table.effects.note")
    return Table(caption, head, rows, note, source="effects.csv")


def cause_table(canvas: Canvas, causes: pd.DataFrame | None) -> Table | None:
    """Return the contributions added up from the last published year to the focus year."""
    study, page = canvas.study, canvas.page
    if causes is None:
        return None
    first = min(study.last_observed, study.focus - 1)
    sums = window_sums(causes, first, study.focus)
    names = [name for name in study.scenarios if name in sums.index]
    rows = [[page(f"term.{term}"), *(page.points(number(sums, name, term)) for name in names)] for term in TERMS]
    rows.append([page("term.change"), *(page.points(number(sums, name, "change")) for name in names)])
    head = [page("table.part"), *(canvas.page_name(name) for name in names)]
    caption, note = page("table.causes.caption", first=first, last=study.focus), page("table.causes.note")
    return Table(caption, head, rows, note, source="accounts.csv")


def start_table(canvas: Canvas) -> Table | None:
    """Return published and simulated totals of the observed years and the largest deviation of any draw."""
    study, page = canvas.study, canvas.page
    columns = {"year", "residents", "urban_rate", "published_residents", "published_urban_rate"}
    if study.start is None or not columns <= set(study.start.columns) or study.start.empty:
        return None
    rows = []
    for year, part in study.start.groupby("year"):
        off = (part["residents"] / part["published_residents"] - 1).abs().max()
        off_rate = (part["urban_rate"] - part["published_urban_rate"]).abs().max()
        rows.append(
            [
                str(year),
                page.persons(float(part["published_residents"].iloc[0])),
                page.persons(float(part["residents"].median())),
                f"{100 * float(off):.2f}%",
                page.percent(float(part["published_urban_rate"].iloc[0]), 2),
                page.percent(float(part["urban_rate"].median()), 2),
                page.size(float(off_rate), 2),
            ]
        )
    head = [
        page(f"table.start.{name}")
        for name in ("year", "published", "median", "off", "rate", "rate_median", "rate_off")
    ]
    note = page("table.start.note", n=study.start["draw"].nunique())
    return Table(page("table.start.caption"), head, rows, note, source="start.csv")


def solved_table(canvas: Canvas) -> Table | None:
    """Return the scalars solved per draw, their median and range by year."""
    study, page = canvas.study, canvas.page
    names = ("pull_in", "pull_out")
    if study.start is None or not {"year", *names} <= set(study.start.columns) or study.start.empty:
        return None
    rows = []
    for year, part in study.start.groupby("year"):
        cells = [_range(part[name]) for name in names]
        rows.append([str(year), *cells])
    head = [page("table.start.year"), *(page(f"table.solved.{name}") for name in names)]
    return Table(page("table.solved.caption"), head, rows, page("table.solved.note"), source="start.csv")


def named(name: str, identifier: str) -> Markup:
    """Return the name of a row with its identifier, set small on its own line."""
    return Markup('{}<span class="code-name">{}</span>').format(name, identifier)


def _chance_cell(study: Study, page: Text, scenario: str, goal: str, year: int) -> str:
    chance = chance_of(study, scenario, goal, year)
    if chance is None:
        return "–"
    return f"{chance_words(page, chance)} ({half_up(100 * chance.low):.0f}–{half_up(100 * chance.high):.0f})"


def _level_cell(page: Text, row: pd.Series[float]) -> str:
    low, high = (f"{half_up(100 * float(row[key]), 1):.1f}" for key in ("p05", "p95"))
    return f"{page.percent(float(row['median']))} ({low}–{high})"


def _difference_cell(page: Text, row: pd.Series[float], unit: str) -> str:
    """Return median and middle 90% of a difference in the unit that readers use."""
    low, middle, high = (_difference(page, float(row[key]), unit) for key in ("p05", "median", "p95"))
    return middle if low == high else f"{middle} ({low} {page('table.to')} {high})"


def _difference(page: Text, value: float, unit: str) -> str:
    """Return a difference as points, ten thousand or thousand, or money."""
    factor, digits = _scale(page, unit)
    rounded = half_up(value / factor, digits)
    return ("+" if rounded > 0 else "") + signed_minus(rounded, digits)


def _scale(page: Text, unit: str) -> tuple[float, int]:
    """Return the divisor and the digits in which a unit is shown."""
    if unit == "share":
        return 0.01, 2
    if unit.startswith("yuan"):
        return (1e8, 1) if page.language == "zh" else (1e9, 2)
    return (1e4, 1) if page.language == "zh" else (1e3, 0)


def _indicator(page: Text, indicator: str, unit: str) -> str:
    """Return name and shown unit of an indicator."""
    name = page(f"indicator.{indicator}") if page.has(f"indicator.{indicator}") else indicator
    kind = "share" if unit == "share" else "yuan" if unit.startswith("yuan") else "count"
    shown = page(f"unit.{kind}", unit=page(f"unit.{unit}") if page.has(f"unit.{unit}") else unit)
    return page("table.with_unit", name=name, unit=shown)


def _range(values: pd.Series[float]) -> str:
    low, middle, high = (signed_minus(float(values.quantile(share)), 2) for share in (0.05, 0.5, 0.95))
    return f"{middle} ({low} – {high})"
