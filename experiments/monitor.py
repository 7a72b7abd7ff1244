"""What do new figures change, and is the plan on course? ``python -m experiments.monitor figures=FILE``.

Scores the registered forecasts, weighs the runs by the new figures, runs the projection again through them, and
writes a page: before and after, why, needed against likely pace, and the figures of next year that would warn.
"""

from __future__ import annotations

from typing import Any

from sim.programs.program import run_program


def job(values: dict[str, Any]) -> int:
    """Take the new figures, or replay the years of the tables, and write the page."""
    from sim.programs.monitor.monitor import monitor_job

    return monitor_job(values)


if __name__ == "__main__":
    run_program("monitor", __doc__ or "", job)
