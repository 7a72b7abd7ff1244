"""The benchmark from its keys to its tables."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from itertools import product
from typing import Annotated, Any, Literal

import pandas as pd
from pydantic import Field

from sim.programs.program import ProgramConfig, checked
from sim.studies.files import replacing

__all__ = ["BenchmarkConfig", "benchmark_job"]

Part = Literal[
    "floors", "processes", "province", "places", "startup", "workers", "scenarios", "main_job", "peers", "roofline"
]
Size = Annotated[int, Field(ge=5_000, le=40_000_000)] | Literal["full"]


class BenchmarkConfig(ProgramConfig):
    """Keys of the benchmark; ``configs/benchmark.yaml`` holds the defaults."""

    parts: list[Part] = Field(min_length=1)
    sizes: list[Size] = Field(min_length=1)
    threads: list[Annotated[int, Field(ge=1, le=1024)]] = Field(min_length=1)
    steps_per_year: list[Literal[4, 12]] = Field(min_length=1)
    cold: bool
    worker_draws: int = Field(ge=2, le=100_000)
    worker_households: int = Field(ge=5_000, le=40_000_000)
    pairs: int = Field(ge=1, le=1_000)
    place_households: int = Field(ge=5_000, le=40_000_000)
    main_draws: int = Field(ge=1, le=100_000)
    scenario_sizes: list[Annotated[int, Field(ge=5_000, le=40_000_000)]] = Field(min_length=1)
    peer_sizes: list[Annotated[int, Field(ge=100, le=40_000_000)]] = Field(min_length=1)
    rounds: int = Field(ge=1, le=1_000)

    def households(self) -> list[int]:
        """Return the sizes as numbers, ascending."""
        from sim.data import load_region
        from sim.population import full_size

        full = full_size(load_region("hunan")) if "full" in self.sizes else 0
        return sorted({full if size == "full" else size for size in self.sizes})


def benchmark_job(values: Mapping[str, Any]) -> int:
    """Measure what the configuration asks for; print the tables and write tables, figure and page.

    Raises:
        InputError: a key is unknown or out of range.
        StudyError: the results folder cannot be written.
    """
    config = checked(BenchmarkConfig, values, "benchmark")
    folder = config.folder("benchmark")
    for part in config.parts:
        tell(f"Measuring: {part}.")
        for name, table in MEASURES[part](config).items():
            with replacing(folder / f"{name}.csv") as temporary:
                table.to_csv(temporary, index=False, float_format="%.6g")
    from benchmarks.page import write_page

    print(write_page(folder).read_text(encoding="utf-8"))
    return 0


def tell(line: str) -> None:
    """Write a line of progress."""
    sys.stderr.write(f"{line}\n")
    sys.stderr.flush()


def _floors(config: BenchmarkConfig) -> dict[str, pd.DataFrame]:
    from benchmarks.floors import measure_floors

    return {"floors": pd.concat([measure_floors(n, config.threads) for n in config.households()])}


def _processes(config: BenchmarkConfig) -> dict[str, pd.DataFrame]:
    from benchmarks.process_times import measure_population, measure_size, solved_pulls

    pulls = solved_pulls()
    measure_size(5_000, 1, 4, pulls)
    built, sizes, processes = [], [], []
    for households in config.households():
        built.append(measure_population(households))
        tell(f"{households:,} households built in {built[-1]['build_s']:,.2f} s, loaded in {built[-1]['load_s']:.3f} s")
        for steps, threads in product(config.steps_per_year, config.threads):
            row, table = measure_size(households, threads, steps, pulls)
            sizes.append(row)
            processes.append(table)
            tell(
                f"{households:,} households, {threads} thread(s): a year of {steps} steps in {row['year_s']:,.2f} s, "
                f"{row['ns_per_household_step']:,.1f} ns per household-step"
            )
    return {
        "population": pd.DataFrame(built),
        "sizes": pd.DataFrame(sizes),
        "processes": pd.concat(processes),
    }


def _province(config: BenchmarkConfig) -> dict[str, pd.DataFrame]:
    from benchmarks.measures import WHOLE
    from benchmarks.process_times import measure_years, solved_pulls

    pulls, rows = solved_pulls(), []
    for steps, years, _ in WHOLE:
        rows.append(measure_years(config.households()[-1], max(config.threads), steps, years, pulls))
        tell(f"{rows[-1]['households']:,} households, {years} years of {steps} steps: {rows[-1]['seconds']:,.1f} s")
    return {"province": pd.DataFrame(rows)}


def _scenarios(config: BenchmarkConfig) -> dict[str, pd.DataFrame]:
    from benchmarks.scenarios import measure_scenarios

    return {"scenarios": pd.concat([measure_scenarios(n, config.pairs) for n in config.scenario_sizes])}


def _roofline(config: BenchmarkConfig) -> dict[str, pd.DataFrame]:
    from benchmarks.roofline import measure_roofline

    return {"roofline": pd.concat([measure_roofline(n) for n in config.peer_sizes])}


def _places(config: BenchmarkConfig) -> dict[str, pd.DataFrame]:
    from benchmarks.places import measure_places
    from benchmarks.process_times import solved_pulls

    return {"places": measure_places(config.place_households, solved_pulls(), config.pairs)}


def _main_job(config: BenchmarkConfig) -> dict[str, pd.DataFrame]:
    from benchmarks.mainjob import measure_main_job

    return {"main_job": measure_main_job(config.main_draws, 2)}


def _startup(config: BenchmarkConfig) -> dict[str, pd.DataFrame]:
    from benchmarks.startup import measure_startup

    return {"startup": measure_startup(config.cold)}


def _workers(config: BenchmarkConfig) -> dict[str, pd.DataFrame]:
    from benchmarks.workers import measure_workers

    return {"workers": measure_workers(config.worker_households, config.worker_draws, config.pairs)}


def _peers(config: BenchmarkConfig) -> dict[str, pd.DataFrame]:
    from benchmarks.peers import measure_peers, peer_ratios

    table = measure_peers(config.peer_sizes, config.rounds, max(config.threads), tell)
    return {"peers": table, "peer_ratios": peer_ratios(table)}


MEASURES: dict[str, Callable[[BenchmarkConfig], dict[str, pd.DataFrame]]] = {
    "floors": _floors,
    "processes": _processes,
    "province": _province,
    "places": _places,
    "startup": _startup,
    "workers": _workers,
    "scenarios": _scenarios,
    "main_job": _main_job,
    "peers": _peers,
    "roofline": _roofline,
}
"""What measures each part."""
