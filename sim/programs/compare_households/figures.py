"""Figures of who gains: diverging bars by kind of household and by outcome, and flows."""

from __future__ import annotations

from collections.abc import Hashable
from typing import TYPE_CHECKING, Any, NamedTuple

import pandas as pd

from sim.data import Region
from sim.programs.compare_households.groups import DIMENSIONS
from sim.programs.compare_households.outcomes import OUTCOMES, Outcome
from sim.programs.compare_households.tables import Tables
from sim.report.figures.canvas import Drawing
from sim.report.frames import number
from sim.report.place_names import prefecture_names
from sim.report.style import FAINT, GRID, INK, SOFT, Steps, finish, new_figure, quiet
from sim.report.text import Text, signed_minus

if TYPE_CHECKING:
    from matplotlib.axes import Axes

BETTER, WORSE, NEITHER = "#0072b2", "#d55e00", "#9aa3ad"
SHOWN_FLOWS = 14
ENDS = ("", "_p05", "_p95")
UNITS = {"en": 1e3, "zh": 1e4}
"""Households of one unit of an axis: thousands, 万户."""


class Pen(NamedTuple):
    """Words drawn in figures, words of the page, tables, and the values that strings need.

    Attributes:
        text: words inside figures (English without a Chinese font).
        page: words of the page.
        values: study, year, names of both scenarios, draws and households, as drawn and as written.
    """

    text: Text
    page: Text
    tables: Tables
    region: Region
    drawn: dict[str, str]
    values: dict[str, str]

    def note(self, key: str = "gains.note") -> str:
        """Return the line every figure carries."""
        return self.text(key, **self.drawn)


def side(words: Text, pair: tuple[str, str]) -> str:
    """Return the English or Chinese of a pair."""
    return pair[1] if words.language == "zh" else pair[0]


def kind_label(words: Text, region: Region, dimension: str, group: str) -> str:
    """Return a kind of household in words."""
    if dimension == "prefecture":
        return words.pick(prefecture_names(region)[group])
    if dimension == "counties":
        return words.pick({"en": region.group_names_en[group], "zh": region.group_names_zh[group]})
    kinds = next(row.kinds for row in DIMENSIONS if row.name == dimension)
    return next(side(words, (en, zh)) for key, en, zh in kinds if key == group)


def place_label(words: Text, region: Region, area: str) -> str:
    """Return an area of the flow table in words."""
    code, _, zone = area.partition(":")
    name = words.pick(prefecture_names(region)[code])
    return words(f"gains.{zone}", place=name) if zone else name


def draw_who(pen: Pen) -> Drawing:
    """Draw the shares of households that are better and worse off by kind."""
    table = pen.tables.standing
    lines: list[tuple[str, dict[Hashable, Any] | None]] = []
    for dimension in DIMENSIONS:
        own = table[table["dimension"] == dimension.name]
        if len(own) > 1:
            lines.append((side(pen.text, dimension.label), None))
        rows: list[dict[Hashable, Any]] = own.to_dict("records")
        lines += [(kind_label(pen.text, pen.region, dimension.name, row["group"]), row) for row in rows]
    figure = new_figure(1.2 + 0.205 * len(lines))
    axes = figure.add_subplot()
    for y, (_, row) in enumerate(lines):
        if row is None:
            axes.axhline(y - 0.5, color=GRID, linewidth=0.8)
            continue
        for name, colour, sign in (("better_share", BETTER, 1.0), ("worse_share", WORSE, -1.0)):
            bar(axes, y, [100.0 * sign * row[f"{name}{end}"] for end in ENDS], colour)
    _frame(axes, [label for label, _ in lines], [k for k, (_, row) in enumerate(lines) if row is None])
    axes.set_xlabel(pen.text("gains.who.axis"))
    _legend(axes, pen, neither=False)
    finish(figure, pen.text("gains.who.title", **pen.drawn), pen.note())
    whole = table.iloc[0]
    words = [
        pen.page("gains.alt", label=pen.page(f"gains.{k}"), value=pen.page.percent(whole[f"{k}_share"]))
        for k in ("better", "worse")
    ]
    title = pen.page("gains.who.title", **pen.values)
    return Drawing("who", figure, title, pen.page("gains.who.caption"), pen.page.sentences(words))


