"""What to watch: the pace that is needed, and the next figure above or below which the answer changes."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
from scipy.optimize import isotonic_regression
from scipy.special import ndtri

from sim.base.arrays import Floats
from sim.report.answer import VERDICTS
from sim.report.brief.facts import LEVEL, Facts
from sim.report.figures.causes import window_sums
from sim.report.finished_study import RATE
from sim.report.frames import number, row
from sim.studies.discrepancy import figure_errors

__all__ = ["Signal", "signal", "watch"]

LIKELY, UNLIKELY = (next(bound for bound, word in VERDICTS if word == name) for name in ("likely", "even"))
INSIDE = 0.01
"""Share of what is possible that a threshold leaves on either side at least."""


SCORES = ndtri((np.arange(9) + 0.5) / 9)
"""Normal scores for the part of a figure's error that does not last."""


class Signal(NamedTuple):
    """The next figure that makes the goal likely, and the one below which it is unlikely; nan if none does."""

    likely: float
    unlikely: float


def watch(facts: Facts) -> list[tuple[str, str]]:
    """Return what to watch, a name and a sentence or two each."""
    found = {"pace": _pace(facts), "next": _next_figure(facts), "moved": _moved(facts)}
    values = {"year": facts.study.last_observed + 1}
    return [(facts.page(f"brief.watch.{key}.name", **values), text) for key, text in found.items() if text]


def _pace(facts: Facts) -> str:
    """Return the pace that is needed beside the one published and the one of the runs, in points a year."""
    study, page = facts.study, facts.page
    last, years = study.last_observed, study.focus - study.last_observed
    if not facts.judged or years < 1 or last - years not in study.observed.index:
        return ""

    def published(text: str, computed: bool = True) -> str:
        file = f"inputs/data/{study.region.name}/province_series.csv"
        cell: dict[str, Any] = {"year": last, "column": "urban_rate", **({"computed": "per year"} if computed else {})}
        return facts.sources.cite(text, file, f"{last - years}, {last}", **cell)

    now, before = float(study.observed.loc[last]), float(study.observed.loc[last - years])
    paces = []
    for name in dict.fromkeys((facts.base or facts.lead, facts.lead)):
        table = study.series(name, RATE)
        if study.focus in table.index:
            text = page.size((number(table, study.focus, "median") - now) / years)
            how = f"per year since {last}"
            cited = facts.cite(text, "summary", study.focus, name, RATE, "median", how)
            paces.append(page("brief.watch.pace.part", name=facts.name(name), value=cited))
    return page(
        "brief.watch.pace",
        last=last,
        year=study.focus,
        now=published(page.percent(now), computed=False),
        needed=published(page.size((LEVEL - now) / years)),
        before=published(page.size((now - before) / years)),
        first=last - years,
        parts=page.clauses(paces),
    )


def _next_figure(facts: Facts) -> str:
    """Return the expected next figure and the two that would change the word for the answer."""
    study, page = facts.study, facts.page
    year = study.last_observed + 1
    table = study.series(facts.lead, RATE)
    figure, outcome = (facts.told(facts.lead, at) for at in (year, study.focus))
    if not facts.judged or year >= study.focus or figure is None or outcome is None or year not in table.index:
        return ""
    cells = {
        key: facts.cite(page.percent(number(table, year, key)), "summary", year, facts.lead, RATE, key)
        for key in ("median", "p05", "p95")
    }
    told = [page("brief.watch.next", year=year, name=facts.name(facts.lead), **cells)]
    error = figure_errors(study.province).rate if study.uncertainty is not None else 0.0
    blurred = figure.ravel()[:, None] + error * SCORES
    found = signal(blurred.ravel(), np.repeat(outcome.ravel() >= LEVEL, len(SCORES)))
    for key, value in () if facts.few else found._asdict().items():
        if value == value:
            shown = facts.sources.cite(
                page.percent(value, 2),
                "runs/",
                page("brief.source.signal", name=facts.lead, year=year, last=study.focus),
                scenario=facts.lead,
                year=year,
                indicator=RATE,
            )
            told.append(page(f"brief.watch.{key}", value=shown, year=study.focus))
    if len(told) > 1 and study.uncertainty is not None and not study.uncertainty.empty:
        told.append(page("brief.watch.persists"))
    return page.sentences(told)


def signal(figure: Floats, met: np.ndarray) -> Signal:
    """Return the figures from which the goal is likely and below which it is unlikely.

    The probability given the figure is the monotone curve through all points that fits best (isotonic regression).

    Args:
        figure: the next figure, by run and point, float64[points].
        met: whether the goal is met, bool[points].
    """
    order = np.argsort(figure, kind="stable")
    chance = isotonic_regression(met[order].astype(np.float64)).x
    spare = int(np.ceil(INSIDE * len(order)))
    found = []
    for bound in (LIKELY, UNLIKELY):
        first = int(np.searchsorted(chance, bound))
        inside = spare <= first < len(order) - spare
        found.append(float(figure[order[first]]) if inside else float("nan"))
    return Signal(*found)


def _moved(facts: Facts) -> str:
    """Return how much of the rise without new policy is moved and how much is counted."""
    study, page, causes = facts.study, facts.page, facts.canvas.causes
    name, first = facts.base or facts.lead, study.last_observed
    if causes is None or not first < study.focus:
        return ""
    sums = window_sums(causes, first, study.focus)
    if name not in sums.index:
        return ""
    what = page("brief.source.causes", name=name, first=first, last=study.focus)
    values = {
        key: facts.sources.cite(page.points(float(row(sums, name)[key])), "accounts/", what, scenario=name, column=key)
        for key in ("change", "moved", "counted")
    }
    return page("brief.watch.moved", name=facts.name(name), first=first, last=study.focus, **values)
