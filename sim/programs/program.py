"""What all programs beside the main job share: arguments before Hydra, help, checked keys, plain messages."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, field_validator

from sim.base.config_files import composed
from sim.base.config_text import findings
from sim.base.names import BASELINE, PLAN
from sim.base.settings import native
from sim.config import CONFIGS, ConfigError, Folder, as_name, load_config, refusal, scenario_name
from sim.programs.command_line import exit_status, read_command, show
from sim.studies.files import check_writable, remove_temporaries

__all__ = ["ProgramConfig", "checked", "run_program"]


class ProgramConfig(BaseModel):
    """What the keys of all programs beside the main job have in common."""

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    results: Folder

    @field_validator("study", mode="before", check_fields=False)
    @classmethod
    def _plain_name(cls, value: object) -> object:
        return as_name(value)

    def folder(self, *inside: str) -> Path:
        """Return a folder of the results, which need not exist yet, without what killed programs began to write.

        Raises:
            StudyError: it cannot be written.
        """
        folder = Path(self.results).expanduser().joinpath(*inside)
        check_writable(folder)
        remove_temporaries(folder, within=bool(inside))
        return folder


Model = TypeVar("Model", bound=ProgramConfig)


def checked(model: type[Model], values: Mapping[str, Any], name: str) -> Model:
    """Return the keys of program ``name`` as its model.

    Raises:
        ConfigError: keys are unknown or out of range; the message names all of them.
    """
    try:
        config = model.model_validate(native(values))
    except ValidationError as error:
        raise refusal(findings(error, model.model_fields, name), name) from None
    _check_names(config, name)
    return config


def require_open(year: int, region: str, name: str) -> None:
    """Refuse a year whose totals are published: every run passes them, so that nothing differs in it.

    Raises:
        ConfigError: the year is observed.
    """
    from sim.data import load_region

    last = load_region(region).last_observed
    if year <= last:
        problem = f"year = {year}: published, and passed by every run; allowed is a year from {last + 1} on"
        raise refusal([problem], name)


def _check_names(config: ProgramConfig, name: str) -> None:
    """Refuse what the main job would refuse: unknown region, posterior, scenario or parameter."""
    keys = {key: getattr(config, key) for key in ("region", "posterior", "scenarios", "params") if hasattr(config, key)}
    package = getattr(config, "package", None)
    if package is not None:
        keys["scenarios"] = [package]
        if scenario_name(package) == BASELINE:
            problem = f"package = {package}: this is the baseline that a package is compared with"
            raise refusal([f"{problem}; allowed is another scenario, such as package={PLAN}"], name)
    try:
        if keys:
            load_config(**keys)
    except ConfigError as error:
        called = "scenarios: " if package is None else "package: "
        raise refusal((p.replace("scenarios: ", called, 1) for p in error.problems), name) from None


def run_program(name: str, about: str, job: Callable[[dict[str, Any]], int]) -> None:
    """Run the program ``experiments.<name>`` and end with its exit status.

    Args:
        name: of the program and of ``configs/<name>.yaml``, which holds its keys with their meaning.
        about: what the program does, shown by ``--help`` above the keys.
        job: takes the composed keys and returns the exit status.
    """

    def start() -> int:
        if {"--help", "-h"} & set(sys.argv[1:]):
            sys.stdout.write(help_text(name, about))
            return 0
        command = read_command(sys.argv[1:], name)
        if command.sweep:
            raise refusal(["--multirun: only the main job, experiments.project, makes several studies"], name)
        return show(command.values) if command.show else job(command.values)

    def ended() -> int:
        resumes = "resume" in composed(name, program=name)
        return exit_status(start, "start the same command" + (" with resume=true" if resumes else ""), name)

    sys.exit(exit_status(ended, program=name))


def help_text(name: str, about: str) -> str:
    """Return what the program does, and its keys with defaults and meaning as the configuration file has them."""
    lines = (CONFIGS / f"{name}.yaml").read_text(encoding="utf-8").splitlines()
    first = next(k for k, line in enumerate(lines) if not line.strip())
    keys = "\n".join(f"  {line}" for line in lines[first + 1 :] if line.strip())
    use = f"python -m experiments.{name} [key=value ...]"
    return f"{about.strip()}\n\n  {use}\n\nKeys, their defaults and meaning:\n{keys}\n"
