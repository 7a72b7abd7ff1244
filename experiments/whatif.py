"""What would happen if? ``python -m experiments.whatif study=main``.

A page with a slider for every measure, beside the report of a finished study: it answers at once, from an emulator
fitted to runs of a space-filling design, and shows how far it may be wrong. ``serve=true`` serves it on this machine
alone, with real runs at a click. Keys are explained in ``configs/whatif.yaml``.
"""

from __future__ import annotations

from typing import Any

from sim.programs.program import run_program


def job(values: dict[str, Any]) -> int:
    """Run the design, fit the emulators, write the page and serve it if that is asked for."""
    from sim.programs.whatif.job import whatif_job

    return whatif_job(values)


if __name__ == "__main__":
    run_program("whatif", __doc__ or "", job)
