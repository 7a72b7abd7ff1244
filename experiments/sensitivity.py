"""What drives the rate of 2029 and the plan's effect? ``python -m experiments.sensitivity``.

Splits the variance into behaviour, drift, structural switches, demography, lever effects and
Monte Carlo by Sobol indices. Keys and groups are in ``configs/sensitivity.yaml``.
"""

from __future__ import annotations

from typing import Any

from sim.programs.program import run_program


def job(values: dict[str, Any]) -> int:
    """Run the design, print the indices and write them."""
    from sim.programs.checks.sensitivity import sensitivity_job

    return sensitivity_job(values)


if __name__ == "__main__":
    run_program("sensitivity", __doc__ or "", job)
