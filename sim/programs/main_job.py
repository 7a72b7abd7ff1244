"""The main job: a study of the simulation of this package, with its report."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

from sim.config import ProjectConfig
from sim.report.drawers import drawing_processes
from sim.studies import study
from sim.studies.environment import workers
from sim.studies.simulator import default_simulator

__all__ = ["run_study"]


def run_study(config: ProjectConfig) -> study.Outcome:
    """Run or resume the study of ``config``, reduce it and write its report.

    Raises:
        StudyError: the results folder cannot take the study, or can no longer be written; the message says why.
    """
    missing: list[str] = []
    outcome = study.run_study(config, default_simulator(), partial(write_report, missing=missing))
    return outcome._replace(missing_figures=tuple(missing))


def write_report(config: ProjectConfig, summarise: Callable[[], None], missing: list[str]) -> Path:
    """Make the tables of a study, draw its figures and return the path of the report.

    Args:
        config: the checked configuration.
        summarise: makes the tables.
        missing: is given the names of the figures that could not be drawn.
    """
    with drawing_processes(workers(config)) as processes:
        summarise()
        from sim.report import build

        written = build.write_report(config.study_dir, config.language, processes=processes)
    missing += written.missing
    return written.page
