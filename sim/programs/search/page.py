"""The page of a search: the answer in sentences, the frontier, bundles that cannot be told apart, real runs."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import pandas as pd

from sim.policies.plan import plan_years
from sim.programs.search.answers import HUNDRED_MILLION, Answers, Missing
from sim.programs.search.figures import FIGURES, Pen
from sim.programs.search.page_rows import LEAST, Words, bundle_rows, closing_rows, lever_rows, real_rows, records
from sim.programs.search.problem import Wanted
from sim.programs.search.scenarios import question_name
from sim.programs.whatif.fitted import Fitted
from sim.programs.whatif.study import Ready
from sim.report.answer import Answer
from sim.report.fonts import figure_language
from sim.report.page import Section, page_html
from sim.report.page_figures import Figure, draw, tell
from sim.report.page_tables import Table
from sim.report.text import Text, signed_minus
from sim.statistics.least_cost import Problem
from sim.studies.files import replacing

__all__ = ["PAGE", "Result", "answer", "write_page"]

PAGE = "search.html"


class Result(NamedTuple):
    """All that the page tells.

    Attributes:
        prepared: the study.
        wanted: what was asked.
        emulators: the emulators.
        problem: the question as a problem.
        found: the answer of the emulators.
        gap: what is missing, None if nothing is.
        tables: tables by name; ``confirmed`` if bundles were run for real.
    """

    prepared: Ready
    wanted: Wanted
    emulators: Fitted
    problem: Problem
    found: Answers
    gap: Missing | None
    tables: dict[str, pd.DataFrame]

    def bundle(self, name: str) -> dict[str, Any]:
        """Return what the emulators say of a bundle; of the best one if there is none of the name."""
        table = {row["bundle"]: row for row in records(self.tables["bundles"])}
        return table.get(name, next(iter(table.values())))

    @property
    def real(self) -> list[dict[str, Any]]:
        """Real runs by bundle, none if there are none."""
        return records(self.tables["confirmed"]) if "confirmed" in self.tables else []

    def words(self, page: Text) -> Words:
        """Return the words of the page."""
        return Words(page, self.wanted, self.prepared.setup.levers)


def write_page(result: Result, folder: Path, language: str) -> Path:
    """Draw the figures, write the page and return its path.

    Args:
        result: what is told.
        folder: of the question.
        language: ``en`` or ``zh``; without a Chinese font, figures are in English.
    """
    page, text = Text(language), Text(figure_language(language))
    levers = result.prepared.setup.levers
    pen = Pen(text, page, result.tables, result.wanted, result.found.tolerance, levers, _note(result, text))
    target = folder / "figures"
    target.mkdir(exist_ok=True)
    shown: dict[str, Figure] = {}
    for name, drawing in FIGURES.items():
        figure = draw(name, partial(drawing, pen), target)
        tell(figure)
        if figure is not None:
            shown[name] = figure
    parts, sentences = _sections(result, page, shown), answer(result, page)
    html = page_html(
        page,
        title=page("search.title", **result.words(page).asked),
        subtitle=_note(result, page),
        answer=Answer(sentences[0], [*sentences[1:], *_points(result, page)], _warnings(result, page), []),
        sections=parts,
        footer=page("search.footer", study=result.prepared.folder.name),
    )
    path = folder / PAGE
    with replacing(path) as temporary:
        temporary.write_text(html, encoding="utf-8")
    return path


def _note(result: Result, text: Text) -> str:
    return text(
        "search.note",
        study=result.prepared.folder.name,
        draws=len(result.emulators.draws),
        households=f"{result.prepared.config.households:,}",
        runs=f"{sum(row['draws'] for row in result.real):,}",
    )


def answer(result: Result, page: Text) -> list[str]:
    """Return the answer: what the emulators found, what is missing, what real runs say."""
    wanted, found, best, words = result.wanted, result.found, result.bundle("best"), result.words(page)
    values = {
        **words.asked,
        "probability": page.percent(best["probability_all_draws"]),
        "cost": words.money(best["cost_p50"]),
        "bundle": words.measures(best),
        "baseline": page.percent(found.baseline),
        "highest": page.percent(found.highest),
        "budget": "" if wanted.budget is None else words.money(wanted.budget),
    }
    key = "reached" if found.reached else "nearest"
    if found.baseline >= wanted.probability:
        key = "already"
    elif wanted.budget is not None:
        key = "budget"
    told = page(f"search.headline.{key}", **values)
    return [told, *_gap(result, page), _real_words(result, page)]


def _gap(result: Result, page: Text) -> list[str]:
    if result.gap is None:
        return []
    return [page("search.gap", points=signed_minus(result.gap.points, 2), **result.words(page).asked)]


def _real_words(result: Result, page: Text) -> str:
    """Return what real runs say of the best bundle."""
    row = next((row for row in result.real if row["bundle"] == "best"), None)
    if row is None:
        return page("search.unconfirmed")
    return page(
        "search.real",
        draws=row["draws"],
        probability=page.percent(row["probability"]),
        low=page.percent(row["ci_low"], 0),
        high=page.percent(row["ci_high"], 0),
        cost=result.words(page).money(row["cost_p50"]),
        emulated=page.percent(row["emulated_probability"]),
        all=page.percent(row["probability_all_draws"]),
    )


def _points(result: Result, page: Text) -> list[str]:
    """Return what else the answer holds."""
    found, table, words = result.found, records(result.tables["levers"]), result.words(page)
    always = [row["lever"] for row in table if row["least"] > LEAST]
    either = [row["lever"] for row in table if row["least"] <= LEAST < row["most"]]
    same = [row for row in records(result.tables["bundles"]) if row["kind"] in ("best", "alternative", "alike")]
    least = min(same, key=lambda row: float(row["cost_p50"]))
    alike = page(
        "search.point.alike",
        cheapest=words.measures(least),
        lowest=words.money(least["cost_p50"]),
        told=page.percent(least["probability_all_draws"]),
        n=len(found.alike),
        always=page.join(always) or page("search.nobody"),
        either=page.join(either) or page("search.nobody"),
        probability=signed_minus(100.0 * found.tolerance.probability, 1),
        cost=words.money(found.tolerance.cost / HUNDRED_MILLION),
    )
    row = result.bundle("cautious")
    cautious = page(
        "search.point.cautious",
        bundle=words.measures(row),
        probability=page.percent(row["probability_cautious"]),
        cost=words.money(row["cost_p90"]),
        highest=page.percent(found.highest_cautious),
    )
    acts = zip(result.emulators.space.levers, result.problem.upper, strict=True)
    passive = page("search.point.passive", levers=page.join([name for name, upper in acts if not upper]))
    return [alike, cautious, passive, *_judged(result, page)]


def _judged(result: Result, page: Text) -> list[str]:
    """Return how real runs judge the emulator."""
    bundles = [row for row in result.real if row["kind"] != "none"]
    if not bundles:
        return []
    outside = [row["bundle"] for row in bundles if not (row["inside_probability"] and row["inside_cost"])]
    missed = max(abs(row["probability"] - row["emulated_probability"]) for row in bundles)
    values = {"all": len(bundles), "n": len(outside), "names": page.join(outside)}
    key = "search.point.outside" if outside else "search.point.inside"
    return [page(key, missed=signed_minus(100.0 * missed, 1), **values)]


def _warnings(result: Result, page: Text) -> list[str]:
    beside = page.join([lever.id for lever in result.prepared.setup.levers.values() if lever.unbooked])
    values = {"price_year": plan_years().price_year, "levers": beside or page("search.nobody")}
    return [page(f"search.warning.{key}", **values) for key in ("prior", "cost", "emulator", "constant")]


def _sections(result: Result, page: Text, shown: dict[str, Figure]) -> list[Section]:
    """Return the sections that have content."""
    words, tables = result.words(page), result.tables
    levers = lever_rows(words, tables["levers"], result.bundle("best")["cost_p50"])
    made = [_section(page, "frontier", [shown["frontier"]])]
    if result.gap is not None:
        made.append(_section(page, "missing", [closing_rows(words, result.gap.closing)]))
        made[-1].texts = _gap(result, page)
    made.append(_section(page, "levers", [shown["levers"], levers]))
    made[-1].texts = [page("search.section.levers.text")]
    made.append(_section(page, "bundles", [bundle_rows(words, tables["bundles"])]))
    if "confirmed" in tables:
        made.append(_section(page, "real", [real_rows(words, tables["confirmed"])]))
    if any(bundle.kind == "best" for bundle in result.found.bundles):
        made.append(_section(page, "code", []))
        made[-1].texts, made[-1].code = [page("search.section.code.text")], _command(result)
    return made


def _section(page: Text, key: str, blocks: list[Figure | Table]) -> Section:
    return Section(key, page(f"search.section.{key}"), blocks=blocks)


def _command(result: Result) -> str:
    name = question_name(result.wanted)
    file = Path(result.prepared.folder, "search", name, "scenarios", f"best_{name}.yaml").as_posix()
    return f"python -m experiments.project study=search 'scenarios=[no_new_policy,{file}]'"
