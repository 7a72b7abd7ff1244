"""Product, incomes and vital totals."""

from __future__ import annotations

import numpy as np
import pandas as pd
from numpy.typing import NDArray

from sim.base.arrays import Ints
from sim.data.derive.tableset import TableSet


def prefecture_economy(tables: TableSet) -> pd.DataFrame:
    """Return the prefecture economy with product per head and incomes filled.

    Product per head: product of 2022 over published residents at the end of 2021.
    Incomes: published where known. Elsewhere income = k * (product per head) ** b with b by least
    squares on logarithms over the published prefectures, bounded to 0..1, and k such that the mean
    over all prefectures, weighted by urban (rural) residents of the 2020 census, is the provincial figure.
    """
    table = tables["prefecture_economy"].sort_values("prefecture_code", ignore_index=True).copy()
    annual = tables["prefecture_annual"]
    residents = annual[annual["year"] == 2021].set_index("prefecture_code")["residents"]
    heads = residents[list(table["prefecture_code"])].to_numpy(dtype=np.float64)
    product = (table["gdp_2022"].to_numpy(dtype=np.float64) * 1e8) / heads
    table["gdp_per_capita"] = np.round(product).astype(np.int64)
    prefecture = tables["counties"].set_index("county_code")["prefecture_code"]
    by_prefecture = tables.census(2020).groupby(prefecture)[["residents_urban", "residents_rural"]].sum()
    for zone in ("urban", "rural"):
        weight = by_prefecture.loc[list(table["prefecture_code"]), f"residents_{zone}"].to_numpy(dtype=np.float64)
        published = table[f"{zone}_income_published_2023"].to_numpy(dtype=np.float64)
        mean = tables.anchor(f"{zone}_income_2023")
        table[f"{zone}_income_2023"] = filled_incomes(product, published, weight, mean)
        table[f"{zone}_income_published_2023"] = table[f"{zone}_income_published_2023"].astype("Int64")
    return table


def filled_incomes(
    product: NDArray[np.float64], published: NDArray[np.float64], weight: NDArray[np.float64], mean: float
) -> Ints:
    """Return incomes, published ones kept, the others on the fitted curve through the provincial mean.

    Args:
        product: product per head, yuan.
        published: income, yuan, NaN where unknown.
        weight: persons.
        mean: provincial mean, yuan.
    """
    known = ~np.isnan(published)
    x, y = np.log(product[known]), np.log(published[known])
    slope = float(np.clip(np.polyfit(x, y, 1)[0], 0.0, 1.0))
    curve = product**slope
    rest = mean * weight.sum() - float(weight[known] @ published[known])
    level = rest / float(weight[~known] @ curve[~known])
    return np.asarray(np.round(np.where(known, published, level * curve)), dtype=np.int64)


def province_series(tables: TableSet) -> pd.DataFrame:
    """Return the province series with births and deaths of all years.

    Published counts are used where there are any; otherwise rate * mean of the residents at the start
    and the end of the year. Where the series has a break at its start (2005) or was not restated
    (2010, after a break in 2009), the residents at the end of the year stand for the mean.
    """
    table = tables["province_series"].sort_values("year", ignore_index=True).copy()
    end = table["residents"].to_numpy(dtype=np.float64)
    mean = end.copy()
    mean[1:] = (end[1:] + end[:-1]) / 2.0
    breaks = table["year"].isin([2010]).to_numpy()
    mean[breaks] = end[breaks]
    for event in ("birth", "death"):
        computed = pd.Series(np.round(table[f"{event}_rate"] * mean / 1000.0), index=table.index)
        table[f"{event}s"] = table[f"{event}s_published"].fillna(computed).astype("int64")
    for column in ("births_published", "deaths_published"):
        table[column] = table[column].astype("Int64")
    return table
