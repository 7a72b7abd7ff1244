"""Who gains and who loses? ``python -m experiments.compare_households scenarios=[no_new_policy,plan]``.

Runs two scenarios of every draw with the same households and chances, lays them beside each other and counts who
moves, registers, has its children with it, and for whom something is worse: by skill, age, kind of household, home
and land rights. Every sum equals the difference of the accounts of the two runs. Keys are in
``configs/compare_households.yaml``.
"""

from __future__ import annotations

from typing import Any

from sim.programs.program import run_program


def job(values: dict[str, Any]) -> int:
    """Run what is not done yet, print who gains and write tables, figures and pages."""
    from sim.programs.compare_households.job import compare_job

    return compare_job(values)


if __name__ == "__main__":
    run_program("compare_households", __doc__ or "", job)
