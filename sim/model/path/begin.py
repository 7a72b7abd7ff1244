"""One draw from its start through the observed years, and whole draws under all scenarios."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np

from sim.agents.initial_status import set_status, set_urban_registration
from sim.agents.observe import REGISTERED, RESIDENTS
from sim.agents.schooling import ADMISSION
from sim.agents.state import Population, map_columns
from sim.model.engines.fast import FastEngine
from sim.model.path.history import History, branch
from sim.model.path.output import RunOutput
from sim.model.path.plans import Planner
from sim.model.path.setup import Setup, draw_of
from sim.model.solve.base_flows import base_targets, reconsidering_factor
from sim.model.solve.constants import solve_constants
from sim.model.solve.observed_years import pass_observed_years
from sim.model.solve.sample import take_sample
from sim.model.year.books import FIRST_MONTH_YEAR, Draw, Simulation
from sim.model.year.markets import start_markets
from sim.model.year.places import geography
from sim.model.year.tables import build_world, published_scales
from sim.model.year.world_tables import Constants, network_shares
from sim.policies.effects import EffectKey, draw_effects

__all__ = ["begin", "begin_with", "pass_published", "simulate_draw", "start_simulation"]


def start_simulation(draw: Draw, population: Population, engine: str = "fast", threads: int = 1) -> Simulation:
    """Return the state at the start with constants solved for the base year."""
    geo = geography(draw.region, population)
    backend = FastEngine(population.households, geo, threads)
    households = map_columns(backend.hh, lambda column: column[: backend.rows])
    set_urban_registration(households, geo, draw.seed, draw.params["migrant_urban_hukou_share"])
    month = 12 * (population.year + 1 - FIRST_MONTH_YEAR) - 1
    set_status(households, geo, draw.seed, draw.params["permit_hazard"], draw.params["insured_share"], month)
    stocks, ages = backend.observe()
    edge = 2 * geo.n_counties
    sim = Simulation(
        engine=backend,
        draw=draw,
        constants=Constants.zeros(draw.region),
        markets=start_markets(stocks, geo.n_counties, draw.public_share, draw.weight),
        network=network_shares(backend.network(), draw.params["peer_shrinkage"] / draw.weight),
        residents=stocks[:, RESIDENTS].copy(),
        registered=int(stocks[:edge, REGISTERED].sum()),
        stocks=stocks,
        ages=ages,
        year=population.year,
        survival=np.ones(geo.n_counties),
    )
    sim.scales = sim.level = published_scales(sim, population.year)
    world = build_world(sim, Planner.neutral_plan(draw), range(1, 2))
    backend.each(ADMISSION, world)
    sim.stocks, sim.ages = backend.observe()
    sample = take_sample(backend.hh, backend.rows, world)
    outside, known = float(sim.residents[edge:].sum()), draw.last_observed
    targets = base_targets(draw.region, population.year, dict(draw.params), sample, draw.weight, outside, known)
    factor = reconsidering_factor(sample, targets)
    sample = sample._replace(hazard=sample.hazard * factor[sample.state])
    sim.constants, _ = solve_constants(draw.region, sample, targets, world)
    sim.constants.reconsider_factor = factor
    if engine == "reference":
        from sim.model.engines.reference import UrbanizationModel

        sim.engine = UrbanizationModel(backend.sorted_rows(), geo)
    return sim


def begin(setup: Setup, draw: int, replicate: int) -> History:
    """Simulate the observed years of one draw.

    Raises:
        StartError: the draw cannot pass the published totals.
        AccountError: the accounts do not balance.
    """
    effects = draw_effects(setup.levers, setup.seed, draw)
    return begin_with(setup, *draw_of(setup, draw, replicate), effects, draw, replicate)


def begin_with(
    setup: Setup,
    fixed: Draw,
    population: Population,
    effects: Mapping[EffectKey, float],
    draw: int = 0,
    replicate: int = 0,
) -> History:
    """Simulate the observed years from given parameters, seed and lever effects.

    Args:
        setup: what the runs share.
        fixed: parameters and seed, from ``fix_draw`` or ``draw_of``.
        population: population to start from, from the same.
        effects: numbers of the levers, such as ``median_effects``.
        draw: number that the history carries.
        replicate: number that the history carries.

    Raises:
        StartError: the draw cannot pass the published totals.
        AccountError: the accounts do not balance.
    """
    sim = start_simulation(fixed, population, setup.engine, setup.threads)
    return pass_published(setup, sim, effects, draw, replicate)


def pass_published(
    setup: Setup, sim: Simulation, effects: Mapping[EffectKey, float], draw: int = 0, replicate: int = 0
) -> History:
    """Run the observed years from a state at the start, which stays as it is.

    Raises:
        StartError: the draw cannot pass the published totals.
        AccountError: the accounts do not balance.
    """
    first, published = (sim.stocks, sim.ages), setup.published
    sim, records, solved = pass_observed_years(sim, published, Planner(sim.draw, published).observed_plan)
    return History(draw, replicate, sim, first, records, solved, effects)


def simulate_draw(setup: Setup, draw: int, replicate: int) -> list[RunOutput]:
    """Run one draw under every scenario: the observed years once, then a branch per scenario.

    Raises:
        StartError: the draw cannot pass the published totals.
        AccountError: the accounts do not balance.
    """
    history = begin(setup, draw, replicate)
    return [branch(setup, history, name) for name in setup.scenarios]
