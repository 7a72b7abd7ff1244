"""Figures of monitoring: the rate before and after new figures, and the years of the tables one at a time."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from sim.base.names import BASELINE
from sim.base.numbers import half_up
from sim.data import Region
from sim.policies.plan import plan_years
from sim.programs.monitor.course import Stage
from sim.report.figures.canvas import Drawing
from sim.report.style import FAINT, INK, SOFT, finish, new_figure, scenario_colours, spread
from sim.report.text import Text
from sim.statistics.updating import band

__all__ = ["Pen", "draw_fan", "draw_replay"]

SINCE = 2020
"""First published year that is drawn."""
WARNS = "#b34700"


class Pen(NamedTuple):
    """Words inside figures and around them, names of scenarios, and the goal as written.

    Attributes:
        text: words drawn in figures (English without a Chinese font).
        page: words of the page.
        names: of the scenarios in the language of the figures.
        goal: level, per cent.
    """

    text: Text
    page: Text
    names: dict[str, str]
    goal: float

    def goal_words(self, text: Text) -> str:
        """Return the goal as a percentage."""
        return text.percent(self.goal / 100.0, 0 if self.goal == round(self.goal) else 1)


def published(region: Region) -> pd.Series[float]:
    """Return the urban rate of the province by year-end, per cent."""
    series = region.table("province_series").set_index("year")["urban_rate"].dropna()
    return 100.0 * series[series.index >= SINCE].astype(np.float64)


def _fan(axes: Axes, stage: Stage, scenario: str, colour: str, start: float, alpha: float) -> None:
    """Draw median and 90% band from the last observed year-end on, per cent."""
    years = range(stage.forecast.known, plan_years().last + 1)
    ends = [np.full(3, start)]
    ends += [100.0 * band(stage.forecast.told(scenario, year), stage.weight[scenario]) for year in years[1:]]
    low, middle, high = np.array(ends).T
    axes.fill_between(years, low, high, color=colour, alpha=alpha, linewidth=0)
    axes.plot(years, middle, color=colour, linewidth=1.8)


def draw_fan(pen: Pen, stages: dict[str, Stage], warning: pd.DataFrame, figure: float, made_up: bool) -> Drawing:
    """Draw the rate before and after the figures in a panel a scenario.

    Args:
        pen: words.
        stages: before and after.
        warning: figures of the next year that warn.
        figure: urban rate of the new year-end, share.
        made_up: whether the figures are an example.
    """
    before, after, words = stages["before"], stages["after"], pen.text
    year, last = after.forecast.known, plan_years().last
    rates = published(before.forecast.region)
    chart = new_figure(4.6)
    panels = np.atleast_1d(chart.subplots(1, len(after.weight), sharey=True))
    for axes, scenario in zip(panels, after.weight, strict=True):
        colour = scenario_colours(list(after.weight))[scenario]
        _fan(axes, before, scenario, FAINT, float(rates[before.forecast.known]), 0.28)
        _fan(axes, after, scenario, colour, 100.0 * figure, 0.3)
        axes.plot(rates.index, rates, "o", color=INK, markersize=3.6)
        face = "white" if made_up else INK
        axes.plot([year], [100.0 * figure], "o", color=INK, markerfacecolor=face, markersize=5.0, zorder=5)
        axes.hlines(pen.goal, SINCE, last, color=SOFT, linewidth=0.8)
        axes.plot([year, last], [100.0 * figure, pen.goal], color=INK, linewidth=1.0, linestyle=(0, (4, 2)))
        _warnings(axes, pen, warning[warning["scenario"] == scenario])
        axes.text(SINCE, pen.goal + 0.12, words("monitor.fan.goal", goal=pen.goal_words(words)), size=8, color=SOFT)
        if made_up:
            axes.annotate(
                words("monitor.fan.made_up"),
                (year, 100.0 * figure),
                (0, -13),
                textcoords="offset points",
                ha="center",
                size=7.4,
                color=SOFT,
            )
        _ends(axes, pen, before, after, scenario, colour)
        axes.set_title(pen.names[scenario])
        axes.set_xlim(SINCE - 0.4, last + 2.4)
        axes.set_xticks(range(SINCE + 1, last + 1, 2))
    panels[0].set_ylabel("%")
    told = words("monitor.fan.note_made_up", year=year) if made_up else ""
    note = words("monitor.fan.note", draws=after.forecast.runs, made_up=f" {told}" if words.language == "en" else told)
    finish(chart, words("monitor.fan.title", year=year), note)
    title, alt = pen.page("monitor.fan.title", year=year), pen.page("monitor.fan.alt", last=last)
    return Drawing("fan", chart, title, pen.page("monitor.fan.caption", year=year, following=year + 1), alt)


def _warnings(axes: Axes, pen: Pen, rows: pd.DataFrame) -> None:
    """Mark the figures of the next year that warn, and name them below the fan."""
    known = rows.dropna(subset=["figure"]).to_dict("records")
    low = axes.get_ylim()[0]
    for k, row in enumerate(known):
        at, level = 100.0 * row["figure"], f"{half_up(100 * row['level']):.0f}%"
        axes.plot([row["year"]], [at], "v", color=WARNS, markersize=5, zorder=6)
        words = f"{row['year']}: {at:.2f}%, {pen.text('monitor.fan.warns', level=level)}"
        axes.text(row["year"] - 1.0, low + 1.2 - 0.75 * k, words, size=7.6, color=WARNS)


def _ends(axes: Axes, pen: Pen, before: Stage, after: Stage, scenario: str, colour: str) -> None:
    """Name both fans at their right end, with their medians."""
    last = plan_years().last
    ends = [100.0 * float(band(s.forecast.told(scenario, last), s.weight[scenario])[1]) for s in (before, after)]
    for key, tint, value, at in zip(("before", "after"), (SOFT, colour), ends, spread(ends, 0.75), strict=True):
        axes.text(last + 0.12, at, f"{pen.text(f'monitor.fan.{key}')} {value:.1f}", size=8, color=tint, va="center")


def draw_replay(pen: Pen, steps: pd.DataFrame, bands: pd.DataFrame) -> Drawing:
    """Draw figures beside their forecasts, and what was said of the last year of the plan at every date.

    Args:
        pen: words.
        steps: one row per year and scenario.
        bands: band of the years of the goal by information date and scenario.
    """
    words, last = pen.text, plan_years().last
    base = steps[steps["scenario"] == BASELINE]
    first, latest = int(base["year"].min()), int(base["year"].max())
    chart = new_figure(3.9)
    left, middle, right = chart.subplots(1, 3, width_ratios=(1.25, 1.0, 1.0))
    colours = scenario_colours(list(dict.fromkeys(steps["scenario"])))
    left.vlines(base["year"], 100 * base["low"], 100 * base["high"], color=colours[BASELINE], linewidth=7, alpha=0.25)
    left.plot(base["year"], 100 * base["median"], "_", color=colours[BASELINE], markersize=11, markeredgewidth=2)
    left.plot(base["year"], 100 * base["figure"], "o", color=INK, markersize=4.5)
    _label(left, base, words)
    left.set_title(words("replay.figure.rates"), fontsize=9.4)
    left.set_xlim(first - 0.6, latest + 0.6)
    left.set_xticks(range(first, latest + 1))
    _by_date(middle, bands, colours, pen)
    middle.set_title(words("replay.figure.goal", last=last), fontsize=9.4)
    middle.axhline(pen.goal, color=SOFT, linewidth=0.8)
    for scenario, rows in steps.groupby("scenario", sort=False):
        told = [*rows["before"].iloc[:1], *rows["after"]]
        dates = [first - 1, *rows["year"]]
        right.plot(dates, 100 * np.array(told), "o-", color=colours[str(scenario)], markersize=4, linewidth=1.5)
    right.set_ylim(0, 100)
    right.set_title(words("replay.figure.chance", goal=pen.goal_words(words), last=last), fontsize=9.4)
    for axes in (middle, right):
        axes.set_xlabel(words("replay.figure.until"))
        axes.set_xlim(first - 1.5, latest + 0.5)
        axes.set_xticks(range(first - 1, latest + 1))
        axes.tick_params(axis="x", labelsize=8)
    draws = int(bands["draws"].max())
    finish(chart, words("replay.figure.title", first=first, latest=latest), words("replay.figure.note", draws=draws))
    alt = pen.page("replay.figure.alt", first=first, latest=latest)
    title = pen.page("replay.figure.title", first=first, latest=latest)
    return Drawing("monitor_replay", chart, title, pen.page("replay.figure.caption", last=last), alt)


def _label(axes: Axes, base: pd.DataFrame, words: Text) -> None:
    """Name what is drawn of the figures, in a legend above them."""
    handles = [axes.lines[1], axes.lines[0]]
    axes.legend(handles, [words("monitor.fan.observed"), words("replay.figure.forecast")], loc="upper left", fontsize=8)
    low, high = 100 * base["low"].min(), 100 * base["high"].max()
    axes.set_ylim(low - 0.3, high + 0.25 * (high - low))


def _by_date(axes: Axes, bands: pd.DataFrame, colours: dict[str, str], pen: Pen) -> None:
    """Draw the band of the last year of the plan at every date, scenarios side by side."""
    told = bands[bands["year"] == plan_years().last]
    for k, (scenario, rows) in enumerate(told.groupby("scenario", sort=False)):
        at, colour = rows["until"] + 0.24 * (k - 0.5), colours[str(scenario)]
        axes.vlines(at, 100 * rows["p05"], 100 * rows["p95"], color=colour, linewidth=5, alpha=0.3)
        axes.plot(at, 100 * rows["median"], "o", color=colour, markersize=4, label=pen.names[str(scenario)])
    axes.legend(loc="upper right", fontsize=8)
    low, high = 100 * told["p05"].min(), 100 * told["p95"].max()
    axes.set_ylim(low - 0.5, high + 0.25 * (high - low))
