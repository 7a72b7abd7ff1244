"""The emulator against effects made by a rule that is known, and its parts by hand."""

from __future__ import annotations

import numpy as np
import pytest

from sim.base.arrays import Floats
from sim.statistics.emulator import Choices, Emulator, Traits, crossings, effects_at, errors_at, fit, with_errors

DRAWS, POINTS, LEVERS, STARTS, PLACES = 60, 24, 4, 2, 2


@pytest.fixture(scope="module")
def choices() -> Choices:
    rng = np.random.default_rng(5)
    shape = (DRAWS, POINTS)
    levels = rng.uniform(size=(*shape, LEVERS)) * (rng.uniform(size=(*shape, LEVERS)) < 0.7)
    assumed = rng.uniform(size=(*shape, 1)) * (rng.uniform(size=(*shape, 1)) < 0.5)
    return Choices(levels, rng.integers(0, STARTS, shape), rng.integers(0, PLACES, shape), assumed)


@pytest.fixture(scope="module")
def traits() -> Traits:
    return Traits(np.random.default_rng(6).normal(size=(DRAWS, 1)), np.array([1]), ((2, 3),))


def planted(choices: Choices, traits: Traits) -> tuple[Floats, Floats]:
    """Return effects of two year-ends: the second start acts in the second year only, the second place by a third."""
    rng = np.random.default_rng(7)
    alone = np.array([1.0, 0.5, 0.2, 0.8]) * np.exp(0.2 * rng.normal(size=(DRAWS, LEVERS)))
    alone[:, 1] += 0.4 * traits.drawn[:, 0]
    reach = np.array([[1.0, 1 / 3], [0.5, 0.5 / 3]])
    each = choices.levels * alone[:, None, :] * reach[choices.start, choices.place][..., None]
    whole = each.sum(-1) + 0.3 * choices.assumed[..., 0] + 0.4 * choices.levels[..., 2] * each[..., 3]
    return np.array([np.where(choices.start == 0, whole, 0.3 * choices.assumed[..., 0]), whole]), alone


def test_a_planted_rule_is_found_in_runs_that_were_not_used(choices: Choices, traits: Traits) -> None:
    effects, alone = planted(choices, traits)
    used = np.ones((DRAWS, POINTS), np.bool_)
    used[:, -4:] = False
    found = fit(choices, traits, effects, used)
    missed = effects - effects_at(found, choices, traits)
    spread = effects[:, ~used].std(axis=1)
    assert (missed[:, ~used].std(axis=1) < 0.06 * spread).all()
    at = found.alone[1] * found.reach[1, 0, 0]
    np.testing.assert_allclose(at[:, 0], alone[:, 0], atol=0.1)
    assert np.corrcoef(at[:, 1], alone[:, 1])[0, 1] > 0.99
    np.testing.assert_allclose(found.assumed[1].mean(), 0.3, atol=0.02)


def test_what_has_not_begun_has_no_effect(choices: Choices, traits: Traits) -> None:
    effects, _ = planted(choices, traits)
    found = fit(choices, traits, effects, np.ones((DRAWS, POINTS), np.bool_))
    later = choices._replace(start=np.ones_like(choices.start), assumed=np.zeros_like(choices.assumed))
    assert np.abs(effects_at(found, later, traits)[0]).max() < 1e-12


def test_without_a_choice_nothing_differs(choices: Choices, traits: Traits) -> None:
    effects, _ = planted(choices, traits)
    found = fit(choices, traits, effects, np.ones((DRAWS, POINTS), np.bool_))
    still = choices._replace(levels=np.zeros_like(choices.levels), assumed=np.zeros_like(choices.assumed))
    assert (effects_at(found, still, traits) == 0.0).all()


def test_the_error_is_that_of_runs_kept_aside(choices: Choices, traits: Traits) -> None:
    effects, _ = planted(choices, traits)
    noise = np.random.default_rng(8).normal(scale=0.1, size=effects.shape)
    used, aside = np.ones((DRAWS, POINTS), np.bool_), np.zeros((DRAWS, POINTS), np.bool_)
    used[:, -8:], aside[:, -8:-4] = False, True
    judged = ~used & ~aside
    found = with_errors(fit(choices, traits, effects + noise, used), choices, traits, effects + noise, aside)
    missed = np.abs(effects + noise - effects_at(found, choices, traits))
    inside = missed <= 1.645 * errors_at(found, choices, traits)
    assert 0.82 < inside[:, judged].mean() < 0.96
    assert 0.08 < errors_at(found, choices, traits)[1, judged].mean() < 0.16


def test_crossings_by_hand() -> None:
    levels, each, assumed = np.array([0.5, 1.0]), np.array([2.0, 3.0]), np.array([0.5])
    expected = [0.5 * 3.0, 2.0 * -0.5, 0.0, 2.0 * 3.0, 3.0 * 2.0, 5.0 * 0.5, 0.5 * -0.5]
    np.testing.assert_allclose(crossings(levels, each, assumed, [(0, 1)]), expected)


def test_an_effect_by_hand() -> None:
    emulator = Emulator(
        alone=np.array([[[2.0, 4.0]]]),
        assumed=np.array([[[1.0]]]),
        reach=np.array([[[[1.0, 0.5]]]]),
        crossing=np.array([[0.1, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0]]),
        error=np.array([[0.3, 0.1]]),
    )
    one = Choices(np.array([[[0.5, 1.0]]]), np.zeros((1, 1), int), np.zeros((1, 1), int), np.array([[[0.2]]]))
    traits = Traits(np.zeros((1, 0)), np.zeros(0, int), ((0, 1),))
    assert effects_at(emulator, one, traits)[0, 0, 0] == pytest.approx(1.0 + 2.0 + 0.2 + 0.1 * 0.5 * 2.0)
    assert errors_at(emulator, one, traits)[0, 0, 0] == pytest.approx(np.sqrt(0.09 + 0.01 * (1.0 + 4.0)))


def test_nothing_chosen_has_no_error() -> None:
    emulator = Emulator(
        np.ones((1, 1, 1)), np.ones((1, 1, 1)), np.ones((1, 1, 1, 1)), np.zeros((1, 4)), np.ones((1, 2))
    )
    spot, traits = np.zeros((1, 1), int), Traits(np.zeros((1, 0)), np.zeros(0, int), ())
    for level, assumed, expected in ((0.0, 0.0, 0.0), (0.0, 1.0, 1.0), (1.0, 0.0, np.sqrt(2.0))):
        at = Choices(np.full((1, 1, 1), level), spot, spot, np.full((1, 1, 1), assumed))
        assert errors_at(emulator, at, traits)[0, 0, 0] == pytest.approx(expected)
