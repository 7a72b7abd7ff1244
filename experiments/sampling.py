"""What does sampling cost, and where does it hurt? ``python -m experiments.sampling key=value ...``.

Runs the province with one agent per household and with samples of 50 thousand and 1 million,
without and with policy, and writes bias and Monte Carlo error by indicator, prefecture and
county. Keys are explained in ``configs/sampling.yaml``.
"""

from __future__ import annotations

from typing import Any

from sim.programs.program import run_program


def job(values: dict[str, Any]) -> int:
    """Run what is not done yet, print the text and write tables and figure."""
    from sim.programs.sampling.sampling import sampling_job

    return sampling_job(values)


if __name__ == "__main__":
    run_program("sampling", __doc__ or "", job)
