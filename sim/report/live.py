"""Charts of a report that answer to the pointer: their numbers, which a page carries as data and as a table.

The script ``templates/report.js`` draws them; where it does not run, and in print, the figures of Matplotlib stand.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import pandas as pd

from sim.report.figures.canvas import Canvas
from sim.report.figures.causes import shown_scenarios
from sim.report.figures.chances import chance_table
from sim.report.figures.fan import BENCHMARK_COLOURS, HERO_FROM, benchmark_table
from sim.report.finished_study import RATE
from sim.report.page_tables import Table
from sim.report.style import TERM_COLOURS
from sim.report.text import signed, signed_minus
from sim.statistics.decompose import TERMS
from sim.studies.target import FEW_RUNS, GOALS

__all__ = ["LIVE", "Live", "live_charts"]


@dataclass(frozen=True)
class Live:
    """A chart in numbers.

    Attributes:
        data: what the script draws: kind, names of the horizontal axis, series with colours and values in percent or
            points, lines to compare with.
        table: the same numbers in words.
        note: how many runs stand behind it, what the band is, and that households are synthetic.
        title: what it shows, where that is not what the figure does.
        caption: how to read it, where that differs from the figure.
        beside: whether the figure shows more, so that both stand on the page.
    """

    data: Mapping[str, Any]
    table: Table
    note: str
    title: str = ""
    caption: str = ""
    beside: bool = False


def live_charts(canvas: Canvas) -> dict[str, Live]:
    """Return every chart there is data for, by the figure in whose place it stands."""
    made = {name: make(canvas) for name, make in LIVE.items()}
    return {name: live for name, live in made.items() if live is not None}


def _rate(canvas: Canvas) -> Live | None:
    """Return the rate by year of every scenario, published figures and benchmarks."""
    study = canvas.study
    observed = 100 * study.published(HERO_FROM)
    years = sorted({*map(int, observed.index), *study.years})
    first = shown_scenarios(study)
    series = [_band(canvas, name, 100 * study.series(name, RATE), years, name in first) for name in study.scenarios]
    benchmarks = benchmark_table(study)
    for key, rows in benchmarks.groupby("benchmark") if benchmarks is not None else ():
        shares = 100 * rows.set_index("year")["share"]
        label = canvas.page(f"benchmark.{key}")
        line = {"name": label, "colour": BENCHMARK_COLOURS[str(key)], "shown": False, "mid": _on(shares, years)}
        series.append({**line, "dashed": True})
    points = {"name": canvas.page("fan.published"), "mid": _on(observed, years)}
    marks = [{"value": 100 * level, "name": canvas.page(f"live.{goal}")} for goal, level in GOALS.items()]
    return _lines(
        canvas,
        "fan.axis",
        years,
        series,
        "summary.csv",
        _note(canvas, study.told("live.band"), True),
        marks=marks,
        points=points,
        span=[study.target_years[0], study.target_years[-1]] if study.target_years else [],
        signs=False,
    )


def _effects(canvas: Canvas) -> Live | None:
    """Return the paired difference of the rate to the baseline by year."""
    study = canvas.study
    if not study.has_baseline or not study.policies:
        return None
    years = [year for year in study.years if year >= study.last_observed]
    series = [_band(canvas, name, 100 * study.effect(name, RATE), years, True) for name in study.policies]
    made = _lines(canvas, "effects.rate", years, series, "effects.csv", _note(canvas, "live.band.effect"))
    return replace(made, caption=canvas.page("live.effects.caption"))


def _gap(canvas: Canvas) -> Live | None:
    """Return the change of the gap since the last observed year."""
    table = canvas.gaps
    if table is None or table["year"].nunique() < 2:
        return None
    years = sorted(map(int, table["year"].unique()))
    series = []
    for name in canvas.study.scenarios:
        rows = table[table["scenario"] == name].set_index("year")[["median", "p05", "p95"]]
        series.append(_band(canvas, name, 100 * rows, years, True))
    made = _lines(canvas, "live.gap", years, series, "summary.csv", _note(canvas, "live.band"))
    return replace(made, title=canvas.page("live.gap.title", base=years[0]), beside=True)


def _chances(canvas: Canvas) -> Live | None:
    """Return the probability of both readings of the goal in every target year, where runs are enough for one."""
    table = chance_table(canvas)
    if table.empty or canvas.study.fewest_runs < FEW_RUNS:
        return None
    page = canvas.page
    groups = [(int(year), goal) for year in sorted(table["target_year"].unique()) for goal in GOALS]
    names = [page("live.group", goal=page(f"target.{goal}"), year=year) for year, goal in groups]
    series = []
    for scenario, rows in table.groupby("scenario", sort=False):
        own = 100 * rows.set_index(["target_year", "target"])[["probability", "ci_low", "ci_high"]]
        own.columns = pd.Index(["median", "p05", "p95"])
        series.append(_band(canvas, str(scenario), own, groups, True))
    data = {"kind": "dots", "x": names, "axis": page("live.chance"), "unit": "%", "digits": 0, "series": series}
    return Live(
        data,
        _table(canvas, "live.chances.table", names, series, "target.csv", 0, signs=False),
        _note(canvas, canvas.study.told("band.interval")),
    )


def _causes(canvas: Canvas) -> Live | None:
    """Return the terms of the yearly change of every scenario, one of which is shown at a time."""
    table, page = canvas.causes, canvas.page
    if table is None:
        return None
    years = sorted(map(int, table["year"].unique()))
    terms = [{"name": page(f"term.{term}"), "colour": TERM_COLOURS[term]} for term in TERMS]
    shown, series, cells = shown_scenarios(canvas.study)[-1], [], []
    for name in canvas.study.scenarios:
        rows = 100 * table[table["scenario"] == name].set_index("year")[[*TERMS, "change"]]
        parts, change = [_on(rows[term], years) for term in TERMS], _on(rows["change"], years)
        own = {"name": canvas.page_name(name), "colour": canvas.colours[name], "shown": name == shown}
        series.append({**own, "parts": parts, "mid": change})
        for k, year in enumerate(years):
            cells.append([str(year), canvas.page_name(name), *(_word(values[k], 2) for values in (*parts, change))])
    head = [page("live.year"), page("table.scenario"), *(term["name"] for term in terms), page("term.change")]
    numbers = Table(page("live.causes.table"), head, cells, source="accounts.csv")
    data = {"kind": "stack", "x": years, "axis": page("live.points"), "unit": "", "digits": 2, "signs": True}
    more = {"focus": canvas.study.focus, "series": series, "terms": terms, "net": page("term.change")}
    return Live({**data, **more}, numbers, _note(canvas, "band.mean"))


def _note(canvas: Canvas, band: str, observed: bool = False) -> str:
    """Return the note of a figure in the language of the page."""
    return replace(canvas, text=canvas.page).note(band, observed=observed)


def _band(canvas: Canvas, name: str, rows: pd.DataFrame, keys: Sequence[Any], shown: bool) -> dict[str, Any]:
    """Return a scenario as a series with its band."""
    columns = {"median": "mid", "p05": "low", "p95": "high"}
    values = {to: _on(rows[column], keys) for column, to in columns.items()}
    return {"name": canvas.page_name(name), "colour": canvas.colours[name], "shown": shown, **values}


def _lines(
    canvas: Canvas,
    axis: str,
    years: list[int],
    series: list[dict[str, Any]],
    source: str,
    note: str,
    signs: bool = True,
    **more: Any,
) -> Live:
    """Return a chart of lines over years with its table."""
    digits = 2 if signs else 1
    data = {"kind": "lines", "x": years, "axis": canvas.page(axis), "unit": "" if signs else "%", "digits": digits}
    data["focus"] = canvas.study.focus
    told = [*([more["points"]] if "points" in more else []), *series]
    table = _table(canvas, "live.lines.table", [str(year) for year in years], told, source, digits, signs)
    return Live({**data, "signs": signs, "series": series, **more}, table, note)


def _table(
    canvas: Canvas, caption: str, names: Sequence[str], series: Sequence[Mapping[str, Any]], source: str, digits: int,
    signs: bool,
) -> Table:  # fmt: skip
    """Return the numbers of a chart as a table, a row per name of the horizontal axis."""
    rows = []
    for k, name in enumerate(names):
        cells = [name]
        for one in series:
            middle, low, high = (
                _word(one[key][k], digits, signs) if key in one else "" for key in ("mid", "low", "high")
            )
            cells.append(f"{middle} ({low} {canvas.page('table.to')} {high})" if low and low != high else middle)
        rows.append(cells)
    return Table(
        canvas.page(caption), [canvas.page("live.year"), *(str(one["name"]) for one in series)], rows, source=source
    )


def _word(value: float | None, digits: int, signs: bool = True) -> str:
    """Return a number in words of a table, a dash for none."""
    if value is None:
        return "–"
    return signed(value, digits) if signs else signed_minus(value, digits)


def _on(values: pd.Series[float], keys: Sequence[Any]) -> list[float | None]:
    """Return the values at keys as JSON has them, None where there is none."""
    found = values.reindex(pd.Index(keys))
    return [None if math.isnan(value) else round(float(value), 4) for value in found]


LIVE: dict[str, Callable[[Canvas], Live | None]] = {
    "hero": _rate,
    "probability": _chances,
    "effects": _effects,
    "causes": _causes,
    "registered": _gap,
}
"""The charts that carry the answer, by the figure in whose place they stand."""
