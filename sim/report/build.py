"""From the folder of a study to its figures and its report."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from sim.data import Region
from sim.errors import StudyError
from sim.report.answer import compose
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
from sim.report.figures.validation import draw_contraction, draw_ranks, draw_scorecard, draw_tornado
from sim.report.fonts import figure_language
from sim.report.page import Shown, embed, render, sections
from sim.report.study import load_study
from sim.report.style import figure_style, save
from sim.report.text import Text
from sim.runs.files import replacing

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


def build_report(study_dir: Path, language: str = "en", region: Region | None = None) -> Path:
    """Draw all figures of a study and write its report.

    Args:
        study_dir: folder of a finished study; ``figures/`` and ``report.html`` are written into it.
        language: ``en`` or ``zh``; without a Chinese font, figures are in English.
        region: the region; default is the one named in the configuration of the study.

    Returns:
        Path of the report.

    Raises:
        StudyError: the folder lacks a table, or cannot be written.
        TextError: unknown language.
    """
    page, text = Text(language), Text(figure_language(language))
    canvas = Canvas(load_study(study_dir, region), text, page)
    target = canvas.study.folder / "report.html"
    try:
        figures = draw_all(canvas, canvas.study.folder / "figures")
        html = render(canvas, compose(canvas, canvas.causes, canvas.gaps), sections(canvas, figures))
        with replacing(target) as temporary:
            temporary.write_text(html, encoding="utf-8")
    except OSError as error:
        raise StudyError(
            f"{canvas.study.folder}: cannot write the report ({error}); make the folder writable"
        ) from error
    return target


def draw_all(canvas: Canvas, folder: Path) -> dict[str, Shown]:
    """Draw and save every figure that the study has data for; remove files of those it has not."""
    folder.mkdir(parents=True, exist_ok=True)
    shown = {}
    with figure_style():
        for name, draw in FIGURES.items():
            drawing = draw(canvas)
            if drawing is None:
                for kind in ("png", "svg"):
                    (folder / f"{name}.{kind}").unlink(missing_ok=True)
                continue
            files = save(drawing.figure, folder, name)
            shown[name] = embed(name, drawing.title, drawing.caption, drawing.alt, files)
    return shown
