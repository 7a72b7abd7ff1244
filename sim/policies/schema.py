"""Pieces shared by lever and scenario files: places, ramps, drawn numbers."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, Protocol, Self

import numpy as np
from numpy.typing import NDArray
from pydantic import Field, field_validator, model_validator
from pydantic_core import PydanticCustomError

from sim.base.documents import StrictModel, suggest
from sim.base.errors import shown
from sim.parameters.distributions import PriorMapping

FIRST_YEAR, LAST_YEAR = 2000, 2100
"""Years that lever and scenario files may name."""

PREFECTURE_DIGITS = 4
"""Leading digits that the codes of a prefecture and of its counties share."""

MOST_PREFECTURES = 14
"""Codes that a message lists when none is near."""

JUDGEMENT = "judgement"
"""Prior id of a number that rests on no estimate."""

PRIOR_ID = rf"^([A-K]\d{{2}}|{JUDGEMENT})$"
"""Rows of the prior table, or the word for none."""


class PolicyFileError(ValueError):
    """A lever or scenario file that cannot be used; the message names file, line, key and next step."""


class RegionLike(Protocol):
    """What policies need to know of a region (``sim.data.Region`` has it)."""

    @property
    def county_codes(self) -> tuple[str, ...]:
        """Six-digit codes, in county order."""

    @property
    def county_prefecture(self) -> NDArray[Any]:
        """Index of the prefecture of every county."""

    @property
    def prefecture_codes(self) -> tuple[str, ...]:
        """Four-digit codes, in prefecture order."""

    @property
    def groups(self) -> Mapping[str, NDArray[Any]]:
        """County indices of every region group."""


class PlaceError(ValueError):
    """A place that the region does not have; ``path`` leads to it inside the selection."""

    def __init__(self, path: tuple[str | int, ...], message: str) -> None:
        super().__init__(message)
        self.path = path


class Drawn(StrictModel):
    """A number drawn from a prior, and what the prior rests on."""

    prior: PriorMapping
    prior_id: str = Field(pattern=PRIOR_ID)
    note: str = ""


class PlaceList(StrictModel):
    """Counties by code, prefecture or region group: the union of what is named."""

    counties: tuple[str, ...] = ()
    prefectures: tuple[str, ...] = ()
    groups: tuple[str, ...] = ()

    @field_validator("counties", "prefectures", mode="before")
    @classmethod
    def _codes_as_text(cls, codes: Any) -> Any:
        if not isinstance(codes, list | tuple):
            return codes
        return tuple(str(code) if isinstance(code, int) and not isinstance(code, bool) else code for code in codes)

    @property
    def empty(self) -> bool:
        """Whether nothing is named."""
        return not (self.counties or self.prefectures or self.groups)

    def mask(self, region: RegionLike) -> NDArray[np.bool_]:
        """Return bool[n_counties], true where a county is named.

        Raises:
            PlaceError: the region has no such county, prefecture or group.
        """
        selected = np.zeros(len(region.county_codes), dtype=bool)
        for index, code in enumerate(self.counties):
            selected[_position(code, region.county_codes, ("counties", index), "county code")] = True
        for index, code in enumerate(self.prefectures):
            position = _position(code, region.prefecture_codes, ("prefectures", index), "prefecture code")
            selected |= np.asarray(region.county_prefecture) == position
        for index, group in enumerate(self.groups):
            if group not in region.groups:
                raise PlaceError(("groups", index), f"unknown group {group!r}; {suggest(group, region.groups)}")
            selected[np.asarray(region.groups[group], dtype=int)] = True
        return selected


def _position(code: str, codes: Sequence[str], path: tuple[str | int, ...], kind: str) -> int:
    """Return the index of ``code``, or raise with the nearest code of the same prefecture."""
    try:
        return list(codes).index(code)
    except ValueError:
        own = [known for known in codes if known[:PREFECTURE_DIGITS] == code[:PREFECTURE_DIGITS]]
        hint = suggest(code, own, shown=len(own)) if own else suggest("", codes, shown=MOST_PREFECTURES)
        raise PlaceError(path, f"unknown {kind} {code!r}; {hint}") from None


class Where(PlaceList):
    """Counties where a lever acts: the word ``all``, or a selection, less ``exclude``."""

    exclude: PlaceList = PlaceList()

    @model_validator(mode="before")
    @classmethod
    def _all(cls, data: Any) -> Any:
        if data == "all":
            return {}
        if isinstance(data, str):
            raise PydanticCustomError(
                "where",
                "{shown} is no selection; allowed are 'all' or a mapping with counties, prefectures, groups, exclude",
                {"shown": shown(data)},
            )
        if isinstance(data, Mapping) and not any(data.values()):
            raise PydanticCustomError("where", "selects nothing; write 'all' for every county", {})
        return data

    def mask(self, region: RegionLike) -> NDArray[np.bool_]:
        """Return bool[n_counties], true where the lever acts.

        Raises:
            PlaceError: the region has no such county, prefecture or group.
        """
        selected = np.ones(len(region.county_codes), dtype=bool) if self.empty else super().mask(region)
        try:
            excluded = self.exclude.mask(region)
        except PlaceError as error:
            raise PlaceError(("exclude", *error.path), str(error)) from None
        return selected & ~excluded


class Ramp(StrictModel):
    """How an effect builds up over the years, as a share of its full size.

    ``step`` is 0 before ``start`` and 1 from then on. ``linear`` rises in equal yearly
    steps: 1 / n in ``start``, 1 in ``end`` (n = end - start + 1). ``pulse`` is 1 from
    ``start`` to ``end`` and 0 after, or with ``half_life`` 0.5 ** ((year - start) / half_life).
    """

    kind: Literal["step", "linear", "pulse"]
    start: int = Field(ge=FIRST_YEAR, le=LAST_YEAR)
    end: int | None = Field(default=None, ge=FIRST_YEAR, le=LAST_YEAR)
    half_life: Drawn | None = None

    @model_validator(mode="after")
    def _complete(self) -> Self:
        needs_end = self.kind == "linear" or (self.kind == "pulse" and self.half_life is None)
        if needs_end and self.end is None:
            other = "" if self.kind == "linear" else " or half_life"
            raise PydanticCustomError("ramp", "a {kind} ramp needs end{other}", {"kind": self.kind, "other": other})
        if self.end is not None and (not needs_end or self.end < self.start):
            problem = f"end = {self.end} is before start = {self.start}" if needs_end else "does not take end"
            raise PydanticCustomError("ramp", "a {kind} ramp: {problem}", {"kind": self.kind, "problem": problem})
        if self.half_life is not None and self.kind != "pulse":
            raise PydanticCustomError("ramp", "a {kind} ramp does not take half_life", {"kind": self.kind})
        return self

    def values(self, years: Sequence[int], delay: int = 0, half_life: float | None = None) -> NDArray[np.float64]:
        """Return the share of full size in every year.

        Args:
            years: calendar years.
            delay: years by which the whole ramp is postponed.
            half_life: drawn half-life in years, for a pulse with ``half_life``.
        """
        age = np.asarray(years, dtype=float) - (self.start + delay)
        begun: NDArray[np.float64] = (age >= 0).astype(float)
        if self.kind == "step":
            return begun
        if self.end is not None:
            length = self.end - self.start + 1
            begun *= np.clip((age + 1.0) / length, 0.0, 1.0) if self.kind == "linear" else age < length
            return begun
        if half_life is None or not half_life > 0.0:
            raise ValueError(f"half-life = {half_life}: a pulse that decays needs a positive half-life in years")
        begun *= 0.5 ** (np.maximum(age, 0.0) / half_life)
        return begun
