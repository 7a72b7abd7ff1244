"""Parameters: every uncertain or judged number, declared once in ``configs/parameters.yaml``.

The file gives for each its prior, accepted range, unit, source and grade; documentation
and report tables are generated from it. A draw depends on (seed, draw, name) alone. Every prior
is the same at every information date, or lies around what one rule makes of the series up to it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Annotated, Any, Literal, Protocol, Self

from pydantic import Field, RootModel, field_validator, model_validator
from pydantic_core import PydanticCustomError

from sim.agents.rng import Purpose, name_key, uniform
from sim.base.documents import StrictModel, parse, read_document, suggest
from sim.base.errors import shown
from sim.base.names import nearest
from sim.base.paths import CONFIGS
from sim.data import Region, load_region
from sim.parameters.accounting import Rule, accounting
from sim.parameters.distributions import PriorMapping, quantile
from sim.parameters.names import NAMES

PARAMETER_FILE = CONFIGS / "parameters.yaml"
TAIL = 0.1
"""Share of the draws on each side that a range may move to its ends."""

Grade = Literal["derived", "judged", "observed", "recalled"]
Text = Annotated[str, Field(min_length=1)]
Range = tuple[float, float]
"""Lowest and highest value."""


class ParameterError(ValueError):
    """A parameter that does not exist or a value out of its range."""


Positive = Annotated[float, Field(gt=0.0)]


class Around(StrictModel):
    """A normal prior around an accounting estimate, with an absolute spread or one relative to it."""

    rule: Rule
    sd: Positive | None = None
    relative_sd: Positive | None = None

    @model_validator(mode="after")
    def _one_spread(self) -> Self:
        if (self.sd is None) == (self.relative_sd is None):
            raise PydanticCustomError("spread", "give sd or relative_sd", {"key": "sd"})
        return self

    def prior(self, levels: Mapping[Rule, float], low: float, high: float) -> Mapping[str, Any]:
        """Return the prior at given levels, inside a range."""
        mean = levels[self.rule]
        sd = self.sd if self.sd is not None else abs(mean) * float(self.relative_sd or 0.0)
        return {"dist": "normal", "mean": mean, "sd": sd, "low": low, "high": high}


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
        around: what the prior lies around at every date, or None.
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
    around: Around | None = None

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


class Declaration(StrictModel):
    """One parameter as ``configs/parameters.yaml`` writes it."""

    prior: PriorMapping | None = None
    around: Around | None = None
    accepted: tuple[float, float] = Field(alias="range")
    unit: Text
    source: Text
    grade: Grade
    en: Text
    zh: Text
    levels: tuple[float, ...] = ()
    note: str = ""

    @field_validator("accepted", mode="before")
    @classmethod
    def _two_numbers(cls, value: Any) -> Any:
        if not isinstance(value, tuple) or len(value) != 2:
            raise PydanticCustomError("range", "two numbers are expected, the lowest first", {})
        return value

    @model_validator(mode="after")
    def _inside(self) -> Self:
        low, high = self.accepted
        problem = ""
        if not low < high:
            problem = f"the range from {low:g} to {high:g} is reversed or empty; the lowest number comes first"
        elif self.prior is not None:
            problem = range_problem(self.prior, low, high)
        if (self.prior is None) == (self.around is None):
            raise PydanticCustomError("prior", "give a prior, or what it lies around", {"key": "prior"})
        if problem:
            raise PydanticCustomError("range", "{problem}", {"problem": problem, "key": "range"})
        outside = [level for level in self.levels if not low <= level <= high]
        if outside or list(self.levels) != sorted(set(self.levels)):
            problem = f"levels must rise and lie from {low:g} to {high:g}"
            raise PydanticCustomError("levels", "{problem}", {"problem": problem, "key": "levels"})
        return self


class Declarations(RootModel[dict[str, Declaration]]):
    """All parameters as the file writes them."""


def range_problem(prior: Mapping[str, Any], low: float, high: float) -> str:
    """Say that a range moves draws of the prior in more than its tails; empty if it does not."""
    inner = quantile(prior, TAIL), quantile(prior, 1.0 - TAIL)
    if low <= inner[0] <= inner[1] <= high:
        return ""
    return (
        f"the range from {low:g} to {high:g} would cut the prior, the middle {100 - 200 * TAIL:.0f}% of which "
        f"is from {inner[0]:.4g} to {inner[1]:.4g}; widen the range, or narrow the prior by low and high"
    )


@cache
def _declarations(path: Path) -> dict[str, Declaration]:
    """Return what a file declares, checked."""
    content, source = read_document(path, ParameterError)
    return parse(Declarations, content, source).root


@cache
def declared(path: Path = PARAMETER_FILE) -> dict[str, Parameter]:
    """Return all declared parameters by name, in the order of the file, with the levels of the region of the package.

    Raises:
        ParameterError: the file is not YAML, or a declaration lacks a field, has an impossible prior or a range that
            does not hold it; with file, line and what is allowed.
    """
    return parameters_at(load_region(), path=path)


def parameters_at(region: Region, date: int | None = None, path: Path = PARAMETER_FILE) -> dict[str, Parameter]:
    """Return all declared parameters with the priors of an information date.

    Args:
        region: the region whose published series gives the levels.
        date: last year-end that may be used; None for all that is published.
        path: file of the declarations.

    Raises:
        ParameterError: as ``declared``.
    """
    entries, last = _declarations(path), region.last_observed
    levels = accounting(region, last if date is None else min(date, last))
    return {
        name: Parameter(
            name=name,
            prior=entry.around.prior(levels, *entry.accepted) if entry.around else dict(entry.prior or {}),
            low=entry.accepted[0],
            high=entry.accepted[1],
            unit=entry.unit,
            source=entry.source,
            grade=entry.grade,
            meaning={"en": entry.en, "zh": entry.zh},
            levels=entry.levels,
            note=entry.note,
            around=entry.around,
        )
        for name, entry in entries.items()
    }


def check_names(known: Iterable[str]) -> None:
    """Refuse declarations that are not exactly the parameters that the model reads.

    Raises:
        ParameterError: a parameter is missing, misspelt or read by nobody.
    """
    declared_names = set(known)
    missing, unread = sorted(set(NAMES) - declared_names), sorted(declared_names - set(NAMES))
    if not missing and not unread:
        return
    file = PARAMETER_FILE.name
    found = [f"{file}: {name}: the model reads no such parameter; {suggest(name, missing)}" for name in unread]
    found += [f"{file}: {name}: is missing, and the model reads it" for name in missing]
    raise ParameterError("\n".join(found) + "\nCorrect the names and run again; sim/parameters/names.py lists them.")


def check_values(values: Mapping[str, float], path: Path = PARAMETER_FILE) -> None:
    """Refuse unknown names and values outside the ranges that a file declares.

    Raises:
        ParameterError: with the name, the value and what is allowed.
    """
    _check_inside(values, declared(path), "params")


def _check_inside(values: Mapping[str, float], known: Mapping[str, Parameter], key: str) -> None:
    """Refuse unknown names and values outside their ranges, given under a key of the configuration."""
    for name, value in values.items():
        if name not in known:
            meant = nearest(name, known)
            hint = f"; did you mean '{meant}'?" if meant else "; configs/parameters.yaml lists the names"
            raise ParameterError(f"{key}.{name}: no such parameter{hint}")
        parameter = known[name]
        if not isinstance(value, (int, float)) or isinstance(value, bool):
            raise ParameterError(f"{key}.{name}={shown(value)}: not a number; give a value in {parameter.unit}")
        if not parameter.low <= value <= parameter.high:
            raise ParameterError(
                f"{key}.{name}={value:g}: outside the range {parameter.low:g} to {parameter.high:g} "
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
        ranges: parameters drawn evenly from a range that the user gave, whatever prior or posterior say.
    """

    declared: Mapping[str, Parameter]
    posterior: Rows | None = None
    ranges: Mapping[str, Range] = field(default_factory=dict)


