"""From weighted runs to a posterior table with provenance."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import rankdata

from sim.base.arrays import Floats
from sim.base.textfiles import dump_yaml
from sim.data import Region
from sim.parameters.declared import ParameterSource
from sim.parameters.posterior import (
    PRIOR_DRIVEN,
    WEIGHT,
    Correlation,
    FitTarget,
    Head,
    Marginal,
    Wave,
    file_hash,
    prior_quantiles,
)
from sim.statistics import waves as wv
from sim.studies.files import replacing
from sim.studies.identity import code_hash

SHARES = (0.05, 0.5, 0.95)
TABLE_WEIGHT = 0.9995
"""Share of the weight that the table keeps; rows beyond it would hardly ever be drawn."""
SHOWN_CORRELATION = 0.3
DIGITS = 6


class Made(NamedTuple):
    """Weighted runs.

    Attributes:
        table: parameter values, one column per parameter.
        z: their normal scores, float64[runs, parameters].
        weight: float64[runs], sums to 1.
        targets: what the runs were compared with.
        waves: waves that the runs came from.
        source: priors of the parameters.
    """

    table: pd.DataFrame
    z: Floats
    weight: Floats
    targets: list[FitTarget]
    waves: list[Wave]
    source: ParameterSource


def write_posterior(
    folder: Path,
    name: str,
    information: int,
    made: Made,
    region: Region,
    households: int,
    seed: int,
    command: str,
) -> Path:
    """Write the table and its provenance; return the path of the provenance.

    Args:
        folder: where both files go.
        name: stem of the files.
        information: last year-end whose data were used.
        made: weighted runs.
        region: the region.
        households: agents of the runs.
        seed: root seed of the design.
        command: what makes the table again.
    """
    order = np.argsort(-made.weight)
    kept = order[: int(np.searchsorted(np.cumsum(made.weight[order]), TABLE_WEIGHT)) + 1]
    table = made.table.iloc[kept].assign(**{WEIGHT: made.weight[kept] / made.weight[kept].sum()})
    rows = folder / f"{name}.csv"
    with replacing(rows) as temporary:
        table.to_csv(temporary, index=False, float_format=f"%.{DIGITS}g")
    head = Head(
        name=name,
        region=region.name,
        information=information,
        command=command,
        households=households,
        seed=seed,
        waves=made.waves,
        effective_size=round(wv.effective_size(made.weight), 1),
        targets=made.targets,
        parameters=marginals(made),
        correlations=correlations(made),
        data_hash=region.data_hash(),
        code_hash=code_hash(),
        rows_hash=file_hash(rows),
    )
    path = folder / f"{name}.yaml"
    with replacing(path) as temporary:
        text = dump_yaml(head.model_dump(mode="json"))
        temporary.write_text(text, encoding="utf-8")
    return path


def marginals(made: Made) -> list[Marginal]:
    """Return prior, posterior, contraction and label of every parameter."""
    shrunk = wv.contraction(made.z, made.weight)
    result = []
    for k, name in enumerate(made.table.columns):
        parameter = made.source.declared[str(name)]
        low, middle, high = wv.weighted_quantiles(made.table[name].to_numpy(np.float64), made.weight, SHARES)
        result.append(
            Marginal(
                name=str(name),
                prior=prior_quantiles(parameter),
                posterior=(_short(low), _short(middle), _short(high)),
                contraction=round(float(shrunk[k]), 3),
                label="informed" if shrunk[k] >= PRIOR_DRIVEN else "prior-driven",
            )
        )
    return result


def correlations(made: Made) -> list[Correlation]:
    """Return the rank correlations of at least ``SHOWN_CORRELATION`` in size, strongest first."""
    ranks = np.column_stack([rankdata(column) for column in made.z.T])
    centred = ranks - made.weight @ ranks
    covariance = (centred.T * made.weight) @ centred
    sd = np.sqrt(np.diag(covariance))
    names = [str(name) for name in made.table.columns]
    found = [
        Correlation(first=names[a], second=names[b], correlation=round(float(covariance[a, b] / sd[a] / sd[b]), 2))
        for a in range(len(names))
        for b in range(a)
        if sd[a] > 0 and sd[b] > 0
    ]
    strong = [c for c in found if abs(c.correlation) >= SHOWN_CORRELATION]
    return sorted(strong, key=lambda c: -abs(c.correlation))


def _short(value: float) -> float:
    return float(f"{value:.5g}")
