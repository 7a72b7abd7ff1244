"""Where departures go and how many come for each who leaves: five-year flows between provinces as known at a date."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import pandas as pd

from sim.base.arrays import Floats, Ints
from sim.data import Region

__all__ = ["OutsideFlows", "departure_shares", "outside_flows"]

PERIOD = 5
"""Years between "now" and "five years ago"."""


@dataclass(frozen=True)
class OutsideFlows:
    """Logs of shares and ratios at the ends of periods, relative to the start of the run.

    Attributes:
        years: ends of the periods, and at last the year from which nothing changes any more.
        departures: log share of departures by outside place, float64[years, n_outside].
        arrivals: log arrivals over departures, float64[years].
    """

    years: Ints
    departures: Floats
    arrivals: Floats

    def shift(self, year: int) -> Floats:
        """Return utils by outside place that turn the shares of the start into those of a year."""
        return np.array([np.interp(year, self.years, column) for column in self.departures.T])

    def arriving(self, year: int) -> float:
        """Return arrivals over departures of a year relative to the start."""
        return float(np.exp(np.interp(year, self.years, self.arrivals)))


def departure_shares(region: Region, year: int) -> Floats:
    """Return the shares of departures by outside place in the period that ends in a year."""
    return _shares(_periods(region, year), region)[-1]


def _periods(region: Region, until: int) -> pd.DataFrame:
    """Return departures and arrivals by code, a row per period that ends by a year."""
    return (
        region.table("outside_flows")
        .pivot_table(index="year", columns="code", values=["departures", "arrivals"])
        .loc[:until]
    )


def _shares(periods: pd.DataFrame, region: Region) -> Floats:
    """Return the shares of departures, float64[periods, n_outside]."""
    persons = periods["departures"][list(region.outside_codes)].to_numpy(np.float64)
    return np.asarray(persons / persons.sum(axis=1, keepdims=True))


def outside_flows(region: Region, start: int, known_until: int, carry: float) -> OutsideFlows:
    """Return the flows as known at a year-end, constant before the first period and after the last but for its trend.

    Args:
        region: the region.
        start: year-end at which a run starts.
        known_until: last year-end whose data may be used.
        carry: part of the last change from period to period that goes on in the next one.
    """
    periods = _periods(region, max(start, known_until))
    years = periods.index.to_numpy(np.int64)
    arrivals, departures = (periods[name].to_numpy(np.float64).sum(axis=1) for name in ("arrivals", "departures"))
    values = np.column_stack([np.log(_shares(periods, region)), np.log(arrivals / departures)])
    ahead = values[-1] + carry * (values[-1] - values[-2])
    ahead[:-1] -= np.log(np.exp(ahead[:-1]).sum())
    years, values = np.append(years, years[-1] + PERIOD), np.vstack([values, ahead])
    values = values - [np.interp(start, years, column) for column in values.T]
    return OutsideFlows(years, values[:, :-1], values[:, -1])
