"""What was measured as one page and one figure: every number comes from the tables beside it."""

from __future__ import annotations

import platform
import sys
from collections.abc import Mapping
from pathlib import Path

import pandas as pd

from benchmarks import floors, mainjob, peers, places, process_times, roofline, scenarios, startup, workers
from benchmarks.clock import load
from benchmarks.measures import measures
from sim.base.markdown import table
from sim.base.numbers import short
from sim.report.style import SPARE_COLOURS, TERM_COLOURS, figure_style, finish, new_figure, save
from sim.studies.environment import cores
from sim.studies.files import replacing

__all__ = ["write_page"]

TITLES = {
    "measures": "What was asked",
    "sizes": "Runs by size",
    "population": "Populations",
    "province": "Years in a row",
    "processes": "Processes of a step",
    "floors": "Floors",
    "startup": "Start-up",
    "places": "122 counties against 14 prefectures",
    "workers": "One worker against two",
    "scenarios": "Scenarios of a draw together",
    "main_job": "The main job",
    "roofline": "The common workload: its stages",
    "peer_ratios": "The common workload: ratios",
    "peers": "The common workload: all rounds",
}
"""Tables of the page, in order, and their headings."""
COLUMNS: dict[str, list[str]] = {
    "sizes": process_times.SIZE_COLUMNS,
    "population": process_times.POPULATION_COLUMNS,
    "province": process_times.YEARS_COLUMNS,
    "processes": process_times.PROCESS_COLUMNS,
    "floors": floors.COLUMNS,
    "startup": startup.COLUMNS,
    "places": places.COLUMNS,
    "workers": workers.COLUMNS,
    "scenarios": scenarios.COLUMNS,
    "main_job": mainjob.COLUMNS,
    "roofline": roofline.COLUMNS,
    "peer_ratios": peers.RATIO_COLUMNS,
    "peers": peers.COLUMNS,
}
"""Columns of the tables that are read; one of another version is left out."""


def write_page(folder: Path) -> Path:
    """Write the figure and ``benchmark.md`` from the tables of a folder; return the page."""
    tables = {}
    for name, columns in COLUMNS.items():
        if (folder / f"{name}.csv").is_file():
            found = pd.read_csv(folder / f"{name}.csv")
            if list(found.columns) == columns:
                tables[name] = found
            else:
                sys.stderr.write(f"{folder / name}.csv: not of this version, left out; measure it again.\n")
    tables["measures"] = measures(tables)
    with replacing(folder / "measures.csv") as temporary:
        tables["measures"].to_csv(temporary, index=False, float_format="%.6g")
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
        if not tables.get(name, pd.DataFrame()).empty:
            lines += ["", f"## {title}", "", markdown(tables[name])]
    page = folder / "benchmark.md"
    with replacing(page) as temporary:
        temporary.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return page


def _findings(tables: Mapping[str, pd.DataFrame]) -> list[str]:
    """Return what was measured of what is asked in words, the missed first to be seen."""
    asked = tables["measures"]
    lines = []
    for met, word in ((False, "Missed"), (True, "Met")):
        for row in asked[asked["met"] == met].to_dict("records"):
            lines.append(f"* {word}: {row['measure']} {row['value']:.3g}, {row['asked']} ({row['measured_on']}).")
    if "sizes" in tables:
        sizes = tables["sizes"]
        for row in sizes[sizes["households"] == sizes["households"].max()].to_dict("records"):
            lines.append(
                f"* {row['households']:,} households, {row['threads']} thread(s): a year of {row['steps_per_year']} "
                f"steps in {row['year_s']:.1f} s; peak memory of the process {row['peak_mb'] / 1024:.1f} GiB."
            )
    for row in tables.get("peer_ratios", pd.DataFrame()).to_dict("records"):
        lines.append(
            f"* W with {row['households']:,} households: {row['system']} takes {row['ratio']:.3g} times as long as "
            f"{row['over']} ({row['lowest']:.3g} to {row['highest']:.3g}, {row['rounds']} rounds)."
        )
    return lines


def markdown(frame: pd.DataFrame) -> str:
    """Return a table in Markdown, numbers with four digits."""
    cells = ([_cell(value) for value in row] for row in frame.to_numpy(object).tolist())
    return table([str(name) for name in frame.columns], cells).rstrip()


def _cell(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return short(value)
    return f"{value:,}" if isinstance(value, int) else str(value)


def draw_scaling(tables: Mapping[str, pd.DataFrame], folder: Path) -> None:
    """Draw time per household-step against size, and where it goes at the largest size."""
    sizes, processes = tables["sizes"], tables["processes"]
    steps = int(sizes["steps_per_year"].min())
    sizes, processes = (table[table["steps_per_year"] == steps] for table in (sizes, processes))
    with figure_style():
        figure = new_figure(4.3)
        left, right = figure.subplots(1, 2, width_ratios=(1.15, 1.0))
        for colour, threads in zip(SPARE_COLOURS, sorted(sizes["threads"].unique()), strict=False):
            rows = sizes[sizes["threads"] == threads]
            label = f"{threads} thread" if threads == 1 else f"{threads} threads"
            left.plot(rows["households"], rows["ns_per_household_step"], "o-", color=colour, label=label, ms=4)
        if "floors" in tables:
            touch = tables["floors"].query("floor == 'touch' and threads == 1")
            floor = touch["seconds"] / touch["households"] * 1e9
            left.plot(touch["households"], floor, "--", color=TERM_COLOURS["denominator"], label="touching the state")
        left.set(xscale="log", yscale="log", xlabel="households", ylabel="ns per household and step")
        left.set_title("Time per household-step")
        left.xaxis.set_major_formatter(lambda x, _: _short(x))
        left.yaxis.set_major_formatter(lambda x, _: f"{x:g}")
        for axis in (left.xaxis, left.yaxis):
            axis.set_minor_formatter(lambda x, _: "")
        left.legend()
        shown = processes[processes["households"] == processes["households"].max()]
        threads = shown["threads"].min()
        shown = shown[shown["threads"] == threads].sort_values("ns_per_household_step")
        right.barh(shown["process"].str.replace("_", " "), shown["ns_per_household_step"], color=TERM_COLOURS["moved"])
        right.set(xlabel="ns per household and step")
        right.set_title(f"Where it goes ({_short(shown['households'].max())} households, {threads} thread)")
        length = {4: "Quarterly", 12: "Monthly"}[steps]
        note = (
            f"{length} steps of 2021, all processes, parameters at their medians, {cores()} cores. What happens once a "
            "year is spread over the steps of the year. Small sizes carry the fixed cost of tables."
        )
        finish(figure, "What a step costs, by size and by process", note)
        save(figure, folder, "scaling")


def _short(number: float) -> str:
    """Return a number of households in a few characters."""
    if number >= 1e6:
        return f"{number / 1e6:.3g} million"
    return f"{number:,.0f}"
