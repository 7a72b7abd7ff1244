"""Emulators of a study: fitted to the runs of its design, with the error that runs kept aside show."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.base.arrays import Floats
from sim.data import Region
from sim.policies import Levers
from sim.policies.effects import COMBINING, EffectKey, draw_effects
from sim.programs.whatif.design import ASSUMPTIONS, Point, Space
from sim.programs.whatif.simulate import PROVINCE, Design, columns, names
from sim.statistics.emulator import Choices, Emulator, Traits, effects_at, errors_at, fit, with_errors
from sim.studies.ensemble import JOB

__all__ = ["ASIDE", "UNITS", "Fitted", "assumed_of", "choices_of", "fit_rows"]

ASIDE = 4
"""Last points of every draw, which no emulator is fitted to: half of them measure its error, half judge it."""
UNITS = {
    "resident_urban_rate": 100.0,
    "urban_residents": 1e-4,
    "registered_urban_rate": 100.0,
    "fiscal_cost": 1e-8,
}
"""Factors from the units of the model to those of the page: points, ten thousand persons, hundred million yuan."""
COSTS = "fiscal_cost"
Z90 = 1.6448536269514722
PLACE_RIDGE = 0.5
SAME = 1e-9
"""Spread over draws, as a share of the largest value, below which a number is the same in all of them."""


@dataclass(frozen=True)
class Fitted:
    """All that a page or a search asks.

    Attributes:
        space: what can be chosen.
        years: year-ends.
        draws: numbers of the draws.
        base: the runs without policy in ``UNITS``, float64[years, draws, quantities of PROVINCE].
        emulators: by quantity; effects in ``UNITS``.
        traits: what is known of levers, by quantity.
        places: median rate of prefectures without policy in percent, float64[years, prefectures].
        spread: effect on prefectures per place, lever and assumption, float64[years, prefectures, columns].
        errors: what runs kept aside say about the emulators.
    """

    space: Space
    years: tuple[int, ...]
    draws: tuple[int, ...]
    base: Floats
    emulators: Mapping[str, Emulator]
    traits: Mapping[str, Traits]
    places: Floats
    spread: Floats
    errors: pd.DataFrame

    def effect(self, quantity: str, point: Point) -> Floats:
        """Return the paired effect of a point, float64[years, draws]."""
        return effects_at(self.emulators[quantity], self._everywhere(point), self.traits[quantity])[:, :, 0]

    def error(self, quantity: str, point: Point) -> Floats:
        """Return the standard deviation of the emulator's error at a point, float64[years, draws]."""
        return errors_at(self.emulators[quantity], self._everywhere(point), self.traits[quantity])[:, :, 0]

    def _everywhere(self, point: Point) -> Choices:
        one, n = choices_of(self.space, [[point]]), len(self.draws)
        levels, assumed = np.tile(one.levels, (n, 1, 1)), np.tile(one.assumed, (n, 1, 1))
        return Choices(levels, np.tile(one.start, (n, 1)), np.tile(one.place, (n, 1)), assumed)


def assumed_of(point: Point) -> list[float]:
    """Return the assumptions of a point as the emulator takes them: one at full size is 1, both signs apart."""
    values = []
    for one, value in zip(ASSUMPTIONS, point.assumptions, strict=True):
        if one.low < 0.0:
            values += [max(value, 0.0) / one.high, min(value, 0.0) / -one.low]
        else:
            values.append(value / one.high)
    return values


def choices_of(space: Space, points: Sequence[Sequence[Point]]) -> Choices:
    """Return points by draw as the emulator takes them."""
    return Choices(
        np.array([[point.intensities for point in some] for some in points], np.float64),
        np.array([[space.starts.index(point.start) for point in some] for some in points]),
        np.array([[space.places.index(point.place) for point in some] for some in points]),
        np.array([[assumed_of(point) for point in some] for some in points], np.float64),
    )


def fit_rows(design: Design, levers: Levers, seed: int, rows: pd.DataFrame) -> Fitted:
    """Return what is fitted to the rows of the draws that went well.

    Args:
        design: the design of the runs.
        levers: the levers of the runs.
        seed: seed of the study.
        rows: as ``run_ensemble`` returns them, without failed draws.
    """
    draws = [int(draw) for draw in rows[JOB]]
    points = [design.points[draw] for draw in draws]
    per_draw, kept = len(points[0]), columns(design)
    table = rows[names(design, per_draw)].to_numpy(np.float64)
    values: Floats = table.reshape(len(draws), per_draw + 1, len(design.years), len(kept))
    effects = np.moveaxis(values[:, 1:] - values[:, :1], 2, 0)
    choices, used, judged = choices_of(design.space, points), *_kept_aside(len(draws), per_draw)
    emulators, traits, errors = {}, {}, []
    for k, quantity in enumerate(PROVINCE):
        known = traits_of(levers, seed, draws, quantity == COSTS)
        said = effects[..., k] * UNITS[quantity]
        found = with_errors(fit(choices, known, said, used), choices, known, said, ~used & ~judged)
        emulators[quantity], traits[quantity] = found, known
        errors.append(_error_table(quantity, design.years, found, choices, known, said, judged))
    start = emulators[PROVINCE[0]].reach[:, :, 0]
    rates = effects[..., len(PROVINCE) :] * UNITS[PROVINCE[0]]
    spread, missed = _fit_places(choices, start, rates, used, judged)
    errors.append(_place_errors(design.setup.region, design.years, missed))
    return Fitted(
        design.space,
        tuple(design.years),
        tuple(draws),
        np.moveaxis(values[:, 0, :, : len(PROVINCE)], 1, 0) * np.array([UNITS[quantity] for quantity in PROVINCE]),
        emulators,
        traits,
        100.0 * np.median(values[:, 0, :, len(PROVINCE) :], axis=0),
        spread,
        pd.concat(errors, ignore_index=True),
    )


