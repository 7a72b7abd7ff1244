"""Patterns: what the model does beside what it was asked for, and replays of two past policies.

A pattern with a source in the province is a *target*; one from the country or elsewhere is
*plausibility*, graded and not passed or failed. A replay whose input is the published effect
itself is *plumbing*: it shows that the effect arrives, not that it is true.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from sim.agents.observe import LEFT_BEHIND, PUBLIC_PUPILS, PUPILS, RESIDENTS
from sim.agents.state import EMPTY, HEAD
from sim.base.arrays import Ints
from sim.base.names import BASELINE
from sim.config import load_config
from sim.data import Region, load_region
from sim.model.path.begin import begin_with, pass_published, start_simulation
from sim.model.path.history import Change, History, advance
from sim.model.path.plans import Planner
from sim.model.path.setup import Setup, draw_of, prepare
from sim.model.year.books import FIRST_MONTH_YEAR, Simulation, YearPlan
from sim.model.year.processes import run_year
from sim.parameters.posterior import content_hash
from sim.policies import median_effects
from sim.programs.attribute.claims import DAMPING
from sim.programs.calibrate.targets import slope
from sim.programs.checks.damping import YEARS, damping
from sim.programs.hindcast.cases import census_shares
from sim.programs.program import ProgramConfig, checked
from sim.studies.ensemble import Ensemble, run_ensemble, setup_basis, succeeded
from sim.studies.files import write_table

ZONE_PREFECTURES = ("4304", "4310", "4311")
"""Hengyang, Chenzhou and Yongzhou: the zone for receiving industries approved in October 2011."""
ZONE_YEARS = (2012, 2016)
"""First and fourth year after which newcomers are counted."""
ZONE_BOOST, ZONE_HALF_LIFE = 0.30, 2.0
"""Published first-year effect on in-migration (G03), and the half-life of the boost (G08)."""
REFORM_LOGIT = 0.09
"""Logit whose effect on the share of migrants is the published one (B03 at a base of 20%)."""
AVERAGED = 0.346
"""(16 sqrt(3) / (15 pi))^2: by it lasting differences flatten an average logit (Zeger, Liang and Albert 1988)."""


class PatternsConfig(ProgramConfig):
    """Keys of the patterns; ``configs/patterns.yaml`` holds the defaults."""

    study: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
    region: str
    draws: int = Field(ge=2, le=1_000)
    households: int = Field(ge=5_000, le=40_000_000)
    posterior: str | None
    seed: int = Field(ge=0, le=2**32 - 1)
    workers: int = Field(ge=1, le=1024)


class Pattern(NamedTuple):
    """What a pattern is compared with.

    Attributes:
        kind: target, plausibility or plumbing.
        value, low, high: evidence and its range.
        unit: unit of all numbers.
        source: key in the evidence register or the data.
        grade: A to D as in the register, or observed.
    """

    kind: str
    value: float
    low: float
    high: float
    unit: str
    source: str
    grade: str


def evidence(region: Region) -> dict[str, Pattern]:
    """Return what every pattern is compared with."""
    anchors = region.table("anchors").set_index("name")
    left, least, most = (
        float(str(anchors.loc["left_behind_children_2018", key])) / 1e6 for key in ("value", "low", "high")
    )
    before, (after, people) = census_shares(region, 2010), census_shares(region, 2020)
    tilt = float(slope(before[0], (after - before[0])[None])[0])
    growth = float(slope(before[0], np.log(people / before[1])[None])[0])
    return {
        "left_behind_children": Pattern("target", left, least, most, "million", "MCA2018", "derived"),
        "county_slope": Pattern("target", tilt, tilt - 0.06, tilt + 0.06, "points per point", "census", "observed"),
        "county_growth_slope": Pattern(
            "target", growth, growth - 0.12, growth + 0.12, "log points per point", "census", "observed"
        ),
        "capital_share_of_movers": Pattern("target", *_capital_stock(region), "share", "census", "observed"),
        "mobility_exponent": Pattern("plausibility", 0.5, 0.4, 0.6, "exponent", "A14", "B"),
        "public_school_share": Pattern("plausibility", 0.901, 0.88, 0.92, "share", "C04", "A"),
        "damping": Pattern("plausibility", DAMPING[1], DAMPING[0], DAMPING[2], "ratio", "A31", "B"),
        "zone_2011_first_year": Pattern("plumbing", 0.30, 0.20, 0.40, "share of newcomers", "G03", "A"),
        "zone_2011_fourth_year": Pattern("plumbing", 0.0, -0.05, 0.15, "share of newcomers", "G03", "A"),
        "reform_2014_fixed_markets": Pattern("plumbing", 1.5, 1.0, 2.0, "points", "B03", "B"),
        "reform_2014_wage": Pattern("plausibility", -0.05, -0.079, -0.026, "log points", "B05", "A"),
    }


def _capital_stock(region: Region) -> tuple[float, float, float]:
    """Return the capital's share of the residents who came from other counties of the province, census 2020.

    The stock stands in for the flow, so the range is a fifth to either side (judged).
    """
    table = region.table("county_census")
    stock = table[table["year"] == 2020].set_index("county_code")["in_other_county"].astype(np.float64)
    values = stock.loc[list(region.county_codes)].to_numpy()
    share = float(values[region.county_prefecture == 0].sum() / values.sum())
    return share, 0.8 * share, 1.2 * share


class Shared(NamedTuple):
    """Set-ups of all runs: free from 2010, and from 2020 through the published totals."""

    past: Setup
    present: Setup


def simulate_patterns(shared: Shared, draw: int) -> dict[str, float]:
    """Return every pattern of one draw."""
    return present_patterns(shared.present, draw) | past_patterns(shared.past, draw)


def present_patterns(setup: Setup, draw: int) -> dict[str, float]:
    """Return the patterns of the start in 2020 and the observed years after it."""
    first = start_simulation(*draw_of(setup, draw, 0))
    region, weight = setup.region, first.draw.weight
    n = region.n_counties
    history = pass_published(setup, first, median_effects(setup.levers))
    arrivals = np.sum([r.ledger.flows for r in history.records], axis=0).sum(axis=2)[: region.n_prefectures]
    within = arrivals[:, : region.n_prefectures] - np.diag(np.diag(arrivals[:, : region.n_prefectures]))
    return {
        "left_behind_children": float(first.stocks[: 2 * n, LEFT_BEHIND].sum()) * weight / 1e6,
        "capital_share_of_movers": float(within[:, 0].sum() / max(within.sum(), 1)),
        "mobility_exponent": mobility_exponent(first, setup),
        "public_school_share": _public_share(history.sim),
        "damping": damping(setup, history),
    }


def _public_share(sim: Simulation) -> float:
    towns = sim.stocks[1 : sim.edge : 2]
    return float(towns[:, PUBLIC_PUPILS].sum() / max(towns[:, PUPILS].sum(), 1))


def mobility_exponent(start: Simulation, setup: Setup) -> float:
    """Return b in (share of households that moved and live elsewhere than h years ago) ~ h^b, from 1 and 4 years."""
    sim = start.copy()
    plan = Planner(sim.draw, setup.published)
    before = _places(sim)
    shares = {}
    for year in (1, 2, 3, 4):
        run_year(sim, plan.observed_plan(sim.year + 1, (0.0, 0.0)))
        now = _places(sim).loc[lambda rows: rows.index.isin(before.index)]
        moved = now["arrival"] > 12 * (start.year + 1 - FIRST_MONTH_YEAR) - 1
        elsewhere = now["place"] != before["place"].loc[now.index]
        shares[year] = float((moved & elsewhere).mean())
    return float(np.log(shares[4] / shares[1]) / np.log(4.0))


def _places(sim: Simulation) -> pd.DataFrame:
    """Return the county or outside place of base and away members, and the month of arrival, of every household by key.

    As in the source, moves are between regions: reclassification and moves inside a county do not count.
    """
    rows = sim.engine.sorted_rows()
    live = rows.members[:, HEAD] != EMPTY
    base, away = (
        np.where(place < sim.edge, place >> 1, place)
        for place in (rows.base[live].astype(np.int64), rows.away_place[live].astype(np.int64))
    )
    code = base * 1000 + np.where(rows.away[live] != 0, away, 999)
    return pd.DataFrame({"place": code, "arrival": rows.arrival[live]}, index=rows.key[live])


def past_patterns(setup: Setup, draw: int) -> dict[str, float]:
    """Return the patterns of free runs from 2010 and the two replays, all with the same random numbers."""
    history = begin_with(setup, *draw_of(setup, draw, 0), median_effects(setup.levers))
    region = setup.region
    zone = np.isin([region.prefecture_codes[p] for p in region.county_prefecture], ZONE_PREFECTURES)

    utils = REFORM_LOGIT * float(np.sqrt(1.0 + AVERAGED * history.sim.draw.params["attachment_sd"] ** 2))

    def boosted(sim: Simulation, plan: YearPlan) -> YearPlan:
        ahead = sim.year + 1 - 2012
        boost = ZONE_BOOST * 0.5 ** (ahead / ZONE_HALF_LIFE) if ahead >= 0 else 0.0
        return replace(plan, mods={**plan.mods, "inflow_boost": np.where(zone, boost, 0.0)})

    def reformed(sim: Simulation, plan: YearPlan) -> YearPlan:
        return replace(plan, town_utility=utils if sim.year >= 2014 else 0.0)

    def frozen(sim: Simulation, plan: YearPlan) -> YearPlan:
        sim.markets.frozen = True
        return plan

    def pushed(sim: Simulation, plan: YearPlan) -> YearPlan:
        return reformed(sim, frozen(sim, plan))

    base, with_zone, reform, still, more = (
        _replay(setup, history, change) for change in (None, boosted, reformed, frozen, pushed)
    )
    edge = 2 * region.n_counties
    villages = float(still.residents[2014][0:edge:2].sum())
    moved = float((more.residents[2018] - still.residents[2018])[1:edge:2].sum())
    share_before, residents_before = census_shares(region, 2010)
    levels = base.residents[2020][:edge].reshape(-1, 2) * history.sim.draw.weight
    total = levels.sum(axis=1)
    urban = levels[:, 1] / np.maximum(total, 1.0)
    return {
        "county_slope": float(slope(share_before, (urban - share_before)[None])[0]),
        "county_growth_slope": float(slope(share_before, np.log(np.maximum(total, 1.0) / residents_before)[None])[0]),
        "zone_2011_first_year": _extra(with_zone, base, zone, ZONE_YEARS[0]),
        "zone_2011_fourth_year": _extra(with_zone, base, zone, ZONE_YEARS[1]),
        "reform_2014_fixed_markets": 100.0 * moved / max(villages, 1.0),
        "reform_2014_wage": reform.wage - base.wage,
    }


class Replay(NamedTuple):
    """A replayed decade: residents by place by year; newcomers of 2012 and 2016 by county; mean log wage of 2018."""

    residents: dict[int, Ints]
    newcomers: dict[int, Ints]
    wage: float


def _replay(setup: Setup, history: History, change: Change | None) -> Replay:
    """Run 2011-2020 without new policy, with changed plans or state."""
    at, newcomers = history, {}
    for year in ZONE_YEARS:
        at = advance(setup, at, BASELINE, year, change)
        newcomers[year] = newcomers_from_afar(at.sim)
    at_2018 = advance(setup, at, BASELINE, 2018, change)
    markets = at_2018.sim.markets
    records = advance(setup, at_2018, BASELINE, 2020, change).records
    return Replay(
        {record.year: record.stocks[:, RESIDENTS] for record in records},
        newcomers,
        float(np.average(markets.wage, weights=np.maximum(markets.workers, 1e-9))),
    )


def newcomers_from_afar(sim: Simulation) -> Ints:
    """Return households in the towns of a county that came this year, homes in another prefecture, int64[n_counties].

    As the study of the zone counts them: migrants of a city, by the city that they are from.
    """
    rows, n = sim.engine.sorted_rows(), sim.draw.region.n_counties
    prefecture = sim.draw.region.county_prefecture
    place = np.where(rows.away != 0, rows.away_place, rows.base).astype(np.int64)
    town = (rows.members[:, HEAD] != EMPTY) & (place < 2 * n) & (place & 1 == 1)
    this_year = rows.arrival > 12 * (sim.year - FIRST_MONTH_YEAR) - 1
    county, home = np.where(town, place >> 1, 0), rows.home_county.astype(np.int64)
    afar = town & this_year & (prefecture[county] != prefecture[home])
    return np.bincount(county[afar], minlength=n)


def _extra(changed: Replay, base: Replay, zone: NDArray[np.bool_], year: int) -> float:
    """Return the proportional change of newcomers from other prefectures in the towns of a zone."""
    before = float(base.newcomers[year][zone].sum())
    return float(changed.newcomers[year][zone].sum()) / max(before, 1.0) - 1.0


def pattern_table(rows: pd.DataFrame, region: Region) -> pd.DataFrame:
    """Return evidence and simulated median and middle 90% of every pattern."""
    out = []
    for name, found in evidence(region).items():
        low, middle, high = np.quantile(rows[name].to_numpy(np.float64), [0.05, 0.5, 0.95])
        inside = "inside" if found.low <= middle <= found.high else "outside"
        overlap = low <= found.high and high >= found.low
        out.append(
            {
                "pattern": name,
                **found._asdict(),
                "median": middle,
                "p05": low,
                "p95": high,
                "verdict": inside if inside == "inside" else "overlaps" if overlap else "outside",
            }
        )
    return pd.DataFrame(out)


def patterns_job(values: Mapping[str, Any]) -> int:
    """Simulate the patterns, print and write them beside the evidence.

    Raises:
        InputError: a key is unknown or out of range.
    """
    config = checked(PatternsConfig, values, "patterns")
    folder = config.folder(config.study)
    keys: dict[str, Any] = {
        "region": config.region,
        "scenarios": [BASELINE],
        "households": config.households,
        "draws": config.draws,
        "seed": config.seed,
    }
    past = prepare(load_config(start=2010, observed_until=2010, end_year=2020, posterior=None, **keys))
    last = load_region(config.region).last_observed + YEARS
    present = prepare(load_config(end_year=last, posterior=config.posterior, **keys))
    basis = {
        "past": setup_basis(past),
        "present": setup_basis(present),
        "households": config.households,
        "rows": content_hash(config.posterior),
    }
    ensemble = Ensemble(folder / "runs", basis, simulate_patterns, Shared(past, present))
    rows = run_ensemble(ensemble, range(config.draws), config.workers)
    table = pattern_table(succeeded(rows, "draws"), load_region(config.region))
    write_table(table, folder / "patterns.csv")
    print(table[["pattern", "kind", "value", "low", "high", "median", "p05", "p95", "verdict"]].round(3).to_string())
    return 0
