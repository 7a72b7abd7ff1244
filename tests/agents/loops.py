"""Compiled loops over the rules, so that tests can look at many households."""

from __future__ import annotations

import numpy as np

from sim.agents._compile import njit
from sim.agents.choice import choose, new_scratch
from sim.agents.moves import reconsiders
from sim.agents.rng import fill_words, gumbel, high, mix, normal_like, philox, stable_log, stream, unit
from sim.agents.utility import attachment_number, evaluate


@njit
def uniforms(seed, keys, step, purpose, item):
    out = np.empty(len(keys))
    for i in range(len(keys)):
        out[i] = unit(philox(keys[i], step, purpose, item, seed)[0])
    return out


@njit
def nested_gumbels(seed, number, scale):
    """Draw scale * (log S + G) as a nest with one alternative has it."""
    out = np.empty(number)
    for i in range(number):
        w = philox(i, 0, 1, 0, seed)
        out[i] = scale * (stable_log(unit(w[0]), unit(w[1]), scale) + gumbel(unit(w[2])))
    return out


@njit
def mixed(seed, number, items):
    """Draw ``items`` numbers from each of ``number`` streams."""
    out = np.empty((number, items))
    for i in range(number):
        state = stream(i, 3, 6, seed)
        for k in range(items):
            out[i, k] = unit(high(mix(state, k)))
    return out


@njit
def words(seed, number, items):
    """Draw the first ``items`` words from each of ``number`` streams."""
    out = np.empty((number, items), np.uint32)
    for i in range(number):
        fill_words(stream(i, 3, 6, seed), 0, out[i])
    return out


@njit
def normals(seed, number):
    out = np.empty(number)
    for i in range(number):
        out[i] = normal_like(philox(i, 0, 8, 0, seed)[0])
    return out


@njit
def attachment_numbers(hh, rows, world):
    out = np.empty(rows)
    for i in range(rows):
        out[i] = attachment_number(hh, i, world)
    return out


def choices(hh, rows, world):
    """Return (action, site) of every row."""
    return _choices(hh, rows, world, new_scratch(world))


@njit
def _choices(hh, rows, world, scratch):
    out = np.empty((rows, 2), np.int64)
    for i in range(rows):
        out[i, 0], out[i, 1] = choose(hh, i, world, scratch)
    return out


def utilities(hh, i, world):
    scratch = new_scratch(world)
    state = evaluate(hh, i, world, scratch)
    return state, scratch.utility[: 1 + world.geo.n_counties + world.geo.n_outside]


@njit
def who_reconsiders(hh, rows, world):
    out = np.zeros(rows, np.bool_)
    for i in range(rows):
        out[i] = reconsiders(hh, i, world)
    return out
