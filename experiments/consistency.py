"""Do step length and sample size change the answer? ``python -m experiments.consistency draws=20``.

Compares the resident rate of 2030 without new policy at 4 and 12 steps a year, and at
50 thousand and 1 million households, over the same parameter draws. Keys are explained
in ``configs/consistency.yaml``.
"""

from __future__ import annotations

from typing import Any

from sim.programs.program import run_program


def job(values: dict[str, Any]) -> int:
    """Run the comparison, print the table and write it."""
    from sim.programs.checks.consistency import consistency_job

    return consistency_job(values)


if __name__ == "__main__":
    run_program("consistency", __doc__ or "", job)
