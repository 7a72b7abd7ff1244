"""Whole numbers from shares: largest remainders with memory, and proportional fitting."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim._compile import njit

Floats = NDArray[np.float64]
Ints = NDArray[np.int64]


def largest_remainder(values: Floats, total: int) -> Ints:
    """Return whole numbers that add to ``total`` in proportion to ``values`` (ties go to the first)."""
    if total == 0 or values.sum() <= 0:
        return np.zeros(values.size, np.int64)
    scaled = values * (total / values.sum())
    whole = np.floor(scaled).astype(np.int64)
    order = np.argsort(-(scaled - whole), kind="stable")
    whole[order[: total - int(whole.sum())]] += 1
    return whole


@njit
def _apportion_row(want: Floats, allowed: NDArray[np.bool_], total: int) -> Ints:
    """Return whole numbers near ``want`` that add to ``total``; only allowed cells are used."""
    n = want.size
    out = np.zeros(n, np.int64)
    left = total
    for k in range(n):
        if allowed[k] and want[k] > 0:
            out[k] = int(np.floor(want[k]))
            left -= out[k]
    while left != 0:
        best, best_gap = -1, -1e300
        for k in range(n):
            if not allowed[k] or (left < 0 and out[k] == 0):
                continue
            gap = want[k] - out[k] if left > 0 else out[k] - want[k]
            if gap > best_gap:
                best, best_gap = k, gap
        if best < 0:
            break
        out[best] += 1 if left > 0 else -1
        left += -1 if left > 0 else 1
    return out


@njit
def apportion_rows(targets: Floats, totals: Ints) -> Ints:
    """Return whole numbers int64[n, k]: row i adds to ``totals[i]`` in proportion to ``targets[i]``.

    What rounding takes from a column in one row is carried to the next rows, so that column sums
    stay within about one of their target; cells with a zero target stay zero.
    """
    n, k = targets.shape
    out = np.zeros((n, k), np.int64)
    carry = np.zeros(k)
    for i in range(n):
        size = targets[i].sum()
        if totals[i] == 0 or size <= 0:
            continue
        allowed = targets[i] > 0
        share = targets[i] * (totals[i] / size)
        out[i] = _apportion_row(np.where(allowed, share + carry, -1e300), allowed, totals[i])
        for j in range(k):
            if allowed[j]:
                carry[j] += share[j] - out[i, j]
    return out


@njit
def carry_round(values: Floats, caps: Ints) -> Ints:
    """Return whole numbers near ``values``, at most ``caps``, whose running sum follows the running sum of values."""
    out = np.zeros(values.size, np.int64)
    carry = 0.0
    for i in range(values.size):
        want = values[i] + carry
        out[i] = min(max(int(np.floor(want + 0.5)), 0), caps[i])
        carry = want - out[i]
        if carry > 2.0:
            carry = 2.0
    return out


def fit_proportions(seed: Floats, rows: Floats, columns: Floats, rounds: int = 200) -> Floats:
    """Return ``seed`` scaled to the row and column sums (iterative proportional fitting), columns exact.

    Args:
        seed: non-negative float64[..., r, k].
        rows: float64[..., r].
        columns: float64[..., k], the same sum as ``rows``.
        rounds: largest number of passes; stops when rows are within one millionth.
    """
    table = seed.astype(np.float64).copy()
    for _ in range(rounds):
        sums = table.sum(-1)
        table *= np.divide(rows, sums, out=np.zeros_like(sums), where=sums > 0)[..., None]
        sums = table.sum(-2)
        table *= np.divide(columns, sums, out=np.zeros_like(sums), where=sums > 0)[..., None, :]
        if np.all(np.abs(table.sum(-1) - rows) <= 1e-6 * np.maximum(rows, 1.0)):
            break
    return table
