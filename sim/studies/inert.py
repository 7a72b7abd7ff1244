"""Settings of a study that can never act, told by name before it runs and in its report."""

from __future__ import annotations

from collections.abc import Iterator

from sim.base.names import BASELINE
from sim.config import ProjectConfig, scenario_name
from sim.parameters.information import last_data

__all__ = ["inert_settings"]


def inert_settings(config: ProjectConfig) -> list[str]:
    """Return every setting that changes nothing beside the others, with the reason; empty if all of them act.

    Example:
        >>> from sim.config import load_config
        >>> inert_settings(load_config(observed_until=2030))
        ['observed_until = 2030: nothing later than 2024 is published, as with null']
    """
    return [*_policy(config), *_dates(config), *_execution(config)]


def _policy(config: ProjectConfig) -> Iterator[str]:
    observed = min(last_data(), config.observed_until or last_data())
    if config.end_year > observed:
        return
    policies = [f"scenarios = {name}" for name in config.scenarios if scenario_name(name) != BASELINE]
    levers = [f"levers.{name} = {value:g}" for name, value in config.levers.items()]
    for setting in policies + levers:
        yield f"{setting}: end_year = {config.end_year} lies before {observed + 1}, the first projected year"


def _dates(config: ProjectConfig) -> Iterator[str]:
    if config.observed_until is not None and config.observed_until > last_data():
        yield f"observed_until = {config.observed_until}: nothing later than {last_data()} is published, as with null"


def _execution(config: ProjectConfig) -> Iterator[str]:
    scheduler = "://" in config.executor or config.executor.endswith(".json")
    if config.workers is not None and (config.executor == "serial" or scheduler):
        where = "on the workers of the scheduler" if scheduler else "one after the other"
        yield f"workers = {config.workers}: runs go {where} with executor = {config.executor}; only figures use it"
    if config.threads > 1 and config.engine == "reference":
        yield f"threads = {config.threads}: engine = reference has one thread"
    if config.on_error == "stop" and config.draws * config.replicates == 1 and config.until_half_width is None:
        yield "on_error = stop: one draw and one replicate leave nothing to stop"
