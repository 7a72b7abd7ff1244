"""Which part of the plan does what: Shapley values over action areas, single levers, switches, costs.

Everything is computed run by run from paired runs (same draw, same random numbers), so
that the parts sum to the effect of the whole exactly, and intervals are over draws.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import duckdb
import numpy as np
import pandas as pd

from sim.base.arrays import Floats
from sim.base.names import BASELINE
from sim.data import load_region
from sim.policies import Levers, Scenario
from sim.policies.plan import plan_years
from sim.programs.attribute.variants import Variant, pulled
from sim.statistics.regions import PACKAGE, Z95, spread
from sim.statistics.shapley import coalitions, interactions, shapley
from sim.studies.files import literal
from sim.studies.folder import stored_rows
from sim.studies.manifest import Row
from sim.studies.target import GOALS

GROUPS = ("settling", "potential_areas", "metropolitan", "renewal", "measures")
"""The four action areas of section two of the plan (一 to 四) and the measures of section three."""
_SECTIONS = dict(zip(("二（一）", "二（二）", "二（三）", "二（四）", "三"), GROUPS, strict=True))
GOAL = GOALS["resident_rate_66"]
YEAR = plan_years().last
"""Year-end at which effects are read."""

OUTCOMES = ("rate", "counted", "reached", "gap")
"""What is taken apart; ``counted`` is the part of ``rate`` that reclassification makes."""

COLUMNS = ["outcome", "kind", "name", "mean", "ci_low", "ci_high", "median", "p05", "p95", "draws"]
"""``ci`` is a 95% interval of the mean over draws; p05 and p95 are the spread between draws."""


def first_open(region: str, observed_until: int | None) -> int:
    """Return the first year of the plan in which levers act, from which on effects and costs are summed."""
    last = load_region(region).last_observed
    return plan_years().open_years(min(last, observed_until or last)).start


def group_of(levers: Levers) -> dict[str, str]:
    """Return the group of every lever, from its section of the plan."""
    return {
        lever.id: next(group for section, group in _SECTIONS.items() if lever.section.startswith(section))
        for lever in levers.values()
    }


def coalition_name(coalition: frozenset[str]) -> str:
    """Return the name of a coalition's runs: baseline, package, or a pattern of zeros and ones."""
    if not coalition:
        return BASELINE
    if len(coalition) == len(GROUPS):
        return PACKAGE
    return "groups_" + "".join("1" if group in coalition else "0" for group in GROUPS)


def attribution_variants(package: Scenario, levers: Levers, singles: bool = True) -> dict[str, Variant]:
    """Return the runs of an attribution: every coalition of groups and, if wanted, of single levers.

    ``without_X`` is the package less one lever, ``only_X`` one lever at its intensity in
    the package, ``full_X`` one lever alone at intensity 1; none of a lever that is not evaluable.
    """
    member = group_of(levers)
    variants = {}
    for coalition in coalitions(GROUPS):
        name = coalition_name(coalition)
        variants[name] = Variant(name, pulled(package, levers, {x for x in levers if member[x] in coalition}))
    for lever in [x for x in levers if levers[x].evaluable] if singles else ():
        variants[f"without_{lever}"] = Variant(f"without_{lever}", pulled(package, levers, set(levers) - {lever}))
        variants[f"only_{lever}"] = Variant(f"only_{lever}", pulled(package, levers, {lever}))
        variants[f"full_{lever}"] = Variant(f"full_{lever}", pulled(package, levers, {lever}, 1.0))
    return variants


def listed_runs(study_dir: Path) -> pd.DataFrame:
    """Return every run that was asked for, with its scenario, draw and how it ended."""
    return pd.DataFrame(list(stored_rows(study_dir).values()), columns=Row._fields)


def province_values(study_dir: Path, place: str = "430000") -> pd.DataFrame:
    """Return one place of every run that is stored: scenario, draw, year, and a column per indicator."""
    with duckdb.connect() as db:
        db.read_parquet(literal((study_dir / "runs").glob("part-*.parquet"))).create_view("runs")
        db.register("manifest", listed_runs(study_dir))
        long = db.execute(
            "SELECT scenario, draw, year, indicator, value FROM runs JOIN manifest USING (run_id) "
            "WHERE place = $place AND status = 'done'",
            {"place": place},
        ).df()
    wide = long.pivot_table(index=["scenario", "draw", "year"], columns="indicator", values="value")
    return wide.reset_index()


def outcomes(values: pd.DataFrame, first: int, year: int = YEAR) -> dict[str, pd.DataFrame]:
    """Return draw x variant tables of every outcome in a year, draws complete in all variants.

    Rate and gap in points, ``reached`` 1 where the rate is at least 66%, persons as they are;
    ``counted`` the people who became urban residents where they live from ``first`` on, in
    points of the residents.
    """
    rows = values[values["year"] == year]
    counted = values[values["year"].between(first, year)].groupby(["scenario", "draw"])["counted"].sum()
    so_far = counted.reindex(pd.MultiIndex.from_frame(rows[["scenario", "draw"]])).to_numpy()
    columns = {
        "rate": 100.0 * rows["resident_urban_rate"],
        "counted": 100.0 * so_far / rows["residents"],
        "reached": (rows["resident_urban_rate"] >= GOAL).astype(float),
        "gap": 100.0 * rows["rate_gap"],
        "urban_residents": rows["urban_residents"],
        "registered_urban": rows["registered_urban"],
    }
    tables = {}
    for name, column in columns.items():
        wide = rows.assign(value=column).pivot_table(index="draw", columns="scenario", values="value")
        tables[name] = wide.dropna()
    return tables


