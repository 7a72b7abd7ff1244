"""The one YAML reader: plain data, the line of every key, and errors that say where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import SafeConstructor

from sim.base.errors import InputError

__all__ = ["KeyPath", "Lines", "YamlError", "display_name", "parse_yaml", "read_content"]

KeyPath = tuple[str | int, ...]
"""Keys and list positions that lead to a place in a document."""
Lines = dict[KeyPath, int]
"""Line of every key and list item, from 1."""
LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
"""The C parser, several times faster, where PyYAML was built with it."""


class YamlError(InputError):
    """A YAML text that cannot be used; the message says where and what is wrong."""


def read_content(path: Path, lines: Lines | None = None) -> Any:
    """Return the content of a YAML file as plain data, None if it is empty.

    Args:
        path: a file in UTF-8.
        lines: takes the line of every key and list item, if given.

    Raises:
        YamlError: the file cannot be read or is not UTF-8, or what ``parse_yaml`` refuses; with file and line.
    """
    name = display_name(path)
    try:
        text = path.read_text(encoding="utf-8")
    except OSError as error:
        raise YamlError(f"{name}: cannot be read ({error.strerror})") from None
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        raise YamlError(f"{name}, line {line}: cannot be read (not UTF-8: {error.reason})") from None
    return parse_yaml(text, lines, name)


def parse_yaml(text: str, lines: Lines | None = None, name: str = "text") -> Any:
    r"""Return the content of a YAML text as plain data, None if it is empty.

    Only plain mappings, lists and scalars are read; a key is a word or a whole number and is written once.

    Args:
        text: the document.
        lines: takes the line of every key and list item, if given.
        name: of the text, for messages.

    Raises:
        YamlError: malformed text, a key written twice, an alias or a tag; with line and column.

    Example:
        >>> parse_yaml("a: [1, 2]")
        {'a': [1, 2]}
        >>> parse_yaml("a: 1\nb: 2\na: 3")
        Traceback (most recent call last):
        sim.base.textfiles.YamlError: text, line 3, column 1: not valid YAML: the key 'a' is written twice (first on ...
    """
    lines = {} if lines is None else lines
    try:
        if "*" in text:
            _refuse_aliases(text)
        node = yaml.compose(text, Loader=LOADER)
        return None if node is None else _build(SafeConstructor(), node, (), lines)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{name}, line {mark.line + 1}, column {mark.column + 1}" if mark else name
        raise YamlError(f"{place}: not valid YAML: {error.problem or error.context}") from None
    except yaml.YAMLError as error:
        raise YamlError(f"{name}: not valid YAML: {' '.join(str(error).split())}") from None


def _refuse_aliases(text: str) -> None:
    for event in yaml.parse(text, Loader=LOADER):
        if isinstance(event, yaml.AliasEvent):
            mark: Any = event.start_mark
            raise yaml.MarkedYAMLError(None, None, "aliases (*name) are not allowed here", mark)


def _build(loader: SafeConstructor, node: yaml.Node, path: KeyPath, lines: Lines) -> Any:
    """Turn a node into plain Python values and note the line of every key."""
    if isinstance(node, yaml.MappingNode):
        _plain(node, "map")
        return _build_mapping(loader, node, path, lines)
    if isinstance(node, yaml.SequenceNode):
        _plain(node, "seq")
        items = []
        for index, child in enumerate(node.value):
            lines[(*path, index)] = child.start_mark.line + 1
            items.append(_build(loader, child, (*path, index), lines))
        return items
    return loader.construct_object(node)


def _build_mapping(
    loader: SafeConstructor, node: yaml.MappingNode, path: KeyPath, lines: Lines
) -> dict[str | int, Any]:
    """Turn a mapping node into a dict; a key may be written once."""
    result: dict[str | int, Any] = {}
    for key_node, value_node in node.value:
        mark = key_node.start_mark
        key = loader.construct_object(key_node) if isinstance(key_node, yaml.ScalarNode) else None
        if isinstance(key, bool) or not isinstance(key, str | int):
            raise yaml.constructor.ConstructorError(None, None, "a key must be a word or a whole number", mark)
        if key in result:
            first = lines[(*path, key)]
            problem = f"the key {key!r} is written twice (first on line {first})"
            raise yaml.constructor.ConstructorError(None, None, problem, mark)
        lines[(*path, key)] = mark.line + 1
        result[key] = _build(loader, value_node, (*path, key), lines)
    return result


def _plain(node: yaml.Node, kind: str) -> None:
    """Refuse tagged mappings and lists."""
    if node.tag != f"tag:yaml.org,2002:{kind}":
        problem = f"the tag {node.tag!r} is not allowed here"
        raise yaml.constructor.ConstructorError(None, None, problem, node.start_mark)


def display_name(file: Path) -> str:
    """Return the path relative to the working directory where that is shorter."""
    try:
        return str(file.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(file)
