"""What a lever file says: one task or measure of the plan as changes of named quantities."""

from __future__ import annotations

from collections import Counter
from typing import Annotated, Literal, Self

from pydantic import Field, PrivateAttr, field_validator, model_validator
from pydantic_core import PydanticCustomError

from sim.base.documents import FileText, StrictModel, suggest
from sim.parameters.distributions import quantile
from sim.policies.quantities import DRIVER_INDEX, ENABLERS, NOT_ON_PEOPLE, QUANTITIES, QUANTITY_INDEX
from sim.policies.schema import FIRST_YEAR, LAST_YEAR, PRIOR_ID, Drawn, PlaceList, PolicyFileError, Ramp, Where

LEVER_ID = r"^[TP][1-9]\d?$"
"""T1-T17 are the plan's tasks, P1-P7 its measures."""

Text = Annotated[str, Field(min_length=1)]


class Effect(Drawn):
    """A change of one named quantity at intensity 1, relative to the settings before the plan.

    Attributes:
        quantity: name in ``QUANTITIES``.
        prior: distribution of the change (``add``) or of the factor (``multiply``).
        unit: unit of the prior.
        prior_id: row of the prior table the number comes from, or ``judgement``.
        scale: part of the drawn number that applies, for quantities that address more
            people than the evidence is about; only for ``add`` quantities.
        scale_reason: why ``scale`` is not 1.
        where: counties, if not those of the lever.
        ramp: build-up, if not that of the lever.
        active: whether the effect acts unless a scenario says otherwise (``with_effects``, ``without_effects``).
        targets: for ``delivery`` and ``unit_cost`` only: levers, or single effects as ``T4.rental_stay``.
        note: what a reader should know.
    """

    quantity: str
    unit: Text
    scale: float = Field(default=1.0, gt=0.0, le=1.0)
    scale_reason: str = ""
    where: Where | None = None
    ramp: Ramp | None = None
    active: bool = True
    targets: tuple[str, ...] = ()

    @field_validator("quantity")
    @classmethod
    def _known_quantity(cls, name: str) -> str:
        if name not in QUANTITY_INDEX:
            hint = suggest(name, QUANTITY_INDEX, shown=len(QUANTITIES))
            raise PydanticCustomError(
                "quantity", "{name} is not a quantity; {hint}", {"name": repr(name), "hint": hint}
            )
        return name

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        combine = QUANTITIES[QUANTITY_INDEX[self.quantity]].combine
        if self.scale != 1.0 and combine == "multiply":
            raise PydanticCustomError("scale", "scale is for quantities that add; this one multiplies", {})
        _reasoned(self.scale, self.scale_reason)
        self._within_limits()
        if bool(self.targets) != (self.quantity in ENABLERS):
            problem = "targets belong to the quantities delivery and unit_cost, which need them"
            raise PydanticCustomError("targets", problem, {})
        return self

    def _within_limits(self) -> None:
        """Refuse a prior half of which the limits of the quantity would cut at intensity 1."""
        limits, median = QUANTITIES[QUANTITY_INDEX[self.quantity]], self.scale * quantile(self.prior, 0.5)
        if not limits.low <= median <= limits.high:
            problem = f"the median is {median:.4g}; {self.quantity} is cut to {limits.low:g} to {limits.high:g}"
            raise PydanticCustomError("prior", "{problem}", {"problem": problem, "key": "prior"})


class Cost(Drawn):
    """A yearly public cost at intensity 1: a unit cost times a number of people.

    Attributes:
        driver: name in ``DRIVERS``: whom the engine counts.
        prior: distribution of the unit cost, in yuan per person and year.
        scale: part of those people (or of the unit cost) that applies.
        ramp: build-up, if not that of the lever.
        follows: effects of the lever whose effort is paid for, in place of a ramp: where and as long as one of
            them acts, the largest if several do, decay included; a switched-off effect costs nothing.
    """

    driver: str
    unit: Text
    scale: float = Field(default=1.0, gt=0.0, le=1.0)
    scale_reason: str = ""
    ramp: Ramp | None = None
    follows: tuple[str, ...] = ()

    @field_validator("driver")
    @classmethod
    def _known_driver(cls, name: str) -> str:
        if name not in DRIVER_INDEX:
            hint = suggest(name, DRIVER_INDEX)
            raise PydanticCustomError(
                "driver", "{name} is not a cost driver; {hint}", {"name": repr(name), "hint": hint}
            )
        return name

    @model_validator(mode="after")
    def _consistent(self) -> Self:
        _reasoned(self.scale, self.scale_reason)
        if self.ramp is not None and self.follows:
            raise PydanticCustomError("follows", "a cost has a ramp or follows effects, not both", {})
        return self


def _reasoned(scale: float, reason: str) -> None:
    if (scale != 1.0) != bool(reason):
        raise PydanticCustomError("scale", "scale and scale_reason go together: give both or neither", {})


class Intensity(StrictModel):
    """What intensity 0 and 1 mean, and what one would count to see it."""

    meaning: Text
    indicators: tuple[Text, ...] = Field(min_length=1)


class Evidence(StrictModel):
    """How well the effects are known: grade, in words, and the sources."""

    grade: Literal["strong", "medium", "weak", "none"]
    basis: Text
    sources: tuple[Text, ...] = ()


