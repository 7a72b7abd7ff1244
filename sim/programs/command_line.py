"""What the command lines of all programs share: settings before Hydra sees them, messages instead of tracebacks."""

from __future__ import annotations

import sys
from collections.abc import Callable, Collection, Sequence
from typing import Any

from sim.base.arguments import ArgumentError
from sim.base.config_text import near, unknown
from sim.base.errors import is_user_error
from sim.config import ConfigError, refusal
from sim.studies.files import NOT_WRITABLE
from sim.studies.interrupts import INTERRUPTED, prompt

__all__ = ["FAILED_RUNS", "exit_status", "overrides"]

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
USER_ERROR, FAILED_RUNS = 2, 1


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


def exit_status(
    action: Callable[[], int], again: str = "start the same command with resume=true", program: str = "project"
) -> int:
    """Run ``action``; print a mistake of the user as one message, and return the exit status.

    ``again`` says how an interrupted program goes on, ``program`` whose help a refusal names.
    """
    interrupted = f"Interrupted. Finished runs are kept; {again} to go on.\n"
    try:
        with prompt(interrupted):
            return action()
    except KeyboardInterrupt:
        sys.stderr.write(interrupted)
        return INTERRUPTED
    except OSError as error:
        if error.errno not in NOT_WRITABLE:
            raise
        sys.stderr.write(
            f"{error.filename or 'a file'}: cannot be read or written ({error.strerror}).\n"
            f"  Next: make room on the disk or give permission, then {again}; finished runs are kept.\n"
        )
        return USER_ERROR
    except ValueError as error:
        if not is_user_error(error):
            raise
        own = refusal([str(error)], program) if isinstance(error, ArgumentError) else error
        if isinstance(error, ConfigError) and error.problems:
            own = refusal(error.problems, program)
        sys.stderr.write(f"{own}\n")
        return USER_ERROR


def _nested(key: str, open_keys: Collection[str]) -> bool:
    """Tell whether a dotted key asks for a part of a value that has no parts."""
    top, dot, _ = key.lstrip("+~").partition(".")
    return bool(dot) and top not in open_keys


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
