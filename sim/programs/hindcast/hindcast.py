"""Hindcasts: forecasts from an information date, scored against what was published later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import pandas as pd
from pydantic import Field

from sim.base.names import BASELINE
from sim.config import ProjectConfig, load_config
from sim.data import Region, load_region
from sim.model.path.lean_run import drawn_path
from sim.model.path.setup import prepare
from sim.parameters.posterior import content_hash, load_posterior
from sim.programs.hindcast.cases import (
    Case,
    changed_boundaries,
    county_case,
    county_members,
    prefecture_case,
    prefecture_members,
    province_case,
)
from sim.programs.hindcast.record import record_table, told
from sim.programs.program import ProgramConfig, checked
from sim.report.track_record import DISCREPANCY_ENDING, ERROR_ENDING, REVISION_ENDING
from sim.statistics.scores import errors_elsewhere, interval, score, with_error
from sim.studies.discrepancy import province_spread
from sim.studies.ensemble import Ensemble, run_ensemble, setup_basis, succeeded
from sim.studies.files import write_table

SCORECARD = "scorecard.csv"
PRIOR, POSTERIOR = "model_prior", "model_posterior"


class HindcastConfig(ProgramConfig):
    """Keys of the hindcast; ``configs/hindcast.yaml`` holds the defaults."""

    study: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
    region: str
    draws: int = Field(ge=10, le=10_000)
    households: int = Field(ge=5_000, le=40_000_000)
    seed: int = Field(ge=0, le=2**32 - 1)
    workers: int = Field(ge=1, le=1024)
    posterior: str | None


@dataclass(frozen=True)
class Experiment:
    """One set of forecasting runs.

    Attributes:
        name: folder of the runs.
        forecaster: name in the scorecard.
        start, until, end: start, information date and last year of the runs.
        posterior: posterior drawn from, or None for the priors.
    """

    name: str
    forecaster: str
    start: int
    until: int
    end: int
    posterior: str | None = None


def experiments(posterior: str | None) -> list[Experiment]:
    """Return the sets of runs; the posterior is used only after its information date, 2020.

    Forecasts from 2020 are made as the main job makes its own from 2024: a run passes the
    published totals up to the information date and carries the flows of the last years on.
    """
    made = [
        Experiment("counties", PRIOR, 2010, 2010, 2020),
        Experiment("given_province", PRIOR, 2010, 2020, 2024),
    ]
    if posterior:
        made.append(Experiment("given_province_posterior", POSTERIOR, 2010, 2020, 2024, posterior))
    return made


def runs_of(config: HindcastConfig, experiment: Experiment) -> ProjectConfig:
    """Return the configuration of the runs of an experiment.

    Raises:
        PosteriorError: the posterior cannot be used at its information date.
    """
    settings: dict[str, Any] = {
        "region": config.region,
        "scenarios": [BASELINE],
        "start": experiment.start,
        "observed_until": experiment.until,
        "end_year": experiment.end,
        "posterior": experiment.posterior,
        "households": config.households,
        "draws": config.draws,
        "seed": config.seed,
    }
    runs = load_config(**settings)
    load_posterior(runs.posterior, runs)
    return runs


def run_experiment(config: HindcastConfig, experiment: Experiment) -> pd.DataFrame:
    """Return the rows of the runs of an experiment that succeeded; resumes what is there."""
    setup = prepare(runs_of(config, experiment))
    basis = setup_basis(setup) | {"households": config.households, "rows": content_hash(experiment.posterior)}
    folder = config.folder(config.study, experiment.name)
    print(f"{experiment.name}: {config.draws} runs of {experiment.start}-{experiment.end}", flush=True)
    rows = run_ensemble(Ensemble(folder, basis, drawn_path, setup), range(config.draws), config.workers)
    return succeeded(rows)


def make_cases(config: HindcastConfig) -> list[Case]:
    """Run all experiments and return every case with the forecasts of model and benchmarks."""
    for experiment in experiments(config.posterior):
        runs_of(config, experiment)
    region = load_region(config.region)
    province, prefectures = province_case(region), prefecture_case(region)
    counties = {flag: county_case(region, flag) for flag in (False, True)}
    for experiment in experiments(config.posterior):
        rows = run_experiment(config, experiment)
        who, given = experiment.forecaster, experiment.until == 2020
        if who == PRIOR:
            counties[given].forecasts[who] = county_members(rows, region, 2020)
        if given:
            province.forecasts[who] = rows[[f"rate:{y}" for y in province.years]].to_numpy(np.float64)
            prefectures.forecasts[who] = prefecture_members(rows, region, prefectures)
    same = ~changed_boundaries(region)
    cases = [province, prefectures, counties[False], counties[True]]
    _add_discrepancy(province, region)
    for case in cases[1:]:
        _add_errors(case)
    return [*cases, *(counties[flag].subset(same, f"{counties[flag].name}_same_boundaries") for flag in (False, True))]


def _add_errors(case: Case) -> None:
    """Add, for every forecaster of a case, the one whose spread holds its errors in other prefectures."""
    for name, members in list(case.forecasts.items()):
        sd = errors_elsewhere(members, case.observed, case.group)
        case.forecasts[name + ERROR_ENDING] = with_error(members, sd)


def _add_discrepancy(case: Case, region: Region) -> None:
    """Add, for every forecaster of the province, the one that allows for what forecasts of other provinces got wrong.

    The model is told as in a study: with the pace offset and the error of yearly figures.
    Benchmarks get the error of yearly figures alone; those that carry errors elsewhere have
    their own pace offset.
    """
    whole = province_spread(region.province_code).rate
    figures = whole._replace(common=0.0, own=0.0)
    for name, members in list(case.forecasts.items()):
        ending, spread = (DISCREPANCY_ENDING, whole) if name in (PRIOR, POSTERIOR) else (REVISION_ENDING, figures)
        case.forecasts[name + ending] = told(members, spread, case.years, case.information)


def scorecard(cases: list[Case]) -> pd.DataFrame:
    """Return one row per case, years and forecaster with all scores, in points of the rate."""
    rows = []
    for case in cases:
        spans: dict[str, np.ndarray[Any, Any]] = {"all": np.ones(len(case.places), bool)}
        if len(set(case.years)) > 1:
            spans |= {str(year): np.array(case.years) == year for year in sorted(set(case.years))}
        for span, keep in spans.items():
            part = case.subset(keep, case.name)
            for who, members in part.forecasts.items():
                got = score(members, part.observed, part.before if len(set(part.places)) > 2 else None)
                rows.append({"case": case.name, "years": span, "forecaster": who, **_points(got._asdict())})
    return pd.DataFrame(rows)


def _points(scores: Mapping[str, float]) -> dict[str, float]:
    """Return scores with shares turned into points."""
    return {k: 100.0 * v if k in ("mae", "median_error", "bias", "crps") else v for k, v in scores.items()}


def forecast_table(cases: list[Case]) -> pd.DataFrame:
    """Return every forecast value: case, forecaster, place, year, observed, before, median, p05, p95 (shares)."""
    frames = []
    for case in cases:
        for who, members in case.forecasts.items():
            low, high = interval(members)
            middle = np.median(members, axis=0)
            frames.append(
                pd.DataFrame(
                    {
                        "case": case.name,
                        "forecaster": who,
                        "place": case.places,
                        "year": case.years,
                        "observed": case.observed,
                        "before": case.before,
                        "median": middle,
                        "p05": low,
                        "p95": high,
                    }
                )
            )
    return pd.concat(frames, ignore_index=True)


def hindcast_job(values: Mapping[str, Any]) -> int:
    """Run the hindcasts, print the scorecard and write the tables.

    Raises:
        InputError: a key is unknown or out of range.
    """
    config = checked(HindcastConfig, values, "hindcast")
    folder = config.folder(config.study)
    cases = make_cases(config)
    table = scorecard(cases)
    write_table(table, folder / SCORECARD)
    write_table(forecast_table(cases), folder / "forecasts.csv")
    code = load_region(config.region).province_code
    write_table(record_table(code, cases[0], (PRIOR, POSTERIOR)), folder / "discrepancy.csv")
    print(table[table["years"] == "all"].round(2).to_string(index=False))
    print(f"Tables: {folder}")
    return 0


__all__ = ["HindcastConfig", "hindcast_job", "scorecard"]
