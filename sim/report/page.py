"""The report as sections of text, figures and tables, and its rendering to one HTML file."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from html import unescape
from pathlib import Path
from typing import Any

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup

from sim.data.revisions import revisions
from sim.report import inputs
from sim.report import page_tables as tables
from sim.report.answer import Answer, chance_words
from sim.report.brief.write import brief_name
from sim.report.figures.canvas import Canvas
from sim.report.figures.track_record import winner_sentences
from sim.report.fonts import font_face
from sim.report.live import live_charts
from sim.report.page_figures import Failed, Figure, Shown
from sim.report.page_tables import Table
from sim.report.page_value import beside_table, value_table
from sim.report.text import Text, signed
from sim.report.where import asked

TEMPLATES, VENDOR = (Path(__file__).parent / name for name in ("templates", "vendor/uplot"))
WORDS = ("sort", "copy", "copied", "failed", "download")
"""Words that the script of a page says."""


WHAT_IF = "whatif.html"
"""The page that answers at once, where there is one beside the report."""


@dataclass
class Section:
    """One section of the report.

    Attributes:
        key: anchor, and stem of its strings.
        texts: paragraphs.
        items: bullet points.
        blocks: figures and tables in order.
        code: lines shown as typed.
    """

    key: str
    title: str
    texts: list[str] = field(default_factory=list)
    items: list[str] = field(default_factory=list)
    blocks: list[Figure | Table] = field(default_factory=list)
    code: str = ""


def sections(canvas: Canvas, figures: Mapping[str, Figure]) -> list[Section]:
    """Return all sections in reading order; those without content are left out."""
    charts = live_charts(canvas)
    figures = {
        name: replace(figure, live=charts.get(name)) if isinstance(figure, Shown) else figure
        for name, figure in figures.items()
    }
    made = [
        _section(canvas, "rate", figures, ("hero", "fan", "timeline"), [tables.level_table(canvas)]),
        _section(canvas, "goal", figures, ("probability",), [tables.target_table(canvas)]),
        _section(
            canvas,
            "policies",
            figures,
            ("effects",),
            _effects_and_money(canvas),
        ),
        _section(canvas, "causes", figures, ("causes",), [tables.cause_table(canvas, canvas.causes)]),
        _section(canvas, "gap", figures, ("registered",), []),
        _where(canvas, figures),
        _section(canvas, "moves", figures, ("flows",), []),
        _section(canvas, "ages", figures, ("pyramids",), []),
        _section(canvas, "start", figures, (), [tables.start_table(canvas), tables.solved_table(canvas)]),
        _section(canvas, "priors", figures, ("priors",), []),
        _validation(canvas, figures),
        _section(canvas, "scenarios", figures, (), [inputs.scenario_table(canvas), inputs.lever_table(canvas)]),
        _section(canvas, "data", figures, (), [inputs.fit_table(canvas), inputs.recalled_table(canvas)]),
    ]
    details = [inputs.parameter_table(canvas), inputs.grade_table(canvas), inputs.run_table(canvas)]
    kept = [section for section in made if section.blocks]
    return [
        *kept,
        *_idle(canvas),
        _limits(canvas),
        _reproduce(canvas),
        _section(canvas, "details", figures, (), list(details)),
    ]


def _effects_and_money(canvas: Canvas) -> list[Table | None]:
    """Return what policies change, what their money buys, and what is paid beside it."""
    return [tables.effect_table(canvas), value_table(canvas), beside_table(canvas)]


def _where(canvas: Canvas, figures: Mapping[str, Figure]) -> Section:
    """Return results by place, with the two questions of the plan's goals."""
    section = _section(canvas, "where", figures, ("map", "groups"), [])
    return replace(section, texts=[*section.texts, *asked(canvas.study, canvas.page)])


