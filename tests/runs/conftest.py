"""Small studies on a stand-in simulation."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from sim.config import ProjectConfig, load_config

Make = Callable[..., ProjectConfig]


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
