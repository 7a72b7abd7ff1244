"""Do markets damp a response as the evidence says? ``python -m experiments.damping``.

Adds 0.1 utils to every town and compares the response of urban residents after five years
with free and with frozen markets. Keys are explained in ``configs/damping.yaml``.
"""

from __future__ import annotations

from typing import Any

from sim.programs.program import run_program


def job(values: dict[str, Any]) -> int:
    """Run the diagnostic and print it beside the evidence."""
    from sim.programs.checks.damping import damping_job

    return damping_job(values)


if __name__ == "__main__":
    run_program("damping", __doc__ or "", job)
