"""A finished study read from its folder: tables, configuration and observed points."""

from __future__ import annotations

from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import Any

import pandas as pd

from sim.base.errors import StudyError
from sim.base.names import BASELINE, PLAN
from sim.data import Region
from sim.studies import environment
from sim.studies.folder import stored_config, stored_rows
from sim.studies.inputs import StudyInputs, changed_since, open_inputs
from sim.studies.manifest import Row
from sim.studies.reduced import read_table
from sim.studies.tables import is_kept

RATE, GAP, REGISTERED_RATE = "resident_urban_rate", "rate_gap", "registered_urban_rate"

BAND = ["median", "p05", "p25", "p75", "p95", "mean"]
_COLUMNS = {
    "summary": ["scenario", "year", "place", "indicator", "unit", *BAND, "runs"],
    "target": [
        "scenario",
        "target",
        "target_year",
        "probability",
        "ci_low",
        "ci_high",
        "crossing_year_median",
        "shortfall_median_pp",
    ],
    "effects": ["scenario", "year", "place", "indicator", "median", "p05", "p95"],
    "flows": ["scenario", "year", "origin", "destination", "age_band", "persons"],
    "pyramid": ["scenario", "year", "zone", "sex", "age_lo", "persons"],
}


OPTIONAL = ("flows", "pyramid", "start", "fit", "uncertainty", "census", "value_for_money")
"""Tables that a study need not have, by the stem of their files."""


@dataclass(frozen=True, eq=False)
class Study:
    """The tables of a study folder; optional ones are None when the file is absent.

    Attributes:
        summary, target, effects: as written by the study, rates as shares 0..1.
        manifest: one row per run with its status.
        flows, pyramid, start, fit, parameters, levers, uncertainty, census, value_for_money: optional tables.
        config, env: resolved configuration; versions and machine.
        inputs: what the runs were made from: levers, scenarios, parameters, posterior.
        changed: kinds and names of what this checkout has otherwise than the study.
        answers: answers of slow queries, kept for the next question.
    """

    folder: Path
    region: Region
    summary: pd.DataFrame
    target: pd.DataFrame
    effects: pd.DataFrame
    manifest: pd.DataFrame
    config: dict[str, Any]
    env: dict[str, Any]
    inputs: StudyInputs
    changed: tuple[tuple[str, str], ...] = ()
    flows: pd.DataFrame | None = None
    pyramid: pd.DataFrame | None = None
    start: pd.DataFrame | None = None
    fit: pd.DataFrame | None = None
    parameters: pd.DataFrame | None = None
    levers: pd.DataFrame | None = None
    uncertainty: pd.DataFrame | None = None
    census: pd.DataFrame | None = None
    value_for_money: pd.DataFrame | None = None
    _series: dict[tuple[str, str, str], pd.DataFrame] = field(default_factory=dict, repr=False, init=False)
    answers: dict[str, pd.DataFrame | None] = field(default_factory=dict, repr=False, init=False)

    @property
    def name(self) -> str:
        """Name of the study."""
        return str(self.config.get("study", self.folder.name))

    @property
    def province(self) -> str:
        """Place code of the province."""
        return self.region.province_code

    @cached_property
    def scenarios(self) -> tuple[str, ...]:
        """Scenarios with results: baseline, plan, then the order of the configuration."""
        present = list(dict.fromkeys(self.summary["scenario"]))
        wanted = [str(name) for name in self.config.get("scenarios", [])]
        order = [BASELINE, PLAN, *wanted, *present]
        return tuple(name for name in dict.fromkeys(order) if name in present)

    @property
    def has_baseline(self) -> bool:
        """Whether effects can be reported at all."""
        return BASELINE in self.scenarios

    @property
    def policies(self) -> tuple[str, ...]:
        """Scenarios other than the baseline."""
        return tuple(name for name in self.scenarios if name != BASELINE)

    @cached_property
    def years(self) -> tuple[int, ...]:
        """Year-ends with results for the province."""
        rows = self.summary[self.summary["place"] == self.province]
        return tuple(sorted(int(year) for year in rows["year"].unique()))

    @cached_property
    def observed(self) -> pd.Series[float]:
        """Published urban share of the province by year-end, 0..1."""
        table = self.region.table("province_series").dropna(subset=["urban_rate"])
        return pd.Series(table["urban_rate"].to_numpy(dtype=float), index=table["year"].astype(int))

    def published(self, first: int) -> pd.Series[float]:
        """Return the published shares from ``first`` to the last simulated year, for drawing beside the runs."""
        return self.observed[(self.observed.index >= first) & (self.observed.index <= self.years[-1])]

    @property
    def last_observed(self) -> int:
        """Last year-end whose published share the runs pass."""
        until = self.config.get("observed_until")
        last = int(self.observed.index.max())
        return last if until is None else min(last, int(until))

    @cached_property
    def runs(self) -> dict[str, int]:
        """Finished runs by scenario."""
        done = self.manifest[self.manifest["status"] == "done"]
        return {str(name): int(count) for name, count in done.groupby("scenario").size().items()}

    def told(self, key: str) -> str:
        """Return the key of a text about bands: what they hold depends on whether there is a discrepancy."""
        return key if self.uncertainty is None or self.uncertainty.empty else f"{key}.discrepancy"

    @property
    def fewest_runs(self) -> int:
        """Smallest number of finished runs of any scenario with results."""
        return min(self.runs.get(name, 0) for name in self.scenarios)

    @property
    def failed(self) -> int:
        """Number of failed runs."""
        return int((self.manifest["status"] == "failed").sum())

    @property
    def pending(self) -> int:
        """Number of runs that were listed and have not been carried out."""
        return int((self.manifest["status"] == "pending").sum())

    @cached_property
    def target_years(self) -> tuple[int, ...]:
        """Years for which the target was judged."""
        return tuple(sorted(int(year) for year in self.target["target_year"].unique()))

    @cached_property
    def focus(self) -> int:
        """The year the report speaks about: the last target year, or the last year simulated."""
        inside = [year for year in self.target_years if year in self.years]
        return max(inside) if inside else self.years[-1]

    def series(self, scenario: str, indicator: str, place: str | None = None) -> pd.DataFrame:
        """Return median and quantiles by year-end of one indicator (empty if not recorded)."""
        key = (scenario, indicator, place or self.province)
        if key not in self._series:
            rows = self.summary
            chosen = (rows["scenario"] == key[0]) & (rows["indicator"] == key[1]) & (rows["place"] == key[2])
            self._series[key] = rows[chosen].sort_values("year").set_index("year")[BAND]
        return self._series[key]

    def effect(self, scenario: str, indicator: str, place: str | None = None) -> pd.DataFrame:
        """Return median, p05 and p95 by year of the paired difference to the baseline."""
        rows = self.effects
        chosen = (
            (rows["scenario"] == scenario)
            & (rows["indicator"] == indicator)
            & (rows["place"] == (place or self.province))
        )
        return rows[chosen].sort_values("year").set_index("year")[["median", "p05", "p95"]]

    def chance(self, scenario: str, goal: str, year: int) -> pd.Series[Any] | None:
        """Return the row of the target table, or None."""
        rows = self.target
        chosen = rows[(rows["scenario"] == scenario) & (rows["target"] == goal) & (rows["target_year"] == year)]
        return chosen.iloc[0] if len(chosen) else None


