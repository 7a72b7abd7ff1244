"""Money on the page of an attribution: cost per person, cost by lever and year, cost by action and region."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd

from sim.data import Region
from sim.policies.plan import plan_years
from sim.programs.attribute.attribution import GROUPS, YEAR, group_of
from sim.programs.attribute.figures import Pen
from sim.report.frames import row
from sim.report.page_tables import Table
from sim.report.text import Text, signed, signed_minus
from sim.statistics.regions import PACKAGE

MISSING = "–"


def price_rows(pen: Pen) -> Table:
    """Return cost, people and cost per person of the package, the groups and every lever."""
    page, table = pen.page, pen.tables["price"]
    names = [PACKAGE, *(f"groups_{'0' * k}1{'0' * (len(GROUPS) - 1 - k)}" for k in range(len(GROUPS)))]
    labels = [page("group.package"), *(page(f"group.{name}") for name in GROUPS)]
    for lever in pen.levers.values():
        names.append(f"full_{lever.id}")
        labels.append(f"{lever.id} {lever.name_zh if page.language == 'zh' else lever.name_en}")
    rows = []
    for name, label in zip(names, labels, strict=True):
        mine = table[table["name"] == name].set_index("gain")
        if mine.empty:
            continue
        urban, registered = row(mine, "urban_residents"), row(mine, "registrations")
        rows.append(
            [
                label,
                _money(page, urban),
                _people(page, urban),
                _each(page, urban),
                _people(page, registered),
                _each(page, registered),
            ]
        )
    head = ["", *(page(f"price.{k}") for k in ("cost", "urban", "per_urban", "registered", "per_registered"))]
    return Table(page("price.caption"), head, rows, source="price.csv")


def _money(page: Text, cells: pd.Series[float]) -> str:
    unit = 1e8 if page.language == "zh" else 1e9
    cost, low, high = (signed_minus(cells[key] / unit, 1) for key in ("cost", "cost_low", "cost_high"))
    return f"{cost} ({low}–{high})"


def _people(page: Text, cells: pd.Series[float]) -> str:
    unit, digits = (1e4, 1) if page.language == "zh" else (1e3, 0)
    mean, low, high = (signed(cells[key] / unit, digits) for key in ("persons", "persons_low", "persons_high"))
    return f"{mean} ({low} … {high})"


def _each(page: Text, cells: pd.Series[float]) -> str:
    if math.isnan(cells["per_person"]):
        return MISSING
    unit = 1e4 if page.language == "zh" else 1e3
    mean, low, high = (signed_minus(cells[key] / unit, 0) for key in ("per_person", "per_low", "per_high"))
    return f"{mean} ({low}–{high})"


def _unit(page: Text) -> float:
    return 1e8 if page.language == "zh" else 1e9


def _package_costs(study_dir: Path) -> pd.DataFrame:
    """Return the costs of the package until the end of the plan: year, lever, place, mean, median, p05, p95."""
    costs = pd.read_csv(study_dir / "costs.csv", dtype={"place": str})
    return costs[(costs["scenario"] == PACKAGE) & costs["year"].between(plan_years().first, YEAR)]


def lever_costs(pen: Pen, study_dir: Path, province: str) -> Table:
    """Return the cost of the package by lever and year, with the sums of the action areas."""
    page, unit, member = pen.page, _unit(pen.page), group_of(pen.levers)
    costs = _package_costs(study_dir)
    costs = costs[costs["place"] == province]
    years = sorted(costs["year"].unique())
    rows = []
    for group in GROUPS:
        inside = [lever for lever in pen.levers if member[lever] == group]
        for lever in inside:
            mine = costs[costs["lever"] == lever].set_index("year")
            if len(mine):
                cells = [mine.loc[year, ["median", "p05", "p95"]] / unit for year in years]
                rows.append([lever, *(f"{c['median']:.1f} ({c['p05']:.1f}–{c['p95']:.1f})" for c in cells)])
        rows.append([page(f"group.{group}"), *_sums(costs[costs["lever"].isin(inside)], years, unit)])
    rows.append([page("price.total"), *_sums(costs, years, unit)])
    head = ["", *map(str, years)]
    caption = page("price.lever_caption", price_year=plan_years().price_year)
    return Table(caption, head, rows, page("price.lever_note"), source="costs.csv")


def _sums(costs: pd.DataFrame, years: list[int], unit: float) -> list[str]:
    total = costs.groupby("year")["mean"].sum() / unit
    return [f"{total.get(year, 0.0):.1f}" for year in years]


def area_costs(pen: Pen, study_dir: Path, region: Region, first: int) -> Table:
    """Return the mean cost of the package over its years by region group and action area."""
    page, unit, member = pen.page, _unit(pen.page), group_of(pen.levers)
    costs = _package_costs(study_dir)
    costs = costs.assign(area=costs["lever"].map(member))
    total = costs.pivot_table(index="place", columns="area", values="mean", aggfunc="sum", fill_value=0.0) / unit
    names = region.group_names_zh if page.language == "zh" else region.group_names_en
    places = {f"group:{group}": names[group] for group in region.groups}
    rows = []
    for place, name in {region.province_code: page("where.province"), **places}.items():
        mine = total.reindex(index=[place], columns=list(GROUPS), fill_value=0.0).to_numpy()[0].tolist()
        rows.append([name, *(f"{cost:.1f}" for cost in (*mine, sum(mine)))])
    head = ["", *(page(f"group.{group}") for group in GROUPS), page("price.total")]
    caption = page("price.area_caption", first=first, last=YEAR, price_year=plan_years().price_year)
    return Table(caption, head, rows, page("price.area_note"), source="costs.csv")
