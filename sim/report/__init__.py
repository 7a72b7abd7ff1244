"""Figures and a self-contained report from the folder of a finished study."""

from sim.errors import StudyError
from sim.report.build import build_report

__all__ = ["StudyError", "build_report"]
