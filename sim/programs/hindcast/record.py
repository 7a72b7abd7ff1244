"""How well the discrepancy does where it can be judged: every other province and origin, each left out in turn."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pandas as pd

from sim.base.arrays import Floats
from sim.data.panel import province_panel, resident_panel
from sim.data.revisions import LAST_CENSUS
from sim.programs.hindcast.cases import Case
from sim.statistics.discrepancy import MEAN_WEIGHT, Spread, offsets, years_astray
from sim.statistics.elsewhere import BREAK, PACE, linear_ahead, logistic_ahead
from sim.statistics.scores import score
from sim.studies.discrepancy import PlaceSpread, province_spread

__all__ = ["record_table", "told"]

WEIGHTS = (0.0, MEAN_WEIGHT, 1.0)
"""Shares of the mean drift of yearly figures that are believed: the one that is used, and what bounds it."""
COLUMNS = ["quantity", "forecaster", "origins", "ahead", "mean_weight", "values", "coverage", "crps", "bias"]
FORECASTERS = {"rate": ("logistic", logistic_ahead), "residents": ("linear", linear_ahead)}


def record_table(region_code: str, case: Case, models: tuple[str, ...]) -> pd.DataFrame:
    """Return coverage of 90% bands, CRPS and bias, in points of the rate and per cent of residents.

    Forecasts of all provinces but that of the region: from 2013-2019, judged by the restated
    years to 2020 without error of figures, and from 2020, judged by the yearly figures that are
    known. What is learnt for a province is learnt from the others. Below them the model in the
    case of the region, by how much of the mean drift is believed.
    """
    panels = {"rate": province_panel(), "residents": 100.0 * resident_panel()}
    rows: list[list[object]] = []
    for weight in WEIGHTS:
        learnt = {province: province_spread(province, weight) for province in panels["rate"].columns}
        for name, panel in panels.items():
            found = pd.DataFrame(_judged(name, panel.drop(columns=region_code, errors="ignore"), learnt))
            if weight != MEAN_WEIGHT:
                found = found[found["origins"] == str(LAST_CENSUS)]
            rows += [[name, *row] for row in _summed(found, FORECASTERS[name][0], weight)]
        for model in (name for name in models if name in case.forecasts):
            spread = province_spread(region_code, weight).rate
            got = score(told(case.forecasts[model], spread, case.years, case.information), case.observed)
            scores = [got.coverage, 100.0 * got.crps, 100.0 * got.bias]
            rows.append(["rate", model, str(case.information), "all", weight, len(case.years), *scores])
    return pd.DataFrame(rows, columns=COLUMNS)


def told(members: Floats, spread: Spread, years: list[int], origin: int) -> Floats:
    """Return members as they are told of published figures: each at every point of the discrepancy."""
    added = offsets(spread, [years_astray(year, origin, origin, "published") for year in years])
    return np.asarray((members[:, None] + added).reshape(-1, len(years)))


def _judged(name: str, panel: pd.DataFrame, learnt: dict[str, PlaceSpread]) -> Iterator[dict[str, object]]:
    """Give origins, years ahead, coverage, CRPS and error of every forecast."""
    known = panel.dropna().index.max()
    for province, values in panel.items():
        spread = Spread(*(100.0 * part for part in getattr(learnt[str(province)], name)))
        for origin in range(BREAK + PACE, LAST_CENSUS + 1):
            early = origin < LAST_CENSUS
            years = list(range(origin + 1, (LAST_CENSUS if early else known) + 1))
            path = [FORECASTERS[name][1](values.loc[:origin], origin, year - origin) for year in years]
            own = spread._replace(drift=0.0, drift_mean=0.0) if early else spread
            members = told(np.array([path]), own, years, origin)
            span = f"{BREAK + PACE}-{LAST_CENSUS - 1}" if early else str(LAST_CENSUS)
            for at, year in enumerate(years):
                got = score(members[:, [at]], np.array([values[year]]))
                yield {"origins": span, "ahead": year - origin} | got._asdict()


def _summed(found: pd.DataFrame, forecaster: str, weight: float) -> Iterator[list[object]]:
    """Give a row per span of origins and years ahead, and one for all of them."""
    for span, part in found.groupby("origins"):
        for ahead, some in [("all", part), *part.groupby("ahead")]:
            means = some[["coverage", "crps", "bias"]].mean().tolist()
            yield [forecaster, span, str(ahead), weight, len(some), *means]
