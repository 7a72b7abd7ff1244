"""The demography of the model against a cohort-component projection that is written from the tables alone.

Nobody moves in either. The projection knows nothing of households, zones or steps: from the ages of the start it
goes year by year by life tables, fertility and published events as the files have them; a cohort spends half of
a year at each of two ages.
"""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sim.agents.state import map_columns
from sim.agents.world import BORN
from sim.base.arrays import Floats
from sim.model.engines.fast import FastEngine
from sim.model.path.plans import Planner
from sim.model.year.processes import PROCESSES, run_year

FIRST, LAST, OLDEST = 2020, 2040, 100
MOVING = {"moves", "arrivals", "departures", "registration", "reclassification"}
STAYING = [process for process in PROCESSES if process.name not in MOVING]
COPIES = 24
"""Copies of every household: with one, residents of 2040 would have a standard error of half a per cent."""


def by_age(table: pd.DataFrame, column: str) -> Floats:
    """Return a column given by age bands as a step function of single ages 0 to ``OLDEST``."""
    lower = table["age_lo"].to_numpy()
    return np.repeat(table[column].to_numpy(np.float64), np.diff(np.append(lower, OLDEST + 1)))


def in_force(table: pd.DataFrame, year: int) -> pd.DataFrame:
    year = min(year, table["year_to"].max())
    return table[(table["year_from"] <= year) & (table["year_to"] >= year)].sort_values("age_lo")


def project(region, persons: Floats) -> pd.DataFrame:
    """Return residents, aged 60 and over and aged 0 to 4 at every year-end, and births, if nobody moves.

    ``persons`` are those of the start by sex (men first) and single age, float64[2, OLDEST + 1].
    """
    series = region.table("province_series").set_index("year")
    total = region.table("fertility_total").set_index("year")
    level, rows = np.ones(2), []
    for year in range(FIRST, LAST + 1):
        lives, mothers = in_force(region.table("mortality"), year), in_force(region.table("fertility_age"), year)
        rates = np.stack([by_age(lives[lives["sex"] == sex], "mx") for sex in ("m", "f")])
        pattern = np.zeros(OLDEST + 1)
        pattern[15:50] = np.repeat(mothers["asfr_share"].to_numpy(np.float64), 5)
        pattern *= total.loc[year, "tfr"] / pattern.sum()
        before = persons if year > FIRST else np.append(persons[:, 1:], persons[:, -1:], axis=1)
        deaths = (before * -np.expm1(-(rates + np.append(rates[:, 1:], rates[:, -1:], axis=1)) / 2)).sum()
        births = (before[1] * (pattern + np.append(pattern[1:], 0.0)) / 2).sum()
        published = series["births"].get(year), series["deaths"].get(year)
        if published[0] is not None:
            factor = np.array(published) / [births, deaths]
            level = factor if year == FIRST else level**0.2 * factor**0.8
        else:
            factor = level
        if year == FIRST:
            continue
        rates, births = rates * factor[1], births * factor[0]
        alive = np.exp(-(rates + np.append(rates[:, 1:], rates[:, -1:], axis=1)) / 2) * persons
        persons = np.zeros_like(persons)
        persons[:, 1:] = alive[:, :-1]
        persons[:, -1] += alive[:, -1]
        boys = total.loc[year, "sex_ratio_at_birth"] / (1.0 + total.loc[year, "sex_ratio_at_birth"])
        persons[:, 0] = births * np.array([boys, 1.0 - boys]) * np.exp(-rates[:, 0] / 2)
        rows.append((year, persons.sum(), persons[:, 60:].sum(), persons[:, :5].sum(), births))
    return pd.DataFrame(rows, columns=["year", "all", "60", "0-4", "births"]).set_index("year")


@pytest.fixture(scope="module")
def simulated(started_once) -> pd.DataFrame:
    """The same from the model without moves, every household of the start ``COPIES`` times."""
    sim = started_once.copy()
    rows = sim.engine.sorted_rows()
    many = map_columns(rows, lambda column: np.concatenate([column] * COPIES))
    many.key[:] += np.repeat(np.arange(COPIES, dtype=np.uint64), len(rows.key)) * np.uint64(0x9E3779B97F4A7C15)
    sim.engine = FastEngine(many, sim.engine.geo)
    sim.draw = replace(sim.draw, weight=sim.draw.weight / COPIES)
    sim.residents, sim.registered, sim.ages = COPIES * sim.residents, COPIES * sim.registered, COPIES * sim.ages
    plan, found = Planner.neutral_plan(sim.draw), []
    for year in range(FIRST + 1, LAST + 1):
        record = run_year(sim, plan, tuple(STAYING))
        ages, born = record.ages[:2].sum(axis=(0, 1)), record.ledger.counts[: sim.edge, BORN].sum()
        found.append((year, ages.sum(), ages[60:].sum(), ages[:5].sum(), born, ages[0]))
    return pd.DataFrame(found, columns=["year", "all", "60", "0-4", "births", "0"]).set_index("year") * sim.draw.weight


@pytest.mark.parametrize(("group", "tolerance"), [("all", 0.002), ("60", 0.005), ("0-4", 0.03)])
def test_an_independent_projection_agrees(hunan, started_once, simulated, group, tolerance):
    ages = started_once.ages[:2].sum(axis=0) * started_once.draw.weight
    start = np.column_stack([ages[:, :OLDEST], ages[:, OLDEST:].sum(axis=1)])
    ratio = simulated[group] / project(hunan, start)[group]
    assert np.abs(ratio.loc[2025:] - 1.0).max() < tolerance


def test_the_youngest_are_the_births_of_five_years_less_infant_deaths(simulated):
    """At most one in a hundred dies before five (tables: 0.5 to 0.8%); nobody is counted twice or a year late."""
    births = simulated["births"].rolling(5).sum()
    share = (simulated["0-4"] / births).loc[2025:]
    assert share.between(0.985, 1.0).all()
    assert (simulated["0"] / simulated["births"]).between(0.99, 1.0).all()
