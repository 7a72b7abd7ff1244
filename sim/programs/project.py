"""The command line of the main job, of one study or a sweep of studies."""

from __future__ import annotations

import re
import sys
from collections.abc import Mapping, Sequence
from typing import Any

from sim.base.config_text import unknown
from sim.config import CONFIGS, ProjectConfig, help_text, read_yaml, refusal, validate
from sim.programs.command_line import FAILED_RUNS, exit_status, overrides

__all__ = ["SweepError", "arguments", "main_job", "sweep_job", "sweep_study"]

OPEN_KEYS = ("levers", "params")
"""Mappings whose keys the configuration does not list; Hydra wants ``++`` before new keys."""
NAME_LIMIT = 64


class SweepError(RuntimeError):
    """A study of a sweep that did not end well; the others are not affected."""


def arguments(argv: Sequence[str]) -> list[str]:
    """Return the arguments for Hydra, after checking the names of the keys and the configuration files.

    ``--help`` prints the keys and ends the program. ``levers.X=`` and ``params.X=`` work
    without the prefix that Hydra asks for.

    Raises:
        ConfigError: an argument that is not ``key=value``, an unknown key, an unreadable file.

    Example:
        >>> arguments(["draws=4", "levers.T3=0.8"])
        ['draws=4', '++levers.T3=0.8']
    """
    if {"--help", "-h"} & set(argv):
        sys.stdout.write(help_text() + "\n")
        raise SystemExit(0)
    result, given = overrides(argv, ProjectConfig.model_fields, OPEN_KEYS, "project")
    name = "project"
    for before, argument in zip(["", *argv], argv, strict=False):
        name = _config_name(before, argument) or name
    _check_files(name)
    return result + (_sweep_arguments(given) if {"-m", "--multirun"} & set(argv) else [])


def main_job(values: Mapping[str, Any]) -> int:
    """Run the study of ``values`` and its report; return the exit status of the program."""
    return exit_status(lambda: _study(values))


def _study(values: Mapping[str, Any]) -> int:
    config = validate(values)
    from sim.programs.main_job import run_study

    outcome = run_study(config)
    sys.stdout.write(outcome.text())
    return FAILED_RUNS if outcome.failed or outcome.pending or outcome.missing_figures else 0


def _config_name(before: str, argument: str) -> str | None:
    """Return the name of the configuration file that a flag asks for."""
    if before in ("--config-name", "-cn"):
        return argument
    if argument.startswith("--config-name="):
        return argument.partition("=")[2]
    return None


def _check_files(name: str) -> None:
    """Refuse a missing or malformed configuration file, with file and line."""
    path = CONFIGS / f"{name.removesuffix('.yaml')}.yaml"
    if not path.is_file():
        raise refusal([unknown("configuration", f"--config-name {name}", ("project", "demo"))])
    for file in {path, CONFIGS / "project.yaml"}:
        read_yaml(file)


def _sweep_arguments(settings: Sequence[Any]) -> list[str]:
    """Return arguments that make Hydra name every study of a sweep after its own values.

    Raises:
        ConfigError: no key has several values.
    """
    swept = [o.key_or_group for o in settings if o.is_sweep_override()]
    if not swept:
        raise refusal(["--multirun: no key has several values; write for example seed=1,2"])
    fixed = [o.key_or_group for o in settings if o.key_or_group not in swept]
    return [f"hydra.job.config.override_dirname.exclude_keys=[{','.join(fixed)}]"]


def sweep_study(base: str, dirname: str) -> str:
    """Return the name of a study of a sweep: the common name and the values of this one.

    Example:
        >>> sweep_study("main", "++levers.T3=0.8,seed=2")
        'main_levers.T3-0.8_seed-2'
    """
    from sim.studies.identity import digest

    own = re.sub(r"[^A-Za-z0-9_.-]+", "_", dirname.replace("+", "").replace("=", "-")).strip("_")
    name = f"{base}_{own}"
    return name if len(name) <= NAME_LIMIT else f"{name[: NAME_LIMIT - 9]}_{digest(dirname)[:8]}"


def sweep_job(values: dict[str, Any], dirname: str, launcher: str) -> int:
    """Run one study of a sweep; several at once share the cores, so each then has one process.

    Raises:
        SweepError: the study was refused or has failed runs.
    """
    values["study"] = sweep_study(str(values["study"]), dirname)
    if launcher != "basic" and values.get("workers") is None:
        values["workers"] = 1
    status = main_job(values)
    if status:
        raise SweepError(f"study {values['study']}: ended with status {status}; see the messages above")
    return status
