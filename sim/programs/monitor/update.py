"""What new figures say of the runs that forecast them: weights of runs and of the discrepancy."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from scipy.special import logsumexp

from sim.base.arrays import Floats
from sim.programs.calibrate.targets import declared_targets
from sim.programs.monitor.figures import NewFigures
from sim.programs.monitor.runs import RATE, REGISTERED, RESIDENTS, Forecast
from sim.statistics.discrepancy import POINTS, sds
from sim.statistics.updating import log_kernel, weigh
from sim.statistics.waves import effective_size
from sim.studies.discrepancy import ROUNDING, figure_errors

__all__ = ["Update", "update"]

SHOCKS = slice(4, 6)
"""Shocks of prefectures and counties among the parts of the discrepancy."""


class Update(NamedTuple):
    """What figures leave of the runs of a scenario.

    Attributes:
        weight: of every run and point, float64[runs, points], sums to 1.
        effective: effective number of runs.
        by_figure: effective number of runs by each kind of figure alone.
        evidence: log probability of the figures, up to what scenarios share.
    """

    weight: Floats
    effective: float
    by_figure: dict[str, float]
    evidence: float

    @property
    def runs(self) -> Floats:
        """Weights of the runs, float64[runs]."""
        return np.asarray(self.weight.sum(axis=1))


def update(forecast: Forecast, figures: NewFigures, scenario: str) -> Update:
    """Return what figures leave of the runs of a scenario.

    Args:
        forecast: runs that use no figure of the year.
        figures: the new figures.
        scenario: what is carried out.
    """
    by_run = _by_run(forecast, figures, scenario)
    parts = {kind: np.repeat(part[:, None], POINTS, axis=1) for kind, part in by_run.items()}
    if figures.province.urban_rate is not None:
        error = np.hypot(figure_errors(forecast.region.province_code).rate, forecast.rate_noise(figures.year))
        told = forecast.told(scenario, figures.year)
        parts["urban_rate"] = log_kernel(told, figures.province.urban_rate / 100.0, float(error))
    total = sum(parts.values(), np.zeros((forecast.runs, POINTS)))
    weight = weigh(total)
    alone = {kind: effective_size(weigh(part).sum(axis=1)) for kind, part in parts.items()}
    evidence = float(logsumexp(total)) - float(np.log(total.size))
    return Update(weight, effective_size(weight.sum(axis=1)), alone, evidence)


def _by_run(forecast: Forecast, figures: NewFigures, scenario: str) -> dict[str, Floats]:
    """Return the log likelihood of figures that say nothing of the points of the rate, by kind, float64[runs]."""
    parts: dict[str, Floats] = {}
    given, year, region = figures.province, figures.year, forecast.region
    if given.residents is not None:
        offsets = forecast.discrepancy.residents(region.province_code, [year])[:, 0]
        told = np.log(forecast.values(scenario, RESIDENTS, year))[:, None] + offsets
        kernel = log_kernel(told, float(np.log(1e4 * given.residents)), figure_errors(region.province_code).residents)
        parts["residents"] = np.asarray(logsumexp(kernel, axis=1))
    if given.registered_urban_rate is not None:
        off = float(declared_targets()["after_2020"]["registered_2020"]["discrepancy"]) / 100.0
        told = forecast.values(scenario, REGISTERED, year)
        parts["registered_urban_rate"] = log_kernel(told, given.registered_urban_rate / 100.0, off)
    for account in ("left", "entered"):
        index = getattr(figures.flows, account)
        if index is not None:
            now, before = (forecast.flow(scenario, account, y) for y in (year, year - 1))
            ratio = np.log(np.maximum(now, 1.0) / np.maximum(before, 1.0))
            apart = np.hypot(np.hypot(forecast.flow_noise(now), forecast.flow_noise(before)), figures.flows.error)
            parts[account] = log_kernel(ratio, float(np.log(index)), float(np.median(apart)))
    if figures.prefectures:
        parts["prefectures"] = _prefectures(forecast, figures, scenario)
    return parts


def _prefectures(forecast: Forecast, figures: NewFigures, scenario: str) -> Floats:
    """Return the log likelihood of figures of prefectures, each less that of the province, float64[runs].

    A prefecture differs from its forecast by shocks of its own and of its counties. Where the province has no
    figure, that of the forecast stands for it, and its own error comes in.
    """
    total, year, found = np.zeros(forecast.runs), figures.year, forecast.discrepancy
    (grown,) = found.grown([year], "published")
    whole = (figures.province.urban_rate, figures.province.residents)
    for code, place in figures.prefectures.items():
        for k, given in enumerate((place.urban_rate, place.residents)):
            if given is None:
                continue
            indicator, spread = (RATE, RESIDENTS)[k], found.places[code][k]
            sd = sds(spread, grown)
            off = float(np.hypot.reduce(sd[SHOCKS] if whole[k] is not None else sd))
            here, province = (_scaled(forecast.values(scenario, indicator, year, at), k) for at in (code, None))
            people = (forecast.values(scenario, RESIDENTS, year, at).mean() for at in (code, None))
            off = float(np.hypot(off, forecast.rate_noise(year, next(people) / next(people))))
            known = _published(whole[k], k) if whole[k] is not None else province
            total = total + log_kernel(here - province + known, _published(given, k), max(off, ROUNDING))
    return total


def _scaled(values: Floats, quantity: int) -> Floats:
    """Return rates as they are and residents as logarithms."""
    return np.log(values) if quantity else values


def _published(given: float | None, quantity: int) -> float:
    """Return a figure of the file on the same scale."""
    value = float("nan") if given is None else given
    return float(np.log(1e4 * value)) if quantity else value / 100.0
