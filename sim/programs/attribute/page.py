"""The page of an attribution study: figures, tables and what to make of them, in one HTML file."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pandas as pd

from sim.base.names import BASELINE
from sim.config import read_yaml
from sim.data import Region, load_region
from sim.policies import Lever, load_levers
from sim.policies.plan import plan_years
from sim.policies.schema import JUDGEMENT
from sim.programs.attribute.attribution import GROUPS, YEAR, first_open, listed_runs
from sim.programs.attribute.claims import CLAIMS, Claim
from sim.programs.attribute.figures import FIGURES, Pen, part
from sim.programs.attribute.page_money import area_costs, lever_costs, price_rows
from sim.programs.attribute.partial import needs_reason
from sim.report.answer import Answer
from sim.report.fonts import figure_language
from sim.report.frames import number, row
from sim.report.labels import missing_phrase
from sim.report.page import Section, page_html
from sim.report.page_figures import Figure, draw, tell
from sim.report.page_tables import Table
from sim.report.place_names import prefecture_names
from sim.report.text import Text, signed
from sim.report.where import group_rows, questions
from sim.statistics.regions import PACKAGE
from sim.studies.files import replacing
from sim.studies.manifest import DONE

SMALL = 0.1
"""Ranges of the evidence below this are shown with three digits."""


def build_page(study_dir: Path, tables: dict[str, pd.DataFrame], language: str) -> Path:
    """Draw the figures of an attribution and write its page; return the path.

    Args:
        study_dir: folder of the study; ``figures/`` and ``attribution.html`` are written into it.
        tables: attribution and price, and partial and conflicts if single levers were run.
        language: ``en`` or ``zh``; without a Chinese font, figures are in English.
    """
    page, text = Text(language), Text(figure_language(language))
    config = read_yaml(study_dir / "config.yaml")
    region = load_region(str(config["region"]))
    places = {code: text.pick(names) for code, names in prefecture_names(region).items()}
    pen = Pen(text, page, tables, load_levers(), places)
    folder = study_dir / "figures"
    folder.mkdir(exist_ok=True)
    shown: dict[str, Figure] = {}
    for name, drawing in FIGURES.items():
        figure = draw(name, partial(drawing, pen), folder)
        tell(figure)
        if figure is not None:
            shown[name] = figure
    target = study_dir / "attribution.html"
    with replacing(target) as temporary:
        first = first_open(region.name, config.get("observed_until"))
        made = _sections(pen, study_dir, shown, region, first)
        temporary.write_text(_render(pen, study_dir, region, made, first), encoding="utf-8")
    return target


def _sections(pen: Pen, study_dir: Path, shown: dict[str, Figure], region: Region, first: int) -> list[Section]:
    """Return the sections that have content."""
    page = pen.page
    price = page("attribution.section.price.text", first=first, last=YEAR)
    money: list[Figure | Table] = [
        price_rows(pen),
        lever_costs(pen, study_dir, region.province_code),
        area_costs(pen, study_dir, region, first),
    ]
    made = [
        _section(page, "groups", "", [shown["shapley"], shown["interactions"]]),
        _section(
            page,
            "where",
            page("attribution.section.where.text"),
            [group_rows(page, pen.tables["groups"], region, first - 1, YEAR)],
        ),
        _section(page, "price", price, money),
    ]
    if "levers" in shown:
        words = page("attribution.section.levers.text")
        made.insert(1, _section(page, "levers", words, [shown["levers"]]))
        words = page("attribution.section.conflicts.text")
        made.append(_section(page, "conflicts", words, [shown["conflicts"]]))
        found = pen.tables["partial"]["verdict"].value_counts()
        counts = {word: int(found.get(word, 0)) for word in ("inside", "unsure", "outside")}
        words = page("attribution.section.partial.text", all=sum(counts.values()), **counts)
        made.append(_section(page, "partial", words, [_partial(pen)]))
    return made


def _section(page: Text, key: str, text: str, blocks: list[Figure | Table]) -> Section:
    return Section(key, page(f"attribution.section.{key}"), [text] if text else [], [], blocks)


def _render(pen: Pen, study_dir: Path, region: Region, parts: list[Section], first: int) -> str:
    page = pen.page
    table = pen.tables["attribution"]
    return page_html(
        page,
        title=page("attribution.title"),
        subtitle=page(
            "attribution.subtitle",
            study=study_dir.name,
            draws=int(table["draws"].max()),
            runs=f"{(listed_runs(study_dir)['status'] == DONE).sum():,}",
            year=YEAR,
        ),
        answer=_answer(pen, study_dir, region, first),
        sections=parts,
        footer=page("attribution.footer", study=study_dir.name),
    )


def _answer(pen: Pen, study_dir: Path, region: Region, first: int) -> Answer:
    """Return the opening: effect of the package, its largest part, warnings."""
    page = pen.page
    mean, low, high = (number(part(pen, "rate", "package"), PACKAGE, key) for key in ("mean", "ci_low", "ci_high"))
    parts = part(pen, "rate", "shapley")["mean"]
    largest = str(parts.idxmax())
    goal = pd.read_csv(study_dir / "target.csv").query("target == 'resident_rate_66' and target_year == @YEAR")
    chance = goal.set_index("scenario")["probability"]
    reached = page(
        "attribution.point.reached",
        **_interval(pen, "reached", 0),
        before=page.percent(chance[BASELINE], 0),
        after=page.percent(chance[PACKAGE], 0),
    )
    gaps = part(pen, "gap", "shapley")["mean"]
    gap = page(
        "attribution.point.gap",
        **_interval(pen, "gap"),
        parts=page.join([f"{page(f'group.{name}')} {signed(gaps[name])}" for name in GROUPS]),
    )
    counted = page("attribution.point.counted", **_interval(pen, "counted"))
    headline = page(
        "attribution.headline",
        effect=signed(mean),
        low=signed(low),
        high=signed(high),
        year=YEAR,
        largest=page(f"group.{largest}"),
        part=signed(float(parts[largest])),
    )
    warnings = [
        page(f"attribution.warning.{key}", price_year=plan_years().price_year) for key in ("prior", "noise", "cost")
    ]
    if missing := missing_phrase(listed_runs(study_dir), page):
        warnings.insert(0, page("attribution.warning.missing", missing=missing))
    points = [
        counted,
        reached,
        gap,
        *questions(page, pen.tables["groups"], region, (first - 1, YEAR), "package"),
        page("attribution.point.sum"),
    ]
    return Answer(headline, points, warnings, [])


def _interval(pen: Pen, outcome: str, digits: int = 2) -> dict[str, str]:
    """Return the effect of the package on an outcome with its 95% interval, as words of a sentence."""
    rows = part(pen, outcome, "package")
    keys = {"change": "mean", "low": "ci_low", "high": "ci_high"}
    return {word: signed(number(rows, PACKAGE, key), digits) for word, key in keys.items()}


def _partial(pen: Pen) -> Table:
    """Return every lever beside its evidence."""
    page, table = pen.page, pen.tables["partial"].set_index("lever")
    rows = [_claim(pen, claim, row(table, claim.lever)) for claim in CLAIMS]
    told = page("lever.not_evaluable")
    rows += [[_name(pen, lever), "", "", "", told] for lever in pen.levers.values() if not lever.evaluable]
    head = [page(f"partial.{key}") for key in ("lever", "what", "simulated", "range", "verdict")]
    return Table(page("partial.caption"), head, rows, numeric=False, source="partial.csv")


def _claim(pen: Pen, claim: Claim, cells: pd.Series[float]) -> list[str]:
    page = pen.page
    zh = page.language == "zh"
    name = claim.indicator if isinstance(claim.indicator, str) else claim.indicator[0]
    first, last = claim.years
    years = str(first) if first == last else f"{first}–{last}"
    comma, colon = ("，", "：") if zh else (", ", ": ")
    what = comma.join((page(f"partial.indicator.{name}"), page(f"partial.unit.{claim.kind}"), years))
    digits = 3 if 0.0 < max(abs(cells["prior_p05"]), abs(cells["prior_p95"])) < SMALL else 2
    mean, ends = signed(cells["mean"], digits), [signed(cells[key], digits) for key in ("ci_low", "ci_high")]
    simulated = f"{mean} ({ends[0]} … {ends[1]})"
    found = str(cells["verdict"])
    verdict = page("partial.alone" if claim.kind == "none" and found == "inside" else f"partial.{found}")
    if needs_reason(found, cells["mean"], cells["prior_p50"]):
        verdict = page("partial.reason", verdict=verdict, why=claim.why[zh])
    lever = pen.levers[claim.lever]
    used = {term.quantity for term in claim.terms}
    priors = dict.fromkeys(effect.prior_id for effect in lever.effects if effect.quantity in used)
    rests = ", ".join(page("partial.judgement") if name == JUDGEMENT else name for name in priors)
    likely = page(
        "partial.likely",
        low=signed(cells["prior_p05"], digits),
        high=signed(cells["prior_p95"], digits),
        middle=signed(cells["prior_p50"], digits),
    )
    basis = f"{likely}{colon}{claim.zh if zh else claim.en}" + (f" ({rests})" if rests else "")
    return [_name(pen, lever), what, simulated, basis, verdict]


def _name(pen: Pen, lever: Lever) -> str:
    return f"{lever.id} {lever.name_zh if pen.page.language == 'zh' else lever.name_en}"
