"""The tables that the rules read: everything a household knows about its world.

Both engines build these tuples once a step and hand them to the rules in
``sim.agents``. Arrays are indexed by county ``c``, place ``p`` (2c rural, 2c + 1 urban,
then outside places), site ``d`` (county towns, then outside places), skill, sex and age.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.arrays import Bytes, Floats, Ints

RURAL, URBAN, OUTSIDE = 0, 1, 2
"""Zone classes of a place."""

ACCOUNTS = ("born", "died", "moved_in", "moved_out", "counted_in", "counted_out", "entered", "left", "registered_in")
BORN, DIED, MOVED_IN, MOVED_OUT, COUNTED_IN, COUNTED_OUT, ENTERED, LEFT, REGISTERED_HERE = range(9)
"""Why residents of a place changed (the first eight) and who registered there, persons of the model."""
RESIDENT_SIGN = np.array([1, -1, 1, -1, 1, -1, 1, -1, 0], np.int64)
"""What a person booked in an account does to the residents of the place."""

TOTALS = (
    "universe_entered",
    "universe_exited",
    "registered_born",
    "registered_died",
    "registered_in",
    "registered_out",
)
U_IN, U_OUT, R_BORN, R_DIED, R_IN, R_OUT = range(6)
"""Province-wide ledgers of persons in the universe and of the registered."""

STAY, HOME, ONE_AWAY, ALL_AWAY, WHOLE = range(5)
"""What a household can choose; the last three name a site."""

VILLAGE, SPLIT_IN, SPLIT_OUT, TOWN_MIGRANT, TOWN_NATIVE, WHOLE_OUT = range(6)
ORIGIN_STATES = ("village", "split_in", "split_out", "town_migrant", "town_native", "whole_out")
"""State of a household when it reconsiders."""

TO_HOME, TO_JOIN, TO_OWN, TO_OTHER, TO_OUTSIDE = range(5)
TRANSITIONS = ("home", "join", "own_town", "other_town", "outside")
"""Kind of destination, seen from the household."""

OWN_TOWN, OWN_PREFECTURE, CAPITAL, REST, FIRST_OUTSIDE, OTHER_OUTSIDE = range(6)
"""Nests of sites seen from a home county; also the first values of ``Geography.site_class``."""
N_NESTS = 6

AGE_BANDS = (0, 16, 30, 50)
"""Lower limits of the age bands of the flow table."""


class Geography(NamedTuple):
    """Where things are: places, blocks and who counts as near.

    ``site_class`` is the class of a site seen from a home county: own county town, own
    prefecture, capital, rest of the province, then one class per outside place.
    ``near[c, : n_near[c]]`` are the sites that are not of the class rest of the province.
    """

    n_counties: int
    n_outside: int
    n_prefectures: int
    capital: int
    county_prefecture: Ints
    site_class: Ints
    near: Ints
    n_near: Ints
    block_zone: Bytes
    urban_block_start: Ints
    urban_block_count: Ints


def near_sites(classes: Ints) -> tuple[Ints, Ints]:
    """Return ``near`` and ``n_near`` of a geography from its site classes."""
    near = classes != REST
    count = near.sum(axis=1)
    return np.argsort(~near, axis=1, kind="stable")[:, : count.max()], count


class Vital(NamedTuple):
    """Chance of an event within one step, by zone class, sex and age.

    ``threshold`` is the chance of any event in units of 2**-16, rounded up, so that one
    16-bit lane per member screens exactly; ``by_member`` is its largest value over the
    zones by member byte, uint32[256], and ``most`` that of all members below ``OLD_AGE``.
    """

    threshold: NDArray[np.uint32]
    by_member: NDArray[np.uint32]
    most: int
    death: Floats
    birth: Floats
    leave: Floats
    boy_share: float


class Choice(NamedTuple):
    """Utilities of places and arrangements, in utils.

    ``value`` is what earning at a place is worth by skill; ``reach`` what a site adds seen
    from a home county: distance, constants, job finding of newcomers and amenities.
    ``leave_age`` (by age, float64[MAX_AGE + 1]) is what leaving the province adds.
    The tables named ``site_`` repeat by site what others say by place or county (``by_site``).
    """

    value: Floats
    reach: Floats
    shift: Floats
    arrangement: Floats
    network: Floats
    penalty: Floats
    housing: Floats
    school: Floats
    home_value: Floats
    out_move: Floats
    county_school: Floats
    bring_children: Floats
    rental: Floats
    portability: Floats
    site_value: Floats
    site_housing: Floats
    site_reach: Floats
    site_bring_children: Floats
    site_school: Floats
    nest: float
    taste: float
    attachment: float
    attachment_years: float
    move_cost: float
    school_place: float
    school_stay: float
    owner_stay: float
    insured_stay: float
    share_one: float
    share_all: float
    after_50: float
    leave_age: Floats
    pull_in: float
    pull_out: float


LANES = 32
"""Tables by site are filled up to a multiple of it: vector loops then have no rest to do one by one."""


def padded(sites: int) -> int:
    """Return the length of the tables by site."""
    return -(-sites // LANES) * LANES


def by_site(choice: Choice, n_counties: int) -> Choice:
    """Return the tables with those by site made from those by place and county.

    ``site_value``, float64[land rights, skill, site], is what the unregistered earn there. Places
    outside bring nothing and refuse nobody a school place, so that one loop serves all sites.
    """
    return of_step_by_site(of_year_by_site(choice), n_counties)


def of_year_by_site(choice: Choice) -> Choice:
    """Return the tables with those by site that are fixed for a year."""
    sites = choice.reach.shape[1]
    return choice._replace(
        site_reach=_filled_up(choice.reach, sites), site_bring_children=_filled_up(choice.bring_children, sites)
    )


def of_step_by_site(choice: Choice, n_counties: int) -> Choice:
    """Return the tables with those by site that change within a year."""
    places = np.append(np.arange(1, 2 * n_counties, 2), np.arange(2 * n_counties, len(choice.penalty)))
    value = choice.value[:, places] + choice.penalty[places]
    return choice._replace(
        site_value=_filled_up(np.stack([value, value + choice.portability[places]]), len(places)),
        site_housing=_filled_up(choice.housing[places], len(places)),
        site_school=_filled_up(choice.school, len(places), 1.0),
    )


def _filled_up(table: Floats, sites: int, value: float = 0.0) -> Floats:
    """Return a table whose last axis is filled up with a value."""
    out = np.full((*table.shape[:-1], padded(sites)), value)
    out[..., : table.shape[-1]] = table
    return out


class Hazards(NamedTuple):
    """Yearly hazards of reconsidering, registering, leaving and settling.

    ``state_factor`` is how much more often than drawn a state reconsiders, float64[6];
    ``event_years`` the exposure that a life event adds, whatever the step. ``screen`` bounds
    the chance of reconsidering within a step, without and with a life event, and
    ``register_screen`` that of registering or leaving.
    """

    step_years: float
    reconsider: Floats
    state_factor: Floats
    screen: Floats
    duration: Floats
    event_years: float
    register: Floats
    register_screen: float
    register_outside: float
    visitor_exit: float
    permit: float
    purchase: Floats
    insured: Floats
    enrol: Floats
    land_odds: float


class World(NamedTuple):
    """All that a rule may read besides the household itself."""

    seed: int
    step: int
    month: int
    geo: Geography
    vital: Vital
    choice: Choice
    hazards: Hazards
