"""The tables of a study for other programs: an Excel workbook and a tidy CSV of place and year."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from sim.data import Region
from sim.studies import environment, manifest
from sim.studies.files import replacing
from sim.studies.folder import stored_config, stored_rows
from sim.studies.inputs import changed_since, open_inputs
from sim.studies.manifest import DONE
from sim.studies.progress import say
from sim.studies.reduced import read_table
from sim.studies.tables import is_kept
from sim.studies.value import FILE as VALUE

__all__ = ["as_text", "export_study", "place_names", "place_years", "split"]

SHOWN = ("median", "p05", "p95")
EXCEL_ROWS = 1_048_575
"""Rows under the header that one sheet of Excel holds; longer tables go on in further sheets."""
FORMULA_STARTS = ("=", "+", "-", "@", "\t", "\r", "\n", "＝", "＋", "－", "＠")
"""What makes spreadsheets take a text of a CSV file for a formula (OWASP, CSV injection)."""
NOTES = (
    "Simulated by household agents of a synthetic population; no figure here is a forecast of the statistical office.",
    "median, p05, p95: over the runs of a scenario (draws x replicates); shares are 0 to 1, persons are persons.",
    "effects: paired differences to no_new_policy; they show what the priors of the levers imply.",
    "value_for_money: public cost from the first paid year on, and people beyond no_new_policy at the year-end.",
    "Some inputs are recalled, not looked up; report.html lists them.",
)


def export_study(study_dir: Path) -> tuple[Path, Path]:
    """Write ``export/STUDY.xlsx`` and ``export/STUDY_place_year.csv`` and return both paths.

    Raises:
        StudyError: the study has no tables yet, or the folder cannot be written.
    """
    config = stored_config(study_dir)
    region = open_inputs(study_dir).region
    summary = read_table(study_dir, "summary.csv")
    tidy = place_years(summary, region)
    workbook, places = (study_dir / "export" / f"{config.study}{end}" for end in (".xlsx", "_place_year.csv"))
    sheets = {
        "about": _about(study_dir),
        "target": read_table(study_dir, "target.csv"),
        "province": tidy[tidy["level"] == "province"],
        "prefectures": tidy[tidy["level"] == "prefecture"],
        "groups": tidy[tidy["level"] == "group"],
        "counties": tidy[tidy["level"] == "county"],
        **({"value_for_money": read_table(study_dir, VALUE)} if is_kept(study_dir, VALUE) else {}),
        "effects": _named(read_table(study_dir, "effects.csv"), region),
        "accounts": _named(read_table(study_dir, "accounts.csv"), region),
        "flows": read_table(study_dir, "flows.csv"),
    }
    parts = {
        name: part
        for title, table in sheets.items()
        for name, part in split(title, _printable(table.dropna(axis=1, how="all"))).items()
    }
    with replacing(places) as temporary:
        as_text(tidy).to_csv(temporary, index=False, float_format="%.10g", lineterminator="\n")
    with replacing(workbook) as temporary:
        _write_workbook(temporary, {"contents": _contents(parts), **parts})
    for name, table in sheets.items():
        if len(table) > EXCEL_ROWS:
            say(f"{workbook.name}: {name} has {len(table):,} rows and goes on in further sheets; contents lists them.")
    return workbook, places


def split(name: str, table: pd.DataFrame) -> dict[str, pd.DataFrame]:
    """Return a table as sheets of at most ``EXCEL_ROWS`` rows by name: effects, effects 2, effects 3."""
    starts = range(0, max(len(table), 1), EXCEL_ROWS)
    return {
        name if not k else f"{name} {k + 1}": table.iloc[start : start + EXCEL_ROWS] for k, start in enumerate(starts)
    }


def as_text(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table whose text cells no spreadsheet takes for formulas: an apostrophe goes before such a start.

    Numbers stay as they are. Who reads the file with a program takes the apostrophe away again.
    """
    made = table.copy()
    for column in made.columns[_text_columns(made)]:
        made[column] = ["'" + v if isinstance(v, str) and v.startswith(FORMULA_STARTS) else v for v in made[column]]
    return made


