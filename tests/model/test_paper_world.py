"""Twenty-one households in two counties, worked out on paper: every account exact, in both engines.

Places: 0 village and 1 town of county 0, 2 village and 3 town of county 1, 4 outside.
"""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest

from sim.agents.departures import DEPARTURES
from sim.agents.ledger import Ledger, empty_ledger
from sim.agents.moves import apply_move
from sim.agents.observe import N_STOCKS, REGISTERED, RESIDENTS
from sim.agents.reclassification import RECLASSIFICATION
from sim.agents.registration import REGISTRATION
from sim.agents.state import EMPTY, EVENT, Households, empty_households
from sim.agents.world import (
    ALL_AWAY,
    BORN,
    COUNTED_IN,
    COUNTED_OUT,
    DIED,
    ENTERED,
    HOME,
    LEFT,
    MOVED_IN,
    MOVED_OUT,
    ONE_AWAY,
    R_BORN,
    R_DIED,
    R_OUT,
    REGISTERED_HERE,
    U_OUT,
    WHOLE,
)
from sim.model.engines.fast import FastEngine
from sim.model.engines.reference import UrbanizationModel
from sim.model.year.books import AccountError, Draw, Simulation, YearRecord
from tests.worlds import AWAY, TOWN_0, TOWN_1, VILLAGE_0, VILLAGE_1, geography, hazards, household, person, vital, world

START = [22, 13, 11, 5, 6]
"""Residents by place."""
REGISTERED_START = 55
NEVER = np.inf
"""A hazard at which the event is certain within a step."""

MOVES = [
    (0, ALL_AWAY, 1),
    (1, ONE_AWAY, 2),
    (2, WHOLE, 1),
    (3, HOME, -1),
    (4, WHOLE, 1),
    (5, WHOLE, 0),
    (6, ONE_AWAY, 1),
    (7, HOME, -1),
]
"""Household, action and site (0 and 1 the towns, 2 outside)."""


def paper_households() -> Households:
    table = empty_households(21)

    def add(i: int, members: Any, home: tuple[int, int], hukou: int, base: int, **more: Any) -> None:
        household(table, i, members, home=home, hukou=hukou, base=base, **more)

    add(0, "m41 f38 m12 f7", (0, 0), VILLAGE_0, VILLAGE_0)
    add(1, "m45 f44 m20", (0, 0), VILLAGE_0, VILLAGE_0)
    add(2, "m35 f33 f6", (1, 1), VILLAGE_1, VILLAGE_1)
    add(3, "m50 f48 m22", (0, 0), VILLAGE_0, VILLAGE_0, away=(2,), away_place=AWAY)
    add(4, {0: "m39", 1: "f37", 2: "f9", 6: "f70"}, (1, 1), VILLAGE_1, VILLAGE_1, away=(0, 1), away_place=TOWN_1)
    add(5, "m28 f27", (1, 1), VILLAGE_1, AWAY)
    add(6, "m55 f53 f25", (0, 10), TOWN_0, TOWN_0)
    add(7, "m31 f29 m4", (1, 0), VILLAGE_1, TOWN_0)
    add(8, "m60 f58", (0, 2), VILLAGE_0, VILLAGE_0)
    add(9, "m44 f42 f13", (0, 2), VILLAGE_0, VILLAGE_0, away=(0,), away_place=AWAY)
    add(10, "m30 f29", (0, 2), VILLAGE_0, VILLAGE_0, away=(0,), away_place=TOWN_0)
    add(11, "m36 f34", (0, 2), VILLAGE_0, TOWN_0)
    add(12, "m37 f35 m10", (0, 1), VILLAGE_0, TOWN_1)
    add(13, "m33 f32", (0, 10), AWAY, TOWN_0)
    add(14, "m26", (1, 0), VILLAGE_1, AWAY)
    add(15, "m42 f40 m15 f14 m11 f9 m70 f68", (0, 1), VILLAGE_0, VILLAGE_0)
    add(16, "m90 f85 m51", (1, 0), VILLAGE_1, VILLAGE_1)
    add(17, "m88", (1, 0), VILLAGE_1, AWAY)
    add(18, "f30", (0, 10), TOWN_0, TOWN_0)
    add(19, "m32", (0, 11), TOWN_0, TOWN_0)
    add(20, "m49 f49 m23", (1, 1), VILLAGE_1, VILLAGE_1)
    return table


