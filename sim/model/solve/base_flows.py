"""Flows that the base year must have, from drawn quantities and census stocks."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from sim.agents.world import (
    ORIGIN_STATES,
    SPLIT_IN,
    SPLIT_OUT,
    TO_OTHER,
    TO_OUTSIDE,
    TOWN_MIGRANT,
    TOWN_NATIVE,
    TRANSITIONS,
    VILLAGE,
    WHOLE_OUT,
)
from sim.base.arrays import Floats
from sim.data import Region
from sim.model.solve.leaving import departures_by_age
from sim.model.solve.sample import Sample
from sim.model.year.outside_flows import departure_shares

MOST_MOVING = 0.6
"""Largest share of the reconsiderations of a state that may end in a move (judged)."""
PERSONS_AWAY, PERSONS_OUT, AT_BASE = 1.4, 1.5, 0.5
"""Persons away per split household, persons per town household that leaves, share of members at a base (judged)."""


@dataclass(frozen=True)
class Targets:
    """Flows that the base year must have, in agents; NaN where nothing is asked.

    Adults leave the province by age in proportion to ``by_age`` plus ``returns`` times those who come
    back (``departures_by_age``).
    """

    own: Floats
    site: Floats
    arrangement: Floats
    shift: Floats
    by_age: Floats
    returns: float


def base_targets(
    region: Region,
    year: int,
    params: dict[str, float],
    sample: Sample,
    weight: float,
    outside_persons: float,
    known: int,
) -> Targets:
    """Return the flows of the base year that the drawn parameters ask for.

    In-province moves from villages are in total the drawn transfer less reclassification plus
    returns, split over own county and others by the stocks of in-migrants (census). Those to
    another county follow its stock; those to the own town fall on all villagers alike with the
    drawn evenness, and otherwise follow the stock within the county times its rural share.
    Outflows are drawn returns plus the drawn net loss, by the shares of five-year departures. Joins
    of split households are part of both.

    Args:
        region: tables.
        year: 2010 or 2020, census whose stocks give the pattern.
        params: drawn parameters.
        sample: households at the start.
        weight: persons per person of the model.
        outside_persons: persons of the model outside the province.
        known: last year-end whose figures may be used.
    """
    table = region.table("county_census")
    census = table[table["year"] == year].set_index("county_code").loc[list(region.county_codes)]
    same = census["in_same_county"].to_numpy(np.float64)
    other = census["in_other_county"].to_numpy(np.float64)
    counts = np.array([sample.weight[sample.state == s].sum() for s in range(len(ORIGIN_STATES))])
    returning = params["return_hazard_in_province"] * (
        (sample.weight * sample.persons)[sample.state == TOWN_MIGRANT].sum() + counts[SPLIT_IN] * PERSONS_AWAY
    )
    net_inside = params["transfer_per_year"] * (1.0 - params["reclassification_share"]) / weight
    inside = max(net_inside + returning - _with_split(params, sample), 0.3 * net_inside)
    back = params["return_hazard"] * outside_persons
    gross_out = max(back + params["outside_loss_per_year"] / weight, 0.25 * back)
    joining = params["join_hazard"] * _at_base(sample, SPLIT_OUT)
    from_villages = max(gross_out * (1.0 - params["town_out_share"]) - joining, 0.2 * gross_out)
    villagers = census["residents_rural"].to_numpy(np.float64)
    stocks = same * villagers / census["residents"].to_numpy(np.float64)
    even = params["own_move_evenness"]
    spread = even * villagers / villagers.sum() + (1.0 - even) * stocks / stocks.sum()
    to_own = inside * same.sum() / (same.sum() + other.sum())
    out = from_villages * departure_shares(region, year)
    by_age, returns = departures_by_age(region, year, known, params)
    return Targets(
        own=np.maximum(to_own * spread, 1e-3),
        site=np.concatenate([np.maximum((inside - to_own) * other / other.sum(), 1e-3), out]),
        arrangement=np.stack([_arrangement(params, f"whole_share_{where}") for where in ("in_province", "outside")]),
        shift=_shift_targets(params, counts, gross_out, urban_homes(sample)),
        by_age=by_age / weight,
        returns=returns,
    )


def _at_base(sample: Sample, state: int) -> float:
    """Return persons at the base of split households, counting half of their members."""
    return float(AT_BASE * (sample.weight * sample.persons)[sample.state == state].sum())


def _with_split(params: dict[str, float], sample: Sample) -> float:
    """Return persons per year who leave villages for towns with a split household: joins and returns to town."""
    into_town = params["return_hazard"] * params["return_town_share"] + params["onward_hazard"] / 2
    joining = params["join_hazard"] + params["onward_hazard"] * 2 / 3
    return joining * _at_base(sample, SPLIT_IN) + into_town * _at_base(sample, SPLIT_OUT)


def _arrangement(params: dict[str, float], name: str) -> Floats:
    whole = params[name]
    one = params["one_share_of_split"]
    return np.array([(1.0 - whole) * one, (1.0 - whole) * (1.0 - one), whole])


def urban_homes(sample: Sample) -> float:
    """Return the share of the households wholly outside whose home is in a town."""
    rows = np.flatnonzero(sample.state == WHOLE_OUT)
    if len(rows) == 0:
        return 0.0
    own_town = sample.utility[rows, 1 + sample.county[rows], 2]
    return float(np.average(~np.isfinite(own_town), weights=sample.weight[rows]))


def _shift_targets(params: dict[str, float], counts: Floats, gross_out: float, urban_home: float) -> Floats:
    """Return households per year by state of origin and kind of destination.

    Households outside whose home is in a town return there when they go home; going home
    is so much more or less frequent that the drawn share of all returns ends in towns.
    """
    hazard = np.full((len(ORIGIN_STATES), len(TRANSITIONS)), np.nan)
    back, town = params["return_hazard"], params["return_town_share"]
    onward = params["onward_hazard"]
    hazard[SPLIT_IN] = [params["return_hazard_in_province"], params["join_hazard"], onward / 3, onward / 3, onward / 3]
    hazard[SPLIT_OUT] = [back * (1 - town), params["join_hazard"], back * town, onward / 2, onward / 2]
    going_home = min(back * (1 - town) / max(1 - urban_home, 0.05), 0.99 * back)
    hazard[WHOLE_OUT] = [going_home, np.nan, back - going_home, onward / 2, onward / 2]
    hazard[TOWN_MIGRANT] = [params["return_hazard_in_province"], np.nan, onward / 3, onward / 3, onward / 3]
    hazard[TOWN_NATIVE, TO_OTHER] = params["town_native_hazard"]
    target = hazard * counts[:, None]
    target[TOWN_NATIVE, TO_OUTSIDE] = gross_out * params["town_out_share"] / PERSONS_OUT
    return np.where(counts[:, None] > 0, target, np.nan)


def reconsidering_factor(sample: Sample, targets: Targets) -> Floats:
    """Return by how much the households of a state reconsider more often than drawn, float64[6], at least 1.

    Flows out of a state cannot exceed its reconsiderations; where the drawn flows would
    need more than ``MOST_MOVING`` of them, the drawn rate is raised.
    """
    workers = np.average(sample.workers, weights=sample.weight)
    persons = np.average(sample.persons, weights=sample.weight)
    per_move = targets.arrangement @ np.array([1.0, workers, persons])
    inside = targets.own.sum() + targets.site[: len(targets.own)].sum()
    outside = targets.site[len(targets.own) :].sum()
    needed = np.nansum(targets.shift, axis=1)
    needed[VILLAGE] = inside / per_move[0] + outside / per_move[1]
    available = MOST_MOVING * np.bincount(sample.state, sample.hazard, len(ORIGIN_STATES))
    return np.maximum(np.divide(needed, available, out=np.ones_like(needed), where=available > 0), 1.0)
