"""Sizes of family households by county."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.data.derive.rounding import round_shares
from sim.data.derive.tableset import TableSet
from sim.data.tables import records

MEAN_OF_LARGEST = 7.9
"""Mean size of households of seven or more persons."""


def household_sizes(tables: TableSet) -> pd.DataFrame:
    """Return shares of households of 1 to 7+ persons.

    The one-person share and the mean size are observed; the shares of 2 to 7+ are those of the
    national reference tilted by exp(t * size), with t solved so that the mean holds.
    """
    reference = tables["household_size_reference"].sort_values("size")
    shape = reference["share"].to_numpy(dtype=np.float64)[1:]
    rows = []
    for row in records(tables["county_census"]):
        single = row["households_1person"] / row["family_households"]
        mean = row["family_residents"] / row["family_households"]
        shares = np.concatenate([[single], (1.0 - single) * tilted(shape, (mean - single) / (1.0 - single))])
        rows.append([row["county_code"], row["year"], *round_shares(shares)])
    return pd.DataFrame(rows, columns=["county_code", "year", *(f"p{size}" for size in range(1, 8))])


def tilted(shape: NDArray[np.float64], mean: float) -> NDArray[np.float64]:
    """Return shares of sizes 2..7+ proportional to shape * exp(t * size) that have the given mean (persons)."""
    sizes = np.array([2.0, 3.0, 4.0, 5.0, 6.0, MEAN_OF_LARGEST])
    low, high = -10.0, 10.0
    for _ in range(80):
        tilt = (low + high) / 2.0
        weights = shape * np.exp(tilt * (sizes - 4.0))
        weights /= weights.sum()
        low, high = (tilt, high) if float(weights @ sizes) < mean else (low, tilt)
    return np.asarray(weights, dtype=np.float64)
