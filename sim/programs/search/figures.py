"""Figures of a search: the frontier with real runs, and which measures stand at which probability."""

from __future__ import annotations

from typing import NamedTuple

import sim.report.plain_matplotlib  # noqa: F401

# isort: split
import numpy as np
import pandas as pd
from matplotlib.axes import Axes

from sim.policies import Levers
from sim.programs.search.page_rows import records
from sim.programs.search.problem import Tolerance, Wanted
from sim.programs.whatif.fitted import Z90
from sim.report.figures.canvas import Drawing
from sim.report.style import FAINT, INK, SOFT, Steps, drawn_name, finish, new_figure, quiet
from sim.report.text import Text

__all__ = ["FIGURES", "Pen", "draw_frontier", "draw_levers"]

LINE, CAREFUL, REAL, GOAL = "#0072b2", "#aa4499", "#d55e00", "#117733"
MARKERS = {
    "best": "o",
    "cautious": "D",
    "most_likely": "^",
    "frontier": "o",
    "alternative": "s",
    "neighbour": "v",
}
FULL = 0.6
"""Intensity above which numbers on colour are white."""


class Pen(NamedTuple):
    """Words drawn in figures, words around them, and what is drawn.

    Attributes:
        text: words inside figures (English without a Chinese font).
        page: words of the page.
        tables: tables of the search by name.
        wanted: what was asked.
        tolerance: how far the emulator may be wrong.
        levers: the levers.
        note: the line every figure carries.
    """

    text: Text
    page: Text
    tables: dict[str, pd.DataFrame]
    wanted: Wanted
    tolerance: Tolerance
    levers: Levers
    note: str

    @property
    def unit(self) -> float:
        """Factor from billion yuan to the unit of the figures."""
        return 10.0 if self.text.language == "zh" else 1.0


def draw_frontier(pen: Pen) -> Drawing:
    """Draw cost against probability, both readings, and what real runs say."""
    table, text = pen.tables["frontier"], pen.text
    figure = new_figure(4.9)
    axes = figure.add_subplot()
    line = table[table["reading"] == "median"]
    x, y, near = line["cost_p50"].clip(lower=0.0) * pen.unit, 100.0 * line["probability"], Z90 * 100.0
    low, high = (line[key].clip(lower=0.0) * pen.unit for key in ("cost_p10", "cost_p90"))
    axes.fill_betweenx(y, low, high, color=LINE, alpha=0.13, linewidth=0, label=text("search.legend.cost"))
    width = near * pen.tolerance.probability
    axes.fill_between(x, y - width, y + width, color=LINE, alpha=0.28, linewidth=0, label=text("search.legend.error"))
    axes.plot(x, y, color=LINE, linewidth=2.0, label=text("search.legend.median"))
    careful = table[table["reading"] == "cautious"]
    axes.plot(
        careful["cost_p90"].clip(lower=0.0) * pen.unit,
        100.0 * careful["probability"],
        color=CAREFUL,
        linewidth=1.6,
        linestyle=(0, (5, 2)),
        label=text("search.legend.cautious"),
    )
    axes.axhline(100.0 * pen.wanted.probability, color=GOAL, linewidth=1.1, linestyle=(0, (2, 2)))
    axes.text(
        0.995,
        100.0 * pen.wanted.probability + 0.25,
        text("search.label.wanted", value=f"{100.0 * pen.wanted.probability:g}%"),
        transform=axes.get_yaxis_transform(),
        ha="right",
        va="bottom",
        size=8.6,
        color=GOAL,
    )
    if pen.wanted.budget is not None:
        axes.axvline(pen.wanted.budget * pen.unit, color=GOAL, linewidth=1.1, linestyle=(0, (2, 2)))
    if "confirmed" in pen.tables:
        _real(axes, pen, pen.tables["confirmed"])
    axes.set_xscale("function", functions=(lambda v: np.sqrt(np.maximum(v, 0.0)), np.square))
    top = float(max(high.max(), 0.01 * pen.unit))
    axes.set_xticks([v for v in (0, 1, 2, 5, 10, 20, 50, 100, 200, 500, 1000, 2000, 5000) if v <= top])
    axes.xaxis.set_major_formatter(Steps())
    axes.minorticks_off()
    axes.set_xlim(0.0, top)
    axes.yaxis.set_major_formatter(Steps(unit="%"))
    axes.set_xlabel(text("search.axis.cost", year=pen.wanted.year))
    axes.set_ylabel(text("search.axis.probability", target=f"{100.0 * pen.wanted.target:g}", year=pen.wanted.year))
    axes.legend(loc="lower right", frameon=True, facecolor="white", edgecolor="none", framealpha=0.9, fontsize=8.2)
    values = {"target": f"{100.0 * pen.wanted.target:g}", "year": pen.wanted.year}
    finish(figure, text("search.frontier.title", **values), pen.note)
    alt = pen.page(
        "search.frontier.alt",
        low=pen.page.percent(float(line["probability"].iloc[0])),
        high=pen.page.percent(float(line["probability"].iloc[-1])),
    )
    caption = pen.page("search.frontier.caption", **values)
    return Drawing("frontier", figure, pen.page("search.frontier.title", **values), caption, alt)


