"""Age pyramids of urban and rural residents at the start and in the focus year."""

from __future__ import annotations

import pandas as pd
from matplotlib.axes import Axes
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from sim.base.names import BASELINE
from sim.report.figures.canvas import Canvas, Drawing
from sim.report.finished_study import Study
from sim.report.style import INK, SOFT, finish, new_figure, quiet

SEX_COLOURS = {"m": "#7fa8c9", "f": "#d8a3a0"}
ELDERLY = 65


def pyramid_years(study: Study, table: pd.DataFrame) -> tuple[int, int]:
    """Return the first recorded year and the focus year (or the last one recorded)."""
    years = sorted(int(year) for year in table["year"].unique())
    return years[0], study.focus if study.focus in years else years[-1]


def draw_pyramids(canvas: Canvas) -> Drawing | None:
    """Draw both zones: bars at the start, outline later."""
    study, words = canvas.study, canvas.text
    if study.pyramid is None:
        return None
    scenario = BASELINE if study.has_baseline else study.scenarios[0]
    table = study.pyramid[study.pyramid["scenario"] == scenario]
    if table.empty:
        return None
    first, last = pyramid_years(study, table)
    unit = 1e4 if words.language == "zh" else 1e3
    figure = new_figure(5.0)
    grid = figure.add_gridspec(2, 2, height_ratios=[1.0, 0.07], wspace=0.04)
    limit = 1.06 * float(table["persons"].max()) / unit
    for column, zone in enumerate(("urban", "rural")):
        axes = figure.add_subplot(grid[0, column])
        _pyramid(axes, canvas, table[table["zone"] == zone], first, last, unit)
        axes.set_xlim(-limit, limit)
        axes.set_title(_heading(canvas, table, zone, first, last), loc="center", fontsize=9.5)
        if column:
            axes.tick_params(labelleft=False)
    _legend(figure.add_subplot(grid[1, :]), canvas, first, last)
    finish(
        figure,
        words("pyramids.title", name=canvas.name(scenario)),
        canvas.note("band.medians"),
        words("pyramids.subtitle", unit=words("flows.unit")),
    )
    caption = canvas.page("pyramids.caption", first=first, last=last)
    alt = canvas.page(
        "pyramids.alt",
        parts=" ".join(_heading(canvas, table, z, first, last, page=True) + "." for z in ("urban", "rural")),
    )
    return Drawing("pyramids", figure, canvas.page("pyramids.title", name=canvas.page_name(scenario)), caption, alt)


def elderly_share(table: pd.DataFrame, zone: str, year: int) -> float:
    """Return the share of residents of a zone aged 65 and over."""
    rows = table[(table["zone"] == zone) & (table["year"] == year)]
    return float(rows.loc[rows["age_lo"] >= ELDERLY, "persons"].sum() / rows["persons"].sum())


def _pyramid(axes: Axes, canvas: Canvas, table: pd.DataFrame, first: int, last: int, unit: float) -> None:
    """Draw one zone, men to the left."""
    for sex, sign in (("m", -1), ("f", 1)):
        rows = table[table["sex"] == sex]
        start, later = (rows[rows["year"] == year].sort_values("age_lo") for year in (first, last))
        axes.barh(
            start["age_lo"] + 2.5, sign * start["persons"] / unit, height=4.4, color=SEX_COLOURS[sex], linewidth=0
        )
        values = (sign * later["persons"] / unit).to_numpy()
        ages = [float(age) for age in later["age_lo"]]
        axes.stairs(values, [*ages, ages[-1] + 5], orientation="horizontal", color=INK, linewidth=1.2, baseline=None)
        side = 0.03 if sex == "m" else 0.97
        label = canvas.text(f"pyramids.{sex}")
        axes.text(
            side,
            0.965,
            label,
            transform=axes.transAxes,
            ha="left" if sex == "m" else "right",
            va="top",
            size=8.6,
            color=SOFT,
        )
    axes.axvline(0, color="white", linewidth=1.2)
    quiet(axes)
    axes.set_yticks(range(0, 90, 10))
    axes.xaxis.set_major_formatter(lambda value, _: f"{abs(value):,.0f}")


def _heading(canvas: Canvas, table: pd.DataFrame, zone: str, first: int, last: int, page: bool = False) -> str:
    """Return the zone and its share of elderly residents in both years."""
    words = canvas.page if page else canvas.text
    shares = [words.percent(elderly_share(table, zone, year), 0) for year in (first, last)]
    return words(
        "pyramids.heading", zone=words(f"zone.{zone}"), first=first, last=last, before=shares[0], after=shares[1]
    )


def _legend(axes: Axes, canvas: Canvas, first: int, last: int) -> None:
    """Explain bars and outline."""
    axes.axis("off")
    handles = [Patch(color="#b9bfc6", label=str(first)), Line2D([], [], color=INK, linewidth=1.2, label=str(last))]
    axes.legend(handles=handles, loc="center", ncols=2)
