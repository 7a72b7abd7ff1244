"""Whether a claim holds in the runs of a variant, and whether it holds in all of them: numbers alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Annotated, Literal

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import BaseModel, ConfigDict, Field, model_validator

from sim.base.arrays import Floats
from sim.studies.target import RateOffsets, independent_runs, narrowed, no_offsets, wilson

HOLDS, FAILS, NOT_SHOWN = "holds", "fails", "not_shown"
ROBUST, FRAGILE, REFUTED, OPEN = "robust", "fragile", "refuted", "open"
QUANTITIES: Mapping[str, Mapping[str, float]] = {
    "resident_urban_rate": {"resident_urban_rate": 100.0},
    "registered_urban_rate": {"resident_urban_rate": 100.0, "rate_gap": -100.0},
    "rate_gap": {"rate_gap": 100.0},
}
"""What a claim may speak of, in percent or points, as a sum over indicators of the province."""
COLUMNS = ["claim", "variant", "verdict", "share", "ci_low", "ci_high", "needed", "median", "p05", "p95", "runs"]


class Variant(BaseModel):
    """The model with some keys of the main job set otherwise.

    Attributes:
        name: name of its study.
        en, zh: what is different.
        settings: as on the command line of the main job.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    name: Annotated[str, Field(pattern=r"^[a-z0-9][a-z0-9_]*$")]
    en: Annotated[str, Field(min_length=1)]
    zh: Annotated[str, Field(min_length=1)]
    settings: list[str]


class Claim(BaseModel):
    """A sentence of the report and what must be so in a run for it to be true there.

    Attributes:
        id: name.
        en, zh: the sentence.
        quantity: what it speaks of, one of ``QUANTITIES``.
        scenario: under which scenario.
        against: scenario that is subtracted, run by run; None: the level itself.
        since: year whose value is subtracted, or ``last_observed``; None: the level itself.
        year: end of which year.
        comparison: how the value is compared with the threshold; ``within`` looks at its size alone.
        threshold: percent, or points where something is subtracted.
        probability: share of the draws in which it must be so for the sentence to be true.
    """

    model_config = ConfigDict(extra="forbid", frozen=True, strict=True)

    id: Annotated[str, Field(pattern=r"^[a-z][a-z0-9_]*$")]
    en: Annotated[str, Field(min_length=1)]
    zh: Annotated[str, Field(min_length=1)]
    quantity: Literal["resident_urban_rate", "registered_urban_rate", "rate_gap"]
    scenario: str
    against: str | None = None
    since: int | Literal["last_observed"] | None = None
    year: int
    comparison: Literal["at_least", "above", "below", "within"]
    threshold: Annotated[float, Field(allow_inf_nan=False)]
    probability: Annotated[float, Field(gt=0.0, lt=1.0)]

    @model_validator(mode="after")
    def _since_before(self) -> Claim:
        if isinstance(self.since, int) and self.since >= self.year:
            raise ValueError(f"since = {self.since}: allowed is a year before {self.year}, the year of the claim")
        return self

    def first_year(self, last_observed: int) -> int | None:
        """Return the year whose value is subtracted."""
        return last_observed if isinstance(self.since, str) else self.since


def measured(claim: Claim, values: pd.DataFrame, last_observed: int) -> pd.Series:
    """Return what a claim speaks of in every run that has all of it, in percent or points.

    Args:
        claim: the claim.
        values: scenario, draw, replicate, year, indicator, value of the province at year-ends.
        last_observed: last observed year of the runs.
    """
    weights = QUANTITIES[claim.quantity]
    rows = values[values["indicator"].isin(list(weights))]
    weighted = rows.assign(value=rows["value"] * rows["indicator"].map(weights))
    table = weighted.pivot_table(
        index=["draw", "replicate"], columns=["scenario", "year"], values="value", aggfunc="sum"
    )

    def at(year: int) -> pd.Series:
        level: pd.Series = table.get((claim.scenario, year), pd.Series(np.nan, table.index))
        return level if claim.against is None else level - table.get((claim.against, year), np.nan)

    since = claim.first_year(last_observed)
    found = at(claim.year) if since is None else at(claim.year) - at(since)
    return found.dropna()


