"""Questions to the run tables of a study that its summaries do not answer.

The tables are large (tens of millions of rows), so DuckDB reads only the rows and
columns that a question needs. Every function returns None when the tables are absent.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import duckdb
import pandas as pd

from sim.base.names import BASELINE, PLAN
from sim.report.finished_study import GAP, RATE, Study
from sim.statistics.decompose import ACCOUNTS, TERMS, decompose_runs
from sim.statistics.regions import PACKAGE
from sim.studies.files import literal

FEWEST_DRAWS = 10
"""Fewest draws for which rank correlations are shown."""
PROVINCE = (RATE, GAP, "residents", "urban_residents", "registered_urban", "paper_registered", "fiscal_cost")
"""Indicators of the province that are read run by run, all at once."""

_YEAR_ENDS = """
    SELECT m.scenario, m.draw, m.replicate, r.run_id, r.year::INT AS year, r.indicator,
           arg_max(r.value, r.step) AS value
    FROM read_parquet($runs) r JOIN manifest m USING (run_id)
    WHERE r.place = $place AND list_contains($indicators, r.indicator)
      AND m.status = 'done' AND list_contains($scenarios, m.scenario)
    GROUP BY ALL ORDER BY ALL
"""
_COUNTY_CHANGE = """
    WITH ends AS (
        SELECT r.run_id, r.place, r.year::INT AS year, arg_max(r.value, r.step) AS value
        FROM read_parquet($runs) r JOIN manifest m USING (run_id)
        WHERE m.scenario = $scenario AND m.status = 'done' AND r.indicator = $indicator
          AND r.year IN ($first, $last) AND list_contains($places, r.place)
        GROUP BY ALL
    )
    SELECT a.place, median(b.value - a.value) AS change, count(*) AS runs
    FROM ends a JOIN ends b USING (run_id, place)
    WHERE a.year = $first AND b.year = $last GROUP BY a.place ORDER BY a.place
"""
_PLACE_ENDS = """
    SELECT r.place, CASE WHEN m.scenario = $plan THEN $package ELSE m.scenario END AS scenario, m.draw, m.replicate,
           r.year::INT AS year, r.indicator, arg_max(r.value, r.step) AS value
    FROM read_parquet($runs) r JOIN manifest m USING (run_id)
    WHERE list_contains($places, r.place) AND list_contains($indicators, r.indicator)
      AND list_contains($years, r.year::INT) AND m.status = 'done' AND list_contains($scenarios, m.scenario)
    GROUP BY ALL ORDER BY ALL
"""
_ACCOUNTS = """
    SELECT m.scenario, a.run_id, a.year::INT AS year, a.zone,
           sum(born) AS born, sum(died) AS died, sum(moved_in) AS moved_in, sum(moved_out) AS moved_out,
           sum(counted) AS counted, sum(entered) AS entered, sum("left") AS "left"
    FROM read_parquet($accounts) a JOIN manifest m USING (run_id)
    WHERE m.status = 'done' AND list_contains($scenarios, m.scenario)
    GROUP BY ALL ORDER BY ALL
