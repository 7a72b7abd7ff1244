"""Migration and urbanization by household agents: what is meant for use from Python.

Importing this package loads nothing else; each name below is loaded when it is first used.

Example:
    >>> from sim import load_region
    >>> load_region("hunan").n_counties
    122
"""

from __future__ import annotations

import os
import sys
import zlib
from importlib import import_module
from importlib.machinery import SOURCE_SUFFIXES, FileFinder, SourceFileLoader
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from sim.base.version import __version__
    from sim.config import load_config
    from sim.data import load_region
    from sim.model.engines.reference import UrbanizationModel
    from sim.model.path.begin import simulate_draw
    from sim.model.path.setup import prepare
    from sim.parameters.declared import draw_parameters
    from sim.policies import load_levers, load_scenario
    from sim.population import build_population
    from sim.programs.in_process import run
    from sim.programs.main_job import run_study
    from sim.report import build_report

__all__ = [
    "UrbanizationModel",
    "__version__",
    "build_population",
    "build_report",
    "draw_parameters",
    "load_config",
    "load_levers",
    "load_region",
    "load_scenario",
    "prepare",
    "run",
    "run_study",
    "simulate_draw",
]

_HOME = {
    "__version__": "sim.base.version",
    "UrbanizationModel": "sim.model.engines.reference",
    "build_population": "sim.population",
    "build_report": "sim.report",
    "draw_parameters": "sim.parameters.declared",
    "load_config": "sim.config",
    "load_levers": "sim.policies",
    "load_region": "sim.data",
    "load_scenario": "sim.policies",
    "prepare": "sim.model.path.setup",
    "run": "sim.programs.in_process",
    "run_study": "sim.programs.main_job",
    "simulate_draw": "sim.model.path.begin",
}
"""Module of every public name."""


class _ByContent(SourceFileLoader):
    """Takes bytecode of a source for its own if the content is the same; time and size can be after an edit."""

    def path_stats(self, path: str) -> dict[str, int]:
        """Return what bytecode is compared with."""
        content = self.get_data(path)
        return {"mtime": zlib.crc32(content), "size": len(content)}


_FOLDER = os.path.dirname(os.path.abspath(__file__))


def _finder(folder: str) -> FileFinder:
    """Return the finder of modules in a folder of this package; other folders keep theirs."""
    if not f"{folder}{os.sep}".startswith(f"{_FOLDER}{os.sep}"):
        raise ImportError(folder)
    return FileFinder(folder, (_ByContent, SOURCE_SUFFIXES))


sys.path_hooks.insert(0, _finder)


def __getattr__(name: str) -> Any:
    """Load a public name when it is first used."""
    if name not in _HOME:
        raise AttributeError(f"module 'sim' has no attribute {name!r}; public names are {', '.join(__all__)}")
    value = getattr(import_module(_HOME[name]), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    """List the public names."""
    return sorted({*globals(), *__all__})
