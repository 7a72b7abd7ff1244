"""What the command lines of all programs share: flags and settings, messages instead of tracebacks."""

from __future__ import annotations

import argparse
import os
import re
import sys
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple, NoReturn, get_args, get_origin

import yaml

from sim.base.arguments import ArgumentError, check_text, print_anything
from sim.base.config_files import NEXT, composed, help_of
from sim.base.config_text import near, unknown
from sim.base.errors import cut, is_user_error, told
from sim.base.settings import SettingError, declared_type, several, value_of
from sim.base.version import __version__
from sim.config import CONFIGS, ConfigError, ProjectConfig, refusal
from sim.studies.files import NOT_WRITABLE
from sim.studies.interrupts import INTERRUPTED, end_at_once, prompt

__all__ = ["FAILED_RUNS", "INTERRUPTED", "Command", "assign", "exit_status", "read_command", "show"]

USER_ERROR, FAILED_RUNS = 2, 1
LAUNCHERS = ("basic", "joblib")
"""What may carry out a sweep: one study after the other, or several side by side."""
FLAGS = ("--help", "-h", "--version", "--config-name", "--config-dir", "--config-path", "--cfg", "--multirun", "-m")
SETTING = re.compile(r"(?P<prefix>[+~]*)(?P<top>[^.=/@]*)(?P<inside>[^=]*)=(?P<raw>.*)", re.DOTALL)
HYDRA_SETTING = re.compile(rf"hydra/launcher=({'|'.join(LAUNCHERS)})|hydra\.launcher\.n_jobs=(-1|[1-9][0-9]{{0,3}})")


class Command(NamedTuple):
    """What a command line asks for.

    Attributes:
        values: every key of the program with its value.
        swept: keys of a sweep with their values.
        launcher: settings of the launcher of a sweep, for Hydra.
        sweep: whether a sweep is asked for.
        show: whether the values are only to be shown.
    """

    values: dict[str, Any]
    swept: dict[str, list[Any]]
    launcher: list[str]
    sweep: bool
    show: bool


class _Parser(argparse.ArgumentParser):
    def error(self, message: str) -> NoReturn:
        """Refuse in the words of all programs."""
        raise ArgumentError(message)


def read_command(argv: Sequence[str], program: str) -> Command:
    """Return what the arguments of a program ask for; flags may stand before and after the settings.

    Raises:
        ConfigError: an unknown flag or key, a setting that is not ``key=value``, a value or file that cannot be read.
    """
    known = _declared(program)
    flags, settings, problems = _flags(argv, known)
    folders = [CONFIGS]
    if flags.folder is not None:
        folders.insert(0, Path(flags.folder).expanduser())
        if not os.path.isdir(folders[0]):
            problems.append(f"--config-dir {flags.folder[:200]}: no such folder")
    if problems:
        raise refusal(problems, program)
    values = composed(flags.name or program, folders, program)
    command = Command(values, {}, [], flags.multirun, flags.cfg is not None)
    for argument in settings:
        try:
            _take(command, argument, known)
        except (SettingError, ArgumentError) as error:
            problems.append(str(error))
    if not command.sweep and command.launcher:
        problems.append(f"{command.launcher[0]}: works with -m, which makes several studies")
    if problems:
        raise refusal(problems, program)
    return command


def show(values: Mapping[str, Any]) -> int:
    """Print the values of all keys, as ``--cfg job`` asks for, and return the exit status."""
    sys.stdout.write(yaml.safe_dump(dict(values), allow_unicode=True, sort_keys=False))
    return 0


def exit_status(
    action: Callable[[], int], again: str = "start the same command with resume=true", program: str = "project"
) -> int:
    """Run ``action``; print a mistake of the user as one message, and return the exit status.

    ``again`` says how an interrupted program goes on, ``program`` whose help a refusal names.
    """
    print_anything()
    interrupted = f"Interrupted. Finished runs are kept; {again} to go on.\n"
    try:
        with prompt(interrupted):
            return action()
    except KeyboardInterrupt:
        sys.stderr.write(interrupted)
        end_at_once()
        return INTERRUPTED
    except OSError as error:
        if error.errno not in NOT_WRITABLE:
            raise
        sys.stderr.write(
            f"{told(str(error.filename or 'a file'))}: cannot be read or written ({error.strerror}).\n"
            f"  Next: make room on the disk or give permission, then {again}; finished runs are kept.\n"
        )
        return USER_ERROR
    except ValueError as error:
        if not is_user_error(error):
            raise
        own = refusal([str(error)], program) if isinstance(error, ArgumentError) else error
        if isinstance(error, ConfigError) and error.problems:
            own = refusal(error.problems, program)
        message = str(own) if NEXT in str(own) else f"{own}\n  {NEXT} correct this and start again; {help_of(program)}."
        sys.stderr.write(f"{told(message)}\n")
        return USER_ERROR


