"""Constants are solved, not guessed: base-year flows equal the drawn hazards and shares.

For a sample of households the choice probabilities have the closed form of the nested
logit, given the persistent tastes. The constants are moved by the log ratio of target to
expected flow until they agree (the contraction of Berry 1994, one constant per flow).
"""

from __future__ import annotations

import numpy as np

from sim.agents.world import ORIGIN_STATES, TO_HOME, VILLAGE, World
from sim.base.arrays import Floats
from sim.data import Region
from sim.model.solve.base_flows import Targets
from sim.model.solve.sample import Flows, Sample, attachments, eased, expected_flows
from sim.model.year.world_tables import Constants

ITERATIONS = 16
TOLERANCE = 0.01
"""Largest relative difference of a flow from its target that ends the iteration."""
RARE = 5.0
"""How far, in utils, the best alternative lies below staying at the first guess."""
FIRST_STEP, LATER_STEP = 60.0, 2.0
"""Largest step of a constant in utils, in the first two iterations and later."""
MOST_LEAVING = 0.95
"""Share of reconsiderations that end in a move beyond which the correction for staying is capped."""
LEAST_LEAVING = 0.2
"""Departures of an age group are at least this share of its returns (judged)."""
LIMIT = 4.0
"""Largest distance of a county's constant from the median of its kind, in utils.

A flow that cannot be reached within it (a county with hardly any village household) stays short.
"""


def solve_constants(region: Region, sample: Sample, targets: Targets, world: World) -> tuple[Constants, float]:
    """Return the constants and the largest log error of a flow that was asked for.

    The first guess makes every move rare; there flows are proportional to the exponential
    of their constant. Later the share that stays changes with the constants: the correction
    for it is exact where households are alike.
    """
    n = region.n_counties
    c = _first_guess(region, sample, world)
    scale = world.choice.nest
    ease, stays = eased(sample, scale), attachments(world.choice.attachment)
    worst = np.inf
    reconsiderations = np.array([sample.hazard[sample.state == s].sum() for s in range(len(ORIGIN_STATES))])
    for k in range(ITERATIONS):
        flows = expected_flows(sample, ease, c, scale, world.geo, stays)
        worst = _worst(flows, targets)
        if worst < TOLERANCE:
            break
        most = FIRST_STEP if k < 2 else LATER_STEP
        more = _staying_change(flows, targets, reconsiderations)
        c.own = _bounded(c.own + more[VILLAGE] + _step(targets.own, flows.own, most))
        c.site += more[VILLAGE] + (1.0 if k == 0 else max(scale, 0.4)) * _step(targets.site, flows.site, most)
        c.site[:n] = _bounded(c.site[:n])
        asked = np.isfinite(targets.shift) & (flows.shift > 0.0)
        c.shift += _step(targets.shift, flows.shift, most) + np.where(asked, more[:, None], 0.0)
        share = flows.arrangement / np.maximum(flows.arrangement.sum(axis=1, keepdims=True), 1e-300)
        change = scale * _step(targets.arrangement, share, most)
        c.arrangement += change - change[:, 2:]
        if k >= 2:
            c.leave_age = _shared(c.leave_age, *_ages(flows, targets), most)
    return c, worst


def _staying_change(flows: Flows, targets: Targets, reconsiderations: Floats) -> Floats:
    """Return log of the share that stays now over the share that stays at the targets, by state of origin.

    A flow is in proportion to exp(constant) times the share of reconsiderations that end in
    staying; ``reconsiderations`` are the reconsiderations per year. Villages move by arrangement, their
    households are scaled with the persons that are asked for.
    """
    now = flows.shift.sum(axis=1)
    then = np.where(np.isfinite(targets.shift), targets.shift, flows.shift).sum(axis=1)
    n = len(targets.own)
    asked = np.array([targets.own.sum() + targets.site[:n].sum(), targets.site[n:].sum()])
    moving = np.array([flows.own.sum() + flows.site[:n].sum(), flows.site[n:].sum()])
    households = flows.arrangement.sum(axis=1)
    now[VILLAGE] = households.sum()
    then[VILLAGE] = (households * asked / np.maximum(moving, 1e-300)).sum()
    rare = np.maximum(reconsiderations, 1e-300)
    return np.asarray(
        np.log((1.0 - np.minimum(now / rare, MOST_LEAVING)) / (1.0 - np.minimum(then / rare, MOST_LEAVING)))
    )


def _ages(flows: Flows, targets: Targets) -> tuple[Floats, Floats]:
    """Return the adults who should leave the province by age group, and those who do."""
    asked = np.maximum(targets.by_age + targets.returns * flows.back, LEAST_LEAVING * flows.back)
    return np.maximum(asked, 1e-9), flows.left


def _shared(constants: Floats, target: Floats, flow: Floats, most: float) -> Floats:
    """Return constants that bring the proportions of a flow to those of its target and leave its total alone."""
    share = flow / max(flow.sum(), 1e-300)
    moved = _bounded(constants + _step(target / target.sum(), share, most))
    return np.asarray(moved - share @ (moved - constants))


def _first_guess(region: Region, sample: Sample, world: World) -> Constants:
    """Return constants at which hardly anybody moves."""
    c = Constants.zeros(region)
    stay = sample.utility[:, 0, 0]
    best = sample.utility[:, 1:].max(axis=(1, 2)) - stay
    c.own -= np.percentile(best, 99) + RARE
    c.site -= np.percentile(best, 99) + RARE
    home = sample.utility[:, 0, 1] - stay
    c.shift[:, TO_HOME] -= np.percentile(home[np.isfinite(home)], 99) + RARE
    return c


def _bounded(constants: Floats) -> Floats:
    middle = np.median(constants)
    return np.asarray(np.clip(constants, middle - LIMIT, middle + LIMIT))


def _step(target: Floats, flow: Floats, most: float) -> Floats:
    with np.errstate(divide="ignore", invalid="ignore"):
        change = np.log(target / flow)
    return np.where(np.isfinite(change), np.clip(change, -most, most), 0.0)


def _worst(flows: Flows, targets: Targets) -> float:
    share = flows.arrangement / np.maximum(flows.arrangement.sum(axis=1, keepdims=True), 1e-300)
    errors = [
        np.abs(_step(t, f, FIRST_STEP)).max()
        for t, f in (
            (targets.own, flows.own),
            (targets.site, flows.site),
            (targets.arrangement, share),
            (targets.shift, flows.shift),
        )
    ]
    asked, flow = _ages(flows, targets)
    errors.append(np.abs(_step(asked / asked.sum(), flow / max(flow.sum(), 1e-300), FIRST_STEP)).max())
    return float(max(errors))
