"""The years of the plan, declared in ``configs/plan.yaml``."""

from __future__ import annotations

from functools import cache
from pathlib import Path
from typing import Annotated, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from sim.base.documents import StrictModel, parse, read_document
from sim.base.paths import CONFIGS
from sim.policies.schema import FIRST_YEAR, LAST_YEAR, PolicyFileError

PLAN_FILE = CONFIGS / "plan.yaml"
Year = Annotated[int, Field(ge=FIRST_YEAR, le=LAST_YEAR)]


class PlanYears(StrictModel):
    """Facts about the plan that programs need beside its levers.

    Attributes:
        first, last: first and last year of the plan.
        built_from: first year in which what must be built acts.
        target_years: year-ends for which the target is judged.
        price_year: unit costs of the levers are in yuan of this year.
    """

    first: Year
    last: Year
    built_from: Year
    target_years: Annotated[tuple[Year, ...], Field(min_length=1)]
    price_year: Year

    @model_validator(mode="after")
    def _in_order(self) -> Self:
        inside = all(self.first <= year <= self.last for year in self.target_years)
        if not inside or list(self.target_years) != sorted(set(self.target_years)):
            problem = "target_years must rise and lie between first and last"
            raise PydanticCustomError("plan", "{problem}", {"problem": problem, "key": "target_years"})
        return self

    @property
    def before(self) -> int:
        """The last year-end before the plan, whose settings the levers at 0 keep."""
        return self.first - 1

    def open_years(self, last_observed: int) -> range:
        """Return the years of the plan in which levers act: no lever acts in a year whose totals are published."""
        return range(max(self.first, last_observed + 1), self.last + 1)


@cache
def plan_years(file: Path = PLAN_FILE) -> PlanYears:
    """Return the years of the plan.

    Raises:
        PolicyFileError: with file, line and what is allowed.

    Example:
        >>> plan_years().last
        2029
    """
    return parse(PlanYears, *read_document(file, PolicyFileError))
