"""The posterior made again through the new figures, by the second half of the calibration.

The posterior of the census of 2020 is the start: its rows are drawn by weight, run from 2020 through the published
totals, the new ones included, and weighed by what is published of prefectures and of registration.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from scipy.optimize import brentq
from scipy.special import ndtri

from sim.base.arrays import Floats
from sim.base.names import BASELINE
from sim.config import load_config
from sim.model.path.setup import Setup, prepare
from sim.parameters.declared import Parameter
from sim.parameters.posterior import Posterior, read_posterior
from sim.programs.calibrate import targets as tg
from sim.programs.calibrate.calibrate import Period
from sim.programs.calibrate.reweigh import Made, write_posterior
from sim.programs.calibrate.runs import REPLICATES, ROWS, Block, design_values, own_scores, simulate_row
from sim.programs.monitor.settings import HINDCAST, MonitorConfig
from sim.statistics import waves as wv
from sim.studies.ensemble import JOB, Ensemble, run_ensemble, setup_basis, succeeded

__all__ = ["rebuild", "scores_of"]

EDGE = 1e-9


def rebuild(config: MonitorConfig, overlay: Path, folder: Path) -> float:
    """Write the posterior of a study again into its overlay and return its effective size.

    Args:
        config: keys of the program, posterior included.
        overlay: configuration and tables with the new rows.
        folder: where the runs are kept.
    """
    first = read_posterior(HINDCAST, overlay / "posteriors")
    setup = _setup(config, overlay)
    z = scores_of(first, setup.source.declared)
    weight = np.diff(first.cumulative, prepend=0.0)
    rows = wv.resampled(weight, config.repeated)
    block = Block(setup, z, first.names, config.seed + 1)
    period = _period(block, rows, config, folder)
    later = tuple(name for name, kind in tg.calibrated().items() if kind == "later")
    scores = np.hstack([own_scores(block.seed, later, rows), z[rows]])
    names = (*later, *first.names)
    values = pd.DataFrame([design_values(setup.source, names, row) for row in scores])
    found = wv.normalised(period.log_likelihood(scores))
    targets = [*first.head.targets, *period.targets]
    made = Made(values, scores, found, targets, first.head.waves, setup.source)
    head = (setup.region, config.households, config.seed, f"python -m experiments.monitor repeated={config.repeated}")
    write_posterior(overlay / "posteriors", str(config.posterior), setup.end_year, made, *head)
    return wv.effective_size(found)


def scores_of(posterior: Posterior, priors: Mapping[str, Parameter]) -> Floats:
    """Return the normal scores of the rows of a posterior under priors, float64[rows, parameters]."""
    table: Floats = posterior.values  # noqa: PD011
    columns = [
        [_score(priors[name], value) for value in column.tolist()]
        for name, column in zip(posterior.names, table.T, strict=True)
    ]
    return np.asarray(columns, np.float64).T


def _score(parameter: Parameter, value: float) -> float:
    """Return the normal score at which a prior has a value; the ends where it lies outside."""
    low, high = (parameter.at(u) - value for u in (EDGE, 1.0 - EDGE))
    if low >= 0.0 or high <= 0.0:
        return float(ndtri(EDGE if low >= 0.0 else 1.0 - EDGE))
    return float(ndtri(brentq(lambda u: parameter.at(u) - value, EDGE, 1.0 - EDGE, xtol=1e-12)))


def _setup(config: MonitorConfig, overlay: Path) -> Setup:
    """Return the set-up of runs from 2020 to the new year-end, which pass all published totals."""
    last = int(pd.read_csv(overlay / "data" / config.region / "province_series.csv")["year"].max())
    keys: dict[str, Any] = {"region": config.region, "households": config.households, "seed": config.seed}
    runs = load_config(**keys, scenarios=[BASELINE], start=2020, posterior=None, end_year=last, draws=config.repeated)
    return prepare(runs, overlay)


def _period(block: Block, rows: np.ndarray, config: MonitorConfig, folder: Path) -> Period:
    """Return what the runs came to beside the published values."""
    region = block.setup.region
    basis = setup_basis(block.setup) | {"seed": block.seed, "names": block.names, "design": block.z.tolist()}
    basis |= {"households": config.households}
    jobs = [*np.unique(rows).tolist(), *range(ROWS, ROWS + REPLICATES)]
    made = succeeded(run_ensemble(Ensemble(folder, basis, simulate_row, block), jobs, config.workers)).set_index(JOB)
    table = tg.outputs_after_2020(made.loc[rows.tolist()].reset_index(), region)
    noise = tg.outputs_after_2020(made.loc[ROWS:].reset_index(), region).std(ddof=1)
    return Period(rows, table, tg.make_targets("after_2020", tg.observed_after_2020(region), noise))
