"""Working space of compiled loops, made once per thread and used again by every call in it.

A run on one thread makes it once; runs on several start threads anew for every loop.
"""

from __future__ import annotations

import threading

from sim.agents.choice import Scratch, new_scratch
from sim.agents.screens import Batch, new_batch
from sim.agents.world import World

__all__ = ["own_batch", "own_scratch"]


class _Own(threading.local):
    """What a thread keeps; no loop is called from inside another, so that one of each will do."""

    def __init__(self) -> None:
        self.batch = new_batch()
        self.of: tuple[float, ...] = ()
        self.scratches: dict[float, Scratch] = {}


_OWN = _Own()


def own_batch() -> Batch:
    """Return the working space for screening of this thread."""
    return _OWN.batch


def own_scratch(world: World, slack: float = 0.0) -> Scratch:
    """Return the working space for choices of this thread; see ``new_scratch``."""
    of = (world.choice.nest, world.geo.n_counties, world.geo.n_outside)
    if _OWN.of != of:
        _OWN.of, _OWN.scratches = of, {}
    if slack not in _OWN.scratches:
        _OWN.scratches[slack] = new_scratch(world, slack)
    return _OWN.scratches[slack]
