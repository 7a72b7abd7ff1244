"""The runs of the calibration: what every row of the design becomes."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from scipy.special import ndtr, ndtri

from sim.agents.rng import Purpose, name_key, run_seed, uniform
from sim.base.arrays import Floats, Ints
from sim.base.names import BASELINE
from sim.config import load_config
from sim.data import load_region
from sim.model.path.lean_run import given_path
from sim.model.path.setup import Setup, prepare
from sim.model.year.schedules import load_schedules
from sim.parameters.declared import ParameterSource, draw_parameters

REPLICATES = 12
"""Runs at the medians with seeds of their own, from which the noise of one run is taken."""
ROWS = 100_000
"""Most rows of a design; draws beyond are replicates."""


@dataclass(frozen=True)
class Block:
    """Runs of one period over a design.

    Attributes:
        setup: data, populations, start and end.
        z: normal scores of the calibrated parameters, float64[rows, d].
        names: calibrated parameters that this block takes from the design, in the order of ``z``;
            None where the block draws the parameter from its own prior.
        seed: root seed of the parameters that are not calibrated.
    """

    setup: Setup
    z: Floats
    names: tuple[str | None, ...]
    seed: int


def simulate_row(block: Block, job: int) -> dict[str, float]:
    """Return the numbers of a row of the design, or of a replicate at the medians (jobs from ``ROWS``).

    Every row has the same random numbers (common random numbers); replicates have their own.
    """
    if job >= ROWS:
        params = {name: p.median for name, p in block.setup.source.declared.items()}
        return given_path(block.setup, params, run_seed(block.seed, job, 0))
    return given_path(block.setup, row_parameters(block, job), run_seed(block.seed, 0, 1))


def row_parameters(block: Block, row: int) -> dict[str, float]:
    """Return all parameters of a row: the design where calibrated, priors elsewhere."""
    values = design_values(block.setup.source, block.names, block.z[row])
    return draw_parameters(block.seed, row, values, block.setup.source)


def design_values(source: ParameterSource, names: tuple[str | None, ...], z: Floats) -> dict[str, float]:
    """Return the values of calibrated parameters at normal scores, by the priors of a source."""
    u = np.clip(ndtr(z), 1e-9, 1.0 - 1e-9)
    return {name: source.declared[name].at(float(p)) for name, p in zip(names, u, strict=True) if name is not None}


def block_setup(region: str, start: int, households: int, seed: int, draws: int) -> Setup:
    """Return the set-up of the runs from 2010 (free to 2020) or from 2020 (passing totals to the last observed year).

    In the runs from 2010 nothing is forced, but births and deaths published up to 2020 are inputs.
    """
    until = 2010 if start == 2010 else None
    end = 2020 if start == 2010 else load_region(region).last_observed
    config = load_config(
        region=region,
        scenarios=[BASELINE],
        start=start,
        observed_until=until,
        posterior=None,
        end_year=end,
        households=households,
        seed=seed,
        draws=draws,
    )
    setup = prepare(config)
    if start == 2010:
        setup = replace(setup, schedules=load_schedules(load_region(region)).known_until(2020))
    return setup


def own_scores(seed: int, names: tuple[str, ...], rows: Ints) -> Floats:
    """Return the normal scores of parameters that a block draws from their priors, float64[rows, names]."""
    u = [[uniform(seed, name_key(name), int(row), int(Purpose.PARAMETER), 0) for name in names] for row in rows]
    return np.asarray(ndtri(np.array(u)))
