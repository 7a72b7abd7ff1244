"""Whole numbers from shares: largest remainders with memory, and proportional fitting."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from sim.agents._compile import njit
from sim.base.arrays import Floats, Ints


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
def _apportion(targets: Floats, totals: Ints, out: Ints) -> None:
    """Write whole numbers row by row (see ``apportion_rows``)."""
    n, k = targets.shape
    carry = np.zeros(k)
    want = np.zeros(k)
    for i in range(n):
        size = 0.0
        for j in range(k):
            size += targets[i, j]
        if totals[i] == 0 or size <= 0:
            continue
        left = totals[i]
        for j in range(k):
            if targets[i, j] > 0:
                want[j] = targets[i, j] * totals[i] / size + carry[j]
                out[i, j] = int(np.floor(want[j])) if want[j] > 0 else 0
                left -= out[i, j]
        while left != 0:
            step = 1 if left > 0 else -1
            best, best_gap = -1, 0.0
            for j in range(k):
                if targets[i, j] > 0 and (step > 0 or out[i, j] > 0):
                    gap = (want[j] - out[i, j]) * step
                    if best < 0 or gap > best_gap:
                        best, best_gap = j, gap
            out[i, best] += step
            left -= step
        for j in range(k):
            if targets[i, j] > 0:
                carry[j] = want[j] - out[i, j]


def apportion_rows(targets: Floats, totals: Ints) -> Ints:
    """Return whole numbers int64[n, k]: row i adds to ``totals[i]`` in proportion to ``targets[i]``.

    What rounding takes from a column in one row is carried to the next rows, so that column sums
    stay within about one of their target; cells with a zero target stay zero.
    """
    out = np.zeros(targets.shape, np.int64)
    _apportion(np.ascontiguousarray(targets, np.float64), np.ascontiguousarray(totals, np.int64), out)
    return out


@njit
def order_of(keys: NDArray[np.uint16]) -> Ints:
    """Return the stable order of 16-bit keys (two passes of counting sort), int64[n]."""
    n = keys.size
    order, other = np.empty(n, np.int64), np.empty(n, np.int64)
    for i in range(n):
        other[i] = i
    for shift in (0, 8):
        start = np.zeros(257, np.int64)
        for i in range(n):
            start[((np.int64(keys[i]) >> shift) & 255) + 1] += 1
        for b in range(256):
            start[b + 1] += start[b]
        for i in range(n):
            bucket = (np.int64(keys[other[i]]) >> shift) & 255
            order[start[bucket]] = other[i]
            start[bucket] += 1
        order, other = other, order
    return other


def carry_round(values: Floats, caps: Ints) -> Ints:
    """Return whole numbers near ``values``, at most ``caps``, whose running sum follows the running sum of values."""
    out = np.zeros(values.size, np.int64)
    carry = 0.0
    for i in range(values.size):
        want = float(values[i]) + carry
        out[i] = min(max(math.floor(want + 0.5), 0), int(caps[i]))
        carry = min(want - float(out[i]), 2.0)
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
