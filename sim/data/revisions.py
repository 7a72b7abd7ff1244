"""Errors of yearly figures between censuses, as the censuses of 2010 and 2020 revealed them."""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sim.data.panel import first_published, province_panel, resident_panel
from sim.data.region import Region

LAST_CENSUS = 2020
"""Last census whose results are in the tables; those of a census are published in the year after it."""
_SURVEY, _LAST, _CENSUS = 2005, 2009, 2010
_ANCHOR = "urban_rate_2019_first_published"


class Revision(NamedTuple):
    """By how much a yearly urban rate was too high, share, and years since the survey or census before."""

    year: int
    error: float
    years: int


def revisions(region: Region) -> list[Revision]:
    """Return the errors of yearly urban rates of the region itself; none where its tables do not hold them.

    The rates of 2006-2009 were never restated: 2009 is compared with the census of 2010 less
    one year at their own pace, four years after the survey of 2005. The rate of 2019 as first
    published is compared with its restatement after the census of 2020, nine years after that
    of 2010.
    """
    rates = region.table("province_series").set_index("year")["urban_rate"].astype(np.float64)
    anchors = region.table("anchors").set_index("name")["value"].astype(np.float64)
    if _ANCHOR not in anchors:
        return []
    return [
        Revision(_LAST, float(_before_census(rates)), _LAST - _SURVEY),
        Revision(2019, float(anchors[_ANCHOR] - rates[2019]), 2019 - _CENSUS),
    ]


def rate_drifts() -> pd.DataFrame:
    """Return how fast yearly urban rates went astray, points a year, by province and census that showed it."""
    rates = province_panel()
    late = (first_published(2019) - rates.loc[2019]) / (2019 - _CENSUS)
    return pd.DataFrame({_CENSUS: _before_census(rates) / (_LAST - _SURVEY), LAST_CENSUS: late})


def resident_drifts() -> pd.DataFrame:
    """Return how fast yearly numbers of residents went astray, in logarithms a year, laid out like the rates.

    Residents as first published before the restatement after 2020 are known of no other province.
    """
    return pd.DataFrame({_CENSUS: _before_census(resident_panel()) / (_LAST - _SURVEY)})


def _before_census(values: Any) -> Any:
    """Return figures of the year before a census less the census one year earlier at their own pace."""
    pace = (values.loc[_LAST] - values.loc[_SURVEY]) / (_LAST - _SURVEY)
    return values.loc[_LAST] - (values.loc[_CENSUS] - pace)
