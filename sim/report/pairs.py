"""Which scenarios differ in how often they reach a goal, and which cannot be told apart."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations

import pandas as pd
from scipy.stats import binomtest

from sim.report.figures.canvas import Canvas
from sim.report.finished_study import RATE
from sim.report.queries import year_ends
from sim.studies.target import GOALS

GOAL = "resident_rate_66"
LEVEL = 0.05
"""Two-sided level of the sign test of a pair."""


def told_apart(values: pd.DataFrame, scenarios: Sequence[str], threshold: float) -> list[tuple[str, str]]:
    """Return the pairs of scenarios of which one reaches a value in more draws than the other, beyond chance.

    Runs with the same draw are pairs; draws in which both do alike say nothing. The test is the exact sign test
    over the other draws (replicates of a draw count together), at 5% for every pair.

    Args:
        values: scenario, draw, replicate, value of one year.
        scenarios: names to compare.
        threshold: value to be reached.

    Returns:
        Pairs in the order (more often, less often).
    """
    hits = values.assign(hit=(values["value"] >= threshold).astype(float))
    share = hits.pivot_table(index="draw", columns="scenario", values="hit")
    found = []
    for one, other in combinations([name for name in scenarios if name in share.columns], 2):
        difference = share[one] - share[other]
        more, less = int((difference > 0).sum()), int((difference < 0).sum())
        if more + less and binomtest(more, more + less).pvalue < LEVEL:
            found.append((one, other) if more > less else (other, one))
    return found


def pair_words(canvas: Canvas) -> str:
    """Return which packages can be told apart by how often they reach 66.0% in the focus year; empty without two."""
    study, page = canvas.study, canvas.page
    table = year_ends(study, [RATE], study.policies)
    if table is None or len(study.policies) < 2 or study.focus not in study.target_years:
        return ""
    pairs = told_apart(table[table["year"] == study.focus], study.policies, GOALS[GOAL])
    values = {"goal": page(f"target.{GOAL}"), "year": study.focus}
    if not pairs:
        return page("pairs.none", **values)
    names = [page("pairs.pair", more=canvas.page_name(one), less=canvas.page_name(other)) for one, other in pairs]
    every = len(pairs) == len(study.policies) * (len(study.policies) - 1) // 2
    return page("pairs.all" if every else "pairs.some", pairs=page.clauses(names), **values)
