"""Households and members outside the province, so that registered persons and the number of agents are met."""

from __future__ import annotations

import numpy as np

from sim.base.arrays import Ints
from sim.population.frame import FAMILY, LARGEST_BASE, LOCAL, OTHER_PROVINCE, OUTSIDE, Frame
from sim.population.judged_values import vector
from sim.population.margins import Margins
from sim.population.rounding import apportion_rows, largest_remainder


def _outside_sizes(whole: Ints, households: int) -> Ints:
    """Return households int64[n, 5] by size so that every county has its persons and the total its households.

    Args:
        whole: int64[n], members in households wholly outside by county.
        households: number of these households in all.
    """
    cap = vector("outside_sizes").size
    households = min(max(households, int((-(-whole // cap)).sum())), int(whole.sum()))
    number = largest_remainder(whole.astype(float), households)
    number = np.clip(number, -(-whole // cap), whole)
    while number.sum() != households:
        step = 1 if number.sum() < households else -1
        open_ = number < whole if step > 0 else number * cap - cap >= whole
        number[int(np.argmax(np.where(open_, np.abs(whole / np.maximum(number, 1)) * step, -np.inf)))] += step
    k = np.arange(1, cap + 1)
    base = vector("outside_sizes")
    sizes = np.zeros((whole.size, cap), np.int64)
    for c in range(whole.size):
        sizes[c] = largest_remainder(base, int(number[c]))
        gap = int(whole[c] - (sizes[c] * k).sum())
        while gap != 0:
            step = 1 if gap > 0 else -1
            movable = np.where(k + step < 1, False, (k + step <= cap) & (sizes[c] > 0))
            source = int(np.argmax(np.where(movable, sizes[c], -1)))
            move = min(abs(gap), max(int(sizes[c, source]) // 6, 1))
            sizes[c, source] -= move
            sizes[c, source + step] += move
            gap -= step * move
    return sizes


def _registered_inside(frame: Frame, n: int) -> Ints:
    """Return members registered in each county who live in the province, int64[n]."""
    rows = frame.origin_class != OTHER_PROVINCE
    count = np.bincount(frame.home[rows], weights=frame.size[rows], minlength=n)
    count += np.bincount(frame.unit_home, weights=frame.unit_size, minlength=n)
    return np.rint(count).astype(np.int64)


def _away_outside(frame: Frame, total: Ints) -> tuple[Ints, Ints]:
    """Return couples and single members away outside by county: as planned, within persons and base units."""
    n = total.size
    base = (frame.kind == FAMILY) & (frame.origin_class == LOCAL) & (frame.size <= LARGEST_BASE)
    room = (np.bincount(frame.home[base], minlength=n) * 19) // 20 - np.bincount(frame.unit_home, minlength=n)
    room = np.maximum(room, 0)
    pairs = np.minimum(np.minimum(frame.outside_pairs, room), total // 2)
    return pairs, np.minimum(np.minimum(frame.outside_singles, room - pairs), total - 2 * pairs)


def with_outside(frame: Frame, m: Margins, weight: float, households: int) -> Frame:
    """Return the frame with everybody outside the province, exactly ``households`` rows long.

    Members outside are what a county's registered persons leave after all who live in the
    province; couples and single members who are away come first, the rest are whole households.
    """
    n = m.registered.size
    registered = largest_remainder(m.registered, round(m.registered.sum() / weight))
    total = np.maximum(registered - _registered_inside(frame, n), 0)
    pairs, singles = _away_outside(frame, total)
    sizes = _outside_sizes(total - 2 * pairs - singles, households - frame.place.size)
    home = np.repeat(np.arange(n, dtype=np.uint8), sizes.sum(1))
    steps = np.arange(1, sizes.shape[1] + 1, dtype=np.uint8)
    size = np.concatenate([np.repeat(steps, row) for row in sizes])
    return frame._replace(
        place=np.concatenate([frame.place, np.full(home.size, 2 * n, np.uint8)]),
        kind=np.concatenate([frame.kind, np.full(home.size, OUTSIDE, np.uint8)]),
        size=np.concatenate([frame.size, size]),
        generations=np.concatenate([frame.generations, np.where(size > 2, 2, 1).astype(np.uint8)]),
        origin_class=np.concatenate([frame.origin_class, np.zeros(home.size, np.uint8)]),
        home=np.concatenate([frame.home, home]),
        outside=apportion_rows(m.outside, total),
        outside_pairs=pairs,
        outside_singles=singles,
    )
