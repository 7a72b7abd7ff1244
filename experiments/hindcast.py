"""Would the model have forecast the past? ``python -m experiments.hindcast``.

Counties from the census of 2010 to that of 2020, the province and prefectures from 2020 to
the last observed year, each with nothing known after its information date, scored against benchmarks fitted
on the same window. Keys are explained in ``configs/hindcast.yaml``.
"""

from __future__ import annotations

from typing import Any

from sim.programs.program import run_program


def job(values: dict[str, Any]) -> int:
    """Run the hindcasts, print the scorecard and write it."""
    from sim.programs.hindcast.hindcast import hindcast_job

    return hindcast_job(values)


if __name__ == "__main__":
    run_program("hindcast", __doc__ or "", job)
