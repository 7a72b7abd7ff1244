"""Access to the judged constants by name and shape."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from sim.population.judged import CONSTANTS

_BY_NAME = {row.name: row for row in CONSTANTS}


def value(name: str) -> float:
    """Return the judged constant ``name`` that is one number."""
    return float(vector(name).item())


def vector(name: str) -> NDArray[np.float64]:
    """Return the judged constant ``name`` as an array."""
    return np.atleast_1d(np.asarray(_BY_NAME[name].value, dtype=np.float64))


def matrix(name: str) -> NDArray[np.float64]:
    """Return the judged table ``name`` as an array float64[rows, columns]."""
    return np.asarray(_BY_NAME[name].value, dtype=np.float64)
