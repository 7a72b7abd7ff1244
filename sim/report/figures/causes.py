"""Where the yearly change of the rate comes from: moved, counted, born and died, outside, denominator."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.patches import Patch

from sim.base.names import BASELINE, PLAN
from sim.report.figures.canvas import Canvas, Drawing
from sim.report.finished_study import Study
from sim.report.style import FAINT, HATCHES, INK, SOFT, TERM_COLOURS, Steps, finish, new_figure, year_ticks
from sim.statistics.decompose import TERMS

FEWEST_SLOTS = 8
"""Bars that a panel has room for at least, so that those of a short study are no slabs."""


def shown_scenarios(study: Study) -> tuple[str, ...]:
    """Return the baseline and the plan, or the first other scenario of a study without a plan, as far as they are."""
    others = [name for name in study.scenarios if name != BASELINE]
    chosen = (BASELINE, PLAN if PLAN in others else others[0] if others else "")
    return tuple(name for name in chosen if name in study.scenarios)


def draw_causes(canvas: Canvas) -> Drawing | None:
    """Draw the decomposition as stacked bars with the net change on top."""
    study, words = canvas.study, canvas.text
    names = shown_scenarios(study)
    if canvas.causes is None:
        return None
    table = canvas.causes[canvas.causes["scenario"].isin(names)]
    figure = new_figure(4.6)
    grid = figure.add_gridspec(2, len(names), height_ratios=[1.0, 0.12])
    top, bottom = _limits(table)
    for column, name in enumerate(names):
        axes = figure.add_subplot(grid[0, column])
        _panel(axes, canvas, table[table["scenario"] == name])
        axes.set_ylim(bottom, top)
        axes.set_title(canvas.name(name), color=canvas.colours[name], fontsize=10)
        if column:
            axes.tick_params(labelleft=False)
    _legend(figure.add_subplot(grid[1, :]), canvas)
    finish(figure, words("causes.title"), canvas.note("band.mean"), words("causes.subtitle"))
    caption = canvas.page("causes.caption", last=study.last_observed)
    return Drawing("causes", figure, canvas.page("causes.title"), caption, _alt(canvas, table))


def window_sums(table: pd.DataFrame, first: int, last: int) -> pd.DataFrame:
    """Return the contributions added up over the years after ``first`` up to ``last``, by scenario."""
    inside = table[(table["year"] > first) & (table["year"] <= last)]
    return inside.groupby("scenario")[["change", *TERMS]].sum()


def _panel(axes: Axes, canvas: Canvas, table: pd.DataFrame) -> None:
    """Draw the bars of one scenario."""
    years = table["year"].to_numpy(dtype=float)
    above, below = pd.Series(0.0, index=table.index), pd.Series(0.0, index=table.index)
    for term in TERMS:
        value = 100 * table[term]
        base = above.where(value >= 0, below)
        axes.bar(
            years,
            value,
            bottom=base,
            width=0.78,
            color=TERM_COLOURS[term],
            hatch=HATCHES.get(term, ""),
            edgecolor="white",
            linewidth=0.4,
            zorder=2,
        )
        above = above + value.clip(lower=0)
        below = below + value.clip(upper=0)
    axes.plot(years, 100 * table["change"], "D", color=INK, markersize=3.6, markeredgecolor="white", zorder=4)
    axes.axhline(0, color=SOFT, linewidth=0.8, zorder=3)
    edge = canvas.study.last_observed + 0.5
    if years[0] < edge < years[-1]:
        axes.axvline(edge, color=FAINT, linewidth=0.9, linestyle=(0, (3, 2)))
        middle = (years[0] - 0.5 + edge) / 2
        label = canvas.text("causes.solved")
        axes.text(
            middle, 0.99, label, transform=axes.get_xaxis_transform(), ha="center", va="top", size=7.4, color=SOFT
        )
    axes.grid(False, axis="x")
    room = max(0.7, (FEWEST_SLOTS - len(years)) / 2.0)
    axes.set_xlim(years[0] - room, years[-1] + room)
    if len(years) < FEWEST_SLOTS:
        axes.set_xticks(years, [f"{year:.0f}" for year in years])
    else:
        year_ticks(axes)
    axes.yaxis.set_major_formatter(Steps(signed=True))


def _limits(table: pd.DataFrame) -> tuple[float, float]:
    """Return common limits in points for all panels."""
    terms = 100 * table[list(TERMS)]
    return 1.2 * float(terms.clip(lower=0).sum(axis=1).max()), min(
        1.12 * float(terms.clip(upper=0).sum(axis=1).min()), -0.02
    )


def _legend(axes: Axes, canvas: Canvas) -> None:
    """Explain the colours."""
    axes.axis("off")
    handles: list[Patch] = [
        Patch(
            facecolor=TERM_COLOURS[term],
            hatch=HATCHES.get(term, ""),
            edgecolor="white",
            label=canvas.text(f"term.{term}"),
        )
        for term in TERMS
    ]
    net = axes.plot([], [], "D", color=INK, markersize=4, label=canvas.text("term.change"))
    axes.legend(handles=[*handles, *net], loc="center", ncols=3, handlelength=1.6)


def _alt(canvas: Canvas, table: pd.DataFrame) -> str:
    """Describe the sums over the years from the last published year to the focus year."""
    study, page = canvas.study, canvas.page
    first = min(study.last_observed, study.focus - 1)
    sums = window_sums(table, first, study.focus)
    parts = []
    for name, row in sums.iterrows():
        terms = [page("causes.alt.term", term=page(f"term.{t}"), value=page.points(float(row[t]))) for t in TERMS]
        parts.append(
            page(
                "causes.alt.part",
                name=canvas.page_name(str(name)),
                change=page.points(float(row["change"])),
                terms=page.join(terms),
            )
        )
    return page("causes.alt", first=first, last=study.focus, parts=" ".join(parts))