def draw_what(pen: Pen) -> Drawing:
    """Draw the households with more and less of every outcome."""
    table = pen.tables.gains
    table = table[table["dimension"] == "all"].set_index("outcome")
    unit = UNITS[pen.text.language]
    parts = [[o for o in OUTCOMES if o.market is market] for market in (False, True)]
    figure = new_figure(2.1 + 0.34 * len(OUTCOMES))
    panels = figure.subplots(2, 1, height_ratios=[len(part) + 0.4 for part in parts])
    for axes, part in zip(panels, parts, strict=True):
        _outcomes(axes, pen, table, part, unit)
    panels[-1].set_xlabel(pen.text("gains.what.axis"))
    _legend(panels[0], pen, neither=True)
    finish(figure, pen.text("gains.what.title", **pen.drawn), pen.note())
    words = [
        pen.page(
            "gains.alt", label=side(pen.page, o.more), value=pen.page.persons(number(table, o.name, "households_more"))
        )
        for o in OUTCOMES
    ]
    title = pen.page("gains.what.title", **pen.values)
    return Drawing("what", figure, title, pen.page("gains.what.caption"), pen.page.sentences(words))


def _outcomes(axes: Axes, pen: Pen, table: pd.DataFrame, outcomes: list[Outcome], unit: float) -> None:
    """Draw the households with more and less of some outcomes."""
    for y, outcome in enumerate(outcomes):
        told = (("better", BETTER), ("worse", WORSE))[:: outcome.sign or 1]
        for name, (key, colour), sign in zip(("more", "less"), told, (1.0, -1.0), strict=True):
            ends = [sign * number(table, outcome.name, f"households_{name}{end}") / unit for end in ENDS]
            bar(axes, y, ends, NEITHER)
            bar(axes, y, [sign * number(table, outcome.name, key) / unit, 0.0, 0.0], colour)
    _frame(axes, [side(pen.text, o.more) for o in outcomes], [])
    other = axes.secondary_yaxis("right")
    other.set_yticks(range(len(outcomes)), [side(pen.text, o.less) for o in outcomes], size=8.6)
    other.tick_params(length=0)
    other.spines["right"].set_visible(False)


def draw_flows(pen: Pen) -> Drawing | None:
    """Draw the largest flows between where earners live in the two runs."""
    table = pen.tables.flows.nlargest(SHOWN_FLOWS, "households")
    if table.empty:
        return None
    unit = UNITS[pen.text.language]
    figure = new_figure(1.2 + 0.26 * len(table))
    axes = figure.add_subplot()
    labels = []
    for y, row in enumerate(table.to_dict("records")):
        bar(axes, y, [row[key] / unit for key in ("households", "p05", "p95")], BETTER)
        ends = [place_label(pen.text, pen.region, str(row[key])) for key in ("origin", "destination")]
        labels.append(pen.text("gains.flow", origin=ends[0], destination=ends[1]))
    _frame(axes, labels, [])
    axes.set_xlabel(pen.text("gains.what.axis"))
    finish(figure, pen.text("gains.flows.title", **pen.drawn), pen.note("gains.flows.note"))
    first = table.iloc[0]
    alt = pen.page("gains.alt", label=labels[0], value=signed_minus(first["households"], 0))
    caption = pen.page("gains.flows.caption", count=len(table), all=len(pen.tables.flows), **pen.values)
    return Drawing("flows", figure, pen.page("gains.flows.title", **pen.values), caption, alt)


FIGURES = {"who": draw_who, "what": draw_what, "flows": draw_flows}


def bar(axes: Axes, y: int, ends: list[float], colour: str) -> None:
    """Draw one bar from zero with the line of its band."""
    middle, low, high = ends
    axes.barh(y, middle, height=0.66, color=colour, alpha=0.85, linewidth=0)
    if low != high:
        axes.plot([low, high], [y, y], color=INK, linewidth=1.0)


def _frame(axes: Axes, labels: list[str], heads: list[int]) -> None:
    """Name the bars from top to bottom; heads are titles of the bars beneath them."""
    axes.axvline(0, color=FAINT, linewidth=1.0)
    quiet(axes)
    axes.set_ylim(len(labels) - 0.4, -0.6)
    axes.set_yticks(range(len(labels)), labels, size=8.6)
    for k, tick in enumerate(axes.get_yticklabels()):
        tick.set_color(SOFT if k in heads else INK)
    axes.xaxis.set_major_formatter(Sizes())


class Sizes(Steps):
    """Tick labels on both sides of zero without a sign: both are numbers of households."""

    def __call__(self, x: float, pos: int | None = None) -> str:
        """Return the label of one tick."""
        return super().__call__(abs(x), pos)


def _legend(axes: Axes, pen: Pen, neither: bool) -> None:
    colours = {"worse": WORSE, "better": BETTER} | ({"neither": NEITHER} if neither else {})
    for name, colour in colours.items():
        axes.barh([0], [0], color=colour, label=pen.text(f"gains.{name}"))
    axes.legend(ncols=len(colours), loc="lower right", bbox_to_anchor=(1.0, 1.0))
