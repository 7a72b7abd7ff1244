"""Keys of a study that can never act beside the others, told by name before it runs and in its report."""

from __future__ import annotations

from collections.abc import Iterator

from sim.config import ProjectConfig
from sim.data import load_region
from sim.policies import Idle

__all__ = ["idle_keys"]


def idle_keys(config: ProjectConfig) -> tuple[Idle, ...]:
    """Return every key that changes nothing beside the others, with the reason; empty if all of them act.

    What never acts inside scenarios is found by ``sim.policies.idle_settings``.

    Example:
        >>> from sim.config import load_config
        >>> idle_keys(load_config(observed_until=2060))[0].en.split(":")[0]
        'observed_until = 2060'
    """
    return tuple(_found(config))


def _found(config: ProjectConfig) -> Iterator[Idle]:
    last = load_region(config.region).last_observed
    if config.observed_until is not None and config.observed_until > last:
        key = f"observed_until = {config.observed_until}"
        yield Idle(
            f"{key}: nothing later than {last} is published, as with null",
            f"{key}：已公布数据截至{last}年，与null相同",
        )
    scheduler = "://" in config.executor or config.executor.endswith(".json")
    if config.workers is not None and (config.executor == "serial" or scheduler):
        key = f"workers = {config.workers}"
        where = "on the workers of the scheduler" if scheduler else "one after the other"
        yield Idle(
            f"{key}: runs go {where} with executor = {config.executor}; only figures use it",
            f"{key}：executor = {config.executor}时只用于绘图",
        )
    if config.threads > 1 and config.engine == "reference":
        key = f"threads = {config.threads}"
        yield Idle(f"{key}: engine = reference has one thread", f"{key}：engine = reference只用一个线程")
    if config.on_error == "stop" and config.draws * config.replicates == 1 and config.until_half_width is None:
        yield Idle(
            "on_error = stop: one draw and one replicate leave nothing to stop",
            "on_error = stop：仅一组抽样、一次重复，无可停止之处",
        )
