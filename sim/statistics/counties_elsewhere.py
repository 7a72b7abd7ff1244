"""What the counties of other provinces did, given their share: the benchmark that forecasts of counties must beat.

The change of the urban share between two censuses is regressed on the share at the first and its
square, over the counties of all other provinces: so a forecast shrinks to what went with a share
like that elsewhere. Errors are taken apart into what the counties of a province have in common, what
those of a prefecture have besides, and what is left to single counties, whose spread differs by share
and whose tails are those of Student's t.
"""

from __future__ import annotations

from typing import Literal, NamedTuple

import numpy as np
import pandas as pd
from scipy.stats import t

from sim.base.arrays import Floats, Ints

__all__ = ["CountyRule", "county_rule", "county_spread", "rule_members", "share_class", "shocks"]

CLASSES = (0.3, 0.6, 0.9)
"""Limits of the classes of share by which the spread of single counties is learnt."""
FEWEST_DF = 2.5
"""Fewest degrees of freedom, so that the spread stays finite."""
MEMBERS = 999

Quantity = Literal["share", "residents"]


class CountyRule(NamedTuple):
    """Change on share and its square, and the spread of its errors.

    Attributes:
        weights: of constant, share, squared share.
        province, prefecture: standard deviation of what counties have in common.
        county: standard deviation of single counties by class of share, float64[classes].
        df: degrees of freedom of single counties.
        composition: mean and standard deviation over provinces of what the share of a province rose
            beyond the mean of its counties, because urban counties grew faster.
    """

    weights: Floats
    province: float
    prefecture: float
    county: Floats
    df: float
    composition: tuple[float, float]


def _features(share: Floats) -> Floats:
    return np.column_stack([np.ones(len(share)), share, share**2])


class _Errors(NamedTuple):
    """What a regression on share leaves: spread of its parts, and what is left to single counties with their class."""

    weights: Floats
    province: float
    prefecture: float
    county: Floats
    single: Floats
    kind: Ints


def county_rule(counties: pd.DataFrame, left_out: str) -> CountyRule:
    """Return the rule of all provinces but one.

    Args:
        counties: columns of ``sim.data.county_changes``.
        left_out: province that the rule is for.
    """
    table = counties[counties["province"] != left_out]
    found = _errors(table, (table["share_2020"] - table["share_2010"]).to_numpy(np.float64))
    df = max(float(t.fit(found.single / found.county[found.kind], floc=0.0)[0]), FEWEST_DF)
    beyond = table.groupby("province")[list(table.columns)].apply(_composition)
    composition = float(beyond.mean()), float(beyond.std())
    return CountyRule(found.weights, found.province, found.prefecture, found.county, df, composition)


def county_spread(counties: pd.DataFrame, left_out: str, quantity: Quantity) -> tuple[float, Floats]:
    """Return how far prefectures and single counties went their own way in the decade, in all provinces but one.

    Args:
        counties: columns of ``sim.data.county_changes``.
        left_out: province that it is for.
        quantity: the urban share, or the logarithm of residents.

    Returns:
        Standard deviation of what counties of a prefecture have in common, and of single counties by
        class of share, float64[classes].
    """
    table = counties[counties["province"] != left_out]
    first, last = (table[f"{quantity}_{year}"].to_numpy(np.float64) for year in (2010, 2020))
    found = _errors(table, last - first if quantity == "share" else np.log(last / first))
    return found.prefecture, found.county


def share_class(share: Floats) -> Ints:
    """Return the class of every share, by which the spread of single counties is learnt."""
    return np.searchsorted(CLASSES, share, side="right")


def _errors(table: pd.DataFrame, change: Floats) -> _Errors:
    """Regress changes on share and its square, and take the errors apart.

    Analysis of variance with groups of unequal size (Searle and others 1992, section 3.6).
    """
    share = table["share_2010"].to_numpy(np.float64)
    weights: Floats = np.asarray(np.linalg.lstsq(_features(share), change)[0], np.float64)
    error = pd.Series(change - _features(share) @ weights, index=table.index)
    inside = error - error.groupby(table["province"]).transform("mean")
    groups = inside.groupby(table["prefecture_code"])
    single = (inside - groups.transform("mean")).to_numpy(np.float64)
    size, means = groups.size().to_numpy(np.float64), groups.mean().to_numpy(np.float64)
    within = float((single**2).sum() / (len(single) - len(size)))
    between = float((size * means**2).sum() / (len(size) - 1))
    typical = (size.sum() - (size**2).sum() / size.sum()) / (len(size) - 1)
    kind = share_class(share)
    return _Errors(
        weights,
        float(error.groupby(table["province"]).mean().std()),
        float(np.sqrt(max((between - within) / typical, 0.0))),
        _single(single, np.eye(len(CLASSES) + 1)[kind], table["prefecture_code"]),
        single,
        kind,
    )


def _single(left: Floats, of_class: Floats, prefecture: pd.Series) -> Floats:
    """Return the standard deviation of single counties by class, from what is left without prefecture means.

    The square of what is left of a county is expected to be (1 - 2 / m) of its own variance and the
    sum of the variances in its prefecture of m counties over m squared.
    """
    classes = pd.DataFrame(of_class, index=prefecture.index).groupby(prefecture).transform("sum").to_numpy(np.float64)
    m = classes.sum(axis=1, keepdims=True)
    variance = np.linalg.lstsq((1.0 - 2.0 / m) * of_class + classes / m**2, left**2)[0]
    return np.asarray(np.sqrt(np.maximum(variance, 1e-8)))


def _composition(counties: pd.DataFrame) -> float:
    """Return the change of the share of all counties together less the mean change of one resident's county."""
    first, last = (np.average(counties[f"share_{y}"], weights=counties[f"residents_{y}"]) for y in (2010, 2020))
    change = counties["share_2020"] - counties["share_2010"]
    return float(last - first - np.average(change, weights=counties["residents_2010"]))


def rule_members(
    rule: CountyRule, share: Floats, prefecture: Ints, province_change: tuple[Floats, float] | None = None
) -> Floats:
    """Return urban shares that the rule forecasts, with its errors, float64[members, n].

    Args:
        rule: the rule.
        share: shares at the start, float64[n].
        prefecture: prefecture of every county, int64[n].
        province_change: residents of the counties at the start and the known change of the share of the
            province; the mean of the counties is then that, less what the composition adds.
    """
    middle = _features(share) @ rule.weights
    of_province = rule.province
    if province_change is not None:
        residents, change = province_change
        composition, of_province = rule.composition
        middle = middle + change - composition - np.average(middle, weights=residents)
    common = of_province * np.random.default_rng(1).standard_normal((MEMBERS, 1))
    return np.asarray(np.clip(share + middle + common + shocks(rule, share, prefecture, MEMBERS), 0.0, 1.0))


def shocks(rule: CountyRule, share: Floats, prefecture: Ints, members: int) -> Floats:
    """Return how far counties go their own way, with their prefecture and alone, float64[members, n].

    Args:
        rule: the rule whose errors are drawn.
        share: shares at the start, float64[n].
        prefecture: prefecture of every county, whose errors are drawn in common, int64[n].
        members: how many, the same in every call.
    """
    generator = np.random.default_rng(0)
    common = rule.prefecture * generator.standard_normal((members, int(prefecture.max()) + 1))
    spread = rule.county[share_class(share)] * np.sqrt((rule.df - 2.0) / rule.df)
    return np.asarray(common[:, prefecture] + spread * generator.standard_t(rule.df, (members, len(share))))
