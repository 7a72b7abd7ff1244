"""Departures by age: proportions worked out from the tables, and what each date may know."""

from __future__ import annotations

import numpy as np
import pytest

from sim.base.ages import LEAVING_AGES
from sim.data import load_region
from sim.model.solve.leaving import departures_by_age
from sim.model.year.world_tables import by_age
from sim.parameters.accounting import accounting

PARAMS = {"labour_peak_age": 20.5}


@pytest.fixture(scope="module")
def region():
    return load_region("hunan")


def test_groups_of_age_are_those_of_the_table(region):
    assert tuple(region.table("net_departures")["age_lo"]) == LEAVING_AGES
    values = by_age(np.arange(1.0, 11.0))
    assert values[[0, 14, 15, 19, 20, 59, 60, 100]].tolist() == [0, 0, 1, 1, 2, 9, 10, 10]


def test_net_departures_of_the_decade_add_up_to_the_published_loss(region):
    """Adults by cohorts against natural increase less growth 2011-2020; children are counted short in 2010."""
    persons = [departures_by_age(region, year, 2020, PARAMS) for year in (2010, 2020)]
    assert persons[0][1] == 1.0
    yearly = np.mean([p.sum() for p, _ in persons])
    loss = np.mean([accounting(region, year)["outside_loss"] for year in (2014, 2018, 2020)])
    assert yearly == pytest.approx(loss, rel=0.25)


def test_earlier_dates_know_the_model_schedule_alone(region):
    """Labour component of Rogers and Castro (1981), a = 0.1, b = 0.4, besides childhood and constant, by residents."""
    found, returns = departures_by_age(region, 2010, 2019, PARAMS)
    assert returns == 0.0
    ages = region.table("county_age_sex").query("year == 2010")
    young, old = (ages[ages["age_lo"] == low]["persons"].sum() for low in (20, 50))

    def rate(first):
        x = np.arange(first, first + 5)
        labour = 0.06 * np.exp(-0.1 * (x - 20.5) - np.exp(-0.4 * (x - 20.5)))
        return (labour + 0.02 * np.exp(-0.1 * x) + 0.003).mean()

    assert found[1] / found[7] == pytest.approx(young * rate(20) / (old * rate(50)))