EVENTS = vital(death={(0, 90): NEVER, (0, 88): NEVER}, birth={40: NEVER}, leave={23: NEVER})
"""The old head of 16 and the migrant 17 die, the mother of 15 gives birth, the son of 20 leaves home."""


class Paper:
    """The paper world on one engine, with the books kept by ``Simulation``."""

    def __init__(self, name: str) -> None:
        table, geo = paper_households(), geography()
        self.engine: Any = FastEngine(table, geo, 2) if name == "fast" else UrbanizationModel(table, geo)
        self.record = YearRecord(2021, empty_ledger(geo), np.zeros((5, N_STOCKS), np.int64), np.zeros(0, np.int64))
        draw: Any = Draw.__new__(Draw)
        object.__setattr__(draw, "region", SimpleNamespace(n_counties=2))
        nothing: Any = None
        stocks, ages = self.engine.observe()
        self.sim = Simulation(
            self.engine,
            draw,
            nothing,
            nothing,
            nothing,
            np.array(START, np.int64),
            REGISTERED_START,
            stocks,
            ages,
            2020,
        )

    def row(self, key: int) -> tuple[Households, int]:
        """Return the table and the row that hold the household with a key."""
        if isinstance(self.engine, FastEngine):
            return self.engine.hh, int(np.flatnonzero(self.engine.hh.key[: self.engine.rows] == key)[0])
        return next(agent.row for agent in self.engine.agents if agent.key == key), 0

    def vital(self) -> Ledger:
        return self.book(self.engine.vital_events(world(vital=EVENTS)))

    def moves(self) -> Ledger:
        ledger = empty_ledger(geography())
        for i, action, site in MOVES:
            table, row = self.row(100 + i)
            apply_move(table, row, action, site, world(), ledger.counts, ledger.flows)
        return self.book(ledger)

    def register(self) -> Ledger:
        certain = hazards(register=np.array([0, 0, 0, 1.0, 0]), register_outside=NEVER, visitor_exit=NEVER)
        now = world(hazards=certain)
        return self.book(self.engine.each(DEPARTURES, now).plus(self.engine.each(REGISTRATION, now)))

    def reclassify(self) -> Ledger:
        zones = np.full((2, 256), EMPTY, np.uint8)
        zones[0, 2] = 1
        self.engine.geo.block_zone[0, 2] = 1
        return self.book(self.engine.each(RECLASSIFICATION, world()._replace(geo=self.engine.geo), zones))

    def book(self, ledger: Ledger) -> Ledger:
        self.sim.book(ledger, self.record)
        return ledger

    def check(self) -> None:
        self.sim.check(self.engine.observe()[0])


def account(**by_place: list[int]) -> np.ndarray:
    """Return a counts table from lists of five places by account."""
    names = {
        "born": BORN,
        "died": DIED,
        "moved_in": MOVED_IN,
        "moved_out": MOVED_OUT,
        "counted_in": COUNTED_IN,
        "counted_out": COUNTED_OUT,
        "entered": ENTERED,
        "left": LEFT,
        "registered": REGISTERED_HERE,
    }
    counts = np.zeros((5, 9), np.int64)
    for name, values in by_place.items():
        counts[:, names[name]] = values
    return counts


@pytest.fixture(params=["fast", "reference"])
def paper(request) -> Paper:
    return Paper(request.param)


def ages_of(table: Households, row: int) -> list[int]:
    return [int(m) for m in table.members[row]]


def test_start_is_as_counted_on_paper(paper):
    stocks, ages = paper.engine.observe()
    assert stocks[:, RESIDENTS].tolist() == START
    assert stocks[:4, REGISTERED].sum() == REGISTERED_START
    assert ages.sum() == 57
    assert ages[2, 0, 26] == 1
    assert ages[1, 1, 30] == 1
    paper.check()


def test_births_deaths_and_leaving_home(paper):
    ledger = paper.vital()
    assert np.array_equal(ledger.counts, account(born=[1, 0, 0, 0, 0], died=[0, 0, 1, 0, 1]))
    assert (ledger.totals[R_BORN], ledger.totals[R_DIED]) == (1, 2)
    assert not ledger.flows.any()
    assert paper.sim.residents.tolist() == [23, 13, 10, 5, 5]
    assert paper.sim.registered == 54
    rows = paper.engine.sorted_rows()
    assert len(rows.key) == 22
    assert 117 not in rows.key
    paper.check()


