"""The brief as two files beside the report: HTML, and PDF where WeasyPrint can make one."""

from __future__ import annotations

import os
from bisect import bisect_left
from collections.abc import Iterator
from contextlib import contextmanager
from functools import lru_cache
from html import unescape
from pathlib import Path
from string import digits
from typing import Any, NamedTuple

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from sim.report.brief.basis import basis
from sim.report.brief.content import adds, headline, notes, tiles, title, why
from sim.report.brief.facts import Facts
from sim.report.brief.figure import draw_path
from sim.report.brief.risks import risks
from sim.report.brief.scenarios import compare
from sim.report.brief.watch import watch
from sim.report.figures.canvas import Canvas
from sim.report.finished_study import RATE
from sim.report.fonts import chinese_font, font_face
from sim.studies.files import replacing
from sim.studies.progress import say

__all__ = ["PAGES", "Brief", "brief_name", "render_brief", "write_brief"]

TEMPLATES = Path(__file__).parents[1] / "templates"
PAGES = 2
SIZES = (10.2, 9.9, 9.6, 9.3, 9.0, 8.7, 8.4, 8.1, 7.8, 7.5, 7.2, 6.9, 6.6)
"""Sizes of the text in points, tried until two pages hold it."""
WIDE_MARKS = "‘’“”·…"
"""Marks that the font sets as wide as a Chinese character: English takes them from another one."""
CLOCK = "SOURCE_DATE_EPOCH"
PACKAGES = "weasyprint zhplot"
"""What prints, and the font it prints with: the extras ``brief`` and ``fonts``."""


class Brief(NamedTuple):
    """A written brief: the page, and the print, None where none could be made."""

    page: Path
    print: Path | None


def brief_name(language: str, kind: str = "html") -> str:
    """Return the name of the brief in a language, so that the other one stays.

    Example:
        >>> brief_name("zh", "pdf")
        'brief_zh.pdf'
    """
    return f"brief_{language}.{kind}"


def write_brief(canvas: Canvas) -> Brief:
    """Write the brief of a study as HTML and, where WeasyPrint is there, as PDF of two pages.

    A PDF that cannot be made is no error: the terminal says how to get it, and none of an older brief is left.

    Raises:
        StudyError: the folder cannot be written.
    """
    folder, language = canvas.study.folder, canvas.page.language
    target, printed = (folder / brief_name(language, kind) for kind in ("html", "pdf"))
    told = _told(canvas)
    html, content = render_brief(told, SIZES[0]), None
    try:
        with _still_clock():
            html, content = _print(told)
    except (ImportError, OSError) as error:
        say(_without_print(target, error))
    with replacing(target) as temporary:
        temporary.write_text(html, encoding="utf-8")
    if content is None:
        printed.unlink(missing_ok=True)
        return Brief(target, None)
    with replacing(printed) as temporary:
        temporary.write_bytes(content)
    return Brief(target, printed)


def _print(told: dict[str, Any]) -> tuple[str, bytes]:
    """Return page and PDF in the largest size of text of which two pages hold everything.

    Raises:
        ImportError, OSError: WeasyPrint, a library of the system that it needs, or a font is missing.
    """
    from weasyprint import HTML

    if told["t"].language == "zh" and chinese_font() is None:
        raise ImportError("no font with Chinese characters")
    made: dict[int, tuple[str, Any]] = {}

    def fits(place: int) -> bool:
        html = render_brief(told, SIZES[place])
        made[place] = html, HTML(string=html).render()
        return len(made[place][1].pages) <= PAGES

    last = len(SIZES) - 1
    best = 0 if fits(0) else bisect_left(range(last), True, lo=1, key=fits)
    if best not in made:
        fits(best)
    html, document = made[best]
    return html, document.write_pdf(pdf_identifier=b"brief")


@contextmanager
def _still_clock() -> Iterator[None]:
    """Let the fonts inside a PDF bear no time, so that the same brief is the same bytes (reproducible-builds.org)."""
    before = os.environ.get(CLOCK)
    os.environ[CLOCK] = "0"
    try:
        yield
    finally:
        if before is None:
            del os.environ[CLOCK]
        else:
            os.environ[CLOCK] = before


def _without_print(page: Path, error: Exception) -> str:
    reason = str(error).strip().splitlines()[0]
    return (
        f"{page.name}: written without a PDF ({reason}).\n"
        f"  Next: pip install {PACKAGES} (on Linux also the library Pango: apt-get install libpangoft2-1.0-0),"
        " then write the report again; or print the page from a browser."
    )


def render_brief(told: dict[str, Any], size: float) -> str:
    """Return the brief as HTML; everything it shows is inside.

    Args:
        told: what the template says.
        size: of the text, in points.
    """
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    style = (TEMPLATES / "brief.css").read_text(encoding="utf-8")
    html = environment.get_template("brief.html").render(**told, size=size, style=Markup(style))  # noqa: S704 - ours
    used = {character for character in {*unescape(html), *digits} if character.isprintable()}
    face = _face(frozenset(used if told["t"].language == "zh" else used - set(WIDE_MARKS)))
    return html.replace("<style>\n", f"<style>\n{face}", 1)


_face = lru_cache(maxsize=2)(font_face)


def _told(canvas: Canvas) -> dict[str, Any]:
    """Return everything the template says, in reading order, so that sources are numbered as they are met."""
    facts = Facts(canvas)
    page, study, markup = facts.page, facts.study, facts.sources.markup
    made = {
        "t": page,
        "language": "zh-CN" if page.language == "zh" else "en",
        "title": title(facts),
        "kicker": page("brief.kicker", place=canvas.page_place),
        "dated": page("brief.dated", date=str(study.env.get("updated", "–"))[:10], study=study.name),
        "headline": markup(headline(facts)),
        "notes": notes(facts),
        "tiles": tiles(facts),
        "figure": draw_path(facts),
        "figure_title": markup(_figure_title(facts)),
        "figure_note": markup(_figure_note(facts)),
        "adds": [markup(text) for text in adds(facts)],
        "adds_title": page("brief.adds.title", name=facts.name(facts.lead)),
        "why": why(facts),
        "table": compare(facts),
        "risks": [(name, markup(text)) for name, text in risks(facts)],
        "watch": [(name, markup(text)) for name, text in watch(facts)],
        "basis": markup(page.sentences(basis(facts))),
        "foot": page("brief.foot", study=study.name, commit=_commit(study.env.get("commit"))),
        "again": f"python -m experiments.report study={study.name} language={page.language} only=brief",
    }
    return made | {"sources": facts.sources.listed}


def _commit(commit: object) -> str:
    return str(commit or "–")[:10]


def _figure_title(facts: Facts) -> str:
    """Return the title of the figure with the source of what it draws."""
    names = ", ".join(name for name in (facts.base, facts.lead) if name)
    title = facts.page("brief.figure.title")
    return facts.sources.cite(title, "summary.csv", f"{names}, {RATE}", scenario=names, indicator=RATE)


def _figure_note(facts: Facts) -> str:
    """Return what line and bands are, and how many runs of what population stand behind them."""
    study, page = facts.study, facts.page
    runs = page("note.runs", n=study.fewest_runs)
    return page.sentences(
        [page("brief.figure.note"), page(study.told("brief.basis.band")), runs, page("note.synthetic")]
    )
