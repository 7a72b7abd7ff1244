from __future__ import annotations

import math

import numpy as np
import pytest

from sim.agents.state import EMPTY, MAX_AGE
from sim.model.year.schedules import solve_scale, vital_tables


def test_chance_over_a_step_and_over_a_year():
    death = np.full((3, 2, MAX_AGE + 1), 0.2)
    birth, leave = np.full((3, MAX_AGE + 1), 0.11), np.full(MAX_AGE + 1, 0.07)
    quarter, month = (vital_tables(death, birth, leave, 0.5, dt) for dt in (1 / 4, 1 / 12))
    assert np.allclose(quarter.death, 1 - math.exp(-0.2 / 4), rtol=1e-12)
    for a, b, h in (
        (quarter.death, month.death, 0.2),
        (quarter.birth, month.birth, 0.11),
        (quarter.leave, month.leave, 0.07),
    ):
        assert np.allclose((1 - a) ** 4, math.exp(-h), rtol=1e-12)
        assert np.allclose((1 - b) ** 12, math.exp(-h), rtol=1e-12)


def test_screen_never_below_and_hardly_above_the_exact_chance():
    rng = np.random.default_rng(4)
    death = rng.gamma(0.3, 0.1, (3, 2, MAX_AGE + 1))
    birth, leave = rng.gamma(0.3, 0.1, (3, MAX_AGE + 1)), rng.gamma(0.3, 0.1, MAX_AGE + 1)
    tables = vital_tables(death, birth, leave, 0.5, 0.25)
    exact = tables.death + tables.leave
    exact[:, 1] += tables.birth
    exact = np.minimum(exact, 1.0)
    share = tables.threshold / 65536.0
    assert (share >= exact).all()
    assert (share - exact < 2.0**-16).all()


def test_screening_a_vital_event_covers_every_zone():
    rng = np.random.default_rng(5)
    death = rng.gamma(0.3, 0.1, (3, 2, MAX_AGE + 1))
    tables = vital_tables(death, np.zeros((3, MAX_AGE + 1)), np.zeros(MAX_AGE + 1), 0.5, 0.25)
    for age, sex in ((0, 0), (17, 1), (MAX_AGE, 1)):
        assert tables.by_member[2 * age + sex] == tables.threshold[:, sex, age].max()
    assert tables.by_member[EMPTY] == 0


@pytest.mark.parametrize("terminal", [True, False])
def test_scale_makes_expected_events_equal_to_published(terminal):
    rng = np.random.default_rng(1)
    hazard, persons = rng.uniform(0, 0.3, 50), rng.uniform(10, 1000, 50)
    scale = solve_scale(hazard, persons, 700.0, 0.25, terminal)
    if terminal:
        expected = (persons * (1 - np.exp(-scale * hazard))).sum()
    else:
        expected = 4 * (persons * (1 - np.exp(-scale * hazard / 4))).sum()
    assert expected == pytest.approx(700.0, rel=1e-6)