def place_years(summary: pd.DataFrame, region: Region) -> pd.DataFrame:
    """Return one row per scenario, place and year, with median, p05 and p95 of every indicator as columns.

    Args:
        summary: the table ``summary.csv``.
        region: names of the places.
    """
    wide = summary.pivot_table(index=["scenario", "place", "year"], columns="indicator", values=list(SHOWN), sort=False)
    order = [(value, name) for name in dict.fromkeys(summary["indicator"]) for value in SHOWN]
    wide = wide[order]
    wide.columns = pd.Index([name if value == "median" else f"{name}_{value}" for value, name in order])
    runs = summary.groupby(["scenario", "place", "year"], sort=False)["runs"].max()
    return _named(wide.join(runs).reset_index(), region)


def place_names(region: Region) -> pd.DataFrame:
    """Return code (``place``), level, English and Chinese name of every place of the results."""
    rows = [(region.province_code, "province", region.name_en, region.name_zh)]
    rows += [
        (code, "prefecture", en, zh)
        for code, en, zh in zip(
            region.prefecture_codes, region.prefecture_names_en, region.prefecture_names_zh, strict=True
        )
    ]
    rows += [(f"group:{g}", "group", region.group_names_en[g], region.group_names_zh[g]) for g in region.groups]
    rows += [
        (code, "county", en, zh)
        for code, en, zh in zip(region.county_codes, region.county_names_en, region.county_names_zh, strict=True)
    ]
    return pd.DataFrame(rows, columns=["place", "level", "name_en", "name_zh"])


def _named(table: pd.DataFrame, region: Region) -> pd.DataFrame:
    """Return a table with level and names after the place; a zone after a colon stays in the code."""
    code = table["place"].str.replace(r":(urban|rural)$", "", regex=True)
    found = place_names(region).set_index("place").reindex(code)
    at = list(table.columns).index("place")
    result = table.copy()
    for offset, column in enumerate(found.columns, 1):
        result.insert(at + offset, column, found[column].to_numpy())
    return result


def _about(study_dir: Path) -> pd.DataFrame:
    """Return what a reader of the workbook must know: notes, numbers of runs, settings, versions."""
    rows = stored_rows(study_dir)
    stamps: dict[str, Any] = environment.read(study_dir)
    lines = [("note", note) for note in NOTES]
    lines.append(("runs", f"{manifest.count(rows, DONE)} of {len(rows)} are done; the others are left out"))
    lines += [(f"setting {key}", str(value)) for key, value in stored_config(study_dir).model_dump().items()]
    changed = changed_since(open_inputs(study_dir), stored_config(study_dir))
    lines += [("differs in the checkout now", f"{kind} {name}".strip()) for kind, name in changed]
    lines += [(key, str(stamps.get(key))) for key in ("created", "updated", "commit", "code_hash", "data_hash")]
    return pd.DataFrame(lines, columns=["what", "content"])


def _contents(parts: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the sheets of the workbook with their rows."""
    return pd.DataFrame([(name, len(part)) for name, part in parts.items()], columns=["sheet", "rows"])


def _write_workbook(path: Path, sheets: dict[str, pd.DataFrame]) -> None:
    """Write one sheet per table, with a fixed header row and readable columns; text is text whatever it begins with."""
    from openpyxl.utils import get_column_letter

    with path.open("wb") as file, pd.ExcelWriter(file, engine="openpyxl") as book:
        for name, table in sheets.items():
            table.to_excel(book, sheet_name=name, index=False, freeze_panes=(1, 0))
            sheet = book.sheets[name]
            for position, column in enumerate(table.columns, 1):
                longest = max([len(str(column)), *(len(str(value)) for value in table[column].head(50))])
                sheet.column_dimensions[get_column_letter(position)].width = min(longest + 2, 90)
            for place in _text_columns(table):
                for row in np.flatnonzero(table.iloc[:, place].astype(str).str.startswith(("=", "#"))):
                    cell = sheet.cell(int(row) + 2, place + 1)
                    cell.data_type, cell.quotePrefix = "s", True


def _text_columns(table: pd.DataFrame) -> list[int]:
    """Return the positions of the columns that can hold text."""
    return [k for k, kind in enumerate(table.dtypes) if not pd.api.types.is_numeric_dtype(kind)]


def _printable(table: pd.DataFrame) -> pd.DataFrame:
    """Return a table without the control characters that a workbook cannot hold."""
    from openpyxl.cell.cell import ILLEGAL_CHARACTERS_RE

    made = table.copy()
    for column in made.columns[_text_columns(made)]:
        made[column] = [ILLEGAL_CHARACTERS_RE.sub("�", v) if isinstance(v, str) else v for v in made[column]]
    return made
