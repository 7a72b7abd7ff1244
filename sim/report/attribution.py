"""The page of an attribution study: figures, tables and what to make of them, in one HTML file."""

from __future__ import annotations

import math
from pathlib import Path

import pandas as pd

from sim.analysis.attribution import BASELINE, FIRST_YEAR, GROUPS, PACKAGE, YEAR
from sim.analysis.claims import CLAIMS, Claim
from sim.analysis.partial import needs_reason
from sim.config import read_yaml
from sim.data import Region, load_region
from sim.policies import load_levers
from sim.report.answer import Answer
from sim.report.figures.attribution import Pen, draw_conflicts, draw_levers, draw_pairs, draw_shapley, part
from sim.report.fonts import figure_language
from sim.report.frames import number, row
from sim.report.names import prefecture_names
from sim.report.page import TEMPLATES, Section, Shown, embed, numbers, template
from sim.report.style import figure_style, save
from sim.report.tables import Table
from sim.report.text import Text, signed_minus
from sim.runs.files import replacing

MISSING = "–"


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
    shown: dict[str, Shown] = {}
    with figure_style():
        for drawing in (draw_shapley(pen), draw_pairs(pen), draw_levers(pen), draw_conflicts(pen)):
            if drawing is not None:
                files = save(drawing.figure, folder, drawing.name)
                shown[drawing.name] = embed(drawing.name, drawing.title, drawing.caption, drawing.alt, files)
    target = study_dir / "attribution.html"
    with replacing(target) as temporary:
        temporary.write_text(_render(pen, study_dir, _sections(pen, study_dir, shown, region)), encoding="utf-8")
    return target


def _sections(pen: Pen, study_dir: Path, shown: dict[str, Shown], region: Region) -> list[Section]:
    """Return the sections that have content."""
    page = pen.page
    price = page("attribution.section.price.text", first=FIRST_YEAR, last=YEAR)
    made = [
        _section(page, "groups", "", [shown["shapley"], shown["interactions"]]),
        _section(page, "where", page("attribution.section.where.text"), [_groups(pen, region)]),
        _section(page, "price", price, [_price(pen), _lever_costs(pen, study_dir)]),
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


def _section(page: Text, key: str, text: str, blocks: list[Shown | Table]) -> Section:
    return Section(key, page(f"attribution.section.{key}"), [text] if text else [], [], blocks)


def _render(pen: Pen, study_dir: Path, parts: list[Section]) -> str:
    page = pen.page
    table = pen.tables["attribution"]
    return template().render(
        language="zh-CN" if page.language == "zh" else "en",
        t=page,
        style=(TEMPLATES / "report.css").read_text(encoding="utf-8"),
        title=page("attribution.title"),
        subtitle=page(
            "attribution.subtitle",
            study=study_dir.name,
            draws=int(table["draws"].max()),
            runs=f"{len(pd.read_parquet(study_dir / 'manifest.parquet')):,}",
            year=YEAR,
        ),
        answer=_answer(pen, study_dir),
        grid=[],
        sections=parts,
        figure_numbers=numbers(parts, Shown),
        table_numbers=numbers(parts, Table),
        footer=page("attribution.footer", study=study_dir.name),
        is_figure=lambda block: isinstance(block, Shown),
    )


def _answer(pen: Pen, study_dir: Path) -> Answer:
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
        parts=page.join([f"{page(f'group.{name}')} {_signed(gaps[name])}" for name in GROUPS]),
    )
    counted = page("attribution.point.counted", **_interval(pen, "counted"))
    headline = page(
        "attribution.headline",
        effect=_signed(mean),
        low=_signed(low),
        high=_signed(high),
        year=YEAR,
        largest=page(f"group.{largest}"),
        part=_signed(float(parts[largest])),
    )
    warnings = [page(f"attribution.warning.{key}") for key in ("prior", "noise", "cost")]
    return Answer(headline, [counted, reached, gap, page("attribution.point.sum")], warnings, [])


def _interval(pen: Pen, outcome: str, digits: int = 2) -> dict[str, str]:
    """Return the effect of the package on an outcome with its 95% interval, as words of a sentence."""
    rows = part(pen, outcome, "package")
    keys = {"change": "mean", "low": "ci_low", "high": "ci_high"}
    return {word: _signed(number(rows, PACKAGE, key), digits) for word, key in keys.items()}


def _groups(pen: Pen, region: Region) -> Table:
    """Return whether region groups catch up or concentrate."""
    page = pen.page
    names = region.group_names_zh if page.language == "zh" else region.group_names_en
    rows = []
    for _, cells in pen.tables["groups"].iterrows():
        drawn = [
            f"{_signed(cells[key])} ({_signed(cells[f'{key}_low'])} … {_signed(cells[f'{key}_high'])})"
            for key in ("effect", "catch_up", "share")
        ]
        rows.append([names[str(cells["group"])], f"{cells['rate']:.1f}%", _signed(cells["change"], 1), *drawn])
    head = ["", *(page(f"where.{key}") for key in ("rate", "change", "effect", "catch_up", "share"))]
    return Table(page("where.caption", year=YEAR), head, rows)


