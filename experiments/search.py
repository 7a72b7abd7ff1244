"""What is the cheapest way? ``python -m experiments.search study=main target=0.66 year=2029 probability=0.8``.

Searches the bundle of measures that reaches a target with a probability for the least public money, the frontier of
cost against probability, and all bundles that cannot be told apart, on the emulators of the what-if page; the best ones
and their neighbours are then run for real. ``budget=20`` asks for the highest probability within 20 billion yuan
instead. Keys are explained in ``configs/search.yaml``.
"""

from __future__ import annotations

from typing import Any

from sim.programs.program import run_program


def job(values: dict[str, Any]) -> int:
    """Search, run the best bundles for real, write tables, scenarios and page."""
    from sim.programs.search.job import search_job

    return search_job(values)


if __name__ == "__main__":
    run_program("search", __doc__ or "", job)
