"""The full province against samples of it: bias and Monte Carlo error by indicator, prefecture and county."""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import replace
from typing import Annotated, Any, Literal, Self

import pandas as pd
from pydantic import Field, model_validator

from sim.config import load_config
from sim.model.path.begin import begin
from sim.model.path.history import branch
from sim.model.path.indicators import INDICATORS
from sim.model.path.setup import Setup, prepare
from sim.parameters.declared import declared
from sim.population import cached_population, full_size
from sim.programs.program import ProgramConfig, checked
from sim.programs.sampling.sampling_errors import errors, summary
from sim.programs.sampling.sampling_page import write_page
from sim.studies.ensemble import ERROR, JOB, Ensemble, ensemble_id, run_ensemble, setup_basis
from sim.studies.environment import peak_mb
from sim.studies.files import replacing

SHOCKS = ("move_volatility", "outside_volatility")
JOBS = 1_000
"""Most replicates of a size: a run is numbered by its households and its replicate."""
COSTS = ("seconds", "peak_mb")
LEVELS = ("province", "prefecture", "county")


class SamplingConfig(ProgramConfig):
    """Keys of the comparison; ``configs/sampling.yaml`` holds the defaults."""

    scenarios: list[str] = Field(min_length=1)
    sizes: list[Annotated[int, Field(ge=5_000, le=40_000_000)] | Literal["full"]] = Field(min_length=2)
    replicates: list[Annotated[int, Field(ge=1, le=JOBS)]]
    end_year: int = Field(ge=2021, le=2060)
    steps_per_year: Literal[4, 12]
    threads: int = Field(ge=1, le=1_024)
    seed: int = Field(ge=0, le=2**32 - 1)
    language: Literal["en", "zh"]

    @model_validator(mode="after")
    def _one_number_per_size(self) -> Self:
        twice = [size for size in self.sizes if self.sizes.count(size) > 1]
        if twice:
            raise ValueError(f"sizes = {self.sizes}: {twice[0]} is given twice; allowed is every size once")
        if len(self.replicates) != len(self.sizes):
            raise ValueError(
                f"replicates = {self.replicates}: {len(self.sizes)} sizes need as many numbers of replicates"
            )
        return self


def sampling_job(values: Mapping[str, Any]) -> int:
    """Run what is not done yet, print the text and write tables and figure.

    Raises:
        InputError: a key is unknown or out of range.
        StudyError: the results folder cannot be written.
    """
    config = checked(SamplingConfig, values, "sampling")
    folder = config.folder("sampling")
    setup = _shared(config)
    full = full_size(setup.region)
    sizes = [full if size == "full" else size for size in config.sizes]
    jobs = {size * JOBS + k for size, count in zip(sizes, config.replicates, strict=True) for k in range(count)}
    basis = setup_basis(setup)
    ensemble = Ensemble(folder / "runs" / ensemble_id(basis), basis, simulate_sample, setup, large=True)
    runs = long_table(run_ensemble(ensemble, sorted(jobs), workers=1), setup.region.province_code)
    tables = {"errors": errors(runs, full)}
    tables["summary"] = summary(tables["errors"])
    tables["cost"] = runs.groupby("households")[list(COSTS)].median().reset_index()
    tables["paths"] = runs[(runs["level"] == "province") & (runs["indicator"] == "resident_urban_rate")]
    for name, table in tables.items():
        with replacing(folder / f"{name}.csv") as temporary:
            table.to_csv(temporary, index=False, float_format="%.8g")
    print(write_page(folder, tables, config.language).read_text(encoding="utf-8"))
    return 0


def _shared(config: SamplingConfig) -> Setup:
    """Return what runs of all sizes share: parameters at their medians, effects of the first draw.

    The yearly shocks are off: they differ between seeds whatever the size, and are no error of sampling.
    """
    medians = {name: float(parameter.median) for name, parameter in declared().items()} | dict.fromkeys(SHOCKS, 0.0)
    return prepare(
        load_config(
            households=5_000,
            draws=1,
            params=medians,
            scenarios=config.scenarios,
            end_year=config.end_year,
            steps_per_year=config.steps_per_year,
            threads=config.threads,
            seed=config.seed,
            workers=1,
        )
    )


def simulate_sample(setup: Setup, job: int) -> dict[str, float]:
    """Return the values of one population under every scenario, each named scenario:year:place:indicator.

    Args:
        setup: what runs of all sizes share.
        job: households times ``JOBS`` plus the number of the replicate.
    """
    size, number = divmod(job, JOBS)
    tilt = next(iter(setup.populations))
    population = cached_population(setup.region, setup.start, size, setup.seed + number, tilt)
    built = time.perf_counter()
    history = begin(replace(setup, populations={tilt: population}), 0, number)
    row: dict[str, float] = {}
    for name in setup.scenarios:
        table = branch(setup, history, name).indicators
        ends = table[table["step"].isin([0, setup.steps_per_year]) & ~table["place"].str.startswith("group:")]
        named = zip(ends["year"], ends["place"], ends["indicator"], ends["value"], strict=True)
        row |= {f"{name}:{year}:{place}:{indicator}": float(value) for year, place, indicator, value in named}
    return row | dict(zip(COSTS, (time.perf_counter() - built, peak_mb()), strict=True))


def long_table(rows: pd.DataFrame, province: str) -> pd.DataFrame:
    """Return the values of all runs, one a row, in the order of the runs.

    Args:
        rows: one row per run as ``simulate_sample`` makes it, with its job.
        province: code of the province.

    Returns:
        year, place, indicator, value, unit, scenario, level, households, replicate, seconds, peak_mb.
    """
    table = rows.drop(columns=ERROR).melt([JOB, *COSTS], var_name="key").dropna(subset=["value"])
    table = table.sort_values(JOB, kind="stable", ignore_index=True)
    keys = table["key"].str.rsplit(":", n=3, expand=True)
    table = table.assign(scenario=keys[0], year=keys[1].astype(int), place=keys[2], indicator=keys[3])
    table["households"], table["replicate"] = divmod(table[JOB], JOBS)
    table["unit"] = table["indicator"].map({row.name: row.unit for row in INDICATORS})
    table["level"] = table["place"].map(lambda code: _level(code, province))
    names = ["year", "place", "indicator", "value", "unit", "scenario", "level", "households", "replicate"]
    return table[[*names, *COSTS]]


def _level(place: str, province: str) -> str:
    """Return what kind of place a code is."""
    if place == province:
        return LEVELS[0]
    return LEVELS[1] if len(place) == 4 else LEVELS[2]
