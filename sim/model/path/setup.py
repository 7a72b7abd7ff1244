"""What the runs of a study share: read from files once, and what each draw fixes of it."""

from __future__ import annotations

import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pandas as pd

from sim.agents.rng import run_seed
from sim.agents.state import EMPTY, HEAD, Households, Population, map_columns
from sim.base.paths import CONFIGS
from sim.data import Region, load_region
from sim.model.path.ahead import compile_ahead
from sim.model.path.budget import check_budget, start_people
from sim.model.path.equal_cost import last_observed, ready_scenario
from sim.model.path.plans import observed_totals
from sim.model.solve.observed_years import Published
from sim.model.year.books import Draw
from sim.model.year.outside_flows import outside_flows
from sim.model.year.places import Places, load_places
from sim.model.year.processes import ordered
from sim.model.year.schedules import Schedules, load_schedules
from sim.parameters.declared import ParameterSource, check_values, declared, draw_parameters
from sim.parameters.information import source_at
from sim.parameters.posterior import load_posterior
from sim.policies import Idle, Levers, Scenario, idle_settings, load_levers
from sim.policies.content import policy_content
from sim.policies.plan import plan_years
from sim.population import cached_population, fit_report

if TYPE_CHECKING:
    from sim.config import ProjectConfig

__all__ = ["Inputs", "Setup", "draw_of", "fix_draw", "prepare", "read_inputs"]


@dataclass(frozen=True)
class Setup:
    """Everything that the runs of a study share; picklable.

    Attributes:
        populations: synthetic population by age tilt.
        scenario_content: JSON-able content of every scenario, overrides applied.
        data_hash: content hash of the tables.
        observed_until: last year-end whose published totals a run may use.
        order: processes that come just ahead of another than usual.
        source: where the parameters of a draw come from.
        fit: fit of the population to its margins.
        idle: settings of the scenarios that never act.
        tables: folder that holds the folder of the region; None: the package.
    """

    region_name: str
    places: Places
    schedules: Schedules
    populations: Mapping[float, Population]
    levers: Levers
    scenarios: Mapping[str, Scenario]
    params: Mapping[str, float]
    seed: int
    start: int
    end_year: int
    steps_per_year: int
    order: Mapping[str, str]
    engine: str
    threads: int
    public_share: float
    observed_until: int
    source: ParameterSource
    scenario_content: Mapping[str, object]
    data_hash: str
    fit: pd.DataFrame
    idle: tuple[Idle, ...]
    tables: Path | None = None

    @property
    def region(self) -> Region:
        """The region (loaded once per process)."""
        return load_region(self.region_name, self.tables)

    @cached_property
    def published(self) -> dict[int, Published]:
        """Published totals that a run must pass, by year-end."""
        return observed_totals(self.region, self.start, min(self.end_year, self.observed_until))


class Inputs(NamedTuple):
    """What files say, before anything is built from it."""

    region: Region
    levers: Levers
    scenarios: Mapping[str, Scenario]
    source: ParameterSource
    places: Places
    schedules: Schedules
    public_share: float
    idle: tuple[Idle, ...] = ()

    def published(self, config: ProjectConfig) -> dict[int, Published]:
        """Return the totals that runs of a configuration must pass, by year-end."""
        last = min(config.end_year, config.observed_until or config.end_year)
        return observed_totals(self.region, config.start, last)


def read_inputs(config: ProjectConfig, configs: Path = CONFIGS) -> Inputs:
    """Read every file that the runs of a study need, in a moment; a wrong one is refused.

    Args:
        config: the checked configuration.
        configs: folder of parameters, levers, scenarios and posteriors; a finished study keeps one of its own,
            with the tables of its region in ``data/``.

    Raises:
        ValueError: a parameter, lever, scenario or table is not as it must be.
    """
    check_values(config.params, configs / "parameters.yaml")
    ordered(config.order)
    region = load_region(config.region, _tables(configs))
    levers = load_levers(configs / "policy", region)
    scenarios = {}
    for name in config.scenarios:
        scenario = ready_scenario(name, config, levers, region, configs / "scenario")
        scenarios[scenario.name] = scenario
    known = declared(configs / "parameters.yaml")
    posterior = load_posterior(config.posterior, config, configs / "posteriors", known)
    source = source_at(region, config.observed_until, posterior, configs, config.priors, config.params)
    places, schedules = load_places(region), load_schedules(region)
    inputs = Inputs(region, levers, scenarios, source, places, schedules, _anchor(region, "public_school_share"))
    first = last_observed(config, region) + 1
    idle = (idle_settings(scenario, levers, region, first, config.end_year) for scenario in scenarios.values())
    return inputs._replace(idle=tuple(chain(*idle)))


