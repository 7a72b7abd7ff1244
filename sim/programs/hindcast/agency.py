"""Does agency change the answer? The model beside the null model, draw by draw."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pandas as pd
from scipy.stats import norm, t

from sim.studies.ensemble import JOB

__all__ = ["agency_rows", "within_noise"]

TWO_SIDED_95 = 0.975


def agency_rows(case: str, model: pd.DataFrame, null: pd.DataFrame, years: Sequence[int]) -> list[dict[str, object]]:
    """Return, by year, what the model and the null model say of the urban rate of the province, in per cent.

    Both have the same parameters in a draw, so that the mean difference is taken in pairs.

    Args:
        case: what is forecast.
        model: rows of the runs of the model.
        null: rows of the null model, of the same draws.
        years: year-ends told.
    """
    both = model.merge(null, on=JOB, suffixes=("", "_null"))
    rows = list[dict[str, object]]()
    for year in years:
        mine, theirs = (100.0 * both[f"rate:{year}{ending}"].to_numpy(np.float64) for ending in ("", "_null"))
        apart = mine - theirs
        half = t.ppf(TWO_SIDED_95, len(apart) - 1) * apart.std(ddof=1) / np.sqrt(len(apart))
        rows.append(
            {
                "case": case,
                "year": year,
                "draws": len(apart),
                "model": np.median(mine),
                "null_model": np.median(theirs),
                "difference": apart.mean(),
                "low": apart.mean() - half,
                "high": apart.mean() + half,
                "model_sd": mine.std(ddof=1),
                "null_sd": theirs.std(ddof=1),
            }
        )
    return rows


def within_noise(low: float, high: float, model_sd: float, null_sd: float, draws: float) -> bool:
    """Return whether neither the level nor the spread of the model differs from the null model's beyond chance.

    The logarithm of the ratio of two standard deviations of normal values from n draws each has a
    standard error of n ** -1/2.
    """
    return low <= 0.0 <= high and abs(float(np.log(model_sd / null_sd))) <= float(norm.ppf(TWO_SIDED_95)) / np.sqrt(
        draws
    )
