"""Where to live: one nested-logit argmax over stay, home and every arrangement at every site.

U_j = V_j + eta_nest(j) + lambda * eps_j, with eps_j Gumbel frozen by (household, step,
alternative) and eta the conjugate nest draw, plus a taste for the site that is keyed
without the step. Raising V_j can only move households to j.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.agents._compile import inlined
from sim.agents.rng import Purpose, fill_words, gumbel, high, low, mix, stable_log, stream, unit, word
from sim.agents.state import Households
from sim.agents.utility import PLACE_ITEM, evaluate
from sim.agents.world import HOME, N_NESTS, ONE_AWAY, OTHER_OUTSIDE, REST, STAY, Geography, World, padded
from sim.base.arrays import Floats

_MOVE = int(Purpose.MOVE)
_NEST = int(Purpose.NEST)

_GUMBEL_TOP = -np.log(-np.log(np.append(np.arange(1, 256) / 256.0, 1.0 - 2.0**-33))) + 1e-9
"""Upper bound of the Gumbel quantile by the top byte of the random word, with room for rounding."""
_HALF = np.float32(0.5)
_LOG_PER_BIT = np.log(2.0) / 2.0**23
_TOP_LOG = (32.0 + 127.0) * np.log(2.0) + 1e-6
"""Logarithm of 2**32 with what the bits of a float32 count too much, and room for its rounding."""
ROUNDING = 1e-9
"""Room for the rounding of sums in bounds, utils."""


def angle_top(scale: float) -> Floats:
    """Return upper bounds of the part of ``stable_log`` that its first number makes, by top byte of the word.

    log S = a(u) + (1 - scale) / scale * gumbel(e), and a rises with u (Zolotarev 1986), so
    that its value at the end of an interval bounds it there; with room for rounding.
    """
    if scale >= 1.0:
        return np.zeros(256)
    angle = np.pi * np.append(np.arange(1, 256) / 256.0, 1.0 - 2.0**-33)
    whole = np.sin(angle)
    rise = np.log(np.sin(scale * angle) / whole)
    return np.asarray(rise + (1.0 - scale) / scale * np.log(np.sin((1.0 - scale) * angle) / whole) + 1e-9)


@inlined
def nest_of(site: int, county: int, geo: Geography) -> int:
    """Return the nest of a site for a household whose home county is ``county``."""
    return min(geo.site_class[county, site], OTHER_OUTSIDE)


class Scratch(NamedTuple):
    """Working space of one choice.

    Attributes:
        utility: V of every alternative, as ``evaluate`` fills it; rows beyond the sites mean nothing.
        nest: nest draws, or upper bounds of those not asked for yet, float64[N_NESTS].
        excess: how far the upper bound of a nest draw is above it, float64[N_NESTS]; 0 for those not asked for.
        asked: nests whose draw is known, bool[N_NESTS].
        angle_top: as ``angle_top`` returns it, float64[256].
        words, others: random words by site, uint32[n_sites].
        rest: 2**32 less the largest word by site, float32[n_sites].
        exponent: the bits of ``rest`` as whole numbers, int32[n_sites].
        bound: upper bounds of U by site, float64[n_sites]; ``evaluate`` keeps the places outside in it.
        slack: utils below the best within which alternatives are looked at besides, to know the margin.
        margin: by how much the best leads, up to ``slack``, float64[1].
    """

    utility: Floats
    nest: Floats
    excess: Floats
    asked: NDArray[np.bool_]
    angle_top: Floats
    words: NDArray[np.uint32]
    others: NDArray[np.uint32]
    rest: NDArray[np.float32]
    exponent: NDArray[np.int32]
    bound: Floats
    slack: float
    margin: Floats


def new_scratch(world: World, slack: float = 0.0) -> Scratch:
    """Return working space for the choices of one thread in a world."""
    sites = padded(world.geo.n_counties + world.geo.n_outside)
    rest = np.empty(sites, np.float32)
    return Scratch(
        np.empty((1 + sites, 3), order="F"),
        np.empty(N_NESTS),
        np.empty(N_NESTS),
        np.empty(N_NESTS, np.bool_),
        angle_top(world.choice.nest),
        np.empty(sites, np.uint32),
        np.empty(sites, np.uint32),
        rest,
        rest.view(np.int32),
        np.empty(sites),
        slack,
        np.empty(1),
    )


@inlined
def nest_draw(draws: np.uint64, k: int, scale: float) -> float:
    """Return the conjugate draw of nest ``k`` from the stream of a household and step: lambda * log S."""
    bits = mix(draws, k)
    return scale * stable_log(unit(high(bits)), unit(low(bits)), scale)


@inlined
def nest_stream(hh: Households, i: int, world: World) -> np.uint64:
    """Return the stream of the nest draws of a household and step."""
    return stream(hh.key[i], world.step, _NEST, world.seed)


@inlined
def _nest_bounds(draws: np.uint64, scale: float, scratch: Scratch) -> None:
    """Fill upper bounds of the nest draws; few nests come near the best and need their draw."""
    shape = 0.0 if scale >= 1.0 else (1.0 - scale) / scale
    for k in range(N_NESTS):
        bits = mix(draws, k)
        most = scratch.angle_top[high(bits) >> np.uint64(24)] + shape * _GUMBEL_TOP[low(bits) >> np.uint64(24)]
        scratch.nest[k] = scale * most
        scratch.excess[k] = 0.0
        scratch.asked[k] = False


@inlined
def error_item(site: int, arrangement: int) -> int:
    """Return the item of the error of an arrangement at a site."""
    return (arrangement << 8) + site


@inlined
def _error_bounds(errors: np.uint64, scale: float, scratch: Scratch) -> None:
    """Fill ``bound`` with upper bounds of the largest of the three errors at every site.

    -log(-log u) is below -log(1 - u), and the bits of a floating-point number 2**e (1 + m), read as
    a whole number, are e + m and a constant, which is below its logarithm of base two.
    """
    words, others, bound = scratch.words, scratch.others, scratch.bound
    fill_words(errors, error_item(0, 0), words)
    for a in range(1, 3):
        fill_words(errors, error_item(0, a), others)
        for d in range(len(words)):
            words[d] = max(words[d], others[d])
    rest, exponent = scratch.rest, scratch.exponent
    for d in range(len(words)):
        rest[d] = np.float32(np.uint32(~words[d])) + _HALF
    for d in range(len(words)):
        bound[d] = scale * (_TOP_LOG - _LOG_PER_BIT * exponent[d])


@inlined
def _bounds(errors: np.uint64, county: int, world: World, scratch: Scratch) -> None:
    """Fill upper bounds of U by site: the best arrangement with the largest of the three errors' upper bounds."""
    geo = world.geo
    nest, bound, utility = scratch.nest, scratch.bound, scratch.utility
    _error_bounds(errors, world.choice.nest, scratch)
    one, everybody, whole = utility[1:, 0], utility[1:, 1], utility[1:, 2]
    for d in range(len(bound)):
        bound[d] += max(one[d], everybody[d], whole[d])
    for d in range(len(bound)):
        bound[d] += nest[REST] + ROUNDING
    for j in range(geo.n_near[county]):
        d = geo.near[county, j]
        bound[d] += nest[nest_of(d, county, geo)] - nest[REST]


