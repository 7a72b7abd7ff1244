"""Configuration files: read with messages that name file and line, refused in one message."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from sim.base.errors import InputError
from sim.base.paths import CONFIGS
from sim.base.textfiles import YamlError, read_content

__all__ = ["ConfigError", "read_yaml", "refusal"]


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
        f"  Next: correct this and start again; `python -m experiments.{program} --help` explains every key{defaults}.",
        found,
    )


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
