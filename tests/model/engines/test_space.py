"""Working space that was used before gives what fresh space gives."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import numpy as np

from sim.agents.choice import new_scratch
from sim.model.engines import loops
from sim.model.engines.space import own_batch, own_scratch
from sim.model.path.plans import Planner
from sim.model.year.tables import build_world


def choices(sim, world, space):
    n = 2_000
    actions, sites, leads = np.empty(n, np.uint8), np.empty(n, np.int64), np.empty(n)
    loops.choose_all(sim.engine.hh, np.arange(n), world, space, actions, sites, leads)
    return actions.tolist(), sites.tolist(), leads.tolist()


def test_used_space_gives_the_choices_of_fresh_space(started):
    """Worlds of other nests and leads in turn, as scenarios and draws come in a process."""
    world = build_world(started, Planner.neutral_plan(started.draw), range(1, 4))
    for nest, slack in ((0.5, 0.0), (0.9, 1.5), (0.5, 1.5), (1.0, 0.0), (0.5, 0.0)):
        other = world._replace(choice=world.choice._replace(nest=nest))
        used = choices(started, other, own_scratch(other, slack))
        assert used == choices(started, other, new_scratch(other, slack))


def test_every_thread_has_space_of_its_own():
    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(own_batch).result()
    assert other is not own_batch()
    assert own_batch() is own_batch()
