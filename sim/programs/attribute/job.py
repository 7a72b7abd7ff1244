"""The attribution study: estimate the time, run or resume the variants, write tables and page."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import Field

from sim.base.names import BASELINE
from sim.config import Folder, ProjectConfig, load_config
from sim.data import load_region
from sim.model.path.setup import prepare
from sim.policies import load_levers
from sim.programs.attribute.attribution import (
    YEAR,
    attribution_table,
    attribution_variants,
    first_open,
    outcomes,
    price_table,
    province_values,
)
from sim.programs.attribute.claims import CLAIMS
from sim.programs.attribute.conflicts import conflict_table, conflict_variants, measures
from sim.programs.attribute.page import build_page
from sim.programs.attribute.partial import partial_table
from sim.programs.attribute.variants import VariantSetup, begin, branch, simulator_of
from sim.programs.program import ProgramConfig, checked
from sim.statistics.regions import PACKAGE, group_table
from sim.studies import environment
from sim.studies.files import check_writable, replacing
from sim.studies.folder import check_folder
from sim.studies.progress import duration
from sim.studies.study import run_study


class AttributeConfig(ProgramConfig):
    """Keys of ``python -m experiments.attribute``."""

    study: str = "attribution"
    package: str = "plan"
    levers: bool = True
    households: int = Field(default=20_000, ge=5_000, le=40_000_000)
    draws: int = Field(default=40, ge=3, le=100_000)
    end_year: int = Field(default=YEAR, ge=YEAR, le=2060)
    seed: int = Field(default=1, ge=0, le=2**32 - 1)
    posterior: str | None = None
    params: dict[str, float] = Field(default_factory=dict)
    threads: int = Field(default=1, ge=1, le=1_024)
    workers: Annotated[int, Field(ge=1, le=1_024)] | None = None
    executor: str = "auto"
    language: Literal["en", "zh"] = "en"
    resume: bool = False
    results: Folder = "results"


def attribute_job(values: Mapping[str, Any]) -> int:
    """Run the study that the configuration asks for; return the exit status of the program.

    Raises:
        ConfigError: a key is unknown or out of range.
        StudyError: the results folder cannot take the study.
    """
    wanted = checked(AttributeConfig, values, "attribute")
    config = project_config(wanted)
    check_writable(config.study_dir)
    setup = prepare(config)
    package = next(scenario for scenario in setup.scenarios.values() if not scenario.baseline)
    variants = attribution_variants(package, setup.levers, wanted.levers)
    if wanted.levers:
        variants |= conflict_variants(package, setup.levers)
    ready = VariantSetup(setup, variants, (PACKAGE,))
    config = config.model_copy(update={"scenarios": list(variants)})
    check_folder(config)
    print(estimate(ready, config), flush=True)
    outcome = run_study(config, simulator_of(ready), write_attribution)
    print(outcome_text(outcome.study_dir, outcome.done, outcome.failed, outcome.seconds), end="")
    return 1 if outcome.failed else 0


def project_config(wanted: AttributeConfig) -> ProjectConfig:
    """Return the configuration of the runs: baseline and package, as the main job would have it."""
    keys = wanted.model_dump(exclude={"package", "levers"})
    return load_config(scenarios=[BASELINE, wanted.package], replicates=1, **keys)


def estimate(ready: VariantSetup, config: ProjectConfig) -> str:
    """Return in words how long the study takes, measured on one variant of the first draw."""
    history = begin(ready, 0, 0)
    branch(ready, history, PACKAGE)
    began = time.perf_counter()
    history = begin(ready, 0, 0)
    middle = time.perf_counter()
    branch(ready, history, PACKAGE)
    start, each = middle - began, time.perf_counter() - middle
    workers = environment.workers(config)
    total = config.draws * (start + each * len(ready.variants)) / workers
    return (
        f"{len(ready.variants)} variants x {config.draws} draws = {len(ready.variants) * config.draws:,} runs of "
        f"{config.households:,} households: about {duration(total)} on {workers} processes "
        f"({start:.2f} s to start a draw, {each:.2f} s a variant, measured on this machine now)."
    )


def write_attribution(config: ProjectConfig, summarise: Callable[[], None]) -> Path:
    """Make the tables of an attribution, write its page and return its path."""
    summarise()
    study_dir = config.study_dir
    levers = load_levers()
    values, first = province_values(study_dir), first_open(config.region, config.observed_until)
    tables = {
        "attribution": attribution_table(outcomes(values, first), levers),
        "price": price_table(values, first, YEAR),
    }
    groups = [f"group:{group}" for group in load_region().groups]
    by_place = {place: province_values(study_dir, place) for place in ("430000", *groups)}
    tables["groups"] = group_table(by_place, YEAR, first - 1)
    if f"full_{next(iter(levers))}" in set(values["scenario"]):
        places = {claim.place for claim in CLAIMS} | {measure.place for measure in measures()}
        by_place = {place: province_values(study_dir, place) for place in sorted(places)}
        tables["partial"] = partial_table(by_place, levers, first)
        tables["conflicts"] = conflict_table(by_place, YEAR)
    for name, table in tables.items():
        write_table(study_dir / f"{name}.csv", table)
    return build_page(study_dir, tables, config.language)


def write_table(path: Path, table: pd.DataFrame) -> None:
    """Write a table whole."""
    with replacing(path) as temporary:
        table.to_csv(temporary, index=False, float_format="%.10g", lineterminator="\n")


def outcome_text(study_dir: Path, done: int, failed: int, seconds: float) -> str:
    """Return the result in a few lines."""
    lines = [f"{done} runs done, {failed} failed, {duration(seconds)}."]
    path = study_dir / "attribution.csv"
    if path.is_file():
        table = pd.read_csv(path).query("outcome == 'rate' and kind in ('package', 'shapley')")
        lines.append(f"Effect on the resident rate at the end of {YEAR}, points, mean and 95% interval of the mean:")
        lines += [f"  {row.name_:<16} {row.mean_:+.3f} ({row.low:+.3f} to {row.high:+.3f})" for row in _rows(table)]
        lines.append(f"Page: {study_dir / 'attribution.html'}")
    return "\n".join(lines) + "\n"


def _rows(table: pd.DataFrame) -> Any:
    named = table.rename(columns={"name": "name_", "mean": "mean_", "ci_low": "low", "ci_high": "high"})
    return named.itertuples()
