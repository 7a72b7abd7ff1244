"""Simulation-based calibration of the weighting: does it recover parameters that are known?

A run of the pool is taken as the truth; its outputs with the error of the targets added are
the synthetic data; all other runs are weighted against them. If the weighting is right, the
posterior probability below the true value is uniform over truths (Talts and others 2018).
The pool is taken as the prior, so that this checks the weighting and not the pool.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.stats import chisquare, kstest

from sim.base.arrays import Floats, Ints
from sim.statistics.likelihood import Surrogate
from sim.statistics.waves import effective_size, normalised

BINS = 10


class Calibration(NamedTuple):
    """Outcome of the check.

    Attributes:
        ranks: posterior probability below the truth, float64[truths, parameters].
        p_values: Kolmogorov-Smirnov test of uniformity by parameter.
        p_bins: chi-square test of the histogram by parameter, which sees the ends better.
        effective: effective size of the weights by truth.
    """

    ranks: Floats
    p_values: Floats
    p_bins: Floats
    effective: Floats

    @property
    def smallest(self) -> float:
        """Smallest p-value of both tests over all parameters."""
        return float(min(self.p_values.min(), self.p_bins.min()))

    @property
    def passed(self) -> bool:
        """Whether no test of any parameter refuses at 5% for all of them together (Bonferroni)."""
        return self.smallest * 2 * len(self.p_values) > 0.05

    def histogram(self) -> Ints:
        """Return counts of ranks, int64[parameters, BINS]."""
        return histogram(self.ranks)


def histogram(ranks: Floats) -> Ints:
    """Return counts of ranks float64[truths, parameters] in equal bins, int64[parameters, BINS]."""
    edges = np.linspace(0.0, 1.0, BINS + 1)
    return np.array([np.histogram(column, edges)[0] for column in ranks.T])


def calibrate_weights(
    z: Floats, outputs: Floats, surrogate: Surrogate, sd: Floats, truths: int, seed: int
) -> Calibration:
    """Check the weighting on synthetic truths drawn from the runs themselves.

    Args:
        z: parameters of the runs, float64[runs, d].
        outputs: targets of the runs, float64[runs, targets].
        surrogate: expected outputs of the same runs and the covariance around them.
        sd: discrepancy and noise together, float64[targets].
        truths: synthetic truths, at most the number of runs.
        seed: of the choice of truths and of the errors.
    """
    generator = np.random.default_rng(seed)
    chosen = generator.permutation(len(z))[:truths]
    ranks, effective = np.empty((len(chosen), z.shape[1])), np.empty(len(chosen))
    for k, truth in enumerate(chosen):
        others = np.arange(len(z)) != truth
        data = outputs[truth] + sd * generator.standard_normal(outputs.shape[1])
        weight = normalised(surrogate._replace(mean=surrogate.mean[others]).log_likelihood(data, sd))
        ranks[k] = np.clip(weight @ (z[others] < z[truth]), 0.0, 1.0)
        effective[k] = effective_size(weight)
    return judge(ranks, effective)


def judge(ranks: Floats, effective: Floats) -> Calibration:
    """Return the outcome of the check from ranks float64[truths, parameters] and effective sizes."""
    distances = np.array([kstest(column, "uniform").pvalue for column in ranks.T])
    return Calibration(ranks, distances, np.asarray(chisquare(histogram(ranks), axis=1).pvalue), effective)
