"""The households of two runs side by side: who has more, who has less, who exists in one run alone."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.agents.state import Households
from sim.base.arrays import Floats, Ints
from sim.data import Region
from sim.model.year.books import AccountError
from sim.programs.compare_households.groups import kinds
from sim.programs.compare_households.outcomes import OUTCOMES, Outcome, books, pair_of
from sim.studies.household_view import Flags, View

__all__ = ["FIELDS", "FLOW", "HOUSEHOLDS", "SEPARATOR", "STANDINGS", "Pair", "check_books", "compared", "pair_up"]

SEPARATOR = "|"
FIELDS = (
    "before",
    "after",
    "gained",
    "lost",
    "appeared",
    "gone",
    "households_more",
    "households_less",
    "better",
    "worse",
)
"""What is counted of an outcome: sums in both runs; more and less in households of both; sums of households of one run
alone; then households with more, with less, and those of both for whom that is better or worse."""
STANDINGS = ("better", "worse", "mixed", "other", "same", "only_first", "only_second")
"""What becomes of a household: every household is exactly one of them."""
HOUSEHOLDS, FLOW = "households", "flow"
"""Instead of an outcome: numbers of households by standing, and by where they live."""


class Pair(NamedTuple):
    """The households of two runs.

    Attributes:
        a, b: households that exist in both runs, in the same order.
        only_a, only_b: households that exist in one run alone.
    """

    a: View
    b: View
    only_a: View
    only_b: View


def pair_up(a: View, b: View) -> Pair:
    """Match the households of two runs by their keys."""
    keys_a, keys_b = a.households.key, b.households.key
    _, at_a, at_b = np.intersect1d(keys_a, keys_b, assume_unique=True, return_indices=True)
    rest_a, rest_b = (np.setdiff1d(np.arange(len(k)), at) for k, at in ((keys_a, at_a), (keys_b, at_b)))
    return Pair(a.take(at_a), b.take(at_b), a.take(rest_a), b.take(rest_b))


def compared(pair: Pair, region: Region) -> dict[str, float]:
    """Return every count, whole numbers of the model, each named outcome|dimension|group|field."""
    sorted_by = _reference(pair)
    groups = kinds(sorted_by, region)
    member = np.stack([kind.member for kind in groups]).astype(np.float64)
    names = [f"{kind.dimension}{SEPARATOR}{kind.group}" for kind in groups]
    row: dict[str, float] = {}
    for outcome in OUTCOMES:
        row |= _named(outcome.name, names, FIELDS, member @ _changes(outcome, pair).T)
    standing = _standing(pair)
    numbers = np.stack([standing == k for k in range(len(STANDINGS))]).astype(np.float64)
    row |= _named(HOUSEHOLDS, names, STANDINGS, member @ numbers.T)
    return row | _flows(pair, region)


def check_books(view: View, stocks: Ints, scenario: str) -> None:
    """Compare sums over households with the books of their run.

    Raises:
        AccountError: they differ.
    """
    for name, booked in books(stocks, view.edge).items():
        value = int(next(o for o in OUTCOMES if o.name == name).value(view).sum())
        if value != booked:
            raise AccountError(f"{scenario}: {name} of all households is {value}, booked are {booked}")


def _reference(pair: Pair) -> View:
    """Return all households: of both runs as they are in the first one, then of the first alone, then of the second."""
    parts = [view.households for view in (pair.a, pair.only_a, pair.only_b)]
    whole = Households._make(np.concatenate(columns) for columns in zip(*parts, strict=True))
    return View(whole, pair.a.block_zone, pair.a.burden)


def _changes(outcome: Outcome, pair: Pair) -> Ints:
    """Return the fields of an outcome by household, int64[fields, N], in the order of ``_reference``."""
    before, after = pair_of(outcome, pair.a, pair.b)
    gone, appeared = outcome.value(pair.only_a), outcome.value(pair.only_b)
    change = after - before
    both, first, second = (np.zeros(len(view.base), np.int64) for view in (pair.a, pair.only_a, pair.only_b))
    rows = (
        (before, gone, second),
        (after, first, appeared),
        (np.maximum(change, 0), first, second),
        (np.maximum(-change, 0), first, second),
        (both, first, appeared),
        (both, gone, second),
        (change > 0, first, second),
        (change < 0, first, second),
        *((told, first, second) for told in _told(outcome, pair)),
    )
    return np.stack([np.concatenate(parts) for parts in rows])


def _told(outcome: Outcome, pair: Pair) -> tuple[Flags, Flags]:
    """Return for which households of both runs an outcome is better, and for which it is worse."""
    before, after = pair_of(outcome, pair.a, pair.b)
    change = outcome.sign * (after - before)
    if outcome.stake is not None:
        change = np.where(outcome.stake(pair.a, pair.b), change, 0)
    return change > 0, change < 0


def _standing(pair: Pair) -> Ints:
    """Return the position in ``STANDINGS`` of every household, in the order of ``_reference``."""
    better, worse, changed = (np.zeros(len(pair.a.base), np.bool_) for _ in range(3))
    for outcome in OUTCOMES:
        before, after = pair_of(outcome, pair.a, pair.b)
        changed |= before != after
        gains, loses = _told(outcome, pair)
        better |= gains & (not outcome.market)
        worse |= loses & (not outcome.market)
    other = np.where(changed, 3, 4)
    both = np.where(better & worse, 2, np.where(better, 0, np.where(worse, 1, other)))
    return np.concatenate([both, np.full(len(pair.only_a.base), 5), np.full(len(pair.only_b.base), 6)])


def areas(region: Region) -> list[str]:
    """Return where earners can live: village and town of every prefecture, then outside places."""
    zones = [f"{code}:{zone}" for code in region.prefecture_codes for zone in ("village", "town")]
    return [*zones, *region.outside_codes]


def _flows(pair: Pair, region: Region) -> dict[str, float]:
    """Return the households whose earners live in another area in the second run, by both areas."""
    names = areas(region)
    edge = pair.a.edge
    prefecture = np.repeat(region.county_prefecture, 2)

    def area(view: View) -> Ints:
        inside = np.minimum(view.earners, edge - 1)
        outside = 2 * region.n_prefectures + view.earners - edge
        return np.where(view.earners >= edge, outside, 2 * prefecture[inside] + (inside & 1))

    counts = np.zeros((len(names), len(names)), np.int64)
    np.add.at(counts, (area(pair.a), area(pair.b)), 1)
    np.fill_diagonal(counts, 0)
    return {SEPARATOR.join((FLOW, names[i], names[j], HOUSEHOLDS)): float(counts[i, j]) for i, j in np.argwhere(counts)}


def _named(outcome: str, names: list[str], fields: tuple[str, ...], values: Floats) -> dict[str, float]:
    """Return a table of kinds by fields as named numbers."""
    return {
        SEPARATOR.join((outcome, name, field)): float(values[k, j])
        for k, name in enumerate(names)
        for j, field in enumerate(fields)
    }
