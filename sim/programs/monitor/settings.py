"""Keys of the program, and the runs that they ask for."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field, field_validator

from sim.base.names import BASELINE
from sim.config import ProjectConfig, load_config
from sim.policies.plan import plan_years
from sim.programs.program import ProgramConfig

__all__ = ["MonitorConfig", "runs_of"]

HINDCAST = "posterior_hindcast"
"""Posterior of the replay: it uses data up to the census of 2020, and no year that is replayed."""
HISTORY = 2010
"""Start of the runs of the replay: the flows that they carry on are those of the years before the date."""

Level = Annotated[float, Field(gt=0.0, lt=1.0)]


class MonitorConfig(ProgramConfig):
    """Keys of ``python -m experiments.monitor``; ``configs/monitor.yaml`` holds the defaults."""

    figures: str | None
    replay: bool
    study: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
    region: str
    package: str
    posterior: str | None
    draws: int = Field(ge=5, le=10_000)
    households: int = Field(ge=5_000, le=40_000_000)
    seed: int = Field(ge=0, le=2**32 - 1)
    workers: int = Field(ge=1, le=1_024)
    goal: float = Field(gt=1.0, lt=100.0)
    levels: Annotated[list[Level], Field(min_length=1, max_length=6)]
    least_effective: float = Field(ge=0.0, le=1.0)
    repeated: int = Field(ge=20, le=20_000)
    language: Literal["en", "zh"]

    @field_validator("levels")
    @classmethod
    def _falling(cls, value: list[float]) -> list[float]:
        if value != sorted(set(value), reverse=True):
            raise ValueError(f"{value}: allowed are chances that fall, such as [0.5, 0.2]")
        return value


def runs_of(config: MonitorConfig, until: int | None = None) -> ProjectConfig:
    """Return the runs of one information date under both scenarios.

    Args:
        config: keys of the program.
        until: information date of the replay; None: all figures of the tables.

    Raises:
        ConfigError: a key that the main job refuses.
    """
    replayed = until is not None
    return load_config(
        region=config.region,
        scenarios=[BASELINE, config.package],
        start=HISTORY if replayed else 2020,
        observed_until=until,
        posterior=HINDCAST if replayed and config.posterior else config.posterior,
        end_year=plan_years().last,
        households=config.households,
        draws=config.draws,
        seed=config.seed,
    )
