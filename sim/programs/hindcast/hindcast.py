"""Hindcasts: forecasts from an information date, scored against what was published later."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
from pydantic import Field

from sim.base.names import BASELINE
from sim.base.sealed import fingerprint
from sim.base.sources import content_of
from sim.config import ProjectConfig, load_config
from sim.data import Region, load_region
from sim.model.path.lean_run import drawn_path
from sim.model.path.setup import prepare
from sim.parameters.posterior import content_hash, load_posterior
from sim.policies.plan import plan_years
from sim.programs.hindcast.agency import agency_rows
from sim.programs.hindcast.cases import (
    Case,
    changed_boundaries,
    county_case,
    county_members,
    prefecture_case,
    prefecture_members,
    province_case,
    rule_of,
    with_shocks,
)
from sim.programs.hindcast.null_model import null_path
from sim.programs.hindcast.record import record_table, told
from sim.programs.program import ProgramConfig, checked
from sim.report.track_record import DISCREPANCY_ENDING, ERROR_ENDING, REVISION_ENDING, SHOCK_ENDING, WIDER
from sim.statistics import cohorts
from sim.statistics.encompassing import encompassing
from sim.statistics.scores import errors_elsewhere, interval, score, with_error
from sim.studies.discrepancy import province_spread
from sim.studies.ensemble import Ensemble, run_ensemble, setup_basis, succeeded
from sim.studies.files import write_table

SCORECARD, ENCOMPASSING, AGENCY = "scorecard.csv", "encompassing.csv", "agency.csv"
PRIOR, POSTERIOR, NULL = "model_prior", "model_posterior", "null_model"
PROJECTION, TARGET_YEAR = "posterior_projection", plan_years().last


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
        start, until, end: start, information date (None: the last data) and last year of the runs.
        posterior: posterior drawn from, or None for the priors.
    """

    name: str
    forecaster: str
    start: int
    until: int | None
    end: int
    posterior: str | None = None


def experiments(posterior: str | None, last: int) -> list[Experiment]:
    """Return the sets of runs; the posterior is used only after its information date, 2020.

    Forecasts from 2020 to the ``last`` observed year are made as the main job makes its own: a run passes the
    published totals up to the information date and carries the flows of the last years on. The last set but one
    is the baseline of the main job itself, for what agency changes there.
    """
    made = [
        Experiment("counties", PRIOR, 2010, 2010, 2020),
        Experiment("given_province", PRIOR, 2010, 2020, last),
        Experiment("projection", "", 2020, None, TARGET_YEAR, PROJECTION if posterior else None),
    ]
    if posterior:
        made.append(Experiment("given_province_posterior", POSTERIOR, 2010, 2020, last, posterior))
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


