"""The household table as arrays that can be read: who exists, where everybody lives and is registered.

What an observer counts (``sim.agents.observe``) is counted here once more, by arrays instead of household by
household, so that the two can be held against each other.
"""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sim.agents.members import WORK_FIRST, WORK_LAST
from sim.agents.schooling import PUPIL_FIRST, PUPIL_LAST
from sim.agents.state import EMPTY, HEAD, N_SLOTS, Households, map_columns
from sim.agents.world import OUTSIDE, SPLIT_IN, SPLIT_OUT, TOWN_MIGRANT, TOWN_NATIVE, URBAN, VILLAGE, WHOLE_OUT
from sim.base.arrays import Bytes, Floats, Ints
from sim.model.year.books import Simulation

__all__ = ["CHILD_LAST", "ELDER_FIRST", "View"]

Flags = NDArray[np.bool_]
CHILD_LAST = 15
"""Last age of a child, as in the count of children left behind."""
ELDER_FIRST = 60
NONE = -1
"""Instead of a place where there is none."""


@dataclass(frozen=True)
class View:
    """A household table at a year-end; every array has one row per household, in the order of the table.

    Attributes:
        households: live rows, such as ``sorted_rows`` of an engine returns them.
        block_zone: zone of every block, uint8[n_counties, 256].
        burden: log of house prices over wages by county, less what it was when markets opened, float64[n_counties].
    """

    households: Households
    block_zone: Bytes
    burden: Floats

    @classmethod
    def of(cls, sim: Simulation) -> View:
        """Return the households of a run as they are now."""
        return cls(sim.engine.sorted_rows(), sim.engine.geo.block_zone.copy(), sim.markets.price - sim.markets.wage)

    def take(self, rows: Ints) -> View:
        """Return some of the households."""
        return View(map_columns(self.households, lambda column: column[rows]), self.block_zone, self.burden)

    @property
    def edge(self) -> int:
        """First place outside the province."""
        return 2 * len(self.block_zone)

    @cached_property
    def exists(self) -> Flags:
        """Slots that hold a member, bool[N, N_SLOTS]."""
        return np.asarray(self.households.members != EMPTY)

    @cached_property
    def age(self) -> Ints:
        """Age by slot, int64[N, N_SLOTS]; -1 where nobody is."""
        return np.where(self.exists, self.households.members.astype(np.int64) >> 1, NONE)

    @cached_property
    def woman(self) -> Flags:
        """Slots that hold a woman, bool[N, N_SLOTS]."""
        return np.asarray(self.exists & (self.households.members & 1 == 1))

    @cached_property
    def away(self) -> Flags:
        """Slots whose member lives at the away place, bool[N, N_SLOTS]."""
        return np.asarray(self.exists & ((self.households.away[:, None] >> np.arange(N_SLOTS)) & 1 == 1))

    @cached_property
    def base(self) -> Ints:
        """Place where the members who are not away live."""
        return self.households.base.astype(np.int64)

    @cached_property
    def split(self) -> Flags:
        """Whether some members are away."""
        return np.asarray(self.households.away != 0)

    @cached_property
    def away_place(self) -> Ints:
        """Place where the away members live, -1 if nobody is away."""
        return np.where(self.split, self.households.away_place.astype(np.int64), NONE)

    @cached_property
    def hukou(self) -> Ints:
        """Place of registration."""
        return self.households.hukou.astype(np.int64)

    @cached_property
    def living(self) -> Ints:
        """Place where the member in a slot lives, int64[N, N_SLOTS]; -1 where nobody is."""
        place = np.where(self.away, self.away_place[:, None], self.base[:, None])
        return np.where(self.exists, place, NONE)

    @cached_property
    def earners(self) -> Ints:
        """Place where the earners live: the away place if somebody is away."""
        return np.where(self.split, self.away_place, self.base)

    @cached_property
    def home_zone(self) -> Ints:
        """Zone of the home block as it is classified at this year-end."""
        return self.block_zone[self.households.home_county, self.households.home_block].astype(np.int64)

    @cached_property
    def home(self) -> Ints:
        """Place of the home block as it is classified at this year-end."""
        return 2 * self.households.home_county.astype(np.int64) + self.home_zone

    def zone(self, place: Ints) -> Ints:
        """Return RURAL, URBAN or OUTSIDE of places, -1 for none."""
        return np.where(place < 0, NONE, np.where(place >= self.edge, OUTSIDE, place & 1))

    @cached_property
    def persons(self) -> Ints:
        """Number of members."""
        return np.asarray(self.exists.sum(axis=1))

    @cached_property
    def children(self) -> Flags:
        """Slots that hold a child of 0-15, bool[N, N_SLOTS]."""
        return self.exists & (self.age <= CHILD_LAST)

    @cached_property
    def elders(self) -> Flags:
        """Slots that hold somebody of 60 and over, bool[N, N_SLOTS]."""
        return self.age >= ELDER_FIRST

    @cached_property
    def workers(self) -> Flags:
        """Slots that hold somebody of working age, bool[N, N_SLOTS]."""
        return (self.age >= WORK_FIRST) & (self.age <= WORK_LAST)

    @cached_property
    def pupils(self) -> Flags:
        """Slots that hold a pupil in a town where the household is not registered, bool[N, N_SLOTS]."""
        migrant = (self.zone(self.base) == URBAN) & (self.hukou != self.base)
        return np.asarray(migrant[:, None] & ~self.away & (self.age >= PUPIL_FIRST) & (self.age <= PUPIL_LAST))

    @cached_property
    def left_behind(self) -> Flags:
        """Slots that hold a child at home with two workers away and nobody of 18-49 there, bool[N, N_SLOTS]."""
        home = self.exists & ~self.away
        looked_after = (home & (self.age >= WORK_FIRST) & (self.age < 50)).any(axis=1)
        parents = (self.away & self.workers).sum(axis=1) >= 2
        return np.asarray(home & self.children & (parents & ~looked_after)[:, None])

    def social(self, bit: int) -> Flags:
        """Return whether a bit of the social byte is set."""
        return np.asarray(self.households.social & bit != 0)

    def flag(self, bit: int) -> Flags:
        """Return whether a bit of the flags is set."""
        return np.asarray(self.households.flags & bit != 0)

    @cached_property
    def state(self) -> Ints:
        """State as for a choice, an index into ``ORIGIN_STATES``."""
        at_home = np.where(self.base & 1 == 1, TOWN_NATIVE, VILLAGE)
        whole = np.where(self.base == self.home, at_home, TOWN_MIGRANT)
        whole = np.where(self.base >= self.edge, WHOLE_OUT, whole)
        return np.where(self.split, np.where(self.away_place >= self.edge, SPLIT_OUT, SPLIT_IN), whole)

    @property
    def head_age(self) -> Ints:
        """Age of the head."""
        return self.age[:, HEAD]
