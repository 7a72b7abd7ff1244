"""The program: pairs of runs that are not done yet, then tables, figures and pages of who gains."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import pandas as pd
from pydantic import Field, model_validator

from sim.base.sealed import fingerprint
from sim.base.sources import content_of
from sim.config import ProjectConfig, load_config
from sim.model.path.begin import begin
from sim.model.path.history import run_beside
from sim.model.path.setup import Setup, prepare
from sim.parameters.posterior import content_hash
from sim.programs.compare_households import compare, groups, outcomes
from sim.programs.compare_households.compare import SEPARATOR, check_books, compared, pair_up
from sim.programs.compare_households.outcomes import books
from sim.programs.compare_households.page import summary_line, write_pages
from sim.programs.compare_households.tables import made_tables
from sim.programs.program import ProgramConfig, checked, require_open
from sim.studies import environment, household_view
from sim.studies.ensemble import Ensemble, ensemble_id, run_ensemble, setup_basis, succeeded
from sim.studies.files import replacing, write_table
from sim.studies.household_view import View

BOOKS, PAPER, WEIGHT, SIZES = "books", "paper", "weight", "sizes"
"""Names of what the books say, of registration on paper, of the weight, and of numbers of households."""

COUNTING = (compare, groups, outcomes, household_view)
"""Modules that say what is counted: draws counted otherwise are counted anew."""


class CompareConfig(ProgramConfig):
    """Keys of the program; ``configs/compare_households.yaml`` holds the defaults."""

    study: Annotated[str, Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")]
    scenarios: list[str]
    year: int = Field(ge=2021, le=2060)
    posterior: str | None
    params: dict[str, float]
    households: int = Field(ge=5_000, le=40_000_000)
    draws: int = Field(ge=1, le=100_000)
    steps_per_year: Literal[4, 12]
    seed: int = Field(ge=0, le=2**32 - 1)
    threads: int = Field(ge=1, le=1_024)
    workers: Annotated[int, Field(ge=1, le=1_024)] | None

    @model_validator(mode="after")
    def _two_scenarios(self) -> Self:
        if len(self.scenarios) != 2 or self.scenarios[0] == self.scenarios[1]:
            raise ValueError(f"scenarios = {self.scenarios}: allowed are two different ones: [no_new_policy,plan]")
        return self


def compare_job(values: Mapping[str, Any]) -> int:
    """Run the draws that are not done yet, print who gains and write tables, figures and pages.

    Raises:
        ConfigError: a key is unknown or out of range.
        StudyError: the results folder cannot be written, or no draw succeeded.
    """
    wanted = checked(CompareConfig, values, "compare_households")
    config = project_config(wanted)
    require_open(wanted.year, config.region, "compare_households")
    folder = wanted.folder(wanted.study)
    setup = prepare(config)
    basis = setup_basis(setup) | {
        "households": config.households,
        "posterior": content_hash(config.posterior),
        "counting": fingerprint(b"".join(content_of(Path(str(module.__file__))) for module in COUNTING)),
    }
    kept = folder / "draws" / ensemble_id(basis, compare_draw)
    ensemble = Ensemble(kept, basis, compare_draw, setup)
    rows = run_ensemble(ensemble, range(config.draws), environment.workers(config))
    good = succeeded(rows, "draws")
    write_all(folder, good, setup, wanted)
    return 0 if len(good) == len(rows) else 1


def project_config(wanted: CompareConfig) -> ProjectConfig:
    """Return the configuration of the runs, as the main job would have it."""
    keys = wanted.model_dump(exclude={"year"})
    return load_config(**keys, end_year=wanted.year, replicates=1)


def compare_draw(setup: Setup, draw: int) -> dict[str, float]:
    """Return every count of the households of one draw under two scenarios, in units of the model.

    Named outcome|dimension|group|field as ``compared`` does, and ``books|OUTCOME|SCENARIO``, ``paper|SCENARIO``
    (persons registered as urban on paper only), ``sizes|SCENARIO`` (households) and ``weight``.

    Raises:
        StartError: the draw cannot pass the published totals.
        AccountError: sums over households differ from the books.
    """
    history = begin(setup, draw, 0)
    views, row = [], {WEIGHT: history.sim.draw.weight}
    for position, name in enumerate(setup.scenarios):
        whole, planner = run_beside(setup, history, name)
        view, sim, record = View.of(whole.sim), whole.sim, whole.records[-1]
        check_books(view, record.stocks, name)
        for outcome, value in books(record.stocks, sim.edge).items():
            row[SEPARATOR.join((BOOKS, outcome, str(position)))] = float(value)
        row[f"{PAPER}{SEPARATOR}{position}"] = float(planner.paper(record.year, record).sum())
        row[f"{SIZES}{SEPARATOR}{position}"] = float(len(view.base))
        views.append(view)
    return row | compared(pair_up(*views), setup.region)


def write_all(folder: Path, rows: pd.DataFrame, setup: Setup, wanted: CompareConfig) -> None:
    """Write tables, figures and pages of the draws and print who gains."""
    tables = made_tables(rows, setup.region)
    with replacing(folder / "gains.parquet") as temporary:
        tables.draws.to_parquet(temporary, index=False)
    named = {
        "gains": tables.gains,
        "standing": tables.standing,
        "flows": tables.flows,
        "accounts": tables.accounts,
        "outcomes": tables.outcomes,
    }
    for name, table in named.items():
        write_table(table, folder / f"{name}.csv")
    pages = write_pages(folder, tables, setup, wanted.year)
    print(summary_line(tables, setup, wanted.year, "en"))
    print("".join(f"Written: {path}\n" for path in pages), end="")
