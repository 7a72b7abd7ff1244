"""Counting: what an observer sees of one household. Observers never draw."""

from __future__ import annotations

import numpy as np

from sim.agents._compile import inlined, rule
from sim.agents.members import age_of, is_away, is_woman, is_worker, zone_class
from sim.agents.schooling import migrant_pupils
from sim.agents.state import EMPTY, INSURED, N_SLOTS, PERMIT, PUBLIC_PLACE, Households
from sim.agents.world import OUTSIDE, Geography
from sim.base.arrays import Floats, Ints

STOCKS = (
    "residents",
    "registered",
    "unregistered",
    "served",
    "migrant_earners",
    "insured",
    "pupils",
    "public_pupils",
    "outside",
    "split",
    "left_behind",
    "workers",
    "households",
)
"""Stocks by place in persons or households of the model (columns of the stock table).

``outside`` and ``registered`` are booked at the place of registration, all others where
people live; ``unregistered`` counts urban residents registered elsewhere; ``pupils`` are
those of 7-15 at the year-end, who were 6-14 at admission in September.
"""
(
    RESIDENTS,
    REGISTERED,
    UNREGISTERED,
    SERVED,
    MIGRANT_EARNERS,
    INSURED_EARNERS,
    PUPILS,
    PUBLIC_PUPILS,
    OUTSIDE_PERSONS,
    SPLIT,
    LEFT_BEHIND,
    WORKERS,
    HOUSEHOLDS,
) = range(len(STOCKS))
N_STOCKS = len(STOCKS)


@rule
def left_behind_children(hh: Households, i: int) -> int:
    """Return children of 0-15 at the base with two workers away and nobody of 18-49 there.

    Both parents away, in the sense of the civil affairs count, as far as a household table
    can tell; grandparents over 50 may look after the children.
    """
    if hh.away[i] == 0:
        return 0
    children = 0
    workers_away = 0
    for s in range(N_SLOTS):
        m = hh.members[i, s]
        if m == EMPTY:
            continue
        if is_away(hh.away[i], s):
            if is_worker(m):
                workers_away += 1
        elif age_of(m) <= 15:
            children += 1
        elif 18 <= age_of(m) < 50:
            return 0
    return children if workers_away >= 2 else 0


@inlined
def count_unit(place: int, persons: int, workers: int, hh: Households, i: int, geo: Geography, stocks: Ints) -> None:
    """Add the members who live at one place to its stocks."""
    hukou = np.int64(hh.hukou[i])
    zone = zone_class(place, geo.n_counties)
    stocks[place, RESIDENTS] += persons
    stocks[place, WORKERS] += workers
    if zone == OUTSIDE:
        if zone_class(hukou, geo.n_counties) != OUTSIDE:
            stocks[hukou, OUTSIDE_PERSONS] += persons
    elif zone == 1 and place != hukou:
        stocks[place, UNREGISTERED] += persons
        if hh.social[i] & PERMIT:
            stocks[place, SERVED] += persons


@inlined
def count_household(hh: Households, i: int, geo: Geography, stocks: Ints, ages: Ints) -> None:
    """Add one household to the stocks, int64[n_places, N_STOCKS], and to the ages, int64[zone class, sex, age]."""
    base = np.int64(hh.base[i])
    away = np.int64(hh.away_place[i])
    base_zone = zone_class(base, geo.n_counties)
    away_zone = zone_class(away, geo.n_counties)
    persons = 0
    workers = 0
    persons_away = 0
    workers_away = 0
    for s in range(N_SLOTS):
        m = hh.members[i, s]
        if m == EMPTY:
            continue
        gone = is_away(hh.away[i], s)
        persons += 1
        persons_away += gone
        workers += is_worker(m)
        workers_away += gone and is_worker(m)
        ages[away_zone if gone else base_zone, is_woman(m), age_of(m)] += 1
    if persons == 0:
        return
    count_unit(base, persons - persons_away, workers - workers_away, hh, i, geo, stocks)
    if persons_away > 0:
        count_unit(away, persons_away, workers_away, hh, i, geo, stocks)
    stocks[np.int64(hh.hukou[i]), REGISTERED] += persons
    stocks[base, HOUSEHOLDS] += 1
    _count_earners(hh, i, away if hh.away[i] != 0 else base, geo, stocks)
    pupils = migrant_pupils(hh, i, geo)
    if pupils > 0:
        stocks[base, PUPILS] += pupils
        if hh.flags[i] & PUBLIC_PLACE:
            stocks[base, PUBLIC_PUPILS] += pupils