def _flags(argv: Sequence[str], known: Iterable[str]) -> tuple[argparse.Namespace, list[str], list[str]]:
    """Return the flags, the settings, and what is no flag."""
    parser = _Parser(add_help=False, allow_abbrev=False, prog="program")
    parser.add_argument("--config-name", "-cn", dest="name")
    parser.add_argument("--config-dir", "-cd", "--config-path", "-cp", dest="folder")
    parser.add_argument("--cfg", "-c", choices=("job",))
    parser.add_argument("--multirun", "-m", action="store_true")
    parser.add_argument("--version", action="store_true")
    flags, others = parser.parse_known_args(argv)
    if flags.version:
        sys.stdout.write(f"{__version__}\n")
        raise SystemExit(0)
    problems = [_no_setting(word, known) for word in others if word.startswith("-") or "=" not in word]
    return flags, [word for word in others if not word.startswith("-") and "=" in word], problems


def _no_setting(word: str, known: Iterable[str]) -> str:
    """Say what is wrong with an argument that is neither a flag nor a setting."""
    if not word.startswith("-"):
        return f"{word}: key=value is expected, with = and no spaces"
    name = word.lstrip("-").partition("=")[0]
    if name in known:
        return f"{word}: settings are written without dashes: {name}=value"
    return f"{word}: unknown flag{near(word.partition('=')[0], FLAGS)}; settings are written key=value"


def _declared(program: str) -> dict[str, Any]:
    """Return the type of every key of a program.

    The main job declares its keys; those of the others are what their defaults are, or what a key of the same
    name is in the main job where the default says nothing, or not that null is allowed.
    """
    own = {name: field.annotation for name, field in ProjectConfig.model_fields.items()}
    if program == "project":
        return own
    defaults = composed(program, program=program)
    empty = {
        key
        for key, value in defaults.items()
        if value is None or value == {} or (isinstance(value, str) and type(None) in get_args(own.get(key)))
    }
    return {key: own.get(key, str | None) if key in empty else declared_type(value) for key, value in defaults.items()}


def _take(command: Command, argument: str, known: Mapping[str, Any]) -> None:
    """Put a setting where it belongs.

    Raises:
        SettingError: an unknown key or a value that cannot be read.
    """
    check_text(argument)
    found = SETTING.fullmatch(argument)
    if found is None or not found["top"]:
        raise SettingError(f"{argument}: key=value is expected")
    top, inside, raw = found["top"], found["inside"], found["raw"]
    if top == "hydra":
        if not HYDRA_SETTING.fullmatch(argument):
            allowed = f"hydra/launcher={' or '.join(LAUNCHERS)}, hydra.launcher.n_jobs=4"
            raise SettingError(f"{argument}: not allowed; of the settings of Hydra only {allowed} are")
        command.launcher.append(argument)
        return
    parts = inside.split(".")[1:]
    mapping = top in known and (get_origin(known[top]) is dict)
    if top not in known or (inside and (not mapping or not inside.startswith(".") or not all(parts))):
        raise SettingError(unknown("key", f"{top}{inside}", known))
    if found["prefix"] and (found["prefix"] not in ("+", "++") or not parts):
        raise SettingError(f"{argument}: a key is written without {found['prefix']}: {top}{inside}=value")
    kind = get_args(known[top])[1] if parts else known[top]
    key = f"{top}{inside}"
    try:
        values = several(raw, kind) if command.sweep else [value_of(raw, kind)]
    except SettingError as error:
        raise SettingError(f"{cut(argument)}: {error}") from None
    if len(values) > 1:
        command.swept[key] = values
    else:
        command.swept.pop(key, None)
        assign(command.values, key, values[0])


def assign(values: dict[str, Any], key: str, value: Any) -> None:
    """Set a key, or a part of a mapping by its dotted name; a mapping is merged into the one that is there.

    Example:
        >>> values = {"levers": {"T1": 0.5}}
        >>> assign(values, "levers.T3", 0.8)
        >>> values
        {'levers': {'T1': 0.5, 'T3': 0.8}}
    """
    *outer, last = key.split(".")
    for name in outer:
        inner = values.get(name)
        values[name] = dict(inner) if isinstance(inner, dict) else {}
        values = values[name]
    old = values.get(last)
    values[last] = {**old, **value} if isinstance(old, dict) and isinstance(value, dict) else value
