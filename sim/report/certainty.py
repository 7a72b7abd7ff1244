"""What makes the answer uncertain, part by part, in sentences."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import pandas as pd

from sim.report.figures.canvas import Canvas
from sim.report.finished_study import RATE

if TYPE_CHECKING:
    from sim.report.answer import Chance

__all__ = ["PARTS", "certainty"]

PARTS = ("draws", "replicates", "pace_common", "pace_own", "figures")
"""Parts that are told, as ``uncertainty.csv`` names them."""
LEAST = 0.005
"""Smallest share of the variance that is told."""


def certainty(canvas: Canvas, strict: Sequence[Chance]) -> list[str]:
    """Return where the variance comes from, and the probability with one part after the other.

    Args:
        canvas: study and words.
        strict: chances of the strict reading of the goal in the last target year.
    """
    table = canvas.study.uncertainty
    if table is None or table.empty or not strict:
        return []
    return [_variance(canvas, table, strict[0].scenario), _chances(canvas, strict)]


def _variance(canvas: Canvas, table: pd.DataFrame, scenario: str) -> str:
    """Return the shares of the variance of the figure that will be published."""
    study, page = canvas.study, canvas.page
    rows = table[
        (table["scenario"] == scenario)
        & (table["year"] == study.focus)
        & (table["indicator"] == RATE)
        & (table["reading"] == "published")
    ].set_index("part")["share"]
    shares = {name: float(rows.reindex([name]).sum()) for name in PARTS}
    told = [(name, share) for name, share in shares.items() if share >= LEAST]
    parts = [page(f"answer.certainty.{name}", value=page.percent(share, 0)) for name, share in told]
    if not parts:
        return ""
    return page("answer.certainty", year=study.focus, name=canvas.page_name(scenario), parts=page.join(parts))


def _chances(canvas: Canvas, strict: Sequence[Chance]) -> str:
    """Return the probability by the runs alone, with the discrepancy, and of what the next census will find."""
    page = canvas.page
    parts = [
        page(
            "answer.certainty.chance",
            name=canvas.page_name(chance.scenario),
            alone=page.percent(chance.alone, 0),
            value=page.percent(chance.probability, 0),
            census=page.percent(chance.census, 0),
        )
        for chance in strict
        if chance.alone is not None and chance.census is not None
    ]
    return page("answer.certainty.chances", year=strict[0].year, parts=page.clauses(parts)) if parts else ""
