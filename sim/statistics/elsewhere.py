"""What forecasts of other provinces got wrong, and two benchmarks that carry those errors.

A forecast of one province is as uncertain as forecasts made the same way proved to be in the
others. Errors are taken apart: what all provinces of an origin have in common (the common
part) and what is left (the own part), each with its spread by years ahead. The province
that is forecast never enters, and no value after the origin does.

Rates are in per cent, years are year-ends; a panel has a row per year and a column per province.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
import pandas as pd
from scipy.special import expit, logit
from scipy.stats import t

from sim.base.arrays import Floats

__all__ = [
    "Spread",
    "errors_in_regime",
    "linear_ahead",
    "logistic_ahead",
    "logistic_members",
    "past_errors",
    "pooled_members",
    "spread",
]

CEILING = 87.5
"""Ceiling of the logistic curve, per cent: the middle of the range of other benchmarks; 100 from ``NEAR`` on."""
NEAR = 84.0
PACE = 3
"""Years whose mean change is the pace (judged; chosen when the figures of 2021-2024 were known)."""
BREAK = 2010
"""Census whose results were carried to later years but not to earlier ones: no pace reaches across it."""
COMMON_DF, OWN_DF = 3, 8
"""Degrees of freedom: of few overlapping origins, of many provinces (judged; 2021-2024 were known)."""
MEMBERS = 999

Forecaster = Callable[[pd.Series, int, int], float]
"""Rate of one province ``ahead`` years after an origin, from its series up to there."""


class Spread(NamedTuple):
    """Standard deviations of forecast errors by years ahead, points, float64[years ahead]."""

    common: Floats
    own: Floats


def logistic_ahead(rates: pd.Series, origin: int, ahead: int) -> float:
    """Return the logistic continuation of a rate at its pace of the last ``PACE`` years, per cent."""
    ceiling = CEILING if rates[origin] < NEAR else 100.0
    first, last = _window(origin)
    index = logit(rates[[first, last]].to_numpy(np.float64) / ceiling)
    pace = (index[1] - index[0]) / (last - first)
    return float(ceiling * expit(logit(rates[origin] / ceiling) + pace * ahead))


def linear_ahead(values: pd.Series, origin: int, ahead: int) -> float:
    """Return values continued at their mean change of the last ``PACE`` years."""
    first, last = _window(origin)
    return float(values[origin] + (values[last] - values[first]) / (last - first) * ahead)


def errors_in_regime(panel: pd.DataFrame, forecast: Forecaster, last: int) -> pd.DataFrame:
    """Return the errors of past forecasts whose pace and outcome lie between ``BREAK`` and a last year-end.

    None of them holds what a census revealed: the years between were restated after it.
    """
    return past_errors(panel, forecast, range(BREAK + PACE, last), last - BREAK - PACE, last)


def _window(origin: int) -> tuple[int, int]:
    """Return the years whose mean change is the pace known at an origin; at the break that of the regime before."""
    if origin == BREAK:
        return BREAK - 1 - PACE, BREAK - 1
    return (max(origin - PACE, BREAK), origin) if origin > BREAK else (origin - PACE, origin)


def past_errors(
    panel: pd.DataFrame, forecast: Forecaster, origins: Sequence[int], ahead: int, last: int
) -> pd.DataFrame:
    """Return the errors of past forecasts: origin, province, ahead, error (forecast less outcome, points).

    Args:
        panel: rates, per cent.
        forecast: the forecaster.
        origins: year-ends forecast from.
        ahead: longest horizon, years.
        last: last year-end whose rates may be used.
    """
    rows = [
        (origin, province, h, forecast(panel[province].loc[:origin], origin, h) - panel[province][origin + h])
        for origin in origins
        for h in range(1, ahead + 1)
        if origin + h <= last
        for province in panel.columns
    ]
    return pd.DataFrame(rows, columns=["origin", "province", "ahead", "error"])


def spread(errors: pd.DataFrame) -> Spread:
    """Return the spread of errors: of their means by origin, and around these."""
    groups = [part for _, part in errors.groupby("ahead")]
    means = [part.groupby("origin")["error"].mean() for part in groups]
    left = [part["error"] - part.groupby("origin")["error"].transform("mean") for part in groups]
    return Spread(np.array([m.std(ddof=1) for m in means]), np.array([e.std() for e in left]))


def logistic_members(panel: pd.DataFrame, province: str, origin: int, ahead: int) -> Floats:
    """Return the logistic continuation with the errors that it made in other provinces, float64[members, ahead].

    Args:
        panel: rates of all provinces, per cent.
        province: column of the province that is forecast.
        origin: year-end forecast from, and last whose rates are used.
        ahead: longest horizon, years.
    """
    others = panel.drop(columns=province)
    errors = past_errors(others, logistic_ahead, _origins(panel, origin), ahead, origin)
    middle = [logistic_ahead(panel[province], origin, h) for h in range(1, ahead + 1)]
    return _members(np.array(middle), spread(errors))


def pooled_members(panel: pd.DataFrame, province: str, origin: int, ahead: int) -> Floats:
    """Return a regression pooled over other provinces with its errors there, float64[members, ahead].

    Gain over h years on a constant, level, own pace less the national mean, and that mean;
    one regression for each h, by least squares over all origins before.

    Args:
        panel: rates of all provinces, per cent.
        province: column of the province that is forecast.
        origin: year-end forecast from, and last whose rates are used.
        ahead: longest horizon, years.
    """
    others = panel.drop(columns=province)
    middle, common, own = [], [], []
    for h in range(1, ahead + 1):
        known = [(o, p) for o in _origins(panel, origin) if o + h <= origin for p in others.columns]
        features = np.array([_features(others, others[p], o) for o, p in known])
        gains = np.array([others[p][o + h] - others[p][o] for o, p in known])
        weights = np.linalg.lstsq(features, gains)[0]
        errors = pd.DataFrame({"ahead": h, "origin": [o for o, _ in known], "error": features @ weights - gains})
        found = spread(errors)
        middle.append(panel[province][origin] + np.dot(_features(others, panel[province], origin), weights))
        common.append(found.common[0])
        own.append(found.own[0])
    return _members(np.array(middle), Spread(np.array(common), np.array(own)))


def _features(others: pd.DataFrame, rates: pd.Series, origin: int) -> list[float]:
    """Return constant, level, own pace less the mean of other provinces, and that mean."""
    first, last = _window(origin)
    pace = (rates[last] - rates[first]) / (last - first)
    change = (others.loc[last] - others.loc[first]).to_numpy(np.float64)
    national = float(change.mean()) / (last - first)
    return [1.0, rates[origin], pace - national, national]


def _origins(panel: pd.DataFrame, until: int) -> list[int]:
    """Return the year-ends before ``until`` whose pace is known inside one regime; the break itself is none."""
    years = range(int(panel.index.min()) + PACE, until)
    return [year for year in years if year < BREAK or year > BREAK]


def _members(middle: Floats, errors: Spread) -> Floats:
    """Return members around a path; each error has one sign and rank over all years, as a pace that stays wrong has."""
    shares = (np.arange(MEMBERS) + 0.5) / MEMBERS
    order = np.random.default_rng(0).permutation(MEMBERS)  # pairs the two parts at random, the same in every call
    common, own = t.ppf(shares, COMMON_DF)[order], t.ppf(shares, OWN_DF)
    return np.asarray(middle + common[:, None] * errors.common + own[:, None] * errors.own)
