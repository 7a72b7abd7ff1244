"""Files that people write: read by a strict schema, refused with file, line, key, value and next step."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, TypeVar

from pydantic import BaseModel, ConfigDict, ValidationError, model_validator
from pydantic_core import PydanticCustomError

from sim.base.errors import shown
from sim.base.names import nearest
from sim.base.textfiles import KeyPath, Lines, YamlError, display_name, read_content

__all__ = ["CORRECT", "FileText", "StrictModel", "parse", "read_document", "suggest"]

CORRECT = "Correct it and run again."
"""Next step of most refusals."""

Model = TypeVar("Model", bound=BaseModel)


class StrictModel(BaseModel):
    """A frozen model that converts no types, refuses unknown keys and suggests the nearest known one.

    A list is read as a tuple; nothing else is what it is not: ``true`` and ``"3"`` are no numbers.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, allow_inf_nan=False, strict=True)

    @model_validator(mode="before")
    @classmethod
    def _known_keys(cls, data: Any) -> Any:
        if not isinstance(data, Mapping):
            return data
        names = {field.alias or name for name, field in cls.model_fields.items()}
        for key in data:
            if key not in names:
                raise PydanticCustomError(
                    "unknown_key",
                    "unknown key {shown}; {hint}",
                    {"key": key, "shown": shown(key), "hint": suggest(key, sorted(names))},
                )
        return {key: tuple(value) if isinstance(value, list) else value for key, value in data.items()}


class FileText:
    """Where a document was read from: a name, the line of every key, and the error that refuses it."""

    def __init__(self, name: str, lines: Lines | None, refusal: type[ValueError]) -> None:
        self.name = name
        self._lines = lines or {}
        self._refusal = refusal

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

    def error(self, path: KeyPath, problem: str, next_step: str = CORRECT) -> ValueError:
        """Return an error that says where ``path`` is, what is wrong and what to do."""
        return self._refusal(self.describe(path, problem, next_step))

    def refuse(self, problems: Iterable[str]) -> ValueError:
        """Return one error of several findings, one a line."""
        return self._refusal("\n".join(dict.fromkeys(problems)))

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


def read_document(file: Path, refusal: type[ValueError]) -> tuple[Any, FileText]:
    """Return the content of a YAML file and where its keys are.

    Args:
        file: the file.
        refusal: error that says what is wrong with it.

    Raises:
        ValueError: of the class ``refusal``: unreadable or empty file, malformed YAML or a refused construct.
    """
    lines: Lines = {(): 1}
    try:
        content = read_content(file, lines)
    except YamlError as error:
        raise refusal(f"{error}. {CORRECT}") from None
    if content is None:
        raise refusal(f"{display_name(file)}: the file is empty. Write the keys it needs.")
    return content, FileText(display_name(file), lines, refusal)


def parse(model: type[Model], data: Any, source: FileText, at: KeyPath = ()) -> Model:
    """Return ``data`` as ``model``; every problem becomes a line of one error.

    Args:
        model: what is expected.
        data: content of the document, or of the part at ``at``.
        source: where it was read from, and the error to raise.
        at: path of ``data`` in the document.

    Raises:
        ValueError: of the class of the source: unknown, missing or impossible keys and values.
    """
    if not isinstance(data, Mapping):
        what = "the file must be" if not at else f"{shown(data)} is not allowed:"
        raise source.error(at, f"{what} a mapping of keys to values")
    try:
        return model.model_validate(data)
    except ValidationError as error:
        found = (_finding(details, source, at) for details in error.errors(include_url=False))
        raise source.refuse(found) from None


_IN_WORDS = {
    "bool_type": "true or false is expected",
    "int_type": "a whole number is expected",
    "float_type": "a number is expected",
    "finite_number": "a finite number is expected",
    "string_type": "text is expected",
    "string_too_short": "text is expected",
    "tuple_type": "a list is expected",
    "dict_type": "a mapping is expected",
    "model_type": "a mapping is expected",
    "literal_error": "allowed is {expected}",
    "greater_than_equal": "allowed is a number of at least {ge}",
    "greater_than": "allowed is a number above {gt}",
    "less_than_equal": "allowed is a number of at most {le}",
    "less_than": "allowed is a number below {lt}",
    "string_pattern_mismatch": "it does not have the form {pattern}",
    "too_short": "at least {min_length} expected",
}
"""Findings of the schema in the words of these files."""


def _finding(details: Any, source: FileText, at: KeyPath) -> str:
    """Return one validation error as a line with file, line, key, reason and next step."""
    path: KeyPath = (*at, *details["loc"])
    context = details.get("ctx", {})
    if details["type"] == "missing":
        return source.describe(path[:-1], f"the key {path[-1]!r} is missing", "Add it and run again.")
    if (key := context.get("key")) is not None:
        path = (*path, *(key if isinstance(key, tuple) else (key,)))
    words = _IN_WORDS.get(details["type"])
    message = words.format(**context) if words else str(details["msg"])
    if "key" not in context and isinstance(details["input"], str | int | float | None):
        message = f"{shown(details['input'])} is not allowed: {message}"
    return source.describe(path, message, CORRECT)


def suggest(name: object, allowed: Iterable[str], shown: int = 12) -> str:
    """Return "did you mean X?" for a near miss, and what is allowed."""
    names = [str(item) for item in allowed]
    meant = nearest(str(name), names)
    listed = ", ".join(names[:shown]) + (f" and {len(names) - shown} more" if len(names) > shown else "")
    return (f"did you mean {meant!r}? Allowed: " if meant else "allowed: ") + (listed or "none")
