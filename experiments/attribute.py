"""Which part of the plan does what? ``python -m experiments.attribute draws=40``.

Shapley values over the four action areas and the measures, leave-one-out and one-at-a-time
for all levers, conflicts, costs, and every lever beside its evidence. The time is estimated
first; ``resume=true`` goes on. Keys are explained in ``configs/attribute.yaml``.
"""

from __future__ import annotations

from typing import Any

from sim.programs.program import run_program


def job(values: dict[str, Any]) -> int:
    """Run the study, write its tables and page."""
    from sim.programs.attribute.job import attribute_job

    return attribute_job(values)


if __name__ == "__main__":
    run_program("attribute", __doc__ or "", job)
