"""What all programs beside the main job share: arguments before Hydra, help, checked keys, plain messages."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any, TypeVar, cast

import hydra
from omegaconf import DictConfig, OmegaConf
from pydantic import BaseModel, ValidationError

from sim.config import CONFIGS, read_yaml
from sim.errors import InputError
from sim.runs.command import overrides, told

__all__ = ["checked", "run_program"]

Model = TypeVar("Model", bound=BaseModel)


def checked(model: type[Model], values: Mapping[str, Any], name: str) -> Model:
    """Return the keys of program ``name`` as its model.

    Raises:
        InputError: a key is unknown or out of range; the message names the first one and the file of defaults.
    """
    try:
        return model.model_validate(dict(values))
    except ValidationError as error:
        first = error.errors()[0]
        key = ".".join(str(part) for part in first["loc"][:2])
        shown = f"{key}={first['input']!r}: " if key else ""
        raise InputError(f"{shown}{first['msg'].removeprefix('Value error, ')}; see configs/{name}.yaml") from error


def run_program(name: str, about: str, job: Callable[[dict[str, Any]], int]) -> None:
    """Run the program ``experiments.<name>`` and end with its exit status.

    Args:
        name: of the program and of ``configs/<name>.yaml``, which holds its keys with their meaning.
        about: what the program does, shown by ``--help`` above the keys.
        job: takes the composed keys and returns the exit status.
    """
    keys = {
        key: value for key, value in read_yaml(CONFIGS / f"{name}.yaml").items() if key not in ("defaults", "hydra")
    }
    again = "start the same command" + (" with resume=true" if "resume" in keys else "")

    def app(config: DictConfig) -> None:
        values = cast("dict[str, Any]", OmegaConf.to_container(config, resolve=True))
        sys.exit(told(lambda: job(values), again))

    def start() -> int:
        if {"--help", "-h"} & set(sys.argv[1:]):
            sys.stdout.write(help_text(name, about))
            return 0
        open_keys = [key for key, value in keys.items() if isinstance(value, dict)]
        sys.argv[1:], _ = overrides(sys.argv[1:], keys, open_keys, f"python -m experiments.{name} --help")
        hydra.main(version_base="1.3", config_path=str(CONFIGS), config_name=name)(app)()
        return 0

    sys.exit(told(start, again))


def help_text(name: str, about: str) -> str:
    """Return what the program does, and its keys with defaults and meaning as the configuration file has them."""
    lines = (CONFIGS / f"{name}.yaml").read_text(encoding="utf-8").split("\nhydra:")[0].splitlines()
    first = next(k for k, line in enumerate(lines) if not line.strip())
    keys = "\n".join(f"  {line}" for line in lines[first + 1 :] if line.strip())
    use = f"python -m experiments.{name} [key=value ...]"
    return f"{about.strip()}\n\n  {use}\n\nKeys, their defaults and meaning:\n{keys}\n"
