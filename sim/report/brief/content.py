"""What the brief says, part by part; a part that a study cannot fill is left out."""

from __future__ import annotations

from typing import NamedTuple

from markupsafe import Markup

from sim.report.answer import NEGLIGIBLE, Chance, warnings
from sim.report.brief.facts import Facts
from sim.report.brief.money import Band, Price, price
from sim.report.figures.causes import window_sums
from sim.report.finished_study import GAP, RATE
from sim.report.frames import row
from sim.statistics.decompose import TERMS

__all__ = ["NOTHING", "Bar", "Tile", "adds", "headline", "money_band", "notes", "tiles", "title", "why"]


NOTHING = "–"
"""Shown where there is no number."""


class Tile(NamedTuple):
    """A large number with its words."""

    number: Markup
    unit: str
    words: Markup


class Bar(NamedTuple):
    """One part of the effect: its name, its value, and where its bar starts and ends (percent of the width)."""

    label: str
    value: Markup
    start: float
    width: float
    positive: bool


def title(facts: Facts) -> str:
    """Return the question."""
    key = "brief.title" if facts.judged else "brief.title.short"
    return facts.page(key, place=facts.canvas.page_place, year=facts.study.focus)


def headline(facts: Facts) -> str:
    """Return the answer in one sentence."""
    page, year = facts.page, facts.study.focus
    mine = facts.chance(facts.lead)
    base = facts.chance(facts.base) if facts.base else None
    if mine is None:
        return page("answer.no_target", place=facts.canvas.page_place, year=facts.study.years[-1])
    key = "brief.answer.few" if facts.few else "brief.answer"
    values = _said(facts, mine, "")
    if base is None:
        return page(f"{key}.one", year=year, **values)
    return page(f"{key}.two", year=year, **values, **_said(facts, base, "base_"))


def _said(facts: Facts, chance: Chance, prefix: str) -> dict[str, str]:
    word = "" if chance.verdict == "few" else facts.page(f"verdict.{chance.verdict}")
    said = {"name": facts.name(chance.scenario), "verdict": word, "value": facts.told_chance(chance)}
    return {f"{prefix}{key}": value for key, value in said.items()}


def tiles(facts: Facts) -> list[Tile]:
    """Return the large numbers under the answer."""
    page, markup = facts.page, facts.sources.markup
    found = []
    mine = facts.chance(facts.lead)
    if mine is not None:
        found.append(Tile(markup(facts.told_chance(mine)), "", markup(_chance_words(facts))))
    effect = facts.effect(facts.lead) if facts.base else None
    if effect is not None:
        shown = [_cell(facts, facts.lead, page.points(value), column) for value, column in _columns(effect)]
        words = page("brief.tile.effect", year=facts.study.focus, low=shown[1], high=shown[2])
        found.append(_tile(facts, shown[0], "points", words))
    cost = price(facts, facts.lead)
    if cost is not None:
        found += [_cost_tile(facts, cost), _each_tile(facts, cost, "resident"), _each_tile(facts, cost, "registered")]
    return found


def _chance_words(facts: Facts) -> str:
    base = facts.chance(facts.base) if facts.base else None
    key, name = "brief.tile.count" if facts.few else "brief.tile.chance", facts.name(facts.lead)
    if base is None:
        return facts.page(f"{key}.one", name=name)
    return facts.page(key, name=name, base=facts.name(base.scenario), value=facts.told_chance(base))


def _columns(band: tuple[float, float, float]) -> list[tuple[float, str]]:
    return list(zip(band, ("median", "p05", "p95"), strict=True))


def _cell(facts: Facts, scenario: str, text: str, column: str, indicator: str = RATE) -> str:
    return facts.cite(text, "effects", facts.study.focus, scenario, indicator, column)


def money_cell(facts: Facts, scenario: str, found: Price, kind: str, text: str) -> str:
    """Return a number on money with its source, which is one for all scenarios."""
    what = facts.page(f"brief.source.price.{kind}", first=found.first, last=found.last)
    return facts.sources.cite(text, "runs/", what, scenario=scenario, years=f"{found.first}-{found.last}", kind=kind)


def _cost_tile(facts: Facts, found: Price) -> Tile:
    shown = [money_cell(facts, facts.lead, found, "cost", facts.money(value)) for value in found.cost]
    words = facts.page("brief.tile.cost", first=found.first, last=found.last, low=shown[1], high=shown[2])
    return _tile(facts, shown[0], "money", words)


def _each_tile(facts: Facts, found: Price, kind: str) -> Tile:
    band = found.resident if kind == "resident" else found.registered
    shown, open_to = money_band(facts, facts.lead, found, kind, band)
    words = facts.page(f"brief.tile.{kind}")
    return _tile(facts, shown, "", facts.page.sentences([words, open_to or facts.page("brief.tile.open")]))


def money_band(facts: Facts, scenario: str, found: Price, kind: str, band: Band) -> tuple[str, str]:
    """Return an amount and its interval with their sources; where only the least is known, that without interval."""
    shown = facts.money if kind == "cost" else facts.each
    middle, low, high = (
        money_cell(facts, scenario, found, kind, shown(value)) if value == value else "" for value in band
    )
    if middle:
        return middle, facts.page("brief.interval", low=low, high=high)
    return (facts.page("brief.least", value=low) if low else NOTHING), ""


