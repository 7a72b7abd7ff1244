"""How far counties elsewhere went their own way between two censuses: the spread that a rule by share leaves.

The county volumes of the censuses are too large for the repository; the table made of them is
``sim/data/china/county_shocks.csv``. ``county_shocks(read_tabulation(file of 2010, ...), ...)`` makes it again.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd

CLASSES = (0.0, 0.3, 0.6, 0.9, 1.0)
"""Ends of the classes of the urban share at the first census."""
LARGEST_CHANGE = 0.6
"""Counties whose residents changed by more, in logarithms, changed their territory (judged)."""
HEADS = {2010: ("区划代码", "合计", "城镇人口"), 2020: ("区划代码", "人口数_合计", "城镇人口")}
COLUMNS = ["left_out", "indicator", "part", "share_from", "share_to", "sd", "units", "source", "grade"]
SOURCE = "county volumes of the censuses of 2010 and 2020 as transcribed in leiii/census"


def read_tabulation(file: Path, year: int) -> pd.DataFrame:
    """Return residents and urban residents by county code from the county volume of a census."""
    code, residents, urban = HEADS[year]
    table: pd.DataFrame = pd.read_csv(file, dtype=str)[[code, residents, urban]].apply(pd.to_numeric, errors="coerce")
    table = table.set_axis(["code", "residents", "urban"], axis=1).dropna(subset=["code", "residents"])
    table = table.astype({"code": int}).drop_duplicates("code").fillna({"urban": 0.0})
    found: pd.DataFrame = table[table["code"] % 100 != 0].set_index("code")
    return found


def county_shocks(before: pd.DataFrame, after: pd.DataFrame) -> pd.DataFrame:
    """Return the spread over ten years by province left out, indicator and part.

    Change of the urban share, and of the logarithm of residents, less its mean in the province
    and a quadratic of the share at the first census; what is left is taken apart into the part
    that counties of a prefecture share and their own, by the analysis of variance of one-way
    groups. The own part is told by class of the share.

    Args:
        before: counties of 2010 as ``read_tabulation`` gives them.
        after: those of 2020; counties in both are compared.
    """
    both = before.join(after.add_suffix("_after"), how="inner")
    growth: pd.Series[float] = np.log(both["residents_after"] / both["residents"])  # type: ignore[assignment]
    share = both["urban"] / both["residents"]
    changes = {
        "resident_urban_rate": both["urban_after"] / both["residents_after"] - share,
        "residents": growth,
    }
    keep = growth.abs() < LARGEST_CHANGE
    province = both.index // 10_000
    rows = []
    for left_out in np.unique(province):
        for indicator, change in changes.items():
            chosen = keep & (province != left_out)
            for part in _parts(change[chosen], share[chosen]):
                rows.append([f"{left_out}0000", indicator, *part, SOURCE, "derived"])
    return pd.DataFrame(rows, columns=COLUMNS)


def _parts(change: pd.Series[float], share: pd.Series[float]) -> list[list[object]]:
    """Return part, ends of the class, standard deviation and number of units: prefectures, then counties by class."""
    code = change.index
    change = change - change.groupby(code // 10_000).transform("mean")
    left = change - np.polynomial.Polynomial.fit(share, change, 2)(share)
    groups = left.groupby(code // 100)
    size, mean = groups.size(), groups.mean()
    own = left - groups.transform("mean")
    within = (own**2).sum() / (len(left) - len(size))
    between = (size * mean**2).sum() / (len(size) - 1)
    usual = (len(left) - (size**2).sum() / len(left)) / (len(size) - 1)
    prefecture = np.sqrt(max((between - within) / usual, 0.0))
    rows: list[list[object]] = [["prefecture", CLASSES[0], CLASSES[-1], round(float(prefecture), 4), len(size)]]
    loss = len(left) / (len(left) - len(size))
    classes = np.digitize(share, CLASSES[1:-1])
    for k in range(len(CLASSES) - 1):
        some = own[classes == k]
        spread = float(np.sqrt((some**2).mean() * loss)) if len(some) else float("nan")
        rows.append(["county", CLASSES[k], CLASSES[k + 1], round(spread, 4), len(some)])
    return rows
