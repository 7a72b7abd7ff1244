"""The table of the brief: all scenarios of the study beside each other."""

from __future__ import annotations

from typing import Any, NamedTuple

from markupsafe import Markup

from sim.base.names import BASELINE
from sim.report.brief.content import NOTHING, money_band
from sim.report.brief.facts import Facts
from sim.report.brief.money import Band, Price, price
from sim.report.finished_study import RATE

__all__ = ["MOST", "Comparison", "compare"]

MOST = 10
"""Rows that two pages have room for."""
KINDS = ("cost", "resident", "registered")
"""What is told of money, as ``Price`` names it."""
Cell = tuple[str, str]
"""A number and its interval, with their sources."""


class Comparison(NamedTuple):
    """A table; without columns for a study of one scenario.

    Attributes:
        title: what it shows.
        head: columns: name, unit, numbers of their sources.
        rows: name, colour, and cells, each a number and its interval.
        left_out: scenarios that there is no room for.
    """

    title: str
    head: list[tuple[str, str, str]]
    rows: list[tuple[str, str, list[tuple[Markup, Markup]]]]
    left_out: int


def compare(facts: Facts) -> Comparison:
    """Return effect, probability, cost and cost per person of the scenarios.

    Baseline and the scenario of the brief come first; of more scenarios than fit, those that change the rate least
    are left out.
    """
    names, page, year = _chosen(facts), facts.page, facts.study.focus
    if len(names) < 2:
        return Comparison("", [], [], 0)
    prices = {name: price(facts, name) for name in names}
    paid = next((one for one in prices.values() if one), None)
    head, columns = [], []
    if facts.study.has_baseline:
        head.append((page("brief.table.effect", year=year), page("brief.unit.points")))
        columns.append([_effect(facts, name) for name in names])
    if facts.judged:
        head.append((page("brief.table.chance", year=year), ""))
        columns.append([_chance(facts, name) for name in names])
    if paid:
        head.append((page("brief.table.cost"), page("brief.unit.money.years", first=paid.first, last=paid.last)))
        head += [(page(f"brief.table.{kind}"), page("brief.unit.each")) for kind in KINDS[1:]]
        columns += [[_money(facts, name, prices[name], kind) for name in names] for kind in KINDS]
    markup, numbers = facts.sources.markup, facts.sources.numbers
    rows = [
        (facts.name(name), facts.canvas.colours[name], [(markup(a, False), markup(b, False)) for a, b in cells])
        for name, cells in zip(names, zip(*columns, strict=True), strict=False)
    ]
    cited = [", ".join(map(str, numbers("".join("".join(cell) for cell in column)))) for column in columns]
    titles = [(*title, number) for title, number in zip(head, cited, strict=True)]
    title = page("brief.table" if paid else "brief.table.free")
    return Comparison(title, titles, rows, len(facts.study.scenarios) - len(names))


def _chosen(facts: Facts) -> list[str]:
    first = [name for name in (facts.base, facts.lead) if name]
    others = [name for name in facts.study.scenarios if name not in first]
    sizes = {name: abs((facts.effect(name) or (0.0, 0.0, 0.0))[0]) for name in others}
    kept = sorted(others, key=lambda name: -sizes[name])[: MOST - len(first)]
    return [*first, *(name for name in others if name in kept)]


def _chance(facts: Facts, name: str) -> Cell:
    chance = facts.chance(name)
    return (NOTHING if chance is None else facts.told_chance(chance, each=True), "")


def _effect(facts: Facts, name: str) -> Cell:
    effect = facts.effect(name)
    if name == BASELINE or effect is None:
        return NOTHING, ""
    what = facts.page("brief.source.each", year=facts.study.focus, what=RATE)
    at: dict[str, Any] = {"scenario": name, "year": facts.study.focus, "place": facts.study.province, "indicator": RATE}
    middle, low, high = (
        facts.sources.cite(facts.page.points(value), "effects.csv", what, **at, column=column)
        for value, column in zip(effect, ("median", "p05", "p95"), strict=True)
    )
    return middle, facts.page("brief.interval", low=low, high=high)


def _money(facts: Facts, name: str, found: Price | None, kind: str) -> Cell:
    if found is None:
        return NOTHING, ""
    band: Band = getattr(found, kind)
    return money_band(facts, name, found, kind, band)
