"""Errors of yearly figures between censuses, as the two censuses known at a date revealed them."""

from __future__ import annotations

import numpy as np

from sim.data import Region

REVISION_EVENTS = 2
"""Revisions that ``revision_spread`` is estimated from."""
_SURVEY, _LAST, _CENSUS = 2005, 2009, 2010
_ANCHOR = "urban_rate_2019_first_published"


def revision_spread(region: Region, date: int) -> float | None:
    """Return the standard deviation of the error of a published urban rate per year since the last census.

    Yearly rates rest on sample surveys; the next census shows how far they had drifted.
    Two such drifts were known at the end of 2020, taken as growing in proportion to time
    (judged) with mean zero: the rates of 2006-2009, never restated, against the census of
    2010 less one year at their own pace, four years after the survey of 2005; and the rate of
    2019 as first published against its restatement after the census of 2020, nine years
    after that of 2010.

    Args:
        region: the region.
        date: last year-end that may be used.

    Returns:
        Share per year; root mean square of both drifts. None where the tables hold no rate as first published.

    Raises:
        ValueError: the second revision was not known at the date.
    """
    if date < 2020:
        raise ValueError(f"date = {date}: revisions are known from 2020 on")
    rates = region.table("province_series").set_index("year")["urban_rate"].astype(np.float64)
    anchors = region.table("anchors").set_index("name")["value"].astype(np.float64)
    if _ANCHOR not in anchors:
        return None
    years = _LAST - _SURVEY
    pace = (rates[_LAST] - rates[_SURVEY]) / years
    drifts = ((rates[_LAST] - (rates[_CENSUS] - pace)) / years, (anchors[_ANCHOR] - rates[2019]) / 9)
    return float(np.sqrt(np.mean(np.square(drifts))))
