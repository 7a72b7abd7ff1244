"""The common workload is the same model in every system."""

from __future__ import annotations

import math

import numpy as np
import pytest

from benchmarks.compiled import Compiled, Keyed
from benchmarks.native import InC, why_not
from benchmarks.vectorised import Native, Vectorised
from benchmarks.workload import (
    KINDS,
    MEAN_CHANCE,
    PLACES,
    REGISTERED,
    REGISTRATION,
    TOWNS,
    count,
    make_state,
    make_world,
    tables,
    taste_words,
)
from benchmarks.workload_mesa import Workload

WORLD = make_world()
HOUSEHOLDS, STEPS = 1_003, 24


@pytest.fixture(scope="module")
def compiled():
    model = Compiled(WORLD, make_state(HOUSEHOLDS))
    model.run(STEPS)
    return model.state()


@pytest.mark.parametrize(
    "build",
    [
        lambda state, numbers: Compiled(WORLD, state, 2),
        lambda state, numbers: Compiled(WORLD, state, 3),
        lambda state, numbers: Vectorised(WORLD, state, numbers),
        lambda state, numbers: Workload(WORLD, state, numbers),
        pytest.param(
            lambda state, numbers: InC(WORLD, state, numbers),
            marks=pytest.mark.skipif(bool(why_not()), reason=why_not()),
        ),
    ],
    ids=["2 threads", "3 threads", "numpy", "mesa", "c"],
)
def test_the_same_numbers_give_the_same_states(compiled, build):
    model = build(make_state(HOUSEHOLDS), Keyed(HOUSEHOLDS, WORLD.seed))
    model.run(STEPS)
    for ours, theirs in zip(compiled, model.state(), strict=True):
        np.testing.assert_array_equal(ours, theirs)


def test_something_happens(compiled):
    start = make_state(HOUSEHOLDS)
    assert 0.2 < np.mean(compiled.place != start.place) < 0.7
    np.testing.assert_array_equal(compiled.origin, start.origin)


def test_thinning_numbers_are_uniform():
    u = np.concatenate([Keyed(20_000, 1).thinning(step) for step in range(5)])
    edges = np.array([0.0, 1 / 256, 0.01, 0.07, 0.5, 1.0 - REGISTRATION, 1.0])
    seen, expected = np.histogram(u, edges)[0], np.diff(edges) * u.size
    assert ((seen - expected) ** 2 / expected).sum() < 22.5  # 0.1% quantile of chi-square with 6 degrees
    assert u.min() > 0.0 and u.max() < 1.0


def test_own_numbers_give_the_same_flows():
    """A month from one state with NumPy's numbers and with ours: shares within 5 standard errors of the chances."""
    households = 200_000
    state = make_state(households)
    kinds, places = state.kind & (KINDS - 1), state.place.astype(np.int64)
    considers = WORLD.chance[kinds, places].sum()
    unregistered = (places >= PLACES - TOWNS) & (state.kind & REGISTERED == 0)
    for numbers in (Native(households, 1), Keyed(households, 1)):
        u = numbers.thinning(0)
        assert abs((u < WORLD.chance[kinds, places]).sum() - considers) < 5 * math.sqrt(considers)
        late = (u > 1.0 - REGISTRATION) & unregistered
        expected = REGISTRATION * unregistered.sum()
        assert abs(late.sum() - expected) < 5 * math.sqrt(expected)


def test_mean_chance_is_the_stated_one():
    assert WORLD.chance.mean() == pytest.approx(MEAN_CHANCE, rel=0.01)


def test_one_choice_by_hand():
    """The place whose interval of the cumulated weights holds the number, in plain Python."""
    state = make_state(50)
    weights = tables(WORLD, count(state), count(state))
    numbers = Keyed(50, WORLD.seed)
    everybody = WORLD._replace(chance=np.ones((KINDS, PLACES)))
    model = Vectorised(everybody, state, numbers)
    model.run(1)
    v = numbers.choices(0, np.arange(50))
    for i in range(50):
        low, high = (int(word[0]) for word in taste_words(np.array([i]), WORLD.seed))
        total, cumulated = 0.0, []
        for d in range(PLACES):
            level = (low if d < 16 else high) >> (4 * (d % 16)) & 15
            kind, origin, place = state.kind[i] & (KINDS - 1), state.origin[i], state.place[i]
            total += weights.offer[kind, d] * weights.peers[origin, d] * WORLD.near[place, d] * WORLD.taste[level]
            cumulated.append(total)
        expected = next(d for d in range(PLACES) if d == PLACES - 1 or cumulated[d] > v[i] * total)
        assert model.state().place[i] == expected


def test_without_feedback_places_fill_as_the_chain_says():
    """With equal weights everywhere a household that considers goes to each place with chance 1/29."""
    flat = WORLD._replace(
        chance=np.full((KINDS, PLACES), 0.07),
        value=np.zeros((KINDS, PLACES)),
        near=np.ones((PLACES, PLACES)),
        taste=np.ones(16),
    )
    households = 50_000
    state = make_state(households)
    state = state._replace(place=np.zeros(households, np.uint8), origin=np.zeros(households, np.uint8))
    model = Compiled(flat, state)
    model.run(1)
    weights = tables(flat, count(state), count(state))
    share = weights.offer[0] * weights.peers[0] / (weights.offer[0] * weights.peers[0]).sum()
    moved = np.bincount(model.state().place, minlength=PLACES)[1:]
    expected = 0.07 * households * share[1:]
    assert ((moved - expected) ** 2 / expected).sum() < 57.0  # 0.1% quantile of chi-square with 28 degrees
