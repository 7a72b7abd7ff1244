"""What the configuration says in words: help, allowed values and findings."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from types import NoneType, UnionType
from typing import Annotated, Any, Literal, Union, get_args, get_origin

import yaml
from pydantic import BaseModel, ValidationError
from pydantic.fields import FieldInfo

from sim.base.errors import shown
from sim.base.names import nearest

__all__ = ["allowed", "findings", "help_text", "near", "plain", "unknown"]

EACH, NAMED = "a list, each ", "for each name "
BRANCH = re.compile(r"int|str|float|bool|constrained-.*|literal\[.*")
"""Parts of the path of a finding that name a branch of a type and no key."""

Fields = Mapping[str, FieldInfo]


def near(name: str, known: Iterable[str]) -> str:
    """Return `` (did you mean X?)`` for the nearest known name, or nothing."""
    found = nearest(name, known)
    return f" (did you mean {found}?)" if found else ""


def unknown(kind: str, name: str, known: Iterable[str]) -> str:
    """Say that ``name`` is no known ``kind``, with the nearest known name and the list."""
    names = sorted(known)
    return f"{name}: unknown {kind}{near(name, names)}; known are {', '.join(names) or 'none'}"


def plain(value: float) -> str:
    """Write a number as people do: 0.5, 2020, 50,000."""
    return f"{value:,}" if abs(value) >= 10_000 else f"{value:g}"


def help_text(fields: Fields, defaults: Mapping[str, Any]) -> str:
    """Return the help of the main job, made from its fields and their defaults."""
    lines = [
        "Simulate migration and urbanization under policy scenarios and write figures and a report.",
        "",
        "  python -m experiments.project [key=value ...]",
        "  python -m experiments.project --config-name demo     a tiny study, in seconds",
        "  python -m experiments.project --cfg job              print the configuration and stop",
        "",
        "Keys (default in brackets):",
    ]
    for name, field in fields.items():
        default = yaml.safe_dump(defaults.get(name), default_flow_style=True, width=10_000).split("\n")[0]
        lines += [f"  {name:<15} {field.description} [{default}]", f"  {'':<15} allowed: {allowed(field)}"]
    lines += [
        "",
        "Examples:",
        "  python -m experiments.project study=schools levers.T3=0.8 'scenarios=[no_new_policy,plan]' draws=40",
        "  python -m experiments.project study=main resume=true language=zh",
        "  python -m experiments.project study=dear params.housing_price=-0.5",
    ]
    return "\n".join(lines)


def allowed(field: FieldInfo) -> str:
    """Say in words what a field accepts."""
    return _kind(field.annotation, field.metadata)


def _kind(annotation: Any, metadata: Iterable[Any]) -> str:
    """Say in words what a type with constraints accepts."""
    origin = get_origin(annotation)
    if origin is Literal:
        return " or ".join(str(a) for a in get_args(annotation))
    if origin is Annotated:
        inner, *extra = get_args(annotation)
        return _kind(inner, [m for e in extra for m in getattr(e, "metadata", [e])])
    if origin is list:
        inner = _kind(get_args(annotation)[0], [])
        if inner == "text":
            return "a list of at least one name, such as [no_new_policy,plan]"
        least, most = ([getattr(m, key) for m in metadata if hasattr(m, key)] for key in ("min_length", "max_length"))
        if most and most == least:
            return f"a list of {most[0]}, each {inner}"
        return f"a list of at least {least[0]}, each {inner}" if least and least[0] > 1 else f"{EACH}{inner}"
    if origin is dict:
        return f"{NAMED}{_kind(get_args(annotation)[1], [])}"
    if origin in (Union, UnionType):
        kinds = [_kind(part, metadata) for part in get_args(annotation) if part is not NoneType]
        return " or ".join(kinds) + (", or null" if NoneType in get_args(annotation) else "")
    low = next((m.ge for m in metadata if hasattr(m, "ge")), None)
    high = next((m.le for m in metadata if hasattr(m, "le")), None)
    nouns = {int: "a whole number", float: "a finite number", bool: "true or false", str: "text"}
    noun = nouns.get(annotation, "a mapping")
    if any(getattr(m, "pattern", None) for m in metadata):
        return "a name of letters, digits, _, - and ., at most 64, beginning with a letter or digit"
    if annotation is str and any(getattr(m, "min_length", None) for m in metadata):
        return "text that is not empty"
    if low is None or high is None:
        return noun if low is None else f"{noun} of at least {plain(low)}"
    return f"{noun} from {plain(low)} to {plain(high)}"


def findings(error: ValidationError, fields: Fields, program: str) -> list[str]:
    """Return everything that the schema of a program finds, each as: key = value: what is allowed."""
    return list(dict.fromkeys(_describe(found, fields, program) for found in error.errors(include_url=False)))


def _entry(annotation: Any) -> Fields | None:
    """Return the fields of the entries of a list of mappings, None for all else."""
    if get_origin(annotation) is Annotated:
        return _entry(get_args(annotation)[0])
    kind = get_args(annotation)[0] if get_origin(annotation) is list else None
    return kind.model_fields if isinstance(kind, type) and issubclass(kind, BaseModel) else None


def _describe(error: Any, fields: Fields, program: str) -> str:
    if error["type"] == "value_error" and not error["loc"]:
        return str(error["ctx"]["error"])
    top, *rest = map(str, error["loc"])
    inner = _entry(fields[top].annotation) if top in fields else None
    if inner and len(rest) > 1:
        entry = f"{top}.{rest[0]}"
        if error["type"] == "missing":
            return f"{entry}: {rest[1]}: missing; needed are {', '.join(inner)}"
        return f"{entry}: {_describe({**error, 'loc': rest[1:]}, inner, program)}"
    key = ".".join([top, *(part for part in rest if not BRANCH.fullmatch(part))])
    if error["type"] == "extra_forbidden" or top not in fields:
        return unknown("key", key, fields)
    if rest[-1:] == ["[key]"]:
        return f"{top}: {shown(error['input'])} is no name; allowed is text before the colon"
    if error["type"] == "missing":
        return f"{key}: missing; configs/{program}.yaml holds its default"
    if error["type"] == "value_error":
        return f"{key}: {error['ctx']['error']}"
    text = allowed(fields[top])
    if not rest and text.startswith(NAMED):
        text = f"{top}.NAME=value, for each name {text.removeprefix(NAMED)}"
    if rest:
        text = text.removeprefix(NAMED)
    if any(part.isdigit() for part in rest):
        text = text.rpartition(", each ")[2]
    return f"{key} = {shown(error['input'])}: allowed is {text}"
