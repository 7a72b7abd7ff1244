"""Tables of the calibration: ranks of the check and targets before and after."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

import numpy as np
import pandas as pd

from sim.base.arrays import Floats
from sim.parameters.posterior import FitTarget
from sim.statistics import waves as wv
from sim.statistics.ranks import Calibration


class Compared(Protocol):
    """Outputs of runs and the targets they were compared with."""

    @property
    def outputs(self) -> pd.DataFrame:
        """One row per run, one column per target."""

    @property
    def targets(self) -> list[FitTarget]:
        """Published values with their errors."""


def rank_table(names: Sequence[str], check: Calibration) -> pd.DataFrame:
    """Return one row per parameter: p-values of both tests, median effective size and the rank histogram."""
    counts = check.histogram()
    table = pd.DataFrame({"parameter": list(names), "p_value": check.p_values, "p_bins": check.p_bins})
    table["effective_size"] = float(np.median(check.effective))
    for k in range(counts.shape[1]):
        table[f"bin_{k + 1}"] = counts[:, k]
    return table


def predictive_table(period: Compared, weight: Floats, prior_weight: Floats) -> pd.DataFrame:
    """Return every target with the middle 90% of runs under prior and posterior weights."""
    rows = []
    for target, name in zip(period.targets, period.outputs.columns, strict=True):
        values = period.outputs[name].to_numpy(np.float64)
        row = {"target": target.name, "observed": target.observed, "discrepancy": target.discrepancy}
        for label, weights in (("prior", prior_weight), ("posterior", weight)):
            fine = np.isfinite(values) & (weights > 0)
            low, middle, high = wv.weighted_quantiles(values[fine], weights[fine], (0.05, 0.5, 0.95))
            row |= {f"{label}_median": middle, f"{label}_p05": low, f"{label}_p95": high}
        rows.append(row | {"grade": target.grade})
    return pd.DataFrame(rows)
