from __future__ import annotations

import numpy as np

from sim.agents import state
from sim.agents.state import COLUMNS, EMPTY, N_SLOTS, Households, bytes_per_household, empty_households, map_columns


def test_a_household_takes_26_bytes():
    """Eight for the key, eight for the members, eight columns of one and the month of arrival in two."""
    assert bytes_per_household() == 8 + N_SLOTS + 8 * 1 + 2 == 26
    assert sum(column.nbytes for column in empty_households(1000)) == 26_000


def test_columns_are_those_of_the_table():
    assert tuple(column.name for column in COLUMNS) == Households._fields
    for column, array in zip(COLUMNS, empty_households(3), strict=True):
        assert array.dtype == column.dtype
        assert array.shape == ((3, column.width) if column.width > 1 else (3,))


def test_free_rows_have_no_members_and_nobody_away():
    table = empty_households(2)
    assert (table.members == EMPTY).all()
    assert (table.away_place == EMPTY).all()
    assert not table.away.any()
    assert not table.key.any()


def test_a_change_reaches_every_column():
    table = map_columns(empty_households(5), lambda column: column[[4, 0]])
    assert {len(column) for column in table} == {2}


def test_bits_of_a_byte_do_not_overlap():
    social = (
        state.SKILL_MASK,
        state.OWNER,
        state.INSURED,
        state.PERMIT,
        state.LAND,
        state.BASE_COLLECTIVE,
        state.AWAY_COLLECTIVE,
    )
    flags = (state.EVENT, state.MIGRANT_CLASS_MASK, state.PUBLIC_PLACE)
    assert sum(social) == np.bitwise_or.reduce(social) == 255
    assert sum(flags) == np.bitwise_or.reduce(flags)
