"""What money buys, in the sentences of the answer."""

from __future__ import annotations

import math

import pandas as pd

from sim.base.names import PLAN
from sim.report.figures.canvas import Canvas
from sim.report.frames import row
from sim.report.text import Text, signed_minus

GAINS = ("urban_residents", "registered_urban")
"""People that money may buy, in the order of the table."""


def money_words(canvas: Canvas) -> str:
    """Return what the plan costs and one more urban resident under it, and where one is cheapest and dearest."""
    table, study, page = canvas.study.value_for_money, canvas.study, canvas.page
    if table is None:
        return ""
    now = table[(table["year"] == study.focus) & (table["gain"] == GAINS[0]) & (table["told"] == "yes")]
    priced = {name: row(now.set_index("scenario"), name) for name in study.policies if name in set(now["scenario"])}
    sentences = []
    if PLAN in priced:
        middle, low, high = ends(page, priced[PLAN])
        values = {"first": int(now["first_year"].iloc[0]), "last": study.focus, "name": canvas.page_name(PLAN)}
        cost = _billion(page, float(priced[PLAN]["cost_billion_median"]))
        sentences.append(page("answer.money", cost=cost, each=middle, low=low, high=high, **values))
    others = {name: own for name, own in priced.items() if name != PLAN}
    if len(others) > 1:
        cheap, *_, dear = sorted(others, key=lambda name: float(others[name]["per_person_median"]))
        costs = [float(own["cost_billion_median"]) for own in others.values()]
        overlap = float(others[cheap]["per_person_p95"]) >= float(others[dear]["per_person_p05"])
        sentences.append(
            page(
                "answer.money.others" if overlap else "answer.money.others_apart",
                least_cost=_billion(page, min(costs)),
                most_cost=_billion(page, max(costs)),
                cheap=canvas.page_name(cheap),
                dear=canvas.page_name(dear),
                cheap_each=ends(page, others[cheap])[0],
                dear_each=ends(page, others[dear])[0],
            )
        )
    return page.sentences(sentences)


def _billion(page: Text, cost: float) -> str:
    unit, digits = (0.1, 0) if page.language == "zh" else (1.0, 0)
    return signed_minus(cost / unit, digits)


def ends(page: Text, own: pd.Series[float]) -> tuple[str, str, str]:
    """Return median and middle 90% of a cost per person, in thousand yuan or 万元."""
    unit, digits = (1e4, 1) if page.language == "zh" else (1e3, 0)
    middle, low, high = (float(own[f"per_person_{end}"]) / unit for end in ("median", "p05", "p95"))
    most = signed_minus(high, digits) if math.isfinite(high) else "∞"
    return signed_minus(middle, digits), signed_minus(low, digits), most
