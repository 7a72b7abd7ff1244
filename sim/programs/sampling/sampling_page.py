"""The text and the figure of the comparison of samples with the full province, from its tables."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import pandas as pd

from sim.base.markdown import table
from sim.model.solve.observed_years import RATE_TOLERANCE
from sim.report.fonts import figure_language
from sim.report.style import (
    SPARE_COLOURS,
    Steps,
    drawn_name,
    figure_style,
    finish,
    new_figure,
    save,
    scenario_colours,
    year_ticks,
)
from sim.studies.files import replacing

if TYPE_CHECKING:
    from matplotlib.axes import Axes

RATE = "resident_urban_rate"
WORDS = {
    "en": {
        "title": "What a sample costs, in the province and in its counties",
        "paths": "Resident rate of the province, %",
        "counties": "Monte Carlo error of a county's rate, points",
        "residents": "residents of the county",
        "note": "Left: one run of the largest size (line) and every run of the smallest (thin lines). Right: standard "
        "deviation over replicates of the resident rate in {year} without new policy, one dot per county.",
        "households": "{n} households",
        "no_new_policy": "no new policy",
        "plan": "plan",
    },
    "zh": {
        "title": "抽样的代价：全省与各县",
        "paths": "全省常住人口城镇化率，%",
        "counties": "各县城镇化率的蒙特卡洛误差，百分点",
        "residents": "县常住人口",
        "note": "左图：最大规模的一次运行（粗线）与最小规模的各次运行（细线）。"
        "右图：{year}年无新政策时常住城镇化率在重复运行间的标准差，"
        "每点一县。",
        "households": "{n}户",
        "no_new_policy": "无新政策",
        "plan": "规划",
    },
}


def write_page(folder: Path, tables: Mapping[str, pd.DataFrame], language: str) -> Path:
    """Write the figure and ``sampling.md``; return the page.

    Args:
        folder: where to write.
        tables: errors, summary, cost and paths of ``sim.programs.sampling.sampling``.
        language: of text and figure.
    """
    draw(folder, tables, figure_language(language))
    page = folder / "sampling.md"
    with replacing(page) as temporary:
        temporary.write_text("\n".join(text(tables, language)) + "\n", encoding="utf-8")
    return page


def text(tables: Mapping[str, pd.DataFrame], language: str) -> list[str]:
    """Return the findings as lines of Markdown."""
    chinese = language == "zh"
    year = int(tables["paths"]["year"].max())
    full = int(tables["errors"]["households"].max())
    tolerance = f"{100 * RATE_TOLERANCE:.2f}"
    lines = [f"# {WORDS[language]['title']}", ""]
    for row in tables["cost"].to_dict("records"):
        number, seconds, gib = int(row["households"]), row["seconds"], row["peak_mb"] / 1024
        lines.append(
            f"* {number:,} 户：一次运行（全部情景，含已公布年份的求解）{seconds:,.1f} 秒，进程峰值内存 {gib:.1f} GiB。"
            if chinese
            else f"* {number:,} households: {seconds:,.1f} s a run of all scenarios with the solving of the published "
            f"years (median), peak memory of the process {gib:.1f} GiB."
        )
    lines += ["", *_rates(tables["summary"], chinese)]
    lines += ["", *_where_it_hurts(tables, chinese), ""]
    lines.append(
        f"数值为 {year} 年末常住城镇化率，百分点；参照为 {full:,} 户；参数取中位数，无年度冲击。"
        "末列为偏差超出95%区间的地区比例，无偏时应约为5%；参照的误差按规模的平方根推算。"
        f"此外，无论规模大小，每次运行只在{tolerance}个百分点之内通过已公布的总数，并由此延续其流量；"
        "参照只有一次运行，各样本共有的、不超过约0.1个百分点的偏差因此可能来自参照自身。若误差随规模的下降慢于平方根（如县级），末列会高估偏差。"
        if chinese
        else f"Resident rate at the end of {year} in points, against {full:,} households; parameters at their medians, "
        "no yearly shocks. The last column is the share of places whose bias is outside its 95% interval, about "
        "5% without bias; the error of the reference is taken to fall with the root of the size. Besides, a run of any "
        f"size passes the published totals only within {tolerance} points and carries its flows on from there: the "
        "reference is one run, so a bias of up to about a tenth of a point that all samples share may be its own. "
        "Where errors fall more slowly with size than its root, as in counties, the last column overstates bias."
    )
    return lines


def _rates(summary: pd.DataFrame, chinese: bool) -> list[str]:
    """Return the errors of the resident rate by size, scenario and level as a table in Markdown."""
    head = (
        ["户数", "情景", "层级", "偏差中位数", "最大偏差", "蒙特卡洛标准差中位数", "最大", "最大者", "区间外"]
        if chinese
        else [
            "households",
            "scenario",
            "level",
            "median bias",
            "largest bias",
            "median MC sd",
            "largest",
            "at",
            "outside",
        ]
    )
    rows = []
    for row in summary[summary["indicator"] == RATE].to_dict("records"):
        values = [100 * row[name] for name in ("median_bias", "largest_bias", "median_mc_sd", "largest_mc_sd")]
        cells = [f"{row['households']:,}", row["scenario"], row["level"], *(f"{value:.3f}" for value in values)]
        rows.append([*cells, row["worst"], f"{row['significant']:.0%}"])
    return table(head, rows).splitlines()


def _where_it_hurts(tables: Mapping[str, pd.DataFrame], chinese: bool) -> list[str]:
    """Return how many counties have an error above half a point at every size with replicates."""
    lines = []
    for households, group in _counties(tables).groupby("households"):
        wide = group["mc_sd"] > 0.005
        small = group["residents"] < group["residents"].median()
        half, other = 100 * group["mc_sd"][small].median(), 100 * group["mc_sd"][~small].median()
        lines.append(
            f"* {households:,} 户：{wide.sum()} / {len(group)} 个县的误差超过 0.5 个百分点；"
            f"人口较少的一半县中位数 {half:.2f}，其余 {other:.2f}。"
            if chinese
            else f"* {households:,} households: the error exceeds half a point in {wide.sum()} of {len(group)} "
            f"counties; median {half:.2f} points in the smaller half of counties, {other:.2f} in the larger."
        )
    return lines


def _counties(tables: Mapping[str, pd.DataFrame]) -> pd.DataFrame:
    """Return Monte Carlo error of the rate and residents of every county, first scenario, sizes with replicates."""
    table = tables["errors"]
    rows = table[(table["level"] == "county") & (table["replicates"] > 1)]
    rows = rows[rows["scenario"] == tables["paths"]["scenario"].iloc[0]]
    rate, residents = (
        rows[rows["indicator"] == name].set_index(["households", "place"]).sort_index() for name in (RATE, "residents")
    )
    return pd.DataFrame({"mc_sd": rate["mc_sd"], "residents": residents["reference"]}).reset_index()


def draw(folder: Path, tables: Mapping[str, pd.DataFrame], language: str) -> None:
    """Draw the paths of the province and the errors of counties."""
    words = WORDS[language]
    with figure_style():
        figure = new_figure(4.4)
        left, right = figure.subplots(1, 2)
        _paths(left, tables["paths"], words)
        _errors(right, _counties(tables), words)
        finish(figure, words["title"], words["note"].format(year=int(tables["paths"]["year"].max())))
        save(figure, folder, "sampling")


def _paths(axes: Axes, paths: pd.DataFrame, words: Mapping[str, str]) -> None:
    colours = scenario_colours(list(dict.fromkeys(paths["scenario"])))
    smallest, largest = paths["households"].min(), paths["households"].max()
    for (scenario, size, number), rows in paths.groupby(["scenario", "households", "replicate"]):
        name = str(scenario)
        thick = size == largest and number == 0
        if size == smallest or thick:
            style = {"lw": 2.0, "label": drawn_name(words.get(name, name))} if thick else {"lw": 0.5, "alpha": 0.35}
            axes.plot(rows["year"], 100 * rows["value"], color=colours[name], **style)
    axes.set_title(words["paths"])
    axes.yaxis.set_major_formatter(Steps())
    year_ticks(axes)
    axes.legend()


def _errors(axes: Axes, counties: pd.DataFrame, words: Mapping[str, str]) -> None:
    for colour, (size, rows) in zip(SPARE_COLOURS, counties.groupby("households"), strict=False):
        label = words["households"].format(n=f"{size:,}")
        axes.scatter(rows["residents"], 100 * rows["mc_sd"], s=9, color=colour, alpha=0.7, lw=0, label=label)
        across = np.array([rows["residents"].min(), rows["residents"].max()])
        scale = np.median(100 * rows["mc_sd"] * np.sqrt(rows["residents"]))
        axes.plot(across, scale / np.sqrt(across), color=colour, lw=0.8)
    axes.set(xscale="log", yscale="log", xlabel=words["residents"])
    axes.set_title(words["counties"])
    axes.xaxis.set_major_formatter(lambda x, _: f"{x:,.0f}")
    axes.xaxis.set_minor_formatter(lambda x, _: f"{x:,.0f}" if f"{x:.0f}"[0] in "25" else "")
    axes.yaxis.set_major_formatter(lambda x, _: f"{x:g}")
    axes.yaxis.set_minor_formatter(lambda x, _: f"{x:g}" if f"{x:e}"[0] in "25" else "")
    if len(counties):
        axes.legend()
