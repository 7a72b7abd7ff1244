"""A history in bytes and back: named arrays with a description, sealed, never a pickle.

The content is a NumPy archive. Its entry ``description`` is JSON: the version of the schema, what the
history belongs to, and the tree of its parts. Only the types in ``PARTS`` are built from it, by
their fields.
"""

from __future__ import annotations

import dataclasses
import io
import json
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sim.agents.ledger import Ledger
from sim.agents.state import COLUMNS, Households
from sim.base.sealed import DamagedError, seal, unseal
from sim.model.engines.fast import FastEngine
from sim.model.path.history import History
from sim.model.path.setup import Setup, draw_of
from sim.model.solve.observed_years import SolvedYear
from sim.model.year.books import Simulation, YearRecord
from sim.model.year.markets import Markets
from sim.model.year.places import geography
from sim.model.year.world_tables import Constants
from sim.policies.effects import draw_effects

__all__ = ["StateFileError", "pack", "unpack"]

VERSION = 3
PARTS: dict[str, Callable[..., Any]] = {
    part.__name__: part for part in (Markets, Constants, YearRecord, Ledger, SolvedYear, Households)
}
OWN = ("engine", "draw")
"""Fields of the simulation that are rebuilt: the backend from its households, the draw from the set-up."""


class StateFileError(ValueError):
    """Bytes that are no saved history, are damaged, or belong to other runs."""


def pack(history: History, belongs: str) -> bytes:
    """Return a history as bytes.

    Args:
        history: state and records at a year-end.
        belongs: identity of what determined it, asked for again by ``unpack``.
    """
    arrays: dict[str, NDArray[Any]] = {}
    sim = history.sim
    state = {f.name: getattr(sim, f.name) for f in dataclasses.fields(sim) if f.name not in OWN}
    content = {
        "households": sim.engine.sorted_rows(),
        "block_zone": sim.engine.geo.block_zone,
        "params": dict(sim.draw.params),
        "state": state,
        "first": list(history.first),
        "records": list(history.records),
        "solved": list(history.solved),
        "scenario": history.scenario,
    }
    tree = _flat(content, arrays)
    description = {
        "version": VERSION,
        "belongs": belongs,
        "draw": history.draw,
        "replicate": history.replicate,
        "year": sim.year,
        "columns": [column.name for column in COLUMNS],
        "tree": tree,
    }
    text = np.frombuffer(json.dumps(description).encode(), np.uint8)
    file = io.BytesIO()
    np.savez_compressed(file, allow_pickle=False, description=text, **arrays)
    return seal(file.getvalue())


def unpack(setup: Setup, content: bytes, belongs: str) -> History:
    """Return the history that ``pack`` wrote, ready to branch from.

    Raises:
        StateFileError: the bytes are damaged, of another version, or belong to other runs.
    """
    description, arrays = _read(content)
    if description["belongs"] != belongs:
        raise StateFileError(f"the saved state belongs to other runs ({description['belongs']} instead of {belongs})")
    tree = _built(description["tree"], arrays)
    draw, population = draw_of(setup, description["draw"], description["replicate"])
    geo = geography(setup.region, population)._replace(block_zone=tree["block_zone"])
    sim = Simulation(
        engine=_engine(tree["households"], geo, setup),
        draw=dataclasses.replace(draw, params=tree["params"]),
        **tree["state"],
    )
    return History(
        description["draw"],
        description["replicate"],
        sim,
        (tree["first"][0], tree["first"][1]),
        tree["records"],
        tree["solved"],
        draw_effects(setup.levers, setup.seed, description["draw"]),
        tree["scenario"],
    )


def _engine(households: Households, geo: Any, setup: Setup) -> Any:
    """Return the backend that the set-up asks for."""
    if setup.engine == "reference":
        from sim.model.engines.reference import UrbanizationModel

        return UrbanizationModel(households, geo)
    return FastEngine(households, geo, setup.threads)


def _read(content: bytes) -> tuple[dict[str, Any], dict[str, NDArray[Any]]]:
    """Return description and arrays, checked.

    Raises:
        StateFileError: damaged, or of another version.
    """
    try:
        archive = io.BytesIO(unseal(content))
    except DamagedError as error:
        raise StateFileError(f"the saved state is damaged ({error})") from None
    with np.load(archive, allow_pickle=False) as file:
        arrays = {name: file[name] for name in file.files}
    description = dict(json.loads(arrays.pop("description").tobytes()))
    columns = [column.name for column in COLUMNS]
    if description.get("version") != VERSION or description.get("columns") != columns:
        raise StateFileError("the saved state has another schema than this version of the program")
    return description, arrays


def _flat(value: Any, arrays: dict[str, NDArray[Any]]) -> Any:
    """Return ``value`` as JSON-able nodes; arrays are moved to ``arrays`` and named."""
    if isinstance(value, np.ndarray):
        name = f"a{len(arrays)}"
        arrays[name] = value
        return {"array": name}
    if isinstance(value, np.generic):
        return value.item()
    if value is None or isinstance(value, bool | int | float | str):
        return value
    if type(value).__name__ in PARTS:
        fields = vars(value) if dataclasses.is_dataclass(value) else value._asdict()
        return {"part": type(value).__name__, "fields": {k: _flat(v, arrays) for k, v in fields.items()}}
    if isinstance(value, dict):
        return {"map": {key: _flat(item, arrays) for key, item in value.items()}}
    if isinstance(value, list | tuple):
        return {"list": [_flat(item, arrays) for item in value], "fixed": isinstance(value, tuple)}
    raise TypeError(f"{type(value).__name__} cannot be part of a saved state")


def _built(node: Any, arrays: dict[str, NDArray[Any]]) -> Any:
    """Return what ``_flat`` turned into a node."""
    if not isinstance(node, dict):
        return node
    if "array" in node:
        return arrays[node["array"]]
    if "part" in node:
        return PARTS[node["part"]](**{key: _built(item, arrays) for key, item in node["fields"].items()})
    if "map" in node:
        return {key: _built(item, arrays) for key, item in node["map"].items()}
    items = [_built(item, arrays) for item in node["list"]]
    return tuple(items) if node["fixed"] else items
