"""The encompassing test against cases whose answer is known."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import t

from sim.statistics.encompassing import encompassing
from sim.statistics.scores import crps

GROUPS = np.repeat(np.arange(14), 9)
N = len(GROUPS)


def world(seed, weight):
    """Changes that depend on a share, on a signal that a forecast knows, and on shocks of groups and places."""
    draw = np.random.default_rng(seed)
    share, signal = draw.uniform(0.1, 0.9, N), draw.normal(0.0, 0.05, N)
    shocks = draw.normal(0.0, 0.02, 14)[GROUPS] + draw.normal(0.0, 0.05, N)
    forecast = 0.1 - 0.2 * share + signal
    return 0.2 - 0.15 * share + weight * signal + shocks, share[:, None], forecast


def test_a_forecast_without_knowledge_of_its_own_adds_nothing_and_one_with_does():
    """Weights 0 and 1 are inside about nine of ten intervals; the verdict is rarely wrong where nothing is added."""
    inside, wrong, right = [], [], []
    for seed in range(200):
        for weight, verdicts in ((0.0, wrong), (1.0, right)):
            found = encompassing(*world(seed, weight), GROUPS)
            inside.append(found.low <= weight <= found.high)
            verdicts.append(found.adds)
    assert 0.86 < np.mean(inside) < 0.97
    assert np.mean(wrong) < 0.09
    assert np.mean(right) > 0.95


def test_a_perfect_forecast_has_weight_one_and_no_error():
    observed, share, _ = world(1, 0.0)
    found = encompassing(observed, share, observed, GROUPS)
    assert (found.weight, found.low, found.high) == pytest.approx((1.0, 1.0, 1.0))
    assert (found.forecast, found.both) == pytest.approx((0.0, 0.0), abs=1e-12)
    assert found.known > 0.01


def test_two_groups_by_hand():
    """Constant alone: each group is forecast at the other's mean with the other's two errors."""
    observed = np.array([0.0, 2.0, 5.0, 9.0])
    found = encompassing(observed, np.zeros((4, 1)), np.array([1.0, 2.0, 4.0, 8.0]), np.array([0, 0, 1, 1]))
    errors = (
        np.quantile([5.0, 9.0], (np.arange(199) + 0.5) / 199)[:, None],
        np.quantile([0.0, 2.0], (np.arange(199) + 0.5) / 199)[:, None],
    )
    by_hand = [*crps(errors[0] + np.zeros(2), observed[:2]), *crps(errors[1] + np.zeros(2), observed[2:])]
    assert found.known == pytest.approx(np.mean(by_hand))
    slopes = np.array([(9.0 - 5.0) / 4.0, 2.0])
    error = np.sqrt(((slopes - slopes.mean()) ** 2).sum() / 2.0)
    assert found.high - found.weight == pytest.approx(t.ppf(0.95, 1) * error)