def attribution_table(tables: Mapping[str, pd.DataFrame], levers: Levers) -> pd.DataFrame:
    """Return package effect, Shapley values, interactions, leave-one-out and one-at-a-time effects.

    Raises:
        ArithmeticError: the Shapley values do not sum to the package effect.
    """
    rows: list[list[object]] = []
    for outcome in OUTCOMES:
        wide = tables[outcome]
        value = {coalition: wide[coalition_name(coalition)].to_numpy() for coalition in coalitions(GROUPS)}
        effect = value[frozenset(GROUPS)] - value[frozenset()]
        rows.append([outcome, "package", PACKAGE, *spread(effect)])
        parts = shapley(value, GROUPS)
        if not np.allclose(sum(parts.values()), effect, rtol=0.0, atol=1e-9):
            raise ArithmeticError(f"{outcome}: the Shapley values do not sum to the effect of the package")
        rows += [[outcome, "shapley", group, *spread(part)] for group, part in parts.items()]
        rows += [
            [outcome, "interaction", f"{one}+{other}", *spread(part)]
            for (one, other), part in interactions(value, GROUPS).items()
        ]
        for lever in levers:
            if f"without_{lever}" in wide:
                missing = wide[PACKAGE] - wide[f"without_{lever}"]
                rows.append([outcome, "leave_one_out", lever, *spread(missing.to_numpy())])
                for kind in ("only", "full"):
                    alone = wide[f"{kind}_{lever}"] - wide[BASELINE]
                    rows.append([outcome, kind, lever, *spread(alone.to_numpy())])
    return pd.DataFrame(rows, columns=COLUMNS)


WIDEST = 5.0
"""Upper over lower end of an interval beyond which no cost per person is given."""


def price_table(values: pd.DataFrame, first: int, last: int) -> pd.DataFrame:
    """Return cost, additional people and cost per additional person of every variant.

    Cost is the sum from ``first`` to ``last`` in yuan of the price year; people are the difference to
    the baseline, of urban residents at the end of ``last`` and of those who registered in a town
    from ``first`` to ``last``. The cost per person is the ratio of the means with
    Fieller's 95% interval; it is left empty where the interval of the difference holds zero,
    because no cost buys what may be nothing, and where its ends are more than ``WIDEST`` times
    apart, because that is no price. Who is registered as urban on paper, or because a
    village was reclassified, did not register and is no gain.

    Columns: name, gain (urban_residents or registrations), cost, cost_low, cost_high, persons,
    persons_low, persons_high, per_person, per_low, per_high, draws.
    """
    inside = values[(values["year"] >= first) & (values["year"] <= last)]
    cost = inside.pivot_table(index="draw", columns="scenario", values="fiscal_cost", aggfunc="sum")
    gains = {"urban_residents": values[values["year"] == last], "registrations": inside}
    rows = []
    for gain, part in gains.items():
        people = part.pivot_table(index="draw", columns="scenario", values=gain, aggfunc="sum")
        for name in people.columns:
            if name != BASELINE:
                rows.append([name, gain, *_price(cost[name].to_numpy(), (people[name] - people[BASELINE]).to_numpy())])
    head = ["name", "gain", "cost", "cost_low", "cost_high", "persons", "persons_low", "persons_high"]
    return pd.DataFrame(rows, columns=[*head, "per_person", "per_low", "per_high", "draws"])


def _price(cost: Floats, people: Floats) -> list[float]:
    low, high = np.quantile(cost, [0.05, 0.95])
    fewest, most = np.quantile(people, [0.05, 0.95])
    ratio = fieller(cost, people)
    if ratio[2] > WIDEST * ratio[1]:
        ratio = (float("nan"),) * 3
    return [cost.mean(), low, high, people.mean(), fewest, most, *ratio, len(cost)]


def fieller(top: Floats, bottom: Floats) -> tuple[float, float, float]:
    """Return the ratio of two paired means with Fieller's 95% interval; NaN if the lower mean may be zero.

    Example:
        >>> fieller(np.array([2.0, 4.0, 6.0]), np.array([1.0, 2.0, 3.0]))[0]
        2.0
    """
    size = len(top)
    nan = float("nan")
    if size < 3:
        return nan, nan, nan
    covariance = np.cov(top, bottom, ddof=1) / size
    a, b, t2 = float(top.mean()), float(bottom.mean()), Z95**2
    q = b * b - t2 * covariance[1, 1]
    if q <= 0.0 or b <= 0.0:
        return nan, nan, nan
    middle = (a * b - t2 * covariance[0, 1]) / q
    inner = middle * middle - (a * a - t2 * covariance[0, 0]) / q
    half = float(np.sqrt(max(inner, 0.0)))
    return a / b, middle - half, middle + half
