"""From counts by draw to tables: medians and the middle 90% of the draws, in households and persons of the province."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pandas as pd

from sim.data import Region
from sim.programs.compare_households.compare import FIELDS, FLOW, HOUSEHOLDS, SEPARATOR, STANDINGS, areas
from sim.programs.compare_households.groups import ALL
from sim.programs.compare_households.outcomes import OUTCOMES
from sim.studies.ensemble import JOB

__all__ = ["KEYS", "Tables", "made_tables"]

KEYS = ["outcome", "dimension", "group"]
BANDS = {"median": 0.5, "p05": 0.05, "p95": 0.95}


class Tables(NamedTuple):
    """Everything that is written.

    Attributes:
        draws: whole numbers of the model by draw, outcome, dimension and group, with the weight.
        gains: net change and its parts by outcome, dimension and group: median, p05 and p95 over draws.
        standing: households by standing, dimension and group, and their shares of all households of the group.
        flows: households whose earners live elsewhere in the second run, by both areas: mean over draws.
        accounts: difference of the runs by outcome, from households and from the books.
        outcomes: definitions.
    """

    draws: pd.DataFrame
    gains: pd.DataFrame
    standing: pd.DataFrame
    flows: pd.DataFrame
    accounts: pd.DataFrame
    outcomes: pd.DataFrame


def made_tables(rows: pd.DataFrame, region: Region) -> Tables:
    """Return all tables.

    Args:
        rows: one row per draw as ``compare_draw`` names its numbers, with its job.
        region: names of areas.
    """
    weight = rows.set_index(JOB)["weight"]
    draws = _draws(rows, weight)
    return Tables(
        draws=draws,
        gains=_gains(draws),
        standing=_standing(rows, weight),
        flows=_flows(rows, weight, region),
        accounts=_accounts(rows, draws, weight),
        outcomes=_outcomes(),
    )


def _long(rows: pd.DataFrame, outcomes: set[str]) -> pd.DataFrame:
    """Return the numbers of some outcomes, one row per draw and kind, fields as columns."""
    names = [name for name in rows.columns if name.split(SEPARATOR)[0] in outcomes and name.count(SEPARATOR) == 3]
    keys = pd.MultiIndex.from_tuples([tuple(name.split(SEPARATOR)) for name in names], names=[*KEYS, "field"])
    table = pd.DataFrame(rows[names].to_numpy(), index=pd.Index(rows[JOB], name="draw"), columns=keys).fillna(0.0)
    kinds = list(keys.droplevel("field").unique())
    flat = pd.MultiIndex.from_tuples([(draw, *kind) for draw in rows[JOB] for kind in kinds], names=["draw", *KEYS])
    fields = list(keys.get_level_values("field").unique())
    cells = {field: table.xs(field, axis=1, level="field")[kinds].to_numpy().ravel() for field in fields}
    return pd.DataFrame(cells, index=flat).astype(np.int64)


def _draws(rows: pd.DataFrame, weight: pd.Series[float]) -> pd.DataFrame:
    table = _long(rows, {outcome.name for outcome in OUTCOMES})[list(FIELDS)]
    table.insert(0, "net", table["after"] - table["before"])
    table = table.reset_index()
    return table.assign(weight=table["draw"].map(weight).to_numpy())


def _bands(table: pd.DataFrame, keys: list[str]) -> pd.DataFrame:
    """Return median, p05 and p95 over draws of every column, named column, column_p05 and column_p95."""
    grouped = table.groupby(keys, sort=False)
    parts = {name: grouped.quantile(level) for name, level in BANDS.items()}
    columns = list(parts["median"].columns)
    wide = {
        column if name == "median" else f"{column}_{name}": parts[name][column] for column in columns for name in BANDS
    }
    return pd.DataFrame(wide).reset_index()


def _gains(draws: pd.DataFrame) -> pd.DataFrame:
    fields = ["net", *FIELDS]
    weighted = draws[KEYS].join(draws[fields].mul(draws["weight"], axis=0))
    return _bands(weighted, KEYS)


def _standing(rows: pd.DataFrame, weight: pd.Series[float]) -> pd.DataFrame:
    table = _long(rows, {HOUSEHOLDS})[list(STANDINGS)]
    total = table.sum(axis=1)
    shares = table.div(total.where(total > 0), axis=0).add_suffix("_share")
    by_draw = weight.loc[table.index.get_level_values("draw")].to_numpy()
    whole = table.mul(by_draw, axis=0).assign(households=total * by_draw).join(shares)
    return _bands(whole.reset_index().drop(columns=["draw", "outcome"]), ["dimension", "group"])


def _flows(rows: pd.DataFrame, weight: pd.Series[float], region: Region) -> pd.DataFrame:
    names = [name for name in rows.columns if name.startswith(f"{FLOW}{SEPARATOR}")]
    counts = rows.set_index(JOB)[names].fillna(0.0).mul(weight, axis=0)
    table = pd.DataFrame([name.split(SEPARATOR)[1:3] for name in names], columns=["origin", "destination"])
    low, high = (counts.quantile(q).to_numpy() for q in (BANDS["p05"], BANDS["p95"]))
    table = table.assign(households=counts.mean().to_numpy(), p05=low, p95=high)
    place = {name: position for position, name in enumerate(areas(region))}
    return table.sort_values(["origin", "destination"], key=lambda column: column.map(place), ignore_index=True)


def _accounts(rows: pd.DataFrame, draws: pd.DataFrame, weight: pd.Series[float]) -> pd.DataFrame:
    """Return the difference of the runs as households have it and as the books have it."""
    found = []
    whole = draws[draws["dimension"] == ALL].set_index(["outcome", "draw"])["net"]
    for outcome in OUTCOMES:
        if outcome.booked is None:
            continue
        first, second = (rows.set_index(JOB)[SEPARATOR.join(("books", outcome.name, k))] for k in ("0", "1"))
        net, booked = whole[outcome.name], second - first
        medians = ((net * weight).median(), (booked * weight).median())
        found.append((outcome.name, outcome.unit, *medians, int((net == booked).sum()), len(rows)))
    paper = rows[f"paper{SEPARATOR}1"] - rows[f"paper{SEPARATOR}0"]
    found.append(("paper_registered", "persons", np.nan, paper.median(), 0, len(rows)))
    return pd.DataFrame(found, columns=["outcome", "unit", "from_households", "from_books", "equal", "draws"])


def _outcomes() -> pd.DataFrame:
    rows = [(o.name, o.unit, o.sign, *o.more, *o.less, *o.meaning, o.indicator, o.booked is not None) for o in OUTCOMES]
    names = ["outcome", "unit", "sign", "more_en", "more_zh", "less_en", "less_zh", "meaning_en", "meaning_zh"]
    return pd.DataFrame(rows, columns=[*names, "indicator", "in_the_books"])
