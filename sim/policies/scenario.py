"""What a scenario file says: how strongly each lever is pulled, where, and what else is assumed."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Annotated, Any, Literal, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from sim.base.documents import FileText, StrictModel, suggest
from sim.base.errors import shown
from sim.policies.lever import Lever, Text
from sim.policies.quantities import QUANTITY_INDEX
from sim.policies.schema import FIRST_YEAR, LAST_YEAR, Where

Share = Annotated[float, Field(ge=0.0, le=1.0)]
Year = Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR)]


class LeverSetting(StrictModel):
    """How one lever is pulled.

    Written as a number (``T3: 0.8``), as a path (``T3: {2025: 0.3, 2028: 1.0}``, each
    value holding until the next year named, 0 before the first) or in full.

    Attributes:
        intensity: a number from 0 to 1, or numbers by year.
        where: counties instead of the lever's own; effects with a place of their own
            act where both agree.
        start: first year; before it the intensity is 0.
        delay: years by which every ramp of the lever is postponed.
        with_effects: effects (by quantity) switched on that are off by default.
        without_effects: effects switched off.
    """

    intensity: Share | dict[Year, Share]
    where: Where | None = None
    start: Year | None = None
    delay: int = Field(default=0, ge=0, le=50)
    with_effects: tuple[str, ...] = ()
    without_effects: tuple[str, ...] = ()

    @model_validator(mode="before")
    @classmethod
    def _shorthand(cls, data: Any) -> Any:
        if isinstance(data, LeverSetting):
            return data
        if isinstance(data, Mapping):
            if data and all(isinstance(key, int) for key in data):
                data = {"intensity": data}
        else:
            data = {"intensity": data}
        if "intensity" in data:
            _check_intensity(data["intensity"])
        return data

    @field_validator("with_effects", "without_effects")
    @classmethod
    def _known(cls, names: tuple[str, ...]) -> tuple[str, ...]:
        for name in names:
            if name not in QUANTITY_INDEX:
                hint = suggest(name, QUANTITY_INDEX, shown=len(QUANTITY_INDEX))
                raise PydanticCustomError(
                    "effect", "{name} is not a quantity; {hint}", {"name": repr(name), "hint": hint}
                )
        return names

    def values(self, years: Sequence[int]) -> NDArray[np.float64]:
        """Return the intensity in every year."""
        path = self.intensity if isinstance(self.intensity, dict) else {FIRST_YEAR: self.intensity}
        known = np.array(sorted(path))
        level = np.array([0.0] + [path[year] for year in sorted(path)])
        result: NDArray[np.float64] = level[np.searchsorted(known, np.asarray(years), side="right")]
        return result if self.start is None else np.where(np.asarray(years) < self.start, 0.0, result)

    def acts(self, quantity: str, active: bool) -> bool:
        """Return whether an effect acts, given its default."""
        return quantity not in self.without_effects and (active or quantity in self.with_effects)

    @property
    def zero(self) -> bool:
        """Whether the lever is never pulled."""
        return not any(self.intensity.values()) if isinstance(self.intensity, dict) else self.intensity == 0.0


def _check_intensity(value: object) -> None:
    """Refuse an intensity that is not a share, with the year if it has one."""
    if isinstance(value, Mapping) and not value:
        raise PydanticCustomError("intensity", "intensity names no year; write a number or numbers by year", {})
    for year, level in value.items() if isinstance(value, Mapping) else [(None, value)]:
        if year is not None and not (isinstance(year, int) and FIRST_YEAR <= year <= LAST_YEAR):
            raise PydanticCustomError(
                "intensity",
                "intensity by year names {year}; allowed are the years {first} to {last}",
                {"year": shown(year), "first": FIRST_YEAR, "last": LAST_YEAR, "key": year},
            )
        if isinstance(level, bool) or not isinstance(level, int | float) or not 0.0 <= level <= 1.0:
            raise PydanticCustomError(
                "intensity",
                "intensity = {value}{year} is not allowed; allowed is a number from 0 to 1, or numbers by year",
                {"value": shown(level), "year": "" if year is None else f" in {year}", "key": year},
            )


class Balance(StrictModel):
    """Levers that are not named get the one intensity that balances the scenario.

    Attributes:
        mean: mean intensity of all levers.
        cost_of: scenario that costs as much over the years of the plan; the intensity is found when a study
            is set up (``sim.model.path.equal_cost``).
    """

    mean: Share | None = None
    cost_of: str | None = None

    @model_validator(mode="after")
    def _one(self) -> Self:
        if (self.mean is None) == (self.cost_of is None):
            raise PydanticCustomError("balance", "needs exactly one of mean and cost_of", {})
        return self


class LocalShock(StrictModel):
    """A disaster that makes the villages of some counties worse to live in for a while.

    Attributes:
        where: counties that are hit.
        start: first year.
        utils: loss in the first year, in utils.
        half_life: years in which half of it is gone without reconstruction.
    """

    where: Where
    start: Year
    utils: float = Field(gt=0.0, le=3.0)
    half_life: float = Field(default=2.0, gt=0.0, le=20.0)


class Exogenous(StrictModel):
    """Named assumptions about what Hunan does not decide.

    Attributes:
        outside_pull_shift: change of log income in the outside places after the last observed year.
        reclassification: ``drawn``: the policy-off rate after the last observed year is drawn;
            ``none``: no rural territory is counted as urban after the last observed year (levers apart).
        reclassification_wave: points of the provincial rate added by reclassification, by year.
        births: factor on birth rates after the last observed year.
        deaths: factor on death rates after the last observed year.
        local_shocks: disasters in some counties.
    """

    outside_pull_shift: float = Field(default=0.0, ge=-1.0, le=1.0)
    reclassification: Literal["drawn", "none"] = "drawn"
    reclassification_wave: dict[Year, Annotated[float, Field(ge=0.0, le=3.0)]] = Field(default_factory=dict)
    births: float = Field(default=1.0, ge=0.3, le=2.0)
    deaths: float = Field(default=1.0, ge=0.3, le=2.0)
    local_shocks: tuple[LocalShock, ...] = ()


class Budget(StrictModel):
    """What happens when the levers cost more than there is money.

    Attributes:
        rule: ``scale``: intensities of costed levers are cut pro rata, year by year;
            ``refuse``: a scenario whose expected cost is above the limit is not run.
        limit: billion yuan a year; without it the drawn base plus what P7 raises.
    """

    rule: Literal["scale", "refuse"]
    limit: float | None = Field(default=None, gt=0.0)


class ScenarioFile(StrictModel):
    """A scenario as written; ``base`` names a scenario whose levers and assumptions it starts from."""

    name: str
    name_en: Text
    name_zh: Text
    description: Text
    description_zh: str = ""
    baseline: bool = False
    base: str | None = None
    every_lever: Share | Balance | None = None
    levers: dict[str, LeverSetting] = Field(default_factory=dict)
    exogenous: Exogenous = Exogenous()
    budget: Budget | None = None

    @field_validator("name")
    @classmethod
    def _plain(cls, value: str) -> str:
        if not re.fullmatch(r"[A-Za-z][A-Za-z0-9_-]*", value):
            raise PydanticCustomError("name", "allowed is a name of letters, digits, _ and -, beginning with a letter")
        return value

    @field_validator("every_lever", mode="before")
    @classmethod
    def _number_or_mean(cls, value: Any) -> Any:
        if value is not None and not isinstance(value, Mapping):
            _check_intensity(value)
        return value


@dataclass(frozen=True)
class EqualCost:
    """What is still to be found of a scenario: intensities at which it costs as much as another one.

    Attributes:
        of: the other scenario.
        named: levers whose intensities are given; all others get one and the same.
    """

    of: Scenario
    named: tuple[str, ...]


@dataclass(frozen=True)
class Scenario:
    """A scenario ready to use: one setting for every lever that has a file.

    Attributes:
        name: identifier, equal to the file name.
        name_en, name_zh, description, description_zh: for people.
        baseline: the scenario that others are compared with; it pulls no lever and assumes nothing of its own.
        settings: setting by lever id.
        exogenous: assumptions about what Hunan does not decide.
        budget: what happens when the levers cost too much; None: any cost is accepted.
        source: where it was read from.
        equal_cost: what is still to be found before it can be run; None in a scenario that is ready.
    """

    name: str
    name_en: str
    name_zh: str
    description: str
    description_zh: str
    baseline: bool
    settings: Mapping[str, LeverSetting]
    exogenous: Exogenous
    budget: Budget | None
    source: FileText = field(compare=False, repr=False)
    equal_cost: EqualCost | None = None

    def pulls(self) -> bool:
        """Return whether it pulls a lever or assumes something of its own."""
        return self.exogenous != Exogenous() or any(not setting.zero for setting in self.settings.values())

    def intensities(self, years: Sequence[int]) -> dict[str, NDArray[np.float64]]:
        """Return the intensity of every lever in every year."""
        return {lever: setting.values(years) for lever, setting in self.settings.items()}


def with_overrides(scenario: Scenario, overrides: Mapping[str, float], levers: Mapping[str, Lever]) -> Scenario:
    """Return the scenario with constant intensities in place of its own (``levers.T3=0.8``).

    The baseline scenario (``no_new_policy``) is never overridden: it is what effects are
    measured against. Where, start, delay and switched effects stay as the scenario has them.

    Raises:
        ValueError: unknown lever, or an intensity outside 0 to 1.
    """
    for lever, value in overrides.items():
        if lever not in levers:
            raise ValueError(f"levers.{lever}={value}: unknown lever; {suggest(lever, levers, shown=24)}")
        if isinstance(value, bool) or not isinstance(value, int | float) or not 0.0 <= value <= 1.0:
            raise ValueError(f"levers.{lever}={value}: the intensity must be a number from 0 to 1")
    if scenario.baseline or not overrides:
        return scenario
    changed = {
        lever: scenario.settings[lever].model_copy(update={"intensity": float(value)})
        for lever, value in overrides.items()
    }
    return replace(scenario, settings={**scenario.settings, **changed})


def override_message(overrides: Mapping[str, float], scenarios: Sequence[Scenario]) -> str:
    """Return one sentence on what the overrides change, empty if there are none."""
    if not overrides:
        return ""
    values = ", ".join(f"{lever}={value:g}" for lever, value in overrides.items())
    changed = ", ".join(s.name for s in scenarios if not s.baseline) or "no scenario"
    kept = ", ".join(s.name for s in scenarios if s.baseline)
    return f"Overrides {values} apply to {changed}" + (f"; {kept} is the baseline and stays as it is." if kept else ".")
