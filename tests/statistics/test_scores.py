"""Scores against closed forms and cases computed by hand."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import norm

from sim.statistics.scores import crps, drift, errors_elsewhere, interval, score, with_error


def test_crps_of_a_point_forecast_is_its_absolute_error():
    assert crps(np.array([[1.0, 5.0]]), np.array([3.0, 4.0])) == pytest.approx([2.0, 1.0])


def test_crps_of_two_members_by_hand():
    """Members 0 and 2, observed 1: E|X-y| = 1, E|X-X'| = 1, score 1 - 1/2."""
    assert crps(np.array([[0.0], [2.0]]), np.array([1.0])) == pytest.approx([0.5])


@pytest.mark.parametrize("observed", [-1.5, 0.0, 0.7, 2.0])
def test_crps_of_many_normal_members_is_the_closed_form(observed):
    members = norm.ppf((np.arange(4000) + 0.5) / 4000)[:, None]
    closed = observed * (2 * norm.cdf(observed) - 1) + 2 * norm.pdf(observed) - 1 / np.sqrt(np.pi)
    assert crps(members, np.array([observed])) == pytest.approx([closed], abs=1e-3)


def test_scores_of_known_ensembles():
    members = np.linspace(0, 1, 101)[:, None] + np.array([0.0, 1.0, 2.0])
    got = score(members, np.array([0.5, 1.97, 2.9]), before=np.array([0.0, 1.0, 2.0]))
    assert got.values == 3
    assert got.coverage == pytest.approx(2 / 3)
    assert got.mae == pytest.approx((0.0 + 0.47 + 0.4) / 3)
    assert got.bias == pytest.approx(-(0.47 + 0.4) / 3)
    assert got.median_error == pytest.approx(0.4)
    low, high = interval(members)
    assert (low[0], high[0]) == pytest.approx((0.0455, 0.9545))  # 101 members as midpoints: (0.05 x 101 - 0.5) / 100


def test_ranks_are_of_changes():
    members = np.array([[1.0, 3.0, 6.0]])
    before = np.array([0.0, 1.0, 2.0])
    assert score(members, before + np.array([5.0, 6.0, 9.0]), before).rank == pytest.approx(1.0)
    assert score(members, before + np.array([9.0, 6.0, 5.0]), before).rank == pytest.approx(-1.0)


def test_an_added_error_adds_its_variance():
    members = np.array([[0.0, 1.0], [2.0, 1.0]])
    wide = with_error(members, np.array([3.0, 2.0]))
    assert wide.var(axis=0) == pytest.approx([1.0 + 9.0, 4.0])
    assert wide.mean(axis=0) == pytest.approx([1.0, 1.0])


@pytest.mark.parametrize("members", [1, 100])
@pytest.mark.parametrize(("events", "end"), [(2, 2.92), (None, 1.645)])
def test_intervals_with_an_error_have_the_ends_of_its_distribution(members, events, end):
    """Published tables: 95% point of Student t with two degrees of freedom 2.920, of the normal 1.645."""
    spread = np.linspace(-0.1, 0.1, members)[:, None] if members > 1 else np.zeros((1, 1))
    low, high = interval(with_error(10.0 + spread, np.array([1.0]), events))
    assert high[0] - 10.0 == pytest.approx(end, rel=0.02)
    assert 10.0 - low[0] == pytest.approx(end, rel=0.02)


def test_the_error_of_a_group_is_learnt_elsewhere():
    members = np.array([[0.0, 0.0, 0.0, 0.0]])
    observed = np.array([1.0, -1.0, 3.0, 3.0])
    sd = errors_elsewhere(members, observed, np.array([0, 0, 1, 1]))
    assert sd == pytest.approx([3.0, 3.0, 1.0, 1.0])


def test_drift_is_the_random_walk_with_estimated_drift():
    changes = np.array([1.0, 3.0])
    mean, sd = drift(changes, np.array([1, 4]))
    assert mean == pytest.approx([2.0, 8.0])
    assert sd == pytest.approx([np.sqrt(2 * (1 + 1 / 2)), np.sqrt(2 * (4 + 16 / 2))])