def test_the_ninth_member_is_born_and_the_oldest_makes_room(paper):
    paper.vital()
    table, row = paper.row(115)
    members = ages_of(table, row)
    assert members[:6] == [person(p) for p in ("m42", "f40", "m15", "f14", "m11", "f9")]
    assert members[6] in (0, 1)
    assert members[7] == person("f68")
    rows = paper.engine.sorted_rows()
    alone = np.flatnonzero(rows.members[:, 0] == person("m70"))
    assert len(alone) == 1
    assert (rows.members[alone[0], 1:] == EMPTY).all()
    assert (rows.base[alone[0]], rows.hukou[alone[0]], rows.home_block[alone[0]]) == (VILLAGE_0, VILLAGE_0, 1)


def test_the_spouse_heads_the_household_after_the_death_of_the_head(paper):
    paper.vital()
    table, row = paper.row(116)
    assert ages_of(table, row) == [person("f85"), EMPTY, person("m51"), EMPTY, EMPTY, EMPTY, EMPTY, EMPTY]
    assert table.flags[row] & EVENT


def test_a_son_who_leaves_home_stays_in_the_place_and_the_registers(paper):
    paper.vital()
    rows = paper.engine.sorted_rows()
    son = np.flatnonzero(rows.members[:, 0] == person("m23"))
    assert len(son) == 1
    assert (rows.base[son[0]], rows.hukou[son[0]]) == (VILLAGE_1, VILLAGE_1)
    assert ages_of(*paper.row(120))[:3] == [person("m49"), person("f49"), EMPTY]


def test_pairing_joins_a_man_to_a_woman_where_both_live(paper):
    paper.engine.couples(world(), 1.0, 0.0)
    rows = paper.engine.sorted_rows()
    assert len(rows.key) == 20
    assert 119 not in rows.key
    assert ages_of(*paper.row(118))[:2] == [person("f30"), person("m32")]
    paper.check()


def test_separation_makes_two_households_and_moves_nobody(paper):
    """Seventeen couples; not 9 and 10, where one is away, and not 16, where the spouse is 85."""
    paper.engine.couples(world(), 0.0, 1.0)
    assert len(paper.engine.sorted_rows().key) == 21 + 14
    assert ages_of(*paper.row(116))[:2] == [person("m90"), person("f85")]
    paper.check()


def test_a_child_in_the_slot_of_the_spouse_does_not_separate():
    table = empty_households(1)
    household(table, 0, "f35 m2 f12", home=(0, 0), hukou=VILLAGE_0, base=VILLAGE_0)
    engine = FastEngine(table, geography())
    engine.couples(world(), 0.0, 1.0)
    assert engine.rows == 1


def test_moves_book_every_person_once(paper):
    ledger = paper.moves()
    expected = account(
        moved_out=[2, 4, 5, 0, 0], moved_in=[0, 0, 3, 8, 0], left=[1, 0, 0, 0, 3], entered=[1, 2, 0, 0, 1]
    )
    assert np.array_equal(ledger.counts, expected)
    flows = np.zeros((3, 3, 4), np.int64)
    flows[0, 1] = [1, 2, 3, 0]
    flows[1, 1] = [2, 0, 2, 1]
    flows[0, 2] = [0, 1, 0, 0]
    flows[2, 0] = [0, 3, 0, 0]
    assert np.array_equal(ledger.flows, flows)
    assert paper.sim.residents.tolist() == [22 - 2, 13 - 4 + 2, 11 - 5 + 3, 5 + 8, 6 + 1 - 3]
    assert paper.sim.registered == REGISTERED_START
    paper.check()


def test_moves_leave_households_where_they_should_be(paper):
    paper.moves()

    def state(i: int) -> tuple[int, int, int]:
        table, row = paper.row(100 + i)
        return int(table.base[row]), int(table.away[row]), int(table.away_place[row])

    assert state(0) == (VILLAGE_0, 0b11, TOWN_1)
    assert state(1) == (VILLAGE_0, 0b100, AWAY)
    assert state(2) == (TOWN_1, 0, EMPTY)
    assert state(3) == (VILLAGE_0, 0, EMPTY)
    assert state(4) == (TOWN_1, 0, EMPTY)
    assert state(5) == (TOWN_0, 0, EMPTY)
    assert state(6) == (TOWN_0, 0b100, TOWN_1)
    assert state(7) == (VILLAGE_1, 0, EMPTY)
    table, row = paper.row(100)
    assert table.arrival[row] == 254