def _kept_aside(draws: int, per_draw: int) -> tuple[NDArray[np.bool_], NDArray[np.bool_]]:
    """Return which runs are fitted to, and which judge the emulator."""
    used, judged = np.ones((draws, per_draw), np.bool_), np.zeros((draws, per_draw), np.bool_)
    used[:, -ASIDE:] = False
    judged[:, -ASIDE // 2 :] = True
    return used, judged


def traits_of(levers: Levers, seed: int, draws: Sequence[int], costs: bool) -> Traits:
    """Return what is known of levers: drawn effects (and unit costs), standardised, and who enables whom."""
    drawn = [draw_effects(levers, seed, draw) for draw in draws]
    keys: list[EffectKey] = [
        key for key in drawn[0] if key[0] != COMBINING and (costs or not key[1].startswith("cost."))
    ]
    table = np.array([[one[key] for key in keys] for one in drawn])
    sds = table.std(axis=0)
    varies = np.flatnonzero(sds > SAME * np.abs(table).max(axis=0))
    order = list(levers)
    enablers = {
        (order.index(lever.id), order.index(target.split(".")[0]))
        for lever in levers.values()
        for effect in lever.effects
        for target in effect.targets
    }
    return Traits(
        (table[:, varies] - table[:, varies].mean(axis=0)) / sds[varies],
        np.array([order.index(keys[k][0]) for k in varies]),
        tuple(sorted(enablers)),
    )


def _error_table(
    quantity: str,
    years: Sequence[int],
    emulator: Emulator,
    choices: Choices,
    traits: Traits,
    effects: Floats,
    judged: NDArray[np.bool_],
) -> pd.DataFrame:
    """Return how well runs kept aside are met, by year."""
    missed = effects - effects_at(emulator, choices, traits)
    inside = np.abs(missed) <= Z90 * errors_at(emulator, choices, traits)
    return pd.DataFrame(
        {
            "quantity": quantity,
            "place": "",
            "year": list(years),
            "rmse": [float(np.sqrt((one[judged] ** 2).mean())) for one in missed],
            "bias": [float(one[judged].mean()) for one in missed],
            "spread": [float(one[judged].std()) for one in effects],
            "coverage_90": [float(one[judged].mean()) for one in inside],
            "runs": int(judged.sum()),
        }
    )


def place_terms(choices: Choices, start: Floats) -> Floats:
    """Return what effects on prefectures are linear in, float64[draws, points, places x levers + assumptions]."""
    n_places = int(choices.place.max()) + 1
    acting = choices.levels * start[choices.start]
    by_place = [acting * (choices.place == w)[..., None] for w in range(n_places)]
    return np.concatenate([*by_place, choices.assumed], axis=-1)


def _fit_places(
    choices: Choices, start: Floats, rates: Floats, used: NDArray[np.bool_], judged: NDArray[np.bool_]
) -> tuple[Floats, Floats]:
    """Return the mean effects on prefectures, float64[years, prefectures, terms], and what the judged runs miss."""
    found, missed = [], []
    for t, said in enumerate(rates):
        terms = place_terms(choices, start[t])
        x = terms[used]
        weights = np.linalg.solve(x.T @ x + PLACE_RIDGE * np.eye(x.shape[1]), x.T @ said[used])
        found.append(weights.T)
        missed.append(said[judged] - terms[judged] @ weights)
    return np.array(found), np.array(missed)


def _place_errors(region: Region, years: Sequence[int], missed: Floats) -> pd.DataFrame:
    """Return by how much effects on prefectures are missed; draws are not told apart there."""
    table = pd.DataFrame(np.sqrt((missed**2).mean(axis=1)), index=list(years), columns=list(region.prefecture_codes))
    long = table.rename_axis("year").reset_index().melt(id_vars="year", var_name="place", value_name="rmse")
    return long.assign(quantity=PROVINCE[0], runs=missed.shape[1])
