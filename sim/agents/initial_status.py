"""What a draw decides about the population at the start."""

from __future__ import annotations

import numpy as np

from sim.agents._compile import rule
from sim.agents.members import set_bits
from sim.agents.rng import Purpose, philox, unit
from sim.agents.state import (
    EMPTY,
    HEAD,
    INSURED,
    LAND,
    MIGRANT_CLASS_MASK,
    MIGRANT_CLASS_SHIFT,
    OTHER_COUNTY,
    PERMIT,
    SAME_COUNTY,
    Households,
)
from sim.agents.world import Geography

_START = int(Purpose.START)


@rule
def set_urban_registration(hh: Households, geo: Geography, seed: int, share: float) -> None:
    """Register the drawn share of migrant households in urban territory of their home county, the rest in villages.

    The census does not say which in-migrants come from another town; the share is a
    parameter with a wide prior and sets the starting level of the registered urban rate.
    Applies to whole households from the same or another county and to those outside.
    """
    for i in range(len(hh.key)):
        county = np.int64(hh.home_county[i])
        if hh.members[i, HEAD] == EMPTY or np.int64(hh.hukou[i]) >= 2 * geo.n_counties:
            continue
        origin = (hh.flags[i] & MIGRANT_CLASS_MASK) >> MIGRANT_CLASS_SHIFT
        outside = np.int64(hh.base[i]) >= 2 * geo.n_counties
        if not outside and origin != SAME_COUNTY and origin != OTHER_COUNTY:
            continue
        w = philox(hh.key[i], 0, _START, 0, seed)
        villages = geo.urban_block_start[county]
        if unit(w[0]) < share or villages == 0:
            hh.hukou[i] = 2 * county + 1
            block = np.int64(w[1] % np.uint64(geo.urban_block_count[county]))
            hh.home_block[i] = geo.urban_block_start[county] + block
            set_bits(hh, i, LAND, False)
        else:
            hh.hukou[i] = 2 * county
            hh.home_block[i] = np.int64(w[1] % np.uint64(villages))
            set_bits(hh, i, LAND, True)


@rule
def set_status(hh: Households, geo: Geography, seed: int, hazard: float, insured: float, month: int) -> None:
    """Give earners in towns where they are not registered permits and insurance.

    Permits as the yearly hazard would have since the arrival, insurance by the drawn share.
    """
    for i in range(len(hh.key)):
        place = np.int64(hh.base[i]) if hh.away[i] == 0 else np.int64(hh.away_place[i])
        if hh.members[i, HEAD] == EMPTY or place >= 2 * geo.n_counties or place & 1 == 0:
            continue
        if np.int64(hh.hukou[i]) != place:
            years = max(month - np.int64(hh.arrival[i]), 0) / 12.0  # type: ignore[operator]
            w = philox(hh.key[i], 0, _START, 1, seed)
            set_bits(hh, i, PERMIT, unit(w[0]) < 1.0 - np.exp(-hazard * years))
            set_bits(hh, i, INSURED, unit(w[1]) < insured)
