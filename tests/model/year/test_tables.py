from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from sim.model.year.tables import published_scales, vital_scales


def test_the_carried_level_is_the_smoothed_log_of_the_factors(started):
    """A published year moves the level by the weight; the factors of the year are its own."""
    at_start = started.level
    assert at_start == published_scales(started, 2020)
    found, level = vital_scales(started)
    weight = started.draw.params["vital_smoothing"]
    assert found == published_scales(started, 2021)
    assert level == pytest.approx([b ** (1 - weight) * f**weight for b, f in zip(at_start, found, strict=True)])


def test_factors_leave_the_level_with_the_root_of_the_years(started):
    last = max(started.draw.schedules.published_births)
    started.draw = replace(
        started.draw, params={**started.draw.params, "birth_deviation": 0.1, "death_deviation": -0.05}
    )
    for ahead in (1, 4, 9):
        started.year = last + ahead - 1
        factors, level = vital_scales(started)
        assert level == started.level
        assert np.log(np.divide(factors, level)) == pytest.approx(np.array([0.1, -0.05]) * ahead**0.5)
