"""The answer in sentences, computed from the tables of a study for every possible outcome."""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import pandas as pd

from sim.base.names import BASELINE, PLAN
from sim.base.numbers import half_up
from sim.report.certainty import certainty
from sim.report.figures.canvas import Canvas
from sim.report.figures.causes import window_sums
from sim.report.figures.fan import benchmark_table
from sim.report.figures.track_record import record_sentence
from sim.report.finished_study import RATE, Study
from sim.report.frames import number, row
from sim.report.labels import missing_phrase
from sim.report.money import money_words
from sim.report.pairs import pair_words
from sim.report.queries import year_ends
from sim.report.text import Text
from sim.statistics.decompose import TERMS
from sim.studies.target import FEW_RUNS, wording

VERDICTS = (
    (0.99, "certain"),
    (0.90, "very_likely"),
    (0.66, "likely"),
    (0.33, "even"),
    (0.10, "unlikely"),
    (0.01, "very_unlikely"),
)
"""Smallest probability of each word; below the last one the outcome is called almost excluded."""

OPEN = ("likely", "even", "unlikely")
"""Words of a goal that may well be reached and may well be missed."""

NEGLIGIBLE = 0.0005
"""Differences below 0.05 points are called hardly any change."""


class Chance(NamedTuple):
    """Probability of one reading of the goal, with its interval and its word."""

    scenario: str
    goal: str
    year: int
    probability: float
    low: float
    high: float
    runs: int
    alone: float | None = None
    """Share of runs that meet the goal without discrepancy."""
    census: float | None = None
    """Probability that the next census finds the goal met at that year-end."""

    @property
    def verdict(self) -> str:
        """Key of the word for the probability; few runs have no word."""
        return "few" if self.runs < FEW_RUNS else verdict(self.probability)


@dataclass(frozen=True)
class Answer:
    """The opening of the report.

    Attributes:
        headline: one sentence.
        points: sentences that explain it.
        warnings: what to know before reading on.
        grid: probabilities shown beside the sentences.
    """

    headline: str
    points: list[str]
    warnings: list[str]
    grid: list[Chance]


def verdict(probability: float) -> str:
    """Return the key of the word for a probability as it is shown: in whole percent.

    Example:
        >>> verdict(0.325), verdict(0.895), verdict(0.0)
        ('even', 'very_likely', 'excluded')
    """
    return next((word for bound, word in VERDICTS if half_up(100 * probability) >= round(100 * bound)), "excluded")


def shown(study: Study) -> tuple[str, ...]:
    """Return the scenarios the answer speaks about: baseline and plan, else the first one."""
    return tuple(name for name in (BASELINE, PLAN) if name in study.scenarios) or study.scenarios[:1]


def compose(canvas: Canvas, causes: pd.DataFrame | None, gaps: pd.DataFrame | None) -> Answer:
    """Return the answer of a study.

    Args:
        canvas: study and words.
        causes: decomposed yearly change by scenario, or None.
        gaps: change of the gap since the last published year, or None.
    """
    study = canvas.study
    points = [
        _effect(canvas),
        _levels(canvas),
        *certainty(canvas, _strict(study)),
        _without_policy(canvas),
        _others(canvas),
        money_words(canvas),
        _causes(canvas, causes),
        _gap(canvas, gaps),
        _benchmarks(canvas),
        record_sentence(canvas),
        canvas.page("answer.conditional_calibrated" if canvas.calibrated else "answer.conditional"),
    ]
    return Answer(_headline(canvas), [point for point in points if point], warnings(canvas), chances(study))


def chances(study: Study) -> list[Chance]:
    """Return the probabilities of both readings in all target years for the scenarios of the answer."""
    found = [
        chance_of(study, scenario, goal, year)
        for scenario in shown(study)
        for year in study.target_years
        for goal in ("resident_rate_66", "resident_rate_65_5")
    ]
    return [chance for chance in found if chance is not None]


def chance_of(study: Study, scenario: str, goal: str, year: int) -> Chance | None:
    """Return the probability of a goal, or None when it was not judged."""
    row = study.chance(scenario, goal, year)
    if row is None:
        return None
    share, low, high = (float(row[name]) for name in ("probability", "ci_low", "ci_high"))
    alone, census = row.get("probability_runs"), row.get("probability_census")
    return Chance(scenario, goal, year, share, low, high, study.runs.get(scenario, 0), alone, census)


def warnings(canvas: Canvas) -> list[str]:
    """Return what limits the reading of this study: few runs, runs left out, no baseline, other data, no font."""
    study, page = canvas.study, canvas.page
    found = []
    if study.fewest_runs < FEW_RUNS:
        found.append(page("warning.few", n=study.fewest_runs, enough=FEW_RUNS))
    if study.failed:
        found.append(page("warning.failed", n=study.failed))
    if study.pending:
        found.append(page("warning.pending", n=study.pending))
    if missing := missing_phrase(study.manifest, page):
        found.append(missing)
    if absent := sorted(set(study.manifest["scenario"].astype(str)) - set(study.scenarios)):
        found.append(page("warning.absent", names=page.join(absent)))
    if not study.has_baseline:
        found.append(page("warning.no_baseline"))
    if not study.target_years:
        found.append(page("warning.no_target", year=study.years[-1]))
    if study.changed:
        names = [page(f"differs.{kind}", name=name) for kind, name in study.changed]
        found.append(page("warning.differs", what=page.join(names)))
    made = study.env.get("posterior_made_with")
    if made and made["data"] != study.env["data_hash"]:
        found.append(page("warning.posterior", name=study.config["posterior"]))
    if canvas.text.language != page.language:
        found.append(page("warning.font"))
    return found


