"""Multistate cohorts against closed forms."""

from __future__ import annotations

import numpy as np
import pytest

from sim.statistics.cohorts import ELSEWHERE, TOWN, VILLAGE, NoFlowsError, Rates, flows_that_meet, next_year, totals

AGES, COUNTIES = 101, 2
STILL = Rates(
    death=np.zeros((3, 2, AGES)),
    birth=np.zeros((3, AGES)),
    boys=0.5,
    to_town=np.zeros((COUNTIES, AGES)),
    own=np.ones(COUNTIES),
    towns=np.full(COUNTIES, 0.5),
    leaving=np.zeros((2, COUNTIES, AGES)),
    back=0.0,
    back_town=0.0,
)
NOBODY = np.zeros(COUNTIES)


@pytest.fixture
def persons():
    return np.random.default_rng(1).uniform(10.0, 1000.0, (COUNTIES, 3, 2, AGES))


def after(persons, rates, years, counted=NOBODY):
    for _ in range(years):
        persons = next_year(persons, rates, counted)
    return persons


def test_constant_deaths_without_births_are_exponential(persons):
    found = after(persons, STILL._replace(death=np.full((3, 2, AGES), 0.03)), 20)
    assert found.sum() == pytest.approx(persons.sum() * np.exp(-0.6))
    assert found[..., :20].sum() == 0.0
    assert found[1, TOWN, 0, 40] == pytest.approx(persons[1, TOWN, 0, 20] * np.exp(-0.6))


def test_moves_keep_persons_and_cohorts(persons):
    rates = STILL._replace(
        to_town=np.full((COUNTIES, AGES), 0.05),
        own=np.array([0.2, 0.9]),
        leaving=np.full((2, COUNTIES, AGES), 0.04),
        back=0.1,
        back_town=0.3,
    )
    found = after(persons, rates, 5, np.array([100.0, 0.0]))
    assert found.sum() == pytest.approx(persons.sum())
    cohort = persons[..., 30].sum(axis=(0, 1)), found[..., 35].sum(axis=(0, 1))
    assert cohort[1] == pytest.approx(cohort[0])


def test_two_states_go_to_their_equilibrium(persons):
    """Leaving at a, coming back at b, a year of each: the share elsewhere is p / (p + q) of their chances."""
    rates = STILL._replace(leaving=np.full((2, COUNTIES, AGES), 0.03), back=0.09)
    found = after(persons, rates, 400)
    p, q = 1.0 - np.exp(-0.03), 1.0 - np.exp(-0.09)
    assert found[:, ELSEWHERE].sum() / found.sum() == pytest.approx(p / (p + q))
    approach = after(persons, rates, 3)[:, ELSEWHERE].sum() / persons.sum() - p / (p + q)
    start = persons[:, ELSEWHERE].sum() / persons.sum() - p / (p + q)
    assert approach / start == pytest.approx((1.0 - p - q) ** 3)


def test_competing_moves_by_hand():
    """100 villagers of one county: hazards 0.2 and 0.1, one half to the own town, the rest evenly to both."""
    persons = np.zeros((COUNTIES, 3, 2, AGES))
    persons[0, VILLAGE, 1, 25] = 100.0
    rates = STILL._replace(
        to_town=np.full((COUNTIES, AGES), 0.2), own=np.full(COUNTIES, 0.5), leaving=np.full((2, COUNTIES, AGES), 0.1)
    )
    found = next_year(persons, rates, NOBODY)[:, :, 1, 26]
    gone = 100.0 * (1.0 - np.exp(-0.3))
    assert found[0] == pytest.approx([100.0 - gone, gone * 2 / 3 * 0.75, gone / 3])
    assert found[1] == pytest.approx([0.0, gone * 2 / 3 * 0.25, 0.0])


def test_births_are_of_the_zone_of_the_mother_and_counting_moves_nobody(persons):
    birth = np.zeros((3, AGES))
    birth[TOWN, 30] = 0.1
    found = next_year(persons, STILL._replace(birth=birth, boys=0.6), np.array([50.0, 0.0]))
    births = persons[:, TOWN, 1, 30] * (1.0 - np.exp(-0.1))
    assert found[:, TOWN, 0, 0] == pytest.approx(0.6 * births)
    assert found[:, [VILLAGE, ELSEWHERE], :, 0].sum() == 0.0
    assert found[0, TOWN].sum() == pytest.approx(persons[0, TOWN].sum() + births[0] + 50.0)


def test_flows_that_meet_totals_are_found_again(persons):
    rates = STILL._replace(
        to_town=np.full((COUNTIES, AGES), 0.02), leaving=np.full((2, COUNTIES, AGES), 0.02), back=0.05, back_town=0.4
    )
    asked = totals(next_year(persons, rates.scaled(1.7, 0.6), NOBODY))
    assert flows_that_meet(persons, rates, NOBODY, *asked) == pytest.approx((1.7, 0.6), rel=1e-4)
    with pytest.raises(NoFlowsError, match="no moves lead to"):
        flows_that_meet(persons, rates, NOBODY, 2.0 * persons.sum(), persons.sum())
