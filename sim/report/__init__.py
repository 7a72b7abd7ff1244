"""Figures and a self-contained report from the folder of a finished study."""

from typing import TYPE_CHECKING, Any

from sim.base.errors import StudyError

if TYPE_CHECKING:
    from sim.report.build import build_report

__all__ = ["StudyError", "build_report"]


def __getattr__(name: str) -> Any:
    """Load what draws only when it is asked for, so that help needs no figures."""
    if name == "build_report":
        from sim.report.build import build_report

        return build_report
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