def load_study(folder: Path, region: Region | None = None) -> Study:
    """Read a study folder.

    Args:
        folder: the folder a study was written to.
        region: the region; default is that of the study, with its tables.

    Raises:
        StudyError: the folder, a needed file or a column is missing, or a file is not as it was written.
    """
    folder = Path(folder)
    if not folder.is_dir():
        raise StudyError(f"{folder}: no such study; run `python -m experiments.project study={folder.name}` first")
    config = stored_config(folder)
    inputs = open_inputs(folder)
    rows = stored_rows(folder)
    needed = {name: _table(folder, f"{name}.csv") for name in ("summary", "target", "effects")}
    if needed["summary"].empty:
        raise StudyError(f"{folder / 'summary.csv'}: no results; look at the errors in manifest.parquet")
    return Study(
        folder=folder,
        region=region or inputs.region,
        **needed,
        manifest=pd.DataFrame(list(rows.values()), columns=Row._fields),
        config=config.model_dump(),
        env=environment.read(folder),
        inputs=inputs,
        changed=tuple(changed_since(inputs, config)),
        **{name: _optional(folder, f"{name}.csv") for name in OPTIONAL},
        **{name: _optional(folder, f"{name}.parquet") for name in ("parameters", "levers")},
    )


def _optional(folder: Path, name: str) -> Any:
    """Read a table, None if the study has none."""
    return _table(folder, name) if is_kept(folder, name) else None


def _table(folder: Path, name: str) -> Any:
    """Read a table and check its columns."""
    frame = read_table(folder, name)
    missing = [column for column in _COLUMNS.get(Path(name).stem, []) if column not in frame.columns]
    if missing:
        raise StudyError(f"{folder / name}: column {missing[0]!r} is missing; run the study again with resume=true")
    return frame
