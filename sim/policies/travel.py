"""Travel times: which projects are open, and by how many tenths they shorten travel between counties."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from sim.policies.lever import Levers
from sim.policies.scenario import Scenario
from sim.policies.schema import RegionLike

TENTH = float(-np.log(0.9))
"""Log travel time saved by a cut of 10%."""


def saved_tenths(scenario: Scenario, levers: Levers, region: RegionLike, years: Sequence[int]) -> NDArray[np.float64]:
    """Return cuts of 10% in travel time by the projects that are open, float64[len(years), n, n].

    From the row to the column. The same both ways, so that a line can draw people away from a place as
    well as to it, unless the scenario switches the effect ``siphon`` off: then a line helps only those
    who move away from its centre, the first of its ends. Savings of several projects on one pair add in
    logs. Intensity is not in it: the quantity ``travel_time`` carries it. A project opens in its year,
    plus the delay of its lever.
    """
    n = len(region.county_codes)
    tenths = np.zeros((len(years), n, n))
    for lever in levers.values():
        setting = scenario.settings[lever.id]
        if setting.zero:
            continue
        both = any(e.quantity == "siphon" and setting.acts("siphon", e.active) for e in lever.effects)
        for project in lever.projects:
            one, other = (end.mask(region) for end in project.ends)
            between = np.outer(one, other) | (both & np.outer(other, one))
            open_now = np.asarray(years) >= project.opens + setting.delay
            pairs = np.nonzero(between)
            tenths[np.flatnonzero(open_now)[:, None], *pairs] += -np.log1p(-project.saving) / TENTH
    return tenths
