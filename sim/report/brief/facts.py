"""What every part of the brief needs: the study, its two scenarios, words, sources, and cited numbers."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

import numpy as np
import pandas as pd

from sim.base.arrays import Floats
from sim.base.names import BASELINE
from sim.report.answer import Chance, chance_of
from sim.report.brief.cited import Sources
from sim.report.figures.canvas import Canvas
from sim.report.figures.causes import shown_scenarios
from sim.report.finished_study import RATE, Study
from sim.report.frames import number
from sim.report.queries import year_ends
from sim.report.text import Text, signed, signed_minus
from sim.statistics.discrepancy import Reading
from sim.studies.discrepancy import rate_offsets
from sim.studies.folder import stored_config
from sim.studies.target import FEW_RUNS, GOALS, RateOffsets, wording

__all__ = ["GOAL", "LEVEL", "Facts"]

GOAL = "resident_rate_66"
"""The reading of the goal that the brief is about."""
LEVEL = GOALS[GOAL]


@dataclass(frozen=True)
class Facts:
    """The study as the brief tells it.

    Attributes:
        canvas: study, words and colours.
        sources: where the numbers that were told come from.
    """

    canvas: Canvas
    sources: Sources = field(default_factory=Sources)

    @property
    def study(self) -> Study:
        """The study."""
        return self.canvas.study

    @property
    def page(self) -> Text:
        """Words of the page."""
        return self.canvas.page

    @cached_property
    def lead(self) -> str:
        """The scenario that the brief is about: the plan, else the first policy, else the first scenario."""
        return (shown_scenarios(self.study) or self.study.scenarios)[-1]

    @property
    def base(self) -> str | None:
        """The baseline that ``lead`` is compared with; None without one."""
        return BASELINE if self.study.has_baseline and self.lead != BASELINE else None

    @property
    def few(self) -> bool:
        """Whether the runs are too few for probabilities."""
        return self.study.fewest_runs < FEW_RUNS

    @property
    def judged(self) -> bool:
        """Whether the study reaches a year for which the goal is judged."""
        return self.study.focus in self.study.target_years

    def name(self, scenario: str) -> str:
        """Return a scenario as the page calls it."""
        return self.canvas.page_name(scenario)

    def chance(self, scenario: str, year: int | None = None) -> Chance | None:
        """Return the probability of the goal in a year, by default the last target year."""
        return chance_of(self.study, scenario, GOAL, year or self.study.focus)

    def cite(
        self, text: str, table: str, year: int, scenario: str, indicator: str, column: str, computed: str = ""
    ) -> str:
        """Return a number of a table of the study, of the province, with its source.

        Args:
            text: the number as shown.
            table: stem of the file.
            year: year-end of the row.
            scenario: scenario of the row.
            indicator: indicator of the row.
            column: where it stands in the row.
            computed: what was made of it, where it is not shown as it stands.
        """
        cell: dict[str, Any] = {"scenario": scenario, "year": year, "place": self.study.province}
        cell |= {"indicator": indicator, "column": column}
        return self.sources.cite(text, f"{table}.csv", **cell, **({"computed": computed} if computed else {}))

    def effect(self, scenario: str, indicator: str = RATE) -> tuple[float, float, float] | None:
        """Return median, p05 and p95 of the paired difference at the focus year."""
        table = self.study.effect(scenario, indicator)
        if self.study.focus not in table.index:
            return None
        low, middle, high = (number(table, self.study.focus, key) for key in ("p05", "median", "p95"))
        return middle, low, high

    def frequency(self, share: float, runs: int, alone: float | None = None) -> str:
        """Return a probability as so many of a hundred; of the runs where they are few."""
        told = wording(share, runs, alone)
        if told.kind == "count":
            return self.page("chance.count", n=told.runs, hits=told.hits)
        return self.page(f"brief.of100.{told.kind}", n=told.percent)

    def told_chance(self, chance: Chance, each: bool = False) -> str:
        """Return a probability of the goal with its source, which is one for ``each`` scenario of a table."""
        text = self.frequency(chance.probability, chance.runs, chance.alone)
        column = "probability_runs" if chance.verdict == "few" and chance.alone is not None else "probability"
        cell: dict[str, Any] = {"scenario": chance.scenario, "target": GOAL, "target_year": chance.year}
        what = self.page("brief.source.each", year=chance.year, what=GOAL) if each else ""
        return self.sources.cite(text, "target.csv", what, **cell, column=column)

    def gain(self, value: float) -> str:
        """Return a difference of persons with its sign in thousands or 万."""
        return signed(value / 1e4, 1) if self.page.language == "zh" else signed(value / 1e3, 0)

    def money(self, yuan: float) -> str:
        """Return an amount in billion yuan or 亿元, without its unit."""
        return signed_minus(yuan / 1e8, 0) if self.page.language == "zh" else signed_minus(yuan / 1e9, 1)

    def each(self, yuan: float) -> str:
        """Return an amount per person in thousand yuan or 万元, without its unit."""
        return signed_minus(yuan / 1e4, 0) if self.page.language == "zh" else signed_minus(yuan / 1e3, 0)

    def rise(self, scenario: str, first: int, last: int) -> float | None:
        """Return by how much the median changes between two year-ends; None without either."""
        table = self.study.series(scenario, RATE)
        if not {first, last} <= set(table.index):
            return None
        return number(table, last, "median") - number(table, first, "median")

    @cached_property
    def offsets(self) -> RateOffsets:
        """The discrepancy of the study."""
        return rate_offsets(stored_config(self.study.folder), self.study.region)

    def paths(self, scenario: str, indicator: str = RATE) -> pd.DataFrame | None:
        """Return one row per run (draw, replicate) and one column per year-end; None without run tables."""
        table = year_ends(self.study, [indicator], [scenario])
        if table is None or table.empty:
            return None
        return table.pivot_table(index=["draw", "replicate"], columns="year", values="value")

    def told(self, scenario: str, year: int, reading: Reading = "published") -> Floats | None:
        """Return the rate of a year-end with the discrepancy, float64[runs, points]; None without run tables."""
        paths = self.paths(scenario)
        if paths is None or year not in paths.columns:
            return None
        made: Floats = paths[year].to_numpy(np.float64)[:, None] + self.offsets([year], reading)[:, 0]
        return made
