"""The search program: emulators of a finished study, search, real runs, tables, scenario files and page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import Field, field_validator

from sim.base.textfiles import NUMBER
from sim.config import refusal
from sim.programs.program import ProgramConfig, checked
from sim.programs.search.answers import answers, missing_of
from sim.programs.search.confirm import confirm
from sim.programs.search.page import Result, answer, write_page
from sim.programs.search.problem import Wanted, problem_of
from sim.programs.search.scenarios import question_name, write_scenarios
from sim.programs.search.tables import bundle_table, confirmed_table, frontier_table, lever_table
from sim.programs.whatif.design import EVERYWHERE
from sim.programs.whatif.payload import offsets
from sim.programs.whatif.study import FEWEST_DRAWS, Asked, Ready, fitted, ready
from sim.report.text import Text
from sim.studies import environment
from sim.studies.files import write_table

__all__ = ["FOLDER", "SearchConfig", "search_job"]

FOLDER = "search"


class SearchConfig(ProgramConfig):
    """Keys of a search; ``configs/search.yaml`` holds the defaults."""

    study: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
    target: float = Field(ge=0.01, le=0.99)
    year: int = Field(ge=2021, le=2060)
    probability: float = Field(ge=0.01, le=0.99)
    budget: Annotated[float, Field(ge=0.001, le=1e6)] | None
    start: Annotated[int, Field(ge=2021, le=2060)] | None
    place: str | None
    confirm: Annotated[int, Field(ge=0, le=100_000)] | None
    points: int = Field(ge=16, le=1_000)
    draws: Annotated[int, Field(ge=FEWEST_DRAWS, le=100_000)] | None
    places: list[str]
    workers: Annotated[int, Field(ge=1, le=1_024)] | None
    language: Literal["en", "zh"]

    @field_validator("budget", "confirm", mode="before")
    @classmethod
    def _number(cls, value: object) -> object:
        """Read the text of a command line, where a key without a default is text, as the number that it is."""
        if not isinstance(value, str):
            return value
        return int(value) if value.isdecimal() else float(value) if NUMBER.fullmatch(value) else value


def search_job(values: Mapping[str, Any]) -> int:
    """Run the search that the configuration asks for; return the exit status of the program.

    Raises:
        ConfigError: a key is unknown or out of range.
        StudyError: there is no such finished study, or too many draws failed.
    """
    keys = checked(SearchConfig, values, FOLDER)
    prepared = ready(Asked(keys.folder(keys.study), keys.points, keys.draws, tuple(keys.places)))
    wanted = wanted_of(keys, prepared)
    workers = keys.workers or environment.workers(prepared.config)
    emulators = fitted(prepared, workers)
    added = offsets(prepared, "published")
    problem = problem_of(emulators, wanted, added, prepared.setup.levers)
    print(f"Searching {len(emulators.draws)} draws for {problem.upper.sum():.0f} measures that act.", flush=True)
    found = answers(emulators, wanted, problem)
    folder = prepared.folder / FOLDER / question_name(wanted)
    folder.mkdir(parents=True, exist_ok=True)
    names = emulators.space.levers
    tables = {
        "frontier": frontier_table(problem, found, names),
        "bundles": bundle_table(problem, found, names),
        "levers": lever_table(found, names),
    }
    runs = emulators.draws[: keys.confirm]
    if runs and found.bundles:
        seen = confirm(prepared, wanted, found.bundles, runs, folder / "runs", workers)
        tables["confirmed"] = confirmed_table(emulators, wanted, problem, found.bundles, seen)
    gap = None if found.reached else missing_of(emulators, wanted, problem, added, found.best)
    if gap is not None:
        tables["missing"] = pd.DataFrame(gap.closing).assign(points=gap.points)
    _write(folder, tables)
    write_scenarios(folder, prepared.setup, emulators.space, wanted, found.bundles)
    result = Result(prepared, wanted, emulators, problem, found, gap, tables)
    lines = [*answer(result, Text("en")), f"Page: {write_page(result, folder, keys.language)}"]
    print("\n".join(lines), flush=True)
    return 0


def _write(folder: Path, tables: Mapping[str, pd.DataFrame]) -> None:
    """Write the tables and remove those of an earlier search that this one does not have."""
    for name in ("confirmed", "missing"):
        (folder / f"{name}.csv").unlink(missing_ok=True)
    for name, table in tables.items():
        write_table(table, folder / f"{name}.csv")


def wanted_of(keys: SearchConfig, prepared: Ready) -> Wanted:
    """Return the question, checked against the study.

    Raises:
        ConfigError: a year or the place is not in the design.
    """
    space, years, problems = prepared.design.space, prepared.design.years, []
    start = keys.start or space.starts[0]
    if keys.year not in years:
        problems.append(f"year = {keys.year}: allowed is a year from {years[0]} to {years[-1]}, open in the study")
    if start not in space.starts:
        problems.append(f"start = {start}: allowed is a year from {space.starts[0]} to {space.starts[-1]}")
    elif start > keys.year:
        problems.append(f"start = {start}: measures would begin after year = {keys.year}; allowed is at most that")
    if keys.place is not None and keys.place not in keys.places:
        problems.append(f"place = {keys.place}: allowed is null or one of places, here {', '.join(keys.places)}")
    if problems:
        raise refusal(problems, FOLDER)
    return Wanted(keys.target, keys.year, keys.probability, keys.budget, start, keys.place or EVERYWHERE)
