"""Who moves where: a matrix of yearly flows between prefectures and outside places."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.colors import LinearSegmentedColormap, LogNorm
from matplotlib.patches import Rectangle

from sim.base.names import BASELINE
from sim.report.figures.canvas import Canvas, Drawing
from sim.report.finished_study import Study
from sim.report.place_names import prefecture_names
from sim.report.style import INK, SOFT, finish, new_figure

BLUES = LinearSegmentedColormap.from_list("flows", ["#f3f6fa", "#cfe1f2", "#93c1e0", "#4a93c7", "#1763a5", "#08306b"])


def flow_matrix(study: Study, scenario: str) -> tuple[pd.DataFrame, int, int] | None:
    """Return mean yearly flows in persons (rows origins, columns destinations) and the years averaged.

    Moves within one prefecture are on the diagonal; pairs without a record are missing.
    """
    if study.flows is None:
        return None
    rows = study.flows[study.flows["scenario"] == scenario]
    if rows.empty:
        return None
    last = min(study.focus, int(rows["year"].max()))
    first = min(study.last_observed + 1, last)
    rows = rows[rows["year"].between(first, last)]
    order = [*study.region.prefecture_codes, *study.region.outside_codes]
    total = rows.pivot_table(index="origin", columns="destination", values="persons", aggfunc="sum")
    table = total / (last - first + 1)
    return table.reindex(index=order, columns=order), first, last


def draw_flows(canvas: Canvas) -> Drawing | None:
    """Draw the matrix with totals of departures and arrivals."""
    study, words = canvas.study, canvas.text
    scenario = BASELINE if study.has_baseline else study.scenarios[0]
    found = flow_matrix(study, scenario)
    if found is None:
        return None
    matrix, first, last = found
    figure = new_figure(7.4)
    axes = figure.add_subplot()
    _cells(axes, matrix.to_numpy(dtype=float) / _unit(canvas), study.region.n_prefectures)
    _totals(axes, canvas, matrix)
    _labels(axes, canvas, matrix)
    unit = words("flows.unit")
    finish(
        figure,
        words("flows.title", name=canvas.name(scenario)),
        canvas.note("band.flows"),
        words("flows.subtitle", first=first, last=last, unit=unit),
    )
    caption = canvas.page("flows.caption", first=first, last=last)
    return Drawing(
        "flows", figure, canvas.page("flows.title", name=canvas.page_name(scenario)), caption, _alt(canvas, matrix)
    )


def _unit(canvas: Canvas) -> float:
    """Return how many persons the drawn unit stands for."""
    return 1e4 if canvas.text.language == "zh" else 1e3


def _cells(axes: Axes, values: np.ndarray, inside: int) -> None:
    """Draw one coloured cell per pair; the diagonal is grey because it is another kind of move."""
    between = values.copy()
    np.fill_diagonal(between, np.nan)
    positive = between[np.isfinite(between) & (between > 0)]
    high = float(positive.max()) if positive.size else 1.0
    norm = LogNorm(max(high / 300.0, 1e-9), high, clip=True)
    for (row, column), value in np.ndenumerate(values):
        if not np.isfinite(value) or value <= 0:
            face, ink = "#fbfbfc", SOFT
        elif row == column:
            face, ink = "#e6e6e6", SOFT
        else:
            shade = norm(value)
            face, ink = BLUES(shade), "white" if shade > 0.62 else INK
        axes.add_patch(Rectangle((column - 0.5, row - 0.5), 1, 1, facecolor=face, edgecolor="white", linewidth=0.7))
        if np.isfinite(value) and value > 0:
            axes.text(column, row, _number(value), ha="center", va="center", size=6.6, color=ink)
    size = len(values)
    for edge in (inside - 0.5,):
        axes.plot([-0.5, size - 0.5], [edge, edge], color=INK, linewidth=0.9)
        axes.plot([edge, edge], [-0.5, size - 0.5], color=INK, linewidth=0.9)


def _totals(axes: Axes, canvas: Canvas, matrix: pd.DataFrame) -> None:
    """Write departures, arrivals and the balance, moves within a prefecture left out."""
    between = matrix.to_numpy(dtype=float, copy=True) / _unit(canvas)
    np.fill_diagonal(between, np.nan)
    out, into = np.nansum(between, axis=1), np.nansum(between, axis=0)
    size = len(between)
    for index in range(size):
        axes.text(size + 0.25, index, _number(out[index]), ha="center", va="center", size=7.4, color=INK)
        axes.text(index, size + 0.2, _number(into[index]), ha="center", va="center", size=7.4, color=INK)
        balance = into[index] - out[index]
        colour = "#01665e" if balance >= 0 else "#8c510a"
        label = ("+" if balance > 0 else "−" if balance < 0 else "") + _number(abs(balance))
        axes.text(index, size + 1.05, label, ha="center", va="center", size=7.4, color=colour)
    axes.text(size + 0.25, -0.95, canvas.text("flows.out"), ha="center", va="center", size=7.8, color=SOFT)
    axes.text(-0.7, size + 0.2, canvas.text("flows.in"), ha="right", va="center", size=7.8, color=SOFT)
    axes.text(-0.7, size + 1.05, canvas.text("flows.balance"), ha="right", va="center", size=7.8, color=SOFT)


def _labels(axes: Axes, canvas: Canvas, matrix: pd.DataFrame) -> None:
    """Label origins on the left and destinations on top."""
    names = [canvas.prefectures[str(code)] for code in matrix.index]
    size = len(names)
    axes.set_xlim(-0.5, size + 0.9)
    axes.set_ylim(size + 1.5, -0.5)
    axes.xaxis.tick_top()
    slant = 0 if canvas.text.language == "zh" and max(map(len, names)) <= 3 else 40
    axes.set_xticks(range(size), names, rotation=slant, ha="left" if slant else "center", rotation_mode="anchor")
    axes.set_yticks(range(size), names)
    axes.tick_params(length=0, labelsize=7.8)
    axes.grid(False)
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.set_ylabel(canvas.text("flows.from_to"), size=8.2)


def _number(value: float) -> str:
    """Return a number with as many digits as a cell can hold."""
    return f"{value:,.0f}" if value >= 9.95 else f"{value:.1f}" if value >= 0.05 else "·"


def _alt(canvas: Canvas, matrix: pd.DataFrame) -> str:
    """Describe the matrix by its largest flows between different places."""
    between = matrix.to_numpy(dtype=float, copy=True)
    np.fill_diagonal(between, np.nan)
    codes = [str(code) for code in matrix.index]
    largest = np.argsort(np.nan_to_num(between, nan=-1.0), axis=None)[::-1][:3]
    parts = []
    for a, b in zip(*np.unravel_index(largest, between.shape), strict=True):
        values = {"origin": _page_name(canvas, codes[a]), "destination": _page_name(canvas, codes[b])}
        parts.append(canvas.page("flows.alt.part", value=canvas.page.persons(float(between[a, b])), **values))
    return canvas.page("flows.alt", parts=canvas.page.join(parts))


def _page_name(canvas: Canvas, code: str) -> str:
    """Return the name of a prefecture or outside place as written in the report."""
    return canvas.page.pick(prefecture_names(canvas.study.region)[code])
