"""The page of one file: emulators, words in both languages, script and style in one place."""

from __future__ import annotations

import json
from html import unescape
from pathlib import Path
from typing import Any

import pandas as pd
from jinja2 import Environment, FileSystemLoader, StrictUndefined

from sim.policies.plan import plan_years
from sim.programs.whatif.fitted import ASIDE, Fitted
from sim.programs.whatif.payload import numbers, offsets, outlines_of, presets, space_of
from sim.programs.whatif.study import Ready
from sim.report.fonts import font_face
from sim.report.page import TEMPLATES, WHAT_IF
from sim.report.place_names import region_names
from sim.report.text import LANGUAGES, Text, table
from sim.studies.files import replacing
from sim.studies.folder import stored_config
from sim.studies.inputs import open_inputs

__all__ = ["write_page"]

PREFIX = "whatif."
SHOWN_KEYS = (
    "region",
    "start",
    "observed_until",
    "posterior",
    "end_year",
    "steps_per_year",
    "households",
    "draws",
    "seed",
)
"""Keys of the study that the command of a view repeats."""


def write_page(prepared: Ready, found: Fitted, checks: pd.DataFrame, language: str) -> Path:
    """Write the page beside the report and return its path.

    Args:
        prepared: the study.
        found: the emulators.
        checks: the study's own scenarios, as the study and as the emulators have them.
        language: in which the page opens.
    """
    words = {lang: _words(lang) for lang in LANGUAGES}
    content = json.dumps(
        payload(prepared, found) | {"words": words, "language": language, "checks": _checks(checks)}, ensure_ascii=False
    )
    environment = Environment(loader=FileSystemLoader(TEMPLATES), autoescape=True, undefined=StrictUndefined)
    html = environment.get_template("whatif.html").render(
        language="zh-CN" if language == "zh" else "en",
        t=Text(language),
        style=(TEMPLATES / "whatif.css").read_text(encoding="utf-8"),
        script=(TEMPLATES / "whatif.js").read_text(encoding="utf-8"),
        payload=content.replace("</", "<\\/"),
    )
    readable = {character for character in set(unescape(html)) if character.isprintable()}
    path = prepared.folder / WHAT_IF
    with replacing(path) as temporary:
        temporary.write_text(html.replace("<style>\n", f"<style>\n{font_face(readable)}", 1), encoding="utf-8")
    return path


def payload(prepared: Ready, found: Fitted) -> dict[str, Any]:
    """Return everything that the script reads, words apart."""
    region, setup = prepared.setup.region, prepared.setup
    series = region.table("province_series").dropna(subset=["urban_rate"])
    published = series[series["year"].between(setup.start, found.years[0] - 1)]
    return {
        "study": prepared.folder.name,
        "region": region_names(region),
        "households": prepared.config.households,
        "draws": len(found.draws),
        "points": len(prepared.design.points[0]),
        "aside": ASIDE,
        "place_error": _place_error(found),
        "space": space_of(found.space, setup.levers, region, found.years),
        "presets": presets(open_inputs(prepared.folder).scenarios, found.space),
        "observed": [
            [int(y), round(100.0 * float(v), 2)]
            for y, v in zip(published["year"], published["urban_rate"], strict=True)
        ],
        "numbers": numbers(found, offsets(prepared, "published"), offsets(prepared, "census")),
        "map": outlines_of(region),
        "errors": _errors(found.errors),
        "keys": {
            key: value
            for key, value in stored_config(prepared.folder).model_dump().items()
            if key in SHOWN_KEYS and value is not None
        },
    }


def _errors(errors: pd.DataFrame) -> list[list[Any]]:
    """Return quantity, year, error, spread, coverage and runs of the province."""
    rows = errors[errors["place"] == ""]
    shown = rows[["quantity", "year", "rmse", "spread", "coverage_90", "runs"]]
    return [[q, int(y), *(float(f"{v:.4g}") for v in some), int(n)] for q, y, *some, n in shown.itertuples(index=False)]


def _place_error(found: Fitted) -> float:
    """Return the mean error of prefectures in the year of the target, in points."""
    year = min(plan_years().last, found.years[-1])
    rows = found.errors[(found.errors["place"] != "") & (found.errors["year"] == year)]
    return round(float(rows["rmse"].mean()), 3)


def _checks(checks: pd.DataFrame) -> list[list[Any]]:
    """Return the rows of the comparison with the study, rounded."""
    return [[a, int(b), float(c), *(round(float(v), 4) for v in rest)] for a, b, c, *rest in checks.to_numpy().tolist()]


def _words(language: str) -> dict[str, str]:
    """Return the words of the page in a language, keys without their common beginning."""
    return {
        key.removeprefix(PREFIX): str(entry[language]) for key, entry in table().items() if key.startswith(PREFIX)
    } | {key: str(table()[key][language]) for key in table() if key.startswith("group.")}
