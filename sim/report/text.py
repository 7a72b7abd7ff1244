"""All words of figures and report, in English and Chinese, from one table.

The table lies in ``strings/*.yaml``: key -> {en: ..., zh: ...}; labels of indicators come from
their rows in ``sim.model.path.indicators``. English entries that depend on a number have the
forms ``one`` and ``other``, chosen by the value ``n``.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any

from sim.base.numbers import half_up
from sim.base.sources import files_in
from sim.base.textfiles import read_content

LANGUAGES = ("en", "zh")
STRINGS = Path(__file__).parent / "strings"
MINUS = "−"
_WIDE = r"\u3000-\u303f\u4e00-\u9fff\uff00-\uffef"
_FOLD = re.compile(rf"(?<=[{_WIDE}”]) (?=[{_WIDE}“])")
"""The blank that a folded line leaves between two Chinese characters."""


class TextError(ValueError):
    """A language, a key or a value of the table of strings that does not exist."""


@lru_cache(maxsize=1)
def table() -> dict[str, dict[str, Any]]:
    """Return the whole table of strings; the labels of indicators are those of their rows."""
    from sim.model.path.indicators import INDICATORS

    entries: dict[str, dict[str, Any]] = {
        f"indicator.{row.name}": {"en": row.label_en, "zh": row.label_zh} for row in INDICATORS
    }
    for path in files_in(STRINGS, "*.yaml"):
        part = read_content(path)
        doubled = sorted(set(part) & set(entries))
        if doubled:
            raise TextError(f"{path.name}: key {doubled[0]!r} is already defined in another file")
        entries.update(part)
    for entry in entries.values():
        entry["zh"] = _FOLD.sub("", str(entry["zh"]))
    return entries


class Text:
    """The strings of one language: ``text("key", name=value)``."""

    def __init__(self, language: str) -> None:
        if language not in LANGUAGES:
            raise TextError(f"language = {language!r}: allowed are {', '.join(LANGUAGES)}")
        self.language = language

    def __call__(self, key: str, **values: object) -> str:
        """Return the string of ``key`` with ``values`` filled in."""
        try:
            entry = table()[key][self.language]
        except KeyError:
            raise TextError(f"no string {key!r} in {self.language}; add it to {STRINGS.name}/*.yaml") from None
        if isinstance(entry, dict):
            entry = entry["one" if values.get("n") == 1 else "other"]
        try:
            return str(entry).format(**values).strip()
        except KeyError as missing:
            raise TextError(f"string {key!r} needs the value {missing}") from None

    def has(self, key: str) -> bool:
        """Return whether the table has ``key``."""
        return key in table()

    def pick(self, names: Mapping[str, str]) -> str:
        """Return the name in this language from a mapping with the keys en and zh."""
        return names.get(self.language) or names["en"]

    def percent(self, share: float, digits: int = 1) -> str:
        """Return a share as a percentage: 0.6207 -> 62.1%."""
        return f"{signed_minus(100 * share, digits)}%"

    def points(self, share: float, digits: int = 2) -> str:
        """Return a difference of shares in percentage points with its sign: 0.004 -> +0.40."""
        value = half_up(100 * share, digits)
        return ("+" if value > 0 else "") + signed_minus(value, digits)

    def size(self, share: float, digits: int = 2) -> str:
        """Return a difference of shares in percentage points without its sign: -0.004 -> 0.40."""
        return signed_minus(abs(100 * share), digits)

    def persons(self, count: float) -> str:
        """Return a number of persons in the customary unit: thousand or million, 万."""
        size = abs(count)
        if self.language == "zh":
            return f"{signed_minus(count / 1e4, 0 if size >= 1e6 else 1)}万"
        if size >= 1e6:
            return f"{signed_minus(count / 1e6, 2)} million"
        return f"{signed_minus(count / 1e3, 0)} thousand" if size >= 1e3 else signed_minus(count, 0)

    def join(self, words: list[str]) -> str:
        """Return a list in words: a, b and c."""
        if len(words) < 2:
            return "".join(words)
        comma, last = ("、", "和") if self.language == "zh" else (", ", " and ")
        return comma.join(words[:-1]) + last + words[-1]

    def clauses(self, parts: list[str]) -> str:
        """Return clauses separated by semicolons."""
        return ("；" if self.language == "zh" else "; ").join(parts)

    def sentences(self, parts: list[str]) -> str:
        """Return sentences joined as a paragraph."""
        return ("" if self.language == "zh" else " ").join(part for part in parts if part)


def signed_minus(value: float, digits: int) -> str:
    """Return a number with thousands separators and a typographic minus sign, never minus zero."""
    rounded = half_up(float(value), digits) + 0.0
    return f"{rounded:,.{digits}f}".replace("-", MINUS)


def signed(value: float, digits: int = 2) -> str:
    """Return a number with its sign, zero without one.

    Example:
        >>> signed(0.125, 2), signed(-1234.0, 0), signed(0.001, 2)
        ('+0.13', '−1,234', '0.00')
    """
    return ("+" if half_up(float(value), digits) > 0 else "") + signed_minus(value, digits)
