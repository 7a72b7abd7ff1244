"""Under which conditions does the plan, or another scenario, miss the target? ``python -m experiments.discover``.

Looks through the draws of a finished study for boxes of conditions in which misses are frequent (PRIM and a tree),
and says how far chance or other draws would give the same. Keys are explained in ``configs/discover.yaml``.
"""

from __future__ import annotations

from typing import Any

from sim.programs.program import run_program


def job(values: dict[str, Any]) -> int:
    """Search, print the sentence and write tables, figures and page."""
    from sim.programs.discover.discover import discover_job

    return discover_job(values)


if __name__ == "__main__":
    run_program("discover", __doc__ or "", job)