def _price(pen: Pen) -> Table:
    """Return cost, people and cost per person of the package, the groups and every lever."""
    page, table = pen.page, pen.tables["price"]
    names = [PACKAGE, *(f"groups_{'0' * k}1{'0' * (len(GROUPS) - 1 - k)}" for k in range(len(GROUPS)))]
    labels = [page("group.package"), *(page(f"group.{name}") for name in GROUPS)]
    for lever in pen.levers.values():
        names.append(f"full_{lever.id}")
        labels.append(f"{lever.id} {lever.name_zh if page.language == 'zh' else lever.name_en}")
    rows = []
    for name, label in zip(names, labels, strict=True):
        mine = table[table["name"] == name].set_index("gain")
        if mine.empty:
            continue
        urban, registered = row(mine, "urban_residents"), row(mine, "registered_urban")
        rows.append(
            [
                label,
                _money(page, urban),
                _people(urban),
                _each(page, urban),
                _people(registered),
                _each(page, registered),
            ]
        )
    head = ["", *(page(f"price.{k}") for k in ("cost", "urban", "per_urban", "registered", "per_registered"))]
    return Table(page("price.caption"), head, rows)


def _money(page: Text, cells: pd.Series[float]) -> str:
    unit = 1e8 if page.language == "zh" else 1e9
    cost, low, high = (signed_minus(cells[key] / unit, 1) for key in ("cost", "cost_low", "cost_high"))
    return f"{cost} ({low}–{high})"


def _people(cells: pd.Series[float]) -> str:
    mean, low, high = (_signed(cells[key], -3) for key in ("persons", "persons_low", "persons_high"))
    return f"{mean} ({low} … {high})"


def _each(page: Text, cells: pd.Series[float]) -> str:
    if math.isnan(cells["per_person"]):
        return MISSING
    unit = 1e4 if page.language == "zh" else 1e3
    mean, low, high = (signed_minus(cells[key] / unit, 0) for key in ("per_person", "per_low", "per_high"))
    return f"{mean} ({low}–{high})"


def _lever_costs(pen: Pen, study_dir: Path) -> Table:
    """Return the cost of the package by lever and year."""
    page = pen.page
    unit = 1e8 if page.language == "zh" else 1e9
    costs = pd.read_csv(study_dir / "costs.csv", dtype={"place": str})
    costs = costs[(costs["scenario"] == PACKAGE) & (costs["place"] == load_region().province_code)]
    years = sorted(year for year in costs["year"].unique() if year <= YEAR)
    rows = []
    for lever in pen.levers:
        mine = costs[costs["lever"] == lever].set_index("year")
        if len(mine):
            cells = [mine.loc[year, ["median", "p05", "p95"]] / unit for year in years]
            rows.append([lever, *(f"{c['median']:.1f} ({c['p05']:.1f}–{c['p95']:.1f})" for c in cells)])
    total = costs.groupby("year")["mean"].sum() / unit
    rows.append([page("price.total"), *(f"{total[year]:.1f}" for year in years)])
    return Table(page("price.lever_caption"), ["", *map(str, years)], rows)


def _partial(pen: Pen) -> Table:
    """Return every lever beside its evidence."""
    page, table = pen.page, pen.tables["partial"].set_index("lever")
    rows = [_claim(pen, claim, row(table, claim.lever)) for claim in CLAIMS]
    head = [page(f"partial.{key}") for key in ("lever", "what", "simulated", "range", "verdict")]
    return Table(page("partial.caption"), head, rows, numeric=False)


def _claim(pen: Pen, claim: Claim, cells: pd.Series[float]) -> list[str]:
    page = pen.page
    zh = page.language == "zh"
    name = claim.indicator if isinstance(claim.indicator, str) else claim.indicator[0]
    first, last = claim.years
    years = str(first) if first == last else f"{first}–{last}"
    what = f"{page(f'partial.indicator.{name}')}, {page(f'partial.unit.{claim.kind}')}, {years}"
    simulated = f"{_signed(cells['mean'])} ({_signed(cells['ci_low'])} … {_signed(cells['ci_high'])})"
    found = str(cells["verdict"])
    verdict = page("partial.alone" if claim.kind == "none" and found == "inside" else f"partial.{found}")
    if needs_reason(found, cells["mean"], cells["prior_p50"]):
        verdict = page("partial.reason", verdict=verdict, why=claim.why[zh])
    lever = pen.levers[claim.lever]
    used = {term.quantity for term in claim.terms}
    priors = ", ".join(dict.fromkeys(effect.prior_id for effect in lever.effects if effect.quantity in used))
    likely = page(
        "partial.likely",
        low=_signed(cells["prior_p05"]),
        high=_signed(cells["prior_p95"]),
        middle=_signed(cells["prior_p50"]),
    )
    basis = f"{likely}: {claim.zh if zh else claim.en}" + (f" ({priors})" if priors else "")
    return [f"{lever.id} {lever.name_zh if zh else lever.name_en}", what, simulated, basis, verdict]


def _signed(value: float, digits: int = 2) -> str:
    rounded = round(float(value), digits) + 0.0
    return ("+" if rounded > 0 else "") + signed_minus(rounded, max(digits, 0))