def with_ranges(source: ParameterSource, ranges: Mapping[str, Sequence[float]]) -> ParameterSource:
    """Return the source with parameters drawn evenly from ranges instead of their priors or posterior.

    Raises:
        ParameterError: an unknown name, a reversed range, or one outside the accepted values.
    """
    for end in (0, 1):
        _check_inside({name: ends[end] for name, ends in ranges.items()}, source.declared, "priors")
    known = dict(source.declared)
    for name, (low, high) in ranges.items():
        levels = tuple(level for level in known[name].levels if low <= level <= high)
        if not low < high or (known[name].levels and not levels):
            one_of = f", with one of {', '.join(f'{x:g}' for x in known[name].levels)}" if known[name].levels else ""
            problem = f"priors.{name}=[{low:g},{high:g}]: the lower number comes first{one_of}"
            raise ParameterError(f"{problem}; params.{name}=VALUE fixes one value")
        known[name] = replace(known[name], prior={"dist": "uniform", "low": low, "high": high}, levels=levels)
    return replace(source, declared=known, ranges={name: (low, high) for name, (low, high) in ranges.items()})


def draw_parameters(
    seed: int, draw: int, fixed: Mapping[str, float] | None = None, source: ParameterSource | None = None
) -> dict[str, float]:
    """Return one value per parameter for a draw; ``fixed`` values replace the drawn ones."""
    fixed = fixed or {}
    source = source or ParameterSource(declared())
    joint = source.posterior.row(seed, draw) if source.posterior else {}
    known = {name: value for name, value in joint.items() if name not in source.ranges} | dict(fixed)
    return {
        name: float(known[name])
        if name in known
        else parameter.at(uniform(seed, name_key(name), draw, int(Purpose.PARAMETER), 0))
        for name, parameter in source.declared.items()
    }
