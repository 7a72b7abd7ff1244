"""Where the rate changes: a map of counties, or tiles of prefectures without boundaries."""

from __future__ import annotations

import numpy as np
import pandas as pd
from matplotlib.axes import Axes
from matplotlib.cm import ScalarMappable
from matplotlib.collections import PathCollection
from matplotlib.colors import Colormap, LinearSegmentedColormap, Normalize, TwoSlopeNorm, to_rgb
from matplotlib.figure import Figure
from matplotlib.patches import Rectangle
from matplotlib.path import Path
from matplotlib.patheffects import withStroke
from matplotlib.typing import ColorType

from sim.base.names import BASELINE, PLAN
from sim.report.figures.canvas import Canvas, Drawing
from sim.report.finished_study import RATE, Study
from sim.report.outlines import outlines
from sim.report.queries import county_change
from sim.report.style import INK, SOFT, Steps, finish, new_figure

RISING = LinearSegmentedColormap.from_list("rising", ["#f4f6f8", "#b7d4ea", "#5ba3cf", "#1f6fb0", "#08306b"])
BOTH_WAYS = LinearSegmentedColormap.from_list("both", ["#8c510a", "#dfc27d", "#f6f6f6", "#80cdc1", "#01665e"])
MISSING = "#e5e5e5"


def change_by_place(study: Study, scenario: str, first: int, last: int, prefectures: bool) -> pd.Series[float]:
    """Return the change of the urban rate in points by county (or prefecture) code.

    The median over runs of the change within each run; without run tables, the change of
    the medians.
    """
    table = None if prefectures else county_change(study, scenario, first, last)
    if table is not None and len(table):
        return 100 * table.set_index("place")["change"]
    codes = study.region.prefecture_codes if prefectures else study.region.county_codes
    rows = study.summary[(study.summary["scenario"] == scenario) & (study.summary["indicator"] == RATE)]
    wide = rows[rows["place"].isin(codes)].pivot_table(index="place", columns="year", values="median")
    if first not in wide.columns or last not in wide.columns:
        return pd.Series(dtype=float)
    return 100 * (wide[last] - wide[first])


def effect_by_place(study: Study, scenario: str, year: int, prefectures: bool) -> pd.Series[float]:
    """Return the median paired difference to the baseline in points by county (or prefecture)."""
    codes = study.region.prefecture_codes if prefectures else study.region.county_codes
    rows = study.effects
    chosen = (rows["scenario"] == scenario) & (rows["year"] == year) & (rows["indicator"] == RATE)
    return 100 * rows[chosen & rows["place"].isin(codes)].set_index("place")["median"]


def draw_map(canvas: Canvas) -> Drawing | None:
    """Draw the change under no new policy and what the plan adds, county by county."""
    study, words = canvas.study, canvas.text
    first, last = min(study.last_observed, study.focus - 1), study.focus
    counties = outlines("district", study.region.county_codes)
    tiles = counties is None
    scenario = BASELINE if study.has_baseline else study.scenarios[0]
    panels = [
        (
            change_by_place(study, scenario, first, last, tiles),
            words("map.change", name=canvas.name(scenario), first=first, last=last),
        )
    ]
    if study.has_baseline and PLAN in study.scenarios:
        effect = effect_by_place(study, PLAN, last, tiles)
        if effect.any():
            panels.append((effect, words("map.effect", name=canvas.name(PLAN), year=last)))
    panels = [panel for panel in panels if len(panel[0])]
    if not panels:
        return None
    figure = new_figure(5.9 if len(panels) > 1 else 7.6)
    grid = figure.add_gridspec(1, len(panels), wspace=0.02)
    for column, (values, title) in enumerate(panels):
        axes = figure.add_subplot(grid[0, column])
        if counties is None:
            _tiles(figure, axes, canvas, values, column > 0)
        else:
            _polygons(figure, axes, canvas, counties, values, column > 0)
        axes.set_title(title, fontsize=9.5, loc="center")
    credit = words("map.tiles" if tiles else "map.credit")
    finish(figure, words("map.title", place=canvas.place), canvas.note("band.median_map", extra=credit))
    caption = canvas.page("map.caption", first=first, last=last)
    return Drawing(
        "map",
        figure,
        canvas.page("map.title", place=canvas.page_place),
        caption,
        _alt(canvas, panels[0][0], first, last),
    )


