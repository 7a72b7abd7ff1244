"""Figures of two studies side by side: paths of the rate with their difference, and differences by prefecture."""

from __future__ import annotations

import math
from pathlib import Path
from typing import TYPE_CHECKING

import pandas as pd

from sim.data import Region
from sim.report.finished_study import RATE
from sim.report.fonts import figure_language
from sim.report.place_names import prefecture_names, region_names
from sim.report.style import (
    INK,
    SOFT,
    Steps,
    figure_style,
    finish,
    new_figure,
    quiet,
    save,
    scenario_colours,
    year_ticks,
)
from sim.report.text import Text
from sim.studies.compare import Comparison

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

COLOURS = {"a": "#6b6b6b", "b": "#0072b2"}
"""Colours of the two studies."""


def draw_comparison(found: Comparison, region: Region, names: tuple[str, str], language: str) -> list[Path]:
    """Write the figures of a comparison into its folder and return the paths of the PNG files.

    Args:
        found: what was compared.
        region: names of the places.
        names: names of the studies A and B.
        language: ``en`` or ``zh``; without a Chinese font, figures are in English.
    """
    words = Text(figure_language(language))
    folder = found.folder / "figures"
    with figure_style():
        figures = {"paths": _paths(found, region, names, words), "places": _places(found, region, names, words)}
        return [save(figure, folder, name)[0] for name, figure in figures.items()]


def _paths(found: Comparison, region: Region, names: tuple[str, str], words: Text) -> Figure:
    """Draw one panel per scenario: both fans, and the difference beneath."""
    table = found.differences
    table = table[(table["place"] == region.province_code) & (table["indicator"] == RATE)]
    scenarios = list(dict.fromkeys(table["scenario"]))
    columns = min(3, len(scenarios))
    rows = math.ceil(len(scenarios) / columns)
    figure = new_figure(1.0 + 3.3 * rows)
    grid = figure.add_gridspec(rows, columns)
    paired = found.paired[found.paired["indicator"] == RATE]
    upper: list[Axes] = []
    lower: list[Axes] = []
    for index, scenario in enumerate(scenarios):
        inner = grid[index // columns, index % columns].subgridspec(2, 1, height_ratios=[2.4, 1.0], hspace=0.06)
        main = figure.add_subplot(inner[0], sharey=upper[0] if upper else None)
        below = figure.add_subplot(inner[1], sharex=main, sharey=lower[0] if lower else None)
        upper.append(main)
        lower.append(below)
        own = table[table["scenario"] == scenario].sort_values("year")
        _fans(main, own, words.pick(found.names[scenario]))
        _difference(below, own, paired[paired["scenario"] == scenario])
    note = words("compare.note_paired", n=int(paired["pairs"].max())) if len(paired) else words("compare.note_medians")
    title = words("compare.title", place=words.pick(region_names(region)))
    finish(figure, title, note, words("compare.subtitle", a=names[0], b=names[1]))
    return figure


def _fans(axes: Axes, own: pd.DataFrame, title: str) -> None:
    """Draw the bands and medians of both studies in percent."""
    for side, colour in COLOURS.items():
        low, high = 100 * own[f"p05_{side}"], 100 * own[f"p95_{side}"]
        axes.fill_between(own["year"], low, high, color=colour, alpha=0.17, linewidth=0)
        axes.plot(own["year"], 100 * own[f"median_{side}"], color=colour, linewidth=1.8)
    axes.set_title(title, pad=4)
    axes.yaxis.set_major_formatter(Steps(unit="%"))
    axes.tick_params(labelbottom=False, bottom=False)


def _difference(axes: Axes, own: pd.DataFrame, paired: pd.DataFrame) -> None:
    """Draw B minus A in points: run by run with its band, or of the medians."""
    axes.axhline(0, color=INK, linewidth=0.8)
    years, values = own["year"], 100 * own["difference"]
    if len(paired):
        years, values = paired["year"], 100 * paired["median"]
        axes.fill_between(years, 100 * paired["p05"], 100 * paired["p95"], color=COLOURS["b"], alpha=0.22, linewidth=0)
    axes.plot(years, values, color=COLOURS["b"], linewidth=1.5)
    axes.yaxis.set_major_formatter(Steps(signed=True))
    low, high = axes.get_ylim()
    widest = max(0.05, abs(low), abs(high))
    axes.set_ylim(-widest, widest)
    year_ticks(axes, 4)


def _places(found: Comparison, region: Region, names: tuple[str, str], words: Text) -> Figure:
    """Draw the difference at the last common year-end by prefecture, one dot per scenario."""
    table = found.differences[found.differences["indicator"] == RATE]
    year = int(table["year"].max())
    table = table[(table["year"] == year) & table["place"].isin(region.prefecture_codes)]
    wide = 100 * table.pivot_table(index="place", columns="scenario", values="difference", sort=False)
    wide = wide.loc[wide.mean(axis=1).sort_values().index]
    called = prefecture_names(region)
    figure = new_figure(1.3 + 0.3 * len(wide))
    axes = figure.add_subplot()
    quiet(axes)
    axes.axvline(0, color=SOFT, linewidth=0.9)
    colours = scenario_colours(list(wide.columns))
    for scenario in wide.columns:
        label = words.pick(found.names[str(scenario)])
        axes.plot(wide[scenario], range(len(wide)), "o", markersize=5, color=colours[scenario], label=label)
    axes.set_yticks(range(len(wide)), [words.pick(called[str(code)]) for code in wide.index])
    axes.xaxis.set_major_formatter(Steps(signed=True))
    axes.legend(loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=min(6, len(wide.columns)), fontsize=8.5)
    note = words("compare.places.note", a=names[0], b=names[1])
    finish(figure, words("compare.places.title", year=year), note, words("compare.places.subtitle"))
    return figure
