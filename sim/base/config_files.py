"""Configuration files: read with messages that name file and line, refused in one message."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path
from typing import Any

from sim.base.config_text import unknown
from sim.base.errors import InputError
from sim.base.paths import CONFIGS
from sim.base.settings import references
from sim.base.textfiles import YamlError, display_name, read_content

__all__ = ["NEXT", "ConfigError", "composed", "help_of", "read_yaml", "refusal"]

NEXT = "Next:"
"""What every refusal ends with."""
DEFAULTS, SELF, HYDRA = "defaults", "_self_", "hydra"


class ConfigError(InputError):
    """A configuration that is refused; the message lists key, value, what is allowed and the next step.

    Attributes:
        problems: the findings alone, so that another program can tell them as its own.
    """

    def __init__(self, message: str, problems: Iterable[str] = ()) -> None:
        super().__init__(message)
        self.problems = tuple(problems)


def refusal(problems: Iterable[str], program: str = "project") -> ConfigError:
    """Return one error that lists ``problems``, one a line, and the next step; every program refuses with it.

    Args:
        problems: findings that name key, value and what is allowed.
        program: name in ``experiments/``, whose help and file of defaults are named.
    """
    found = tuple(problems)
    lines = "\n".join(f"  {p}" for p in found)
    file = CONFIGS / f"{program}.yaml"
    defaults = f", {file.relative_to(CONFIGS.parent)} holds the defaults" if file.is_file() else ""
    return ConfigError(
        f"The configuration is refused; nothing was simulated or written.\n{lines}\n"
        f"  {NEXT} correct this and start again; {help_of(program)}{defaults}.",
        found,
    )


def help_of(program: str) -> str:
    """Say where the keys of a program are explained."""
    return f"`python -m experiments.{program} --help` explains every key"


def read_yaml(path: Path) -> dict[str, Any]:
    """Return the mapping in a YAML file.

    Raises:
        ConfigError: the file is missing, is not YAML or is not a mapping; the message names file and line.
    """
    if not CONFIGS.is_dir() and not path.exists():
        raise ConfigError(
            f"{CONFIGS}: no such folder. An installed package has no configuration files.\n"
            "  Next: work in a clone of the project (make setup), and start programs from its top folder."
        )
    try:
        content = read_content(path)
    except YamlError as error:
        raise refusal([str(error)]) from None
    if not isinstance(content, dict):
        raise refusal([f"{path}: a mapping of key: value is expected, not {type(content).__name__}"])
    return content


def composed(
    name: str, folders: Sequence[Path] = (CONFIGS,), program: str = "project", above: Sequence[Path] = ()
) -> dict[str, Any]:
    """Return the keys of a configuration file and of those that its ``defaults`` name, its own over theirs.

    A file holds values: settings of Hydra, which can name functions to call, and references such as
    ``${oc.env:HOME}`` are refused.

    Args:
        name: of the file, without its ending.
        folders: where it is looked for; the first that has it is taken.
        program: whose configuration it is, for messages.
        above: files that name this one, so that none names itself.

    Raises:
        ConfigError: a file that is missing, malformed or holds more than values.
    """
    path = _find(name, folders, program)
    content = read_yaml(path)
    file = display_name(path)
    entries = content.pop(DEFAULTS, [SELF])
    problems = [f"{file}, {key}: ${{...}} is not replaced here; write the value itself" for key in references(content)]
    if HYDRA in content:
        problems.append(f"{file}: {HYDRA}: not allowed in a file; the command line takes hydra/launcher=joblib")
    if not isinstance(entries, list) or not all(isinstance(e, str) and "/" not in e for e in entries):
        problems.append(f"{file}: {DEFAULTS} = {entries}: allowed is a list of names of files beside it, and {SELF}")
    elif path in above:
        problems.append(f"{file}: {DEFAULTS} lead back to this file")
    if problems:
        raise refusal(problems, program)
    result: dict[str, Any] = {}
    for entry in entries if SELF in entries else [*entries, SELF]:
        _merge(result, content if entry == SELF else composed(entry, folders, program, [*above, path]))
    return result


def _find(name: str, folders: Sequence[Path], program: str) -> Path:
    """Return the file of a configuration."""
    if "/" not in name:
        for folder in folders:
            path = folder / f"{name.removesuffix('.yaml')}.yaml"
            if os.path.isfile(path):  # a name too long for a file is none
                return path
    if not CONFIGS.is_dir():
        read_yaml(CONFIGS / name)
    known = {p.stem for folder in folders if folder != CONFIGS for p in folder.glob("*.yaml")}
    known |= {program, "demo"} if program == "project" else {program}
    raise refusal([unknown("configuration", f"--config-name {name[:80]}", known)], program)


def _merge(values: dict[str, Any], new: dict[str, Any]) -> None:
    """Put new values over others; mappings such as ``levers`` are merged key by key."""
    for key, value in new.items():
        old = values.get(key)
        values[key] = {**old, **value} if isinstance(old, dict) and isinstance(value, dict) else value
