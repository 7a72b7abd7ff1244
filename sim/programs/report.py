"""The command line of the report: python -m experiments.report study=NAME language=zh."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from pathlib import Path

from sim.base.arguments import ArgumentError, keyed, study_folder
from sim.base.textfiles import read_content
from sim.report.text import LANGUAGES

HELP = """\
Draw the figures and write the report of a finished study again.

python -m experiments.report key=value ...

study=NAME       name of the study (needed)
language=en|zh   language of figures and report (default: the one of the study)
results=FOLDER   folder of all studies (default: results)
"""
KEYS = ("study", "language", "results")


def arguments(argv: Sequence[str]) -> dict[str, str]:
    """Return the arguments as a mapping.

    Raises:
        ArgumentError: not key=value, an unknown key, no study, or an unknown language.

    Example:
        >>> arguments(["study=demo", "language=zh"])
        {'study': 'demo', 'language': 'zh'}
    """
    values = keyed(argv, KEYS, ["study"])
    if values.get("language", "en") not in LANGUAGES:
        raise ArgumentError(f"language = {values['language']}: allowed are {', '.join(LANGUAGES)}")
    return values


def report_job(argv: Sequence[str]) -> int:
    """Write the report that the arguments ask for, print its path and return the exit status."""
    if {"--help", "-h"} & set(argv):
        sys.stdout.write(HELP)
        return 0
    values = arguments(argv)
    folder = study_folder(values)
    language = values.get("language") or study_language(folder)
    from sim.report.drawers import drawing_processes
    from sim.studies.environment import cores

    with drawing_processes(cores()) as processes:
        from sim.report.build import build_report

        page = build_report(folder, language, processes=processes)
    sys.stdout.write(f"Report: {page}\n")
    return 0


def study_language(folder: Path) -> str:
    """Return the language a study was run with, English if it does not say."""
    path = folder / "config.yaml"
    config = read_content(path) if path.is_file() else {}
    return str((config or {}).get("language", "en"))
