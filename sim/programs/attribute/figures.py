"""Figures of the attribution page: groups, levers, interactions, conflicts."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from sim.policies import Levers
from sim.programs.attribute.attribution import GROUPS, OUTCOMES, YEAR
from sim.programs.attribute.conflicts import RHO, SIPHON, SWITCHES
from sim.report.figures.canvas import Drawing
from sim.report.frames import number
from sim.report.style import (
    FAINT,
    INK,
    SOFT,
    TERM_COLOURS,
    Steps,
    drawn_name,
    few_ticks,
    finish,
    new_figure,
    quiet,
    wrap,
)
from sim.report.text import Text, signed
from sim.statistics.regions import PACKAGE

if TYPE_CHECKING:
    from matplotlib.axes import Axes

GROUP_COLOURS = dict(zip(GROUPS, ("#0072b2", "#d55e00", "#009e73", "#aa4499", "#c99700"), strict=True))
RESIDENT, REGISTERED, COUNTED = "#0072b2", "#d55e00", TERM_COLOURS["counted"]
LEAST_COUNTED = 0.001
"""Points below which the counted part of a lever is not drawn: chance in who lives in reclassified villages."""


class Pen(NamedTuple):
    """Words drawn in figures, words around them, and the tables.

    Attributes:
        text: words inside figures (English without a Chinese font).
        page: words of the page.
        tables: tables of the attribution by name.
        levers: the levers.
        places: names of prefectures as drawn.
    """

    text: Text
    page: Text
    tables: dict[str, pd.DataFrame]
    levers: Levers
    places: dict[str, str]

    def note(self) -> str:
        """Return the line every figure carries."""
        return self.text("attribution.note", draws=int(self.tables["attribution"]["draws"].max()))


def part(pen: Pen, outcome: str, kind: str) -> pd.DataFrame:
    """Return mean and interval of one kind of result by name, in points."""
    table = pen.tables["attribution"]
    rows = table[(table["outcome"] == outcome) & (table["kind"] == kind)].set_index("name")
    return rows[["mean", "ci_low", "ci_high"]] * (100.0 if outcome == "reached" else 1.0)


def draw_shapley(pen: Pen) -> Drawing:
    """Draw the Shapley values of the groups for every outcome."""
    figure = new_figure(3.8)
    grid = figure.add_gridspec(1, len(OUTCOMES), wspace=0.03)
    names = [*GROUPS, PACKAGE]
    for column, outcome in enumerate(OUTCOMES):
        rows = pd.concat([part(pen, outcome, "shapley"), part(pen, outcome, "package")]).loc[names]
        axes = figure.add_subplot(grid[0, column])
        colours = [*GROUP_COLOURS.values(), INK]
        _bars(axes, rows, colours)
        axes.set_title("\n".join(wrap(pen.text(f"attribution.outcome.{outcome}"), 28)), fontsize=9.4)
        axes.set_yticks(range(len(names)))
        axes.set_yticklabels(
            ["\n".join(wrap(pen.text(f"group.{n}"), 26)) for n in reversed(names)] if not column else []
        )
    finish(figure, pen.text("attribution.shapley.title", year=YEAR), pen.note())
    rows = part(pen, "rate", "shapley")
    words = [
        pen.page("attribution.alt.part", name=pen.page(f"group.{n}"), value=signed(rows["mean"][n])) for n in GROUPS
    ]
    title = pen.page("attribution.shapley.title", year=YEAR)
    alt = pen.page("attribution.alt", parts=pen.page.join(words))
    return Drawing("shapley", figure, title, pen.page("attribution.shapley.caption"), alt)


def _bars(axes: Axes, rows: pd.DataFrame, colours: list[str]) -> None:
    """Draw horizontal bars with intervals, the first row on top."""
    size = len(rows)
    axes.axvline(0, color=FAINT, linewidth=1.0)
    reach = max(float(rows.abs().to_numpy().max()), 0.01)
    for index, (mean, low, high) in enumerate(rows.itertuples(index=False)):
        height = size - 1 - index
        axes.barh(height, mean, height=0.62, color=colours[index], alpha=0.8)
        axes.plot([low, high], [height] * 2, color=INK, linewidth=1.1)
        end = max(high, 0.0) + 0.03 * reach
        axes.text(end, height, signed(mean, 2 if reach < 5.0 else 0), va="center", size=8, color=INK)
    quiet(axes)
    low, high = float(rows["ci_low"].min()), float(rows["ci_high"].max())
    axes.set_xlim(min(1.1 * low, -0.06 * reach), max(high, 0.0) + 0.38 * reach)
    axes.set_ylim(-0.6, size - 0.4)
    few_ticks(axes)
    axes.xaxis.set_major_formatter(Steps(signed=True))


def draw_levers(pen: Pen) -> Drawing | None:
    """Draw leave-one-out and one-at-a-time effects of every lever."""
    out, only, counted = (
        part(pen, "rate", "leave_one_out"),
        part(pen, "rate", "only"),
        part(pen, "counted", "only"),
    )
    if out.empty:
        return None
    names = list(pen.levers)
    figure = new_figure(1.2 + 0.245 * len(names))
    axes = figure.add_subplot()
    axes.axvline(0, color=FAINT, linewidth=1.0)
    for index, name in enumerate(names):
        height = len(names) - 1 - index
        if not pen.levers[name].evaluable:
            axes.text(0, height, f" {pen.text('lever.not_evaluable')}", va="center", fontsize=8, color=SOFT)
            continue
        for rows, shift, filled, colour in (
            (out, 0.16, True, RESIDENT),
            (only, -0.16, False, RESIDENT),
            (counted, -0.32, False, COUNTED),
        ):
            mean, low, high = (number(rows, name, key) for key in ("mean", "ci_low", "ci_high"))
            if colour == COUNTED and abs(mean) < LEAST_COUNTED:
                continue
            axes.plot([low, high], [height + shift] * 2, color=colour, linewidth=1.3, alpha=0.5)
            axes.plot(
                mean,
                height + shift,
                "o",
                markersize=4.6,
                color=colour,
                markerfacecolor=colour if filled else "white",
            )
    quiet(axes)
    axes.set_yticks(range(len(names)))
    axes.set_yticklabels([_lever_name(pen, name) for name in reversed(names)], fontsize=8)
    axes.set_ylim(-0.7, len(names) - 0.3)
    axes.xaxis.set_major_formatter(Steps(signed=True))
    axes.set_xlabel(pen.text("attribution.outcome.rate"))
    handles = [
        *axes.plot([], [], "o", color=RESIDENT, label=pen.text("attribution.levers.out")),
        *axes.plot([], [], "o", color=RESIDENT, markerfacecolor="white", label=pen.text("attribution.levers.only")),
        *axes.plot([], [], "o", color=COUNTED, markerfacecolor="white", label=pen.text("attribution.levers.counted")),
    ]
    axes.legend(handles=handles, loc="lower right")
    finish(figure, pen.text("attribution.levers.title", year=YEAR), pen.note())
    values = {n: signed(out["mean"][n]) if n in out.index else pen.page("lever.not_evaluable") for n in names}
    words = [pen.page("attribution.alt.part", name=n, value=value) for n, value in values.items()]
    title = pen.page("attribution.levers.title", year=YEAR)
    alt = pen.page("attribution.alt", parts=pen.page.join(words))
    return Drawing("levers", figure, title, pen.page("attribution.levers.caption"), alt)


def _lever_name(pen: Pen, name: str) -> str:
    lever = pen.levers[name]
    return f"{name}  {drawn_name(lever.name_zh if pen.text.language == 'zh' else lever.name_en, 60)}"


def draw_pairs(pen: Pen) -> Drawing:
    """Draw the interactions of the groups as a table of numbers on colours."""
    rows = part(pen, "rate", "interaction")
    size = len(GROUPS)
    figure = new_figure(3.4)
    axes = figure.add_subplot()
    largest = max(float(rows["mean"].abs().max()), 1e-9)
    words = []
    for pair, (mean, low, high) in rows.iterrows():
        one, other = (GROUPS.index(name) for name in str(pair).split("+"))
        sure = low > 0 or high < 0
        strength = min(abs(mean) / largest, 1.0)
        colour = (RESIDENT if mean > 0 else REGISTERED) if sure else SOFT
        axes.barh(other, 0.94, left=one - 0.47, height=0.88, color=colour, alpha=0.15 + 0.6 * strength if sure else 0.1)
        axes.text(one, other, signed(mean, 3), ha="center", va="center", size=8.6, color=INK)
        words.append(pen.page("attribution.alt.part", name=str(pair), value=signed(mean, 3)))
    short = ["\n".join(wrap(pen.text(f"group.{name}"), 22)) for name in GROUPS]
    axes.set_xticks(range(size - 1), short[:-1], fontsize=8)
    axes.set_yticks(range(1, size), short[1:], fontsize=8)
    axes.set_xlim(-0.5, size - 1.5)
    axes.set_ylim(size - 0.5, 0.5)
    axes.grid(False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.tick_params(length=0)
    finish(figure, pen.text("attribution.pairs.title"), pen.note())
    alt = pen.page("attribution.pairs.alt", parts=pen.page.join(words))
    return Drawing(
        "interactions", figure, pen.page("attribution.pairs.title"), pen.page("attribution.pairs.caption"), alt
    )


def draw_conflicts(pen: Pen) -> Drawing | None:
    """Draw every conflict as a small panel of means with intervals."""
    if "conflicts" not in pen.tables:
        return None
    table = pen.tables["conflicts"]
    names = ["rho", *(lever for lever, _ in SWITCHES), SIPHON[0]]
    figure = new_figure(9.0)
    grid = figure.add_gridspec(4, 2, hspace=0.08, wspace=0.06, height_ratios=[1.5, 1.0, 1.0, 2.4])
    cells = [grid[0, 0], grid[0, 1], grid[1, 0], grid[1, 1], grid[2, 0], grid[2, 1], grid[3, :]]
    order = ["rho", "T9", "T2", "T7", "T14", "P1", "T10"]
    words = []
    for name, cell in zip(order, cells, strict=True):
        rows = table[table["conflict"] == name]
        axes = figure.add_subplot(cell)
        axes.set_title(pen.text(f"conflict.{name}"), fontsize=9)
        if name == "rho":
            _rho(axes, pen, rows)
        elif name == SIPHON[0]:
            _siphon(axes, pen, rows)
        else:
            _lines(axes, pen, rows)
        first = rows.iloc[0]
        words.append(pen.page("attribution.alt.part", name=name, value=signed(float(first["mean"]), 2)))
    if set(order) != set(names):
        raise ValueError(f"conflicts {sorted(set(names) ^ set(order))} have no panel")
    finish(figure, pen.text("attribution.conflicts.title", year=YEAR), pen.note())
    title = pen.page("attribution.conflicts.title", year=YEAR)
    alt = pen.page("attribution.alt", parts=pen.page.join(words))
    return Drawing("conflicts", figure, title, pen.page("attribution.conflicts.caption"), alt)


def _rho(axes: Axes, pen: Pen, rows: pd.DataFrame) -> None:
    """Draw resident and registered rate against rho."""
    axes.axhline(0, color=FAINT, linewidth=1.0)
    for what, colour, key in (
        ("resident_urban_rate", RESIDENT, "conflict.resident"),
        ("registered_urban_rate", REGISTERED, "conflict.registered"),
    ):
        line = rows[rows["indicator"] == what]
        axes.fill_between(RHO, line["ci_low"], line["ci_high"], color=colour, alpha=0.15, linewidth=0)
        axes.plot(RHO, line["mean"], "o-", color=colour, markersize=4, label=pen.text(key))
    axes.legend(loc="lower left")
    axes.set_xlabel("ρ")
    axes.set_ylabel(pen.text("conflict.points"))
    axes.yaxis.set_major_formatter(Steps(signed=True))


def _siphon(axes: Axes, pen: Pen, rows: pd.DataFrame) -> None:
    """Draw urban residents by place with and without the pull of the centre, and the difference."""
    axes.set_xlabel(pen.text("conflict.thousand"))
    axes.axvline(0, color=FAINT, linewidth=1.0)
    places = list(dict.fromkeys(rows["place"]))
    marks = {"with": (0.24, RESIDENT, RESIDENT), "without": (0.0, RESIDENT, "white"), "difference": (-0.24, INK, INK)}
    for label, (shift, colour, face) in marks.items():
        for _, row in rows[rows["label"] == label].iterrows():
            height = len(places) - 1 - places.index(row["place"]) + shift
            axes.plot([1e-3 * row["ci_low"], 1e-3 * row["ci_high"]], [height] * 2, color=colour, alpha=0.5)
            axes.plot(1e-3 * row["mean"], height, "o", color=colour, markerfacecolor=face, markersize=4.6)
        axes.plot([], [], "o", color=colour, markerfacecolor=face, label=pen.text(f"conflict.{label}"))
    quiet(axes)
    axes.set_yticks(range(len(places)), [pen.places.get(p, pen.text("conflict.province")) for p in places[::-1]])
    axes.set_ylim(-0.6, len(places) - 0.4)
    axes.xaxis.set_major_formatter(Steps(signed=True))
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))


def _lines(axes: Axes, pen: Pen, rows: pd.DataFrame) -> None:
    """Draw one line per variant, the first on top."""
    rate = str(rows["indicator"].iloc[0]).endswith("rate")
    scale = 1.0 if rate else 1e-3
    axes.set_xlabel(pen.text("conflict.points" if rate else "conflict.thousand"))
    axes.axvline(0, color=FAINT, linewidth=1.0)
    labels = []
    for height, (_, row) in zip(range(len(rows) - 1, -1, -1), rows.iterrows(), strict=True):
        colour = REGISTERED if row["indicator"] == "registered_urban_rate" else RESIDENT
        colour = INK if row["label"] == "difference" else colour
        axes.plot([scale * row["ci_low"], scale * row["ci_high"]], [height] * 2, color=colour, linewidth=1.6, alpha=0.5)
        axes.plot(scale * row["mean"], height, "o", color=colour, markersize=5)
        labels.append(pen.text(f"conflict.{row['label']}"))
    quiet(axes)
    few_ticks(axes)
    axes.set_yticks(range(len(rows)), labels[::-1])
    axes.set_ylim(-0.6, len(rows) - 0.4)
    low, high = float(rows["ci_low"].min()) * scale, float(rows["ci_high"].max()) * scale
    width = max(high, 0.0) - min(low, 0.0)
    if width > 0 and np.isfinite(width):
        axes.set_xlim(min(low, 0.0) - 0.08 * width, max(high, 0.0) + 0.08 * width)
    axes.xaxis.set_major_formatter(Steps(signed=True))


FIGURES: dict[str, Callable[[Pen], Drawing | None]] = {
    "shapley": draw_shapley,
    "interactions": draw_pairs,
    "levers": draw_levers,
    "conflicts": draw_conflicts,
}
"""Every figure of the page by the stem of its files."""
