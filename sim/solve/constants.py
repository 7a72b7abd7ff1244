"""Constants are solved, not guessed: base-year flows equal the drawn hazards and shares.

For a sample of households the choice probabilities have the closed form of the nested
logit, given the persistent tastes. The constants are moved by the log ratio of target to
expected flow until they agree (the contraction of Berry 1994, one constant per flow).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim._compile import njit, rule
from sim.data import Region
from sim.engine.tables import Constants, Floats
from sim.kernels.choice import evaluate, nest_of, transition
from sim.kernels.members import is_worker
from sim.kernels.moves import mover_age, reconsider_hazard
from sim.kernels.world import (
    N_NESTS,
    ORIGIN_STATES,
    SPLIT_IN,
    SPLIT_OUT,
    TO_HOME,
    TO_JOIN,
    TO_OTHER,
    TO_OUTSIDE,
    TO_OWN,
    TOWN_MIGRANT,
    TOWN_NATIVE,
    TRANSITIONS,
    VILLAGE,
    WHOLE_OUT,
    World,
)
from sim.state import EMPTY, HEAD, N_SLOTS, Households

PER_COUNTY, ELSEWHERE = 25, 1000
"""Sampled households at home in the villages of a county, and of all others together."""
ITERATIONS = 12
TOLERANCE = 0.01
"""Largest relative difference of a flow from its target that ends the iteration."""


RARE = 5.0
"""How far, in utils, the best alternative lies below staying at the first guess."""
FIRST_STEP, LATER_STEP = 60.0, 2.0
"""Largest step of a constant in utils, in the first two iterations and later."""
MOST_MOVING = 0.6
"""Largest share of the reconsiderations of a state that may end in a move (judged)."""
MOST_LEAVING = 0.95
"""Share of reconsiderations that end in a move beyond which the correction for staying is capped."""
LIMIT = 4.0
"""Largest distance of a county's constant from the median of its kind, in utils.