def render(canvas: Canvas, answer: Answer, parts: list[Section]) -> str:
    """Return the report as HTML; everything it shows is inside."""
    page = canvas.page
    study = canvas.study
    return page_html(
        page,
        title=page("report.title", place=canvas.page_place),
        subtitle=_subtitle(canvas),
        answer=answer,
        sections=parts,
        footer=page("report.footer", study=study.name),
        grid=_grid(canvas, answer),
        brief=brief_name(page.language),
        whatif=WHAT_IF if (study.folder / WHAT_IF).is_file() else "",
    )


def page_html(
    page: Text,
    *,
    title: str,
    subtitle: str,
    answer: Answer,
    sections: list[Section],
    footer: str,
    grid: Sequence[Mapping[str, Any]] = (),
    **links: str,
) -> str:
    """Return a page as HTML in the dress of the report; everything it shows is inside.

    Args:
        page: words of its language.
        title: heading.
        subtitle: the line below it.
        answer: what stands first.
        sections: what follows, in reading order.
        footer: last line.
        grid: rows of probabilities beside the answer.
        links: pages beside the report, by name in the template.
    """
    html = template(page).render(
        language="zh-CN" if page.language == "zh" else "en",
        t=page,
        style=(TEMPLATES / "report.css").read_text(encoding="utf-8"),
        title=title,
        subtitle=subtitle,
        answer=answer,
        grid=grid,
        sections=sections,
        figure_numbers=numbers(sections, Shown),
        table_numbers=numbers(sections, Table),
        footer=footer,
        **links,
    )
    return with_font(html, page)


def with_font(html: str, page: Text) -> str:
    """Return a page that carries the glyphs of its characters if it is Chinese."""
    if page.language != "zh":
        return html
    readable = {character for character in set(unescape(html)) if character.isprintable()}
    return html.replace("<style>\n", f"<style>\n{font_face(readable)}", 1)


def template(page: Text) -> Template:
    """Return the template of a report in the language of a page."""
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.policies["json.dumps_kwargs"] = {"ensure_ascii": False, "sort_keys": True, "separators": (",", ":")}
    environment.globals |= {"script": (TEMPLATES / "report.js").read_text(encoding="utf-8"), "vendor": _vendor}
    environment.globals["words"] = {word: page(f"live.word.{word}") for word in WORDS}
    environment.filters |= {"id": id, "breakable": breakable}
    environment.tests |= {"figure": _is(Shown), "failed": _is(Failed)}
    return environment.get_template("report.html")


def breakable(cell: str) -> str | Markup:
    """Return a number with its band in brackets so that a narrow column breaks the line before the brackets alone.

    Example:
        >>> print(breakable("+0.40 (+0.18 to +0.95)"))
        +0.40 <span class="band">(+0.18 to +0.95)</span>
    """
    before, bracket, band = str(cell).partition(" (")
    return Markup('{} <span class="band">({}</span>').format(before, band) if bracket else cell


def _vendor(name: str) -> str:
    """Return a file of the library that draws charts in the page."""
    return (VENDOR / name).read_text(encoding="utf-8")


def _is(kind: type) -> Callable[[object], bool]:
    """Return a test of templates for the kind of a block."""
    return lambda block: isinstance(block, kind)


def _section(
    canvas: Canvas, key: str, figures: Mapping[str, Figure], names: tuple[str, ...], own: list[Table | None]
) -> Section:
    """Return a section with the figures that could be drawn and the tables that have rows."""
    page = canvas.page
    values = {"place": canvas.page_place, "year": canvas.study.focus, "last": canvas.study.last_observed}
    blocks: list[Figure | Table] = [figures[name] for name in names if name in figures]
    blocks += [table for table in own if table is not None and table.rows]
    text = page(f"section.{key}.text", **values) if page.has(f"section.{key}.text") else ""
    return Section(key, page(f"section.{key}"), [text] if text else [], [], blocks)


