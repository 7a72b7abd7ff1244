"""The command line of the main job, of one study or a sweep of studies."""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator, Mapping, Sequence
from math import prod
from typing import Any

from sim.config import ConfigError, help_text, refusal, validate
from sim.programs.command_line import (
    FAILED_RUNS,
    INTERRUPTED,
    Command,
    assign,
    exit_status,
    read_command,
    show,
)

__all__ = ["SweepError", "main_job", "project_job", "sweep_job", "sweep_study"]

NAME_LIMIT = 64
STUDY_LIMIT = 10_000
"""Most studies of a sweep."""


class SweepError(RuntimeError):
    """A study of a sweep that did not end well; the others are not affected."""


def project_job(argv: Sequence[str]) -> int:
    """Carry out what the arguments ask for and return the exit status.

    Raises:
        ConfigError: an unknown key or flag, a value or file that cannot be read.
    """
    if {"--help", "-h"} & set(argv):
        sys.stdout.write(help_text() + "\n")
        return 0
    command = read_command(argv, "project")
    if command.show:
        return show(command.values)
    if not command.sweep:
        return main_job(command.values)
    check_sweep(command)
    if command.launcher:
        from sim.programs.warm import warm

        warm()
    from sim.programs.sweep import sweep

    try:
        sweep(command, sweep_job)
    except SweepError as error:
        sys.stderr.write(f"{error}\n")
        return FAILED_RUNS
    return 0


def main_job(values: Mapping[str, Any]) -> int:
    """Run the study of ``values`` and its report; return the exit status of the program."""
    return exit_status(lambda: _study(values))


def _study(values: Mapping[str, Any]) -> int:
    config = validate(values)
    from sim.programs.main_job import run_study

    outcome = run_study(config)
    sys.stdout.write(outcome.text())
    return FAILED_RUNS if outcome.failed or outcome.pending else 0


def check_sweep(command: Command) -> None:
    """Check every value of a sweep, beside the first of the other keys, before the first study begins.

    Raises:
        ConfigError: no key has several values, there are too many studies, or a value is refused.
    """
    if not command.swept:
        raise refusal(["--multirun: no key has several values; write for example seed=1,2"])
    count = prod(len(found) for found in command.swept.values())
    if count > STUDY_LIMIT:
        raise refusal([f"--multirun: {count:,} studies; allowed are {STUDY_LIMIT:,}"])
    problems: dict[str, None] = {}
    for values in _varied(command):
        try:
            validate(values)
        except ConfigError as error:
            problems |= dict.fromkeys(error.problems)
    if problems:
        raise refusal(problems)


def _varied(command: Command) -> Iterator[dict[str, Any]]:
    """Give the values of a study for every value of every key, the other keys at their first."""
    first = {key: found[0] for key, found in command.swept.items()}
    for key, found in command.swept.items():
        for value in found:
            values = dict(command.values)
            for name, chosen in (first | {key: value}).items():
                assign(values, name, chosen)
            yield values


def sweep_study(base: str, dirname: str) -> str:
    """Return the name of a study of a sweep: the common name and the values of this one.

    Example:
        >>> sweep_study("main", "++levers.T3=0.8,++seed=2")
        'main_levers.T3-0.8_seed-2'
    """
    from sim.studies.identity import digest

    own = re.sub(r"[^A-Za-z0-9_.-]+", "_", re.sub(r"[+'\"]", "", dirname).replace("=", "-")).strip("_")
    name = f"{base}_{own}"
    if len(name) <= NAME_LIMIT and dirname.isascii():
        return name
    return f"{name[: NAME_LIMIT - 9]}_{digest(dirname)[:8]}"


def sweep_job(values: dict[str, Any], dirname: str, launcher: str) -> int:
    """Run one study of a sweep; several at once share the cores, so each then has one process.

    Raises:
        SweepError: the study was refused or has failed runs.
    """
    values["study"] = sweep_study(str(values["study"]), dirname)
    if launcher != "basic" and values.get("workers") is None:
        values["workers"] = 1
    status = main_job(values)
    if status == INTERRUPTED:
        raise SystemExit(INTERRUPTED)
    if status:
        raise SweepError(f"study {values['study']}: ended with status {status}; see the messages above")
    return status
