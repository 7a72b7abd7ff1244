"""The common workload W: a small migration model that every framework can run in the same way.

Households live in one of 29 places and belong to one of 8 classes, with or without children.
Steps are months. In every step

1. a household draws one uniform number u (the thinning). With u below the chance of its class,
   children and place (2.7% a month on average) it considers moving; with u above one less the
   registration chance a household in a town without local registration registers, if it does
   not consider moving;
2. who considers draws one more uniform number and chooses a place by logit: weights are
   products of what the place offers its class at present prices, what share of its origin
   lives there already, how far it is, and a persistent taste of the household;
3. counts by place move prices, and counts by origin and place move the networks, for the next
   step.

Weights are multiplied and summed in the order written here, so that implementations given the
same numbers make the same choices to the last bit. All coefficients are judged: W is for
comparing systems and describes no province.
"""

from __future__ import annotations

from typing import NamedTuple, Protocol

import numpy as np
from numpy.typing import NDArray

from sim.agents.rng import mix, name_key
from sim.base.arrays import Bytes, Floats, Ints

PLACES, CLASSES, TOWNS = 29, 8, 15
"""Places 0 to 13 are villages, the others towns."""
KINDS = 2 * CLASSES
"""Class times two, plus one with children."""
LEVELS = 16
"""A taste is one of 16 levels, by four bits of a hash of household and place."""
REGISTERED = 128
"""Bit of the third state byte: registered where the household lives."""
REGISTRATION = 0.002
"""Chance a month; it lies within the highest of 256 parts of the unit interval."""
TASTE_SD, PRICE_WEIGHT, PEER_WEIGHT, DISTANCE_WEIGHT, PRICE_RESPONSE = 0.5, 0.6, 1.5, 0.8, 0.3
MEAN_CHANCE = 0.027


class State(NamedTuple):
    """Three bytes a household: origin, present place, kind with the bit ``REGISTERED``."""

    origin: Bytes
    place: Bytes
    kind: Bytes


class TownTables(NamedTuple):
    """What stays the same: tables drawn once from a fixed key.

    Attributes:
        chance: considers moving in a month, float64[KINDS, PLACES].
        value: utility of a place for a kind, float64[KINDS, PLACES].
        near: weight of the distance from the present place, float64[PLACES, PLACES].
        taste: weight of a level of taste, float64[LEVELS].
        seed: keys tastes.
    """

    chance: Floats
    value: Floats
    near: Floats
    taste: Floats
    seed: int


class Counts(NamedTuple):
    """Households by present place, and by origin and present place; integers."""

    place: Ints
    network: Ints


class Tables(NamedTuple):
    """Weights of one step.

    Attributes:
        offer: exp(value less price), float64[KINDS, PLACES].
        peers: exp(weight times share of the origin at the place), float64[PLACES, PLACES].
    """

    offer: Floats
    peers: Floats


class Numbers(Protocol):
    """Where an implementation takes its random numbers from."""

    def thinning(self, step: int) -> Floats:
        """Return one uniform number for every household."""

    def choices(self, step: int, rows: Ints) -> Floats:
        """Return one uniform number for each of the given households."""


class Framework(Protocol):
    """W in some framework."""

    def run(self, steps: int) -> None:
        """Go on by a number of steps."""

    def state(self) -> State:
        """Return the state in the order of the households."""


def make_world(seed: int = 1) -> TownTables:
    """Return the tables of W."""
    rng = np.random.default_rng([seed, name_key("W")])
    chance = rng.gamma(4.0, 0.25, (KINDS, PLACES))
    chance = np.clip(MEAN_CHANCE * chance / chance.mean(), 0.004, 0.07)
    at = rng.random((PLACES, 2))
    distance = np.hypot(*(at[:, None] - at[None]).transpose(2, 0, 1))
    middles = (np.arange(LEVELS) + 0.5) / LEVELS
    return TownTables(
        chance=chance,
        value=rng.normal(0.0, 0.5, (KINDS, PLACES)) + np.where(np.arange(PLACES) < PLACES - TOWNS, 0.3, 0.0),
        near=np.exp(-DISTANCE_WEIGHT * distance),
        taste=np.exp(TASTE_SD * np.sqrt(12.0) * (middles - 0.5)),
        seed=seed,
    )


def make_state(households: int, seed: int = 1) -> State:
    """Return the state at the start: most live where they come from and are registered there."""
    rng = np.random.default_rng([seed, households])
    origin = rng.integers(0, PLACES, households, dtype=np.uint8)
    gone = rng.random(households, dtype=np.float32) < 0.2
    place = np.where(gone, rng.integers(0, PLACES, households, dtype=np.uint8), origin)
    kind = rng.integers(0, KINDS, households, dtype=np.uint8)
    return State(origin, place, kind | np.where(gone, 0, REGISTERED).astype(np.uint8))


def count(state: State) -> Counts:
    """Return the counts of a state."""
    both = np.bincount(state.origin.astype(np.int64) * PLACES + state.place, minlength=PLACES * PLACES)
    network = both.reshape(PLACES, PLACES).astype(np.int64)
    return Counts(network.sum(axis=0), network)


def tables(world: TownTables, counts: Counts, first: Counts) -> Tables:
    """Return the weights of a step: prices follow counts by place, peers those by origin."""
    price = PRICE_RESPONSE * np.log((counts.place + 1.0) / (first.place + 1.0))
    share = counts.network / np.maximum(counts.network.sum(axis=1, keepdims=True), 1)
    return Tables(np.exp(world.value - PRICE_WEIGHT * price), np.exp(PEER_WEIGHT * share))


def taste_words(households: Ints, seed: int) -> tuple[NDArray[np.uint64], NDArray[np.uint64]]:
    """Return the two 64-bit words whose 4-bit digits are the tastes of households for places 0-15 and 16-28."""
    state = households.astype(np.uint64) * np.uint64(2) + (np.uint64(seed) << np.uint64(40))
    return _mixed(state), _mixed(state + np.uint64(1))


def _mixed(state: NDArray[np.uint64]) -> NDArray[np.uint64]:
    """Return ``mix(state, 0)`` of ``sim.agents.rng`` for an array."""
    z = state + np.uint64(0x9E3779B97F4A7C15)
    z = (z ^ (z >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    z = (z ^ (z >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return np.asarray(z ^ (z >> np.uint64(31)))


__all__ = [
    "Counts",
    "Framework",
    "Numbers",
    "State",
    "Tables",
    "TownTables",
    "count",
    "make_state",
    "make_world",
    "mix",
    "tables",
    "taste_words",
]
