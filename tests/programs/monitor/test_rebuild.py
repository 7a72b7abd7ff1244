"""The posterior made again: its start is the posterior of 2020 in normal scores."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import ndtr

from sim.parameters.declared import declared
from sim.parameters.posterior import read_posterior
from sim.programs.monitor.rebuild import scores_of
from sim.programs.monitor.settings import HINDCAST


def test_scores_give_the_values_of_the_table_back():
    first, priors = read_posterior(HINDCAST), declared()
    z = scores_of(first, priors)
    assert z.shape == (len(first.cumulative), len(first.names))
    for k, name in enumerate(first.names):
        again = [priors[name].at(float(u)) for u in ndtr(z[:5, k])]
        assert again == pytest.approx(first.values[:5, k], rel=1e-4), name
    assert np.isfinite(z).all()
