"""Lever and scenario files as read: their content, and where a key stands for messages that say so."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from sim.base.textfiles import KeyPath, Lines, YamlError, display_name, read_content


class PolicyFileError(ValueError):
    """A lever or scenario file that cannot be used; the message names file, line, key and next step."""


class FileText:
    """Where a document was read from: a name and the line of every key."""

    def __init__(self, name: str, lines: Lines | None = None) -> None:
        self.name = name
        self._lines = lines or {}

    def locate(self, path: KeyPath) -> tuple[int | None, str]:
        """Return the line of the deepest known key on ``path``, and its dotted name.

        Parts of the path that were not written in the file (defaults, shorthands) are
        passed over. The line is None for documents that did not come from a file.
        """
        known: KeyPath = ()
        for part in path:
            if (*known, part) in self._lines:
                known = (*known, part)
        return self._lines.get(known), dotted(known if self._lines else path)

    def error(self, path: KeyPath, problem: str, next_step: str = "Correct it and run again.") -> PolicyFileError:
        """Return an error that says where ``path`` is, what is wrong and what to do."""
        return PolicyFileError(self.describe(path, problem, next_step))

    def describe(self, path: KeyPath, problem: str, next_step: str) -> str:
        """Return one line: file, line, key, problem and next step."""
        line, key = self.locate(path)
        place = self.name if line is None else f"{self.name}, line {line}"
        return f"{place}: {key + ': ' if key else ''}{problem}. {next_step}"


def dotted(path: KeyPath) -> str:
    """Return ``effects[0].prior`` for ``("effects", 0, "prior")``."""
    text = ""
    for part in path:
        text += f"[{part}]" if isinstance(part, int) and part < 1900 else f".{part}" if text else str(part)
    return text


def read_marked(file: Path) -> tuple[Any, FileText]:
    """Return the content of a YAML file and where its keys are.

    Raises:
        PolicyFileError: unreadable or empty file, malformed YAML or a refused construct.
    """
    lines: Lines = {(): 1}
    try:
        content = read_content(file, lines)
    except YamlError as error:
        raise PolicyFileError(f"{error}. Correct it and run again.") from None
    if content is None:
        raise PolicyFileError(f"{display_name(file)}: the file is empty. Write the keys it needs.")
    return content, FileText(display_name(file), lines)
