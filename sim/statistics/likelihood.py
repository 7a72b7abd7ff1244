"""Likelihood of calibrated parameters with everything else integrated out.

In every run the parameters that are not calibrated are drawn from their priors, so one output is
one sample. A quadratic regression of the outputs on the normal scores of the calibrated
parameters gives their expectation, the covariance of its leave-one-out residuals what the
other parameters add (a normal synthetic likelihood, Wood 2010). Weights then depend on the
parameters of a run and not on the luck of its other draws.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.base.arrays import Floats

RIDGE_LINEAR, RIDGE_QUADRATIC = 1.0, 5.0
"""Penalties of linear and quadratic terms, in runs (judged; outputs are scaled to unit variance)."""
RUNS_PER_TERM = 4
"""Runs that there must be for each term before quadratic terms are used (judged)."""


class Surrogate(NamedTuple):
    """Expected outputs of runs and the covariance around them.

    Attributes:
        mean: float64[runs, targets].
        covariance: of leave-one-out residuals, float64[targets, targets].
        explained: share of the variance of each output that the parameters explain.
    """

    mean: Floats
    covariance: Floats
    explained: Floats

    def log_likelihood(self, data: Floats, sd: Floats) -> Floats:
        """Return the normal log likelihood of data up to a constant, float64[runs].

        Args:
            data: float64[targets].
            sd: discrepancy and noise together, float64[targets].
        """
        total = self.covariance + np.diag(sd**2)
        error = np.linalg.solve(np.linalg.cholesky(total), (data - self.mean).T)
        return np.asarray(-0.5 * (error**2).sum(axis=0))


def terms(z: Floats, quadratic: bool) -> Floats:
    """Return constant, linear and, if asked for, all quadratic terms, float64[runs, terms]."""
    linear = np.hstack([np.ones((len(z), 1)), z])
    if not quadratic:
        return linear
    first, second = np.triu_indices(z.shape[1])
    return np.hstack([linear, z[:, first] * z[:, second]])


def fit_surrogate(z: Floats, outputs: Floats) -> Surrogate:
    """Fit the expected outputs; runs without finite outputs are left out of the fit.

    Args:
        z: normal scores, float64[runs, d].
        outputs: float64[runs, targets].
    """
    d = z.shape[1]
    fine = np.isfinite(outputs).all(axis=1)
    quadratic = int(fine.sum()) >= RUNS_PER_TERM * (1 + d + d * (d + 1) // 2)
    every = terms(z, quadratic)
    x, y = every[fine], outputs[fine]
    centre, scale = y.mean(axis=0), np.maximum(y.std(axis=0), 1e-12)
    penalty = np.full(x.shape[1], RIDGE_QUADRATIC)
    penalty[: 1 + d] = RIDGE_LINEAR
    penalty[0] = 0.0
    inverse = np.linalg.inv(x.T @ x + np.diag(penalty))
    beta = inverse @ x.T @ ((y - centre) / scale)
    leverage = np.einsum("ij,jk,ik->i", x, inverse, x)
    residual = scale * ((y - centre) / scale - x @ beta) / (1.0 - np.minimum(leverage, 0.99))[:, None]
    covariance = np.atleast_2d(np.cov(residual.T))
    return Surrogate(centre + scale * (every @ beta), covariance, 1.0 - np.diag(covariance) / scale**2)
