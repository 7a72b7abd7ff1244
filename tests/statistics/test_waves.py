"""Waves and weights against the closed form of a linear model with normal errors."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import multivariate_normal

from sim.statistics import waves as wv
from sim.statistics.likelihood import fit_surrogate
from sim.statistics.ranks import calibrate_weights, judge

A = np.array([[2.0, 0.0, 1.0], [0.0, 1.0, 0.0]])
"""Two outputs of three parameters; the third is seen only together with the first."""
SD = np.array([0.5, 1.0])
OBSERVED = np.array([1.5, -0.6])


def closed_form():
    precision = np.eye(3) + A.T @ np.diag(SD**-2) @ A
    covariance = np.linalg.inv(precision)
    return covariance @ A.T @ np.diag(SD**-2) @ OBSERVED, covariance


def run_waves(sizes):
    z, proposals = np.zeros((0, 3)), [wv.PRIOR]
    for k, size in enumerate(sizes):
        z = np.vstack([z, proposals[k].draw(size, 3, 10 * k)])
        misfit = wv.misfit(z @ A.T, OBSERVED, SD)
        kept, _ = wv.keep(misfit.implausibility())
        log_weight = wv.log_prior(z) - wv.mixture(z, proposals, sizes[: k + 1])
        proposals.append(wv.next_proposal(z, kept, log_weight, misfit.log_likelihood()))
    return z, wv.normalised(log_weight + misfit.log_likelihood())


def test_weighted_runs_of_all_waves_have_the_posterior_of_the_closed_form():
    z, weight = run_waves([4000, 4000, 4000])
    mean, covariance = closed_form()
    error = 5 * np.sqrt(np.diag(covariance) / wv.effective_size(weight))
    assert (np.abs(weight @ z - mean) < error).all()
    assert weight @ z**2 - (weight @ z) ** 2 == pytest.approx(np.diag(covariance), rel=0.12)
    assert wv.contraction(z, weight) == pytest.approx(1 - np.sqrt(np.diag(covariance)), abs=0.05)


def test_later_waves_raise_the_effective_size():
    first = wv.effective_size(run_waves([6000])[1]) / 6000
    assert wv.effective_size(run_waves([2000, 2000, 2000])[1]) / 6000 > first


def test_mixture_density_is_that_of_its_parts():
    proposal = wv.Proposal(np.array([1.0, -1.0]), np.array([[0.5, 0.2], [0.2, 0.4]]))
    z = np.array([[0.3, 0.1], [2.0, -2.0]])
    prior = multivariate_normal(np.zeros(2), np.eye(2)).pdf(z)
    near = multivariate_normal(proposal.mean, proposal.covariance).pdf(z)
    later = wv.PRIOR_SHARE * prior + (1 - wv.PRIOR_SHARE) * near
    expected = np.log((300 * prior + 100 * later) / 400)
    assert wv.mixture(z, [wv.PRIOR, proposal], [300, 100]) == pytest.approx(expected)


def test_a_wave_has_the_moments_of_its_density():
    proposal = wv.Proposal(np.array([1.0, -1.0]), np.diag([0.25, 0.04]))
    z = proposal.draw(20_000, 2, 3)
    share = 1 - wv.PRIOR_SHARE
    assert z.mean(axis=0) == pytest.approx([share, -share], abs=0.02)
    assert (z**2).mean(axis=0) == pytest.approx(wv.PRIOR_SHARE + share * np.array([1.25, 1.04]), abs=0.03)


def test_second_largest_distance_decides_and_failed_runs_are_implausible():
    misfit = wv.misfit(np.array([[9.0, 1.0, 2.0], [0.0, 4.0, 4.0], [0.0, np.nan, np.nan]]), np.zeros(3), np.ones(3))
    assert misfit.implausibility()[:2] == pytest.approx([2.0, 4.0])
    assert misfit.implausibility()[2] > 1e5
    assert wv.normalised(misfit.log_likelihood())[2] == 0.0


def test_the_cut_off_rises_until_enough_runs_are_kept():
    kept, cutoff = wv.keep(np.linspace(0.0, 2.9, 100))
    assert kept.all()
    assert cutoff == wv.CUTOFF
    kept, cutoff = wv.keep(np.linspace(2.5, 30.0, 100))
    assert kept.sum() == wv.LEAST_KEPT
    assert cutoff > wv.CUTOFF


def test_weighted_quantiles_of_a_known_distribution():
    values = np.array([3.0, 1.0, 2.0])
    assert wv.weighted_quantiles(values, np.array([0.2, 0.5, 0.3]), (0.4, 0.6, 0.9)) == pytest.approx([1.0, 2.0, 3.0])


def test_right_weights_pass_the_check():
    z = np.random.default_rng(5).standard_normal((1500, 3))
    check = calibrate_weights(z, z @ A.T, fit_surrogate(z, z @ A.T), SD, 300, 2)
    assert check.passed
    assert check.histogram().sum() == 3 * 300


@pytest.mark.parametrize("shape", [(0.5, 0.5), (3.0, 3.0), (1.0, 1.6)], ids=["overconfident", "timid", "biased"])
def test_ranks_that_are_not_uniform_fail_the_check(shape):
    generator = np.random.default_rng(1)
    ranks = np.column_stack([generator.random(300), generator.beta(*shape, 300)])
    check = judge(ranks, np.full(300, 50.0))
    assert not check.passed
    assert check.p_values[0] > 0.01


def test_a_surrogate_recovers_expectation_and_covariance():
    """Outputs linear and quadratic in z with correlated noise of known covariance."""
    generator = np.random.default_rng(4)
    z = generator.standard_normal((3000, 3))
    noise = generator.multivariate_normal([0.0, 0.0], [[0.5, 0.3], [0.3, 0.4]], 3000)
    expected = np.column_stack([2.0 + 3.0 * z[:, 0] + z[:, 1] ** 2, z[:, 2] - z[:, 0] * z[:, 1]])
    found = fit_surrogate(z, expected + noise)
    assert np.abs(found.mean - expected).mean() < 0.06
    assert found.covariance == pytest.approx(np.array([[0.5, 0.3], [0.3, 0.4]]), abs=0.04)
    data, sd = np.array([4.0, 0.0]), np.array([0.7, 0.2])
    total = np.array([[0.5 + 0.49, 0.3], [0.3, 0.4 + 0.04]])
    exact = multivariate_normal([0.0, 0.0], total).logpdf(data - expected)
    got = found.log_likelihood(data, sd)
    near = exact > exact.max() - 5
    assert np.abs((got - got.max()) - (exact - exact.max()))[near].mean() < 0.25


def test_resampling_keeps_the_weights():
    rows = wv.resampled(np.array([0.5, 0.0, 0.3, 0.2]), 10)
    assert np.bincount(rows, minlength=4).tolist() == [5, 0, 3, 2]
