"""Mistakes that a user can correct: told in one message, without a traceback."""

from __future__ import annotations

import re
from typing import Any

__all__ = ["InputError", "StudyError", "cut", "is_user_error", "shown", "told"]

VALUE, WORD, LINE, LINES = 120, 300, 1_600, 60
"""Most characters of a value, a word and a line of a message, and its most lines."""
ENDS = re.compile(rf"\S{{{WORD},}}[^\s:]")
WORDS = {None: "null", True: "true", False: "false"}


class InputError(ValueError):
    """Input that cannot be used; the message names the place, the value, what is allowed and the next step."""


class StudyError(InputError):
    """A results folder that cannot take the study: other contents, not writable, or in use."""


def is_user_error(error: BaseException) -> bool:
    """Tell whether ``error`` is a mistake of the user rather than a defect of the program.

    Every module states such mistakes as its own subclass of ``ValueError``; a plain
    ``ValueError`` comes from somewhere else and keeps its traceback.
    """
    return isinstance(error, ValueError) and type(error).__module__.split(".")[0] == "sim"


def shown(value: Any) -> str:
    """Return a value as a message shows it: short, as a file has it, text in quotes.

    Example:
        >>> shown([1, "a"]), shown(True), shown("x" * 200)[-20:]
        ("[1, 'a']", 'true', 'xx… (202 characters)')
    """
    if value is None or isinstance(value, bool):
        return WORDS[value]
    try:
        text = repr(value)
    except (RecursionError, ValueError):
        return f"a {type(value).__name__} too large to show"
    return cut(text)


def cut(text: str, length: int = VALUE) -> str:
    """Return the beginning of a long text and how long it is.

    Example:
        >>> cut("short"), cut("12345678", 3)
        ('short', '123… (8 characters)')
    """
    return text if len(text) <= length else f"{text[:length]}… ({len(text)} characters)"


def told(message: str) -> str:
    """Return a message at a length that people read: what someone gave by mistake may be of any length.

    Example:
        >>> len(told(f"/data/{'x' * 9_000}/a.csv: cannot be read")) < 300
        True
    """
    lines = [cut(ENDS.sub(_ends, line), LINE) for line in message.split("\n")]
    if len(lines) > LINES:
        lines[LINES // 2 : -1] = [f"  and {len(lines) - LINES // 2 - 1} lines more"]
    return "\n".join(lines)


def _ends(word: re.Match[str]) -> str:
    """Return both ends of a long word, since the last part of a path says most."""
    return f"{word[0][: WORD // 3]}…{word[0][-WORD // 3 :]} ({len(word[0])} characters)"
