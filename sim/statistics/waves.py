"""Waves and weights: where parameters are not implausible, and how much each run counts.

Parameters are normal scores z: the prior of every calibrated parameter is standard normal.
A wave is drawn from the prior (a Latin hypercube) or from a mixture of the prior and a normal
around the runs of earlier waves that were not implausible. All runs of all waves are weighted
together by likelihood times prior over the density they were drawn from (deterministic
mixture weights, Veach and Guibas 1995), so that no run is wasted and none counts twice.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import logsumexp, ndtri
from scipy.stats import multivariate_normal
from scipy.stats.qmc import LatinHypercube

from sim.base.arrays import Floats, Ints

CUTOFF = 3.0
"""Second-largest implausibility above which a run is implausible (three standard deviations)."""
LEAST_KEPT = 40
"""Runs kept at least; the cut-off rises until there are as many."""
PRIOR_SHARE = 0.2
"""Share of a later wave that is drawn from the prior again (judged)."""
WIDEN = 1.6
"""Factor on the covariance of the kept runs (judged; wider than what was kept)."""


class Proposal(NamedTuple):
    """Density that a wave was drawn from; no ``mean`` is the prior."""

    mean: Floats | None
    covariance: Floats | None

    def log_density(self, z: Floats) -> Floats:
        """Return the log density at points float64[n, d]."""
        prior = log_prior(z)
        if self.mean is None or self.covariance is None:
            return prior
        near = np.atleast_1d(multivariate_normal(self.mean, self.covariance).logpdf(z))
        return np.asarray(np.logaddexp(np.log(PRIOR_SHARE) + prior, np.log(1 - PRIOR_SHARE) + near))

    def draw(self, size: int, dimension: int, seed: int) -> Floats:
        """Return Latin-hypercube points of the density, float64[size, dimension]."""
        far = size if self.mean is None else round(PRIOR_SHARE * size)
        points = [_normal(far, dimension, seed)]
        if self.mean is not None and self.covariance is not None:
            near = _normal(size - far, dimension, seed + 1)
            points.append(self.mean + near @ np.linalg.cholesky(self.covariance).T)
        return np.vstack(points)


PRIOR = Proposal(None, None)


@dataclass(frozen=True)
class Misfit:
    """Distance of runs from the targets.

    Attributes:
        scaled: (output - observed) / sd by run and target, float64[runs, targets].
    """

    scaled: Floats

    def implausibility(self) -> Floats:
        """Return the second-largest absolute distance of every run, float64[runs]."""
        ordered = np.sort(np.abs(self.scaled), axis=1)
        return np.asarray(ordered[:, -2] if ordered.shape[1] > 1 else ordered[:, -1])

    def log_likelihood(self) -> Floats:
        """Return the normal log likelihood up to a constant, float64[runs]."""
        return np.asarray(-0.5 * (self.scaled**2).sum(axis=1))


def misfit(outputs: Floats, observed: Floats, sd: Floats) -> Misfit:
    """Return the misfit; a run without a finite output is infinitely far off.

    Args:
        outputs: float64[runs, targets].
        observed: float64[targets].
        sd: discrepancy and noise together, float64[targets].
    """
    scaled = (outputs - observed) / sd
    return Misfit(np.where(np.isfinite(scaled), scaled, 1e6))


def _normal(size: int, dimension: int, seed: int) -> Floats:
    if size == 0:
        return np.zeros((0, dimension))
    u = LatinHypercube(dimension, rng=np.random.default_rng(seed)).random(size)
    return np.asarray(ndtri(np.clip(u, 1e-9, 1 - 1e-9)))


def log_prior(z: Floats) -> Floats:
    """Return the standard normal log density, float64[n]."""
    return np.asarray(-0.5 * (z**2).sum(axis=1) - 0.5 * z.shape[1] * np.log(2 * np.pi))


def keep(implausibility: Floats) -> tuple[NDArray[np.bool_], float]:
    """Return which runs are not implausible, and the cut-off used."""
    cutoff = CUTOFF
    if (implausibility < cutoff).sum() < LEAST_KEPT:
        cutoff = float(np.sort(implausibility)[min(LEAST_KEPT, len(implausibility)) - 1]) * (1 + 1e-12)
    return implausibility <= cutoff, cutoff


def next_proposal(z: Floats, kept: NDArray[np.bool_], log_weight: Floats, log_likelihood: Floats) -> Proposal:
    """Return the density of the next wave: a widened normal around the runs that are not implausible.

    Kept runs count by prior weight times a power of the likelihood, the largest up to 1 that
    leaves an effective size of ``LEAST_KEPT``.
    """
    prior = np.where(kept, log_weight, -np.inf)

    def weight_at(power: float) -> Floats:
        return normalised(prior + power * np.where(kept, log_likelihood, 0.0))

    low, high = 0.0, 1.0
    if effective_size(weight_at(1.0)) >= LEAST_KEPT:
        low = 1.0
    while high - low > 1e-3:
        middle = (low + high) / 2
        low, high = (middle, high) if effective_size(weight_at(middle)) >= LEAST_KEPT else (low, middle)
    weight = weight_at(low)
    mean = weight @ z
    centred = z - mean
    d = z.shape[1]
    covariance = WIDEN * (centred.T * weight) @ centred + 0.05 * np.eye(d)
    return Proposal(mean, covariance)


def mixture(z: Floats, proposals: Sequence[Proposal], sizes: Sequence[int]) -> Floats:
    """Return the log density of all waves together at points, float64[n]."""
    total = sum(sizes)
    parts = [np.log(n / total) + p.log_density(z) for p, n in zip(proposals, sizes, strict=True)]
    return np.asarray(logsumexp(np.stack(parts), axis=0))


def normalised(log_weight: Floats) -> Floats:
    """Return weights that sum to 1."""
    return np.asarray(np.exp(log_weight - logsumexp(log_weight)))


def effective_size(weight: Floats) -> float:
    """Return 1 / sum of squared normalised weights: how many equal runs say as much."""
    return float(1.0 / (weight**2).sum())


def resampled(weight: Floats, size: int) -> Ints:
    """Return rows drawn in proportion to their weight by systematic resampling, int64[size], ascending."""
    at = (np.arange(size) + 0.5) / size
    return np.minimum(np.searchsorted(np.cumsum(weight), at), len(weight) - 1)


def weighted_quantiles(values: Floats, weight: Floats, shares: Sequence[float]) -> Floats:
    """Return quantiles of weighted values, float64[len(shares)]."""
    order = np.argsort(values)
    cumulative = np.cumsum(weight[order])
    at = np.searchsorted(cumulative / cumulative[-1], shares)
    return np.asarray(values[order][np.minimum(at, len(values) - 1)])


def contraction(z: Floats, weight: Floats) -> Floats:
    """Return 1 - posterior over prior standard deviation in normal scores, by parameter.

    The posterior variance is that of a weighted sample, divided by one less the sum of squared
    weights, so that few effective runs do not look like knowledge.
    """
    mean = weight @ z
    left = max(1.0 - float((weight**2).sum()), 1e-12)
    return np.asarray(1.0 - np.sqrt(weight @ (z - mean) ** 2 / left))
