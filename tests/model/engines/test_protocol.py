"""Both engines are what the protocol says, name by name and type by type."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import mesa
import pytest

from sim.model.engines.fast import FastEngine
from sim.model.engines.protocol import EngineProtocol
from sim.model.engines.reference import UrbanizationModel

INHERITED = (object, mesa.Model)


def public(kind: type) -> dict[str, object]:
    """Return the public members of a class, those of ``object`` and Mesa's model aside."""
    own = [base for base in kind.__mro__ if base not in INHERITED and base.__module__.startswith(("sim.", __name__))]
    return {name: value for base in reversed(own) for name, value in vars(base).items() if not name.startswith("_")}


def shape(function: object, kind: type) -> tuple[list[tuple[str, str, str, object]], str]:
    """Return name, kind, type and default of every parameter, and the type of the result; the class itself is Self."""
    assert callable(function), function

    def text(annotation: object) -> str:
        return "Self" if annotation == kind.__name__ else str(annotation)

    signature = inspect.signature(function)
    parameters = [(p.name, p.kind.name, text(p.annotation), p.default) for p in signature.parameters.values()]
    return parameters, text(signature.return_annotation)


def differences(kind: type) -> Iterator[str]:
    """Give what a class lacks, has besides or has otherwise than the protocol."""
    wanted, found = public(EngineProtocol), public(kind)
    yield from (f"{name} is missing" for name in wanted.keys() - found.keys())
    yield from (f"{name} is not in the protocol" for name in found.keys() - wanted.keys())
    for name in wanted.keys() & found.keys():
        if not callable(found[name]) or shape(found[name], kind) != shape(wanted[name], EngineProtocol):
            yield f"{name} differs"


@pytest.mark.parametrize("engine", [FastEngine, UrbanizationModel])
def test_engines_are_as_the_protocol_says(engine):
    assert sorted(differences(engine)) == []


def test_the_protocol_has_what_a_year_needs():
    assert {"copy", "vital_events", "moves", "each", "observe"} <= public(EngineProtocol).keys()


class Wrong(FastEngine):
    """A method renamed a parameter, one changed a type, one became a number, and one is new."""

    couples = 3

    def moves(self, tables):
        return super().moves(tables)

    def pupils(self) -> int:
        return 0

    def extra(self) -> None:
        """Do something of its own."""


class Short:
    """An engine that can do hardly anything."""

    def copy(self) -> Short:
        return self


def test_a_wrong_engine_is_caught():
    expected = ["couples differs", "extra is not in the protocol", "moves differs", "pupils differs"]
    assert [text for text in sorted(differences(Wrong)) if not text.startswith("copy")] == expected


def test_a_short_engine_is_caught():
    missing = sorted(f"{name} is missing" for name in public(EngineProtocol).keys() - {"copy"})
    assert sorted(differences(Short)) == missing
