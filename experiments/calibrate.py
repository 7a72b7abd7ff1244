"""What can the data say about the parameters? ``python -m experiments.calibrate``.

Waves of runs from the census of 2010 to that of 2020, and from 2020 through the published
totals, are compared with published values; two posterior tables with provenance are written
into the results. Runs draw from those in ``configs/posteriors/``, which
``posterior_folder=configs/posteriors`` replaces. Keys are explained in
``configs/calibrate.yaml``, parameters and targets in ``configs/targets.yaml``.
"""

from __future__ import annotations

from typing import Any

from sim.programs.program import run_program


def job(values: dict[str, Any]) -> int:
    """Run the calibration, print contraction and labels, and write the posteriors."""
    from sim.programs.calibrate.calibrate import calibrate_job

    return calibrate_job(values)


if __name__ == "__main__":
    run_program("calibrate", __doc__ or "", job)
