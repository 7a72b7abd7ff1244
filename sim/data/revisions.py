"""Errors of yearly figures between censuses, as the censuses of 2010 and 2020 revealed them."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from sim.data.region import Region

LAST_CENSUS = 2020
_SURVEY, _LAST, _CENSUS = 2005, 2009, 2010
_ANCHOR = "urban_rate_2019_first_published"


class Revision(NamedTuple):
    """By how much a yearly urban rate was too high, share, and years since the survey or census before."""

    year: int
    error: float
    years: int


def revisions(region: Region) -> list[Revision]:
    """Return the errors of yearly urban rates that two censuses revealed; none where the tables do not hold them.

    The rates of 2006-2009 were never restated: 2009 is compared with the census of 2010 less
    one year at their own pace, four years after the survey of 2005. The rate of 2019 as first
    published is compared with its restatement after the census of 2020, nine years after that
    of 2010. The results of a census are published in the year after it.
    """
    rates = region.table("province_series").set_index("year")["urban_rate"].astype(np.float64)
    anchors = region.table("anchors").set_index("name")["value"].astype(np.float64)
    if _ANCHOR not in anchors:
        return []
    pace = (rates[_LAST] - rates[_SURVEY]) / (_LAST - _SURVEY)
    return [
        Revision(_LAST, float(rates[_LAST] - (rates[_CENSUS] - pace)), _LAST - _SURVEY),
        Revision(2019, float(anchors[_ANCHOR] - rates[2019]), 2019 - _CENSUS),
    ]


def revision_scale(found: list[Revision]) -> float:
    """Return the scale of the error of a yearly urban rate per year since the last census, share.

    Errors are taken as growing in proportion to time with mean zero (judged), so that the
    root mean square of error over years is the scale of a Student t with as many degrees of
    freedom as revisions.
    """
    return float(np.sqrt(np.mean([(one.error / one.years) ** 2 for one in found])))
