"""One lean run: a path without new policy and the numbers that validation needs."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from sim.agents.observe import REGISTERED, RESIDENTS
from sim.agents.state import Population
from sim.agents.world import COUNTED_IN, COUNTED_OUT, LEFT
from sim.base.arrays import Ints
from sim.base.names import BASELINE
from sim.model.path.begin import begin_with
from sim.model.path.history import advance
from sim.model.path.setup import Setup, draw_of, fix_draw
from sim.model.year.books import Draw, Simulation, YearRecord
from sim.policies import median_effects

FIRST_COUNTY_YEAR = 2020
"""First year whose county levels are kept; nothing is published by county between the censuses."""


def drawn_path(setup: Setup, draw: int) -> dict[str, float]:
    """Return the numbers of one draw from the source of a set-up, with a seed of its own."""
    return path_numbers(setup, *draw_of(setup, draw, 0))


def given_path(setup: Setup, params: Mapping[str, float], seed: int) -> dict[str, float]:
    """Return the numbers of given parameters with a given 32-bit seed (common random numbers)."""
    return path_numbers(setup, *fix_draw(setup, params, seed))


def path_numbers(setup: Setup, draw: Draw, population: Population) -> dict[str, float]:
    """Run from the start to the end year and return numbers by name.

    Published totals are passed up to the information date of the set-up; afterwards flows
    are free. Names are ``rate:YEAR``, ``residents:YEAR``, ``registered_rate:YEAR`` (province) and, from 2020 on and by
    county code, ``rate:CODE:YEAR`` and ``residents:CODE:YEAR``; ``outside:YEAR`` at the end;
    ``pull_in:YEAR`` and ``pull_out:YEAR`` of observed years. ``counted`` is the share of
    reclassification in the growth of urban residents, ``left_from_towns`` the share of the
    outflow from the province that starts in towns.
    """
    history = begin_with(setup, draw, population, median_effects(setup.levers))
    start = history.first[0][: 2 * draw.region.n_counties, RESIDENTS]
    numbers = {f"registered_rate:{setup.start}": registered_rate(draw, history.first[0])}
    for year in history.solved:
        numbers |= {f"pull_in:{year.year}": year.pull_in, f"pull_out:{year.year}": year.pull_out}
    whole = advance(setup, history, BASELINE, setup.end_year)
    sim, records = whole.sim, whole.records
    for record in records:
        numbers |= _levels(sim.draw, record)
    numbers[f"outside:{sim.year}"] = float(sim.residents[sim.edge :].sum()) * sim.draw.weight
    ledger = sum((np.asarray(record.ledger.counts[: sim.edge], np.float64) for record in records), np.zeros(1))
    return numbers | _flows(sim, ledger, int(start[1::2].sum()), int(start.sum()))


def registered_rate(draw: Draw, stocks: Ints) -> float:
    """Return the registered urban rate of stocks by place."""
    registered = stocks[: 2 * draw.region.n_counties, REGISTERED]
    return float(registered[1::2].sum() / registered.sum())


def _levels(draw: Draw, record: YearRecord) -> dict[str, float]:
    """Return the levels at the end of a year."""
    region, year = draw.region, record.year
    n = region.n_counties
    stocks = record.stocks[: 2 * n, RESIDENTS].reshape(n, 2) * draw.weight
    total, urban = stocks.sum(axis=1), stocks[:, 1]
    numbers = {f"rate:{year}": float(urban.sum() / total.sum()), f"residents:{year}": float(total.sum())}
    numbers[f"registered_rate:{year}"] = registered_rate(draw, record.stocks)
    if year < FIRST_COUNTY_YEAR:
        return numbers
    for code, persons, towns in zip(region.county_codes, total, urban, strict=True):
        numbers[f"residents:{code}:{year}"] = float(persons)
        numbers[f"rate:{code}:{year}"] = float(towns / persons) if persons else float("nan")
    return numbers


def _flows(sim: Simulation, counts: NDArray[np.float64], urban: int, residents: int) -> dict[str, float]:
    """Return what the accounts of the whole path say about where urban growth came from."""
    growth = max(sim.urban() - urban, 1)
    towns = counts[1::2]
    left = max(float(counts[:, LEFT].sum()), 1.0)
    return {
        "counted": float(towns[:, COUNTED_IN].sum() - towns[:, COUNTED_OUT].sum()) / growth,
        "left_from_towns": float(towns[:, LEFT].sum()) / left,
        "change_residents": sim.hunan() / residents - 1.0,
    }
