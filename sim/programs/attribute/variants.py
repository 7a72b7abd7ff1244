"""Many variants of one scenario on one draw: coalitions, single levers, switches.

All variants share the start of the draw (solved constants and observed years), so that a
variant costs only its projected years, and every difference is between paired runs.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cache, partial

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pandas.api.types import union_categoricals

from sim.agents.observe import RESIDENTS
from sim.agents.world import COUNTED_IN, COUNTED_OUT, LEFT, MOVED_OUT
from sim.config import ProjectConfig
from sim.model.path import begin as run
from sim.model.path import output as out
from sim.model.path.history import History, follow
from sim.model.path.plans import Planner
from sim.model.path.policy import PolicyPath
from sim.model.path.setup import Setup
from sim.model.path.state_file import pack, unpack
from sim.model.year.books import YearRecord
from sim.policies import Idle, Levers, Scenario
from sim.policies.content import policy_content
from sim.studies.simulator import Simulator
from sim.studies.store import ACCOUNTS

KEPT_YEARS_BEFORE = 1
"""Observed year-ends kept in the tables of a variant."""
EXTRA = (
    "registrations",
    "urban_newcomers",
    "unregistered_residents",
    "migrant_children",
    "village_leavers",
    "village_residents",
    "counted",
)
"""Numbers of people that variants report besides the indicators."""


@dataclass(frozen=True)
class Variant:
    """A scenario under a name of its own, with parameters that differ from the draw.

    Attributes:
        name: name in the study.
        scenario: what is done.
        params: parameters set to a value after the observed years.
    """

    name: str
    scenario: Scenario
    params: Mapping[str, float] = field(default_factory=dict)


@dataclass(frozen=True)
class VariantSetup:
    """What the runs of a study of variants share; picklable.

    Attributes:
        setup: set-up of the simulation.
        variants: variants by name.
        costs_of: variants whose costs by lever are stored.
    """

    setup: Setup
    variants: Mapping[str, Variant]
    costs_of: tuple[str, ...]

    @property
    def scenarios(self) -> dict[str, Scenario]:
        """What is done, by variant."""
        return {name: variant.scenario for name, variant in self.variants.items()}

    @property
    def scenario_content(self) -> dict[str, object]:
        """Content that identifies a run, by variant."""
        levers = self.setup.levers
        return {
            name: {**policy_content(variant.scenario, levers), "params": dict(variant.params)}
            for name, variant in self.variants.items()
        }

    @property
    def data_hash(self) -> str:
        """Content hash of the tables of the region."""
        return self.setup.data_hash

    @property
    def fit(self) -> pd.DataFrame:
        """Fit of the synthetic population to its margins."""
        return self.setup.fit

    @property
    def idle(self) -> tuple[Idle, ...]:
        """Settings of the scenario that never act."""
        return self.setup.idle


def pulled(scenario: Scenario, levers: Levers, chosen: set[str], level: float | None = None) -> Scenario:
    """Return the scenario with the levers not chosen at 0, and the chosen ones at ``level`` if given."""
    settings = {}
    for name in levers:
        setting = scenario.settings[name]
        if name not in chosen:
            settings[name] = setting.model_copy(update={"intensity": 0.0})
        else:
            settings[name] = setting if level is None else setting.model_copy(update={"intensity": level})
    return replace(scenario, settings=settings, baseline=False)


def begin(setup: VariantSetup, draw: int, replicate: int) -> History:
    """Simulate the observed years of one draw, once for all variants."""
    return run.begin(setup.setup, draw, replicate)


def branch(setup: VariantSetup, history: History, name: str) -> out.RunOutput:
    """Go on from a history under one variant; larger places and year-ends only."""
    variant = setup.variants[name]
    inner = replace(setup.setup, scenarios={name: variant.scenario})
    draw = replace(history.sim.draw, params={**history.sim.draw.params, **variant.params})
    given = replace(history, sim=replace(history.sim, draw=draw))
    whole, planner = follow(inner, given, name, inner.end_year)
    late = whole.records[-(inner.end_year - history.sim.year + KEPT_YEARS_BEFORE) :]
    return _output(setup, whole, name, planner, late)


def _output(
    setup: VariantSetup,
    history: History,
    name: str,
    planner: Planner,
    records: Sequence[YearRecord],
) -> out.RunOutput:
    areas = wide_areas(out.Areas.of(setup.setup.region))
    weight = planner.draw.weight
    zero = np.zeros(setup.setup.region.n_counties)
    years, more, costs = [], [], {}
    for record in records:
        paid = planner.costs(record.year, record)
        costs[record.year] = paid if name in setup.costs_of else {}
        paper = planner.paper(record.year, record)
        cost = sum(paid.values(), zero)
        values = out.year_indicators(areas, record.stocks, weight, planner.coverage(record.year), cost, paper)
        years.append((record.year, planner.draw.steps_per_year, values))
        more.append(_extra(areas, planner, record))
    both = out.indicator_table(areas, years, []), _extra_table(areas, [when[:2] for when in years], more)
    columns = {c: union_categoricals([table[c] for table in both]) for c in ("place", "indicator", "unit")}
    indicators = pd.concat(both, ignore_index=True).assign(**columns)
    return out.RunOutput(
        name,
        history.draw,
        history.replicate,
        indicators,
        **_empty_tables(),
        costs=out.cost_table(areas, costs),
        start=history.start(),
    )


@cache
def _empty_tables() -> dict[str, pd.DataFrame]:
    """Return the tables that variants do not keep, without rows; all outputs share them, and nobody writes to them."""
    columns = {
        "accounts": ["year", "county_code", "zone", *ACCOUNTS],
        "flows": ["year", "origin", "destination", "age_band", "persons"],
        "pyramid": ["year", "zone", "sex", "age_lo", "persons"],
    }
    numbers = {"year": "int16", "age_lo": "int16", "persons": "float64", **dict.fromkeys(ACCOUNTS, "float64")}
    return {
        table: pd.DataFrame({name: pd.Series([], dtype=numbers.get(name, "str")) for name in names})
        for table, names in columns.items()
    }


def wide_areas(areas: out.Areas) -> out.Areas:
    """Return the areas without the single counties."""
    return out.Areas(areas.codes[: areas.wide], areas.member[: areas.wide], areas.wide)


def _extra(areas: out.Areas, planner: Planner, record: YearRecord) -> NDArray[np.float64]:
    """Return the extra numbers of people of a year, float64[EXTRA, areas]."""
    n, weight = areas.member.shape[1], planner.draw.weight
    people = _people(planner, record)
    towns = record.ledger.counts[1 : 2 * n : 2]
    left = record.ledger.counts[0 : 2 * n : 2, [MOVED_OUT, LEFT]].sum(axis=1)
    stayed, counted = record.stocks[0 : 2 * n : 2, RESIDENTS], towns[:, COUNTED_IN] - towns[:, COUNTED_OUT]
    for name, agents in (("village_leavers", left), ("village_residents", stayed), ("counted", counted)):
        people[name] = np.asarray(agents * weight, np.float64)
    return np.array([areas.member @ people[name] for name in EXTRA])


def _extra_table(
    areas: out.Areas, when: Sequence[tuple[int, int]], extra: Sequence[NDArray[np.float64]]
) -> pd.DataFrame:
    """Return the extra numbers of all year-ends as rows of the table of indicators."""
    at, indicator, place = np.indices((len(when), len(EXTRA), len(areas.codes))).reshape(3, -1)
    dates = np.array(when)[at]
    return pd.DataFrame(
        {
            "year": dates[:, 0].astype(np.int16),
            "step": dates[:, 1].astype(np.int8),
            "place": out.categories(place, areas.codes),
            "indicator": out.categories(indicator, EXTRA),
            "value": np.array(extra).ravel(),
            "unit": out.categories(np.zeros(len(at), np.int8), ["persons"]),
        }
    )


def _people(planner: Planner, record: YearRecord) -> dict[str, NDArray[np.float64]]:
    """Return the people whom costs are paid for; observed years have no paper registrations."""
    policy = planner.policy
    if policy is None:
        raise ValueError("a variant has a policy")
    return PolicyPath.drivers(policy, record.year, record, planner.draw.weight)


def simulator_of(ready: VariantSetup) -> Simulator:
    """Return the simulator of a study of variants whose set-up is already prepared."""
    return Simulator(partial(_given, ready), begin, branch, pack, _unpacked)


def _unpacked(setup: VariantSetup, content: bytes, identity: str) -> History:
    return unpack(setup.setup, content, identity)


def _given(ready: VariantSetup, config: ProjectConfig) -> VariantSetup:
    return ready
