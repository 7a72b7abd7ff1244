"""From the folder of a study to its figures and its report; figures may be drawn on several processes."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache
from pathlib import Path
from textwrap import shorten
from typing import NamedTuple

from sim.base.errors import StudyError
from sim.data import Region
from sim.report.answer import compose
from sim.report.brief.write import Brief, write_brief
from sim.report.figures.canvas import Canvas, Drawing
from sim.report.figures.causes import draw_causes
from sim.report.figures.chances import draw_chances, draw_effects
from sim.report.figures.countymap import draw_map
from sim.report.figures.fan import draw_fan, draw_hero
from sim.report.figures.flows import draw_flows
from sim.report.figures.groups import draw_groups
from sim.report.figures.priors import draw_priors
from sim.report.figures.pyramids import draw_pyramids
from sim.report.figures.registered import draw_registered
from sim.report.figures.timeline import draw_timeline
from sim.report.figures.track_record import draw_contraction, draw_ranks, draw_scorecard, draw_tornado
from sim.report.finished_study import load_study
from sim.report.fonts import figure_language
from sim.report.page import render, sections
from sim.report.page_figures import Failed, Figure, draw, tell
from sim.report.text import Text
from sim.studies.files import remove_temporaries, replacing
from sim.studies.progress import say
from sim.studies.store import check_parts
from sim.studies.worker_processes import LostProcessError, Processes

SLOW = ("map", "flows", "fan", "priors", "timeline", "groups")
"""Figures that take longest: started first, so that no process is left with one at the end."""

FIGURES: dict[str, Callable[[Canvas], Drawing | None]] = {
    "hero": draw_hero,
    "fan": draw_fan,
    "timeline": draw_timeline,
    "probability": draw_chances,
    "effects": draw_effects,
    "causes": draw_causes,
    "registered": draw_registered,
    "map": draw_map,
    "groups": draw_groups,
    "flows": draw_flows,
    "pyramids": draw_pyramids,
    "priors": draw_priors,
    "scorecard": draw_scorecard,
    "contraction": draw_contraction,
    "ranks": draw_ranks,
    "tornado": draw_tornado,
}
"""Every figure by the stem of its files."""


class Report(NamedTuple):
    """A written report: its path, what could not be made (figures, ``brief``), and the brief beside it."""

    page: Path
    missing: tuple[str, ...]
    brief: Brief | None


def build_report(
    study_dir: Path, language: str = "en", region: Region | None = None, processes: Processes | None = None
) -> Path:
    """Draw all figures of a study, write its report and its brief and return the path of the report.

    Args:
        study_dir: folder of a finished study; ``figures/``, ``report.html`` and the brief are written into it.
        language: ``en`` or ``zh``; without a Chinese font, figures are in English.
        region: the region; default is the one named in the configuration of the study.
        processes: others that draw too, of the default region (see ``drawing_processes``); default is none.

    Raises:
        StudyError: the folder lacks a table, or cannot be written.
        TextError: unknown language.
    """
    return write_report(study_dir, language, region, processes).page


def write_report(
    study_dir: Path, language: str = "en", region: Region | None = None, processes: Processes | None = None
) -> Report:
    """Do what ``build_report`` does, and name the figures that could not be drawn as well.

    A figure that fails costs that figure: the page has a sentence in its place, the terminal a line.
    """
    check_parts(study_dir)
    canvas = open_canvas(study_dir, language, region)
    target = canvas.study.folder / "report.html"
    folder = canvas.study.folder / "figures"
    folder.mkdir(parents=True, exist_ok=True)
    if processes is None:
        figures = {name: draw_one(canvas, folder, name) for name in FIGURES}
    else:
        figures = _draw_together(canvas, folder, processes)
    shown = {name: figure for name, figure in figures.items() if figure}
    html = render(canvas, compose(canvas, canvas.causes, canvas.gaps), sections(canvas, shown))
    with replacing(target) as temporary:
        temporary.write_text(html, encoding="utf-8")
    for figure in figures.values():
        tell(figure)
    failed = [name for name, figure in figures.items() if isinstance(figure, Failed)]
    brief = _brief_beside(canvas)
    return Report(target, (*failed, *(() if brief else ("brief",))), brief)


def _brief_beside(canvas: Canvas) -> Brief | None:
    """Write the brief; an error costs the brief and leaves the report.

    Raises:
        StudyError: the folder cannot be written.
    """
    try:
        return write_brief(canvas)
    except StudyError:
        raise
    except Exception as error:  # whatever it is, it costs the brief alone
        why = shorten(f"{type(error).__name__}: {error}", 200, placeholder=" …")
        say(f"The brief could not be written ({why}); the report is complete.")
        return None


def open_canvas(study_dir: Path, language: str, region: Region | None = None) -> Canvas:
    """Return what figures and report of a study are made from."""
    return Canvas(load_study(study_dir, region), Text(figure_language(language)), Text(language))


def draw_one(canvas: Canvas, folder: Path, name: str) -> Figure | None:
    """Draw and save one figure of the report; None without data for it."""
    return draw(name, lambda: FIGURES[name](canvas), folder)


def _draw_together(canvas: Canvas, folder: Path, processes: Processes) -> dict[str, Figure | None]:
    """Draw every figure: other processes from the slow end, this one from the other, and what a lost one leaves."""
    names = sorted(FIGURES, key=lambda name: name not in SLOW)
    given = canvas.study.folder, canvas.page.language, folder
    tasks = {name: processes.submit(_draw_in_worker, *given, name) for name in names}
    drawn = {name: draw_one(canvas, folder, name) for name in reversed(names) if tasks[name].cancel()}
    for name in names:
        if name not in drawn:
            try:
                drawn[name] = tasks[name].result()
            except LostProcessError:
                remove_temporaries(folder)
                drawn[name] = draw_one(canvas, folder, name)
    return {name: drawn[name] for name in FIGURES}


_canvas_of = lru_cache(maxsize=1)(open_canvas)


def _draw_in_worker(study_dir: Path, language: str, folder: Path, name: str) -> Figure | None:
    return draw_one(_canvas_of(study_dir, language), folder, name)
