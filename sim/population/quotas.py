"""The plan: how many persons, living units and away members of each kind, first in shares, then in whole agents.

A *living unit* is what the census calls a household: members who live together. A unit whose
members belong to a household with a base elsewhere is an *away unit*. Origin classes are local,
same county, other county, other province (columns 0 to 3).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.base.arrays import Floats, Ints
from sim.population.judged_values import matrix, value, vector
from sim.population.margins import Margins
from sim.population.rounding import apportion_rows, carry_round, fit_proportions, largest_remainder

MAX_SIZE = 8


class Shares(NamedTuple):
    """The plan at full scale (persons and units are real numbers); p runs over county zones 2c + zone.

    Attributes:
        family: float64[p, 4], residents in family units by origin class.
        collective: float64[p, 4], collective residents by origin class.
        cells: float64[p, 8, 4], family living units by size and generations.
        away: float64[p, 2, 2], away units living here: class (same, other county) x size (1, 2).
        attached: float64[p, 3], collective members of households elsewhere, by class (local: none).
        outside_whole: float64[n], persons of each county in households wholly outside.
        outside_pairs: float64[n], couples of each county who are away outside.
        outside_singles: float64[n], single members of each county who are away outside.
        households: number of households (agents at weight 1).
    """

    family: Floats
    collective: Floats
    cells: Floats
    away: Floats
    attached: Floats
    outside_whole: Floats
    outside_pairs: Floats
    outside_singles: Floats
    households: float


def migrants_by_zone(m: Margins) -> Floats:
    """Return in-migrants float64[n, 2, 3] by zone and class: mostly in towns, never more than a zone can hold."""
    cap = value("zone_migrant_cap") * m.residents
    total = m.migrants.sum(1)
    urban = np.minimum(value("migrants_in_towns") * total, cap[:, 1])
    urban = np.maximum(urban, total - cap[:, 0])
    share = np.divide(urban, total, out=np.zeros_like(urban), where=total > 0)
    return np.stack([m.migrants * (1 - share)[:, None], m.migrants * share[:, None]], axis=1)


def _collective(m: Margins, classes: Floats) -> Floats:
    """Return collective residents float64[p, 4] by class, from classes float64[p, 4] of all residents."""
    urban = np.minimum(value("collective_in_towns") * m.collective, 0.6 * m.residents[:, 1])
    zone = np.stack([m.collective - urban, urban], axis=1)
    moved = np.maximum(zone[:, 0] - 0.5 * m.residents[:, 0], 0.0)
    zone = (zone + np.stack([-moved, moved], axis=1)).reshape(-1)
    wanted = classes * vector("collective_propensity")
    out = np.zeros_like(classes)
    left = zone.copy()
    for _ in range(30):
        open_cells = np.where(out < 0.8 * classes, wanted, 0.0)
        sums = open_cells.sum(1)
        out += open_cells * np.divide(left, sums, out=np.zeros_like(left), where=sums > 0)[:, None]
        out = np.minimum(out, 0.8 * classes)
        left = zone - out.sum(1)
    return out


def size_shares(sizes: Floats, mean: Floats) -> Floats:
    """Return shares float64[n, 8] of sizes 1 to 8 with the given mean; the one-person share is kept.

    The table's class of 7 and more becomes 7 and 8 in equal parts (a household holds at most
    eight); sizes from 2 on are tilted exponentially so that the mean holds.
    """
    base = np.concatenate([sizes[:, :6], 0.5 * sizes[:, 6:], 0.5 * sizes[:, 6:]], axis=1)
    k = np.arange(1, MAX_SIZE + 1)
    single = np.clip(base[:, :1] / base.sum(1, keepdims=True), 0.0, 0.95)
    wanted = np.clip((mean[:, None] - single) / (1 - single), 2.02, 7.5)
    tilt = np.zeros((mean.size, 1))
    for _ in range(40):
        weight = base[:, 1:] * np.exp(tilt * (k[1:] - 3))
        weight /= weight.sum(1, keepdims=True)
        average = (weight * k[1:]).sum(1, keepdims=True)
        spread = (weight * k[1:] ** 2).sum(1, keepdims=True) - average**2
        tilt += np.clip((wanted - average) / spread, -0.5, 0.5)
    return np.concatenate([single, weight * (1 - single)], axis=1)


def joint_cells(sizes: Floats, generations: Floats) -> Floats:
    """Return shares float64[n, 8, 4] of living units by size and generations with both margins fitted."""
    ones = np.maximum(generations[:, 0], sizes[:, 0] + 0.02)
    rest = generations[:, 1:] * ((1 - ones) / generations[:, 1:].sum(1))[:, None]
    columns = np.concatenate([ones[:, None], rest], axis=1)
    seed = np.broadcast_to(matrix("generation_prior"), (sizes.shape[0], MAX_SIZE, 4))
    fitted = fit_proportions(seed, sizes, columns)
    fitted *= np.divide(sizes, fitted.sum(2), out=np.zeros_like(sizes), where=sizes > 0)[..., None]
    return fitted


def village_cap(local_rural: Floats) -> Floats:
    """Return the most same-county away members float64[p]: only in towns, 20% of the village units of the county."""
    out = np.zeros(2 * local_rural.size)
    out[1::2] = 0.2 * local_rural
    return out


def _away_units(family: Floats, cells: Floats) -> Floats:
    """Return away units float64[p, 2 classes, 2 sizes] living in each zone, at most 60% of its small units.

    Away members live in another place than their base: within a county they come from its villages to its town.
    """
    shares = np.array([value("away_share_same_county"), value("away_share_other_county")])
    persons = family[:, 1:3] * shares
    persons[:, 0] = np.minimum(persons[:, 0], village_cap(cells[0::2].sum((1, 2))))
    pair = vector("couple_share_away")[0]
    out = np.stack([persons * (1 - pair), persons * pair / 2], axis=2)
    room = np.stack([cells[:, 0, 0], cells[:, 1, 0]], axis=1) * 0.6
    total = out.sum(1)
    return out * np.minimum(1.0, np.divide(room, total, out=np.ones_like(room), where=total > 0))[:, None, :]


def local_units(family: Floats, cells: Floats, away: Floats) -> Floats:
    """Return local family units float64[p]: units that are not away units, by the share of locals in their persons."""
    units = cells.sum((1, 2)) - away.sum((1, 2))
    persons = family.sum(1) - (away * np.array([1.0, 2.0])).sum((1, 2))
    return units * np.divide(family[:, 0], persons, out=np.zeros_like(units), where=persons > 0)


def full_plan(m: Margins) -> Shares:
    """Return the plan at full scale for the margins ``m``."""
    n = m.residents.shape[0]
    moved = migrants_by_zone(m)
    classes = np.concatenate([(m.residents - moved.sum(2))[..., None], moved], axis=2).reshape(2 * n, 4)
    collective = _collective(m, classes)
    family = classes - collective
    persons = family.sum(1).reshape(n, 2)
    mean = persons.sum(1) / m.units
    units = persons / mean[:, None]
    shares = joint_cells(size_shares(m.sizes, mean), m.generations)
    cells = (units[:, :, None, None] * shares[:, None]).reshape(2 * n, MAX_SIZE, 4)
    away = _away_units(family, cells)
    local = local_units(family, cells, away).reshape(n, 2)
    attached = value("collective_attached") * collective[:, :3]
    attached[:, 0] = 0.0
    attached[:, 1] = np.minimum(attached[:, 1], village_cap(local[:, 0]))
    inside = _attached_by_origin(m, away, attached)
    room = np.maximum((local * vector("base_room")).sum(1) - inside, 0.0)
    whole, pairs, singles = _outside_plan(m, room)
    households = cells.sum() - away.sum() + collective.sum() - attached.sum() + whole.sum() / _mean_outside_size()
    return Shares(family, collective, cells, away, attached, whole, pairs, singles, float(households))


def _mean_outside_size() -> float:
    sizes = vector("outside_sizes")
    return float((sizes * np.arange(1, sizes.size + 1)).sum() / sizes.sum())


def _outside_plan(m: Margins, room: Floats) -> tuple[Floats, Floats, Floats]:
    """Return persons in households wholly outside, couples away and single members away, float64[n] each.

    Args:
        m: margins.
        room: float64[n], base units that may still have members away.
    """
    total = m.outside.sum(1)
    pair = vector("couple_share_away")[1]
    units_wanted = (1 - value("whole_share_outside")) * total * (1 - pair / 2)
    away_persons = np.minimum(units_wanted, room) / (1 - pair / 2)
    return total - away_persons, away_persons * pair / 2, away_persons * (1 - pair)


def _attached_by_origin(m: Margins, away: Floats, attached: Floats) -> Floats:
    """Return away units inside the province by county of the base household, float64[n]."""
    n = m.residents.shape[0]
    same = away[:, 0].sum(1) + attached[:, 1]
    other = away[:, 1].sum() + attached[:, 2].sum()
    return same.reshape(n, 2).sum(1) + other * m.out_in_province / max(m.out_in_province.sum(), 1.0)


class Counts(NamedTuple):
    """The plan in whole agents; the same shapes as ``Shares`` and the weight that scales it back.

    Attributes:
        weight: persons that one member stands for.
        residents: int64[p], agents' members living in each zone.
        family, collective, cells, away: as in ``Shares``, in members and units.
        attached: int64[p, 3], collective members who belong to a household elsewhere.
        outside: int64[n, k], members living in outside places by home county.
        outside_pairs, outside_singles: int64[n], away units outside wanted by home county.
    """

    weight: float
    residents: Ints
    family: Ints
    collective: Ints
    cells: Ints
    away: Ints
    attached: Ints
    outside: Ints
    outside_pairs: Ints
    outside_singles: Ints


def _close_sizes(sizes: Ints, persons: Ints, target: Floats) -> None:
    """Change single units by one member until every zone has its persons (in place)."""
    k = np.arange(1, MAX_SIZE + 1)
    for p in range(sizes.shape[0]):
        gap = int(persons[p] - (sizes[p] * k).sum())
        while gap != 0:
            step = 1 if gap > 0 else -1
            source = np.arange(MAX_SIZE - 1) if step > 0 else np.arange(1, MAX_SIZE)
            excess = np.where(sizes[p, source] > 0, sizes[p, source] - target[p, source], -np.inf)
            need = target[p, source + step] - sizes[p, source + step]
            best = int(source[np.argmax(excess + need)])
            move = min(abs(gap), max(int(sizes[p, best] // 8), 1))
            sizes[p, best] -= move
            sizes[p, best + step] += move
            gap -= step * move


def _unit_cells(shares: Shares, family: Ints) -> Ints:
    """Return living units int64[p, 8, 4] whose members add to ``family`` persons in every zone."""
    wanted = shares.cells.sum((1, 2))
    scale = family.sum() / shares.family.sum()
    units = carry_round(wanted * scale, family)
    units = np.clip(units, -(-family // MAX_SIZE), family)
    target = shares.cells.sum(2) * np.divide(units, wanted, out=np.zeros(units.size), where=wanted > 0)[:, None]
    sizes = apportion_rows(shares.cells.sum(2), units)
    _close_sizes(sizes, family, target)
    return np.stack([apportion_rows(shares.cells[:, k], sizes[:, k]) for k in range(MAX_SIZE)], axis=1)


def _whole_away(shares: Shares, weight: float, family: Ints, collective: Ints, cells: Ints) -> tuple[Ints, Ints]:
    """Return away units int64[p, 2, 2] and attached collective members int64[p, 3] in whole agents.

    Same-county members away in a town are at most two fifths of the county's local village units.
    """
    zones = family.shape[0]
    away = np.zeros((zones, 2, 2), np.int64)
    for size in range(2):
        for cls in range(2):
            cap = np.minimum((cells[:, size, 0] * 7) // 10 - away[:, :, size].sum(1), family[:, cls + 1])
            away[:, cls, size] = carry_round(shares.away[:, cls, size] / weight, np.maximum(cap, 0))
    over = np.maximum((away[:, :, 0] + 2 * away[:, :, 1]) - family[:, 1:3], 0)
    away[:, :, 1] -= np.minimum((over + 1) // 2, away[:, :, 1])
    village_units = (cells.sum((1, 2)) * family[:, 0]) // np.maximum(family.sum(1), 1)
    room = np.zeros(zones, np.int64)
    room[1::2] = (village_units[0::2] * 2) // 5
    away[:, 0, 1] = np.minimum(away[:, 0, 1], room)
    away[:, 0, 0] = np.minimum(away[:, 0, 0], room - away[:, 0, 1])
    attached = np.zeros((zones, 3), np.int64)
    caps = (np.minimum(collective[:, 1], room - away[:, 0].sum(1)), collective[:, 2])
    for cls, cap in zip((1, 2), caps, strict=True):
        attached[:, cls] = carry_round(shares.attached[:, cls] / weight, cap)
    return away, attached


def whole_plan(m: Margins, shares: Shares, households: int) -> Counts:
    """Return the plan in whole agents for ``households`` agents."""
    weight = shares.households / households
    scaled = m.residents / weight
    urban, rural = round(scaled[:, 1].sum()), round(scaled.sum()) - round(scaled[:, 1].sum())
    residents = np.stack([largest_remainder(scaled[:, 0], rural), largest_remainder(scaled[:, 1], urban)], axis=1)
    residents = residents.reshape(-1)
    wanted = shares.collective.sum(1) * residents / np.maximum(m.residents.reshape(-1), 1e-9)
    collective_total = carry_round(wanted, (residents * 7) // 10)
    family_total = residents - collective_total
    family = apportion_rows(shares.family, family_total)
    collective = apportion_rows(shares.collective, collective_total)
    cells = _unit_cells(shares, family_total)
    away, attached = _whole_away(shares, weight, family, collective, cells)
    outside_total = largest_remainder(m.outside.sum(1), round(m.outside.sum() / weight))
    outside = apportion_rows(m.outside, outside_total)
    free = outside_total.copy()
    pairs = carry_round(shares.outside_pairs / weight, free // 2)
    singles = carry_round(shares.outside_singles / weight, free - 2 * pairs)
    return Counts(weight, residents, family, collective, cells, away, attached, outside, pairs, singles)
