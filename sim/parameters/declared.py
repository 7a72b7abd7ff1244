"""Parameters: every uncertain or judged number, declared once in ``configs/parameters.yaml``.

The file gives for each its prior, accepted range, unit, source and grade; documentation
and report tables are generated from it. A draw depends on (seed, draw, name) alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Protocol

from sim.agents.rng import Purpose, name_key, uniform
from sim.base.names import nearest
from sim.base.paths import CONFIGS
from sim.base.textfiles import YamlError, read_content
from sim.parameters.distributions import quantile, validate

PARAMETER_FILE = CONFIGS / "parameters.yaml"


class ParameterError(ValueError):
    """A parameter that does not exist or a value out of its range."""


@dataclass(frozen=True)
class Parameter:
    """One declared parameter.

    Attributes:
        name: key of the declaration.
        prior: distribution as ``sim.parameters.distributions`` reads it.
        low: smallest accepted value.
        high: largest accepted value.
        unit: unit of the value.
        source: id in the evidence register, or ``judgement``.
        grade: derived, judged, observed or recalled.
        meaning: text by language (``en``, ``zh``).
        levels: values the draw is rounded to, or empty for a continuous parameter.
        note: what else a reader must know.
    """

    name: str
    prior: Mapping[str, Any]
    low: float
    high: float
    unit: str
    source: str
    grade: str
    meaning: Mapping[str, str]
    levels: tuple[float, ...] = ()
    note: str = ""

    def at(self, u: float) -> float:
        """Return the prior quantile at ``u``, inside the range and on a level if there are any."""
        value = min(max(float(quantile(self.prior, u)), self.low), self.high)
        if self.levels:
            value = min(self.levels, key=lambda level: abs(level - value))
        return value

    @property
    def median(self) -> float:
        """The value used where nothing is drawn."""
        return self.at(0.5)


@cache
def declared(path: Path = PARAMETER_FILE) -> dict[str, Parameter]:
    """Return all declared parameters by name, in the order of the file.

    Raises:
        ParameterError: the file is not YAML, or a declaration lacks a field or has an impossible prior.
    """
    raw = _read(path)
    parameters = {}
    for name, entry in raw.items():
        try:
            low, high = entry["range"]
            validate(entry["prior"])
            parameters[name] = Parameter(
                name=name,
                prior=entry["prior"],
                low=float(low),
                high=float(high),
                unit=entry["unit"],
                source=entry["source"],
                grade=entry["grade"],
                meaning={"en": entry["en"], "zh": entry["zh"]},
                levels=tuple(entry.get("levels", ())),
                note=entry.get("note", ""),
            )
        except KeyError as missing:
            raise ParameterError(f"{path.name}: parameter '{name}' lacks the field {missing}; add it") from missing
        except (TypeError, ValueError) as wrong:
            raise ParameterError(f"{path.name}: parameter '{name}': {wrong}. Correct it and run again.") from wrong
    return parameters


def _read(path: Path) -> dict[str, Any]:
    """Return the declarations as written."""
    try:
        content = read_content(path)
    except YamlError as error:
        raise ParameterError(f"{error}. Correct it and run again.") from None
    if not isinstance(content, dict) or not all(isinstance(entry, dict) for entry in content.values()):
        raise ParameterError(f"{path.name}: a mapping of name: {{prior, range, ...}} is expected. Correct the file.")
    return content


def check_values(values: Mapping[str, float], path: Path = PARAMETER_FILE) -> None:
    """Refuse unknown names and values outside the ranges that a file declares.

    Raises:
        ParameterError: with the name, the value and what is allowed.
    """
    known = declared(path)
    for name, value in values.items():
        if name not in known:
            meant = nearest(name, known)
            hint = f"; did you mean '{meant}'?" if meant else "; configs/parameters.yaml lists the names"
            raise ParameterError(f"params.{name}: no such parameter{hint}")
        parameter = known[name]
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            raise ParameterError(f"params.{name}={value!r}: not a number; give a value in {parameter.unit}")
        if not parameter.low <= value <= parameter.high:
            raise ParameterError(
                f"params.{name}={value:g}: outside the range {parameter.low:g} to {parameter.high:g} "
                f"({parameter.unit}); give a value inside it"
            )


class Rows(Protocol):
    """Joint values of some parameters, such as a posterior."""

    def row(self, seed: int, draw: int) -> Mapping[str, float]:
        """Return the values of one draw, which depend on (seed, draw) alone."""


@dataclass(frozen=True)
class ParameterSource:
    """Where the parameters of a draw come from.

    Attributes:
        declared: parameters with the priors that hold.
        posterior: joint values that replace the priors of the parameters they hold, or None.
        residents: residents at the information date, persons, or None without one. After an
            information date reclassification goes on at the drawn share of the drawn transfer.
    """

    declared: Mapping[str, Parameter]
    posterior: Rows | None = None
    residents: float | None = None

    def complete(self, values: dict[str, float], fixed: Mapping[str, float]) -> dict[str, float]:
        """Return the values with what follows from them at an information date."""
        if self.residents is not None and AFTERWARDS not in fixed:
            share = values["transfer_per_year"] * values["reclassification_share"] / self.residents
            parameter = self.declared[AFTERWARDS]
            values = {**values, AFTERWARDS: min(max(100.0 * share, parameter.low), parameter.high)}
        return values


AFTERWARDS = "reclassification_after_2024"


def draw_parameters(
    seed: int, draw: int, fixed: Mapping[str, float] | None = None, source: ParameterSource | None = None
) -> dict[str, float]:
    """Return one value per parameter for a draw; ``fixed`` values replace the drawn ones."""
    fixed = fixed or {}
    source = source or ParameterSource(declared())
    joint = source.posterior.row(seed, draw) if source.posterior else {}
    known = {**joint, **fixed}
    values = {
        name: float(known[name])
        if name in known
        else parameter.at(uniform(seed, name_key(name), draw, int(Purpose.PARAMETER), 0))
        for name, parameter in source.declared.items()
    }
    return source.complete(values, fixed)