class Project(StrictModel):
    """A line or road between two sets of counties; travel between them is shorter from ``opens`` on.

    Attributes:
        name_en, name_zh: names.
        opens: first calendar year in which it is open at the year-end.
        ends: the two sets of counties, the centre first; travel inside a set is not changed.
        saving: share of the travel time saved between them.
    """

    name_en: Text
    name_zh: Text
    opens: int = Field(ge=FIRST_YEAR, le=LAST_YEAR)
    ends: tuple[PlaceList, PlaceList]
    saving: float = Field(gt=0.0, lt=0.9)
    prior_id: str = Field(pattern=PRIOR_ID)
    note: str = ""

    @field_validator("ends")
    @classmethod
    def _named(cls, ends: tuple[PlaceList, PlaceList]) -> tuple[PlaceList, PlaceList]:
        if any(end.empty for end in ends):
            raise PydanticCustomError("ends", "each end needs counties, prefectures or groups", {})
        return ends


class Unbooked(StrictModel):
    """What a lever costs beside the total: named, with a range where one is known, and not booked.

    Attributes:
        what_en, what_zh: what is paid.
        billion: from and to, billion yuan over the years of the plan at intensity 1; None: no figure is known.
        grade: whether the range is derived or judged; ``none`` where no figure is known.
        basis: what the range rests on.
    """

    what_en: Text
    what_zh: Text
    billion: tuple[float, float] | None = None
    grade: Literal["derived", "judged", "none"]
    basis: Text

    @model_validator(mode="after")
    def _rising(self) -> Self:
        if self.billion is not None and not 0.0 <= self.billion[0] <= self.billion[1]:
            raise PydanticCustomError("billion", "billion is a range from and to, neither below zero", {})
        if (self.billion is None) != (self.grade == "none"):
            raise PydanticCustomError("grade", "grade is none where there is no range, and only there", {})
        return self


class Lever(StrictModel):
    """One of the plan's tasks (T) or measures (P).

    Attributes:
        id: equal to the file name.
        section: section of the plan.
        phrase: the plan's own words, in order.
        effects: changes of named quantities at intensity 1, each quantity once.
        intensity: meaning of the scale from 0 to 1.
        where: counties where the lever acts by default.
        aimed: why there: the plan's words on place, or that it names none.
        ramp: build-up by default.
        evidence: grade and sources; with grade ``none`` a lever has no effect but on other levers.
        costs: yearly public costs at intensity 1.
        unbooked: what it costs beside that, for readers alone.
        projects: lines and roads; only with an effect on ``travel_time``.
        note: what the lever cannot do, or may do against its purpose.
    """

    id: str = Field(pattern=LEVER_ID)
    name_en: Text
    name_zh: Text
    section: Text
    phrase: tuple[Text, ...] = Field(min_length=1)
    effects: tuple[Effect, ...]
    intensity: Intensity
    where: Where
    aimed: Text
    ramp: Ramp
    evidence: Evidence
    costs: tuple[Cost, ...] = ()
    unbooked: tuple[Unbooked, ...] = ()
    projects: tuple[Project, ...] = ()
    note: Text

    _source: FileText = PrivateAttr(default_factory=lambda: FileText("<lever>", None, PolicyFileError))

    @property
    def evaluable(self) -> bool:
        """Whether the model can say what the lever does: it has effects, on people or on other levers."""
        return bool(self.effects)

    @model_validator(mode="after")
    def _grounded(self) -> Self:
        moving = [effect.quantity for effect in self.effects if effect.quantity not in NOT_ON_PEOPLE]
        if self.evidence.grade == "none" and moving:
            raise PydanticCustomError(
                "evidence",
                "evidence is graded none, so an effect on {name} cannot be known; leave the effect out "
                "(effects: []) or give its evidence",
                {"name": moving[0]},
            )
        return self

    @model_validator(mode="after")
    def _once(self) -> Self:
        for kind, names in (
            ("quantity", [effect.quantity for effect in self.effects]),
            ("cost driver", [cost.driver for cost in self.costs]),
        ):
            twice = [name for name, count in Counter(names).items() if count > 1]
            if twice:
                raise PydanticCustomError(
                    "once", "the {kind} {name} is written twice in one lever", {"kind": kind, "name": twice[0]}
                )
        known = [effect.quantity for effect in self.effects]
        for name in (name for cost in self.costs for name in cost.follows if name not in known):
            raise PydanticCustomError(
                "follows",
                "the cost follows {name}, which is no effect of this lever; {hint}",
                {"name": repr(name), "hint": suggest(name, known)},
            )
        if bool(self.projects) != any(effect.quantity == "travel_time" for effect in self.effects):
            raise PydanticCustomError("projects", "projects and an effect on travel_time need each other", {})
        return self


class Combining(StrictModel):
    """Numbers that apply to several levers together.

    Attributes:
        displacement: share of added jobs that would have located elsewhere in Hunan.
        multiplier: local service jobs per added job.
        base_budget: billion yuan a year for the package without P7.
    """

    displacement: Drawn
    multiplier: Drawn
    base_budget: Drawn


class Levers(dict[str, Lever]):
    """The levers of a folder by id, tasks first, and the numbers they share."""

    def __init__(self, levers: dict[str, Lever], combining: Combining) -> None:
        super().__init__(levers)
        self.combining = combining

    def __reduce__(self) -> tuple[type[Levers], tuple[dict[str, Lever], Combining]]:
        return Levers, (dict(self), self.combining)