@inlined
def _count_earners(hh: Households, i: int, earners: int, geo: Geography, stocks: Ints) -> None:
    """Add what depends on where the earners live: split households, insured migrants."""
    if hh.away[i] != 0:
        stocks[np.int64(hh.base[i]), SPLIT] += 1
        stocks[np.int64(hh.base[i]), LEFT_BEHIND] += left_behind_children(hh, i)
    if earners != np.int64(hh.hukou[i]) and zone_class(earners, geo.n_counties) == 1:
        stocks[earners, MIGRANT_EARNERS] += 1
        if hh.social[i] & INSURED:
            stocks[earners, INSURED_EARNERS] += 1


@rule
def count_network(hh: Households, i: int, geo: Geography, blocks: Ints) -> None:
    """Add the members registered in the province to the network table by home block.

    Args:
        hh: household table.
        i: row.
        geo: places and blocks.
        blocks: int64[n_counties, 256, 1 + classes]; column 0 all persons of the block,
            then those who live in the town of each destination class (``Geography.site_class``).
    """
    if zone_class(hh.hukou[i], geo.n_counties) == OUTSIDE:
        return
    county = np.int64(hh.home_county[i])
    block = np.int64(hh.home_block[i])
    away = 0
    persons = 0
    for s in range(N_SLOTS):
        exists = hh.members[i, s] != EMPTY
        persons += exists
        away += exists & is_away(hh.away[i], s)
    if persons == 0:
        return
    blocks[county, block, 0] += persons
    _add_living(hh.base[i], persons - away, county, block, geo, blocks)
    if away > 0:
        _add_living(hh.away_place[i], away, county, block, geo, blocks)


@inlined
def _add_living(byte: np.uint8, persons: int, county: int, block: int, geo: Geography, blocks: Ints) -> None:
    place = np.int64(byte)
    zone = zone_class(place, geo.n_counties)
    if zone != 0:
        site = place - geo.n_counties if zone == OUTSIDE else place >> 1
        blocks[county, block, 1 + geo.site_class[county, site]] += persons


@rule
def shrink_networks(blocks: Ints, prior: float, shares: Floats, expected: Floats) -> None:
    """Fill ``shares`` with the share of a home block that lives at each destination class.

    Shrunk towards the share of the home county with the weight of ``prior`` agents, which
    stand for the same number of persons at every number of households.

    Args:
        blocks: as ``count_network`` fills it.
        prior: agents.
        shares: float64[n_counties, 256, classes].
        expected: working space, float64[classes].
    """
    for county in range(len(blocks)):
        persons = 0
        for block in range(256):
            persons += blocks[county, block, 0]
        for k in range(len(expected)):
            there = 0
            for block in range(256):
                there += blocks[county, block, 1 + k]
            expected[k] = prior * (there / max(persons, 1))
        empty = -1
        for block in range(256):
            everybody = blocks[county, block, 0] + prior
            row, living = shares[county, block], blocks[county, block, 1:]
            if blocks[county, block, 0] == 0:
                if empty >= 0:
                    for k in range(len(row)):
                        row[k] = shares[county, empty, k]
                    continue
                empty = block
            for k in range(len(row)):
                row[k] = (living[k] + expected[k]) / everybody
