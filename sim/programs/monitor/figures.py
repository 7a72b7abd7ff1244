"""The file of new figures: YAML or CSV, any subset; what it lacks is derived by the overlay of the tables."""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from sim.base.documents import CORRECT, FileText, StrictModel, parse, read_document, suggest
from sim.base.errors import InputError
from sim.base.textfiles import Lines, display_name, read_content
from sim.data import Region

__all__ = ["Flows", "Given", "NewFigures", "NewFiguresError", "Place", "read_figures"]

Percent = Annotated[float, Field(ge=1.0, le=100.0)]
People = Annotated[float, Field(ge=1.0, le=100_000.0)]
PerThousand = Annotated[float, Field(ge=1.0, le=40.0)]
Ratio = Annotated[float, Field(gt=0.05, lt=20.0)]
COLUMNS = ("place", "indicator", "value")
FLOW = "flow"


class NewFiguresError(InputError):
    """A file of figures that cannot be used; the message names file, line, key, value and next step."""


class Place(StrictModel):
    """Figures of a prefecture: urban rate in per cent, residents in 10,000 persons."""

    urban_rate: Percent | None = None
    residents: People | None = None


class Given(Place):
    """Figures of the province; births and deaths per thousand mean residents."""

    birth_rate: PerThousand | None = None
    death_rate: PerThousand | None = None
    registered_urban_rate: Percent | None = None


class Flows(StrictModel):
    """Indices of flows: the year over the year before.

    Attributes:
        left: moves out of the province.
        entered: moves into the province.
        error: standard deviation of an index that other sources, such as mobile phones, are off by (judged).
    """

    left: Ratio | None = None
    entered: Ratio | None = None
    error: Annotated[float, Field(gt=0.0, le=2.0)] = 0.1


class NewFigures(StrictModel):
    """Figures of one year-end.

    Attributes:
        year: the year-end.
        source: where they were published.
        made_up: whether they are an example that nobody published; the page says so on top.
        province, prefectures, flows: the figures.
    """

    year: Annotated[int, Field(ge=2011, le=2060)]
    source: Annotated[str, Field(min_length=1, max_length=400)]
    made_up: bool = False
    province: Given = Given()
    prefectures: dict[str, Place] = Field(default_factory=dict)
    flows: Flows = Flows()

    @model_validator(mode="after")
    def _something(self) -> NewFigures:
        given = [*self.province.model_dump().values(), self.flows.left, self.flows.entered]
        if all(value is None for value in given) and not self.prefectures:
            problem = "no figure is given; allowed are province, prefectures and flows, any subset"
            raise PydanticCustomError("figures", "{problem}", {"problem": problem, "key": "province"})
        return self


def read_figures(file: Path, region: Region) -> NewFigures:
    """Return the figures of a file.

    Args:
        file: ``.yaml`` or ``.csv``.
        region: whose next year-end they are of.

    Raises:
        NewFiguresError: with file, line, key, value and what is allowed.
    """
    if not file.is_file():
        raise NewFiguresError(f"figures = {file}: no such file. Name a .yaml or .csv file of new figures.")
    content, text = (_csv if file.suffix.lower() == ".csv" else _yaml)(file)
    found = parse(NewFigures, content, text)
    for code in found.prefectures:
        if code not in region.prefecture_codes:
            raise text.error(("prefectures", code), f"no such prefecture; {suggest(code, region.prefecture_codes, 20)}")
    following = region.last_observed + 1
    if found.year != following:
        told = "in the tables already" if found.year < following else "a year too far"
        problem = f"{found.year} is {told}: the tables end in {region.last_observed}; allowed is {following}"
        raise text.error(("year",), problem, "experiments.monitor replay=true goes through the years of the tables.")
    return found


def _yaml(file: Path) -> tuple[Any, FileText]:
    """Return the content of a YAML file with the codes of prefectures as text: YAML reads 4301 as a number."""
    content, text = read_document(file, NewFiguresError)
    if not isinstance(content, Mapping) or not isinstance(content.get("prefectures"), Mapping):
        return content, text
    lines: Lines = {(): 1}
    read_content(file, lines)
    named = {(*path[:1], *map(str, path[1:2]), *path[2:]): line for path, line in lines.items()}
    places = {str(code): figures for code, figures in content["prefectures"].items()}
    return {**content, "prefectures": places}, FileText(text.name, named, NewFiguresError)


def _csv(file: Path) -> tuple[dict[str, Any], FileText]:
    """Return a table with the columns place, indicator, value as the YAML file would say it.

    Rows without a place (``year``, ``source``, ``made_up``) are keys of the file; the place of an index is ``flow``.
    """
    name = display_name(file)
    lines: dict[tuple[Any, ...], int] = {(): 1}
    content: dict[str, Any] = {"province": {}, "prefectures": {}, "flows": {}}
    with file.open(encoding="utf-8-sig", newline="") as stream:
        rows = list(csv.reader(stream))
    if not rows or tuple(cell.strip() for cell in rows[0]) != COLUMNS:
        raise NewFiguresError(f"{name}, line 1: the columns must be {','.join(COLUMNS)}. {CORRECT}")
    for number, cells in enumerate(rows[1:], 2):
        if not any(cell.strip() for cell in cells):
            continue
        if len(cells) != len(COLUMNS):
            raise NewFiguresError(f"{name}, line {number}: {len(cells)} cells; allowed are {len(COLUMNS)}. {CORRECT}")
        place, indicator, value = (cell.strip() for cell in cells)
        path = _path(place, indicator)
        if path in lines:
            raise NewFiguresError(f"{name}, line {number}: {place} {indicator} is given twice. {CORRECT}")
        lines[path] = number
        target = content
        for part in path[:-1]:
            lines.setdefault(path[: path.index(part) + 1], number)
            target = target.setdefault(part, {})
        target[path[-1]] = _value(value, indicator)
    return content, FileText(name, lines, NewFiguresError)


def _path(place: str, indicator: str) -> tuple[str, ...]:
    if not place:
        return (indicator,)
    if place == FLOW:
        return ("flows", indicator)
    return ("province", indicator) if len(place) == 6 else ("prefectures", place, indicator)


def _value(text: str, indicator: str) -> object:
    """Return a cell as a number, a truth value or text."""
    if indicator == "source":
        return text
    if text in ("true", "false"):
        return text == "true"
    try:
        return int(text) if indicator == "year" else float(text)
    except ValueError:
        return text
