"""The command line of the main job: arguments before Hydra sees them, messages instead of tracebacks."""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Any

from sim.base.arguments import ArgumentError
from sim.base.config_text import near, unknown
from sim.base.errors import is_user_error
from sim.config import CONFIGS, ConfigError, ProjectConfig, help_text, read_yaml, refusal, validate

__all__ = ["SweepError", "arguments", "exit_status", "main_job", "overrides", "sweep_job", "sweep_study"]

OPEN_KEYS = ("levers", "params")
"""Mappings whose keys the configuration does not list; Hydra wants ``++`` before new keys."""
FLAGS_WITH_VALUE = (
    "--config-name",
    "-cn",
    "--config-path",
    "-cp",
    "--config-dir",
    "-cd",
    "--cfg",
    "-c",
    "--package",
    "-p",
)
FLAGS = (
    *FLAGS_WITH_VALUE,
    "--help",
    "--hydra-help",
    "--version",
    "--resolve",
    "--run",
    "-r",
    "--multirun",
    "-m",
    "--shell-completion",
    "-sc",
    "--info",
    "-i",
)
USER_ERROR, FAILED_RUNS, INTERRUPTED = 2, 1, 130
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


def overrides(
    argv: Sequence[str], known: Collection[str], open_keys: Collection[str], program: str
) -> tuple[list[str], list[Any]]:
    """Return the arguments for Hydra and the settings among them as Hydra reads them.

    Args:
        argv: arguments of a program.
        known: keys of its configuration.
        open_keys: those whose own keys the configuration does not list.
        program: named in the message of a refusal.

    Raises:
        ConfigError: an argument that is not ``key=value``, an unknown key or flag, a value that cannot be read.
    """
    result: list[str] = []
    problems: list[str] = []
    for before, argument in zip(["", *argv], argv, strict=False):
        if argument.startswith("-") or before in FLAGS_WITH_VALUE:
            result.append(argument)
            flag = argument.partition("=")[0]
            if argument.startswith("-") and flag not in FLAGS:
                problems.append(f"{argument}: unknown flag{near(flag, FLAGS)}; settings are written key=value")
            continue
        key, equals, _ = argument.partition("=")
        top = key.lstrip("+~").split(".")[0].split("/")[0].split("@")[0]
        if not equals and not argument.startswith("~"):
            problems.append(f"{argument}: key=value is expected")
        elif top != "hydra" and (top not in known or _nested(key, open_keys)):
            problems.append(unknown("key", key.lstrip("+~"), known))
        elif top in open_keys and not argument.startswith(("+", "~")):
            result.append(f"++{argument}")
        else:
            result.append(argument)
    if problems:
        raise refusal(problems, program)
    settings = [a for b, a in zip(["", *result], result, strict=False) if a[0] != "-" and b not in FLAGS_WITH_VALUE]
    return result, _check_syntax(settings, program)


def main_job(values: Mapping[str, Any]) -> int:
    """Run the study of ``values`` and its report; return the exit status of the program."""
    return exit_status(lambda: _study(values))


def exit_status(
    action: Callable[[], int], again: str = "start the same command with resume=true", program: str = "project"
) -> int:
    """Run ``action``; print a mistake of the user as one message, and return the exit status.

    ``again`` says how an interrupted program goes on, ``program`` whose help a refusal names.
    """
    try:
        return action()
    except KeyboardInterrupt:
        sys.stderr.write(f"Interrupted. Finished runs are kept; {again} to go on.\n")
        return INTERRUPTED
    except ValueError as error:
        if not is_user_error(error):
            raise
        own = refusal([str(error)], program) if isinstance(error, ArgumentError) else error
        if isinstance(error, ConfigError) and error.problems:
            own = refusal(error.problems, program)
        sys.stderr.write(f"{own}\n")
        return USER_ERROR


def _study(values: Mapping[str, Any]) -> int:
    config = validate(values)
    from sim.programs.main_job import run_study

    outcome = run_study(config)
    sys.stdout.write(outcome.text())
    return FAILED_RUNS if outcome.failed or outcome.pending else 0


def _nested(key: str, open_keys: Collection[str]) -> bool:
    """Tell whether a dotted key asks for a part of a value that has no parts."""
    top, dot, _ = key.lstrip("+~").partition(".")
    return bool(dot) and top not in open_keys


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


def _check_syntax(settings: Sequence[str], program: str) -> list[Any]:
    """Return the settings as Hydra reads them; refuse what it cannot read, such as an open bracket."""
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    parser = OverridesParser.create()
    found = []
    for override in settings:
        try:
            found.append(parser.parse_override(override))
        except HydraException:
            problem = f"{override}: this value cannot be read; quote text and close brackets"
            raise refusal([problem], program) from None
    return found


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
