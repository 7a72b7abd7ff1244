"""Figures of the track record: scorecard, contraction, ranks and the split of the variance."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.ticker import MaxNLocator

from sim.base.numbers import half_up
from sim.parameters.posterior import PRIOR_DRIVEN
from sim.report.figures.canvas import Canvas, Drawing
from sim.report.labels import parameter_names
from sim.report.style import FAINT, INK, SOFT, finish, new_figure, quiet, wrap
from sim.report.text import signed
from sim.report.track_record import MODELS, WIDER, Validation, duels, load_validation, plain

MODEL, BENCHMARK, PRIOR = "#0072b2", "#d55e00", "#9aa3ad"
LINES = {"linear": (0, (4, 2)), "logistic": (0, (1, 1.5)), "growth_difference": (0, (5, 1, 1, 1))}


def track_record(canvas: Canvas) -> Validation:
    """Return the committed track record of the region of a study."""
    return load_validation(canvas.study.region.name)


def draw_scorecard(canvas: Canvas) -> Drawing | None:
    """Draw the hindcast of the province and the scores of model and benchmarks."""
    record, words = track_record(canvas), canvas.text
    if not record.has("scorecard", "forecasts"):
        return None
    figure = new_figure(4.9)
    grid = figure.add_gridspec(1, 2, width_ratios=[1.0, 1.25], wspace=0.06)
    _province(figure.add_subplot(grid[0, 0]), canvas, record.tables["forecasts"])
    _scores(figure.add_subplot(grid[0, 1]), canvas, record.tables["scorecard"])
    finish(figure, words("scorecard.title"), words("scorecard.note"))
    page = canvas.page
    return Drawing("scorecard", figure, page("scorecard.title"), page("scorecard.caption"), page("scorecard.alt"))


def _province(axes: Axes, canvas: Canvas, forecasts: pd.DataFrame) -> None:
    """Draw published points, benchmarks and the band of the model from 2020 on."""
    words = canvas.text
    part = forecasts[forecasts["case"] == "province"]
    groups = dict(tuple(part.groupby("forecaster")))
    for name, colour in zip(MODELS, (MODEL, PRIOR), strict=True):
        if name not in groups:
            continue
        rows = groups[name]
        years = [2020, *rows["year"]]
        start = [float(rows["before"].iloc[0])]
        low, middle, high = (100 * np.array([*start, *rows[c]]) for c in ("p05", "median", "p95"))
        axes.fill_between(years, low, high, color=colour, alpha=0.18, linewidth=0)
        axes.plot(years, middle, color=colour, linewidth=1.8, label=words(f"forecaster.{name}"))
    for name, dashes in LINES.items():
        rows = groups[name]
        values = 100 * np.array([float(rows["before"].iloc[0]), *rows["median"]])
        label = words(f"forecaster.{name}")
        axes.plot([2020, *rows["year"]], values, color=BENCHMARK, linewidth=1.1, linestyle=dashes, label=label)
    rows = groups["linear"]
    axes.plot(
        [2020, *rows["year"]],
        100 * np.array([float(rows["before"].iloc[0]), *rows["observed"]]),
        "o-",
        color=INK,
        markersize=4,
        linewidth=1,
        label=words("forecaster.observed"),
    )
    axes.set_title(words("scorecard.province"))
    axes.xaxis.set_major_locator(MaxNLocator(integer=True))
    axes.set_ylabel("%")
    axes.legend(fontsize=7.4, loc="upper left")
    quiet(axes)


def _scores(axes: Axes, canvas: Canvas, scorecard: pd.DataFrame) -> None:
    """Draw the CRPS of the model and of the best benchmark by case."""
    words = canvas.text
    rows = [duel for duel in duels(scorecard) if duel.years == "all"][::-1]
    for height, duel in enumerate(rows):
        axes.plot([duel.model_score, duel.benchmark_score], [height] * 2, color=FAINT, linewidth=1.2)
        axes.plot(duel.benchmark_score, height, "D", color=BENCHMARK, markersize=6)
        axes.plot(duel.model_score, height, "o", color=MODEL, markersize=7)
    axes.set_yticks(range(len(rows)), ["\n".join(wrap(words(f"case.{d.case}"), 34)) for d in rows])
    axes.set_xlim(0, None)
    axes.set_ylim(-0.6, len(rows) - 0.4)
    axes.set_title(words("scorecard.crps"))
    axes.plot([], [], "o", color=MODEL, markersize=7, label=words("scorecard.model"))
    axes.plot([], [], "D", color=BENCHMARK, markersize=6, label=words("scorecard.best"))
    axes.legend(fontsize=7.6, loc="lower left")
    axes.tick_params(axis="y", labelsize=8)
    quiet(axes)


def draw_contraction(canvas: Canvas) -> Drawing | None:
    """Draw how much narrower than its prior every calibrated parameter became."""
    record, words = track_record(canvas), canvas.text
    if not record.posteriors:
        return None
    names = list(dict.fromkeys(p.name for r in record.posteriors.values() for p in r.parameters))
    labels = parameter_names(canvas.study, words)
    figure = new_figure(1.8 + 0.36 * len(names))
    axes = figure.add_subplot()
    axes.axvspan(-1, 100 * PRIOR_DRIVEN, color="#eef0f2", zorder=0)
    low = 0.0
    for shift, (kind, posterior) in zip((-0.17, 0.17), record.posteriors.items(), strict=False):
        found = {p.name: 100 * p.contraction for p in posterior.parameters}
        heights = [len(names) - 1 - k - shift for k, n in enumerate(names) if n in found]
        values = [found[n] for n in names if n in found]
        low = min(low, *values)
        colour = MODEL if kind == "posterior_projection" else "#e69f00"
        axes.barh(
            heights, values, height=0.3, color=colour, label=words(f"posterior.{kind}", year=posterior.information)
        )
    axes.axvline(100 * PRIOR_DRIVEN, color=SOFT, linewidth=0.9, linestyle=(0, (3, 2)))
    axes.set_yticks(range(len(names)), ["\n".join(wrap(labels.get(n, n), 60)) for n in names[::-1]])
    axes.set_xlim(min(low * 1.1, 0.0), 100)
    axes.set_xlabel(words("contraction.axis"))
    axes.legend(fontsize=8, loc="lower left", bbox_to_anchor=(0.0, 1.0), ncols=2)
    axes.tick_params(axis="y", labelsize=8)
    quiet(axes)
    finish(figure, words("contraction.title"), words("contraction.note"))
    page = canvas.page
    title, caption, alt = (page(f"contraction.{part}") for part in ("title", "caption", "alt"))
    return Drawing("contraction", figure, title, caption, alt)


def draw_ranks(canvas: Canvas) -> Drawing | None:
    """Draw the rank histograms of the simulation-based calibration with the band of chance."""
    record, words = track_record(canvas), canvas.text
    if not record.has("sbc"):
        return None
    table = record.tables["sbc"]
    bins = [c for c in table.columns if c.startswith("bin_")]
    truths = float(table[bins].iloc[0].sum())
    spread = 1.96 * np.sqrt(truths / len(bins) * (1 - 1 / len(bins)))
    columns = 4
    lines = int(np.ceil(len(table) / columns))
    figure = new_figure(1.2 + 1.25 * lines)
    labels = parameter_names(canvas.study, words)
    for k, row in enumerate(table.itertuples(index=False)):
        axes = figure.add_subplot(lines, columns, k + 1)
        counts = [getattr(row, b) for b in bins]
        axes.axhspan(truths / len(bins) - spread, truths / len(bins) + spread, color="#dfe5ec", zorder=0)
        axes.bar(np.arange(len(bins)), counts, width=0.9, color=MODEL)
        axes.set_title("\n".join(wrap(labels.get(str(row.parameter), str(row.parameter)), 40)[:3]), fontsize=6.6)
        axes.set_xticks([])
        axes.tick_params(axis="y", labelsize=7)
        quiet(axes)
    finish(figure, words("ranks.title"), words("ranks.note", n=int(truths)))
    page = canvas.page
    return Drawing("ranks", figure, page("ranks.title"), page("ranks.caption"), page("ranks.alt"))


def draw_tornado(canvas: Canvas) -> Drawing | None:
    """Draw the share of the variance of every group of inputs, for the rate and for the plan's effect."""
    record, words = track_record(canvas), canvas.text
    if not record.has("sensitivity"):
        return None
    table = record.tables["sensitivity"]
    final = table[table["base"] == table["base"].max()]
    order = final[final["output"] == "rate"].sort_values("total")["group"].tolist()
    figure = new_figure(1.6 + 0.34 * len(order))
    grid = figure.add_gridspec(1, 2, wspace=0.05)
    for k, output in enumerate(("rate", "effect")):
        axes = figure.add_subplot(grid[0, k])
        rows = final[final["output"] == output].set_index("group").loc[order]
        values = np.clip(rows["total"].to_numpy(np.float64), 0, None)
        axes.barh(range(len(order)), 100 * values, height=0.62, color=MODEL if output == "rate" else "#009e73")
        error = 100 * rows["total_half_width"].to_numpy(np.float64)
        axes.errorbar(100 * values, range(len(order)), xerr=error, fmt="none", ecolor=SOFT, elinewidth=1, capsize=2)
        axes.set_title(words(f"tornado.{output}", sd=f"{np.sqrt(rows['variance'].iloc[0]):.2f}"))
        axes.set_yticks(range(len(order)), [words(f"group.{g}") for g in order])
        axes.tick_params(axis="y", labelsize=8.2, labelleft=k == 0)
        axes.set_xlim(0, None)
        axes.set_xlabel(words("tornado.axis"))
        quiet(axes)
    finish(figure, words("tornado.title"), words("tornado.note", base=int(table["base"].max())))
    page = canvas.page
    return Drawing("tornado", figure, page("tornado.title"), page("tornado.caption"), page("tornado.alt"))


