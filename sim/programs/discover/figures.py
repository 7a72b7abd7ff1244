"""Figures of scenario discovery: limits of the boxes, the way to them, and the tree."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, NamedTuple

import sim.report.plain_matplotlib  # noqa: F401

# isort: split
import numpy as np
import pandas as pd
from matplotlib.patches import Rectangle
from matplotlib.ticker import MaxNLocator

from sim.programs.discover.conditions import Condition, condition_of
from sim.programs.discover.discover import Discovery, Judged
from sim.report.figures.canvas import Canvas, Drawing
from sim.report.style import FAINT, INK, SOFT, Steps, drawn_name, finish, new_figure, quiet, wrap
from sim.report.text import Text
from sim.statistics.discovery import tree_table

if TYPE_CHECKING:
    from matplotlib.axes import Axes

    from sim.report.finished_study import Study

MISS, MEET, BOXES = "#d55e00", "#9cc3de", ("#d55e00", "#aa4499", "#332288", "#117733")
LABEL = 46
"""Half-widths of a line of a label."""


@dataclass(frozen=True)
class Pen:
    """What every figure and sentence needs.

    Attributes:
        canvas: study and words.
        found: what was discovered.
        mass: least share of the draws in a box.
    """

    canvas: Canvas
    found: Discovery

    @property
    def study(self) -> Study:
        """The study that was read."""
        return self.canvas.study

    @cached_property
    def first(self) -> Judged:
        """The first search."""
        return self.found.searches[0]

    def condition(self, name: str, text: Text) -> Condition:
        """Return a condition in words."""
        return condition_of(self.study, text, name)

    def note(self) -> str:
        """Return the line every figure carries."""
        return self.canvas.note("discover.band")


def draw_limits(pen: Pen) -> Drawing | None:
    """Draw every draw as a dot at its value of each condition taken in, and the limits of the boxes."""
    words, page, draws = pen.canvas.text, pen.canvas.page, pen.found.draws
    names = list(dict.fromkeys([*pen.first.found.names, *(n for one in pen.found.boxes for n in one.box.ends)]))
    if not names:
        return None
    figure = new_figure(1.3 + 0.62 * len(names))
    axes = figure.add_subplot()
    spread = np.random.default_rng(0).uniform(-0.16, 0.16, len(draws.chances))
    least, span = float(draws.chances.min()), float(np.ptp(draws.chances)) or 1.0
    order = np.argsort(draws.chances, kind="stable")
    for row, name in enumerate(names):
        height, values = len(names) - 1 - row, draws.table[name].to_numpy(float)
        low, high = values.min(), values.max()
        share = (values - low) / (high - low)
        for number, judged in enumerate(pen.found.boxes):
            _limit(axes, judged, name, number, height, (low, high))
        colours = [_mixed(float(chance - least) / span) for chance in draws.chances[order]]
        axes.scatter(share[order], height + spread[order], s=9, c=colours, linewidths=0, zorder=3)
        told = pen.condition(name, words)
        for where, value, side in ((0.0, low, "left"), (1.0, high, "right")):
            axes.text(where, height - 0.36, told.number(float(value)), size=7.2, color=SOFT, ha=side, va="center")
    axes.set_yticks(range(len(names)))
    labels = ["\n".join(wrap(drawn_name(pen.condition(n, words).meaning, 3 * LABEL), LABEL)) for n in names[::-1]]
    axes.set_yticklabels(labels, fontsize=8)
    axes.set_ylim(-0.6, len(names) - 0.4)
    axes.set_xlim(-0.02, 1.02)
    quiet(axes)
    axes.grid(False)
    axes.set_xticks([])
    for name, colour in (("limits.miss", MISS), ("limits.meet", MEET)):
        axes.scatter([], [], s=18, c=colour, linewidths=0, label=words(f"discover.{name}"))
    axes.legend(loc="upper center", bbox_to_anchor=(0.5, 1.0 + 0.42 / len(names)), ncols=2)
    finish(figure, words("discover.limits.title"), pen.note())
    parts = [_ends_words(pen, one) for one in pen.found.boxes]
    alt = page("discover.limits.alt", n=len(names), parts=page.clauses(parts) or page("discover.none.short"))
    return Drawing("limits", figure, page("discover.limits.title"), page("discover.limits.caption"), alt)


def _mixed(strength: float) -> tuple[float, float, float]:
    """Return a colour between that of meeting and that of missing."""
    ends = [[int(colour[k : k + 2], 16) / 255 for k in (1, 3, 5)] for colour in (MEET, MISS)]
    red, green, blue = ((1 - strength) * one + strength * other for one, other in zip(*ends, strict=True))
    return red, green, blue


def _limit(axes: Axes, judged: Judged, name: str, number: int, height: int, span: tuple[float, float]) -> None:
    """Draw the limits of a box along one condition."""
    box = judged.box
    if name not in box.ends:
        return
    low, high = (min(max((end - span[0]) / (span[1] - span[0]), 0.0), 1.0) for end in box.ends[name])
    colour = BOXES[number]
    frame = Rectangle((low, height - 0.25), high - low, 0.5, facecolor=colour, alpha=0.13, edgecolor="none")
    axes.add_patch(frame)
    for end in (low, high):
        if 0.0 < end < 1.0:
            axes.plot([end, end], [height - 0.25, height + 0.25], color=colour, linewidth=1.8)


def _ends_words(pen: Pen, judged: Judged) -> str:
    """Return the limits of a box in words of the page."""
    page = pen.canvas.page
    return page.join([ends_words(pen, judged, name) for name in judged.box.ends])


def ends_words(pen: Pen, judged: Judged, name: str) -> str:
    """Return one restriction of a box in words of the page, with the share of the draws that it leaves."""
    page = pen.canvas.page
    low, high = judged.box.ends[name]
    told = pen.condition(name, page)
    share = page.percent(float(pen.found.draws.table[name].between(low, high).mean()), 0)
    key = "between" if np.isfinite(low) and np.isfinite(high) else "below" if np.isfinite(high) else "above"
    return page(f"discover.is.{key}", name=told.meaning, low=told.number(low), high=told.number(high), share=share)


def draw_trajectory(pen: Pen) -> Drawing | None:
    """Draw density against coverage of all boxes on the way to the first one, with what chance makes."""
    words, page, judged = pen.canvas.text, pen.canvas.page, pen.first
    box, path = judged.box, judged.box.trajectory
    if path.empty:
        return None
    figure = new_figure(4.0)
    axes = figure.add_subplot()
    base = float(path["density"].iloc[0])
    q95 = float(np.quantile(judged.null, 0.95))
    axes.axhspan(100 * float(judged.null.min()), 100 * q95, color="#eef0f2", zorder=0)
    axes.axhline(100 * base, color=FAINT, linewidth=1.0)
    axes.plot(100 * path["coverage"], 100 * path["density"], color=FAINT, linewidth=0.9, zorder=2)
    most = int(path["res dim"].max())
    for dims in range(most + 1):
        rows = path[path["res dim"] == dims]
        colour, label = _mixed(dims / max(most, 1)), words("discover.trajectory.dims", n=dims)
        axes.plot(100 * rows["coverage"], 100 * rows["density"], "o", color=colour, markersize=5, label=label, zorder=3)
    axes.plot(100 * box.coverage, 100 * box.density, "o", markersize=13, markerfacecolor="none", color=INK)
    axes.annotate(
        words("discover.trajectory.chosen"), (100 * box.coverage, 100 * box.density), (12, 8),
        textcoords="offset points", fontsize=9, color=INK,
    )  # fmt: skip
    kept = judged.repeats.dropna(subset=["density"])
    if len(kept):
        x, y = 100 * float(kept["coverage"].median()), 100 * float(kept["density"].median())
        axes.plot(x, y, "D", color=INK, markersize=6, label=words("discover.trajectory.unseen"))
        bars = 100 * kept["density"].quantile([0.05, 0.95])
        axes.plot([x, x], list(bars), color=INK, linewidth=1.1)
    axes.text(2, 100 * q95, words("discover.trajectory.null"), fontsize=8, color=SOFT, va="bottom")
    axes.set_xlim(0, 103)
    axes.set_xlabel(words("discover.trajectory.x"))
    axes.set_ylabel(words("discover.trajectory.y"))
    for axis in (axes.xaxis, axes.yaxis):
        axis.set_major_formatter(Steps(unit="%"))
        axis.set_major_locator(MaxNLocator(6))
    axes.legend(loc="center left", bbox_to_anchor=(1.0, 0.5))
    finish(figure, words("discover.trajectory.title"), pen.note())
    alt = page(
        "discover.trajectory.alt",
        n=len(path), coverage=page.percent(box.coverage, 0), density=page.percent(box.density, 0),
        base=page.percent(base, 0),
    )  # fmt: skip
    title = page("discover.trajectory.title")
    return Drawing("trajectory", figure, title, page("discover.trajectory.caption"), alt)


class _Node(NamedTuple):
    """A row of the table of a tree."""

    node: int
    parent: int
    side: str
    condition: str
    limit: float
    draws: int
    density: float


def draw_tree(pen: Pen) -> Drawing | None:
    """Draw the tree of conditions: questions, draws and the share of misses at every node."""
    split = pen.found.tree
    if split is None:
        return None
    words, page, table = pen.canvas.text, pen.canvas.page, tree_table(split)
    leaves = table[table["condition"] == ""]["node"].tolist()
    if len(leaves) < 2:
        return None
    places = _places(table)
    deepest = max(depth for _, depth in places.values())
    figure = new_figure(1.1 + 1.4 * (deepest + 1))
    axes = figure.add_subplot()
    axes.axis("off")
    low, high = float(table["density"].min()), float(table["density"].max())
    for row in map(_Node._make, table.itertuples(index=False)):
        x, depth = places[row.node]
        if row.parent >= 0:
            above, _ = places[row.parent]
            axes.plot([above, x], [-depth + 0.66, -depth + 0.3], color=FAINT, linewidth=1.0, zorder=1)
            yes = words("discover.tree.yes" if row.side == "yes" else "discover.tree.no")
            axes.text((above + x) / 2, -depth + 0.46, yes, fontsize=8, color=SOFT, ha="center", va="center",
                      bbox={"facecolor": "white", "edgecolor": "none", "pad": 1})  # fmt: skip
        share = words("discover.tree.node", share=words.percent(row.density, 0), draws=row.draws)
        strength = (row.density - low) / (high - low) if high > low else 0.0
        axes.text(x, -depth + 0.18, share, fontsize=8.4, ha="center", va="center", color=INK,
                  bbox={"facecolor": _light(strength), "edgecolor": "none", "boxstyle": "round,pad=0.3"})  # fmt: skip
        if row.condition:
            told = pen.condition(str(row.condition), words)
            name = drawn_name(told.meaning, 60)
            ask = words("discover.tree.ask", name=name, limit=told.number(float(row.limit)))
            axes.text(x, -depth + 0.02, "\n".join(wrap(ask, 34)), fontsize=7.2, ha="center", va="top", color=SOFT)
    axes.set_xlim(-0.6, len(leaves) - 0.4)
    axes.set_ylim(-deepest, 0.4)
    finish(figure, words("discover.tree.title"), pen.note())
    best = table[table["condition"] == ""].sort_values("density").iloc[-1]
    alt = page(
        "discover.tree.alt", n=len(leaves), share=page.percent(float(best["density"]), 0), draws=int(best["draws"])
    )
    caption = page("discover.tree.caption", explained=page.percent(max(split.explained, 0.0), 0))
    return Drawing("tree", figure, page("discover.tree.title"), caption, alt)


def _light(strength: float) -> tuple[float, float, float]:
    red, green, blue = (0.45 + 0.55 * part for part in _mixed(strength))
    return red, green, blue


def _places(table: pd.DataFrame) -> dict[int, tuple[float, int]]:
    """Return the column (leaves at whole numbers, others in the middle of their own) and the depth of every node."""
    children = {node: rows["node"].tolist() for node, rows in table.groupby("parent")}
    places: dict[int, tuple[float, int]] = {}
    leaves = iter(range(len(table)))

    def place(node: int, depth: int) -> float:
        own = [place(child, depth + 1) for child in children.get(node, [])]
        column = sum(own) / len(own) if own else float(next(leaves))
        places[node] = (column, depth)
        return column

    place(0, 0)
    return places


FIGURES = {"limits": draw_limits, "trajectory": draw_trajectory, "tree": draw_tree}
"""Every figure of the page by the stem of its files."""
