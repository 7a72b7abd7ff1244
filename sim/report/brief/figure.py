"""The figure of the brief: published path, both fans and the goal, as vector graphics whose text is text."""

from __future__ import annotations

import re
from io import BytesIO
from typing import Any

import sim.report.plain_matplotlib  # noqa: F401

# isort: split
import matplotlib
from markupsafe import Markup
from matplotlib.axes import Axes
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure

from sim.report.brief.facts import LEVEL, Facts
from sim.report.finished_study import RATE
from sim.report.fonts import EMBEDDED, families
from sim.report.frames import number
from sim.report.style import FAINT, INK, SOFT, Steps, figure_style, spread, year_ticks

__all__ = ["draw_path"]

WIDTH, HEIGHT = 7.01, 3.7
"""Inches: the width of the text of an A4 page."""
SIZE = 8.2
FIRST, AHEAD = 2015, 1
"""First year shown, and years shown after the last one that the goal is judged for."""


def draw_path(facts: Facts) -> Markup:
    """Return the figure as an SVG element for the page."""
    with figure_style(), matplotlib.rc_context({"svg.fonttype": "none", "svg.hashsalt": "brief"}):
        figure = Figure(figsize=(WIDTH, HEIGHT))
        axes = figure.add_axes((0.052, 0.07, 0.785, 0.905))
        _paths(axes, facts)
        written = BytesIO()
        canvas: Any = FigureCanvasSVG(figure)
        canvas.print_svg(written, metadata={"Date": None, "Creator": None})
    drawn = written.getvalue().decode("utf-8")
    element = drawn[drawn.index("<svg") :]
    inside = re.sub(r"<metadata>.*?</metadata>\s*", "", element, flags=re.DOTALL)
    inside = inside.replace(f"'{families()[0]}'", f"'{EMBEDDED}', '{families()[0]}'")
    return Markup(inside)  # noqa: S704 - made by Matplotlib, which escapes the texts in it


def _paths(axes: Axes, facts: Facts) -> None:
    """Draw goal, fans, published points and the names of the lines."""
    study, words, colours = facts.study, facts.canvas.text, facts.canvas.colours
    last = min(study.years[-1], study.focus + AHEAD) if facts.judged else study.years[-1]
    left = min(FIRST, study.years[0])
    observed = study.published(left)
    observed = observed[observed.index <= last]
    axes.axhline(100 * LEVEL, color=INK, linewidth=0.8, zorder=1)
    axes.text(left, 100 * LEVEL + 0.25, words("brief.figure.goal"), size=SIZE, va="bottom", color=INK)
    if facts.judged:
        axes.axvline(study.focus, color=FAINT, linewidth=0.7, linestyle=(0, (2, 2)), zorder=1)
        label = words("fan.window_one", last=study.focus)
        axes.annotate(
            label,
            (study.focus, 0.03),
            (-5, 0),
            ha="right",
            size=SIZE,
            color=SOFT,
            xycoords=axes.get_xaxis_transform(),
            textcoords="offset points",
        )
    ends = []
    for name in dict.fromkeys((facts.base or facts.lead, facts.lead)):
        table = 100 * study.series(name, RATE)
        table = table[(table.index >= min(study.last_observed, last)) & (table.index <= last)]
        colour = colours[name]
        axes.fill_between(table.index, table["p05"], table["p95"], color=colour, alpha=0.14, linewidth=0, zorder=2)
        axes.fill_between(table.index, table["p25"], table["p75"], color=colour, alpha=0.2, linewidth=0, zorder=3)
        axes.plot(table.index, table["median"], color=colour, linewidth=1.9, zorder=5)
        at = study.focus if study.focus in table.index else int(table.index[-1])
        label = words(
            "brief.figure.end",
            name=facts.canvas.name(name),
            year=at,
            value=words.percent(number(table, at, "median") / 100),
        )
        ends.append((float(table["median"].iloc[-1]), label, colour))
    axes.plot(observed.index, 100 * observed, "o", color=INK, markersize=3.0, zorder=8, clip_on=False)
    _frame(axes, left, last, ends)
    if len(observed) > 3:
        year = int(observed.index[len(observed) // 3])
        axes.annotate(
            words("fan.published"),
            (year, 100 * observed.loc[year]),
            (8, -9),
            size=SIZE,
            color=INK,
            textcoords="offset points",
        )


def _frame(axes: Axes, left: int, last: int, ends: list[tuple[float, str, str]]) -> None:
    """Set limits and ticks, and write the names of the lines beside their ends."""
    axes.set_xlim(left - 0.2, last)
    low, high = axes.get_ylim()
    axes.set_ylim(low, max(high, 100 * LEVEL + 1.5))
    axes.spines["left"].set_visible(False)
    year_ticks(axes, 10)
    axes.tick_params(labelsize=SIZE)
    axes.yaxis.set_major_formatter(Steps(unit="%"))
    gap = 0.155 * (axes.get_ylim()[1] - axes.get_ylim()[0])
    beside = 0.012 * (last - left)
    for place, (_, label, colour) in zip(spread([end for end, _, _ in ends], gap), ends, strict=True):
        axes.text(last + beside, place, label, color=colour, va="center", size=SIZE, linespacing=1.25, clip_on=False)
    axes.yaxis.label.set_color(SOFT)
