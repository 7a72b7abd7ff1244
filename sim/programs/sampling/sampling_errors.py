"""Bias and Monte Carlo error of samples, from the values of runs."""

from __future__ import annotations

import numpy as np
import pandas as pd

KEYS = ["scenario", "level", "place", "indicator", "unit"]
EFFECT = "effect"
"""Name of the paired difference of the second scenario to the first."""


def with_effects(runs: pd.DataFrame) -> pd.DataFrame:
    """Return the values of the last year, with paired differences to the first scenario as one more scenario each."""
    last = runs[runs["year"] == runs["year"].max()]
    names = list(dict.fromkeys(last["scenario"]))
    index = ["households", "replicate", "level", "place", "indicator", "unit"]
    wide = last.pivot_table(index=index, columns="scenario", values="value", observed=True)
    for name in names[1:]:
        wide[f"{EFFECT}: {name}"] = wide[name] - wide[names[0]]
    long: pd.DataFrame = wide.reset_index().melt(index, var_name="scenario", value_name="value")
    return long.dropna(subset=["value"])


def errors(runs: pd.DataFrame, full: int) -> pd.DataFrame:
    """Return bias and Monte Carlo error of the last year by size, scenario, place and indicator.

    Args:
        runs: households, replicate, scenario, year, level, place, indicator, unit, value.
        full: households of the province; nothing is sampled at this size.

    Returns:
        Keys and households; replicates; mean; reference (mean of the largest size); bias (mean
        less reference); bias_se (standard error of the bias; that of
        the reference is taken to fall with the root of the size);
        mc_sd (standard deviation over replicates, empty with one); sampled (share of all households).
    """
    values = with_effects(runs)
    largest = values["households"].max()
    grouped = values.groupby(["households", *KEYS], observed=True)["value"]
    table = grouped.agg(replicates="size", mean="mean", mc_sd="std").reset_index()
    reference = table[table["households"] == largest].set_index(KEYS)["mean"].rename("reference")
    table = table.join(reference, on=KEYS)
    runs_there = table.loc[table["households"] == largest, "replicates"].max()
    table["bias"] = table["mean"] - table["reference"]
    parts = 1.0 / table["replicates"] + table["households"] / largest / runs_there
    table["bias_se"] = table["mc_sd"] * np.sqrt(parts)
    table["sampled"] = table["households"] / full
    return table


def summary(table: pd.DataFrame) -> pd.DataFrame:
    """Return by size, scenario, level and indicator how large errors are over the places.

    Returns:
        median_bias and largest_bias (absolute), median_mc_sd and largest_mc_sd, significant (share
        of places whose bias is outside the 95% interval of Student's t; 5% are expected without bias),
        places, and worst (the place with the largest Monte Carlo error).
    """
    from scipy.stats import t

    rows = []
    keys = ["households", "scenario", "level", "indicator", "unit"]
    for key, group in table[table["replicates"] > 1].groupby(keys, observed=True):
        size = group["bias"].abs()
        clear = size > t.ppf(0.975, group["replicates"] - 1) * group["bias_se"]
        worst = group["place"].iloc[int(group["mc_sd"].to_numpy().argmax())]
        spread = group["mc_sd"]
        rows.append((*key, size.median(), size.max(), spread.median(), spread.max(), clear.mean(), len(group), worst))
    columns = ["median_bias", "largest_bias", "median_mc_sd", "largest_mc_sd", "significant", "places", "worst"]
    return pd.DataFrame(rows, columns=[*keys, *columns])
