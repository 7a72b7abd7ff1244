"""The command line of the report: python -m experiments.report study=NAME language=zh."""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from pathlib import Path

from sim.base.arguments import ArgumentError, keyed, study_folder
from sim.report.text import LANGUAGES

HELP = """\
Draw the figures and write the report of a finished study again.

python -m experiments.report key=value ...

study=NAME       name of the study (needed)
language=en|zh   language of figures and report (default: the one of the study)
only=brief       write the two pages of the brief alone
results=FOLDER   folder of all studies (default: results)

Beside report.html appears the brief, brief_en.html or brief_zh.html, and as PDF where WeasyPrint is installed.
"""
KEYS = ("study", "language", "only", "results")
PARTS = ("brief",)
"""What can be asked for alone."""


def arguments(argv: Sequence[str]) -> dict[str, str]:
    """Return the arguments as a mapping.

    Raises:
        ArgumentError: not key=value, an unknown key, no study, or an unknown language or part.

    Example:
        >>> arguments(["study=demo", "language=zh"])
        {'study': 'demo', 'language': 'zh'}
    """
    values = keyed(argv, KEYS, ["study"])
    if values.get("language", "en") not in LANGUAGES:
        raise ArgumentError(f"language = {values['language']}: allowed are {', '.join(LANGUAGES)}")
    if values.get("only", PARTS[0]) not in PARTS:
        raise ArgumentError(
            f"only = {values['only']}: allowed is {', '.join(PARTS)}; leave it out for the whole report"
        )
    return values


def report_job(argv: Sequence[str]) -> int:
    """Write what the arguments ask for, print the paths and return the exit status: 1 without a figure or brief."""
    if {"--help", "-h"} & set(argv):
        sys.stdout.write(HELP)
        return 0
    values = arguments(argv)
    folder = study_folder(values)
    language = values.get("language") or study_language(folder)
    if "only" in values:
        return _brief(folder, language)
    from sim.report.drawers import drawing_processes
    from sim.studies.environment import cores

    with drawing_processes(cores()) as processes:
        from sim.report.build import write_report

        written = write_report(folder, language, processes=processes)
    sys.stdout.write(f"Report: {written.page}\n{_paths(written.brief or ())}")
    return 1 if written.missing else 0


def _brief(folder: Path, language: str) -> int:
    """Write the brief alone, print its paths and return the exit status."""
    from sim.report.brief.write import write_brief
    from sim.report.build import open_canvas
    from sim.studies.store import check_parts

    check_parts(folder)
    sys.stdout.write(_paths(write_brief(open_canvas(folder, language))))
    return 0


def _paths(brief: Iterable[Path | None]) -> str:
    """Return the lines that say where the brief is."""
    return "".join(f"Brief: {path}\n" for path in brief if path)


def study_language(folder: Path) -> str:
    """Return the language a study was run with."""
    from sim.studies.folder import stored_config

    return stored_config(folder).language
