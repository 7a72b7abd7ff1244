"""The main job: a study of the simulation of this package, with its report."""

from __future__ import annotations

from collections.abc import Callable
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
    return study.run_study(config, default_simulator(), write_report)


def write_report(config: ProjectConfig, summarise: Callable[[], None]) -> Path:
    """Make the tables of a study, draw its figures and return the path of the report."""
    with drawing_processes(workers(config)) as processes:
        summarise()
        from sim.report.build import build_report

        return build_report(config.study_dir, config.language, processes=processes)
