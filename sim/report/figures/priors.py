"""What the priors alone say: the rate over draws, its pace, and which parameters matter."""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from sim.base.names import BASELINE
from sim.report.figures.canvas import Canvas, Drawing
from sim.report.figures.fan import fit_window
from sim.report.finished_study import Study
from sim.report.labels import parameter_names
from sim.report.queries import draw_table, rank_correlations
from sim.report.style import FAINT, INK, SOFT, Steps, finish, new_figure, quiet, wrap
from sim.studies.target import GOALS

SHOWN = 12
POSITIVE, NEGATIVE = "#0072b2", "#d55e00"


def noise_level(draws: int) -> float:
    """Return the size below which a rank correlation cannot be told from chance (about 95%)."""
    return 1.96 / math.sqrt(max(draws - 1, 1))


def draw_priors(canvas: Canvas) -> Drawing | None:
    """Draw the distributions over draws and the strongest rank correlations."""
    study, words = canvas.study, canvas.text
    base = min(study.last_observed, study.focus - 1)
    table = draw_table(study, (base, study.focus))
    if table is None or study.focus not in table.columns or base not in table.columns or len(table) < 3:
        return None
    rate, pace = table[study.focus], (table[study.focus] - table[base]) / (study.focus - base)
    ranks = rank_correlations(study, rate)
    figure = new_figure(5.4)
    grid = figure.add_gridspec(2, 2, width_ratios=[1.0, 1.15], hspace=0.08, wspace=0.06)
    first = figure.add_subplot(grid[0, 0])
    _strip(first, 100 * rate, words("priors.rate", year=study.focus), [100 * goal for goal in GOALS.values()], "%")
    second = figure.add_subplot(grid[1, 0])
    _strip(second, 100 * pace, words("priors.pace", first=base, last=study.focus), [_observed_pace(study)], "")
    third = figure.add_subplot(grid[:, 1])
    _ranking(third, canvas, ranks, parameter_names(study, words))
    title = "priors.title_calibrated" if canvas.calibrated else "priors.title"
    finish(figure, words(title), canvas.note("band.draws", observed=True, extra=words("priors.label")))
    alt = _alt(canvas, rate, ranks, parameter_names(study, canvas.page))
    return Drawing("priors", figure, canvas.page(title), canvas.page("priors.caption", year=study.focus), alt)


def _observed_pace(study: Study) -> float:
    """Return the published yearly change over the fit window of the benchmarks, in points (nan if not published)."""
    first, last = fit_window(study)
    if first not in study.observed.index or last <= first:
        return float("nan")
    return 100 * float(study.observed.loc[last] - study.observed.loc[first]) / (last - first)


def _strip(axes: Axes, values: pd.Series[float], title: str, marks: list[float], unit: str) -> None:
    """Draw a histogram of draws with quartiles and reference marks."""
    axes.hist(
        values, bins=min(24, max(6, int(np.sqrt(len(values)) * 1.6))), color="#a9c8e0", edgecolor="white", linewidth=0.6
    )
    low, median, high = (float(values.quantile(share)) for share in (0.05, 0.5, 0.95))
    top = axes.get_ylim()[1]
    axes.plot([low, high], [-0.05 * top] * 2, color=POSITIVE, linewidth=2.2, clip_on=False, solid_capstyle="butt")
    axes.plot(median, -0.05 * top, "o", color=POSITIVE, markersize=5, clip_on=False)
    for index, mark in enumerate(mark for mark in marks if np.isfinite(mark)):
        axes.axvline(mark, color=INK, linewidth=0.9, linestyle="-" if index == 0 else (0, (2, 2)))
    axes.set_ylim(-0.1 * top, top)
    axes.set_title(title, fontsize=9)
    axes.set_yticks([])
    quiet(axes)
    axes.xaxis.set_major_locator(MaxNLocator(5))
    axes.xaxis.set_major_formatter(Steps(unit=unit))


def _ranking(axes: Axes, canvas: Canvas, ranks: pd.DataFrame | None, labels: Mapping[str, str]) -> None:
    """Draw the strongest rank correlations as dots on stems; weak ones in grey."""
    words = canvas.text
    axes.set_title(words("priors.ranks", year=canvas.study.focus), fontsize=9)
    if ranks is None:
        axes.axis("off")
        axes.text(0.5, 0.5, words("priors.no_parameters"), ha="center", transform=axes.transAxes, color=SOFT)
        return
    top = ranks.head(SHOWN).iloc[::-1]
    noise = noise_level(int(ranks["draws"].iloc[0]))
    axes.axvspan(-noise, noise, color="#eef0f2", zorder=0)
    axes.axvline(0, color=SOFT, linewidth=0.8)
    for height, value in enumerate(top["correlation"]):
        colour = FAINT if abs(value) < noise else POSITIVE if value > 0 else NEGATIVE
        axes.plot([0, value], [height] * 2, color=colour, linewidth=1.6)
        axes.plot(value, height, "o", color=colour, markersize=5)
    names = ["\n".join(wrap(labels.get(str(name), str(name)), 38)) for name in top["name"]]
    axes.set_yticks(range(len(top)), names)
    axes.xaxis.set_major_locator(MaxNLocator(4))
    quiet(axes)
    axes.set_xlim(-1, 1)
    axes.tick_params(axis="y", labelsize=7.6)


def _alt(canvas: Canvas, rate: pd.Series[float], ranks: pd.DataFrame | None, labels: Mapping[str, str]) -> str:
    """Describe the distributions in words."""
    page = canvas.page
    values = {
        name: page.percent(float(rate.quantile(share)))
        for name, share in (("p05", 0.05), ("median", 0.5), ("p95", 0.95))
    }
    name = canvas.page_name(BASELINE if canvas.study.has_baseline else canvas.study.scenarios[0])
    first = (
        ""
        if ranks is None or ranks.empty
        else page(
            "priors.alt.first",
            name=labels.get(str(ranks["name"].iloc[0]), str(ranks["name"].iloc[0])),
            value=f"{ranks['correlation'].iloc[0]:.2f}",
        )
    )
    return page.sentences([page("priors.alt", year=canvas.study.focus, draws=len(rate), name=name, **values), first])
