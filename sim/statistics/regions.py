"""Who catches up, who concentrates: region groups under a package against the province, run by run."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from sim.base.arrays import Floats
from sim.base.names import BASELINE

PACKAGE = "package"
Z95 = 1.959963984540054


def group_table(values: Mapping[str, pd.DataFrame], year: int, base: int) -> pd.DataFrame:
    """Return whether region groups catch up or concentrate: rates and shares of the province's residents.

    Columns: group, rate (baseline, percent, in ``base``), change (baseline, points, to ``year``), effect of
    the package on the rate, ``catch_up`` (that effect less the effect on the province), ``share`` (effect
    on the group's share of the province's residents), each of the three with 95% interval of the mean.
    The province itself is a row.

    Args:
        values: scenario, draw, year and a column per indicator, by place code; the province is the code
            without ``group:``.
        year: year-end of the effects.
        base: year-end that changes are measured from.
    """
    province = next(table for place, table in values.items() if not place.startswith("group:"))
    rows = []
    for place, table in values.items():
        rate, whole = _rates(table, year), _rates(province, year)
        people, total = _wide(table, year, "residents"), _wide(province, year, "residents")
        share = 100.0 * people / total
        before = _rates(table, base)[BASELINE]
        effect = rate[PACKAGE] - rate[BASELINE]
        catch_up = effect - (whole[PACKAGE] - whole[BASELINE])
        drawn = (effect, catch_up, share[PACKAGE] - share[BASELINE])
        intervals = [number for sample in drawn for number in spread(sample.dropna().to_numpy())[:3]]
        name = place.removeprefix("group:") if place.startswith("group:") else "province"
        rows.append([name, before.mean(), (rate[BASELINE] - before).mean(), *intervals])
    names = [f"{name}{end}" for name in ("effect", "catch_up", "share") for end in ("", "_low", "_high")]
    return pd.DataFrame(rows, columns=["group", "rate", "change", *names])


def _rates(table: pd.DataFrame, year: int) -> pd.DataFrame:
    return 100.0 * _wide(table, year, "resident_urban_rate")


def _wide(table: pd.DataFrame, year: int, indicator: str) -> pd.DataFrame:
    """Return an indicator of a year as draw x variant."""
    return table[table["year"] == year].pivot_table(index="draw", columns="scenario", values=indicator)


def spread(sample: Floats) -> list[float]:
    """Return mean, 95% interval of the mean, median, p05, p95 and size of a sample."""
    mean, size = float(sample.mean()), len(sample)
    half = Z95 * float(sample.std(ddof=1)) / np.sqrt(size) if size > 1 else float("nan")
    low, median, high = np.quantile(sample, [0.05, 0.5, 0.95])
    return [mean, mean - half, mean + half, float(median), float(low), float(high), size]
