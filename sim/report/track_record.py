"""What is known of the model's track record: committed tables, and the sentences on who wins."""

from __future__ import annotations

from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

import pandas as pd

from sim.base.errors import InputError
from sim.base.paths import DOCS
from sim.parameters.posterior import FOLDER, Head, read_head

TABLES = DOCS / "validation"
"""Folder of the committed tables; ``python -m experiments.validation`` renews them."""
NAMES = (
    *("scorecard", "forecasts", "encompassing", "agency", "discrepancy"),
    *("sbc", "predictive", "patterns", "sensitivity", "claims"),
)
POSTERIORS = ("posterior_hindcast", "posterior_projection")
MODELS = ("model_posterior", "model_prior")
ERROR_ENDING, REVISION_ENDING = "_and_error_elsewhere", "_and_revision"
SHOCK_ENDING, DISCREPANCY_ENDING = "_and_shocks", "_and_discrepancy"
WIDER = (SHOCK_ENDING, ERROR_ENDING, REVISION_ENDING, DISCREPANCY_ENDING)
"""Endings of forecasters whose spread also holds errors learnt outside the runs."""
CASES = (
    "province",
    "prefectures",
    "counties",
    "counties_same_boundaries",
    "counties_given_province",
    "counties_given_province_same_boundaries",
)


@dataclass(frozen=True)
class Validation:
    """Committed tables by name, and provenance of posteriors by name; what is missing is left out."""

    tables: Mapping[str, pd.DataFrame]
    posteriors: Mapping[str, Head]

    def has(self, *names: str) -> bool:
        """Return whether all named tables are there."""
        return all(name in self.tables for name in names)


def load_validation(region: str, tables: Path = TABLES, posteriors: Path = FOLDER) -> Validation:
    """Return the committed track record of a region; empty for a region without one."""
    marker = tables / "region.txt"
    if not marker.is_file() or marker.read_text(encoding="utf-8").strip() != region:
        return Validation({}, {})
    files = {name: tables / f"{name}.csv" for name in NAMES}
    found = {name: pd.read_csv(path, dtype={"place": str}) for name, path in files.items() if path.is_file()}
    known = {}
    for name in POSTERIORS:
        with suppress(InputError):
            known[name] = read_head(name, posteriors)
    return Validation(found, known)


@dataclass(frozen=True)
class Duel:
    """Best model against best benchmark in one row of the scorecard, by one measure (points)."""

    case: str
    years: str
    measure: str
    model: str
    model_score: float
    benchmark: str
    benchmark_score: float

    @property
    def winner(self) -> str:
        """Return model, benchmark or tie (a difference below one per cent)."""
        if abs(self.model_score - self.benchmark_score) <= 0.01 * self.benchmark_score:
            return "tie"
        return "model" if self.model_score < self.benchmark_score else "benchmark"


def duels(scorecard: pd.DataFrame, wider: bool = True) -> list[Duel]:
    """Return the duels of every case and span of years by CRPS.

    The model side is the calibrated forecast where there is one, otherwise that of the priors; where
    counties have shocks of their own, it is the one with them.

    Args:
        scorecard: the scorecard.
        wider: with errors learnt outside the runs on both sides where there are, else without on either.
    """
    made = []
    for case in CASES:
        part = scorecard[scorecard["case"] == case]
        for years in part["years"].unique():
            rows = part[part["years"] == years].set_index("forecaster")["crps"]
            with_more = rows.index.str.endswith(WIDER)
            pool = rows[with_more == (wider and bool(with_more.any()))]
            is_model = pool.index.str.startswith("model_")
            model = next(pool[[m + e]] for m in MODELS for e in ("", *WIDER) if m + e in pool.index)
            benchmark = pool[~is_model].nsmallest(1)
            sides = (str(model.index[0]), float(model.iloc[0]), str(benchmark.index[0]), float(benchmark.iloc[0]))
            made.append(Duel(case, str(years), "crps", *sides))
    return made


def plain(forecaster: str) -> str:
    """Return the name of a forecaster without the ending for errors learnt outside the runs."""
    return next((forecaster.removesuffix(end) for end in WIDER if forecaster.endswith(end)), forecaster)
