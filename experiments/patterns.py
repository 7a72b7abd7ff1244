"""Does the model do what was seen elsewhere? ``python -m experiments.patterns``.

Patterns with a source in the province, graded plausibility, and replays of two past policies as
plumbing checks. Keys are explained in ``configs/patterns.yaml``.
"""

from __future__ import annotations

from typing import Any

from sim.programs.program import run_program


def job(values: dict[str, Any]) -> int:
    """Simulate the patterns, print and write them."""
    from sim.programs.checks.patterns import patterns_job

    return patterns_job(values)


if __name__ == "__main__":
    run_program("patterns", __doc__ or "", job)
