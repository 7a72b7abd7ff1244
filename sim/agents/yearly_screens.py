"""Screening of what happens once a year: who separates, looks for a partner, has pupils, or settles.

As in ``sim.agents.screens``, whoever may have an event passes and the rules repeat the draws.
"""

from __future__ import annotations

import numpy as np

from sim.agents._compile import inlined
from sim.agents.rng import Purpose, philox
from sim.agents.schooling import PUPIL_FIRST, PUPIL_LAST
from sim.agents.screens import below, passing
from sim.agents.state import INSURED, N_SLOTS, OWNER, PERMIT, PUBLIC_PLACE

_PAIR = int(Purpose.PAIR)
_DISSOLVE = int(Purpose.DISSOLVE)
_SETTLE = int(Purpose.SETTLE)
_SPOUSE_BYTE = np.uint64(0xFF00)
_HEAD_BYTE = np.uint64(0xFF)
_NOBODY = np.uint64(0xFFFFFFFFFFFFFFFF)


@inlined
def may_separate(hh, packed, start, stop, world, chance, batch):
    """Fill ``batch.rows`` with rows of couples that may separate; return their number.

    ``packed`` are the members of every household as one number, uint64[rows].
    """
    words, hits = batch.words, batch.hits
    bound = below(chance)
    keys, members = hh.key[start:stop], packed[start:stop]
    for j in range(len(keys)):
        words[0, j] = philox(keys[j], world.step, _DISSOLVE, 0, world.seed)[0]
    for j in range(len(members)):
        hits[j] = (words[0, j] <= bound) & (members[j] & _SPOUSE_BYTE != _SPOUSE_BYTE)
    return passing(start, stop - start, batch)


@inlined
def may_seek_partner(hh, packed, start, stop, world, chance, batch):
    """Fill ``batch.rows`` with rows of people alone who may look for a partner; return their number."""
    words, hits = batch.words, batch.hits
    bound = below(chance)
    keys, members = hh.key[start:stop], packed[start:stop]
    for j in range(len(keys)):
        words[0, j] = philox(keys[j], world.step, _PAIR, 0, world.seed)[0]
    for j in range(len(members)):
        hits[j] = (words[0, j] <= bound) & (members[j] | _HEAD_BYTE == _NOBODY)
    return passing(start, stop - start, batch)


@inlined
def have_pupils_in_town(hh, members, start, stop, geo, batch):
    """Fill ``batch.rows`` with rows in a town with a member of school age; return their number.

    ``batch.eights`` is not 0 for them, and for no other row. ``members`` are those of all rows, uint8[8 * rows].
    """
    hits, eights = batch.hits, batch.eights
    ages, bases = members[N_SLOTS * start : N_SLOTS * stop], hh.base[start:stop]
    for k in range(len(ages)):
        hits[k] = (ages[k] >= 2 * PUPIL_FIRST) & (ages[k] <= 2 * PUPIL_LAST + 1)
    edge = np.uint8(2 * geo.n_counties)
    n = 0
    for j in range(len(bases)):
        eights[j] = eights[j] if (bases[j] < edge) & (bases[j] & 1 == 1) else 0
    for j in range(len(bases)):
        batch.rows[n] = start + j
        n += eights[j] != 0
    return n


@inlined
def clear_places(hh, start, stop, batch):
    """Take public school places from rows without pupils in a town (after ``have_pupils_in_town``)."""
    flags, eights = hh.flags[start:stop], batch.eights
    for j in range(len(flags)):
        flags[j] = flags[j] if eights[j] != 0 else flags[j] & np.uint8(255 ^ PUBLIC_PLACE)


@inlined
def _largest(values):
    most = values[0]
    for value in values:
        most = max(most, value)
    return most


@inlined
def may_settle(hh, start, stop, world, batch):
    """Fill ``batch.rows`` with rows that may buy a home, take a permit or enrol; return their number."""
    words, hits = batch.words, batch.hits
    edge = np.uint8(2 * world.geo.n_counties)
    permit = below(1.0 - np.exp(-world.hazards.permit))
    buy = below(1.0 - np.exp(-_largest(world.hazards.purchase)))
    enrol = below(_largest(world.hazards.enrol))
    keys, bases, aways = hh.key[start:stop], hh.base[start:stop], hh.away[start:stop]
    places, hukous, socials = hh.away_place[start:stop], hh.hukou[start:stop], hh.social[start:stop]
    for j in range(len(keys)):
        w = philox(keys[j], world.step, _SETTLE, 1, world.seed)
        words[0, j] = w[0]
        words[1, j] = w[1]
        words[2, j] = w[2]
    for j in range(len(bases)):
        whole = aways[j] == 0
        place = bases[j] if whole else places[j]
        social = socials[j]
        purchase = (words[1, j] <= buy) & whole & (social & OWNER == 0)
        served = (words[0, j] <= permit) & (social & PERMIT == 0)
        insured = (words[2, j] <= enrol) & (social & INSURED == 0)
        town = (place < edge) & (place & 1 == 1)
        hits[j] = town & (purchase | ((hukous[j] != place) & (served | insured)))
    return passing(start, stop - start, batch)
