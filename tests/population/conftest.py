from __future__ import annotations

import hashlib

import numpy as np
import pandas as pd
import pytest

from sim.agents.state import Population
from sim.data import Region, load_region
from sim.population import build_population, fit_report


def digest(population: Population) -> str:
    """Return a hash of every array of a population."""
    content = hashlib.sha256()
    for column in population.households:
        content.update(np.ascontiguousarray(column).tobytes())
    content.update(population.block_zone.tobytes())
    return content.hexdigest()


@pytest.fixture(scope="session")
def region() -> Region:
    return load_region("hunan")


@pytest.fixture(scope="session", params=[2020, 2010])
def population(request: pytest.FixtureRequest, region: Region) -> Population:
    return build_population(region, request.param, 40_000, seed=3)


@pytest.fixture(scope="session")
def fit(population: Population, region: Region) -> pd.DataFrame:
    return fit_report(population, region)
