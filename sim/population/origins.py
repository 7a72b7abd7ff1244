"""Origins: the home county of everybody who moved between counties of the province."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.agents._compile import njit
from sim.base.arrays import Bytes, Floats, Ints
from sim.population.frame import FAMILY, LOCAL, OTHER_COUNTY, Frame
from sim.population.hashing import stream, uniforms, unit
from sim.population.judged_values import value, vector
from sim.population.margins import Margins
from sim.population.rounding import fit_proportions

_ORDER, _REACH = 2, 102


def origin_table(m: Margins) -> Floats:
    """Return migrants between counties float64[origin, destination], fitted to both census margins.

    Prior: distance to the power ``-distance_exponent``, nobody within a county; proportional
    fitting to people registered in each county who live in another county of the province
    (rows, derived) and in-migrants from other counties (columns, observed).
    """
    seed = m.distance ** -value("distance_exponent")
    np.fill_diagonal(seed, 0.0)
    return fit_proportions(seed, m.out_in_province, m.migrants[:, 1])


@njit
def _choose_origins(
    table: Floats, county: Bytes, size: Bytes, bound: NDArray[np.bool_], room: Ints, key: np.uint64, out: Ints
) -> None:
    """Choose the home county of in-migrants unit by unit so that origin totals follow the table.

    Each unit in destination d adds size * table[o, d] / column to what origin o is due and goes to
    the origin that is due most among those whose share passes a random threshold, so that far
    origins are not used merely because rounding left them due. Bound units need room at home.
    """
    n = table.shape[0]
    due = np.zeros(n)
    for i in range(size.size):
        d = county[i]
        total = 0.0
        for o in range(n):
            total += table[o, d]
        limit = 0.02 * unit(key, i)
        best, best_due, spare, spare_due = -1, -1e300, -1, -1e300
        for o in range(n):
            share = table[o, d] / total
            due[o] += size[i] * share
            if share <= 0 or (bound[i] and room[o] <= 0):
                continue
            if share >= limit and due[o] > best_due:
                best, best_due = o, due[o]
            if due[o] > spare_due:
                spare, spare_due = o, due[o]
        if best < 0:
            best = spare if spare >= 0 else int(np.argmax(table[:, d]))
        due[best] -= size[i]
        if bound[i]:
            room[best] -= 1
        out[i] = best


def _room(frame: Frame, n: int) -> Ints:
    """Return how many more away members' households each county can hold."""
    local = (frame.kind == FAMILY) & (frame.origin_class == LOCAL)
    zone_units = np.bincount(frame.place[local], minlength=2 * n).reshape(n, 2)
    own = np.bincount(frame.unit_home[frame.unit_class != OTHER_COUNTY], minlength=n)
    room = np.floor((zone_units * vector("base_room")).sum(1)).astype(np.int64)
    return np.asarray(np.maximum(room - own, 0), dtype=np.int64)


def with_origins(frame: Frame, m: Margins, seed: int) -> Frame:
    """Return the frame with home counties of in-migrants from other counties, away units first in each county."""
    rows = np.flatnonzero(frame.origin_class == OTHER_COUNTY)
    away = np.flatnonzero(frame.unit_class == OTHER_COUNTY)
    county = np.concatenate([frame.unit_place[away] // 2, frame.place[rows] // 2])
    sizes = np.concatenate([frame.unit_size[away], frame.size[rows]])
    bound: NDArray[np.bool_] = np.arange(county.size) < away.size
    order = np.lexsort((uniforms(seed, _ORDER, 0, county.size), ~bound, county))
    chosen, result = np.empty(county.size, np.int64), np.empty(county.size, np.int64)
    room = _room(frame, m.distance.shape[0])
    _choose_origins(origin_table(m), county[order], sizes[order], bound[order], room, stream(seed, _REACH), chosen)
    result[order] = chosen
    home, unit_home = frame.home.copy(), frame.unit_home.copy()
    unit_home[away], home[rows] = result[: away.size], result[away.size :]
    return frame._replace(home=home, unit_home=unit_home)
