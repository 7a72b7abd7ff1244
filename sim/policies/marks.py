"""YAML read safely, with the line of every key, for messages that say where."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import yaml
from yaml.constructor import SafeConstructor

from sim.base.textfiles import Loader

KeyPath = tuple[str | int, ...]


class PolicyFileError(ValueError):
    """A lever or scenario file that cannot be used; the message names file, line, key and next step."""


class Source:
    """Where a document was read from: a name and the line of every key."""

    def __init__(self, name: str, lines: dict[KeyPath, int] | None = None) -> None:
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


def read_yaml(file: Path) -> tuple[Any, Source]:
    """Return the content of a YAML file and the line of every key in it.

    Only plain mappings, lists and scalars are read; duplicate keys, aliases and tags
    are refused.

    Raises:
        PolicyFileError: unreadable file, malformed YAML or a refused construct.
    """
    name = _display_name(file)
    try:
        text = file.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise PolicyFileError(f"{name}: cannot be read ({error}). Check the path and the encoding (UTF-8).") from error
    lines: dict[KeyPath, int] = {}
    try:
        _refuse_aliases(text)
        node = yaml.compose(text, Loader=Loader)
        if node is None:
            raise PolicyFileError(f"{name}: the file is empty. Write the keys it needs.")
        return _build(SafeConstructor(), node, (), lines), Source(name, {(): 1} | lines)
    except yaml.MarkedYAMLError as error:
        mark = error.problem_mark or error.context_mark
        place = f"{name}, line {mark.line + 1}, column {mark.column + 1}" if mark else name
        raise PolicyFileError(
            f"{place}: not valid YAML: {error.problem or error.context}. Correct the text and run again."
        ) from error
    except yaml.YAMLError as error:
        raise PolicyFileError(f"{name}: not valid YAML: {error}. Correct the text and run again.") from error


def _refuse_aliases(text: str) -> None:
    for event in yaml.parse(text, Loader=Loader):
        if isinstance(event, yaml.AliasEvent):
            mark: Any = event.start_mark
            raise yaml.MarkedYAMLError(None, None, "aliases (*name) are not allowed here", mark)


def _build(loader: SafeConstructor, node: yaml.Node, path: KeyPath, lines: dict[KeyPath, int]) -> Any:
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
    loader: SafeConstructor, node: yaml.MappingNode, path: KeyPath, lines: dict[KeyPath, int]
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


def _display_name(file: Path) -> str:
    """Return the path relative to the working directory where that is shorter."""
    try:
        return str(file.resolve().relative_to(Path.cwd()))
    except ValueError:
        return str(file)