def prepare(config: ProjectConfig, configs: Path = CONFIGS) -> Setup:
    """Check and load everything that the runs of a study share; writes nothing.

    Args:
        config: the checked configuration.
        configs: folder of parameters, levers, scenarios and posteriors.

    Raises:
        ValueError: a parameter, lever, scenario or table is not as it must be.
    """
    region, levers, scenarios, source, places, schedules, public_share, idle = read_inputs(config, configs)
    for setting in idle if configs == CONFIGS else ():
        _tell_once(f"A setting never acts: {setting.en}.")
    tilts = (
        {draw_parameters(config.seed, k, config.params, source)["age_tilt"] for k in range(config.draws)}
        if "age_tilt" not in config.params
        else {float(config.params["age_tilt"])}
    )
    compile_ahead()
    populations = {
        tilt: cached_population(region, config.start, config.households, config.seed, tilt) for tilt in sorted(tilts)
    }
    central = min(populations, key=abs)
    paid = plan_years().open_years(last_observed(config, region))
    _tell_budgets(scenarios, levers, region, populations[central], paid)
    return Setup(
        region_name=config.region,
        places=places,
        schedules=schedules.known_until(config.observed_until) if config.observed_until else schedules,
        populations=populations,
        levers=levers,
        scenarios=scenarios,
        params=dict(config.params),
        seed=config.seed,
        start=config.start,
        end_year=config.end_year,
        steps_per_year=config.steps_per_year,
        order=dict(config.order),
        engine=config.engine,
        threads=config.threads,
        public_share=public_share,
        observed_until=config.observed_until or config.end_year,
        source=source,
        scenario_content={name: policy_content(s, levers) for name, s in scenarios.items()},
        data_hash=region.data_hash(),
        fit=fit_report(populations[central], region),
        idle=idle,
        tables=_tables(configs),
    )


def _tables(configs: Path) -> Path | None:
    """Return the folder that holds the tables of regions beside parameters and levers; None: the package."""
    folder = configs / "data"
    return folder if folder.is_dir() else None


@cache
def _tell_once(message: str) -> None:
    """Say something on the error output, however often a set-up is made."""
    sys.stderr.write(message + "\n")


def _tell_budgets(
    scenarios: Mapping[str, Scenario],
    levers: Levers,
    region: Region,
    population: Population,
    years: Sequence[int],
) -> None:
    """Say which scenarios will be scaled to their budget.

    Raises:
        PolicyFileError: a scenario costs more than its budget and asks to be refused.
    """
    limited = [scenario for scenario in scenarios.values() if scenario.budget is not None]
    if not limited:
        return
    people = start_people(region, population)
    for scenario in limited:
        message = check_budget(scenario, levers, region, people, years)
        if message:
            _tell_once(message)


def _anchor(region: Region, name: str) -> float:
    anchors = region.table("anchors")
    return float(anchors.loc[anchors["name"] == name, "value"].to_numpy(np.float64)[0])


def draw_of(setup: Setup, draw: int, replicate: int) -> tuple[Draw, Population]:
    """Return what a draw fixes and the population it starts from."""
    params = draw_parameters(setup.seed, draw, setup.params, setup.source)
    return fix_draw(setup, params, run_seed(setup.seed, draw, replicate))


def fix_draw(setup: Setup, params: Mapping[str, float], seed: int) -> tuple[Draw, Population]:
    """Return what given parameters and a given 32-bit seed fix, and the population to start from."""
    population = setup.populations[params["age_tilt"]]
    region = setup.region
    last = max(setup.published, default=setup.start)
    return (
        Draw(
            region=region,
            places=setup.places,
            schedules=setup.schedules,
            params=params,
            seed=seed,
            steps_per_year=setup.steps_per_year,
            weight=population.weight,
            last_observed=last,
            public_share=setup.public_share,
            templates=_visitors(population.households, region.n_counties),
            outside_flows=outside_flows(region, setup.start, last, params["flow_trend"]),
            order=setup.order,
        ),
        population,
    )


def _visitors(households: Households, n_counties: int) -> Households:
    """Return the households from other provinces that live in the province at the start."""
    rows = (households.hukou >= 2 * n_counties) & (households.members[:, HEAD] != EMPTY)
    return map_columns(households, lambda column: column[rows])