def _tile(facts: Facts, shown: str, unit: str, words: str) -> Tile:
    """Return a number with its unit, unless its words have it; the number of its source stands beside it alone."""
    markup = facts.sources.markup
    return Tile(markup(shown), facts.page(f"brief.unit.{unit}") if unit else "", markup(words, False))


def adds(facts: Facts) -> list[str]:
    """Return what the scenario adds to the baseline, in sentences."""
    if facts.base is None:
        return [facts.page("brief.adds.no_baseline")]
    return [text for text in (_effect(facts), _anyway(facts), _gap(facts)) if text]


def _effect(facts: Facts) -> str:
    """Return the effect in points and in people."""
    effect, people = facts.effect(facts.lead), facts.effect(facts.lead, "urban_residents")
    if effect is None:
        return ""
    page = facts.page
    values = {"name": facts.name(facts.lead), "year": facts.study.focus, **_band(facts, effect, RATE)}
    told = [page(f"answer.effect.{_sign(effect)}", **values)]
    if people is not None:
        middle, low, high = (
            _cell(facts, facts.lead, facts.gain(value), column, "urban_residents") for value, column in _columns(people)
        )
        told.append(page("brief.adds.people", value=middle, low=low, high=high))
    return page.sentences(told)


def _anyway(facts: Facts) -> str:
    """Return how much of the rise comes about without new policy as well."""
    study, page = facts.study, facts.page
    first = study.last_observed
    if facts.base is None or first >= study.focus:
        return ""
    rises = {key: facts.rise(name, first, study.focus) for key, name in (("plan", facts.lead), ("base", facts.base))}
    plan, base = rises["plan"], rises["base"]
    if plan is None or base is None or min(plan, base) <= 0:
        return ""
    kind = "all" if base >= plan else "most" if base >= 0.5 * plan else "part"
    told = {
        key: facts.cite(page.size(rise, 1), "summary", study.focus, name, RATE, "median", f"less {first}")
        for key, rise, name in (("plan", plan, facts.lead), ("base", base, facts.base))
    }
    return page(f"answer.without.{kind}", first=first, last=study.focus, name=facts.name(facts.lead), **told)


def _gap(facts: Facts) -> str:
    """Return what the scenario does to the gap between resident and registered rate."""
    effect = facts.effect(facts.lead, GAP)
    return facts.page(f"brief.adds.gap.{_sign(effect)}", **_band(facts, effect, GAP)) if effect else ""


def _sign(effect: tuple[float, float, float]) -> str:
    """Return whether a difference is none, up, down or open, as its middle 90% has it."""
    _, low, high = effect
    if max(abs(low), abs(high)) < NEGLIGIBLE:
        return "none"
    return "up" if low > 0 else "down" if high < 0 else "open"


def _band(facts: Facts, effect: tuple[float, float, float], indicator: str) -> dict[str, str]:
    """Return a difference in points as cited numbers: its median with and without its sign, and its middle 90%."""
    page = facts.page
    shown = {"value": page.points(effect[0]), "size": page.size(effect[0])}
    shown |= {"low": page.points(effect[1]), "high": page.points(effect[2])}
    columns = {"low": "p05", "high": "p95"}
    return {key: _cell(facts, facts.lead, text, columns.get(key, "median"), indicator) for key, text in shown.items()}


def why(facts: Facts) -> tuple[Markup, list[Bar]]:
    """Return the parts of the effect (mean over runs) in the order of the report, under a title; none without them."""
    causes, study, page = facts.canvas.causes, facts.study, facts.page
    first = study.last_observed
    if causes is None or facts.base is None or not first < study.focus:
        return Markup(), []
    sums = window_sums(causes, first, study.focus)
    if not {facts.lead, facts.base} <= set(sums.index):
        return Markup(), []
    parts = row(sums, facts.lead) - row(sums, facts.base)
    low, high = (float(f(0.0, *parts)) for f in (min, max))
    if high - low < NEGLIGIBLE / 10:
        return Markup(), []
    name = f"{facts.lead} − {facts.base}"
    what = page("brief.source.causes", name=name, first=first, last=study.focus)

    def cited(text: str, **column: str) -> str:
        return facts.sources.cite(text, "accounts/", what, scenario=facts.lead, less=facts.base, **column)

    made = []
    for term in (*TERMS, "change"):
        value = float(parts[term])
        start = 100 * (min(value, 0.0) - low) / (high - low)
        width = 100 * abs(value) / (high - low)
        label = page("brief.why.sum" if term == "change" else f"brief.term.{term}")
        text = facts.sources.markup(cited(page.points(value), column=term), False)
        made.append(Bar(label, text, round(start, 2), round(width, 2), value >= 0))
    return facts.sources.markup(cited(page("brief.why"))), made


def notes(facts: Facts) -> list[str]:
    """Return what limits the reading of this study."""
    return warnings(facts.canvas)