def test_registration_and_leaving(paper):
    ledger = paper.register()
    assert np.array_equal(ledger.counts, account(registered=[0, 0, 0, 3, 0], left=[0, 2, 0, 0, 2 + 1 + 1]))
    assert (ledger.totals[U_OUT], ledger.totals[R_OUT]) == (6, 4)
    table, row = paper.row(112)
    assert (table.hukou[row], table.home_county[row]) == (TOWN_1, 1)
    assert table.home_block[row] in (10, 11)
    assert paper.sim.registered == 51
    paper.check()


def test_reclassified_block_is_counted_not_moved(paper):
    ledger = paper.reclassify()
    assert np.array_equal(ledger.counts, account(counted_out=[5, 0, 0, 0, 0], counted_in=[0, 5, 0, 0, 0]))
    for i, base, away, place in (
        (8, TOWN_0, 0, EMPTY),
        (9, TOWN_0, 1, AWAY),
        (10, TOWN_0, 0, EMPTY),
        (11, TOWN_0, 0, EMPTY),
    ):
        table, row = paper.row(100 + i)
        assert (table.base[row], table.away[row], table.away_place[row]) == (base, away, place), i
        assert table.hukou[row] == TOWN_0
    paper.check()


def test_all_processes_of_a_step_together(paper):
    paper.vital()
    paper.engine.couples(world(), 1.0, 0.0)
    paper.check()
    paper.moves()
    assert paper.sim.residents.tolist() == [21, 11, 8, 13, 3]
    paper.check()
    registered = paper.register()
    assert registered.counts[TOWN_1, REGISTERED_HERE] == 3 + 4 + 3
    assert paper.sim.residents.tolist() == [21, 9, 8, 13, 2]
    assert paper.sim.registered == 53
    paper.check()
    paper.reclassify()
    assert paper.sim.residents.tolist() == [16, 14, 8, 13, 2]
    assert paper.sim.hunan() == 51
    assert paper.sim.urban() == 27
    assert paper.sim.rate() == 27 / 51
    paper.check()
    paper.engine.grow_older()
    stocks, ages = paper.engine.observe()
    assert stocks[:, RESIDENTS].tolist() == [16, 14, 8, 13, 2]
    assert ages[:, :, 0].sum() == 0
    assert ages[:, :, 1].sum() == 1
    c = paper.record.ledger.counts
    change = c[:, BORN] - c[:, DIED] + c[:, MOVED_IN] - c[:, MOVED_OUT] + c[:, COUNTED_IN] - c[:, COUNTED_OUT]
    assert (np.array(START) + change + c[:, ENTERED] - c[:, LEFT]).tolist() == [16, 14, 8, 13, 2]


def test_engines_agree_on_the_paper_world():
    papers = [Paper("fast"), Paper("reference")]
    for paper in papers:
        paper.vital()
        paper.engine.couples(world(), 1.0, 0.0)
        paper.moves()
        paper.register()
        paper.reclassify()
        paper.engine.grow_older()
    for a, b in zip(*(paper.engine.sorted_rows() for paper in papers), strict=True):
        assert np.array_equal(a, b)


def test_tampered_books_are_refused(paper):
    paper.sim.residents[TOWN_1] += 1
    with pytest.raises(AccountError, match="place 3: counted 5, booked 6"):
        paper.check()
    paper.sim.residents[TOWN_1] -= 1
    paper.sim.registered += 1
    with pytest.raises(AccountError, match="counted 55 registered, booked 56"):
        paper.check()


@pytest.mark.parametrize("column", [MOVED_IN, COUNTED_OUT, ENTERED, LEFT])
def test_ledgers_that_do_not_balance_are_refused(paper, column):
    ledger = empty_ledger(geography())
    ledger.counts[TOWN_1, column] = 1
    with pytest.raises(AccountError, match="2021"):
        paper.book(ledger)


def test_a_lost_person_is_found(paper):
    table, row = paper.row(100)
    table.members[row, 3] = EMPTY
    with pytest.raises(AccountError, match="place 0: counted 21, booked 22"):
        paper.check()
