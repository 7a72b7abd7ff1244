"""How probable the goal is, and what each scenario adds: two dot plots with intervals."""

from __future__ import annotations

from typing import Any, NamedTuple

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D

from sim.base.names import BASELINE
from sim.policies.plan import plan_years
from sim.report.answer import chance_of, chance_words
from sim.report.figures.canvas import Canvas, Drawing
from sim.report.finished_study import GAP, RATE, Study
from sim.report.frames import number, row
from sim.report.style import INK, SOFT, Steps, few_ticks, finish, new_figure, quiet
from sim.report.text import Text
from sim.studies.target import GOALS

READINGS = {
    "resident_rate_66": {"offset": 0.13, "filled": True},
    "resident_rate_65_5": {"offset": -0.13, "filled": False},
}


class Quantity(NamedTuple):
    """An indicator of the effects figure and the sign in which it is an improvement."""

    indicator: str
    title: str


EFFECTS = (Quantity(RATE, "effects.rate"), Quantity(GAP, "effects.gap"))


def chance_table(canvas: Canvas) -> pd.DataFrame:
    """Return scenario, goal, year, probability and interval of the drawn points."""
    study = canvas.study
    rows = study.target[study.target["target"].isin(list(GOALS)) & study.target["scenario"].isin(study.scenarios)]
    order = {name: index for index, name in enumerate(study.scenarios)}
    return rows.assign(order=rows["scenario"].map(order)).sort_values(["target_year", "order", "target"])


def draw_chances(canvas: Canvas) -> Drawing | None:
    """Draw the probability of reaching the goal: both readings, both years, all scenarios."""
    table = chance_table(canvas)
    years = sorted(int(year) for year in table["target_year"].unique())
    if not years:
        return None
    words = canvas.text
    figure = new_figure(1.75 + 0.46 * len(canvas.study.scenarios))
    grid = figure.add_gridspec(2, len(years), height_ratios=[1.0, 0.09], wspace=0.05)
    for column, year in enumerate(years):
        axes = figure.add_subplot(grid[0, column])
        _chance_panel(axes, canvas, table[table["target_year"] == year], show_names=column == 0)
        axes.set_title(words("chances.by", year=year), fontsize=10)
    _reading_legend(figure.add_subplot(grid[1, :]), canvas)
    finish(figure, words("chances.title", place=canvas.place), canvas.note(canvas.study.told("band.interval")))
    caption = canvas.page("chances.caption")
    return Drawing(
        "probability", figure, canvas.page("chances.title", place=canvas.page_place), caption, _alt(canvas, table)
    )


def draw_effects(canvas: Canvas) -> Drawing | None:
    """Draw the paired differences to no new policy for the rate and the gap."""
    study, words = canvas.study, canvas.text
    years = sorted({year for year in (plan_years().last, study.years[-1]) if year in study.years})
    if not study.has_baseline or not study.policies or not _any_effect(study, years):
        return None
    figure = new_figure(1.75 + 0.5 * len(study.policies))
    grid = figure.add_gridspec(2, len(EFFECTS), height_ratios=[1.0, 0.09])
    for column, quantity in enumerate(EFFECTS):
        axes = figure.add_subplot(grid[0, column])
        _effect_panel(axes, canvas, quantity, years, show_names=column == 0)
    _year_legend(figure.add_subplot(grid[1, :]), years)
    finish(figure, words("effects.title"), canvas.note("band.effect"))
    parts = [
        canvas.page(
            "effects.alt.part",
            name=canvas.page_name(name),
            value=canvas.page.points(number(rows, years[0], "median")),
        )
        for name in study.policies
        if years[0] in (rows := study.effect(name, RATE)).index
    ]
    alt = canvas.page("effects.alt", year=years[0], parts=canvas.page.join(parts))
    return Drawing("effects", figure, canvas.page("effects.title"), canvas.page("effects.caption"), alt)


def _any_effect(study: Study, years: list[int]) -> bool:
    """Return whether a scenario differs from the baseline in a year that is drawn; before the levers act none does."""
    rows = study.effects
    names = [quantity.indicator for quantity in EFFECTS]
    drawn = (rows["place"] == study.province) & rows["indicator"].isin(names) & rows["year"].isin(years)
    return bool(rows.loc[drawn, ["median", "p05", "p95"]].fillna(0.0).to_numpy(float).any())