def _headline(canvas: Canvas) -> str:
    """Return what the plan adds and what is open anyway, for the last target year."""
    study, page = canvas.study, canvas.page
    strict = _strict(study)
    if not strict:
        return page("answer.no_target", place=canvas.page_place, year=study.years[-1])
    few = any(c.verdict == "few" for c in strict)
    key = "answer.part.few" if few else study.told("answer.part")
    parts = [
        page(key, name=canvas.page_name(c.scenario), verdict=page(f"verdict.{c.verdict}"), value=chance_words(page, c))
        for c in strict
    ]
    values = {"place": canvas.page_place, "year": study.focus, "parts": page.clauses(parts)}
    sign = "" if few else _sign(study)
    if not sign:
        return page("answer.headline.few" if few else "answer.headline", **values)
    size = page.size(number(study.effect(PLAN, RATE), study.focus, "median"))
    adds = page(f"answer.adds.{sign}", name=canvas.page_name(PLAN), size=size, **values)
    either = all(c.verdict in OPEN for c in strict)
    return page.sentences([adds, page("answer.open" if either else "answer.headline", **values)])


def _strict(study: Study) -> list[Chance]:
    """Return the chances of the strict reading of the goal in the last target year."""
    return [c for c in chances(study) if c.goal == "resident_rate_66" and c.year == study.focus]


def chance_words(page: Text, chance: Chance) -> str:
    """Return a probability as a rounded percentage, 0 and 1 only as bounds; as a count when there are few runs."""
    told = wording(chance.probability, chance.runs, chance.alone)
    if told.kind == "count":
        return page("chance.count", n=told.runs, hits=told.hits)
    if told.kind == "share":
        return page.percent(chance.probability, 0)
    return page(f"chance.{told.kind}", value=f"{told.percent}%")


def _levels(canvas: Canvas) -> str:
    """Return medians and bands of the rate."""
    study, page = canvas.study, canvas.page
    parts = []
    for name in shown(study):
        table = study.series(name, RATE)
        if study.focus in table.index:
            values = {key: page.percent(number(table, study.focus, key)) for key in ("median", "p05", "p95")}
            key = "answer.level.point" if values["p05"] == values["p95"] else study.told("answer.level.part")
            parts.append(page(key, name=canvas.page_name(name), **values))
    return page("answer.level", year=study.focus, parts=_listed(page, parts)) if parts else ""


def _sign(study: Study) -> str:
    """Return whether the effect of the plan is none, up, down or open; empty where it cannot be told."""
    if not (study.has_baseline and PLAN in study.scenarios):
        return ""
    table = study.effect(PLAN, RATE)
    if study.focus not in table.index:
        return ""
    low, high = (number(table, study.focus, key) for key in ("p05", "p95"))
    if max(abs(low), abs(high)) < NEGLIGIBLE:
        return "none"
    return "up" if low > 0 else "down" if high < 0 else "open"


def _effect(canvas: Canvas) -> str:
    """Return what the plan adds to no new policy, run by run."""
    study, page = canvas.study, canvas.page
    sign = _sign(study)
    if not sign:
        return ""
    table = study.effect(PLAN, RATE)
    low, middle, high = (number(table, study.focus, key) for key in ("p05", "median", "p95"))
    return page(
        f"answer.effect.{sign}",
        name=canvas.page_name(PLAN),
        year=study.focus,
        value=page.points(middle),
        size=page.size(middle),
        low=page.points(low),
        high=page.points(high),
    )


def _without_policy(canvas: Canvas) -> str:
    """Return how much of the rise under the plan comes about without it as well."""
    study, page = canvas.study, canvas.page
    first = study.last_observed
    if not (study.has_baseline and PLAN in study.scenarios and first in study.years and first < study.focus):
        return ""
    levels = {name: study.series(name, RATE)["median"] for name in (PLAN, BASELINE)}
    plan, base = (float(levels[name].loc[study.focus] - levels[name].loc[first]) for name in (PLAN, BASELINE))
    if plan <= 0 or base <= 0:
        return ""
    key = "all" if base >= plan else "most" if base >= 0.5 * plan else "part"
    values = {"plan": page.size(plan, 1), "base": page.size(base, 1), "name": canvas.page_name(PLAN)}
    return page(f"answer.without.{key}", first=first, last=study.focus, **values)


