"""One run: the state of the province and the year that moves it on.

``Simulation`` knows nothing about how households are stored: it drives an engine (fast or
reference) through the processes of ``sim.model.year.processes`` and keeps the books.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

import numpy as np

from sim.agents.ledger import Ledger
from sim.agents.observe import REGISTERED, RESIDENTS
from sim.agents.state import Households
from sim.agents.world import (
    COUNTED_IN,
    COUNTED_OUT,
    ENTERED,
    LEFT,
    MOVED_IN,
    MOVED_OUT,
    R_BORN,
    R_DIED,
    R_IN,
    R_OUT,
    RESIDENT_SIGN,
    U_IN,
    U_OUT,
)
from sim.base.arrays import Floats, Ints
from sim.data import Region
from sim.model.engines.protocol import EngineProtocol
from sim.model.year.markets import Markets
from sim.model.year.outside_flows import OutsideFlows
from sim.model.year.places import Places
from sim.model.year.schedules import Schedules
from sim.model.year.world_tables import Constants

FIRST_MONTH_YEAR = 2000
"""Months of the household table count from January of this year."""


class AccountError(AssertionError):
    """The integer accounts and the population disagree: a fault of the program."""


@dataclass(frozen=True)
class Draw:
    """What one draw fixes for all its scenarios.

    Attributes:
        region, places, schedules: data.
        params: one value per declared parameter.
        seed: 32-bit seed of the run.
        steps_per_year: 4 or 12.
        weight: persons that one person of the model stands for.
        last_observed: last year whose residents are published and matched.
        public_share: observed share of migrant pupils in public schools.
        templates: households from other provinces at the start, the pool of arrivals.
        outside_flows: where departures go and how many arrive for each, as known at the date.
        order: processes that come just ahead of another than in ``PROCESSES`` (``ordered``).
    """

    region: Region
    places: Places
    schedules: Schedules
    params: Mapping[str, float]
    seed: int
    steps_per_year: int
    weight: float
    last_observed: int
    public_share: float
    templates: Households
    outside_flows: OutsideFlows
    order: Mapping[str, str] = field(default_factory=dict)

    @property
    def dt(self) -> float:
        """Length of a step in years."""
        return 1.0 / self.steps_per_year


@dataclass(frozen=True)
class YearPlan:
    """What is decided about one year before it runs.

    Attributes:
        mods: value of every named quantity by county.
        pulls: shifts in utils of village-to-town moves and of moves out of the province.
        reclassified: points of the provincial rate that reclassification adds, losses deducted, if the
            county's villages are counted as all villages are, float64[n_counties].
        status_loss: share of the urban territory of the start that is classified as rural this year.
        outside_income: change of log income outside the province.
        town_utility: utils added to every town of the province (diagnostics).
        travel: utils added between counties by shorter travel, float64[n_counties, n_counties] or 0.
        village_loss: utils lost in the villages of a county by a local shock, float64[n_counties] or 0.
        births, deaths: factors on the rates of the year (stress scenarios).
    """

    mods: Mapping[str, Floats]
    pulls: tuple[float, float]
    reclassified: Floats
    status_loss: float = 0.0
    outside_income: float = 0.0
    town_utility: float = 0.0
    travel: Floats | float = 0.0
    village_loss: Floats | float = 0.0
    births: float = 1.0
    deaths: float = 1.0


@dataclass
class YearRecord:
    """What happened in one year: ledger, stocks and ages at its end, rate after every step."""

    year: int
    ledger: Ledger
    stocks: Ints
    ages: Ints
    step_residents: list[Ints] = field(default_factory=list)


@dataclass
class Simulation:
    """State of a run between steps.

    Attributes:
        engine: backend that holds the households.
        draw: what is fixed.
        constants: solved alternative-specific constants.
        markets: county markets.
        network: share of a home block at each destination class.
        residents: persons of the model by place, int64[P].
        registered: persons of the model registered in the province.
        year: last completed year-end.
        step: steps completed since the start; keys the random draws.
        survival: chance of a rural block of the start to be rural still, float64[n_counties].
        urban_survival: chance of an urban block of the start to be urban still.
        scales: factors on births and deaths of the current year.
        level: their level that is carried past the last published year.
    """

    engine: EngineProtocol
    draw: Draw
    constants: Constants
    markets: Markets
    network: Floats
    residents: Ints
    registered: int
    stocks: Ints
    ages: Ints
    year: int
    step: int = 0
    survival: Floats = field(default_factory=lambda: np.ones(0))
    urban_survival: float = 1.0
    scales: tuple[float, float] = (1.0, 1.0)
    level: tuple[float, float] = (1.0, 1.0)

    def copy(self) -> Simulation:
        """Return an independent copy from which a branch can run."""
        engine = self.engine.copy()
        engine.geo = engine.geo._replace(block_zone=engine.geo.block_zone.copy())
        return Simulation(
            engine=engine,
            draw=self.draw,
            constants=self.constants,
            markets=self.markets.copy(),
            network=self.network,
            residents=self.residents.copy(),
            registered=self.registered,
            stocks=self.stocks,
            ages=self.ages,
            year=self.year,
            step=self.step,
            survival=self.survival.copy(),
            urban_survival=self.urban_survival,
            scales=self.scales,
            level=self.level,
        )

    @property
    def edge(self) -> int:
        """First index of the outside places."""
        return 2 * self.draw.region.n_counties

    def hunan(self) -> int:
        """Return residents of the province, persons of the model."""
        return int(self.residents[: self.edge].sum())

    def urban(self) -> int:
        """Return urban residents, persons of the model."""
        return int(self.residents[1 : self.edge : 2].sum())

    def rate(self) -> float:
        """Return the resident urbanization rate."""
        return self.urban() / self.hunan()

    def book(self, ledger: Ledger, record: YearRecord) -> None:
        """Add a ledger to the stocks and the year; refuse what does not balance.

        Raises:
            AccountError: moves within the province, reclassification or the universe do not balance.
        """
        total = ledger.counts.sum(axis=0)
        if total[MOVED_IN] != total[MOVED_OUT] or total[COUNTED_IN] != total[COUNTED_OUT]:
            raise AccountError(f"{self.year + 1}: moves or reclassification do not balance")
        across = int(total[ENTERED] - total[LEFT])
        if across != int(ledger.totals[U_IN] - ledger.totals[U_OUT]):
            raise AccountError(f"{self.year + 1}: entries less exits of the universe are not {across}")
        self.residents += ledger.counts @ RESIDENT_SIGN
        t = ledger.totals
        self.registered += int(t[R_BORN] - t[R_DIED] + t[R_IN] - t[R_OUT])
        record.ledger = record.ledger.plus(ledger)

    def check(self, stocks: Ints) -> None:
        """Compare the books with a count of the population.

        Raises:
            AccountError: residents of a place or the registered differ.
        """
        if not np.array_equal(stocks[:, RESIDENTS], self.residents):
            place = int(np.flatnonzero(stocks[:, RESIDENTS] != self.residents)[0])
            raise AccountError(
                f"{self.year + 1}, place {place}: counted {stocks[place, RESIDENTS]}, booked {self.residents[place]}"
            )
        registered = int(stocks[: self.edge, REGISTERED].sum())
        if registered != self.registered:
            raise AccountError(f"{self.year + 1}: counted {registered} registered, booked {self.registered}")
