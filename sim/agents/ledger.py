"""The ledger a process books into: integer deltas by place and account."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.agents.world import ACCOUNTS, AGE_BANDS, TOTALS, Geography
from sim.base.arrays import Ints

__all__ = ["Ledger", "empty_ledger", "sum_of"]

N_ACCOUNTS, N_TOTALS, N_BANDS = len(ACCOUNTS), len(TOTALS), len(AGE_BANDS)


class Ledger(NamedTuple):
    """Integer deltas of one process: by place and account, province totals, flows by area."""

    counts: Ints
    totals: Ints
    flows: Ints

    def plus(self, other: Ledger) -> Ledger:
        """Return the sum of two ledgers."""
        return Ledger(self.counts + other.counts, self.totals + other.totals, self.flows + other.flows)


def sum_of(ledgers: list[Ledger]) -> Ledger:
    """Return the sum of the ledgers of all threads."""
    total = ledgers[0]
    for other in ledgers[1:]:
        total = total.plus(other)
    return total


def empty_ledger(geo: Geography) -> Ledger:
    """Return a ledger of zeros for a geography."""
    places = 2 * geo.n_counties + geo.n_outside
    areas = geo.n_prefectures + geo.n_outside
    return Ledger(
        np.zeros((places, N_ACCOUNTS), np.int64),
        np.zeros(N_TOTALS, np.int64),
        np.zeros((areas, areas, N_BANDS), np.int64),
    )
