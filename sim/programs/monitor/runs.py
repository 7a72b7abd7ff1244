"""The runs behind a forecast: both scenarios of every draw, kept as a row of numbers, and read as arrays."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pandas as pd

from sim.base.arrays import Floats
from sim.config import CONFIGS, ProjectConfig
from sim.data import Region
from sim.model.path.begin import begin
from sim.model.path.history import branch
from sim.model.path.output import RunOutput
from sim.model.path.setup import Setup, prepare
from sim.parameters.posterior import content_hash
from sim.statistics.precision import NOISE_A_YEAR
from sim.studies.discrepancy import Discrepancy, learn
from sim.studies.ensemble import Ensemble, run_ensemble, setup_basis, succeeded

__all__ = ["FLOWS", "RATE", "REGISTERED", "RESIDENTS", "Forecast", "run_forecast", "simulate"]

RATE, RESIDENTS, REGISTERED = "resident_urban_rate", "residents", "registered_urban_rate"
FLOWS = ("left", "entered", "born", "died")
"""Accounts whose yearly sum over the province is kept."""
TOGETHER = 2.0
"""Persons who move together, for the chance in flows (judged)."""
SAME = 1e-9
"""Relative spread below which a parameter is the same in all runs."""


@dataclass(frozen=True)
class Forecast:
    """The runs of one information date.

    Attributes:
        region: tables that the runs were made with.
        known: last year-end whose figures they use.
        rows: a row per run: parameters and values by scenario, indicator, place and year.
        discrepancy: what is added to the runs.
        households: household agents of a run.
    """

    region: Region
    known: int
    rows: pd.DataFrame
    discrepancy: Discrepancy
    households: int

    @property
    def runs(self) -> int:
        """Number of runs of a scenario."""
        return len(self.rows)

    def values(self, scenario: str, indicator: str, year: int, place: str | None = None) -> Floats:
        """Return the values of the runs, float64[runs]; without a place, those of the province."""
        name = name_of(scenario, indicator, place or self.region.province_code, year)
        return self.rows[name].to_numpy(np.float64)

    def told(self, scenario: str, year: int) -> Floats:
        """Return the urban rate of the province as it will be published, float64[runs, points]."""
        offsets = self.discrepancy.rate(self.region.province_code, [year])[:, 0]
        return np.clip(self.values(scenario, RATE, year)[:, None] + offsets, 0.0, 1.0)

    def flow(self, scenario: str, account: str, year: int) -> Floats:
        """Return an account of the whole province in a year, persons, float64[runs]."""
        return self.rows[name_of(scenario, account, self.region.province_code, year)].to_numpy(np.float64)

    def rate_noise(self, year: int, share: float = 1.0) -> float:
        """Return the chance that a run adds to the rate of a place, standard deviation, share.

        Args:
            year: year-end told.
            share: part of the residents of the province who live in the place.
        """
        return float(np.sqrt((year - self.known) * NOISE_A_YEAR / self.households / 1e4 / share))

    def flow_noise(self, persons: Floats) -> Floats:
        """Return the chance that a run adds to the logarithm of a yearly flow, standard deviation, float64[runs]."""
        weight = self.rows["weight"].to_numpy(np.float64)
        return np.asarray(np.sqrt(TOGETHER * weight / np.maximum(persons, weight)))

    def parameters(self) -> pd.DataFrame:
        """Return the parameters that differ between runs, a column each."""
        table = self.rows.filter(regex="^param:").rename(columns=lambda name: str(name).removeprefix("param:"))
        return table.loc[:, table.std() > SAME * table.abs().max()]


def name_of(scenario: str, indicator: str, place: str, year: int) -> str:
    """Return the name of a number of a run."""
    return f"{scenario}:{indicator}:{place}:{year}"


def simulate(setup: Setup, draw: int) -> dict[str, float]:
    """Return the numbers of one draw under every scenario, from the last observed year-end on."""
    history = begin(setup, draw, 0)
    numbers = {f"param:{name}": float(value) for name, value in history.sim.draw.params.items()}
    numbers["weight"] = float(history.sim.draw.weight)
    for scenario in setup.scenarios:
        numbers |= _numbers(setup, scenario, branch(setup, history, scenario))
    return numbers


def _numbers(setup: Setup, scenario: str, output: RunOutput) -> Mapping[str, float]:
    region, since = setup.region, max(setup.published, default=setup.start)
    table, accounts = output.indicators, output.accounts
    places = (region.province_code, *region.prefecture_codes)
    end = (table["step"] == setup.steps_per_year) & (table["year"] >= since) & table["place"].isin(places)
    kept = table[end & table["indicator"].isin((RATE, RESIDENTS, REGISTERED))]
    numbers = {
        name_of(scenario, str(indicator), str(place), int(year)): float(value)
        for year, place, indicator, value in kept[["year", "place", "indicator", "value"]].itertuples(index=False)
    }
    sums = accounts[accounts["year"] >= since].groupby("year")[list(FLOWS)].sum()
    for account in FLOWS:
        for year, persons in sums[account].items():
            numbers[name_of(scenario, account, region.province_code, int(str(year)))] = float(persons)
    return numbers


def run_forecast(folder: Path, config: ProjectConfig, workers: int, configs: Path = CONFIGS) -> Forecast:
    """Run what is missing of a forecast and return it.

    Args:
        folder: where the rows are kept.
        config: the runs.
        workers: processes.
        configs: folder of parameters, levers, posteriors and tables.

    Raises:
        StudyError: the folder holds other runs, cannot be written, or every run failed.
    """
    setup = prepare(config, configs)
    posterior = content_hash(config.posterior, configs / "posteriors")
    basis = setup_basis(setup) | {"households": config.households, "rows": posterior}
    rows = run_ensemble(Ensemble(folder, basis, simulate, setup), range(config.draws), workers)
    known = max(setup.published, default=setup.start)
    return Forecast(setup.region, known, succeeded(rows), learn(setup.region, known, config.start), config.households)
