"""A case: a program, its arguments, files that are changed before it starts, and what is known of the answer."""

from __future__ import annotations

import shlex
from collections.abc import Mapping
from dataclasses import dataclass, field


@dataclass(frozen=True)
class Case:
    """One generated input.

    Attributes:
        kind: command, file or table.
        module: module of the program, such as ``experiments.project``.
        argv: its arguments.
        about: what was done, in a few words.
        edits: new content of files by path below the top folder; None removes a file.
        names: a refusal must hold at least one of these; empty asks for nothing.
        malformed: the input cannot be right, so that accepting it is a fault.
        fresh: run in a fresh interpreter and not in a copy of this process.
        ascii_only: with a terminal that knows nothing but ASCII.
    """

    kind: str
    module: str
    argv: tuple[str, ...]
    about: str
    edits: Mapping[str, bytes | None] = field(default_factory=dict)
    names: tuple[str, ...] = ()
    malformed: bool = False
    fresh: bool = False
    ascii_only: bool = False

    def command(self) -> str:
        """Return the command line of the case, long arguments cut."""
        shown = [a if len(a) <= 120 else f"{a[:80]}...({len(a)} characters)" for a in self.argv]
        return " ".join(["python", "-m", self.module, *map(shlex.quote, shown)])
