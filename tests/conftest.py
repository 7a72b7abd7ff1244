"""What tests share: a small population, a state at the start, tiny studies on a stand-in simulation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sim.agents.state import Population
from sim.config import ProjectConfig, load_config
from sim.data import Region, load_region
from sim.model.path.begin import start_simulation
from sim.model.path.setup import Setup, draw_of, prepare
from sim.model.year.books import Draw, Simulation
from sim.parameters.declared import declared

Make = Callable[..., ProjectConfig]


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


@pytest.fixture
def make(tmp_path: Path) -> Make:
    """Return a function that makes the configuration of a tiny study; keys may be changed."""

    def config(**changes: object) -> ProjectConfig:
        values = {
            "study": "tiny",
            "results": str(tmp_path / "results"),
            "scenarios": ["no_new_policy", "plan"],
            "draws": 3,
            "end_year": 2030,
            "households": 5_000,
            "workers": 1,
        }
        return load_config(**(values | changes))

    return config
