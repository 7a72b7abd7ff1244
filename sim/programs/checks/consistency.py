"""Does the answer depend on how it is computed? Steps of a year and size of the sample."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pydantic import Field

from sim.base.names import BASELINE
from sim.config import load_config
from sim.model.path.begin import begin_with
from sim.model.path.history import advance
from sim.model.path.setup import Setup, draw_of, prepare
from sim.policies import median_effects
from sim.programs.program import ProgramConfig, checked, require_open
from sim.studies.files import replacing

CRITICAL = 1.96
"""Normal quantile of a 95% interval."""


class ConsistencyConfig(ProgramConfig):
    """Keys of the comparison; ``configs/consistency.yaml`` holds the defaults."""

    draws: int = Field(ge=2, le=1000)
    replicates: int = Field(ge=1, le=1000)
    year: int = Field(ge=2021, le=2060)
    households: int = Field(ge=5_000, le=40_000_000)
    large: int = Field(ge=5_000, le=40_000_000)
    threads: int = Field(ge=1, le=1_024)


@dataclass(frozen=True)
class Change:
    """One way to compute the same thing.

    Attributes:
        name: shown in the table.
        keys: configuration keys that differ from the main job.
        replicates: random seeds per draw whose mean is compared.
    """

    name: str
    keys: Mapping[str, Any]
    replicates: int = 1


def rate_in(setup: Setup, draw: int, replicate: int, year: int) -> float:
    """Return the resident urban rate of a year without new policy, in percent."""
    history = begin_with(setup, *draw_of(setup, draw, replicate), median_effects(setup.levers))
    return 100.0 * advance(setup, history, BASELINE, year).sim.rate()


def compare(
    reference: Change,
    others: Sequence[Change],
    draws: int,
    year: int,
    tell: Callable[[str], None],
) -> pd.DataFrame:
    """Return the mean difference of every change to the reference over the same draws.

    Args:
        reference: way of computing that the others are compared with.
        others: changes of it.
        draws: parameter vectors; every change uses the same ones.
        year: year of the rate.
        tell: receives a line of progress after every run.

    Returns:
        comparison, draws, mean difference (points), standard deviation, ci_low, ci_high.
    """
    rates = {}
    for change in (reference, *others):
        setup = prepare(load_config(scenarios=[BASELINE], draws=draws, end_year=year, **change.keys))
        values = []
        for draw in range(draws):
            values.append(np.mean([rate_in(setup, draw, k, year) for k in range(change.replicates)]))
            tell(f"{change.name}: draw {draw + 1} of {draws}, rate in {year} {values[-1]:.2f}%")
        rates[change.name] = np.array(values)
    rows = []
    for change in others:
        difference = rates[change.name] - rates[reference.name]
        mean, spread = float(difference.mean()), float(difference.std(ddof=1))
        half = CRITICAL * spread / np.sqrt(draws)
        rows.append((f"{change.name} - {reference.name}", draws, mean, spread, mean - half, mean + half))
    columns = ["comparison", "draws", "mean_pp", "sd_pp", "ci_low_pp", "ci_high_pp"]
    return pd.DataFrame(rows, columns=columns)


def consistency_job(values: Mapping[str, Any]) -> int:
    """Run the comparison that the configuration asks for, print and write its table.

    Raises:
        ConfigError: a key is unknown or out of range.
        StudyError: the results folder cannot be written.
    """
    config = checked(ConsistencyConfig, values, "consistency")
    require_open(config.year, load_config().region, "consistency")
    path = config.folder() / "consistency.csv"
    keys = {"threads": config.threads}
    reference = Change(
        f"{config.households:,} households, quarterly", {**keys, "households": config.households}, config.replicates
    )
    others = [
        Change("monthly", {**reference.keys, "steps_per_year": 12}, config.replicates),
        Change(f"{config.large:,} households", {**keys, "households": config.large}),
    ]
    table = compare(reference, others, config.draws, config.year, lambda line: print(line, flush=True))
    print(table.round(3).to_string(index=False))
    with replacing(path) as temporary:
        table.to_csv(temporary, index=False)
    return 0
