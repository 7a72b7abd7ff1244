"""The full province against samples of it: bias and Monte Carlo error by indicator, prefecture and county."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from dataclasses import replace
from pathlib import Path
from typing import Annotated, Any, Literal, Self

import pandas as pd
from pydantic import Field, model_validator

from sim.config import load_config
from sim.model.path.begin import begin
from sim.model.path.history import branch
from sim.model.path.setup import Setup, prepare
from sim.parameters.declared import declared
from sim.population import cached_population, full_size
from sim.programs.program import ProgramConfig, checked
from sim.programs.sampling.sampling_errors import errors, summary
from sim.studies.environment import peak_mb
from sim.studies.files import replacing
from sim.studies.identity import code_hash, digest, priors_hash
from sim.studies.progress import duration

SHOCKS = ("move_volatility", "outside_volatility")
LEVELS = ("province", "prefecture", "county")


class SamplingConfig(ProgramConfig):
    """Keys of the comparison; ``configs/sampling.yaml`` holds the defaults."""

    scenarios: list[str] = Field(min_length=1)
    sizes: list[Annotated[int, Field(ge=5_000, le=40_000_000)] | Literal["full"]] = Field(min_length=2)
    replicates: list[Annotated[int, Field(ge=1)]]
    end_year: int = Field(ge=2021, le=2060)
    steps_per_year: Literal[4, 12]
    threads: int = Field(ge=1)
    seed: int = Field(ge=0)
    language: Literal["en", "zh"]

    @model_validator(mode="after")
    def _one_number_per_size(self) -> Self:
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
    identity = digest([code_hash(), priors_hash(), setup.data_hash, config.end_year, config.steps_per_year])
    parts = [
        _one_run(config, setup, size, number, folder / "parts" / f"{size}-{config.seed}-{number}-{identity}.parquet")
        for size, count in sorted(zip(sizes, config.replicates, strict=True))
        for number in range(count)
    ]
    runs = pd.concat(parts, ignore_index=True)
    tables = {"errors": errors(runs, full)}
    tables["summary"] = summary(tables["errors"])
    tables["cost"] = runs.groupby("households")[["seconds", "peak_mb"]].median().reset_index()
    tables["paths"] = runs[(runs["level"] == "province") & (runs["indicator"] == "resident_urban_rate")]
    for name, table in tables.items():
        with replacing(folder / f"{name}.csv") as temporary:
            table.to_csv(temporary, index=False, float_format="%.8g")
    from sim.programs.sampling.sampling_page import write_page

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


def _one_run(config: SamplingConfig, setup: Setup, size: int, number: int, part: Path) -> pd.DataFrame:
    """Return the values of one population under every scenario, from disk if they are there.

    Columns: households, replicate, scenario, year, level, place, indicator, value, unit, seconds, peak_mb.
    """
    if part.is_file():
        return pd.read_parquet(part)
    began = time.perf_counter()
    tilt = next(iter(setup.populations))
    population = cached_population(setup.region, setup.start, size, config.seed + number, tilt)
    built = time.perf_counter()
    history = begin(replace(setup, populations={tilt: population}), 0, number)
    frames = []
    for name in setup.scenarios:
        table = branch(setup, history, name).indicators
        ends = table[table["step"].isin([0, config.steps_per_year])]
        frames.append(ends.drop(columns="step").assign(scenario=name))
    rows = pd.concat(frames, ignore_index=True).astype({"place": str, "indicator": str, "unit": str})
    rows = rows[~rows["place"].str.startswith("group:")]
    rows["level"] = rows["place"].map(lambda code: _level(code, setup.region.province_code))
    rows = rows.assign(
        households=size, replicate=number, seconds=time.perf_counter() - built, peak_mb=peak_mb()
    ).reset_index(drop=True)
    with replacing(part) as temporary:
        rows.to_parquet(temporary)
    sys.stderr.write(
        f"{size:,} households, replicate {number + 1}: population {duration(built - began)}, "
        f"{len(setup.scenarios)} scenarios {duration(time.perf_counter() - built)}, peak {peak_mb() / 1024:.1f} GiB\n"
    )
    return rows


def _level(place: str, province: str) -> str:
    """Return what kind of place a code is."""
    if place == province:
        return LEVELS[0]
    return LEVELS[1] if len(place) == 4 else LEVELS[2]
