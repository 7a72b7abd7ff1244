"""The one YAML reader: plain data by the rules of YAML 1.2, the line of every key, and errors that say where.

Only ``null``, ``true``, ``false`` and decimal numbers without leading zeros are more than text: ``yes``, ``03752``,
``33:46``, ``1_000`` and ``2026-01-01`` are text as written, so that no reader takes them for a number unseen.
"""

from __future__ import annotations

import math
import re
from pathlib import Path
from typing import Any

import yaml

from sim.base.errors import InputError, cut

__all__ = ["KeyPath", "Lines", "YamlError", "display_name", "dump_yaml", "parse_yaml", "read_content"]

KeyPath = tuple[str | int, ...]
"""Keys and list positions that lead to a place in a document."""
Lines = dict[KeyPath, int]
"""Line of every key and list item, from 1."""
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The C parser, several times faster, where PyYAML was built with it."""
DEEPEST = 30
"""Most mappings and lists inside one another."""
INTEGER = re.compile(r"[-+]?(0|[1-9][0-9]*)")
NUMBER = re.compile(r"[-+]?((0|[1-9][0-9]*)(\.[0-9]*)?|\.[0-9]+)([eE][-+]?[0-9]+)?")
MOST_DIGITS = 18
"""Digits of the largest whole number that every table can hold."""
WORDS = {
    text: value
    for word, value in (("null", None), ("true", True), ("false", False))
    for text in (word, word.capitalize(), word.upper())
} | {"": None, "~": None}


class YamlError(InputError):
    """A YAML text that cannot be used; the message says where and what is wrong."""


def read_content(path: Path, lines: Lines | None = None) -> Any:
    """Return the content of a YAML file as plain data, None if it is empty.

    Args:
        path: a file in UTF-8, with or without a byte order mark.
        lines: takes the line of every key and list item, if given.

    Raises:
        YamlError: the file cannot be read or is not UTF-8, or what ``parse_yaml`` refuses; with file and line.
    """
    name = display_name(path)
    try:
        content = path.read_bytes()
        text = content.decode("utf-8-sig")
    except OSError as error:
        raise YamlError(f"{name}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise YamlError(f"{name}, line {line}: a byte is no UTF-8 text; save the file in the encoding UTF-8") from None
    return parse_yaml(text, lines, name)


def parse_yaml(text: str, lines: Lines | None = None, name: str = "text") -> Any:
    r"""Return the content of a YAML text as plain data, None if it is empty.

    Only plain mappings, lists and scalars are read; a key is a word or a whole number and is written once.

    Args:
        text: the document.
        lines: takes the line of every key and list item, if given.
        name: of the text, for messages.

    Raises:
        YamlError: malformed text, a key written twice, an alias, a tag, too deep or too large; with line and column.

    Example:
        >>> parse_yaml("a: [1, 2]")
        {'a': [1, 2]}
        >>> parse_yaml("a: yes")
        {'a': 'yes'}
        >>> parse_yaml("a: 1\nb: 2\na: 3")
        Traceback (most recent call last):
        sim.base.textfiles.YamlError: text, line 3, column 1: not valid YAML: the key 'a' is written twice (first on ...
    """
    try:
        return _Builder(text, {} if lines is None else lines).document()
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{name}, line {mark.line + 1}, column {mark.column + 1}" if mark else name
        raise YamlError(f"{place}: not valid YAML: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        utf16 = "; is the file in the encoding UTF-8?" if "\0" in text else ""
        raise YamlError(f"{name}: not valid YAML: {' '.join(str(error).split())}{utf16}") from None


class _Builder:
    """Turns the events of the parser into plain values, one document, and notes the line of every key."""

    def __init__(self, text: str, lines: Lines) -> None:
        self._events = yaml.parse(text, Loader=LOADER)
        self._lines = lines

    def document(self) -> Any:
        """Return the content of the one document of the text."""
        next(self._events)
        event = next(self._events)
        if isinstance(event, yaml.StreamEndEvent):
            return None
        content = self._value(next(self._events), ())
        next(self._events)
        event = next(self._events)
        if not isinstance(event, yaml.StreamEndEvent):
            raise _problem("a second document begins here; a file holds one", event)
        return content

    def _value(self, event: Any, path: KeyPath) -> Any:
        if isinstance(event, yaml.AliasEvent):
            raise _problem("aliases (*name) are not allowed here", event)
        if event.tag is not None:
            raise _problem(f"the tag {event.tag!r} is not allowed here", event)
        if isinstance(event, yaml.ScalarEvent):
            return _scalar(event)
        if len(path) >= DEEPEST:
            raise _problem(f"more than {DEEPEST} lists and mappings inside one another", event)
        return self._mapping(path) if isinstance(event, yaml.MappingStartEvent) else self._list(path)

    def _list(self, path: KeyPath) -> list[Any]:
        items: list[Any] = []
        while not isinstance(event := next(self._events), yaml.SequenceEndEvent):
            place = (*path, len(items))
            self._lines[place] = _line(event)
            items.append(self._value(event, place))
        return items

    def _mapping(self, path: KeyPath) -> dict[str | int, Any]:
        result: dict[str | int, Any] = {}
        while not isinstance(event := next(self._events), yaml.MappingEndEvent):
            key = self._value(event, path) if isinstance(event, yaml.ScalarEvent) else None
            if isinstance(key, bool) or not isinstance(key, str | int):
                raise _problem("a key must be a word or a whole number", event)
            place = (*path, key)
            if key in result:
                raise _problem(f"the key {key!r} is written twice (first on line {self._lines[place]})", event)
            self._lines[place] = _line(event)
            result[key] = self._value(next(self._events), place)
        return result


def _scalar(event: yaml.ScalarEvent) -> Any:
    """Return null, a truth value, a number or text; what is quoted is text."""
    text = event.value
    if not event.implicit[0]:
        return text
    if text in WORDS:
        return WORDS[text]
    if not NUMBER.fullmatch(text):
        return text
    if INTEGER.fullmatch(text):
        if len(text.lstrip("+-")) > MOST_DIGITS:
            raise _problem(f"{cut(text)}: a whole number has at most {MOST_DIGITS} digits", event)
        return int(text)
    if not math.isfinite(number := float(text)):
        raise _problem(f"{cut(text)}: the number is too large", event)
    return number


def _line(event: Any) -> int:
    return int(event.start_mark.line) + 1


def _problem(problem: str, event: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(None, None, problem, event.start_mark)


class _Dumper(yaml.SafeDumper):
    """Quotes text that the reader above would take for a number."""


_Dumper.add_implicit_resolver("tag:yaml.org,2002:float", re.compile(f"^(?:{NUMBER.pattern})$"), list("-+.0123456789"))


def dump_yaml(content: Any) -> str:
    r"""Return plain data as a YAML text that ``parse_yaml`` reads back unchanged; keys stay in order.

    Example:
        >>> dump_yaml({"study": "1e5", "draws": 2})
        "study: '1e5'\ndraws: 2\n"
    """
    return str(yaml.dump(content, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=110))


def display_name(file: Path) -> str:
    """Return the path relative to the working directory where that is shorter."""
    try:
        return str(file.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(file)