def _chance_panel(axes: Axes, canvas: Canvas, table: pd.DataFrame, show_names: bool) -> None:
    """Draw the probabilities of one target year, one line per scenario and reading."""
    names = canvas.study.scenarios
    for _, point in table.iterrows():
        scenario = str(point["scenario"])
        reading = READINGS[str(point["target"])]
        height = len(names) - 1 - names.index(scenario) + float(reading["offset"])
        colour = canvas.colours[scenario]
        axes.plot(
            [100 * point["ci_low"], 100 * point["ci_high"]], [height] * 2, color=colour, linewidth=1.6, alpha=0.55
        )
        face = colour if reading["filled"] else "white"
        axes.plot(
            100 * point["probability"], height, "o", color=colour, markerfacecolor=face, markersize=6, clip_on=False
        )
        label = _value(canvas.study, canvas.text, point)
        axes.text(104, height, label, va="center", size=8, color=colour, clip_on=False)
    axes.set_xlim(-2, 102)
    axes.axvline(50, color="#c9ced4", linewidth=0.9, zorder=0)
    axes.xaxis.set_major_formatter(Steps(unit="%"))
    _name_rows(axes, canvas, names, show_names)


def _effect_panel(axes: Axes, canvas: Canvas, quantity: Quantity, years: list[int], show_names: bool) -> None:
    """Draw median and middle 90% of the paired differences of one indicator."""
    names = canvas.study.policies
    axes.axvline(0, color=canvas.colours.get(BASELINE, SOFT), linewidth=1.1, zorder=1)
    for index, scenario in enumerate(names):
        table = 100 * canvas.study.effect(scenario, quantity.indicator)
        for rank, year in enumerate(years):
            if year not in table.index:
                continue
            height = len(names) - 1 - index + (0.14 if rank == 0 else -0.16) * (len(years) > 1)
            _effect_mark(axes, canvas, row(table, year), height, canvas.colours[scenario], first=rank == 0)
    axes.set_title(canvas.text(quantity.title), fontsize=9.5)
    few_ticks(axes, 6)
    axes.xaxis.set_major_formatter(Steps(signed=True))
    axes.margins(x=0.17)
    _name_rows(axes, canvas, names, show_names)


def _effect_mark(axes: Axes, canvas: Canvas, values: pd.Series[float], height: float, colour: str, first: bool) -> None:
    """Draw one difference: interval, dot and its number, on the side that is away from zero."""
    axes.plot([values["p05"], values["p95"]], [height] * 2, color=colour, linewidth=1.6, alpha=0.55)
    face = colour if first else "white"
    axes.plot(values["median"], height, "o", color=colour, markerfacecolor=face, markersize=5.5)
    label = canvas.text.points(float(values["median"]) / 100)
    end, shift, side = ("p05", -6, "right") if values["p95"] < 0 else ("p95", 6, "left")
    place = (float(values[end]), height)
    axes.annotate(label, place, (shift, 0), textcoords="offset points", ha=side, va="center", size=7.8, color=colour)


def _name_rows(axes: Axes, canvas: Canvas, names: tuple[str, ...], show_names: bool) -> None:
    """Label the rows with scenario names in their colours."""
    quiet(axes)
    axes.set_ylim(-0.55, len(names) - 0.45)
    axes.set_yticks(range(len(names)))
    axes.set_yticklabels([canvas.name(name) if show_names else "" for name in reversed(names)])
    for label, name in zip(axes.get_yticklabels(), reversed(names), strict=True):
        label.set_color(canvas.colours[name])
        label.set_fontsize(9.2)


def _reading_legend(axes: Axes, canvas: Canvas) -> None:
    """Explain filled and open dots."""
    axes.axis("off")
    handles = [
        Line2D([], [], color=INK, marker="o", linestyle="", label=canvas.text("chances.at_least_66")),
        Line2D(
            [],
            [],
            color=INK,
            marker="o",
            linestyle="",
            markerfacecolor="white",
            label=canvas.text("chances.at_least_65_5"),
        ),
    ]
    axes.legend(handles=handles, loc="center", ncols=2)


def _year_legend(axes: Axes, years: list[int]) -> None:
    """Explain filled and open dots of the effects."""
    axes.axis("off")
    faces = [INK, "white"]
    handles = [
        Line2D([], [], color=INK, marker="o", linestyle="", markerfacecolor=faces[rank], label=str(year))
        for rank, year in enumerate(years)
    ]
    axes.legend(handles=handles, loc="center", ncols=2)


def _value(study: Study, words: Text, point: pd.Series[Any]) -> str:
    """Return a probability as the report writes it: a count where there are few runs."""
    chance = chance_of(study, str(point["scenario"]), str(point["target"]), int(point["target_year"]))
    return "–" if chance is None else chance_words(words, chance)


def _alt(canvas: Canvas, table: pd.DataFrame) -> str:
    """Describe the probabilities in words."""
    page = canvas.page
    strict = table[table["target"] == "resident_rate_66"]
    parts = [
        page(
            "chances.alt.part",
            name=canvas.page_name(str(point["scenario"])),
            year=int(point["target_year"]),
            value=_value(canvas.study, page, point),
        )
        for _, point in strict.iterrows()
    ]
    return page("chances.alt", parts=page.join(parts))
