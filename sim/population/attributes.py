"""Attributes that are not composition: blocks, registration, skill, dwelling, insurance, permits, arrival."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.agents import state
from sim.base.arrays import Bytes, Floats, Ints
from sim.population.attach import COUPLE_AWAY, NOBODY, Away
from sim.population.frame import COLLECTIVE, FAMILY, OTHER_COUNTY, OTHER_PROVINCE, OUTSIDE, SAME_COUNTY, Frame
from sim.population.hashing import uniforms
from sim.population.judged_values import value, vector
from sim.population.margins import Margins

_HOME, _BLOCK, _SKILL, _OWNER, _INSURED, _PERMIT, _STAY = range(20, 27)
MAX_BLOCKS = 256


def block_zones(m: Margins) -> tuple[Bytes, Ints]:
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


def home_zones(m: Margins, frame: Frame, blocks: Ints, seed: int) -> Ints:
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


def home_blocks(frame: Frame, zone: Ints, blocks: Ints, seed: int) -> Bytes:
    """Return the home block of every row: one of the blocks of its home zone, equally likely."""
    draw = uniforms(seed, _BLOCK, 0, zone.size)
    number = blocks[frame.home, zone]
    inside = np.minimum((draw * number).astype(np.int64), number - 1)
    return (inside + np.where(zone == 1, blocks[frame.home, 0], 0)).astype(np.uint8)


def quota(county: Ints, weight: Floats, odds: Floats, share: Floats, draws: Floats) -> NDArray[np.bool_]:
    """Return a choice of rows whose weight is ``share`` of each county's, rows with higher odds more often.

    Weighted sampling without replacement: rows are taken in the order of -log(u) / odds until the
    county's share of the summed weight is reached.

    Args:
        county: county of every row.
        weight: what a row counts for; rows of weight 0 are not chosen.
        odds: relative odds of every row.
        share: by county.
        draws: uniform numbers by row.
    """
    key = -np.log(draws) / odds
    order = np.lexsort((key, county))
    summed = np.cumsum(weight[order])
    total = np.bincount(county, weights=weight, minlength=share.size)
    before = np.concatenate([[0.0], np.cumsum(total)])[county[order]]
    middle = summed - before - 0.5 * weight[order]
    chosen = np.zeros(county.size, bool)
    chosen[order] = (middle < share[county[order]] * total[county[order]]) & (weight[order] > 0)
    return chosen


def skills(m: Margins, frame: Frame, age: Ints, adults: Floats, zone: Ints, group: Ints, seed: int) -> Bytes:
    """Return skill 0, 1 or 2 of the main earner, with the county's shares of persons 15 and over.

    Odds depend on the age cohort, the zone and the origin class; every adult counts with the
    skill of the main earner. ``group`` is the county, plus n for households outside the province.
    """
    cohort = vector("skill_cohort")[np.clip((age - 20) // 10, 0, 4)]
    odds = cohort * vector("skill_odds")[frame.origin_class] * np.where(zone == 0, value("skill_rural"), 1.0)
    low, middle, high = np.tile(m.skill, (2, 1)).T
    draws = uniforms(seed, _SKILL, 0, age.size)
    above = quota(group, adults, odds, 1 - low, draws)
    top = quota(group, adults * above, cohort, high / np.maximum(middle + high, 1e-9), 1 - draws)
    return above.astype(np.uint8) + top


def owners(m: Margins, frame: Frame, away: Away, zone: Ints, county: Ints, seed: int) -> NDArray[np.bool_]:
    """Return which households own where their earners live, so that the county's share of living units is owned.

    Away units and households outside the province rent. With both heads away the bit is off (they
    rent where they live) and the dwelling of the base counts as owned.
    """
    places = 2 * m.residents.shape[0]
    base = (frame.kind == FAMILY) & (away.pattern != COUPLE_AWAY)
    units = np.bincount(county[frame.kind == FAMILY], minlength=m.owner.size).astype(np.float64)
    guests = (away.place < places) & ~away.collective
    units += np.bincount(away.place[guests] // 2, minlength=m.owner.size)
    left = np.bincount(county[(frame.kind == FAMILY) & ~base], minlength=m.owner.size)
    open_ = np.maximum(np.bincount(county[base], minlength=m.owner.size), 1)
    odds = vector("owner_odds")[frame.origin_class] * np.where(zone == 0, 3.0, 1.0)
    share = np.clip((m.owner * units - left) / open_, 0.0, 1.0)
    return quota(county, base.astype(np.float64), odds, share, uniforms(seed, _OWNER, 0, zone.size))


def social_bits(m: Margins, frame: Frame, away: Away, members: Bytes, hukou: Bytes, seed: int) -> Bytes:
    """Return the ``social`` byte of every row (see `sim.agents.state`)."""
    rows = frame.place.size
    outside = frame.kind == OUTSIDE
    zone = np.where(outside, 1, frame.place % 2).astype(np.int64)
    county = np.where(outside, frame.home, frame.place // 2).astype(np.int64)
    adults = ((members != state.EMPTY) & (members >> 1 >= 15)).sum(1).astype(np.float64)
    group = county + m.owner.size * outside
    bits = skills(m, frame, earner_age(members), adults, zone, group, seed)
    rural_hukou = (hukou < 2 * m.residents.shape[0]) & (hukou % 2 == 0)
    migrant = away.pattern != NOBODY
    owner = owners(m, frame, away, zone, county, seed)
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


def earner_age(members: Bytes) -> Ints:
    """Return the age of the main earner: the head, or the spouse where there is no head."""
    head = np.where(members[:, 0] != state.EMPTY, members[:, 0], members[:, 1])
    return (head // 2).astype(np.int64)


def arrival_months(frame: Frame, away: Away, age: Ints, year: int, seed: int) -> NDArray[np.uint16]:
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


def hukou_places(frame: Frame, home_zone: Ints, n: int, n_outside: int) -> Bytes:
    """Return the place of registration: the zone of the home block; other provinces: the last outside place."""
    place = 2 * frame.home.astype(np.int64) + home_zone
    place[frame.origin_class == OTHER_PROVINCE] = 2 * n + n_outside - 1
    return place.astype(np.uint8)
