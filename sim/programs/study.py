"""The command line of studies: python -m experiments.study COMMAND key=value ..., as ``HELP`` lists them."""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path

from sim.base.arguments import ArgumentError, integer, keyed, study_folder
from sim.base.config_text import near

__all__ = ["study_job"]

HELP = """\
Look after studies: what is done, go on, one run again, two studies compared, tables for other programs.

  python -m experiments.study status study=NAME            done, left, failed, time left
  python -m experiments.study resume study=NAME            finish pending and failed runs as configured
  python -m experiments.study rerun study=NAME run=ID      simulate one run again and compare every row
  python -m experiments.study compare study=A with=B       tables and figures of B minus A
  python -m experiments.study export study=NAME            Excel workbook, and a CSV of place and year
  python -m experiments.study households study=NAME year=YEAR run=ID
                                                           all households and persons of a run as Parquet

Keys:
  study=NAME        name of the study (needed)
  results=FOLDER    folder of all studies (default: results)
  run=ID            an id of manifest.parquet, or its beginning; or scenario=NAME draw=K replicate=R
  year=YEAR         year-end of the households, from the start of the study to its end
  with=NAME         the second study
  language=en|zh    language of the figures of a comparison (default: en)
  workers=N, threads=N, executor=WHERE   for resume, as in experiments.project
"""
ALWAYS = ("study", "results")
KEYS: dict[str, tuple[str, ...]] = {
    "status": (),
    "resume": ("workers", "threads", "executor"),
    "rerun": ("run", "scenario", "draw", "replicate"),
    "compare": ("with", "language"),
    "export": (),
    "households": ("year", "run", "scenario", "draw", "replicate"),
}
NEEDED = {"compare": ("with",), "households": ("year",)}
"""Keys that a command cannot do without, besides the study."""


def study_job(argv: Sequence[str]) -> int:
    """Carry out a command and return the exit status.

    Raises:
        ArgumentError: an unknown command or argument.
        StudyError: a study that is not there, has no tables or cannot be used.
    """
    if not argv or {"--help", "-h"} & set(argv):
        sys.stdout.write(HELP)
        return 0 if argv else 2
    command, *rest = argv
    if command not in KEYS:
        allowed = ", ".join(KEYS)
        raise ArgumentError(f"{command}: unknown command{near(command, KEYS)}; allowed are {allowed}")
    values = keyed(rest, [*ALWAYS, *KEYS[command]], ["study", *NEEDED.get(command, ())])
    folder = study_folder(values)
    return _COMMANDS[command](folder, values)


def _status(folder: Path, values: Mapping[str, str]) -> int:
    from sim.studies.status import status_text

    sys.stdout.write(status_text(folder))
    return 0


def _resume(folder: Path, values: Mapping[str, str]) -> int:
    from sim.config import scenario_name, validate
    from sim.programs.project import main_job
    from sim.studies.folder import stored_config
    from sim.studies.inputs import open_inputs

    config = stored_config(folder).model_dump() | {"resume": True}
    kept = open_inputs(folder).folder / "scenario"
    config["scenarios"] = [
        entry if scenario_name(entry) == entry else str(kept / f"{scenario_name(entry)}.yaml")
        for entry in config["scenarios"]
    ]
    for key in KEYS["resume"]:
        if key in values:
            config[key] = values[key] if key == "executor" else integer(values, key, 1, low=1, high=1_024)
    return main_job(validate(config).model_dump())


def _rerun(folder: Path, values: Mapping[str, str]) -> int:
    from sim.studies.folder import stored_rows
    from sim.studies.rerun import chosen_run, rerun

    sys.stdout.write(rerun(folder, chosen_run(stored_rows(folder), values)))
    return 0


def _compare(folder: Path, values: Mapping[str, str]) -> int:
    from sim.report.comparison import draw_comparison
    from sim.report.finished_study import RATE
    from sim.report.text import LANGUAGES
    from sim.studies.compare import compare_studies
    from sim.studies.folder import stored_config
    from sim.studies.inputs import open_inputs

    language = values.get("language", "en")
    if language not in LANGUAGES:
        raise ArgumentError(f"language = {language}: allowed are {', '.join(LANGUAGES)}")
    other = study_folder(values, "with")
    for study_dir in (folder, other):
        stored_config(study_dir)
    region = open_inputs(folder).region
    found = compare_studies(folder, other, region.province_code)
    draw_comparison(found, region, (values["study"], values["with"]), language)
    table = found.differences
    table = table[(table["place"] == region.province_code) & (table["indicator"] == RATE)]
    table = table[table["year"] == table["year"].max()]
    shown = table[["scenario", "year", "median_a", "median_b", "difference", "runs_a", "runs_b"]]
    changed = found.settings.to_string(index=False) if len(found.settings) else "nothing that can change results"
    sys.stdout.write(f"A = {values['study']}, B = {values['with']}. They differ in:\n{changed}\n\n")
    sys.stdout.write(f"Resident rate of the province:\n{shown.to_string(index=False)}\n\nWritten: {found.folder}\n")
    return 0


def _export(folder: Path, values: Mapping[str, str]) -> int:
    from sim.studies.export import export_study

    for path in export_study(folder):
        sys.stdout.write(f"Written: {path}\n")
    return 0


def _households(folder: Path, values: Mapping[str, str]) -> int:
    from sim.studies.folder import stored_rows
    from sim.studies.household_export import export_households
    from sim.studies.rerun import chosen_run

    year = integer(values, "year", 0, low=2000, high=2100)
    for path in export_households(folder, chosen_run(stored_rows(folder), values), year):
        sys.stdout.write(f"Written: {path}\n")
    return 0


_COMMANDS: dict[str, Callable[[Path, Mapping[str, str]], int]] = {
    "status": _status,
    "resume": _resume,
    "rerun": _rerun,
    "compare": _compare,
    "export": _export,
    "households": _households,
}