A flow that cannot be reached within it (a county with hardly any village household) stays short.
"""


class Sample(NamedTuple):
    """A sample of households with their utilities before constants.

    Attributes:
        utility: float64[n, 1 + sites, 3], as ``evaluate`` fills it.
        state, county, away_site: int64[n].
        hazard: yearly reconsiderations that the row stands for, float64[n].
        weight: households that the row stands for, float64[n].
        workers, persons: int64[n].
    """

    utility: Floats
    state: NDArray[np.int64]
    county: NDArray[np.int64]
    away_site: NDArray[np.int64]
    hazard: Floats
    weight: Floats
    workers: NDArray[np.int64]
    persons: NDArray[np.int64]


class Flows(NamedTuple):
    """Yearly flows: persons from villages by own county and site, households otherwise."""

    own: Floats
    site: Floats
    arrangement: Floats
    shift: Floats


@dataclass(frozen=True)
class Targets:
    """Flows that the base year must have, in agents; NaN where nothing is asked."""

    own: Floats
    site: Floats
    arrangement: Floats
    shift: Floats


@rule
def _fill_sample(hh, rows, world, utility, state, county, away_site, hazard, workers, persons):
    n_counties = world.geo.n_counties
    for j in range(len(rows)):
        i = rows[j]
        state[j] = evaluate(hh, i, world, utility[j])
        county[j] = hh.home_county[i]
        away_site[j] = -1
        if hh.away[i] != 0:
            place = np.int64(hh.away_place[i])
            away_site[j] = place - n_counties if place >= 2 * n_counties else place >> 1
        hazard[j] = reconsider_hazard(hh, i, mover_age(hh, i), world)
        for s in range(N_SLOTS):
            if hh.members[i, s] != EMPTY:
                persons[j] += 1
                if is_worker(hh.members[i, s]):
                    workers[j] += 1


def _strata(hh: Households, rows: int, n_counties: int) -> tuple[NDArray[np.int64], Floats]:
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
    """Return a stratified sample of the households of the province, with utilities before constants.

    Households at home in a village are taken per county, all others over the province, each
    evenly spaced in row order and weighted to its stratum.
    """
    chosen, weight = _strata(hh, rows, world.geo.n_counties)
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
    )
    _fill_sample(
        hh,
        chosen,
        world,
        sample.utility,
        sample.state,
        sample.county,
        sample.away_site,
        sample.hazard,
        sample.workers,
        sample.persons,
    )
    return sample._replace(hazard=sample.hazard * sample.weight)


@njit
def expected_flows(sample, own, site, arrangement, shift, scale, geo):
    """Return the flows implied by constants: closed-form nested logit summed over the sample."""
    n_counties = geo.n_counties
    sites = n_counties + geo.n_outside
    f_own = np.zeros(n_counties)
    f_site = np.zeros(sites)
    f_arr = np.zeros((2, 3))
    f_shift = np.zeros(shift.shape)
    v = np.empty((sites, 3))
    nest_sum = np.empty(N_NESTS)
    for j in range(len(sample.state)):
        state = sample.state[j]
        county = sample.county[j]
        u = sample.utility[j]
        nest_sum[:] = 0.0
        stay = u[0, 0]
        home = u[0, 1] + shift[state, TO_HOME]
        for d in range(sites):
            kind = transition(state, d, county, n_counties)
            outside = 1 if d >= n_counties else 0
            constant = own[county] if kind == TO_OWN else site[d]
            nest = nest_of(d, county, geo)
            for a in range(3):
                if u[1 + d, a] == -np.inf:
                    v[d, a] = 0.0
                    continue
                k = TO_JOIN if (a == 2 and d == sample.away_site[j]) else kind
                x = u[1 + d, a] + constant + shift[state, k] + arrangement[outside, a] - stay
                v[d, a] = np.exp(x / scale)
                nest_sum[nest] += v[d, a]
        total = 1.0
        if u[0, 1] > -np.inf:
            total += np.exp(home - stay)
        for k in range(N_NESTS):
            if nest_sum[k] > 0.0:
                total += nest_sum[k] ** scale
        rate = sample.hazard[j] / total
        if u[0, 1] > -np.inf:
            f_shift[state, TO_HOME] += rate * np.exp(home - stay)
        for d in range(sites):
            nest = nest_of(d, county, geo)
            if nest_sum[nest] <= 0.0:
                continue
            kind = transition(state, d, county, n_counties)
            outside = 1 if d >= n_counties else 0
            factor = rate * nest_sum[nest] ** (scale - 1.0)
            for a in range(3):
                flow = factor * v[d, a]
                if flow == 0.0:
                    continue
                if state == VILLAGE:
                    persons = 1 if a == 0 else (sample.workers[j] if a == 1 else sample.persons[j])
                    if kind == TO_OWN:
                        f_own[county] += flow * persons
                    else:
                        f_site[d] += flow * persons
                    f_arr[outside, a] += flow
                else:
                    k = TO_JOIN if (a == 2 and d == sample.away_site[j]) else kind
                    f_shift[state, k] += flow
    return f_own, f_site, f_arr, f_shift


def base_targets(
    region: Region, year: int, params: dict[str, float], sample: Sample, weight: float, outside_persons: float
) -> Targets:
    """Return the flows of the base year that the drawn parameters ask for.

    In-province moves from villages follow the stocks of in-migrants by origin class
    (census; those within a county in proportion to its rural share), in total the drawn
    transfer less reclassification plus returns; outflows are drawn returns plus the drawn
    net loss, by the stocks outside. Joins of split households are part of both.

    Args:
        region: tables.
        year: 2010 or 2020, census whose stocks give the pattern.
        params: drawn parameters.
        sample: households at the start.
        weight: persons per person of the model.
        outside_persons: persons of the model outside the province.
    """
    table = region.table("county_census")
    census = table[table["year"] == year].set_index("county_code").loc[list(region.county_codes)]
    same = census["in_same_county"].to_numpy(np.float64)
    other = census["in_other_county"].to_numpy(np.float64)
    counts = np.array([sample.weight[sample.state == s].sum() for s in range(len(ORIGIN_STATES))])
    returning = params["return_hazard_in_province"] * (
        (sample.weight * sample.persons)[sample.state == TOWN_MIGRANT].sum() + counts[SPLIT_IN] * 1.4
    )
    net_inside = params["transfer_per_year"] * (1.0 - params["reclassification_share"]) / weight
    inside = max(net_inside + returning - _with_split(params, sample), 0.3 * net_inside)
    back = params["return_hazard"] * outside_persons
    gross_out = max(back + params["outside_loss_per_year"] / weight, 0.25 * back)
    joining = params["join_hazard"] * _at_base(sample, SPLIT_OUT)
    from_villages = max(gross_out * (1.0 - params["town_out_share"]) - joining, 0.2 * gross_out)
    rural = census["residents_rural"].to_numpy(np.float64) / census["residents"].to_numpy(np.float64)
    to_own = inside * same.sum() / (same.sum() + other.sum())
    stock = region.table("outside_places")[f"migrants_{year}"].to_numpy(np.float64)
    out = from_villages * stock / stock.sum()
    return Targets(
        own=np.maximum(to_own * same * rural / (same * rural).sum(), 1e-3),
        site=np.concatenate([np.maximum((inside - to_own) * other / other.sum(), 1e-3), out]),
        arrangement=np.stack([_arrangement(params, f"whole_share_{where}") for where in ("in_province", "outside")]),
        shift=_shift_targets(params, counts, gross_out, urban_homes(sample)),
    )


def _at_base(sample: Sample, state: int) -> float:
    """Return persons at the base of split households, counting half of their members."""
    return float(0.5 * (sample.weight * sample.persons)[sample.state == state].sum())


def _with_split(params: dict[str, float], sample: Sample) -> float:
    """Return persons per year who leave villages for towns with a split household: joins and returns to town."""
    into_town = params["return_hazard"] * params["return_town_share"] + params["onward_hazard"] / 2
    joining = params["join_hazard"] + params["onward_hazard"] * 2 / 3
    return joining * _at_base(sample, SPLIT_IN) + into_town * _at_base(sample, SPLIT_OUT)


def _arrangement(params: dict[str, float], name: str) -> Floats:
    whole = params[name]
    one = params["one_share_of_split"]
    return np.array([(1.0 - whole) * one, (1.0 - whole) * (1.0 - one), whole])


def urban_homes(sample: Sample) -> float:
    """Return the share of the households wholly outside whose home is in a town."""
    rows = np.flatnonzero(sample.state == WHOLE_OUT)
    if len(rows) == 0:
        return 0.0
    own_town = sample.utility[rows, 1 + sample.county[rows], 2]
    return float(np.average(~np.isfinite(own_town), weights=sample.weight[rows]))


def _shift_targets(params: dict[str, float], counts: Floats, gross_out: float, urban_home: float) -> Floats:
    """Return households per year by state of origin and kind of destination.

    Households outside whose home is in a town return there when they go home; going home
    is so much more or less frequent that the drawn share of all returns ends in towns.
    """
    hazard = np.full((len(ORIGIN_STATES), len(TRANSITIONS)), np.nan)
    back, town = params["return_hazard"], params["return_town_share"]
    onward = params["onward_hazard"]
    hazard[SPLIT_IN] = [params["return_hazard_in_province"], params["join_hazard"], onward / 3, onward / 3, onward / 3]
    hazard[SPLIT_OUT] = [back * (1 - town), params["join_hazard"], back * town, onward / 2, onward / 2]
    going_home = min(back * (1 - town) / max(1 - urban_home, 0.05), 0.99 * back)
    hazard[WHOLE_OUT] = [going_home, np.nan, back - going_home, onward / 2, onward / 2]
    hazard[TOWN_MIGRANT] = [params["return_hazard_in_province"], np.nan, onward / 3, onward / 3, onward / 3]
    hazard[TOWN_NATIVE, TO_OTHER] = params["town_native_hazard"]
    target = hazard * counts[:, None]
    persons_per_move = 1.5
    target[TOWN_NATIVE, TO_OUTSIDE] = gross_out * params["town_out_share"] / persons_per_move
    return np.where(counts[:, None] > 0, target, np.nan)


def reconsidering_factor(sample: Sample, targets: Targets) -> float:
    """Return by how much households must reconsider more often than drawn, at least 1.

    Flows out of a state cannot exceed its reconsiderations; where the drawn flows would
    need more than ``MOST_MOVING`` of them, the drawn rate is raised.
    """
    workers = np.average(sample.workers, weights=sample.weight)
    persons = np.average(sample.persons, weights=sample.weight)
    per_move = targets.arrangement @ np.array([1.0, workers, persons])
    inside = targets.own.sum() + targets.site[: len(targets.own)].sum()
    outside = targets.site[len(targets.own) :].sum()
    needed = np.nansum(targets.shift, axis=1)
    needed[VILLAGE] = inside / per_move[0] + outside / per_move[1]
    factor = 1.0
    for state in range(len(ORIGIN_STATES)):
        available = sample.hazard[sample.state == state].sum()
        if available > 0:
            factor = max(factor, needed[state] / (MOST_MOVING * available))
    return float(factor)


def solve_constants(region: Region, sample: Sample, targets: Targets, world: World) -> tuple[Constants, float]:
    """Return the constants and the largest log error of a flow that was asked for.

    The first guess makes every move rare; there flows are proportional to the exponential
    of their constant. Later the share that stays changes with the constants: the correction
    for it is exact where households are alike.
    """
    n = region.n_counties
    c = _first_guess(region, sample)
    scale = world.choice.nest
    worst = np.inf
    often = np.array([sample.hazard[sample.state == s].sum() for s in range(len(ORIGIN_STATES))])
    for k in range(ITERATIONS):
        flows = Flows(*expected_flows(sample, c.own, c.site, c.arrangement, c.shift, scale, world.geo))
        worst = _worst(flows, targets)
        if worst < TOLERANCE:
            break
        most = FIRST_STEP if k < 2 else LATER_STEP
        more = _staying_change(flows, targets, often)
        c.own = _bounded(c.own + more[VILLAGE] + _step(targets.own, flows.own, most))
        c.site += more[VILLAGE] + (1.0 if k == 0 else max(scale, 0.4)) * _step(targets.site, flows.site, most)
        c.site[:n] = _bounded(c.site[:n])
        asked = np.isfinite(targets.shift) & (flows.shift > 0.0)
        c.shift += _step(targets.shift, flows.shift, most) + np.where(asked, more[:, None], 0.0)
        share = flows.arrangement / np.maximum(flows.arrangement.sum(axis=1, keepdims=True), 1e-300)
        change = scale * _step(targets.arrangement, share, most)
        c.arrangement += change - change[:, 2:]
    return c, worst


def _staying_change(flows: Flows, targets: Targets, often: Floats) -> Floats:
    """Return log of the share that stays now over the share that stays at the targets, by state of origin.

    A flow is in proportion to exp(constant) times the share of reconsiderations that end in
    staying; ``often`` are the reconsiderations per year. Villages move by arrangement, their
    households are scaled with the persons that are asked for.
    """
    now = flows.shift.sum(axis=1)
    then = np.where(np.isfinite(targets.shift), targets.shift, flows.shift).sum(axis=1)
    n = len(targets.own)
    asked = np.array([targets.own.sum() + targets.site[:n].sum(), targets.site[n:].sum()])
    moving = np.array([flows.own.sum() + flows.site[:n].sum(), flows.site[n:].sum()])
    households = flows.arrangement.sum(axis=1)
    now[VILLAGE] = households.sum()
    then[VILLAGE] = (households * asked / np.maximum(moving, 1e-300)).sum()
    rare = np.maximum(often, 1e-300)
    return np.asarray(
        np.log((1.0 - np.minimum(now / rare, MOST_LEAVING)) / (1.0 - np.minimum(then / rare, MOST_LEAVING)))
    )


def _first_guess(region: Region, sample: Sample) -> Constants:
    """Return constants at which hardly anybody moves."""
    c = Constants.zeros(region)
    stay = sample.utility[:, 0, 0]
    best = sample.utility[:, 1:].max(axis=(1, 2)) - stay
    c.own -= np.percentile(best, 99) + RARE
    c.site -= np.percentile(best, 99) + RARE
    home = sample.utility[:, 0, 1] - stay
    c.shift[:, TO_HOME] -= np.percentile(home[np.isfinite(home)], 99) + RARE
    return c


def _bounded(constants: Floats) -> Floats:
    middle = np.median(constants)
    return np.asarray(np.clip(constants, middle - LIMIT, middle + LIMIT))


def _step(target: Floats, flow: Floats, most: float) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        change = np.log(target / flow)
    return np.where(np.isfinite(change), np.clip(change, -most, most), 0.0)


def _worst(flows: Flows, targets: Targets) -> float:
    share = flows.arrangement / np.maximum(flows.arrangement.sum(axis=1, keepdims=True), 1e-300)
    errors = [
        np.abs(_step(t, f, FIRST_STEP)).max()
        for t, f in (
            (targets.own, flows.own),
            (targets.site, flows.site),
            (targets.arrangement, share),
            (targets.shift, flows.shift),
        )
    ]
    return float(max(errors))
