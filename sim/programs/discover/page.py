"""The page of scenario discovery: one sentence, three figures, two tables; and the tables as files."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sim.programs.discover.figures import FIGURES, Pen, ends_words
from sim.programs.discover.files import write_files
from sim.report.answer import Answer
from sim.report.figures.canvas import Canvas
from sim.report.fonts import figure_language
from sim.report.page import Section, page_html
from sim.report.page_figures import Figure, draw, tell
from sim.report.page_tables import Table, named
from sim.report.text import Text, signed_minus
from sim.statistics.discrepancy import POINTS
from sim.studies.files import replacing

if TYPE_CHECKING:
    from sim.programs.discover.discover import DiscoverConfig, Discovery, Judged
    from sim.report.finished_study import Study

__all__ = ["FIRM", "write_page"]

FIRM = 0.8
"""Share of repetitions that must restrict a condition for it to be called stable."""


def write_page(folder: Path, study: Study, found: Discovery, config: DiscoverConfig) -> tuple[Path, str]:
    """Write tables, figures and ``discover.html``; return the page, its sentence and how stable that is.

    Args:
        folder: where they go.
        study: what was read.
        found: what was discovered.
        config: what was asked.
    """
    page = Text(config.language)
    pen = Pen(Canvas(study, Text(figure_language(config.language)), page), found)
    write_files(folder, found)
    shown: dict[str, Figure] = {}
    for name, drawing in FIGURES.items():
        figure = draw(name, partial(drawing, pen), folder / "figures")
        tell(figure)
        if figure is not None:
            shown[name] = figure
    answer = Answer(_headline(pen, config), _points(pen, config), _warnings(page), [])
    target = folder / "discover.html"
    with replacing(target) as temporary:
        temporary.write_text(_render(pen, config, answer, _sections(pen, config, shown)), encoding="utf-8")
    return target, "\n".join([answer.headline, *answer.points[:1]])


def _render(pen: Pen, config: DiscoverConfig, answer: Answer, parts: list[Section]) -> str:
    page, draws = pen.canvas.page, pen.found.draws
    return page_html(
        page,
        title=page("discover.title"),
        subtitle=page(
            "discover.subtitle",
            study=config.study,
            scenario=pen.canvas.page_name(config.scenario),
            goal=page(f"discover.goal.{config.target}"),
            year=config.year,
            draws=len(draws.chances),
            conditions=draws.table.shape[1],
        ),
        answer=answer,
        sections=parts,
        footer=page("discover.footer", study=config.study),
    )


def _headline(pen: Pen, config: DiscoverConfig) -> str:
    """Return under which conditions the target is missed, in one sentence."""
    page, draws, boxes = pen.canvas.page, pen.found.draws, pen.found.boxes
    words = {
        "scenario": pen.canvas.page_name(config.scenario),
        "goal": page(f"discover.goal.{config.target}"),
        "year": config.year,
        "draws": len(draws.chances),
    }
    base = float(draws.chances.mean())
    if not boxes:
        return page("discover.headline.none", base=page.percent(base, 0), **words)
    members = boxes[0].members.to_numpy()
    return page(
        f"discover.headline.{config.outcome}",
        ends=_ends(pen, boxes[0]),
        hits=f"{draws.chances[members].sum():.0f}",
        all=f"{draws.chances.sum():.0f}",
        density=page.percent(float(draws.chances[members].mean()), 0),
        base=page.percent(base, 0),
        outside=page.percent(float(draws.chances[~members].mean()), 0),
        **words,
    )


def _ends(pen: Pen, judged: Judged) -> str:
    return pen.canvas.page.join([ends_words(pen, judged, name) for name in judged.box.ends])


def _points(pen: Pen, config: DiscoverConfig) -> list[str]:
    """Return how stable that is, what chance makes, and what remains."""
    page, draws = pen.canvas.page, pen.found.draws
    points = [_stability(pen, one) for one in pen.found.boxes[:1]]
    points += [point for one in pen.found.searches[:1] for point in _checks(page, one)]
    for one in pen.found.boxes[1:]:
        sought = draws.chances[one.sought.to_numpy()]
        density = draws.chances[one.members.to_numpy()].mean()
        shares = {"density": page.percent(float(density), 0), "base": page.percent(float(sought.mean()), 0)}
        points += [page("discover.point.second", ends=_ends(pen, one), **shares), _stability(pen, one)]
    if pen.found.boxes and len(pen.found.searches) > len(pen.found.boxes):
        points.append(page("discover.point.stopped"))
    within = {name for one in pen.found.boxes for name in one.box.ends}
    also = [pen.condition(name, page).meaning for name in pen.first.found.names if name not in within]
    if also:
        points.append(page("discover.point.also", names=page.clauses(also)))
    if config.outcome == "chance" and pen.study.uncertainty is not None and not pen.study.uncertainty.empty:
        points.append(page("discover.point.runs", alone=page.percent(float(draws.alone.mean()), 0)))
    return points


def _stability(pen: Pen, judged: Judged) -> str:
    """Return how often every restriction was found again, and which are stable."""
    page = pen.canvas.page
    again = {name: judged.again(name) for name in judged.box.ends}
    meanings = {name: pen.condition(name, page).meaning for name in again}
    firm = [meanings[name] for name, share in again.items() if share >= FIRM]
    key = "all" if len(firm) == len(again) else "some" if firm else "none"
    verdict = page(f"discover.firm.{key}", level=page.percent(FIRM, 0), firm=page.join(firm))
    told = [page("discover.point.again", name=meanings[n], share=page.percent(s, 0)) for n, s in again.items()]
    return page("discover.point.stable", parts=page.join(told), n=len(judged.repeats), verdict=verdict)


def _checks(page: Text, judged: Judged) -> list[str]:
    """Return what the box is worth on draws it has not seen, and beside what chance makes."""
    if not len(judged.null):
        return []
    points = []
    kept = judged.repeats.dropna(subset=["density"])
    if len(kept) and judged.shown:
        shares = {name: page.percent(float(kept[name].median()), 0) for name in ("coverage", "density", "base")}
        points.append(page("discover.point.unseen", found=len(kept), n=len(judged.repeats), **shares))
    median, high = (page.percent(float(np.quantile(judged.null, level)), 0) for level in (0.5, 0.95))
    rare = f"< {1 / len(judged.null):.1%}" if judged.p_chance < 1.5 / len(judged.null) else f"{judged.p_chance:.1%}"
    points.append(page("discover.point.null", median=median, high=high, p=rare))
    return points


def _warnings(page: Text) -> list[str]:
    return [page(f"discover.warning.{key}") for key in ("describe", "prior")]


def _sections(pen: Pen, config: DiscoverConfig, shown: dict[str, Figure]) -> list[Section]:
    """Return the sections in reading order; those without figure and table are left out."""
    page, draws = pen.canvas.page, pen.found.draws
    counts = {"conditions": draws.table.shape[1], "draws": len(draws.chances)}
    method = page(f"discover.section.method.{config.outcome}", points=POINTS)
    way = page("discover.section.way.text", coverage=page.percent(config.coverage, 0))
    made = [
        _section(page, "box", "", [shown.get("limits"), _box_table(pen)]),
        _section(page, "way", way, [shown.get("trajectory")]),
        _section(page, "tree", "", [shown.get("tree")]),
        _section(page, "screen", page("discover.section.screen.text", **counts), [_screen_table(pen)]),
    ]
    return [*(one for one in made if one.blocks), Section("method", page("discover.section.method"), [method])]


def _section(page: Text, key: str, text: str, blocks: list[Figure | Table | None]) -> Section:
    kept = [block for block in blocks if block is not None]
    return Section(key, page(f"discover.section.{key}"), [text] if text else [], [], kept)


def _box_table(pen: Pen) -> Table | None:
    """Return every restriction of every box."""
    page, rows = pen.canvas.page, []
    for number, one in enumerate(pen.found.boxes, start=1):
        box = one.box
        for name, (low, high) in box.ends.items():
            told = pen.condition(name, page)
            left = f"≥ {told.number(low)}" if np.isfinite(low) else ""
            right = f"≤ {told.number(high)}" if np.isfinite(high) else ""
            shares = [page.percent(value, 0) for value in (one.again(name), box.coverage, box.density, box.mass)]
            limits = "; ".join(part for part in (left, right) if part)
            rows.append([named(told.meaning, name), str(number), limits, f"{box.quasi_p[name]:.2g}", *shares])
    keys = ("condition", "box", "limits", "quasi_p", "again", "coverage", "density", "mass")
    head = [page(f"discover.head.{key}") for key in keys]
    caption, note = page("discover.table.boxes"), page("discover.table.boxes.note")
    return Table(caption, head, rows, note, source="boxes.csv") if rows else None


def _screen_table(pen: Pen) -> Table:
    """Return the conditions in the order in which they were let in."""
    page, found, columns = pen.canvas.page, pen.first.found, pen.found.draws.table.columns
    rows = []
    for step in (*found.steps, *([found.refused] if found.refused else [])):
        name = str(columns[step.column])
        verdict = page("discover.kept_out" if step is found.refused else "discover.let_in")
        numbers_ = [signed_minus(value, 2) for value in (step.strength, step.needed)]
        rows.append([named(pen.condition(name, page).meaning, name), *numbers_, verdict])
    head = [page(f"discover.head.{key}") for key in ("condition", "strength", "needed", "verdict")]
    return Table(page("discover.table.screen"), head, rows, source="conditions.csv")
