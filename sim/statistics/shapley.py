"""Shapley values and interactions of a game given by the value of every coalition."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations
from math import factorial

import numpy as np

from sim.base.arrays import Floats

Coalition = frozenset[str]
Values = Mapping[Coalition, Floats]
"""Value of every coalition; the arrays (one entry per run, say) share one shape."""


def coalitions(players: Sequence[str]) -> Iterator[Coalition]:
    """Yield every coalition of the players, the empty one first and the grand one last.

    Example:
        >>> [sorted(c) for c in coalitions(["a", "b"])]
        [[], ['a'], ['b'], ['a', 'b']]
    """
    for size in range(len(players) + 1):
        yield from map(frozenset, combinations(players, size))


def shapley(values: Values, players: Sequence[str]) -> dict[str, Floats]:
    """Return the Shapley value of every player: its mean marginal contribution over all orders.

    The values sum to the value of the grand coalition less that of the empty one, run by run.

    Raises:
        KeyError: a coalition has no value.
    """
    n = len(players)
    result = {}
    for player in players:
        others = [other for other in players if other != player]
        total = np.zeros_like(values[frozenset()], dtype=np.float64)
        for group in coalitions(others):
            weight = factorial(len(group)) * factorial(n - len(group) - 1) / factorial(n)
            total += weight * (values[group | {player}] - values[group])
        result[player] = total
    return result


def interactions(values: Values, players: Sequence[str]) -> dict[tuple[str, str], Floats]:
    """Return the Shapley interaction index of every pair: how much more two do together than apart.

    Positive where they strengthen each other (Grabisch and Roubens 1999).
    """
    n = len(players)
    result = {}
    for one, other in combinations(players, 2):
        rest = [player for player in players if player not in (one, other)]
        total = np.zeros_like(values[frozenset()], dtype=np.float64)
        for group in coalitions(rest):
            weight = factorial(len(group)) * factorial(n - len(group) - 2) / factorial(n - 1)
            both = values[group | {one, other}] - values[group | {one}] - values[group | {other}] + values[group]
            total += weight * both
        result[one, other] = total
    return result
