"""What the tests of rules and engines share: a small population and a state at the start."""

from __future__ import annotations

import pytest

from sim.config import load_config
from sim.data import Region, load_region
from sim.engine.run import Setup, draw_of, prepare, start_simulation
from sim.engine.simulation import Draw, Simulation
from sim.parameters import declared
from sim.state import Population


@pytest.fixture(scope="session")
def hunan() -> Region:
    return load_region("hunan")


@pytest.fixture(scope="session")
def central_setup() -> Setup:
    """Five thousand households, every parameter at its median, two scenarios."""
    medians = {name: float(parameter.median) for name, parameter in declared().items()}
    return prepare(load_config(households=5_000, draws=1, scenarios=["no_new_policy", "plan"], params=medians))


@pytest.fixture(scope="session")
def central(central_setup: Setup) -> tuple[Draw, Population]:
    return draw_of(central_setup, 0, 0)


@pytest.fixture(scope="session")
def started_once(central: tuple[Draw, Population]) -> Simulation:
    return start_simulation(*central)


@pytest.fixture
def started(started_once: Simulation) -> Simulation:
    """A state at the start that a test may change."""
    return started_once.copy()
