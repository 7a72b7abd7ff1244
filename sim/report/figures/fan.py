"""Fan charts of the resident urban rate, with benchmarks, target and paired differences."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch
from matplotlib.ticker import MultipleLocator

from sim.base.names import BASELINE, PLAN
from sim.data.revisions import LAST_CENSUS
from sim.report.figures.canvas import Canvas, Drawing
from sim.report.figures.causes import shown_scenarios
from sim.report.finished_study import RATE, Study
from sim.report.frames import number
from sim.report.style import FAINT, INK, SOFT, Steps, finish, new_figure, spread, year_ticks
from sim.report.text import Text
from sim.statistics.benchmarks import province_benchmarks
from sim.studies.target import GOALS

HERO_FROM, ZOOM_FROM = 2010, 2018
"""First years shown of a single panel, and of one panel per scenario where the study goes beyond the last census."""
BENCHMARK_COLOURS = {"linear": "#b2182b", "growth_difference": "#5e2a9b", "logistic": "#8c510a"}
BENCHMARK_DASHES: dict[str, tuple[float, tuple[float, ...]]] = {
    "linear": (0, (1, 1.2)),
    "growth_difference": (0, (6, 1.5, 1, 1.5)),
}
"""Dashes of the benchmarks drawn as a line; the logistic curve is drawn as the range of its ceiling."""


def fit_window(study: Study) -> tuple[int, int]:
    """Return first and last year-end of the pace that benchmarks carry on: from the last census to the last figure."""
    return LAST_CENSUS, study.last_observed


def benchmark_table(study: Study) -> pd.DataFrame | None:
    """Return the benchmarks from the end of the fit window to the last simulated year; None if that is not later."""
    years, shares = study.observed.index.astype(int).tolist(), study.observed.tolist()
    observed: dict[int, float] = dict(zip(years, shares, strict=True))
    first, last = fit_window(study)
    if first not in observed or not first < last < study.years[-1]:
        return None
    return province_benchmarks(observed, list(range(last, study.years[-1] + 1)), (first, last))


def zoom_from(study: Study) -> int:
    """Return the first year shown in the panels of single scenarios."""
    return ZOOM_FROM if study.years[-1] > LAST_CENSUS else study.years[0]


def draw_hero(canvas: Canvas) -> Drawing:
    """Draw plan (or the first other scenario) and no new policy in one panel: the figure of the front page."""
    study, words = canvas.study, canvas.text
    shown = shown_scenarios(study)
    figure = new_figure(5.4)
    axes = figure.add_subplot()
    observed = study.published(HERO_FROM)
    _goal(axes, study)
    for scenario in shown:
        _fan(axes, study, scenario, canvas.colours[scenario], inner=scenario != BASELINE or len(shown) == 1)
    table = benchmark_table(study)
    _benchmarks(axes, table)
    axes.plot(observed.index, 100 * observed, "o", color=INK, markersize=3.6, zorder=8, clip_on=False)
    _hero_labels(axes, canvas, shown, table)
    _hero_frame(axes, canvas, observed)
    title = "fan.hero.title" if shown == (BASELINE, PLAN) else "fan.hero.other"
    note = canvas.note(canvas.study.told("band.fan"), observed=True)
    finish(figure, words(title, place=canvas.place), note, words("fan.axis"))
    window = dict(zip(("first", "last"), fit_window(study), strict=True))
    parts = (
        "caption",
        *(("benchmarks",) if table is not None else ()),
        *(("overlap",) if len(shown) > 1 and BASELINE in shown else ()),
    )
    caption = " ".join(canvas.page(f"fan.hero.{part}", **window) for part in parts)
    return Drawing("hero", figure, canvas.page(title, place=canvas.page_place), caption, _alt(canvas, shown))


def draw_fan(canvas: Canvas) -> Drawing:
    """Draw one panel per scenario with the paired difference to no new policy beneath it."""
    study, words = canvas.study, canvas.text
    names = study.scenarios
    columns = min(3, len(names))
    rows = math.ceil(len(names) / columns)
    figure = new_figure(0.95 + (3.15 if rows > 1 else 3.8) * rows)
    grid = figure.add_gridspec(rows + 1, columns, height_ratios=[1.0] * rows + [0.13], hspace=0.1)
    table = benchmark_table(study)
    limits = _limits(study, table)
    widest = _difference_limit(study)
    for index, scenario in enumerate(names):
        inner = grid[index // columns, index % columns].subgridspec(2, 1, height_ratios=[3.0, 1.0], hspace=0.04)
        main = figure.add_subplot(inner[0])
        below = figure.add_subplot(inner[1], sharex=main)
        _panel(main, canvas, scenario, table, limits)
        _difference(below, canvas, scenario, widest)
        if index % columns:
            main.tick_params(labelleft=False)
            below.tick_params(labelleft=False)
    _legend(figure.add_subplot(grid[rows, :]), canvas, table)
    finish(
        figure,
        words("fan.title", place=canvas.place),
        canvas.note(canvas.study.told("band.fan"), observed=True),
        words("fan.subtitle"),
    )
    first, last = fit_window(study)
    caption = canvas.page("fan.caption", first=first, last=last, zoom=zoom_from(study))
    return Drawing("fan", figure, canvas.page("fan.title", place=canvas.page_place), caption, _alt(canvas, names))


def _panel(axes: Axes, canvas: Canvas, scenario: str, table: pd.DataFrame | None, limits: tuple[float, float]) -> None:
    """Draw one scenario: bands, benchmarks, published points, goal."""
    study = canvas.study
    _goal(axes, study)
    _benchmarks(axes, table)
    _fan(axes, study, scenario, canvas.colours[scenario])
    observed = study.published(zoom_from(study))
    axes.plot(observed.index, 100 * observed, "o", color=INK, markersize=2.8, zorder=8)
    axes.set_title(canvas.name(scenario), color=canvas.colours[scenario], pad=4, fontsize=10)
    axes.set_xlim(zoom_from(study) - 0.3, study.years[-1] + 0.3)
    axes.set_ylim(*limits)
    axes.yaxis.set_major_locator(MultipleLocator(2))
    axes.tick_params(labelbottom=False, bottom=False)
    axes.spines["bottom"].set_visible(False)


def _difference(axes: Axes, canvas: Canvas, scenario: str, widest: float) -> None:
    """Draw the paired difference to the baseline in points."""
    axes.axhline(0, color=canvas.colours.get(BASELINE, SOFT), linewidth=0.9)
    axes.set_ylim(-widest, widest)
    year_ticks(axes, 5)
    axes.yaxis.set_major_formatter(Steps(signed=True))
    table = 100 * canvas.study.effect(scenario, RATE)
    if scenario == BASELINE or table.empty:
        key = "fan.reference" if scenario == BASELINE else "fan.no_difference"
        axes.text(0.5, 0.72, canvas.text(key), transform=axes.transAxes, ha="center", size=7.8, color=SOFT)
        return
    colour = canvas.colours[scenario]
    axes.fill_between(table.index, table["p05"], table["p95"], color=colour, alpha=0.22, linewidth=0)
    axes.plot(table.index, table["median"], color=colour, linewidth=1.4)


def _fan(axes: Axes, study: Study, scenario: str, colour: str, inner: bool = True) -> None:
    """Draw the bands and the median of a scenario, from the start year on."""
    table = 100 * study.series(scenario, RATE)
    axes.fill_between(table.index, table["p05"], table["p95"], color=colour, alpha=0.15, linewidth=0, zorder=2)
    if inner:
        axes.fill_between(table.index, table["p25"], table["p75"], color=colour, alpha=0.28, linewidth=0, zorder=3)
    axes.plot(table.index, table["median"], color=colour, linewidth=2.0, zorder=5)


def _goal(axes: Axes, study: Study) -> None:
    """Draw the two readings of the goal and the target years."""
    axes.axhline(100 * GOALS["resident_rate_66"], color=INK, linewidth=0.9, zorder=1)
    axes.axhline(100 * GOALS["resident_rate_65_5"], color=INK, linewidth=0.7, linestyle=(0, (2, 2)), zorder=1)
    if study.target_years:
        low, high = study.target_years[0], study.target_years[-1]
        axes.axvspan(low - 0.12, high + 0.12, color="#f2ead3", zorder=0, linewidth=0)


def _benchmarks(axes: Axes, table: pd.DataFrame | None) -> None:
    """Draw the benchmarks above the scenarios, thinner than the medians; the logistic curve as its edges."""
    if table is None:
        return
    for key, rows in table.groupby("benchmark"):
        name = str(key)
        colour = BENCHMARK_COLOURS[name]
        if name in BENCHMARK_DASHES:
            values, dashes = 100 * rows["share"], BENCHMARK_DASHES[name]
            axes.plot(rows["year"], values, color=colour, linestyle=dashes, linewidth=1.2, zorder=7)
        else:
            for end in ("low", "high"):
                axes.plot(rows["year"], 100 * rows[end], color=colour, linewidth=0.9, zorder=6)


def _hero_labels(axes: Axes, canvas: Canvas, shown: tuple[str, ...], table: pd.DataFrame | None) -> None:
    """Write the names of the lines at their right ends, without overlaps."""
    study, words = canvas.study, canvas.text
    last = study.years[-1]
    ends = [
        (100 * value, f"{canvas.name(name)}  {words.percent(value)}", canvas.colours[name])
        for name in shown
        if (value := float(study.series(name, RATE)["median"].iloc[-1]))
    ]
    if table is not None:
        for key, rows in table[table["year"] == last].groupby("benchmark"):
            row = rows.iloc[0]
            ends.append((100 * float(row["share"]), _benchmark_label(words, row), BENCHMARK_COLOURS[str(key)]))
    places = spread([value for value, _, _ in ends], gap=1.3)
    leader = 0.018 * (last - HERO_FROM + 0.5)
    for place, (value, label, colour) in zip(places, ends, strict=True):
        axes.plot([last, last + leader], [value, place], color=FAINT, linewidth=0.5, clip_on=False)
        axes.text(last + 1.3 * leader, place, label, color=colour, va="center", size=8.6, clip_on=False)


def _benchmark_label(words: Text, row: pd.Series[Any]) -> str:
    """Return name and last value of a benchmark; the logistic curve shows its range."""
    label = words(f"benchmark.{row['benchmark']}")
    low, high = float(row["low"]), float(row["high"])
    value = words.percent(low) if low == high else f"{100 * low:.1f}–{words.percent(high)}"
    return f"{label}  {value}"


def _hero_frame(axes: Axes, canvas: Canvas, observed: pd.Series[float]) -> None:
    """Set limits, ticks and the labels of goal and published points."""
    study, words = canvas.study, canvas.text
    low = math.floor(100 * float(observed.min())) - 1
    left = HERO_FROM - 0.5
    axes.set_xlim(left, study.years[-1])
    year_ticks(axes)
    axes.set_ylim(low, _limits(study, benchmark_table(study))[1])
    axes.yaxis.set_major_formatter(Steps(unit="%"))
    inset = left + 0.012 * (study.years[-1] - left)
    axes.text(inset, 66.25, words("goal.66"), size=8.2, va="bottom", color=INK)
    axes.text(inset, 65.25, words("goal.65_5"), size=8.2, va="top", color=SOFT)
    if len(observed) > 5:
        year = int(observed.index[5])
        axes.annotate(
            words("fan.published"), (year, 100 * observed.loc[year]), (10, -12), textcoords="offset points", size=8.4
        )
    if study.target_years:
        low_year, high_year = study.target_years[0], study.target_years[-1]
        key = "fan.window" if low_year < high_year else "fan.window_one"
        label = words(key, first=low_year, last=high_year)
        axes.text((low_year + high_year) / 2, low + 0.6, label, ha="center", size=8, color=SOFT)


def _limits(study: Study, table: pd.DataFrame | None) -> tuple[float, float]:
    """Return the common limits of the rate axis in percent."""
    rows = study.summary[(study.summary["place"] == study.province) & (study.summary["indicator"] == RATE)]
    recent = study.published(zoom_from(study))
    values = [rows["p05"].min(), rows["p95"].max(), GOALS["resident_rate_66"], recent.min()]
    if table is not None:
        values.append(float(table["share"].max()))
    return 100 * float(np.nanmin(values)) - 0.8, 100 * float(np.nanmax(values)) + 0.8


def _difference_limit(study: Study) -> float:
    """Return a symmetric limit in points for all difference panels."""
    rows = study.effects[(study.effects["place"] == study.province) & (study.effects["indicator"] == RATE)]
    largest = 100 * float(np.nanmax([0.002, *rows["p05"].abs(), *rows["p95"].abs()]))
    return 1.08 * largest


def _legend(axes: Axes, canvas: Canvas, table: pd.DataFrame | None) -> None:
    """Explain lines, bands and points once for all panels; benchmarks where there are any."""
    words = canvas.text
    axes.axis("off")
    handles: list[Line2D | Patch] = [
        Line2D([], [], color=SOFT, linewidth=2, label=words("legend.median")),
        Patch(color=SOFT, alpha=0.4, linewidth=0, label=words(canvas.study.told("legend.half"))),
        Patch(color=SOFT, alpha=0.17, linewidth=0, label=words(canvas.study.told("legend.ninety"))),
        Line2D([], [], color=INK, marker="o", linestyle="", markersize=3, label=words("fan.published")),
        Line2D([], [], color=INK, linewidth=0.9, label=words("goal.66")),
        Line2D([], [], color=INK, linewidth=0.7, linestyle=(0, (2, 2)), label=words("goal.65_5")),
    ]
    for name, colour in BENCHMARK_COLOURS.items() if table is not None else ():
        label = words(f"benchmark.{name}")
        if name in BENCHMARK_DASHES:
            handles.append(Line2D([], [], color=colour, linestyle=BENCHMARK_DASHES[name], linewidth=1.6, label=label))
        else:
            handles.append(Patch(facecolor="none", edgecolor=colour, linewidth=1.3, label=label))
    axes.legend(handles=handles, loc="center", ncols=5, fontsize=8, handlelength=2.2, columnspacing=1.6)


def _alt(canvas: Canvas, names: tuple[str, ...]) -> str:
    """Describe the fan chart in words with its numbers."""
    year = canvas.study.focus
    parts = []
    for name in names:
        table = canvas.study.series(name, RATE)
        if year in table.index:
            values = {key: canvas.page.percent(number(table, year, key)) for key in ("median", "p05", "p95")}
            parts.append(canvas.page(canvas.study.told("fan.alt.part"), name=canvas.page_name(name), **values))
    return canvas.page("fan.alt", year=year, parts=canvas.page.join(parts))
