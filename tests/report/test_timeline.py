"""The timeline of the levers: effort by year as the lever files say."""

from __future__ import annotations

import numpy as np
import pytest

from sim.data import load_region
from sim.policies import load_levers, load_scenario
from sim.report.figures.timeline import lever_effort


@pytest.mark.parametrize(
    ("lever", "years", "expected"),
    [
        ("T3", [2024, 2025, 2026], [0.0, 0.25, 0.5]),
        ("T6", [2026, 2027, 2029, 2031], [0.0, 0.5, 0.25, 0.125]),
        ("T10", [2026, 2027, 2040], [0.0, 0.5 * 2 / 9, 0.5]),
        ("P3", [2026, 2027, 2029], [0.0, 0.5 / 3, 0.5]),
    ],
)
def test_effort_is_intensity_times_the_furthest_ramp(lever, years, expected):
    levers = load_levers(region=load_region("hunan"))
    plan = load_scenario("plan", levers)
    assert lever_effort(levers[lever], plan, levers, years) == pytest.approx(np.array(expected))


def test_late_delivery_is_two_years_later():
    levers = load_levers(region=load_region("hunan"))
    plan, late = load_scenario("plan", levers), load_scenario("late_delivery", levers)
    for lever in levers.values():
        early = lever_effort(lever, plan, levers, list(range(2024, 2034)))
        assert lever_effort(lever, late, levers, list(range(2026, 2036))) == pytest.approx(early)