def _validation(canvas: Canvas, figures: Mapping[str, Figure]) -> Section:
    """Return the track record of the model with one sentence per row on who wins."""
    section = _section(canvas, "validation", figures, ("scorecard", "contraction", "ranks", "tornado"), [])
    section.items = winner_sentences(canvas)
    return section


def _idle(canvas: Canvas) -> list[Section]:
    """Return the settings of the scenarios that never act, nothing if all do."""
    page = canvas.page
    items = [setting[page.language] for setting in canvas.study.env.get("idle_settings", ())]
    return [Section("idle", page("section.idle"), [page("section.idle.text")], items)] if items else []


def _limits(canvas: Canvas) -> Section:
    """Return what the study cannot say."""
    page = canvas.page
    keys = ("prior", "synthetic", "agents", "students", "registered", "plan", "recalled", "baseline", "outside")
    first = "prior_calibrated" if canvas.calibrated else "prior"
    items = [page(f"limit.{key}") for key in (first, *keys[1:])]
    items.insert(1, _observed(canvas))
    found = revisions(canvas.study.region)
    if found:
        lines = [page("limit.revision.one", year=r.year, error=signed(100 * r.error, 1), years=r.years) for r in found]
        items.append(page("limit.revision", first=lines[0], second=lines[1]))
    return Section("limits", page("section.limits"), items=items)


def _observed(canvas: Canvas) -> str:
    """Return what holds in observed years."""
    last = canvas.study.last_observed
    return canvas.page("limit.observed", last=last, first=last + 1)


def _reproduce(canvas: Canvas) -> Section:
    """Return how to repeat the study and this report."""
    page, study = canvas.page, canvas.study
    texts = [page("section.reproduce.text", seed=study.config.get("seed", "–"))]
    lines = [inputs.command(canvas), f"python -m experiments.report study={study.name} language={page.language}"]
    lines.append(f"python -m experiments.whatif study={study.name} language={page.language}")
    items = [page("credit.boundaries"), page("credit.font"), page("credit.data")]
    return Section("reproduce", page("section.reproduce"), texts, items, [], "\n".join(lines))


def _subtitle(canvas: Canvas) -> str:
    """Return study, size and date in one line."""
    study, page = canvas.study, canvas.page
    total = sum(study.runs.get(name, 0) for name in study.scenarios)
    households = study.config.get("households")
    return page(
        "report.subtitle",
        study=study.name,
        runs=f"{total:,}",
        scenarios=len(study.scenarios),
        households=f"{households:,}" if isinstance(households, int) else "–",
        first=study.years[0],
        last=study.years[-1],
        date=str(study.env.get("updated", "–"))[:10],
    )


def _grid(canvas: Canvas, answer: Answer) -> list[dict[str, Any]]:
    """Return the rows of the probability grid at the top of the report."""
    page = canvas.page
    rows: dict[tuple[int, str], dict[str, Any]] = {}
    for chance in sorted(answer.grid, key=lambda c: (-c.year, c.goal != "resident_rate_66")):
        row = rows.setdefault(
            (chance.year, chance.goal),
            {"label": page("grid.row", goal=page(f"target.{chance.goal}"), year=chance.year), "cells": []},
        )
        row["cells"].append(
            {
                "name": canvas.page_name(chance.scenario),
                "colour": canvas.colours[chance.scenario],
                "width": round(100 * chance.probability, 1),
                "low": round(100 * chance.low, 1),
                "span": round(100 * (chance.high - chance.low), 1),
                "value": chance_words(page, chance),
                "verdict": "" if chance.verdict == "few" else page(f"verdict.{chance.verdict}"),
            }
        )
    return list(rows.values())


def numbers(parts: list[Section], kind: type) -> dict[int, int]:
    """Return running numbers of figures or tables by identity of the block."""
    blocks = [block for section in parts for block in section.blocks if isinstance(block, kind)]
    return {id(block): number for number, block in enumerate(blocks, start=1)}
