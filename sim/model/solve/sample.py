"""A sample of households with their utilities, and the flows that constants imply for it."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.agents._compile import rule
from sim.agents.choice import Scratch, nest_of, new_scratch
from sim.agents.members import age_of, count_members, is_worker, living_place, youngest_worker
from sim.agents.moves import mover_age, reconsider_hazard
from sim.agents.rng import normal_like
from sim.agents.state import EMPTY, HEAD, N_SLOTS, Households
from sim.agents.utility import evaluate, transition
from sim.agents.world import (
    N_NESTS,
    REST,
    TO_HOME,
    TO_JOIN,
    TO_OWN,
    VILLAGE,
    WHOLE_OUT,
    Geography,
    World,
)
from sim.base.ages import LEAVING_AGES
from sim.base.arrays import Floats, Ints
from sim.model.year.world_tables import Constants

PER_COUNTY, ELSEWHERE = 25, 1000
"""Sampled households at home in the villages of a county, and of all others together."""
_FIRST, _WIDTH, _GROUPS = LEAVING_AGES[0], LEAVING_AGES[1] - LEAVING_AGES[0], len(LEAVING_AGES)
NODES = 64
"""Equally likely values of attachment over which flows are averaged."""


class Sample(NamedTuple):
    """A sample of households with their utilities before constants.

    Attributes:
        utility: float64[n, 1 + sites, 3], as ``evaluate`` fills it, without attachment.
        state, county, away_site: int64[n].
        hazard: yearly reconsiderations that the row stands for, float64[n].
        weight: households that the row stands for, float64[n].
        workers, persons: int64[n].
        leavers: adults by age group who would leave the province with each arrangement, float64[n, 3, groups].
        abroad: adults by age group who live outside, float64[n, groups].
    """

    utility: Floats
    state: Ints
    county: Ints
    away_site: Ints
    hazard: Floats
    weight: Floats
    workers: Ints
    persons: Ints
    leavers: Floats
    abroad: Floats


class Flows(NamedTuple):
    """Yearly flows: persons from villages by own county and site, households otherwise.

    ``left`` and ``back`` are adults who leave the province and who come back, by age group, whatever their state.
    """

    own: Floats
    site: Floats
    arrangement: Floats
    shift: Floats
    left: Floats
    back: Floats


@rule
def _fill_sample(
    hh: Households,
    rows: Ints,
    world: World,
    scratch: Scratch,
    utility: Floats,
    state: Ints,
    county: Ints,
    away_site: Ints,
    hazard: Floats,
    workers: Ints,
    persons: Ints,
    leavers: Floats,
    abroad: Floats,
) -> None:
    n_counties = world.geo.n_counties
    for j in range(len(rows)):
        i = rows[j]
        state[j] = evaluate(hh, i, world, scratch)
        for a in range(3):
            for d in range(utility.shape[1]):
                utility[j, d, a] = scratch.utility[d, a]
        county[j] = hh.home_county[i]
        away_site[j] = -1
        if hh.away[i] != 0:
            place = np.int64(hh.away_place[i])
            away_site[j] = place - n_counties if place >= 2 * n_counties else place >> 1
        hazard[j] = reconsider_hazard(hh, i, mover_age(hh, i), world)
        persons[j], workers[j], _ = count_members(hh, i)
        _adults(hh, i, 2 * n_counties, leavers[j], abroad[j])


@rule
def _adults(hh: Households, i: int, edge: int, leavers: Floats, abroad: Floats) -> None:
    """Count the adults of a household who would leave the province, and who live outside."""
    youngest = youngest_worker(hh, i)
    for s in range(N_SLOTS):
        m = hh.members[i, s]
        if m == EMPTY or age_of(m) < _FIRST:
            continue
        group = min((np.int64(age_of(m)) - _FIRST) // _WIDTH, np.int64(_GROUPS - 1))
        if living_place(hh, i, s) >= edge:
            abroad[group] += 1.0
            continue
        leavers[2, group] += 1.0
        if is_worker(m):
            leavers[1, group] += 1.0
        if s == youngest:
            leavers[0, group] += 1.0


def _strata(hh: Households, rows: int, n_counties: int) -> tuple[Ints, Floats]:
    """Return sampled rows and the households that each stands for."""
    live = (hh.members[:rows, HEAD] != EMPTY) & (hh.hukou[:rows] < 2 * n_counties)
    village = live & (hh.away[:rows] == 0) & (hh.base[:rows] == 2 * hh.home_county[:rows].astype(np.int64))
    county = np.where(village, hh.home_county[:rows].astype(np.int64), n_counties)
    chosen, weights = [], []
    for stratum in range(n_counties + 1):
        members = np.flatnonzero(live & (county == stratum))
        size = min(len(members), PER_COUNTY if stratum < n_counties else ELSEWHERE)
        if size > 0:
            chosen.append(members[np.linspace(0, len(members) - 1, size).astype(np.int64)])
            weights.append(np.full(size, len(members) / size))
    return np.concatenate(chosen), np.concatenate(weights)


def take_sample(hh: Households, rows: int, world: World) -> Sample:
    """Return a stratified sample of the households of the province, with utilities before constants and attachment.

    Households at home in a village are taken per county, all others over the province, each
    evenly spaced in row order and weighted to its stratum.
    """
    chosen, weight = _strata(hh, rows, world.geo.n_counties)
    world = world._replace(choice=world.choice._replace(attachment=0.0))
    n = len(chosen)
    sites = world.geo.n_counties + world.geo.n_outside
    sample = Sample(
        utility=np.empty((n, 1 + sites, 3)),
        state=np.zeros(n, np.int64),
        county=np.zeros(n, np.int64),
        away_site=np.zeros(n, np.int64),
        hazard=np.zeros(n),
        weight=weight,
        workers=np.zeros(n, np.int64),
        persons=np.zeros(n, np.int64),
        leavers=np.zeros((n, 3, _GROUPS)),
        abroad=np.zeros((n, _GROUPS)),
    )
    _fill_sample(
        hh,
        chosen,
        world,
        new_scratch(world),
        sample.utility,
        sample.state,
        sample.county,
        sample.away_site,
        sample.hazard,
        sample.workers,
        sample.persons,
        sample.leavers,
        sample.abroad,
    )
    return sample._replace(hazard=sample.hazard * sample.weight)


def eased(sample: Sample, scale: float) -> Floats:
    """Return exp((V - V_stay) / scale) of every alternative before constants, in the shape of ``Sample.utility``."""
    return np.asarray(np.exp((sample.utility - sample.utility[:, :1, :1]) / scale))


def attachments(spread: float) -> Floats:
    """Return exp(attachment) of equally likely households, float64[NODES]: middles of the parts of its distribution.

    A spread of 0 needs one of them.
    """
    if spread == 0.0:
        return np.ones(1)
    byte = np.full(256, 1.0 / 256.0)
    pair = np.convolve(byte, byte)
    below = np.cumsum(np.convolve(pair, pair))
    totals = np.searchsorted(below, (np.arange(NODES) + 0.5) / NODES)
    words = [sum(min(max(int(t) - 255 * k, 0), 255) << (8 * k) for k in range(4)) for t in totals]
    return np.exp(spread * np.array([normal_like(np.uint32(w)) for w in words]))


def expected_flows(
    sample: Sample, ease: Floats, c: Constants, scale: float, geo: Geography, stays: Floats | None = None
) -> Flows:
    """Return the flows implied by constants: the closed form of the nested logit summed over the sample.

    Attachment is independent of all else at the start, so that every household stands for the mean over ``stays``.

    Args:
        sample: households.
        ease: ``eased(sample, scale)``.
        c: constants.
        scale: dissimilarity of the nests.
        geo: places.
        stays: ``attachments``; None: nobody differs.
    """
    stays = np.ones(1) if stays is None else stays
    tables = np.exp(c.own / scale), np.exp(c.site / scale), np.exp(c.arrangement / scale), np.exp(c.shift / scale)
    shapes = c.own, c.site, c.arrangement, c.shift, c.leave_age, c.leave_age
    flows = Flows(*(np.zeros_like(shape) for shape in shapes))
    space = np.empty((len(c.site), 3)), np.empty(N_NESTS), np.empty(3)
    _add_flows(sample, ease, tables, c.leave_age / scale, scale, stays, geo, space, flows)
    return flows


@rule
def _add_flows(
    sample: Sample,
    ease: Floats,
    tables: tuple[Floats, Floats, Floats, Floats],
    leaving: Floats,
    scale: float,
    stays: Floats,
    geo: Geography,
    space: tuple[Floats, Floats, Floats],
    flows: Flows,
) -> None:
    own, site, arrangement, shift = tables
    v, nest_sum, outward = space
    n_counties = geo.n_counties
    for j in range(len(sample.state)):
        state = sample.state[j]
        county = sample.county[j]
        nest_sum[:] = 0.0
        rest = 0.0
        _fill_outward(sample, j, leaving, outward)
        for d in range(len(site)):
            kind = transition(state, d, county, n_counties)
            constant = own[county] if kind == TO_OWN else site[d]
            outside = 1 if d >= n_counties else 0
            nest = nest_of(d, county, geo)
            for a in range(3):
                value = ease[j, 1 + d, a]
                if value != 0.0:
                    k = TO_JOIN if (a == 2 and d == sample.away_site[j]) else kind
                    value = value * constant * shift[state, k] * arrangement[outside, a]
                    if outside == 1:
                        value *= outward[a]
                    if nest == REST:
                        rest += value
                    else:
                        nest_sum[nest] += value
                v[d, a] = value
        nest_sum[REST] = rest
        home = (ease[j, 0, 1] * shift[state, TO_HOME]) ** scale
        odds = home
        for k in range(N_NESTS):
            odds += nest_sum[k] ** scale
        rate = 0.0
        for stay in stays:
            rate += sample.hazard[j] / (len(stays) * (stay + odds))
        flows.shift[state, TO_HOME] += rate * home
        for k in range(N_NESTS):
            if nest_sum[k] > 0.0:
                nest_sum[k] = rate * nest_sum[k] ** (scale - 1.0)
        _share_out(sample, j, v, nest_sum, rate * home, geo, flows)


@rule
def _fill_outward(sample: Sample, j: int, by_age: Floats, outward: Floats) -> None:
    """Fill in what leaving the province multiplies by arrangement, as ``leaving_values`` adds it to V."""
    outward[:] = 1.0
    if sample.state[j] == WHOLE_OUT:
        return
    for a in range(3):
        total = 0.0
        adults = 0.0
        for g in range(len(by_age)):
            adults += sample.leavers[j, a, g]
            total += sample.leavers[j, a, g] * by_age[g]
        outward[a] = np.exp(total / max(adults, 1.0))


@rule
def _share_out(sample: Sample, j: int, v: Floats, factor: Floats, home: float, geo: Geography, flows: Flows) -> None:
    """Add the flows of one household: persons of villagers by place, moves of all others by kind, adults by age."""
    state = sample.state[j]
    county = sample.county[j]
    back = home
    for d in range(len(v)):
        kind = transition(state, d, county, geo.n_counties)
        rate = factor[nest_of(d, county, geo)]
        for a in range(3):
            if v[d, a] == 0.0:
                continue
            flow = rate * v[d, a]
            if d >= geo.n_counties:
                for g in range(len(flows.left)):
                    flows.left[g] += flow * sample.leavers[j, a, g]
            else:
                back += flow
            if state != VILLAGE:
                flows.shift[state, TO_JOIN if (a == 2 and d == sample.away_site[j]) else kind] += flow
                continue
            persons = 1 if a == 0 else (sample.workers[j] if a == 1 else sample.persons[j])
            if kind == TO_OWN:
                flows.own[county] += flow * persons
            else:
                flows.site[d] += flow * persons
            flows.arrangement[1 if d >= geo.n_counties else 0, a] += flow
    for g in range(len(flows.back)):
        flows.back[g] += back * sample.abroad[j, g]
