"""What could spoil the answer: every risk is told by what it leaves of the probability, the worst three first."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import norm

from sim.base.arrays import Floats
from sim.report.brief.facts import LEVEL, Facts
from sim.report.figures.track_record import track_record
from sim.report.finished_study import RATE
from sim.report.frames import number
from sim.report.labels import parameter_names
from sim.report.queries import rank_correlations
from sim.report.text import signed_minus
from sim.report.track_record import MODELS

__all__ = ["MOST", "Risk", "found_risks", "risks"]

MOST = 3
THIRD = 1.0 / 3.0
LEVEL_OF_TEST = 0.05
"""Two-sided, shared by all assumptions: below it the strongest one stands out."""
RECORD = "docs/validation/forecasts.csv"
ORIGIN = 2020
"""Last year whose data the forecasts of the track record use."""


class Risk(NamedTuple):
    """What may go otherwise.

    Attributes:
        key: stem of its strings.
        left: probability of the goal if it does.
        fact: gives the sentence with its numbers.
        source: what the probability that is left is computed from, as the list of sources tells it; empty where it
            is a row of ``target.csv``.
    """

    key: str
    left: float
    fact: Callable[[], str]
    source: str


def risks(facts: Facts) -> list[tuple[str, str]]:
    """Return names and sentences of the risks that leave least of the probability of the goal, worst first."""
    chance = facts.chance(facts.lead)
    if chance is None:
        return []
    worst = sorted((risk for risk in found_risks(facts) if risk.left < chance.probability), key=lambda risk: risk.left)
    return [
        (facts.page(f"brief.risk.{risk.key}"), facts.page.sentences([risk.fact(), _then(facts, risk)]))
        for risk in worst[:MOST]
    ]


def found_risks(facts: Facts) -> Iterator[Risk]:
    """Give every risk that the tables of a study can tell."""
    for find in (_earlier, _record, _pace, _assumption, _census):
        yield from find(facts)


def _then(facts: Facts, risk: Risk) -> str:
    """Return the sentence on what is left of the probability; empty where runs are few."""
    whole, year = facts.chance(facts.lead), facts.study.focus
    if facts.few or whole is None:
        return ""
    earlier = None if risk.source else facts.chance(facts.lead, facts.study.target_years[0])
    if earlier is None:
        cell: dict[str, Any] = {"scenario": facts.lead, "year": year, "indicator": RATE, "risk": risk.key}
        shown = facts.frequency(risk.left, whole.runs)
        left = facts.sources.cite(shown, "runs/", f"{facts.lead}, {year}: {risk.source}", **cell)
    else:
        left = facts.told_chance(earlier)
    return facts.page("brief.risk.then", left=left, whole=facts.told_chance(whole))


def _earlier(facts: Facts) -> Iterator[Risk]:
    """The goal is read as due at the first year-end that it is judged for."""
    first, last = facts.study.target_years[0], facts.study.focus
    chance, table = facts.chance(facts.lead, first), facts.study.series(facts.lead, RATE)
    if first == last or chance is None or first not in table.index:
        return

    def fact() -> str:
        shown = facts.page.percent(number(table, first, "median"))
        median = facts.cite(shown, "summary", first, facts.lead, RATE, "median")
        return facts.page("brief.risk.earlier.fact", first=first, last=last, median=median)

    yield Risk("earlier", chance.probability, fact, "")


def _record(facts: Facts) -> Iterator[Risk]:
    """The model is off again as its forecast from the last census was, year by year."""
    study, page, record = facts.study, facts.page, track_record(facts.canvas)
    told = facts.told(facts.lead, study.focus)
    if told is None or not record.has("forecasts") or study.focus <= study.last_observed:
        return
    table = record.tables["forecasts"]
    table = table[(table["case"] == "province") & (table["year"] == table["year"].max())].set_index("forecaster")
    model = next((name for name in MODELS if name in table.index), None)
    if model is None:
        return
    year = int(number(table, model, "year"))
    error = number(table, model, "median") - number(table, model, "observed")
    again = error / (year - ORIGIN) * (study.focus - study.last_observed)

    def fact() -> str:
        median, observed = (
            facts.sources.cite(
                page.percent(number(table, model, column)),
                RECORD,
                f"{model}, {year}",
                case="province",
                forecaster=model,
                year=year,
                column=column,
            )
            for column in ("median", "observed")
        )
        return page("brief.risk.record.fact", year=year, first=ORIGIN, median=median, observed=observed)

    source = page("brief.source.record", points=signed_minus(100 * again, 2))
    yield Risk("record", float((told - again >= LEVEL).mean()), fact, source)


def _pace(facts: Facts) -> Iterator[Risk]:
    """The pace is missed as it was in other provinces, in the slowest third of what is possible."""
    study, page, table = facts.study, facts.page, facts.study.uncertainty
    told = facts.told(facts.lead, study.focus)
    if told is None or table is None or table.empty:
        return
    chosen = (table["scenario"] == facts.lead) & (table["year"] == study.focus) & (table["indicator"] == RATE)
    chosen &= (table["place"] == study.province) & (table["reading"] == "published")
    share = float(table[chosen].set_index("part")["share"].reindex(["pace_common", "pace_own"]).sum())
    offsets = facts.offsets([study.focus], "published")[:, 0]
    if share <= 0.0:
        return
    slow = offsets <= np.quantile(offsets, THIRD)

    def fact() -> str:
        cell: dict[str, Any] = {"scenario": facts.lead, "year": study.focus, "indicator": RATE, "reading": "published"}
        cited = facts.sources.cite(page.percent(share, 0), "uncertainty.csv", **cell, part="pace_*", column="share")
        return page("brief.risk.pace.fact", share=cited, year=study.focus)

    yield Risk("pace", float((told[:, slow] >= LEVEL).mean()), fact, page("brief.source.pace"))


def _assumption(facts: Facts) -> Iterator[Risk]:
    """The drawn assumption that moves the rate most turns out in its unfavourable third, if one stands out."""
    study, page = facts.study, facts.page
    told, paths = facts.told(facts.lead, study.focus), facts.paths(facts.lead)
    if told is None or paths is None or study.parameters is None:
        return
    found = rank_correlations(study, paths[study.focus].groupby(level="draw").mean())
    if found is None or found.empty:
        return
    name, strength, draws = str(found["name"][0]), float(found["correlation"][0]), int(found["draws"][0])
    if abs(strength) * np.sqrt(draws - 1) < norm.isf(LEVEL_OF_TEST / 2 / len(found)):
        return
    end = "low" if strength > 0 else "high"
    by_run = pd.Series((told >= LEVEL).mean(axis=1), index=paths.index.get_level_values("draw"))
    chances = by_run.groupby(level=0).mean()
    values = study.parameters[study.parameters["name"] == name].set_index("draw")["value"]
    label = parameter_names(study, page).get(name, name)

    def fact() -> str:
        return page(f"brief.risk.assumption.{end}", label=label, n=len(found))

    left = _in_third(chances, values.reindex(chances.index), end)
    yield Risk("assumption", left, fact, page(f"brief.source.{end}", name=name))


def _in_third(chances: pd.Series[float], values: pd.Series[float], end: str) -> float:
    """Return the mean chance over the third of the draws with the lowest or highest values."""
    ranks = values.rank(method="first", ascending=end == "low")
    return float(chances[ranks <= max(1, round(len(values) * THIRD))].mean())


def _census(facts: Facts) -> Iterator[Risk]:
    """The figure published reaches the goal and the next census takes it back."""
    study, page, table = facts.study, facts.page, facts.study.census
    published, census = (facts.told(facts.lead, study.focus, reading) for reading in ("published", "census"))
    if published is None or census is None or table is None or table.empty:
        return
    chosen = (table["scenario"] == facts.lead) & (table["year"] == study.focus) & (table["indicator"] == RATE)
    rows = table[chosen & (table["place"] == study.province)]
    if rows.empty:
        return

    def fact() -> str:
        low, high = (
            facts.cite(page.percent(float(rows[key].iloc[0])), "census", study.focus, facts.lead, RATE, key)
            for key in ("p05", "p95")
        )
        return page("brief.risk.census.fact", year=study.focus, low=low, high=high)

    yield Risk("census", _both(published, census), fact, page("brief.source.census"))


def _both(published: Floats, census: Floats) -> float:
    """Return the share of runs and points in which both figures reach the goal."""
    return float(((published >= LEVEL) & (census >= LEVEL)).mean())