def winner_sentences(canvas: Canvas) -> list[str]:
    """Return one plain sentence per row of the scorecard on who wins."""
    record, page = track_record(canvas), canvas.page
    if not record.has("scorecard"):
        return []
    return [
        page(
            f"winner.{duel.winner}",
            case=page(f"case.{duel.case}"),
            model=page(f"forecaster.{plain(duel.model)}"),
            benchmark=page(f"forecaster.{plain(duel.benchmark)}"),
            mine=f"{duel.model_score:.2f}",
            theirs=f"{duel.benchmark_score:.2f}",
        )
        for duel in duels(record.tables["scorecard"])
        if duel.years == "all"
    ]


def record_sentence(canvas: Canvas) -> str | None:
    """Return by how much the hindcast of the province missed its last year, beside the nearest benchmark."""
    record, page = track_record(canvas), canvas.page
    if not record.has("forecasts"):
        return None
    part = record.tables["forecasts"]
    part = part[(part["case"] == "province") & ~part["forecaster"].str.endswith(WIDER)]
    last = part[part["year"] == part["year"].max()].set_index("forecaster")
    error = 100 * (last["median"] - last["observed"])
    model = next(name for name in MODELS if name in error.index)
    others = error[~error.index.str.startswith(("model_", "null_model"))]
    return page(
        canvas.study.told("answer.record"),
        year=int(last.loc[model, "year"]),
        median=f"{half_up(100 * last.loc[model, 'median'], 1):.1f}",
        observed=f"{half_up(100 * last.loc[model, 'observed'], 1):.1f}",
        error=signed(error[model], 1),
        nearest=signed(others[others.abs().idxmin()], 1),
    )
