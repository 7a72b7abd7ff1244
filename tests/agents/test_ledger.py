from __future__ import annotations

import numpy as np

from sim.agents.ledger import Ledger, empty_ledger, sum_of
from sim.agents.world import ACCOUNTS, AGE_BANDS, BORN, TOTALS, U_IN
from tests import worlds


def test_shapes_follow_the_geography():
    """Two counties and one place outside: five places, and two prefectures and the place outside as areas."""
    ledger = empty_ledger(worlds.geography())
    assert ledger.counts.shape == (5, len(ACCOUNTS))
    assert ledger.totals.shape == (len(TOTALS),)
    assert ledger.flows.shape == (3, 3, len(AGE_BANDS))
    assert all(array.dtype == np.int64 and not array.any() for array in ledger)


def test_ledgers_of_threads_add_up_and_stay_as_they_are():
    parts = [empty_ledger(worlds.geography()) for _ in range(3)]
    for k, part in enumerate(parts):
        part.counts[1, BORN] = k + 1
        part.totals[U_IN] = 10 * k
        part.flows[0, 2, 1] = 1
    total = sum_of(parts)
    assert (total.counts[1, BORN], total.totals[U_IN], total.flows[0, 2, 1]) == (6, 30, 3)
    assert (total.counts.sum(), total.totals.sum(), total.flows.sum()) == (6, 30, 3)
    assert parts[0].counts[1, BORN] == 1


def test_a_sum_is_a_new_ledger():
    one = Ledger(*(np.ones_like(array) for array in empty_ledger(worlds.geography())))
    two = one.plus(one)
    assert all((array == 2).all() for array in two)
    assert all((array == 1).all() for array in one)