def _others(canvas: Canvas) -> str:
    """Return which of the other scenarios adds most and least."""
    study, page = canvas.study, canvas.page
    others = {}
    for name in study.policies:
        table = study.effect(name, RATE)
        if name != PLAN and study.focus in table.index:
            others[name] = number(table, study.focus, "median")
    if not study.has_baseline or not others:
        return ""
    best, least = max(others, key=lambda n: others[n]), min(others, key=lambda n: others[n])
    values = {"best": canvas.page_name(best), "best_value": page.points(others[best]), "year": study.focus}
    if best == least:
        return page("answer.other", **values)
    ranked = page("answer.others", least=canvas.page_name(least), least_value=page.points(others[least]), **values)
    return page.sentences([ranked, _between(canvas, best, least), pair_words(canvas)])


def _between(canvas: Canvas, best: str, least: str) -> str:
    """Return the difference between two scenarios, run by run, and whether its middle 90% holds zero."""
    study, page = canvas.study, canvas.page
    table = year_ends(study, [RATE], [best, least])
    if table is None:
        return ""
    runs = table[table["year"] == study.focus].set_index(["draw", "replicate"])
    values = [runs.loc[runs["scenario"] == name, "value"] for name in (best, least)]
    low, middle, high = (values[0] - values[1]).dropna().quantile([0.05, 0.5, 0.95])
    key = "answer.between.open" if low <= 0 <= high else "answer.between.sure"
    return page(key, value=page.points(middle), low=page.points(low), high=page.points(high))


def _causes(canvas: Canvas, causes: pd.DataFrame | None) -> str:
    """Return where the change of the rate comes from, largest part first."""
    study, page = canvas.study, canvas.page
    if causes is None or causes.empty:
        return ""
    first, scenario = min(study.last_observed, study.focus - 1), shown(study)[0]
    sums = window_sums(causes, first, study.focus)
    if scenario not in sums.index:
        return ""
    own = row(sums, scenario)
    order = sorted(TERMS, key=lambda term: -abs(float(own[term])))
    parts = [page(f"answer.cause.{term}", value=page.points(float(own[term]))) for term in order]
    sentences = [
        page(
            "answer.causes",
            name=canvas.page_name(scenario),
            first=first,
            last=study.focus,
            change=page.points(float(own["change"])),
            parts=page.join(parts),
        )
    ]
    if scenario == BASELINE and PLAN in sums.index:
        difference = row(sums, PLAN)[list(TERMS)] - own[list(TERMS)]
        term = str(difference.abs().idxmax())
        if abs(float(difference[term])) >= NEGLIGIBLE:
            values = {
                "name": canvas.page_name(PLAN),
                "term": page(f"term.{term}"),
                "value": page.points(float(difference[term])),
            }
            sentences.append(page("answer.causes.plan", **values))
    return page.sentences(sentences)


def _gap(canvas: Canvas, gaps: pd.DataFrame | None) -> str:
    """Return the change of the gap between resident and registered rate."""
    study, page = canvas.study, canvas.page
    if gaps is None:
        return ""
    rows = gaps[gaps["year"] == study.focus].set_index("scenario")["median"]
    names = [name for name in shown(study) if name in rows.index]
    if not names:
        return ""
    parts = [
        page("answer.gap.part", name=canvas.page_name(name), value=page.points(float(rows[name]))) for name in names
    ]
    chance = chance_of(study, names[-1], "gap_narrows", study.focus)
    extra = page("answer.gap.unknown") if study.focus > study.last_observed else ""
    if chance is not None:
        extra = page("answer.gap.chance", name=canvas.page_name(names[-1]), value=chance_words(page, chance))
    return page.sentences(
        [
            page("answer.gap", first=int(gaps["year"].min()), last=study.focus, parts=_listed(page, parts)),
            extra,
            page("answer.gap.level"),
        ]
    )


def _benchmarks(canvas: Canvas) -> str:
    """Return the benchmarks and where the simulated median lies among them."""
    study, page = canvas.study, canvas.page
    table = benchmark_table(study)
    scenario = shown(study)[0]
    level = study.series(scenario, RATE)
    if table is None or study.focus not in set(table["year"]) or study.focus not in level.index:
        return ""
    rows = table[table["year"] == study.focus].set_index("benchmark")
    median = number(level, study.focus, "median")
    lowest, highest = float(rows["low"].min()), float(rows["high"].max())
    side = "inside" if lowest <= median <= highest else "above" if median > highest else "below"
    return page.sentences(
        [
            page(
                "answer.benchmarks",
                year=study.focus,
                linear=page.percent(number(rows, "linear", "share")),
                low=page.percent(number(rows, "logistic", "low")),
                high=page.percent(number(rows, "logistic", "high")),
                growth=page.percent(number(rows, "growth_difference", "share")),
            ),
            page(f"answer.benchmarks.{side}", name=canvas.page_name(scenario), value=page.percent(median)),
        ]
    )


def _listed(page: Text, parts: list[str]) -> str:
    """Return clauses joined for a sentence."""
    if page.language == "zh":
        return "，".join(parts)
    return page.join(parts) if len(parts) < 3 else "; ".join(parts)
