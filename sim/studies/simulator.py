"""What the runner asks of a simulation: five functions and the shape of what they return."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple, Protocol

import pandas as pd

from sim.config import ProjectConfig
from sim.policies import Idle, Scenario

__all__ = ["Output", "Prepared", "Simulator", "default_simulator"]


class Prepared(Protocol):
    """Everything that the runs of a study share; picklable.

    Attributes:
        scenarios: every scenario by name, overrides applied.
        scenario_content: JSON-able content of every scenario by name.
        data_hash: content hash of the tables of the region.
        fit: fit of the synthetic population to its margins.
        idle: settings of the scenarios that never act.
    """

    @property
    def scenarios(self) -> Mapping[str, Scenario]: ...  # noqa: D102
    @property
    def scenario_content(self) -> Mapping[str, object]: ...  # noqa: D102
    @property
    def data_hash(self) -> str: ...  # noqa: D102
    @property
    def fit(self) -> pd.DataFrame: ...  # noqa: D102
    @property
    def idle(self) -> tuple[Idle, ...]: ...  # noqa: D102


class Output(Protocol):
    """The result of one run.

    Attributes:
        scenario: which scenario it is.
        indicators: year, step, place, indicator, value, unit.
        accounts: year, county_code, zone, born, died, moved_in, moved_out, counted, entered, left (persons).
        flows: year, origin, destination, age_band, persons.
        pyramid: year, zone, sex, age_lo, persons.
        costs: year, lever, place, value (yuan); no rows where nothing is paid.
        start: ``parameters`` {name: value}, ``levers`` {(lever, quantity): value} and ``years``,
            one mapping per year with what was solved, achieved and published.
    """

    scenario: str
    indicators: pd.DataFrame
    accounts: pd.DataFrame
    flows: pd.DataFrame
    pyramid: pd.DataFrame
    costs: pd.DataFrame
    start: Mapping[str, Any]


def no_check(config: ProjectConfig) -> None:
    """Accept every configuration: for a simulator whose set-up is there already."""


class Simulator(NamedTuple):
    """A simulation: all functions are importable by name, so that other processes can call them.

    Attributes:
        prepare: checks everything and returns the set-up; writes nothing. Takes the configuration and,
            for a run again, the folder that is read instead of ``configs/``.
        begin: simulates what the scenarios of a draw and replicate share.
        branch: goes on from there under one scenario; leaves what it starts from unchanged.
        pack: turns what ``begin`` returned into bytes that belong to an identity.
        unpack: turns bytes back; a ``ValueError`` says that they are damaged or belong to other runs.
        check: refuses wrong files in a moment, before a study is announced; ``prepare`` checks them as well.
    """

    prepare: Callable[..., Prepared]
    begin: Callable[[Any, int, int], Any]
    branch: Callable[[Any, Any, str], Any]
    pack: Callable[[Any, str], bytes]
    unpack: Callable[[Any, bytes, str], Any]
    check: Callable[[ProjectConfig], object] = no_check


def default_simulator() -> Simulator:
    """Return the simulation of this package."""
    from sim.model.path.begin import begin
    from sim.model.path.history import branch
    from sim.model.path.setup import prepare, read_inputs
    from sim.model.path.state_file import pack, unpack

    return Simulator(prepare, begin, branch, pack, unpack, read_inputs)
