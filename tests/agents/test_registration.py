from __future__ import annotations

import numpy as np
import pytest

from sim.agents.registration import REGISTRATION, odds_times
from sim.agents.state import LAND
from sim.model.engines.fast import FastEngine
from tests import worlds
from tests.agents.chance import near


@pytest.mark.parametrize(("land", "expected"), [(False, 0.3), (True, 0.3 * 0.5 / (1 - 0.3 + 0.3 * 0.5))])
def test_registration_over_a_year_is_the_same_in_four_and_twelve_steps(land, expected):
    for steps in (4, 12):
        table = worlds.copies(50_000, "m40", home=(0, 0), hukou=0, base=3, social=LAND if land else 0)
        engine = FastEngine(table, worlds.geography())
        chance = np.array([0, 0, 0, 0.3, 0])
        hazards = worlds.hazards(step_years=1 / steps, register=chance, land_odds=0.5)
        for k in range(steps):
            engine.each(REGISTRATION, worlds.world(hazards=hazards, step=k))
        assert near((engine.hh.hukou[:50_000] == 3).sum(), expected, 50_000)
        assert set(engine.hh.home_block[:50_000][engine.hh.hukou[:50_000] == 3].tolist()) == {10, 11}


def test_odds_multiply():
    assert odds_times(0.2, 3.0) == pytest.approx(0.75 / 1.75)
    assert odds_times(0.2, 1.0) == pytest.approx(0.2)
    assert odds_times(0.0, 5.0) == 0.0
    assert odds_times(1.0, 0.2) == 1.0