def _polygons(
    figure: Figure, axes: Axes, canvas: Canvas, counties: dict[str, Path], values: pd.Series[float], effect: bool
) -> None:
    """Draw counties, the borders of prefectures and their names."""
    study = canvas.study
    colours, norm = _scale(values, effect)
    faces = [colours(norm(values[code])) if code in values.index else MISSING for code in counties]
    axes.add_collection(PathCollection(list(counties.values()), facecolors=faces, edgecolors="white", linewidths=0.25))
    borders = outlines("city", study.region.prefecture_codes)
    if borders:
        axes.add_collection(
            PathCollection(list(borders.values()), facecolors="none", edgecolors="#59636e", linewidths=0.6)
        )
    corners = np.vstack([path.get_extents().get_points() for path in counties.values()])
    (west, south), (east, north) = corners.min(axis=0), corners.max(axis=0)
    axes.set_xlim(west - 0.1, east + 0.1)
    axes.set_ylim(south - 0.1, north + 0.1)
    axes.set_aspect(1.0 / np.cos(np.deg2rad((south + north) / 2.0)))
    axes.axis("off")
    _place_names(axes, canvas)
    _colour_bar(figure, axes, canvas, colours, norm)


def _place_names(axes: Axes, canvas: Canvas) -> None:
    """Write the names of prefectures at the mean position of their counties, weighted by area."""
    region = canvas.study.region
    counties = region.table("counties").sort_values("county_code", ignore_index=True)
    weights = counties["area_km2"].to_numpy(dtype=float)
    for index, code in enumerate(region.prefecture_codes):
        inside = region.county_prefecture == index
        lon, lat = (
            float(np.average(counties[axis].to_numpy(dtype=float)[inside], weights=weights[inside]))
            for axis in ("lon", "lat")
        )
        label = axes.text(lon, lat, canvas.prefectures[code], ha="center", va="center", size=7.2, color=INK)
        label.set_path_effects([withStroke(linewidth=2.2, foreground="white", alpha=0.85)])


def _tiles(figure: Figure, axes: Axes, canvas: Canvas, values: pd.Series[float], effect: bool) -> None:
    """Draw one square per prefecture in the layout of the table of prefectures."""
    table = canvas.study.region.table("prefectures")
    colours, norm = _scale(values, effect)
    for _, row in table.iterrows():
        code, column, line = str(row["prefecture_code"]), float(row["tile_col"]), float(row["tile_row"])
        known = code in values.index
        face: ColorType = colours(norm(values[code])) if known else MISSING
        axes.add_patch(Rectangle((column, -line), 0.94, 0.94, facecolor=face, edgecolor="white"))
        ink = _ink(face) if known else INK
        axes.text(column + 0.47, -line + 0.58, canvas.prefectures[code], ha="center", va="center", size=8, color=ink)
        if known:
            label = canvas.text.points(values[code] / 100, 1)
            axes.text(column + 0.47, -line + 0.28, label, ha="center", va="center", size=8, color=ink)
    axes.set_xlim(-0.1, float(table["tile_col"].max()) + 1.05)
    axes.set_ylim(-float(table["tile_row"].max()) - 0.1, 1.05)
    axes.set_aspect("equal")
    axes.axis("off")
    _colour_bar(figure, axes, canvas, colours, norm)


def _scale(values: pd.Series[float], effect: bool) -> tuple[Colormap, Normalize]:
    """Return colours for a change that only rises, else (and for effects) colours around zero."""
    low, high = float(values.quantile(0.01)), float(values.quantile(0.99))
    if low >= 0 and not effect:
        return RISING, Normalize(0.0, max(high, 1e-6), clip=True)
    reach = max(abs(low), abs(high), 1e-6)
    return BOTH_WAYS, TwoSlopeNorm(0.0, -reach, reach)


def _colour_bar(figure: Figure, axes: Axes, canvas: Canvas, colours: Colormap, norm: Normalize) -> None:
    """Draw the scale under a map."""
    bar = figure.colorbar(
        ScalarMappable(norm, colours),
        ax=axes,
        orientation="horizontal",
        fraction=0.04,
        pad=0.02,
        shrink=0.62,
        aspect=34,
    )
    bar.outline.set_visible(False)
    bar.ax.tick_params(length=0, labelsize=8)
    bar.ax.xaxis.set_major_formatter(Steps(signed=True))
    bar.set_label(canvas.text("map.unit"), size=8, color=SOFT)


def _ink(face: ColorType) -> str:
    """Return black or white, whichever reads better on a colour."""
    red, green, blue = to_rgb(face)
    return "white" if 0.299 * red + 0.587 * green + 0.114 * blue < 0.52 else INK


def _alt(canvas: Canvas, values: pd.Series[float], first: int, last: int) -> str:
    """Describe the map by its extremes."""
    region, page = canvas.study.region, canvas.page
    names = dict(
        zip(
            region.county_codes,
            region.county_names_zh if page.language == "zh" else region.county_names_en,
            strict=True,
        )
    )
    prefectures = region.prefecture_names_zh if page.language == "zh" else region.prefecture_names_en
    names |= dict(zip(region.prefecture_codes, prefectures, strict=True))
    ranked = values.sort_values()
    return page(
        "map.alt",
        first=first,
        last=last,
        low=page.points(float(ranked.iloc[0]) / 100),
        low_name=names[str(ranked.index[0])],
        high=page.points(float(ranked.iloc[-1]) / 100),
        high_name=names[str(ranked.index[-1])],
        median=page.points(float(values.median()) / 100),
    )
