"""Arguments of the form key=value, for the small programs that need no Hydra."""

from __future__ import annotations

import io
import re
import sys
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from sim.base.config_text import near
from sim.base.errors import InputError, shown
from sim.base.settings import SettingError, text_of, value_of

__all__ = ["STUDY_NAME", "ArgumentError", "check_text", "integer", "keyed", "names", "print_anything", "study_folder"]

STUDY_NAME = r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}"
"""What a study may be called: a name below the folder of results, never a path."""
LARGEST = 2**63 - 1
EXAMPLES = {"household": "any", "year": "2027", "run": "0"}
"""What a needed key may be, where it is no name of a study."""


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
        check_text(argument)
        key, equals, value = argument.partition("=")
        value = text_of(value)
        if not equals or not value or key not in known:
            allowed = ", ".join(f"{name}=..." for name in known)
            raise ArgumentError(f"{argument}: not understood{near(key, known)}; allowed are {allowed}")
        if key in values:
            raise ArgumentError(f"{key}: given twice; once is allowed")
        values[key] = value
    for key in needed:
        if key not in values:
            raise ArgumentError(f"{key}: needed, for example {key}={EXAMPLES.get(key, 'main')}")
    return values


def print_anything() -> None:
    """Let output show ``?`` for what the encoding of the terminal does not have, instead of ending in an error."""
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, io.TextIOWrapper):
            stream.reconfigure(errors="replace")


def check_text(argument: str) -> None:
    """Refuse text that the terminal handed over as bytes of another encoding.

    Raises:
        ArgumentError: it cannot be read.
    """
    if any("\ud800" <= letter <= "\udfff" for letter in argument):
        raise ArgumentError(
            f"{shown(argument)}: cannot be read in the encoding of this terminal; PYTHONUTF8=1 sets UTF-8"
        )


def integer(values: Mapping[str, str], key: str, default: int, low: int = 0, high: int = LARGEST) -> int:
    """Return a whole number from ``low`` to ``high``.

    Raises:
        ArgumentError: it is not one.
    """
    text = values.get(key, str(default))
    if not re.fullmatch(r"-?[0-9]{1,20}", text) or not low <= int(text) <= high:
        raise ArgumentError(f"{key} = {text[:40]}: allowed is a whole number from {low} to {high:,}")
    return int(text)


def names(values: Mapping[str, str], key: str, default: Sequence[str]) -> list[str]:
    """Return a list written as ``[a,b]`` or ``a,b``.

    Raises:
        ArgumentError: it cannot be read.
    """
    if key not in values:
        return list(default)
    text = values[key]
    try:
        found = value_of(text if text.startswith("[") else f"[{text}]", list[str])
    except SettingError as error:
        raise ArgumentError(f"{key} = {text[:80]}: {error}") from None
    return [str(name) for name in found]


def study_folder(values: Mapping[str, str], key: str = "study") -> Path:
    """Return the folder of the study that a key names, below that of ``results``.

    Raises:
        ArgumentError: the value is no name of a study, such as a path, or the folder cannot be looked at.
    """
    name = values[key]
    if not re.fullmatch(STUDY_NAME, name):
        raise ArgumentError(
            f"{key} = {name[:80]}: allowed is the name of a study (letters, digits, _ . -), not a path; "
            "results=FOLDER says where studies are"
        )
    folder = Path(values.get("results", "results")).expanduser() / name
    try:
        folder.exists()
    except OSError as error:
        results = shown(values.get("results", "results"))
        raise ArgumentError(f"results = {results}: cannot be read ({error.strerror}); a folder is needed") from None
    return folder
