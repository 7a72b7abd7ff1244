"""A made-up forecast in place of runs: two scenarios of 60 draws over the tables of Hunan."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.base.names import BASELINE
from sim.data import Region, load_region
from sim.programs.monitor.runs import FLOWS, RATE, REGISTERED, RESIDENTS, Forecast, name_of
from sim.studies.discrepancy import learn

DRAWS, HOUSEHOLDS, LAST = 60, 20_000, 2029


def made_up(region: Region, known: int, start: int = 2020) -> Forecast:
    """Return runs that gain 0.7 to 1.1 points a year from the published rate on; the plan adds 0.1 a year."""
    series = region.table("province_series").set_index("year")
    pace = np.linspace(0.007, 0.011, DRAWS)
    numbers: dict[str, object] = {
        "job": range(DRAWS),
        "weight": 3_000.0,
        "param:income_coefficient": pace,
        "param:moving_horizon": 1.0,
    }
    for scenario, extra in ((BASELINE, 0.0), ("plan", 0.001)):
        for year in range(known, LAST + 1):
            ahead = year - known
            rate = float(series.loc[known, "urban_rate"]) + (pace + extra) * ahead
            people = float(series.loc[known, "residents"]) * np.exp(
                -0.005 * ahead + 0.0002 * ahead * np.arange(DRAWS) / DRAWS
            )
            for place in (region.province_code, *region.prefecture_codes):
                share = 1.0 if place == region.province_code else 1.0 / 14
                numbers[name_of(scenario, RATE, place, year)] = rate
                numbers[name_of(scenario, RESIDENTS, place, year)] = share * people
                numbers[name_of(scenario, REGISTERED, place, year)] = rate - 0.2
            for account, size in zip(FLOWS, (9e5, 8e5, 3e5, 6e5), strict=True):
                numbers[name_of(scenario, account, region.province_code, year)] = np.full(DRAWS, size)
    return Forecast(region, known, pd.DataFrame(numbers), learn(region, known, start), HOUSEHOLDS)


@pytest.fixture(scope="session")
def region() -> Region:
    return load_region()


@pytest.fixture(scope="session")
def forecast(region: Region) -> Forecast:
    return made_up(region, region.last_observed)