def _real(axes: Axes, pen: Pen, table: pd.DataFrame) -> None:
    """Draw what real runs say, by kind of bundle, with a line to what the emulator said."""
    for kind, marker in MARKERS.items():
        some = table[table["kind"] == kind]
        if some.empty:
            continue
        x, y = some["cost_p50_all_draws"] * pen.unit, 100.0 * some["probability_all_draws"]
        said_x = x - (some["cost_p50"] - some["emulated_cost_p50"]) * pen.unit
        said_y = y - 100.0 * (some["probability"] - some["emulated_probability"])
        axes.plot(np.array([x, said_x]), np.array([y, said_y]), color=REAL, linewidth=0.7, alpha=0.7)
        filled = REAL if kind in ("best", "cautious") else "white"
        axes.plot(
            x.clip(lower=0.0),
            y,
            marker,
            color=REAL,
            markerfacecolor=filled,
            markersize=9 if kind == "best" else 5.5,
            zorder=5,
            label=pen.text("search.legend.real", kind=pen.text(f"search.kind.{kind}")),
        )


def draw_levers(pen: Pen) -> Drawing:
    """Draw intensities along the frontier, and what bundles that cannot be told apart do with every measure."""
    rows = records(pen.tables["levers"])
    names = [row["lever"] for row in rows]
    line = pen.tables["frontier"].query("reading == 'median'").iloc[1:]
    figure = new_figure(1.7 + 0.3 * max(len(names), 3))
    grid = figure.add_gridspec(1, 2, width_ratios=[2.1, 1.0], wspace=0.02)
    heat, bars = figure.add_subplot(grid[0, 0]), figure.add_subplot(grid[0, 1])
    levels = line[names].to_numpy(float).T
    heat.imshow(levels, cmap="Blues", vmin=0.0, vmax=1.25, aspect="auto")
    for row, column in zip(*np.nonzero(levels >= 0.005), strict=True):
        value = levels[row, column]
        colour = "white" if value > FULL else INK
        heat.text(column, row, f"{100 * value:.0f}", ha="center", va="center", size=5.8, color=colour)
    heat.set_yticks(range(len(names)), [_name(pen, name) for name in names], fontsize=8.2)
    shown = range(0, len(line), 3)
    heat.set_xticks(list(shown), [f"{100 * line['probability'].iloc[k]:.0f}%" for k in shown])
    heat.set_xlabel(pen.text("search.levers.along"))
    for axes in (heat, bars):
        quiet(axes)
    heat.grid(False)
    for k, row in enumerate(rows):
        reach = [100 * row["least"], 100 * row["most"]]
        bars.plot(reach, [k, k], color=LINE, linewidth=6, alpha=0.35, solid_capstyle="butt")
        bars.plot(100 * row["best"], k, "o", color=REAL, markersize=6, zorder=3)
    bars.set_ylim(len(names) - 0.5, -0.5)
    bars.set_xlim(-4, 104)
    bars.set_yticks(range(len(names)), [""] * len(names))
    bars.axvline(0.0, color=FAINT, linewidth=0.8)
    bars.xaxis.set_major_formatter(Steps(unit="%"))
    bars.set_xlabel(pen.text("search.levers.alike"))
    heat.tick_params(colors=SOFT)
    finish(figure, pen.text("search.levers.title"), pen.note)
    parts = [
        pen.page(
            "search.levers.part", name=row["lever"], low=f"{100 * row['least']:.0f}", high=f"{100 * row['most']:.0f}"
        )
        for row in rows
    ]
    alt = pen.page("search.levers.alt", parts=pen.page.join(parts))
    return Drawing("levers", figure, pen.page("search.levers.title"), pen.page("search.levers.caption"), alt)


def _name(pen: Pen, name: str) -> str:
    lever = pen.levers[name]
    return f"{name}  {drawn_name(lever.name_zh if pen.text.language == 'zh' else lever.name_en, 40)}"


FIGURES = {"frontier": draw_frontier, "levers": draw_levers}
