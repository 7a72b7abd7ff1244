"""Where things happen: does south-west Hunan catch up, does Chang-Zhu-Tan concentrate?"""

from __future__ import annotations

import pandas as pd

from sim.base.names import PLAN
from sim.data import Region
from sim.report.finished_study import Study
from sim.report.frames import row
from sim.report.page_tables import Table
from sim.report.queries import place_ends
from sim.report.text import Text, signed
from sim.statistics.regions import group_table

LAGGING, CENTRE = "xiangxinan", "chang_zhu_tan"
"""The two groups that the goals of the plan name (湘西南, 长株潭)."""


def group_rows(page: Text, table: pd.DataFrame, region: Region, first: int, year: int) -> Table:
    """Return whether region groups catch up or concentrate, the province first."""
    names = region.group_names_zh if page.language == "zh" else region.group_names_en
    rows = []
    for _, cells in table.iterrows():
        drawn = [_interval(cells, key) for key in ("effect", "catch_up", "share")]
        name = names.get(str(cells["group"]), page("where.province"))
        rows.append([name, f"{cells['rate']:.1f}%", signed(cells["change"], 1), *drawn])
    head = ["", *(page(f"where.{key}", first=first) for key in ("rate", "change", "effect", "catch_up", "share"))]
    return Table(page("where.caption", year=year), head, rows, source="groups.csv")


def questions(page: Text, table: pd.DataFrame, region: Region, years: tuple[int, int], what: str) -> list[str]:
    """Return the two questions of the plan's goals with their answers, each a sentence.

    Args:
        page: words.
        table: ``group_table`` with the province.
        region: names of the groups.
        years: last observed year-end, from which the lag is taken, and year-end of the effects.
        what: ``package`` or ``plan``, as it is called.
    """
    table = table.set_index("group")
    names = region.group_names_zh if page.language == "zh" else region.group_names_en
    answers = []
    for group, key in ((LAGGING, "catch_up"), (CENTRE, "share")):
        cells = row(table, group)
        answers.append(
            page(
                f"where.answer.{key}.{_verdict(cells, key)}",
                name=names[group],
                first=years[0],
                year=years[1],
                what=page(f"where.what.{what}"),
                by=page(
                    "where.answer.interval",
                    mean=signed(cells[key]),
                    low=signed(cells[f"{key}_low"]),
                    high=signed(cells[f"{key}_high"]),
                ),
                effect=signed(cells["effect"]),
                alone=signed(cells["change"] - row(table, "province")["change"], 1),
                behind=f"{row(table, 'province')['rate'] - cells['rate']:.1f}",
            )
        )
    return answers


def _verdict(cells: pd.Series[float], key: str) -> str:
    """Return ``yes`` if the interval is above zero, ``no`` if below, else ``open``."""
    return "yes" if cells[f"{key}_low"] > 0.0 else "no" if cells[f"{key}_high"] < 0.0 else "open"


def _interval(cells: pd.Series[float], key: str) -> str:
    return f"{signed(cells[key])} ({signed(cells[f'{key}_low'])} … {signed(cells[f'{key}_high'])})"


def asked(study: Study, page: Text) -> list[str]:
    """Return the two questions of the plan's goals as a study answers them, empty without plan or runs."""
    if not study.has_baseline or PLAN not in study.scenarios:
        return []
    first, last = min(study.last_observed, study.focus - 1), study.focus
    places = (study.province, f"group:{LAGGING}", f"group:{CENTRE}")
    values = place_ends(study, places, (first, last))
    if any(len(values.get(place, ())) == 0 for place in places):
        return []
    return questions(page, group_table(values, last, first), study.region, (first, last), "plan")