"""


def year_ends(study: Study, indicators: Sequence[str], scenarios: Sequence[str]) -> pd.DataFrame | None:
    """Return the province's year-end values run by run (only indicators in ``PROVINCE``).

    Columns: scenario, draw, replicate, run_id, year, indicator, value.
    """
    if "year_ends" not in study.answers:
        parts = _parts(study, "runs")
        values = {"place": study.province, "indicators": list(PROVINCE), "scenarios": list(study.scenarios)}
        study.answers["year_ends"] = None if parts is None else _ask(study, _YEAR_ENDS, {"runs": parts, **values})
    table = study.answers["year_ends"]
    if table is None:
        return None
    return table[table["indicator"].isin(list(indicators)) & table["scenario"].isin(list(scenarios))]


def county_change(study: Study, scenario: str, first: int, last: int) -> pd.DataFrame | None:
    """Return the median over runs of the change of the urban rate of every county (place, change, runs)."""
    parts = _parts(study, "runs")
    if parts is None:
        return None
    values = {
        "runs": parts,
        "scenario": scenario,
        "indicator": RATE,
        "first": first,
        "last": last,
        "places": list(study.region.county_codes),
    }
    return _ask(study, _COUNTY_CHANGE, values)


def place_ends(study: Study, places: Sequence[str], years: Sequence[int]) -> dict[str, pd.DataFrame]:
    """Return rate and residents of baseline and plan (called the package) by place; empty without run tables.

    Columns: scenario, draw, year, resident_urban_rate, residents; means over replicates.
    """
    parts = _parts(study, "runs")
    if parts is None:
        return {}
    values = {
        "runs": parts,
        "places": list(places),
        "indicators": [RATE, "residents"],
        "years": list(years),
        "scenarios": [BASELINE, PLAN],
        "plan": PLAN,
        "package": PACKAGE,
    }
    long = _ask(study, _PLACE_ENDS, values)
    keys = ["place", "scenario", "draw", "year"]
    wide = long.pivot_table(index=keys, columns="indicator", values="value").reset_index()
    return {str(place): table.drop(columns="place") for place, table in wide.groupby("place")}


def decomposition(study: Study, scenarios: Sequence[str]) -> pd.DataFrame | None:
    """Return the mean over runs of the decomposed yearly change of the rate.

    The contributions of every run add up to its change, so their means do as well.
    Columns: scenario, year, change and the terms (shares).
    """
    parts = _parts(study, "accounts")
    if parts is None:
        return None
    accounts = _ask(study, _ACCOUNTS, {"accounts": parts, "scenarios": list(scenarios)})
    stocks = year_ends(study, ("urban_residents", "residents"), scenarios)
    if accounts.empty or stocks is None or stocks.empty:
        return None
    opening = stocks[stocks["year"] == int(accounts["year"].min()) - 1]
    start = opening.pivot_table(index=["scenario", "run_id"], columns="indicator", values="value").reset_index()
    start = start.rename(columns={"urban_residents": "urban"})
    if not {"urban", "residents"} <= set(start.columns):
        return None
    table = decompose_runs(accounts[["scenario", "run_id", "year", "zone", *ACCOUNTS]], start, ["scenario", "run_id"])
    return table.groupby(["scenario", "year"], as_index=False)[["change", *TERMS]].mean()


def gap_change(study: Study, scenarios: Sequence[str], base: int) -> pd.DataFrame | None:
    """Return quantiles over runs of the change of the gap since ``base`` (scenario, year, median, p05, p95)."""
    values = year_ends(study, (GAP,), scenarios)
    if values is None or values.empty:
        return None
    wide = values.pivot_table(index=["scenario", "run_id"], columns="year", values="value")
    if base not in wide.columns:
        return None
    change = wide.sub(wide[base], axis=0)
    long = change.reset_index().melt(["scenario", "run_id"], var_name="year", value_name="change")
    grouped = long.groupby(["scenario", "year"])["change"]
    shares = {"median": 0.5, "p05": 0.05, "p95": 0.95}
    return pd.DataFrame({name: grouped.quantile(share) for name, share in shares.items()}).reset_index()


def gap_table(study: Study) -> pd.DataFrame | None:
    """Return the change of the gap since the last published year (scenario, year, median, p05, p95; shares).

    Without run tables the change of the medians is given, without a band.
    """
    base = study.last_observed if study.last_observed in study.years else study.years[0]
    table = gap_change(study, study.scenarios, base)
    if table is None:
        rows = [study.series(name, GAP)["median"].reset_index().assign(scenario=name) for name in study.scenarios]
        medians = pd.concat(rows)
        if base not in set(medians["year"]):
            return None
        start = medians[medians["year"] == base].set_index("scenario")["median"]
        table = medians.assign(
            median=medians["median"] - medians["scenario"].map(start), p05=float("nan"), p95=float("nan")
        )
    return table[table["year"] >= base].reset_index(drop=True)


def draw_table(study: Study, years: Sequence[int]) -> pd.DataFrame | None:
    """Return the baseline rate of every draw in ``years`` (mean over replicates), one column per year."""
    scenario = BASELINE if study.has_baseline else study.scenarios[0]
    values = year_ends(study, (RATE,), (scenario,))
    if values is None or values.empty:
        return None
    wide = values.pivot_table(index="draw", columns="year", values="value", aggfunc="mean")
    return wide[[year for year in years if year in wide.columns]]


def rank_correlations(study: Study, outcome: pd.Series[float]) -> pd.DataFrame | None:
    """Return Spearman's rank correlation of every parameter with an outcome by draw.

    None below ``FEWEST_DRAWS`` draws. Parameters that do not vary are left out.
    Columns: name, correlation, draws; strongest first.
    """
    if study.parameters is None:
        return None
    wide = study.parameters.pivot_table(index="draw", columns="name", values="value").reindex(outcome.index)
    wide = wide.loc[:, wide.max() > wide.min()]
    if len(wide) < FEWEST_DRAWS or wide.empty:
        return None
    ranks, target = wide.rank(), outcome.rank()
    table = ranks.corrwith(target).rename("correlation").rename_axis("name").reset_index().dropna()
    table["draws"] = len(wide)
    return table.sort_values("correlation", key=abs, ascending=False, ignore_index=True)


def _parts(study: Study, name: str) -> list[str] | None:
    """Return the part files of a run table, or None."""
    return literal((study.folder / name).glob("part-*.parquet")) or None


def _ask(study: Study, query: str, values: Mapping[str, object]) -> pd.DataFrame:
    """Run one query with the manifest of the study at hand."""
    with duckdb.connect() as connection:
        connection.register("manifest", study.manifest)
        return connection.execute(query, dict(values)).df()
