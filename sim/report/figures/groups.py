"""Results by region group: the change under no new policy, and what a scenario adds."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes

from sim.base.names import BASELINE, PLAN
from sim.report.figures.canvas import Canvas, Drawing
from sim.report.finished_study import RATE, Study
from sim.report.frames import number
from sim.report.style import Steps, finish, new_figure, quiet, wrap


def group_table(study: Study, first: int, last: int) -> pd.DataFrame:
    """Return by group: share at the start, median change under the baseline and effect of the plan (shares).

    Columns: group, start, change, median, p05, p95; the last three are missing without a plan.
    """
    rows = []
    scenario = BASELINE if study.has_baseline else study.scenarios[0]
    for group in study.region.groups:
        place = f"group:{group}"
        level = study.series(scenario, RATE, place)["median"]
        if first not in level.index or last not in level.index:
            continue
        row: dict[str, object] = {
            "group": group,
            "start": level.loc[first],
            "change": level.loc[last] - level.loc[first],
        }
        effect = study.effect(PLAN, RATE, place)
        if study.has_baseline and last in effect.index:
            row |= {name: number(effect, last, name) for name in ("median", "p05", "p95")}
        rows.append(row)
    table = pd.DataFrame(rows, columns=["group", "start", "change", "median", "p05", "p95"])
    return table.sort_values("change", ascending=False, ignore_index=True)


def draw_groups(canvas: Canvas) -> Drawing | None:
    """Draw both columns as dots, one row per group."""
    study, words = canvas.study, canvas.text
    first, last = min(study.last_observed, study.focus - 1), study.focus
    table = group_table(study, first, last)
    if table.empty:
        return None
    scenario = BASELINE if study.has_baseline else study.scenarios[0]
    with_effect = bool(table[["median", "p05", "p95"]].fillna(0.0).to_numpy(float).any())
    figure = new_figure(1.6 + 0.36 * len(table))
    grid = figure.add_gridspec(1, 2 if with_effect else 1, wspace=0.04)
    left = figure.add_subplot(grid[0, 0])
    _dots(left, canvas, table["change"], None, canvas.colours[scenario], digits=1)
    left.set_title(words("groups.change", name=canvas.name(scenario), first=first, last=last))
    left.set_yticklabels([_label(canvas, row) for _, row in table.iloc[::-1].iterrows()])
    if with_effect:
        right = figure.add_subplot(grid[0, 1])
        _dots(right, canvas, table["median"], table[["p05", "p95"]], canvas.colours[PLAN], digits=2)
        right.set_title(words("groups.effect", name=canvas.name(PLAN), year=last))
        right.tick_params(labelleft=False)
    finish(figure, words("groups.title"), canvas.note("band.effect"), words("groups.subtitle"))
    parts = [
        canvas.page(
            "groups.alt.part",
            name=canvas.page.pick(_names(canvas, str(row["group"]))),
            value=canvas.page.points(float(row["change"]), 1),
        )
        for _, row in table.iterrows()
    ]
    alt = canvas.page("groups.alt", first=first, last=last, parts=canvas.page.join(parts))
    return Drawing("groups", figure, canvas.page("groups.title"), canvas.page("groups.caption", first=first), alt)


def _dots(
    axes: Axes, canvas: Canvas, values: pd.Series[float], bands: pd.DataFrame | None, colour: str, digits: int
) -> None:
    """Draw one column of dots, in points, with optional intervals."""
    size = len(values)
    axes.axvline(0, color="#9aa3ad", linewidth=1.0)
    for index in range(size):
        height, value = size - 1 - index, 100 * float(values.iloc[index])
        end = value
        if bands is not None:
            low, end = 100 * float(bands["p05"].iloc[index]), 100 * float(bands["p95"].iloc[index])
            axes.plot([low, end], [height] * 2, color=colour, linewidth=1.6, alpha=0.55)
        axes.plot(value, height, "o", color=colour, markersize=5.5)
        label = canvas.text.points(value / 100, digits)
        axes.annotate(label, (end, height), (6, 0), textcoords="offset points", va="center", size=8, color=colour)
    quiet(axes)
    axes.margins(x=0.16)
    axes.set_ylim(-0.6, size - 0.4)
    axes.set_yticks(range(size))
    axes.xaxis.set_major_formatter(Steps(signed=True))


def _label(canvas: Canvas, row: pd.Series[float]) -> str:
    """Return the name of a group and its share at the start."""
    name = canvas.groups[str(row["group"])]
    label = canvas.text("groups.label", name=name, share=canvas.text.percent(float(row["start"]), 0))
    return "\n".join(wrap(label, 40))


def _names(canvas: Canvas, group: str) -> dict[str, str]:
    region = canvas.study.region
    return {"en": region.group_names_en[group], "zh": region.group_names_zh[group]}
