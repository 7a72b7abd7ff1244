"""Arguments of the form key=value, for the small programs that need no Hydra."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from sim.base.config_text import near
from sim.base.errors import InputError

__all__ = ["STUDY_NAME", "ArgumentError", "integer", "keyed", "names", "study_folder"]

STUDY_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"
"""What a study may be called: a name below the folder of results, never a path."""


class ArgumentError(InputError):
    """An argument that is not understood; the message says what is allowed, the program adds the next step."""


def keyed(argv: Sequence[str], keys: Iterable[str], needed: Sequence[str] = ()) -> dict[str, str]:
    """Return the arguments as a mapping.

    Raises:
        ArgumentError: not key=value, an unknown key, a key given twice, or a needed key that is missing.

    Example:
        >>> keyed(["study=demo", "language=zh"], ["study", "language"], ["study"])
        {'study': 'demo', 'language': 'zh'}
    """
    known = list(keys)
    values: dict[str, str] = {}
    for argument in argv:
        key, equals, value = argument.partition("=")
        if not equals or not value or key not in known:
            allowed = ", ".join(f"{name}=..." for name in known)
            raise ArgumentError(f"{argument}: not understood{near(key, known)}; allowed are {allowed}")
        if key in values:
            raise ArgumentError(f"{key}: given twice; once is allowed")
        values[key] = value
    for key in needed:
        if key not in values:
            raise ArgumentError(f"{key}: needed, for example {key}=main")
    return values


def study_folder(values: Mapping[str, str], key: str = "study") -> Path:
    """Return the folder of the study that a key names, below that of ``results``.

    Raises:
        ArgumentError: the value is no name of a study, such as a path.
    """
    name = values[key]
    if not re.fullmatch(STUDY_NAME, name):
        raise ArgumentError(
            f"{key} = {name}: allowed is the name of a study (letters, digits, _ . -), not a path; "
            "results=FOLDER says where studies are"
        )
    return Path(values.get("results", "results")).expanduser() / name


def integer(values: Mapping[str, str], key: str, default: int, low: int = 0) -> int:
    """Return a whole number of at least ``low``.

    Raises:
        ArgumentError: it is not one.
    """
    text = values.get(key, str(default))
    if not text.lstrip("-").isdigit() or int(text) < low:
        raise ArgumentError(f"{key} = {text}: allowed is a whole number of at least {low}")
    return int(text)


def names(values: Mapping[str, str], key: str, default: Sequence[str]) -> list[str]:
    """Return a list written as ``[a,b]`` or ``a,b``."""
    text = values.get(key, ",".join(default))
    return [part.strip() for part in text.strip("[]").split(",") if part.strip()]
