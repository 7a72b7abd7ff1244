from __future__ import annotations

import numpy as np
import pytest

from sim.agents.arrivals import draw_arrivals


def test_the_number_is_the_expected_one_on_average():
    numbers = [len(draw_arrivals(seed, 0, 50, 2.25)) for seed in range(4_000)]
    assert set(numbers) == {2, 3}
    assert np.mean(numbers) == pytest.approx(2.25, abs=4 * 0.433 / np.sqrt(4_000))


def test_everybody_in_the_pool_may_come_again():
    picks = np.concatenate([draw_arrivals(3, step, 7, 40.0) for step in range(20)])
    assert set(picks.tolist()) == set(range(7))
