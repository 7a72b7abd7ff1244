"""The design fills what can be chosen, and its points are scenarios that files can say."""

from __future__ import annotations

import numpy as np
import pytest

from sim.model.path.setup import Setup
from sim.policies.scenario import Exogenous
from sim.programs.whatif.design import (
    ALONE_EVERY,
    ASSUMPTIONS,
    EVERYWHERE,
    Point,
    Space,
    design,
    neutral_point,
    scenario_at,
)

SPACE = Space(tuple(f"T{k}" for k in range(1, 18)), (2026, 2027, 2028), (EVERYWHERE, "chang_zhu_tan"))


def test_points_fill_the_space() -> None:
    points = [point for some in design(SPACE, 50, 24, 1) for point in some]
    levels = np.array([point.intensities for point in points])
    assert levels.min() == 0.0 and levels.max() == 1.0
    total = levels.sum(axis=1)
    assert total.min() < 1.0 and total.max() > 0.85 * len(SPACE.levers)
    assert 0.1 < (total > len(SPACE.levers) / 2).mean() < 0.5
    for start in SPACE.starts:
        assert np.mean([point.start == start for point in points]) == pytest.approx(1 / 3, abs=0.02)
    assert np.mean([point.place == EVERYWHERE for point in points]) == pytest.approx(0.5, abs=0.02)
    for one, values in zip(ASSUMPTIONS, np.array([point.assumptions for point in points]).T, strict=True):
        assert one.low <= values.min() and values.max() <= one.high
        assert values.max() > 0.9 * one.high


def test_few_points_have_other_births() -> None:
    points = design(SPACE, 4, 24, 1)
    ageing = np.array([[point.assumptions[1] > 0.0 for point in some] for some in points])
    assert ageing[:, ::ALONE_EVERY].all() and ageing.sum() == 4 * 24 / ALONE_EVERY


def test_the_first_draws_are_those_of_fewer_draws() -> None:
    assert design(SPACE, 8, 16, 1)[:4] == design(SPACE, 4, 16, 1)
    assert design(SPACE, 4, 16, 2) != design(SPACE, 4, 16, 1)


def test_a_point_is_the_scenario_of_its_file(central_setup: Setup) -> None:
    space = Space(tuple(central_setup.levers), (2026, 2027), (EVERYWHERE, "chang_zhu_tan"))
    neutral = central_setup.scenarios["no_new_policy"]
    levels = tuple(0.25 if lever == "T3" else 0.0 for lever in space.levers)
    made = scenario_at(Point(levels, 2027, "chang_zhu_tan", (-0.1, 1.0, 1.0, 0.3)), space, neutral, "x")
    setting = made.settings["T3"]
    assert (setting.intensity, setting.start) == (0.25, 2027)
    assert setting.where is not None and setting.where.groups == ("chang_zhu_tan",)
    assert made.settings["T4"].zero and not made.baseline
    assert made.exogenous == Exogenous(
        outside_pull_shift=-0.1,
        births=0.8,
        deaths=1.1,
        reclassification="none",
        reclassification_wave={2027: 0.3, 2028: 0.3},
    )


def test_the_point_without_levers_does_nothing(central_setup: Setup) -> None:
    space = Space(tuple(central_setup.levers), (2026,), (EVERYWHERE,))
    assert not scenario_at(neutral_point(space), space, central_setup.scenarios["no_new_policy"], "x").pulls()
