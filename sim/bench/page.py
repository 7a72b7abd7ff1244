"""What was measured as one page and one figure: every number comes from the tables beside it."""

from __future__ import annotations

import platform
from collections.abc import Mapping
from pathlib import Path

import numpy as np
import pandas as pd
from matplotlib.ticker import FuncFormatter

from sim.bench.clock import load
from sim.numbers import short
from sim.report.style import SPARE_COLOURS, TERM_COLOURS, figure_style, finish, new_figure, save
from sim.runs.environment import cores
from sim.runs.files import replacing

__all__ = ["exponent", "write_page"]

TITLES = {
    "sizes": "Runs by size",
    "population": "Populations",
    "processes": "Processes of a step",
    "floors": "Floors",
    "startup": "Start-up",
    "workers": "One worker against two",
    "peer_ratios": "The common workload: ratios",
    "peers": "The common workload: all rounds",
}
"""Tables of the page, in order, and their headings."""
LEAST_FITTED = 100_000
"""Smallest size from which the growth of time is fitted."""


def exponent(sizes: pd.DataFrame, threads: int) -> float:
    """Return the slope of log time on log households from ``LEAST_FITTED`` on, nan with fewer than two sizes."""
    rows = sizes[(sizes["threads"] == threads) & (sizes["households"] >= LEAST_FITTED)]
    if rows["households"].nunique() < 2:
        return float("nan")
    slope, _ = np.polyfit(np.log(rows["households"]), np.log(rows["year_s"]), 1)
    return float(slope)


def write_page(folder: Path) -> Path:
    """Write the figure and ``benchmark.md`` from the tables of a folder; return the page."""
    tables = {name: pd.read_csv(folder / f"{name}.csv") for name in TITLES if (folder / f"{name}.csv").is_file()}
    if "sizes" in tables:
        draw_scaling(tables, folder)
    lines = [
        "# Benchmark",
        "",
        f"{platform.system()}, {platform.machine()}, {cores()} cores, Python {platform.python_version()}; "
        f"{load():.1f} processes wanted a core when this was written. Times are wall seconds. On a machine that "
        "others use too, only ratios within one run say something.",
        "",
        *_findings(tables),
    ]
    for name, title in TITLES.items():
        if name in tables:
            lines += ["", f"## {title}", "", markdown(tables[name])]
    page = folder / "benchmark.md"
    with replacing(page) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return page


def _findings(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """Return the answers to what is asked of the speed, as far as it was measured."""
    lines = []
    if "sizes" in tables:
        sizes = tables["sizes"]
        for threads in sorted(sizes["threads"].unique()):
            if np.isfinite(slope := exponent(sizes, threads)):
                lines.append(f"* Time grows with households to the power {slope:.2f} ({threads} thread(s)).")
        largest = sizes[sizes["households"] == sizes["households"].max()]
        for row in largest.to_dict("records"):
            lines.append(
                f"* {row['households']:,} households, {row['threads']} thread(s): a year of {row['steps_per_year']} "
                f"steps in {row['year_s']:.1f} s; peak memory of the process {row['peak_mb'] / 1024:.1f} GiB."
            )
    if {"sizes", "floors"} <= tables.keys():
        lines += _over_the_floor(tables["sizes"], tables["floors"])
    if "workers" in tables:
        ratio = tables["workers"]["ratio"]
        lines.append(
            f"* Two workers are {ratio.median():.2f} times as fast as one (median of {len(ratio)} pairs, "
            f"{ratio.min():.2f} to {ratio.max():.2f})."
        )
    for row in tables.get("peer_ratios", pd.DataFrame()).to_dict("records"):
        lines.append(
            f"* W with {row['households']:,} households: {row['system']} takes {row['ratio']:.3g} times as long as "
            f"{row['over']} ({row['lowest']:.3g} to {row['highest']:.3g}, {row['rounds']} rounds)."
        )
    return lines


def _over_the_floor(sizes: pd.DataFrame, floors: pd.DataFrame) -> list[str]:
    """Return how many times as long as touching the state a step takes, at the largest size of both tables."""
    touch = floors[floors["floor"] == "touch"]
    both = sizes.merge(touch, on=["households", "threads"])
    lines = []
    for row in both[both["households"] == both["households"].max()].to_dict("records"):
        step = row["year_s"] / row["steps_per_year"]
        lines.append(
            f"* A step takes {step / row['seconds']:.0f} times as long as touching the state once "
            f"({row['households']:,} households, {row['threads']} thread(s))."
        )
    return lines


def markdown(table: pd.DataFrame) -> str:
    """Return a table in Markdown, numbers with four digits."""
    cells = [[_cell(value) for value in row] for row in table.to_numpy(object).tolist()]
    lines = ["| " + " | ".join(row) + " |" for row in [[str(name) for name in table.columns], *cells]]
    return "\n".join([lines[0], "|" + " --- |" * len(table.columns), *lines[1:]])


def _cell(value: object) -> str:
    if isinstance(value, float):
        return short(value)
    return f"{value:,}" if isinstance(value, int) else str(value)


def draw_scaling(tables: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Draw time per household-step against size, and where it goes at the largest size."""
    sizes, processes = tables["sizes"], tables["processes"]
    with figure_style():
        figure = new_figure(4.3)
        left, right = figure.subplots(1, 2, width_ratios=(1.15, 1.0))
        for colour, threads in zip(SPARE_COLOURS, sorted(sizes["threads"].unique()), strict=False):
            rows = sizes[sizes["threads"] == threads]
            label = f"{threads} thread" if threads == 1 else f"{threads} threads"
            left.plot(rows["households"], rows["ns_per_household_step"], "o-", color=colour, label=label, ms=4)
        if "floors" in tables:
            floors = tables["floors"].query("floor == 'touch' and threads == 1")
            floor = floors["seconds"] / floors["households"] * 1e9
            left.plot(floors["households"], floor, "--", color=TERM_COLOURS["denominator"], label="touching the state")
        left.set(xscale="log", yscale="log", xlabel="households", ylabel="ns per household and step")
        left.set_title("Time per household-step")
        left.xaxis.set_major_formatter(FuncFormatter(lambda x, _: _short(x)))
        left.yaxis.set_major_formatter(FuncFormatter(lambda x, _: f"{x:g}"))
        left.legend()
        shown = processes[processes["households"] == processes["households"].max()]
        threads = shown["threads"].min()
        shown = shown[shown["threads"] == threads].sort_values("ns_per_household_step")
        right.barh(shown["process"].str.replace("_", " "), shown["ns_per_household_step"], color=TERM_COLOURS["moved"])
        right.set(xlabel="ns per household and step")
        right.set_title(f"Where it goes ({_short(shown['households'].max())} households, {threads} thread)")
        steps = {4: "Quarterly", 12: "Monthly"}[int(sizes["steps_per_year"].max())]
        note = (
            f"{steps} steps of 2021, all processes, parameters at their medians, {cores()} cores. What happens once a "
            "year is spread over the steps of the year. Small sizes carry the fixed cost of tables."
        )
        finish(figure, "What a step costs, by size and by process", note)
        save(figure, folder, "scaling")


def _short(number: float) -> str:
    """Return a number of households in a few characters."""
    if number >= 1e6:
        return f"{number / 1e6:.3g} million"
    return f"{number:,.0f}"