def run_experiment(config: HindcastConfig, experiment: Experiment) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return the rows of the runs that succeeded, of the model and of the null model; resumes what is there."""
    setup = prepare(runs_of(config, experiment))
    basis = setup_basis(setup) | {"households": config.households, "rows": content_hash(experiment.posterior)}
    folder = config.folder(config.study, experiment.name)
    print(f"{experiment.name}: {config.draws} runs of {experiment.start}-{experiment.end}", flush=True)
    jobs = range(config.draws)
    model = run_ensemble(Ensemble(folder, basis, drawn_path, setup), jobs, config.workers)
    basis |= {"cohorts": fingerprint(content_of(Path(cohorts.__file__)))}
    beside = folder.with_name(f"{folder.name}_null")
    null = run_ensemble(Ensemble(beside, basis, null_path, setup), jobs, config.workers)
    return succeeded(model), succeeded(null)


def make_cases(config: HindcastConfig) -> tuple[list[Case], pd.DataFrame]:
    """Run all experiments; return every case with the forecasts of model and benchmarks, and what agency changes."""
    region = load_region(config.region)
    made = experiments(config.posterior, region.last_observed)
    for experiment in made:
        runs_of(config, experiment)
    province, prefectures = province_case(region), prefecture_case(region)
    counties = {flag: county_case(region, flag) for flag in (False, True)}
    agency = list[dict[str, object]]()
    for experiment in made:
        rows, null = run_experiment(config, experiment)
        who, given = experiment.forecaster, experiment.until == 2020
        if who == PRIOR:
            case, rule = counties[given], rule_of(region)
            for name, runs in ((who, rows), (NULL, null)):
                members = county_members(runs, region, 2020)
                case.forecasts |= {name: members, name + SHOCK_ENDING: with_shocks(case, members, rule)}
        if given:
            for name, runs in ((who, rows), (NULL, null)):
                province.forecasts[name] = runs[[f"rate:{y}" for y in province.years]].to_numpy(np.float64)
                prefectures.forecasts[name] = prefecture_members(runs, region, prefectures)
        agency += agency_rows(experiment.name, rows, null, province.years if given else [experiment.end])
    same = ~changed_boundaries(region)
    cases = [province, prefectures, counties[False], counties[True]]
    _add_discrepancy(province, region)
    for case in cases[1:]:
        _add_errors(case)
    cases += [counties[flag].subset(same, f"{counties[flag].name}_same_boundaries") for flag in (False, True)]
    return cases, pd.DataFrame(agency)


def _add_errors(case: Case) -> None:
    """Add, for every forecaster of a case, the one whose spread holds its errors in other prefectures."""
    for name, members in list(case.forecasts.items()):
        if name.endswith(WIDER):
            continue
        sd = errors_elsewhere(members, case.observed, case.group)
        case.forecasts[name + ERROR_ENDING] = with_error(members, sd)


def _add_discrepancy(case: Case, region: Region) -> None:
    """Add, for every forecaster of the province, the one that allows for what forecasts of other provinces got wrong.

    Model and null model are told as in a study: with the pace offset and the error of yearly figures.
    Benchmarks get the error of yearly figures alone; those that carry errors elsewhere have
    their own pace offset.
    """
    whole = province_spread(region.province_code).rate
    figures = whole._replace(common=0.0, own=0.0)
    for name, members in list(case.forecasts.items()):
        of_model = name in (PRIOR, POSTERIOR, NULL)
        ending, spread = (DISCREPANCY_ENDING, whole) if of_model else (REVISION_ENDING, figures)
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


def encompassing_table(cases: list[Case]) -> pd.DataFrame:
    """Return, by case of counties, what the model adds to the share at the start, alone and with the null model.

    Scores are in points.
    """
    rows = []
    for case in (case for case in cases if case.name.startswith("counties")):
        model, null = (np.median(case.forecasts[who], axis=0) - case.before for who in (PRIOR, NULL))
        share = case.before[:, None]
        for beside, known in (("share", share), ("share and null model", np.column_stack([share, null]))):
            found = encompassing(case.observed - case.before, known, model, case.group)
            scores = {name: 100.0 * getattr(found, name) for name in ("known", "forecast", "both")}
            weight = {"weight": found.weight, "low": found.low, "high": found.high, "adds": found.adds}
            rows.append({"case": case.name, "beside": beside, "places": len(case.places), **scores, **weight})
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
    cases, agency = make_cases(config)
    table = scorecard(cases)
    write_table(table, folder / SCORECARD)
    write_table(forecast_table(cases), folder / "forecasts.csv")
    write_table(encompassing_table(cases), folder / ENCOMPASSING)
    write_table(agency, folder / AGENCY)
    code = load_region(config.region).province_code
    write_table(record_table(code, cases[0], (PRIOR, POSTERIOR)), folder / "discrepancy.csv")
    print(table[table["years"] == "all"].round(2).to_string(index=False))
    print(f"Tables: {folder}")
    return 0


__all__ = ["HindcastConfig", "hindcast_job", "scorecard"]