def added(claim: Claim, offsets: RateOffsets, last_observed: int) -> Floats:
    """Return what is added to what a claim speaks of, float64[points], in percent or points.

    A difference between scenarios and the registered rate have none.
    """
    if claim.against is not None or claim.quantity == "registered_urban_rate":
        return np.zeros(1)
    since = claim.first_year(last_observed)
    both = offsets([claim.year] if since is None else [since, claim.year], "published")
    return np.asarray(100.0 * (both[:, -1] - (0.0 if since is None else both[:, 0])))


def true_in(claim: Claim, found: Floats) -> NDArray[np.bool_]:
    """Return in which runs a claim is true.

    Example:
        >>> given = {"id": "a", "en": "a", "zh": "a", "quantity": "rate_gap", "scenario": "plan", "year": 2029}
        >>> claim = Claim(**given, comparison="within", threshold=0.5, probability=0.9)
        >>> true_in(claim, np.array([-0.5, 0.0, 0.6])).tolist()
        [True, True, False]
    """
    size = np.abs(found) if claim.comparison == "within" else found
    how = {"at_least": np.greater_equal, "above": np.greater, "below": np.less, "within": np.less_equal}
    return np.asarray(how[claim.comparison](size, claim.threshold), dtype=bool)


def verdict(low: float, high: float, needed: float) -> str:
    """Return the verdict on a claim that must be true in a share of all draws, of which an interval is known.

    Example:
        >>> verdict(0.93, 1.0, 0.9), verdict(0.3, 0.6, 0.5), verdict(0.0, 0.2, 0.5)
        ('holds', 'not_shown', 'fails')
    """
    return HOLDS if low > needed else FAILS if high < needed else NOT_SHOWN


def judged(
    claims: Sequence[Claim],
    variant: str,
    values: pd.DataFrame,
    last_observed: int,
    offsets: RateOffsets = no_offsets,
) -> pd.DataFrame:
    """Return the verdict on every claim in the runs of one variant (``COLUMNS``).

    A run counts by the share of the points of its discrepancy at which a claim is true. The mean has Wilson's 95%
    interval, by the number of ``independent_runs``; the verdict is *not shown* where it contains the share that is
    needed. Without a run nothing is shown, and nothing of the gap where runs do not narrow over the observed years.
    """
    rows = []
    for claim in claims:
        found = measured(claim, values, last_observed)
        if claim.quantity == "rate_gap" and claim.against is None and not _gap_narrowed(values, claim.scenario):
            found = found.iloc[:0]
        told = found.to_numpy(np.float64)[:, None] + added(claim, offsets, last_observed)
        share, low, high, quantiles = np.nan, 0.0, 1.0, [np.nan] * 3
        if len(told):
            chances = true_in(claim, told).mean(axis=1)
            draws = found.index.get_level_values("draw").to_numpy()
            share = float(chances.mean())
            low, high = wilson(share, independent_runs(chances, draws))
            quantiles = np.quantile(told, [0.5, 0.05, 0.95]).tolist()
        said = verdict(low, high, claim.probability)
        rows.append([claim.id, variant, said, share, low, high, claim.probability, *quantiles, len(told)])
    return pd.DataFrame(rows, columns=COLUMNS)


def _gap_narrowed(values: pd.DataFrame, scenario: str) -> bool:
    """Return whether the runs of a scenario narrow over the observed years: else nothing is said of the gap."""
    own = values[(values["scenario"] == scenario) & (values["indicator"] == "rate_gap")]
    return narrowed(own.pivot_table(index=["draw", "replicate"], columns="year", values="value"))


def overall(table: pd.DataFrame) -> pd.Series:
    """Return by claim, in the order of the table, what its verdicts come to; the first variant is the model as it is.

    ``robust``: it holds everywhere; ``fragile``: it holds in the first variant and fails or is not shown in
    another; ``refuted``: it fails in the first; ``open``: it is not shown there.
    """
    found = {}
    for claim, rows in table.groupby("claim", sort=False):
        first, *others = rows["verdict"]
        robust = first == HOLDS and all(other == HOLDS for other in others)
        found[claim] = ROBUST if robust else {HOLDS: FRAGILE, FAILS: REFUTED, NOT_SHOWN: OPEN}[first]
    return pd.Series(found, dtype=str)
