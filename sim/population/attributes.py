"""Attributes that are not composition: blocks, registration, skill, dwelling, insurance, permits, arrival."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim import state
from sim.population.attach import NOBODY, Away
from sim.population.constants import value, vector
from sim.population.frame import COLLECTIVE, OTHER_COUNTY, OTHER_PROVINCE, OUTSIDE, SAME_COUNTY, Frame
from sim.population.hashing import uniforms
from sim.population.margins import Margins
from sim.population.plan import Counts, Shares
from sim.population.rounding import Floats, Ints

_HOME, _BLOCK, _SKILL, _OWNER, _INSURED, _PERMIT, _STAY = range(20, 27)
MAX_BLOCKS = 256


def block_zones(m: Margins, shares: Shares) -> tuple[NDArray[np.uint8], Ints]:
    """Return the zone of every block uint8[n, 256] (255 unused) and blocks by zone int64[n, 2].

    Blocks have about ``block_persons`` residents, rural blocks come first; the number depends on
    the county and not on how many agents there are.
    """
    n = m.residents.shape[0]
    persons = m.residents.copy()
    number = np.where(persons > 0, np.maximum(np.ceil(persons / value("block_persons")), 1), 0)
    over = np.maximum(number.sum(1) / MAX_BLOCKS, 1.0)
    number = np.where(persons > 0, np.maximum(np.floor(number / over[:, None]), 1), 0).astype(np.int64)
    zones = np.full((n, MAX_BLOCKS), state.EMPTY, np.uint8)
    for c in range(n):
        zones[c, : number[c, 0]] = 0
        zones[c, number[c, 0] : number[c].sum()] = 1
    return zones, number


def home_zones(m: Margins, frame: Frame, away: Away, blocks: Ints, seed: int) -> NDArray[np.int64]:
    """Return the zone of the home block of every row.

    Locals: where they live. Same-county in-migrants in towns and households outside: rural by the
    judged shares; other counties: rural by the residents of the origin; other provinces: where they live.
    """
    zone = (frame.place % 2).astype(np.int64)
    draw = uniforms(seed, _HOME, 0, zone.size)
    rural = m.residents[:, 0] / (m.residents[:, 0] + value("home_urban_weight") * m.residents[:, 1])
    same = frame.origin_class == SAME_COUNTY
    zone[same] = np.where(zone[same] == 0, 0, (draw[same] >= value("home_rural_same_county")).astype(np.int64))
    far = (frame.origin_class == OTHER_COUNTY) | (frame.kind == OUTSIDE)
    zone[far] = (draw[far] >= rural[frame.home[far]]).astype(np.int64)
    exists = blocks > 0
    return np.where(exists[frame.home, zone], zone, 1 - zone)


def home_blocks(frame: Frame, zone: NDArray[np.int64], blocks: Ints, seed: int) -> NDArray[np.uint8]:
    """Return the home block of every row: one of the blocks of its home zone, equally likely."""
    draw = uniforms(seed, _BLOCK, 0, zone.size)
    number = blocks[frame.home, zone]
    inside = np.minimum((draw * number).astype(np.int64), number - 1)
    return (inside + np.where(zone == 1, blocks[frame.home, 0], 0)).astype(np.uint8)


def _logit_shift(share: Floats, odds: Floats) -> Floats:
    share = np.clip(share, 1e-4, 1 - 1e-4)
    shifted = share / (1 - share) * odds
    return np.asarray(shifted / (1 + shifted), dtype=np.float64)


def skills(m: Margins, frame: Frame, age: NDArray[np.int64], zone: NDArray[np.int64], county: Ints, seed: int) -> NDArray[np.uint8]:
    """Return skill 0, 1 or 2 of the main earner: county shares shifted by cohort, zone and origin class."""
    cohort = vector("skill_cohort")[np.clip((age - 20) // 10, 0, 4)]
    odds = cohort * vector("skill_odds")[frame.origin_class] * np.where(zone == 0, value("skill_rural"), 1.3)
    low, middle, high = m.skill[county].T
    above = _logit_shift(1 - low, odds)
    top = above * _logit_shift(high / np.maximum(middle + high, 1e-9), np.sqrt(cohort))
    draw = uniforms(seed, _SKILL, 0, age.size)
    return ((draw < above).astype(np.uint8) + (draw < top)).astype(np.uint8)


def social_bits(
    m: Margins, frame: Frame, away: Away, age: NDArray[np.int64], hukou: NDArray[np.uint8], seed: int
) -> NDArray[np.uint8]:
    """Return the ``social`` byte of every row (see `sim.state`)."""
    rows = frame.place.size
    outside = frame.kind == OUTSIDE
    zone = np.where(outside, 1, frame.place % 2)
    county = np.where(outside, frame.home, frame.place // 2)
    bits = skills(m, frame, age, zone, county, seed)
    rural_hukou = (hukou < 2 * m.residents.shape[0]) & (hukou % 2 == 0)
    migrant = away.pattern != NOBODY
    owner_odds = vector("owner_odds")[frame.origin_class] * np.where(zone == 0, 3.0, 1.1)
    owner = uniforms(seed, _OWNER, 0, rows) < _logit_shift(m.owner[county], owner_odds)
    owner &= (frame.kind == 0) & ~(migrant & (away.pattern == 3))
    levels = vector("insured")
    level = np.where(zone == 0, levels[0], levels[1])
    level = np.where((frame.origin_class > 0) | (migrant & (away.pattern != 2)), levels[2], level)
    level = np.where(outside, levels[3], level)
    insured = uniforms(seed, _INSURED, 0, rows) < level
    unregistered = (zone == 1) & ~outside & (frame.origin_class >= OTHER_COUNTY)
    permit = unregistered & (uniforms(seed, _PERMIT, 0, rows) < value("permit"))
    bits |= np.where(owner, state.OWNER, 0).astype(np.uint8)
    bits |= np.where(insured, state.INSURED, 0).astype(np.uint8)
    bits |= np.where(permit, state.PERMIT, 0).astype(np.uint8)
    bits |= np.where(rural_hukou, state.LAND, 0).astype(np.uint8)
    bits |= np.where(frame.kind == COLLECTIVE, state.BASE_COLLECTIVE, 0).astype(np.uint8)
    bits |= np.where(away.collective, state.AWAY_COLLECTIVE, 0).astype(np.uint8)
    return bits


def arrival_months(frame: Frame, away: Away, age: NDArray[np.int64], year: int, seed: int) -> NDArray[np.uint16]:
    """Return the month of the last change of residence, months since January 2000, at most the year-end.

    Stays are geometric with the judged mean; locals without absent members came at the start of
    the calendar or, if younger, in the month their main earner turned 16.
    """
    now = (year - 1999) * 12 - 1
    means = vector("stay_years")
    mean = np.where(away.pattern != NOBODY, means[1], np.where(frame.kind == COLLECTIVE, means[2], means[0]))
    draw = uniforms(seed, _STAY, 0, age.size)
    stay = np.floor(-np.log(draw) * mean * 12.0)
    settled = (frame.origin_class == 0) & (frame.kind == 0) & (away.pattern == NOBODY)
    stay = np.where(settled, now, np.minimum(stay, np.maximum((age - 15) * 12, 3)))
    return np.clip(now - stay, 0, now).astype(np.uint16)


def hukou_places(frame: Frame, home_zone: NDArray[np.int64], n: int, n_outside: int) -> NDArray[np.uint8]:
    """Return the place of registration: the zone of the home block; other provinces: the last outside place."""
    place = 2 * frame.home.astype(np.int64) + home_zone
    place[frame.origin_class == OTHER_PROVINCE] = 2 * n + n_outside - 1
    return place.astype(np.uint8)


def unused(counts: Counts) -> float:
    """Return the weight of the plan."""
    return counts.weight
