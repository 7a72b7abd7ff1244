"""Renew the track record in ``docs/``: ``python -m experiments.validation``.

Takes the tables of ``experiments.calibrate``, ``hindcast``, ``patterns`` and ``sensitivity``
into ``docs/validation/``, draws their figures and writes the numbers of ``docs/validation.md``.
"""

from __future__ import annotations

from typing import Any

from sim.programs.program import run_program


def job(values: dict[str, Any]) -> int:
    """Collect tables, draw figures, renew the documentation."""
    from sim.programs.docs.collect import collect_job

    return collect_job(values)


if __name__ == "__main__":
    run_program("validation", __doc__ or "", job)
