"""Decomposition of the yearly change of the urban rate, exact to the last digit.

With U urban residents, T all residents and r = U / T, the accounts of one year give
dU = born - died + moved + counted + entered - left of the urban zones and
dT = born - died + entered - left of all zones (moves and reclassification inside the
province cancel). Then, with T' and r' at the end of the year,

    r' - r = (U + dU) / T' - U / T = dU / T' - r * dT / T'

because U / T' - U / T = r * (T - T') / T'. Each urban account divided by T' is its
contribution; the last term is the denominator: a shrinking total raises the rate
although nobody became urban. The five contributions add up to the change exactly.
"""

from __future__ import annotations

from collections.abc import Sequence

import pandas as pd

ACCOUNTS = ("born", "died", "moved_in", "moved_out", "counted", "entered", "left")
TERMS = ("moved", "counted", "born_died", "outside", "denominator")
"""The contributions in the order in which they are drawn."""


def decompose_rate(accounts: pd.DataFrame, urban_start: float, residents_start: float) -> pd.DataFrame:
    """Return the contributions to the change of the urban rate, year by year.

    Args:
        accounts: columns year, zone ("urban" or "rural") and ``ACCOUNTS`` in persons,
            one path (one run, or one published series); several places are added up.
        urban_start: urban residents at the end of the year before the first one.
        residents_start: all residents at that time.

    Returns:
        One row per year: year, rate_before, rate_after, change and the ``TERMS``, as
        shares (0.01 = one point); the terms add up to the change.

    Raises:
        ValueError: a column or a zone is missing, or nobody is left.
    """
    path = accounts.assign(path=0)
    start = pd.DataFrame({"path": [0], "urban": [float(urban_start)], "residents": [float(residents_start)]})
    return decompose_runs(path, start, by=["path"]).drop(columns="path")


def decompose_runs(accounts: pd.DataFrame, start: pd.DataFrame, by: Sequence[str]) -> pd.DataFrame:
    """Decompose many paths at once; see :func:`decompose_rate`.

    Args:
        accounts: as in :func:`decompose_rate` with the identifying columns ``by``.
        start: one row per path: the columns ``by``, urban and residents (persons) at the
            end of the year before the first one.
        by: names of the columns that identify a path.

    Returns:
        The rows of :func:`decompose_rate` with the columns ``by`` in front.
    """
    keys = list(by)
    _check(accounts, keys)
    sums = accounts.groupby([*keys, "year", "zone"])[list(ACCOUNTS)].sum()
    urban = sums.index.get_level_values("zone") == "urban"
    town = sums[urban].droplevel("zone")
    both = town + sums[~urban].droplevel("zone")
    table = pd.DataFrame({"urban_change": _change(town), "change_all": _change(both)})
    table["moved"] = town["moved_in"] - town["moved_out"]
    table["counted"] = town["counted"]
    table["born_died"] = town["born"] - town["died"]
    table["outside"] = town["entered"] - town["left"]
    table = table.reset_index().merge(start[[*keys, "urban", "residents"]], on=keys, how="left", validate="many_to_one")
    paths = table.groupby(keys)
    urban_after = table["urban"] + paths["urban_change"].cumsum()
    after = table["residents"] + paths["change_all"].cumsum()
    before = after - table["change_all"]
    if not ((before > 0) & (after > 0)).all():
        raise ValueError("residents before and after every year must be known and positive; check start and accounts")
    table["rate_before"] = (urban_after - table["urban_change"]) / before
    table["rate_after"] = urban_after / after
    table["change"] = table["rate_after"] - table["rate_before"]
    table["denominator"] = -table["rate_before"] * table["change_all"] / after
    for name in ("moved", "counted", "born_died", "outside"):
        table[name] = table[name] / after
    return table[[*keys, "year", "rate_before", "rate_after", "change", *TERMS]]


def _change(rows: pd.DataFrame) -> pd.Series[float]:
    """Return the change of residents that rows of accounts book."""
    gains = rows["born"] + rows["moved_in"] + rows["counted"] + rows["entered"]
    return gains - rows["died"] - rows["moved_out"] - rows["left"]


def _check(accounts: pd.DataFrame, keys: list[str]) -> None:
    """Refuse accounts without the needed columns or without both zones in each year."""
    missing = [name for name in ("year", "zone", *ACCOUNTS) if name not in accounts.columns]
    if missing:
        raise ValueError(f"accounts without column {', '.join(missing)}: needed are year, zone, {', '.join(ACCOUNTS)}")
    zones = accounts[[*keys, "year", "zone"]].drop_duplicates()
    zones = zones.assign(known=zones["zone"].isin(("urban", "rural")))
    counts = zones.groupby([*keys, "year"])["known"].agg(["sum", "count"])
    wrong = counts[(counts["sum"] != 2) | (counts["count"] != 2)]
    if len(wrong):
        year = wrong.index.get_level_values("year")[0]
        found = sorted(zones.loc[zones["year"] == year, "zone"].unique())
        raise ValueError(f"accounts of {year}: zones {found}, needed are urban and rural")
