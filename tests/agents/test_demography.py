from __future__ import annotations

import math

import numpy as np
import pytest

from sim.agents.demography import add_child, make_room, marry, match_pairs, older
from sim.agents.ledger import empty_ledger
from sim.agents.state import EMPTY, EVENT, FIRST_CHILD, HEAD, MAX_AGE, SKILL_MASK, SPOUSE, empty_households
from sim.agents.world import BORN, DIED, R_BORN
from sim.model.engines.fast import FastEngine
from tests import worlds
from tests.agents.chance import N, near


@pytest.mark.parametrize("chance", [1e-4, 0.0137, 0.4])
def test_deaths_happen_at_the_exact_chance_although_screened(chance):
    hazard = -math.log1p(-chance) / 0.25
    world = worlds.world(vital=worlds.vital(death={(0, 50): hazard}))
    engine = FastEngine(worlds.copies(N, "m50", home=(0, 0), hukou=0, base=0), worlds.geography())
    ledger = engine.vital_events(world)
    assert near(ledger.counts[:, DIED].sum(), chance, N)
    assert int((engine.hh.members[: engine.rows, HEAD] != EMPTY).sum()) == N - ledger.counts[:, DIED].sum()


def test_births_and_departures_share_one_draw_with_deaths():
    """A daughter of 20 may die, give birth or leave: each at its own chance, never two of them."""
    world = worlds.world(
        vital=worlds.vital(death={(1, 20): 0.4}, birth={20: 0.8}, leave={20: 1.2}),
    )
    table = worlds.copies(N, {0: "m50", 2: "f20"}, home=(0, 0), hukou=0, base=0)
    engine = FastEngine(table, worlds.geography())
    ledger = engine.vital_events(world)
    dead, born, left = (ledger.counts[:, DIED].sum(), ledger.counts[:, BORN].sum(), engine.rows - N)
    for seen, hazard in ((dead, 0.4), (born, 0.8), (left, 1.2)):
        assert near(seen, -math.expm1(-hazard / 4), N)
    members = engine.hh.members[: engine.rows] != EMPTY
    assert members.sum() == 2 * N - dead + born
    assert near(np.count_nonzero(engine.hh.members[: engine.rows] == 0), 0.5, born)


@pytest.mark.parametrize("steps", [4, 12])
def test_survival_of_a_closed_cohort(hunan, central, steps):
    """Two hundred thousand men of 60 survive twenty years as exp(-sum of the rates)."""
    rates = central[0].schedules.death[central[0].schedules.position(2021), 0]
    vital = worlds.vital(death={(0, age): float(rates[age]) for age in range(60, 81)}, dt=1 / steps)
    engine = FastEngine(worlds.copies(N, "m60", home=(0, 0), hukou=0, base=0), worlds.geography())
    for year in range(20):
        for k in range(steps):
            engine.vital_events(worlds.world(vital=vital, step=year * steps + k))
        engine.grow_older()
    survival = math.exp(-rates[60:80].sum())
    assert 0.4 < survival < 0.8
    assert near(engine.rows, survival, N)


def test_a_child_lives_with_the_mother():
    table = worlds.copies(1, "m30 f28", home=(0, 0), hukou=0, base=0, away=(1,), away_place=worlds.TOWN_1)
    ledger = empty_ledger(worlds.geography())
    assert add_child(table, 0, SPOUSE, worlds.world(), ledger.counts, ledger.totals)
    assert table.members[0, FIRST_CHILD] in (0, 1)
    assert table.away[0] == 0b110
    assert ledger.counts[worlds.TOWN_1, BORN] == ledger.totals[R_BORN] == 1
    assert ledger.counts.sum() == 1
    assert table.flags[0] & EVENT


def test_a_full_household_has_no_slot_for_a_child_and_the_oldest_makes_room():
    table = worlds.copies(1, "m42 f40 m15 f14 m11 f9 m70 f68", home=(0, 1), hukou=0, base=0)
    ledger = empty_ledger(worlds.geography())
    assert not add_child(table, 0, SPOUSE, worlds.world(), ledger.counts, ledger.totals)
    assert not ledger.counts.any()
    assert make_room(table, 0) == 6


def test_a_year_older():
    ages = [older(np.uint8(worlds.person(text))) for text in ("m0", "f17", f"m{MAX_AGE}", f"f{MAX_AGE}")]
    assert ages == [worlds.person(text) for text in ("m1", "f18", f"m{MAX_AGE}", f"f{MAX_AGE}")]
    assert older(np.uint8(EMPTY)) == EMPTY


def test_he_moves_in_with_her_and_the_better_skill_stays():
    table = empty_households(2)
    worlds.household(table, 0, "f30", home=(0, 0), hukou=0, base=0, social=0)
    worlds.household(table, 1, "m32", home=(0, 1), hukou=0, base=0, social=2)
    marry(table, 0, table, 1)
    assert table.members[0, :2].tolist() == [worlds.person("f30"), worlds.person("m32")]
    assert table.social[0] & SKILL_MASK == 2
    assert (table.members[1] == EMPTY).all()


def test_pairs_form_within_groups_in_the_order_of_keys():
    groups = np.array([1, 1, 1, 2, 2, 3], np.int64)
    women = np.array([1, 0, 1, 1, 0, 0], np.uint8)
    keys = np.array([9, 5, 3, 8, 2, 1], np.uint64)
    assert match_pairs(groups, women, keys).tolist() == [[2, 1], [3, 4]]


def test_matching_pairs_each_group_by_key_as_plain_python_does():
    """Random seekers in forty groups, some of them empty or of one sex."""
    rng = np.random.default_rng(3)
    groups, women = rng.choice(np.arange(0, 80, 2), 500), rng.integers(0, 2, 500).astype(np.uint8)
    women[groups == 4], women[groups == 6] = 0, 1
    keys = rng.permutation(500).astype(np.uint64)
    expected = []
    for group in range(80):
        of = [sorted((keys[i], i) for i in range(500) if groups[i] == group and women[i] == sex) for sex in (1, 0)]
        expected += [[woman, man] for (_, woman), (_, man) in zip(*of, strict=False)]
    assert match_pairs(groups, women, keys).tolist() == expected
    assert len(match_pairs(groups[:0], women[:0], keys[:0])) == 0
