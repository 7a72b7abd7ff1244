"""What places cost: the same households on 122 counties and on their 14 prefectures."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from benchmarks.clock import median_ratio, timed
from benchmarks.process_times import setup_of
from sim.agents.departures import DEPARTURES
from sim.agents.registration import REGISTRATION
from sim.agents.state import EMPTY, Households, map_columns
from sim.agents.world import CAPITAL, FIRST_OUTSIDE, OWN_TOWN, REST, Geography, World, by_site, near_sites
from sim.model.engines.fast import FastEngine
from sim.model.path.begin import start_simulation
from sim.model.path.plans import Planner
from sim.model.path.setup import draw_of
from sim.model.year.tables import build_world, vital_scales

COLUMNS = ["pair", "households", "counties_s", "prefectures_s", "ratio"]
STEPS = 4
_HALF = 128
"""First urban block of a prefecture; all before are villages."""
_BY_PLACE = ("penalty", "housing", "portability")
_BY_COUNTY = ("network", "school", "home_value", "out_move", "county_school", "bring_children", "rental")


def measure_places(households: int, pulls: tuple[float, float], pairs: int) -> pd.DataFrame:
    """Return wall seconds of the steps of a year by places; pairs alternate.

    Args:
        households: agents, the same for both.
        pulls: shifts in utils of the timed year.
        pairs: how often both are timed.
    """
    setup = setup_of(households, STEPS, 1)
    draw, population = draw_of(setup, 0, 0)
    sim = start_simulation(draw, population)
    plan = Planner(draw, setup.published).observed_plan(2021, pulls)
    sim.scales, sim.level = vital_scales(sim)
    world = build_world(sim, plan, range(1, 4))
    counties = sim.engine
    if not isinstance(counties, FastEngine):
        raise TypeError("places are timed on the fast engine")
    prefectures = merged_engine(counties)
    other = merged_world(world, prefectures.geo)
    rows = []
    for pair in range(pairs + 1):
        times = {}
        for many in (True, False) if pair % 2 else (False, True):
            engine, tables = (counties, world) if many else (prefectures, other)
            times[many] = _year(engine.copy(), tables)
        rows.append((pair, households, times[True], times[False], median_ratio([(times[True], times[False])])[0]))
    return pd.DataFrame(rows[1:], columns=COLUMNS)


def _year(engine: FastEngine, world: World) -> float:
    """Return the wall seconds of what is done in every step, and of the counts of a year."""
    with timed() as watch:
        for step in range(STEPS):
            now = world._replace(step=step)
            engine.vital_events(now)
            engine.moves(now)
            engine.each(DEPARTURES, now)
            engine.each(REGISTRATION, now)
        engine.observe()
        engine.network()
    return watch.wall


def merged_engine(engine: FastEngine) -> FastEngine:
    """Return an engine with the same households whose counties are the prefectures."""
    geo = engine.geo
    n, m = geo.n_counties, geo.n_prefectures
    to_place = np.full(256, EMPTY, np.uint8)
    to_place[: 2 * n] = np.repeat(2 * geo.county_prefecture, 2) + np.tile([0, 1], n)
    to_place[2 * n : 2 * n + geo.n_outside] = 2 * m + np.arange(geo.n_outside)
    hh = map_columns(engine.hh, lambda column: column[: engine.rows])
    zone = geo.block_zone[hh.home_county, hh.home_block] == 1
    households = hh._replace(
        home_county=geo.county_prefecture[hh.home_county].astype(np.uint8),
        home_block=(hh.home_block % _HALF + _HALF * zone).astype(np.uint8),
        hukou=to_place[hh.hukou],
        base=to_place[hh.base],
        away_place=to_place[hh.away_place],
    )
    return FastEngine(Households._make(np.ascontiguousarray(column) for column in households), merged_geography(geo))


def merged_geography(geo: Geography) -> Geography:
    """Return a geography whose counties are the prefectures."""
    m = geo.n_prefectures
    classes = np.full((m, m + geo.n_outside), REST, np.int64)
    classes[:, geo.capital] = CAPITAL
    np.fill_diagonal(classes, OWN_TOWN)
    classes[:, m:] = FIRST_OUTSIDE + np.arange(geo.n_outside)
    near, n_near = near_sites(classes)
    return geo._replace(
        n_counties=m,
        county_prefecture=np.arange(m),
        site_class=classes,
        near=near,
        n_near=n_near,
        block_zone=np.tile((np.arange(256) >= _HALF).astype(np.uint8), (m, 1)),
        urban_block_start=np.full(m, _HALF),
        urban_block_count=np.full(m, _HALF),
    )


def merged_world(world: World, geo: Geography) -> World:
    """Return the tables of a step for prefectures: each has those of its first county."""
    n, outside = world.geo.n_counties, np.arange(geo.n_outside)
    county = np.array([np.flatnonzero(world.geo.county_prefecture == p)[0] for p in range(geo.n_prefectures)])
    place = np.append(np.stack([2 * county, 2 * county + 1], axis=1).reshape(-1), 2 * n + outside)
    site = np.append(county, n + outside)

    def pick(table: NDArray[Any], *at: Any) -> Any:
        return np.ascontiguousarray(table[at])

    choice, hazards = world.choice, world.hazards
    by_name: dict[str, Any] = {name: pick(getattr(choice, name), place) for name in _BY_PLACE}
    by_name |= {name: pick(getattr(choice, name), county) for name in _BY_COUNTY}
    reach = np.ascontiguousarray(choice.reach[np.ix_(county, site)])
    merged = choice._replace(value=pick(choice.value, slice(None), place), reach=reach, **by_name)
    return world._replace(
        geo=geo,
        choice=by_site(merged, geo.n_counties),
        hazards=hazards._replace(
            register=pick(hazards.register, place),
            insured=pick(hazards.insured, place),
            purchase=pick(hazards.purchase, county),
            enrol=pick(hazards.enrol, county),
        ),
    )