@inlined
def choose(hh: Households, i: int, world: World, scratch: Scratch) -> tuple[int, int]:
    """Return (action, site) of the alternative with the highest utility.

    Args:
        hh: household table.
        i: row.
        world: tables of the step.
        scratch: working space, overwritten.
    """
    geo = world.geo
    county = np.int64(hh.home_county[i])
    utility = scratch.utility
    evaluate(hh, i, world, scratch)
    scale = world.choice.nest
    draws = nest_stream(hh, i, world)
    _nest_bounds(draws, scale, scratch)
    errors = stream(hh.key[i], world.step, _MOVE, world.seed)
    action = STAY
    site = -1
    best = utility[0, 0] + gumbel(unit(word(errors, PLACE_ITEM)))
    second = -np.inf
    if utility[0, 1] > -np.inf:
        at_home = utility[0, 1] + gumbel(unit(word(errors, PLACE_ITEM + 1)))
        second = min(best, at_home)
        if at_home > best:
            best = at_home
            action = HOME
    _bounds(errors, county, world, scratch)
    for d in range(geo.n_counties + geo.n_outside):
        least = best - scratch.slack
        if scratch.bound[d] <= least:
            continue
        k = nest_of(d, county, geo)
        if scratch.bound[d] - scratch.excess[k] <= least:
            continue
        if not scratch.asked[k]:
            nest = nest_draw(draws, k, scale)
            scratch.excess[k] = scratch.nest[k] - nest
            scratch.nest[k] = nest
            scratch.asked[k] = True
        for a in range(3):
            bits = word(errors, error_item(d, a))
            least = best - scratch.slack
            if utility[1 + d, a] + scratch.nest[k] + scale * _GUMBEL_TOP[bits >> np.uint32(24)] <= least:
                continue
            v = utility[1 + d, a] + scratch.nest[k] + scale * gumbel(unit(bits))
            second = max(second, min(v, best))
            if v > best:
                best = v
                action = ONE_AWAY + a
                site = d
    scratch.margin[0] = min(best - second, scratch.slack)
    return action, site
