"""The programs that are attacked and their keys, read from the folder of programs, their defaults and their help."""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import yaml

USES: dict[str, tuple[str, ...]] = {
    "experiments.report": ("study=tiny",),
    "experiments.study": ("status", "study=tiny"),
    "experiments.explain": ("household=any", "year=2027"),
    "sim.data": ("check",),
}
"""Arguments without which a program only says what it needs."""


@dataclass(frozen=True)
class Program:
    """A program.

    Attributes:
        module: what ``python -m`` starts.
        keys: its keys with their defaults; None where the default is not known.
        base: arguments with which it is content.
        hydra: whether Hydra reads its arguments.
    """

    module: str
    keys: dict[str, Any]
    base: tuple[str, ...] = ()
    hydra: bool = field(default=True)

    @property
    def name(self) -> str:
        """Name in ``experiments/``."""
        return self.module.rpartition(".")[2]


def find_programs(top: Path) -> list[Program]:
    """Return every program of ``experiments/`` and the command line of the tables."""
    found = [_program(top, file.stem) for file in sorted((top / "experiments").glob("[a-z]*.py"))]
    return [*found, Program("sim.data", {"--region": None, "--root": None}, USES["sim.data"], hydra=False)]


def _program(top: Path, name: str) -> Program:
    module = f"experiments.{name}"
    defaults = top / "configs" / f"{name}.yaml"
    if defaults.is_file():
        keys = yaml.safe_load(defaults.read_text(encoding="utf-8"))
        return Program(module, {k: v for k, v in keys.items() if k not in ("defaults", "hydra")}, USES.get(module, ()))
    return Program(module, dict.fromkeys(_help_keys(top, name)), USES[module], hydra=False)


def _help_keys(top: Path, name: str) -> list[str]:
    """Return the keys of a program that Hydra does not read, from the text of its help."""
    texts = [top / "experiments" / f"{name}.py", *sorted((top / "sim" / "programs").rglob(f"{name}*.py"))]
    text = "\n".join(file.read_text(encoding="utf-8") for file in texts)
    help_text = text.partition('HELP = """')[2].partition('"""')[0]
    return sorted(set(re.findall(r"\b([a-z_]+)=[A-Zae1-9|]", help_text)))
