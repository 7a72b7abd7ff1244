"""Settings written as key=value: read as the declared type of their key, the same in every program."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from itertools import islice
from pathlib import Path
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

from sim.base.errors import InputError

__all__ = ["SettingError", "declared_type", "native", "references", "several", "text_of", "value_of"]

LONGEST, LONGEST_READ = 20_000, 1_000
"""Characters of a value: two hundred paths fit; and of one that Hydra reads, which takes milliseconds a word."""
DEEPEST = 8
"""Brackets inside brackets."""
DIGITS = 300
"""Digits in a row; longer ones are no number of a computer."""
MOST = 1_000
"""Values of a key of a sweep."""
OPEN, CLOSE, QUOTES, BEFORE_QUOTE = "[{(", "]})", "'\"", "[{(,:"
QUOTED = re.compile(r"'(?:[^'\\]|\\.)*'|\"(?:[^\"\\]|\\.)*\"", re.DOTALL)


class SettingError(InputError):
    """A value that cannot be read; the message says why."""


def declared_type(default: Any) -> Any:
    """Return the type of a key that only its default declares.

    Example:
        >>> declared_type(["plan"]), declared_type(3), declared_type("main")
        (list[str], typing.Any, <class 'str'>)
    """
    if isinstance(default, str):
        return str
    if isinstance(default, list) and default and all(isinstance(item, str) for item in default):
        return list[str]
    if isinstance(default, dict) and default:
        kinds = [declared_type(value) for value in default.values()]
        return dict[str, kinds[0]]  # type: ignore[valid-type]
    return Any


def value_of(raw: str, kind: Any) -> Any:
    """Return a value as its key declares it: text and names of a list as typed, all else as Hydra reads it.

    Args:
        raw: what stands behind the equals sign.
        kind: declared type of the key.

    Raises:
        SettingError: it cannot be read, or has several values.

    Example:
        >>> value_of("2026_11_27", str), value_of("[plan,007]", list[str]), value_of("1e3", float)
        ('2026_11_27', ['plan', '007'], 1000.0)
    """
    raw = raw.strip()
    _check_size(raw)
    texts, null = _text_kinds(kind)
    if texts is list and raw[:1] == "[" and raw[-1:] == "]":
        return [value_of(item, str) for item in _split(raw[1:-1]) if item.strip()]
    if texts is str and not (raw[:1] in ("[", "{") and raw[-1:] in ("]", "}")):
        return None if null and raw == "null" else text_of(raw)
    return _hydra_value(raw)


def several(raw: str, kind: Any) -> list[Any]:
    """Return the values of a key of a sweep, which are parted by commas or given as ``range(1,4)``; one if it has one.

    Raises:
        SettingError: a value that cannot be read.

    Example:
        >>> several("1,2", int), several("a,'b,c'", str), several("range(1,4)", int)
        ([1, 2], ['a', 'b,c'], [1, 2, 3])
    """
    _check_size(raw)
    if _text_kinds(kind)[0] is None and re.match(r"\s*range\s*\(", raw):
        found = list(islice(_parsed(raw).sweep_iterator(), MOST + 1))
    else:
        inside = re.fullmatch(r"\s*choice\s*\((.*)\)\s*", raw, re.DOTALL)
        found = [value_of(item, kind) for item in _split(inside[1] if inside else raw)]
    if len(found) > MOST:
        raise SettingError(f"more than {MOST:,} values")
    return found


def text_of(raw: str) -> str:
    """Return text as typed, without the quotes around all of it.

    Example:
        >>> text_of("out/it's"), text_of("'a b'")
        ("out/it's", 'a b')
    """
    quoted = QUOTED.fullmatch(raw)
    return raw[1:-1].replace(f"\\{raw[0]}", raw[0]) if quoted else raw


def native(value: Any, depth: int = 0) -> Any:
    """Return a value of Python, NumPy or pathlib as the plain number, list, mapping or text that a file would hold.

    What is nested deeper than any setting is left as it is.

    Example:
        >>> native({"results": Path("a/b"), "scenarios": ("plan",)})
        {'results': 'a/b', 'scenarios': ['plan']}
    """
    if isinstance(value, Mapping) and depth < DEEPEST:
        return {native(key): native(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list | tuple) and depth < DEEPEST:
        return [native(item, depth + 1) for item in value]
    if isinstance(value, Path):
        return str(value)
    if type(value).__module__ == "numpy" and hasattr(value, "tolist"):
        return value.tolist()
    return value


def references(value: Any, key: str = "") -> Iterator[str]:
    """Give the key of every text that asks for another value, such as ``${oc.env:HOME}``."""
    if isinstance(value, Mapping):
        for name, item in value.items():
            yield from references(item, f"{key}.{name}" if key else str(name))
    elif isinstance(value, list | tuple):
        for place, item in enumerate(value):
            yield from references(item, f"{key}.{place}")
    elif isinstance(value, str) and "${" in value:
        yield key


def _text_kinds(kind: Any) -> tuple[Any, bool]:
    """Return str for text, list for a list of texts, None for all else; and whether null is allowed."""
    origin, parts = get_origin(kind), get_args(kind)
    if origin is Annotated:
        return _text_kinds(parts[0])
    if origin is Literal:
        return (str if all(isinstance(part, str) for part in parts) else None), False
    if origin in (Union, UnionType):
        kinds = {_text_kinds(part)[0] for part in parts if part is not NoneType}
        return (kinds.pop() if len(kinds) == 1 else None), NoneType in parts
    if origin is list:
        return (list if _text_kinds(parts[0])[0] is str else None), False
    return (str if kind is str else None), False


def _check_size(raw: str, longest: int = LONGEST) -> None:
    """Refuse what no setting needs and what would keep the reader busy."""
    if len(raw) > longest:
        raise SettingError(f"a value of {len(raw):,} characters; allowed are {longest:,}")
    depth = deepest = 0
    for letter in raw:
        depth += (letter in OPEN) - (letter in CLOSE)
        deepest = max(deepest, depth)
    if deepest > DEEPEST:
        raise SettingError(f"brackets inside brackets {deepest} deep; allowed are {DEEPEST}")
    if re.search(rf"\d{{{DIGITS}}}", raw):
        raise SettingError(f"a number of more than {DIGITS} digits")
    if "${" in raw:
        raise SettingError("${...} is not replaced here; write the value itself")


def _split(raw: str) -> list[str]:
    """Return the parts between commas that stand in no bracket and no quotes."""
    parts, depth, quote, before = [""], 0, "", ","
    for letter in raw:
        if quote:
            quote = "" if letter == quote and before != "\\" else quote
        elif letter in QUOTES and before in BEFORE_QUOTE:
            quote = letter
        else:
            depth += (letter in OPEN) - (letter in CLOSE)
        if letter == "," and depth == 0 and not quote:
            parts.append("")
        else:
            parts[-1] += letter
        before = before if letter == " " and not quote else letter
    return parts


def _hydra_value(raw: str) -> Any:
    override = _parsed(raw)
    if override.is_sweep_override():
        raise SettingError("several values; -m makes a study for each, written as a,b or range(1,4)")
    return override.value()


def _parsed(raw: str) -> Any:
    from hydra.core.override_parser.overrides_parser import OverridesParser
    from hydra.errors import HydraException

    _check_size(raw, LONGEST_READ)
    if number := re.search(r"(?<![\w'\"])\d+(?:_\d+)+(?![\w'\"])", raw):
        raise SettingError(f"{number[0]}: numbers are written without underscores")
    try:
        return OverridesParser.create().parse_override(f"key={raw}")
    except (HydraException, ValueError, RecursionError):
        raise SettingError("this value cannot be read; quote text and close brackets") from None
