"""Do the conclusions of the report hold under other choices? ``python -m experiments.claims``.

Runs the scenarios that the claims speak of again with another seed, step, order, size and structure, and
says of every claim whether it is robust, fragile or not shown. Claims and variants are in ``configs/claims.yaml``.
"""

from __future__ import annotations

from typing import Any

from sim.programs.program import run_program


def job(values: dict[str, Any]) -> int:
    """Run the variants, judge the claims and write the verdicts."""
    from sim.programs.claims.claims import claims_job

    return claims_job(values)


if __name__ == "__main__":
    run_program("claims", __doc__ or "", job)
