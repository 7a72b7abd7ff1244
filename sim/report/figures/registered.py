"""Resident against registered urban rate, and the change of the gap between them."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from sim.base.names import BASELINE
from sim.report.figures.canvas import Canvas, Drawing
from sim.report.finished_study import RATE, REGISTERED_RATE
from sim.report.style import FAINT, INK, SOFT, Steps, finish, new_figure, spread, year_ticks


def draw_registered(canvas: Canvas) -> Drawing | None:
    """Draw the two rates (levels of the registered rate greyed) and the change of the gap, if there are years of it."""
    study, words = canvas.study, canvas.text
    table = canvas.gaps
    if table is None or table["year"].nunique() < 2 or study.series(study.scenarios[0], REGISTERED_RATE).empty:
        return None
    figure = new_figure(4.2)
    grid = figure.add_gridspec(1, 2, width_ratios=[1.0, 1.25], wspace=0.06)
    _levels(figure.add_subplot(grid[0]), canvas)
    _changes(figure.add_subplot(grid[1]), canvas, table)
    base = int(table["year"].min())
    finish(
        figure,
        words("registered.title"),
        canvas.note(canvas.study.told("band.ninety"), observed=True, extra=words("registered.prior")),
    )
    year = study.focus
    parts = [
        canvas.page(
            "registered.alt.part",
            name=canvas.page_name(str(row["scenario"])),
            value=canvas.page.points(float(row["median"])),
        )
        for _, row in table[table["year"] == year].iterrows()
    ]
    alt = canvas.page("registered.alt", base=base, year=year, parts=canvas.page.join(parts))
    return Drawing(
        "registered", figure, canvas.page("registered.title"), canvas.page("registered.caption", base=base), alt
    )


def _levels(axes: Axes, canvas: Canvas) -> None:
    """Draw both rates of the baseline; the registered one in grey because its start is a prior."""
    study, words = canvas.study, canvas.text
    scenario = BASELINE if study.has_baseline else study.scenarios[0]
    resident, registered = (100 * study.series(scenario, name) for name in (RATE, REGISTERED_RATE))
    axes.fill_between(registered.index, registered["p05"], registered["p95"], color="#c8ccd1", alpha=0.55, linewidth=0)
    axes.plot(registered.index, registered["median"], color=FAINT, linewidth=1.6, linestyle=(0, (4, 2)))
    axes.fill_between(
        resident.index, resident["p05"], resident["p95"], color=canvas.colours[scenario], alpha=0.2, linewidth=0
    )
    axes.plot(resident.index, resident["median"], color=canvas.colours[scenario], linewidth=1.9)
    observed = study.published(study.years[0])
    axes.plot(observed.index, 100 * observed, "o", color=INK, markersize=3)
    middle = study.years[len(study.years) // 2]
    axes.annotate(
        words("registered.resident"),
        (middle, float(resident["median"].loc[middle])),
        (-4, 12),
        textcoords="offset points",
        ha="right",
        size=8.4,
    )
    label = words("registered.registered")
    axes.text(0.97, 0.03, label, transform=axes.transAxes, va="bottom", ha="right", size=8.2, color=SOFT)
    axes.set_title(words("registered.levels", name=canvas.name(scenario)))
    axes.yaxis.set_major_formatter(Steps(unit="%"))
    axes.margins(x=0.02, y=0.12)
    year_ticks(axes, 5)


def _changes(axes: Axes, canvas: Canvas, table: pd.DataFrame) -> None:
    """Draw the change of the gap of every scenario in points, labelled at its end."""
    study, words = canvas.study, canvas.text
    first, last = int(table["year"].min()), int(table["year"].max())
    leader = 0.023 * (last - first)
    ends, bands = [], []
    for name in study.scenarios:
        rows = table[table["scenario"] == name].sort_values("year")
        colour = canvas.colours[name]
        if name in (BASELINE, "plan"):
            label = words("registered.band", name=canvas.name(name))
            ends_of = 100 * rows["p05"], 100 * rows["p95"]
            bands.append(axes.fill_between(rows["year"], *ends_of, color=colour, alpha=0.18, linewidth=0, label=label))
        axes.plot(rows["year"], 100 * rows["median"], color=colour, linewidth=1.7)
        ends.append((100 * float(rows["median"].iloc[-1]), name))
    axes.axhline(0, color=SOFT, linewidth=0.8)
    low, high = axes.get_ylim()
    for place, (value, name) in zip(spread([v for v, _ in ends], 0.06 * (high - low)), ends, strict=True):
        axes.plot([last, last + leader], [value, place], color=FAINT, linewidth=0.5, clip_on=False)
        label = f"{canvas.name(name)} {words.points(value / 100)}"
        axes.text(last + 1.4 * leader, place, label, va="center", size=8.2, color=canvas.colours[name], clip_on=False)
    if bands and table["p05"].notna().any():
        axes.legend(handles=bands, loc="best", fontsize=8)
    axes.set_xlim(first, last)
    year_ticks(axes)
    axes.set_title(words("registered.change", base=first))
    axes.yaxis.set_major_formatter(Steps(signed=True))
