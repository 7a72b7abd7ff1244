from __future__ import annotations

import mesa
import numpy as np
import pytest

from sim.agents.household import Household
from sim.agents.state import EMPTY, HEAD, empty_households
from sim.model.engines.reference import UrbanizationModel
from sim.model.path.begin import start_simulation
from sim.model.path.plans import Planner, observed_totals
from sim.model.year.processes import run_year
from tests import worlds


@pytest.fixture
def model() -> UrbanizationModel:
    table = empty_households(3)
    worlds.household(table, 0, "m41 f38 m12", home=(0, 0), hukou=0, base=0, key=9)
    worlds.household(table, 2, "m50 f48 m22", home=(1, 0), hukou=2, base=2, away=(2,), away_place=4, key=3)
    return UrbanizationModel(table, worlds.geography())


def test_every_live_row_is_a_mesa_agent(model):
    assert isinstance(model, mesa.Model)
    assert len(model.agents) == 2
    assert all(isinstance(agent, mesa.Agent) and isinstance(agent, Household) for agent in model.agents)


def test_a_household_can_be_read(model):
    family = next(agent for agent in model.agents if agent.key == 9)
    assert family.members == [(41, "m"), (38, "f"), (12, "m")]
    assert (family.base, family.away_place, family.hukou, family.exists) == (0, None, 0, True)
    split = next(agent for agent in model.agents if agent.key == 3)
    assert split.away_place == 4


def test_rows_are_sorted_by_key_and_belong_to_their_agent(model):
    rows = model.sorted_rows()
    assert rows.key.tolist() == [3, 9]
    other = model.copy()
    for agent in other.agents:
        agent.grow_older()
    assert np.array_equal(model.sorted_rows().members, rows.members)
    assert other.sorted_rows().members[1, HEAD] == 2 * 42
    assert rows.members[0, 3] == EMPTY


def test_a_model_without_households():
    model = UrbanizationModel(empty_households(4), worlds.geography())
    assert len(model.agents) == 0
    assert len(model.sorted_rows().key) == 0
    stocks, ages = model.observe()
    assert stocks.sum() == ages.sum() == 0


def test_the_order_in_which_agents_are_visited_does_not_matter(central):
    """Another seed of the Mesa shuffle: the same year."""
    sims = [start_simulation(*central, "reference") for _ in range(2)]
    sims[1].engine.random.seed(12345)
    sims[1].engine.rng = np.random.default_rng(12345)
    plan = Planner(sims[0].draw, observed_totals(sims[0].draw.region, 2020, 2035)).observed_plan(2021, (-1.0, -0.2))
    records = [run_year(sim, plan) for sim in sims]
    assert np.array_equal(records[0].ledger.counts, records[1].ledger.counts)
    for a, b in zip(*(sim.engine.sorted_rows() for sim in sims), strict=True):
        assert np.array_equal(a, b)
