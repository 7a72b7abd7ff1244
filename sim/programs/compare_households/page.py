"""The pages of who gains, in English and Chinese: a sentence, figures and tables in one HTML file each."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from functools import partial
from pathlib import Path
from typing import Any

from sim.model.path.setup import Setup
from sim.programs.compare_households.figures import FIGURES, Pen, kind_label, side
from sim.programs.compare_households.groups import ALL, DIMENSIONS
from sim.programs.compare_households.outcomes import DEARER, OUTCOMES
from sim.programs.compare_households.tables import Tables
from sim.report.answer import Answer
from sim.report.fonts import figure_language
from sim.report.frames import number
from sim.report.page import Section, page_html
from sim.report.page_figures import Figure, draw, tell
from sim.report.page_tables import Table
from sim.report.text import LANGUAGES, Text, signed_minus
from sim.studies.files import replacing

Row = dict[Hashable, Any]
SPOKEN = ("moved", "registered_urban", "left_behind_children", "refused_pupils", "insured")
"""Outcomes that the opening tells."""
LEAST_SHARE = 0.02
"""Smallest share of all households of a kind that the opening names: smaller ones are a matter of chance."""


def write_pages(folder: Path, tables: Tables, setup: Setup, year: int) -> list[Path]:
    """Draw the figures and write ``gains.html`` and ``gains.zh.html``; return the pages."""
    return [_write(folder, pen_of(tables, setup, year, folder.name, language)) for language in LANGUAGES]


def summary_line(tables: Tables, setup: Setup, year: int, language: str) -> str:
    """Return who gains in one sentence."""
    return headline(pen_of(tables, setup, year, "", language))


def pen_of(tables: Tables, setup: Setup, year: int, study: str, language: str) -> Pen:
    """Return words and tables of a page in a language."""
    page, text = Text(language), Text(figure_language(language))
    population = next(iter(setup.populations.values()))
    weight = float(tables.draws["weight"].iloc[0])
    own = {
        "study": study,
        "year": str(year),
        "draws": str(tables.draws["draw"].nunique()),
        "households": f"{len(population.households.key):,}",
        "weight": signed_minus(weight, 0),
    }
    first, second = setup.scenarios.values()

    def named(words: Text) -> dict[str, str]:
        names = {"first": side(words, (first.name_en, first.name_zh))}
        return own | names | {"second": side(words, (second.name_en, second.name_zh))}

    return Pen(text, page, tables, setup.region, named(text), named(page))


def _write(folder: Path, pen: Pen) -> Path:
    """Write the page of one language and return it."""
    suffix = "" if pen.page.language == "en" else f".{pen.page.language}"
    shown: dict[str, Figure] = {}
    target = folder / "figures" / pen.page.language
    target.mkdir(parents=True, exist_ok=True)
    for name, drawing in FIGURES.items():
        figure = draw(name, partial(drawing, pen), target)
        tell(figure)
        if figure is not None:
            shown[name] = figure
    path = folder / f"gains{suffix}.html"
    with replacing(path) as temporary:
        temporary.write_text(_render(pen, shown), encoding="utf-8")
    return path


def _render(pen: Pen, shown: dict[str, Figure]) -> str:
    page = pen.page
    who: list[Figure | Table] = [shown["who"], standing_table(pen)]
    what: list[Figure | Table] = [shown["what"], what_table(pen)]
    parts = [_section(pen, "who", who), _section(pen, "what", what)]
    if "flows" in shown:
        parts.append(_section(pen, "flows", [shown["flows"]]))
    parts.append(_section(pen, "accounts", [accounts_table(pen)]))
    return page_html(
        page,
        title=page("gains.title"),
        subtitle=page("gains.subtitle", **pen.values),
        answer=_answer(pen),
        sections=parts,
        footer=page("gains.footer", **pen.values),
    )


def _section(pen: Pen, key: str, blocks: list[Figure | Table]) -> Section:
    words = f"gains.section.{key}.text"
    texts = [pen.page(words, **pen.values)] if pen.page.has(words) else []
    return Section(key, pen.page(f"gains.section.{key}"), texts, [], blocks)


def headline(pen: Pen) -> str:
    """Return who gains in one sentence."""
    table = pen.tables.standing
    row: Row = table[table["dimension"] == ALL].to_dict("records")[0]
    shares = {name: _range(pen, row, f"{name}_share") for name in ("better", "worse")}
    return pen.page("gains.headline", same=pen.page.percent(row["same_share"]), **shares, **pen.values)


def housing(pen: Pen) -> str:
    """Return for how many households housing is dearer, in one sentence."""
    table = pen.tables.gains
    table = table[table["dimension"] == ALL].set_index("outcome")
    row: Row = table.loc["dearer_housing"].to_dict()
    ends = {
        key: pen.page("gains.range", **_ends(row, f"households_{key}", pen.page.persons)) for key in ("more", "less")
    }
    return pen.page("gains.point.housing", percent=pen.page.percent(DEARER, 0), **ends)


def _answer(pen: Pen) -> Answer:
    """Return the opening: the sentence, what differs, and what to know before reading on."""
    page = pen.page
    whole = pen.tables.gains
    whole = whole[whole["dimension"] == ALL].set_index("outcome")
    points = [_most(pen)]
    points.append(housing(pen))
    for outcome in (o for o in OUTCOMES if o.name in SPOKEN):
        counts = {key: page.persons(number(whole, outcome.name, f"households_{key}")) for key in ("more", "less")}
        label = side(page, outcome.more)
        points.append(page("gains.point.outcome", label=label[:1].upper() + label[1:], **counts))
    accounts = pen.tables.accounts.dropna()
    if (accounts["equal"] == accounts["draws"]).all():
        points.append(page("gains.point.exact", **pen.values))
    warnings = [page(f"gains.warning.{key}", **pen.values) for key in ("books", "synthetic", "partial")]
    return Answer(headline(pen), points, warnings, [])


def _most(pen: Pen) -> str:
    """Return which kinds are most often better and worse off."""
    table = pen.tables.standing
    table = table[(table["dimension"] != ALL) & (table["households"] > LEAST_SHARE * table["households"].iloc[0])]
    best, worst = (table.loc[table[key].idxmax()] for key in ("better_share", "worse_share"))
    names = [kind_label(pen.page, pen.region, str(r["dimension"]), str(r["group"])) for r in (best, worst)]
    shares = {"share": pen.page.percent(best["better_share"]), "loss": pen.page.percent(worst["worse_share"])}
    return pen.page("gains.point.most", kind=names[0], other=names[1], **shares)


def standing_table(pen: Pen) -> Table:
    """Return what becomes of households by kind."""
    page, rows = pen.page, []
    names = ("better", "worse", "mixed", "other")
    for dimension in DIMENSIONS:
        own = pen.tables.standing[pen.tables.standing["dimension"] == dimension.name]
        records: list[Row] = own.to_dict("records")
        for row in records:
            label = kind_label(page, pen.region, dimension.name, row["group"])
            cells = [_range(pen, row, f"{name}_share") for name in names]
            rows.append([label, page.persons(row["households"]), *cells])
    head = [page(f"gains.table.{key}") for key in ("kind", "households", *names)]
    caption = page("gains.table.standing.caption", **pen.values)
    return Table(caption, head, rows, page("gains.table.standing.note"))


def what_table(pen: Pen) -> Table:
    """Return what households have more and less of."""
    page = pen.page
    table = pen.tables.gains
    table = table[table["dimension"] == ALL].set_index("outcome")
    rows = []
    for outcome in OUTCOMES:
        row: Row = table.loc[outcome.name].to_dict()
        alone = page.persons(row["appeared"] - row["gone"])
        cells = [page.persons(row[key]) for key in ("households_more", "households_less", "gained", "lost")]
        net = page("gains.range", **_ends(row, "net", page.persons))
        rows.append([side(page, outcome.more), *cells, alone, net])
    keys = ("outcome", "more", "less", "gained", "lost", "alone", "net")
    head = [page(f"gains.table.{key}", **pen.values) for key in keys]
    return Table(page("gains.table.what.caption", **pen.values), head, rows, page("gains.table.what.note"))


def accounts_table(pen: Pen) -> Table:
    """Return the difference of the runs from households beside that of the books."""
    page, rows = pen.page, []
    labels = {o.name: side(page, o.meaning) for o in OUTCOMES}
    records: list[Row] = pen.tables.accounts.to_dict("records")
    for row in records:
        known = row["outcome"] in labels
        values = [page.persons(row["from_households"]) if known else "–"]
        equal = f"{row['equal']} / {row['draws']}" if known else "–"
        label = labels.get(str(row["outcome"]), page("gains.paper"))
        rows.append([label, *values, page.persons(row["from_books"]), equal])
    head = [page(f"gains.table.accounts.{key}") for key in ("outcome", "households", "books", "equal")]
    return Table(page("gains.table.accounts.caption"), head, rows, page("gains.table.accounts.note"))


def _range(pen: Pen, row: Row, key: str) -> str:
    """Return a share with its band, in percent."""
    return pen.page("gains.range", **_ends(row, key, pen.page.percent))


def _ends(row: Row, key: str, words: Callable[[float], str]) -> dict[str, str]:
    """Return median and band in words."""
    return {"median": words(row[key]), "low": words(row[f"{key}_p05"]), "high": words(row[f"{key}_p95"])}
