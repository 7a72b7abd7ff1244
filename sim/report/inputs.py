"""Tables of what went in: scenarios, levers, parameters, data grades, population fit, configuration."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pandas as pd

from sim.base.numbers import short
from sim.config import CONFIGS, ConfigError, read_yaml
from sim.data.schemas import TABLES
from sim.parameters.distributions import Prior, summary
from sim.policies import QUANTITIES, QUANTITY_INDEX, Lever, Scenario
from sim.report.figures.canvas import Canvas
from sim.report.labels import RECALLED, recalled_label, recalled_tables
from sim.report.page_tables import Table, named
from sim.report.text import Text, signed_minus

SILENT_KEYS = ("study", "results", "resume", "workers", "threads", "engine", "language")
"""Keys that do not change results and are left out of the command, except the study's name."""


def scenario_table(canvas: Canvas) -> Table:
    """Return the scenarios, what they are and how strongly each lever is pulled."""
    study, page = canvas.study, canvas.page
    rows = []
    for name in study.scenarios:
        found = study.inputs.scenarios.get(name)
        if found is None:
            rows.append([name, page("table.scenarios.gone"), "–"])
            continue
        text = found.description_zh if page.language == "zh" and found.description_zh else found.description
        rows.append([canvas.page_name(name), text, _settings(page, found)])
    overrides = study.config.get("levers") or {}
    note = page("table.scenarios.overrides", values=_values(overrides)) if overrides else ""
    head = [page("table.scenario"), page("table.description"), page("table.scenarios.levers")]
    return Table(page("table.scenarios.caption"), head, rows, note, numeric=False)


def lever_table(canvas: Canvas) -> Table:
    """Return every lever, the quantities it changes at intensity 1, and how well that is known."""
    page = canvas.page
    rows = []
    for lever in canvas.study.inputs.levers.values():
        name = lever.name_zh if page.language == "zh" else lever.name_en
        rows.append(
            [
                f"{lever.id} {name}",
                "；".join(lever.phrase),
                _effects(page, lever),
                page(f"evidence.{lever.evidence.grade}"),
            ]
        )
    head = [page(f"table.levers.{key}") for key in ("lever", "phrase", "effects", "evidence")]
    return Table(page("table.levers.caption"), head, rows, page("table.levers.note"), numeric=False)


def parameter_table(canvas: Canvas) -> Table:
    """Return the prior, source and grade of every parameter, and those fixed by the user."""
    page, fixed = canvas.page, canvas.study.config.get("params") or {}
    ranges = canvas.study.config.get("priors") or {}
    rows = []
    marginals = calibrated_ranges(canvas)
    for name, parameter in canvas.study.inputs.parameters.items():
        if name in fixed:
            value = f"{float(fixed[name]):g} ({page('table.parameters.fixed')})"
        elif name in ranges:
            low, high = map(_number, ranges[name])
            value = f"{low} {page('table.to')} {high} ({page('table.parameters.own_range')})"
        else:
            value = marginals.get(name) or prior_range(page, parameter.prior)
        meaning = page.pick(parameter.meaning)
        rows.append(
            [
                named(f"{meaning[:1].upper()}{meaning[1:]}", name),
                value,
                unit_name(page, parameter.unit),
                _prior_source(page, parameter.source),
                page(f"grade.{parameter.grade}"),
            ]
        )
    head = [page(f"table.parameters.{key}") for key in ("name", "prior", "unit", "source", "grade")]
    return Table(
        page("table.parameters.caption", n=len(rows)),
        head,
        rows,
        page("table.parameters.note_calibrated" if marginals else "table.parameters.note"),
        numeric=False,
    )


def calibrated_ranges(canvas: Canvas) -> dict[str, str]:
    """Return posterior range and label of every parameter that the study drew from a posterior."""
    head, page = canvas.study.inputs.posterior, canvas.page
    if head is None:
        return {}
    found = {}
    for p in head.parameters:
        low, middle, high = p.posterior
        kind = "informed" if p.label == "informed" else "prior_driven"
        share = f"{max(100 * p.contraction, 0):.0f}%"
        found[p.name] = (
            f"{short(middle, 3)} ({short(low, 3)} – {short(high, 3)}); {page(f'table.parameters.{kind}', share=share)}"
        )
    return found


def grade_table(canvas: Canvas) -> Table:
    """Return, table by table, how many value columns have each grade and where they come from."""
    page, region = canvas.page, canvas.study.region
    grades = ("observed", "derived", "judged", RECALLED)
    rows = []
    for name, spec in TABLES.items():
        columns = [column for column in spec.columns if column.name not in spec.key and column.source != "own"]
        counts = [sum(column.grade == grade for column in columns) for grade in grades]
        sources = {column.source for column in columns}
        if name == "anchors":
            anchors = region.table(name)
            counts = [int((anchors["grade"] == grade).sum()) for grade in grades]
            sources = set(anchors["source"].astype(str))
        if name in ("sources", "cell_notes") or not any(counts):
            continue
        named = sorted(sources - {"derived", "judged", "own"})
        rows.append([name, *(str(count) if count else "" for count in counts), ", ".join(named)])
    head = [page("table.grades.table"), *(page(f"grade.{grade}") for grade in grades), page("table.grades.sources")]
    return Table(page("table.grades.caption"), head, rows, page("table.grades.note"), numeric=False)


def recalled_table(canvas: Canvas) -> Table:
    """Return every recalled input with its value or place in the tables."""
    page, region = canvas.page, canvas.study.region
    rows: list[list[str]] = []
    notes = region.table("cell_notes")
    for name in recalled_tables(region):
        label = recalled_label(name, page)
        if name == "anchors":
            anchors = region.table(name)
            for _, row in anchors[anchors["grade"] == RECALLED].iterrows():
                values = [signed_minus(float(row[key]), 0) for key in ("value", "low", "high")]
                value = f"{values[0]} ({values[1]} – {values[2]}) {unit_name(page, str(row['unit']))}"
                rows.append([str(row["name"]), value, _recalled_meaning(page, str(row["name"]), str(row["meaning"]))])
            continue
        for column in TABLES[name].columns:
            if column.grade == RECALLED:
                what = f"{name}.{column.name}"
                rows.append([what, label, _recalled_meaning(page, what, column.meaning)])
        cells = notes[(notes["table"] == name) & (notes["grade"] == RECALLED)]
        for _, row in cells.iterrows():
            what = f"{name}.{row['column']} {row['key']}"
            rows.append([what, label, _recalled_meaning(page, what, str(row["rule"]))])
    for name, parameter in canvas.study.inputs.parameters.items():
        if parameter.grade == RECALLED:
            value = f"{prior_range(page, parameter.prior)} {unit_name(page, parameter.unit)}"
            rows.append([name, value, f"{page.pick(parameter.meaning)} [{parameter.source}]"])
    head = [page("table.recalled.what"), page("table.recalled.value"), page("table.recalled.meaning")]
    return Table(page("table.recalled.caption"), head, rows, numeric=False)


def fit_table(canvas: Canvas) -> Table | None:
    """Return how well the synthetic population meets each margin, for the province and over smaller places."""
    study, page = canvas.study, canvas.page
    needed = {"place", "margin", "target", "achieved"}
    if study.fit is None or not needed <= set(study.fit.columns) or study.fit.empty:
        return None
    fit = study.fit.assign(off=lambda t: (t["achieved"] - t["target"]).abs())
    whole = fit["place"].astype(str) == study.province
    rows = []
    for margin, part in fit.groupby("margin", sort=False):
        inside = part[~whole.loc[part.index]]
        cells = [_weighted(part[whole.loc[part.index]]), _weighted(inside), _worst(inside)]
        rows.append(
            [_margin(page, str(margin)), f"{len(part):,}", *(f"{100 * c:.2f}%" if c == c else "–" for c in cells)]
        )
    head = [page(f"table.fit.{key}") for key in ("margin", "cells", "province", "mean", "worst")]
    return Table(page("table.fit.caption", n=f"{len(fit):,}"), head, rows, page("table.fit.note"), source="fit.csv")


def command(canvas: Canvas) -> str:
    """Return the command that repeats the study: the keys that differ from the defaults."""
    config = canvas.study.config
    try:
        defaults = read_yaml(CONFIGS / "project.yaml")
    except ConfigError:
        defaults = {}
    words = ["python -m experiments.project", f"study={canvas.study.name}"]
    for key, value in config.items():
        if key in SILENT_KEYS or value == defaults.get(key):
            continue
        if isinstance(value, Mapping):
            words += [f"{key}.{name}={number}" for name, number in value.items() if not isinstance(number, list)]
            words += [f"'{key}.{name}=[{_plain(ends)}]'" for name, ends in value.items() if isinstance(ends, list)]
        elif isinstance(value, list | tuple):
            words.append(f"'{key}=[{','.join(map(str, value))}]'")
        elif value is not None:
            words.append(f"{key}={value}")
    return " ".join(words)


def run_table(canvas: Canvas) -> Table:
    """Return seed, sizes, versions and hashes of the study."""
    study, page = canvas.study, canvas.page
    rows = [[str(key), _plain(value)] for key, value in study.config.items() if key not in ("results", "resume")]
    skip = ("priors_hash", "scenario_hashes", "machine", "idle_settings")
    for key, value in study.env.items():
        if isinstance(value, Mapping) and key not in skip:
            rows.append([str(key), ", ".join(f"{name} {version}" for name, version in value.items())])
        elif key not in skip:
            rows.append([str(key), _plain(value)])
    return Table(page("table.run.caption"), [page("table.run.key"), page("table.run.value")], rows, numeric=False)


def prior_range(page: Text, prior: Prior) -> str:
    """Return median and 90% range of a prior, or its value when it is a point."""
    low, median, high = summary(prior)
    shown = _number(median)
    return shown if low == high else f"{shown} ({_number(low)} {page('table.to')} {_number(high)})"


def unit_name(page: Text, unit: str) -> str:
    """Return a unit in the language of the page."""
    return page(f"unit.of.{unit}") if page.has(f"unit.of.{unit}") else unit


def _recalled_meaning(page: Text, what: str, meaning: str) -> str:
    """Return what a recalled input means in the language of the page, or as its table says it."""
    return page(f"recalled.meaning.{what}") if page.has(f"recalled.meaning.{what}") else meaning


def _number(value: float) -> str:
    """Return a number with three significant digits, large ones in full."""
    size = abs(value)
    digits = 0 if size >= 100 or value == round(value) else 2 if size >= 1 else 3
    text = signed_minus(value, digits)
    return text.rstrip("0").rstrip(".") if "." in text else text


def _settings(page: Text, found: Scenario) -> str:
    """Return the intensity of each lever, equal ones together."""
    by_level: dict[str, list[str]] = {}
    for lever, setting in found.settings.items():
        level = setting.intensity
        shown = (
            ", ".join(f"{value:g} ({year})" for year, value in sorted(level.items()))
            if isinstance(level, dict)
            else short(level, 3)
        )
        by_level.setdefault(shown, []).append(lever)
    if set(by_level) == {"0"}:
        return page("table.scenarios.none")
    most = max(by_level, key=lambda level: len(by_level[level]))
    rest = by_level.pop(most) if len(by_level) > 1 and 2 * len(by_level[most]) > len(found.settings) else []
    parts = [f"{', '.join(names)}: {level}" for level, names in by_level.items()]
    return page.clauses([*parts, *([page("table.scenarios.others", level=most)] if rest else [])])


def _effects(page: Text, lever: Lever) -> str:
    """Return what a lever changes at intensity 1, or that this cannot be said."""
    if not lever.evaluable:
        return page("lever.not_evaluable")
    parts = []
    for effect in lever.effects:
        quantity = QUANTITIES[QUANTITY_INDEX[effect.quantity]]
        meaning = quantity.meaning_zh if page.language == "zh" else quantity.meaning_en
        scaled = f" × {effect.scale:g}" if effect.scale != 1.0 else ""
        off = "" if effect.active else f" ({page('table.levers.off')})"
        unit = unit_name(page, quantity.unit)
        value = f"{prior_range(page, effect.prior)}{scaled} {unit}{off}"
        parts.append(
            page("table.levers.effect", meaning=meaning, value=value, source=_prior_source(page, effect.prior_id))
        )
    return "\n".join(parts)


def _prior_source(page: Text, identifier: str) -> str:
    """Return the row of the evidence register, or the word for a judgement."""
    return page(f"prior.{identifier}") if page.has(f"prior.{identifier}") else identifier


def _margin(page: Text, name: str) -> str:
    return page(f"margin.{name}") if page.has(f"margin.{name}") else name.replace("_", " ")


def _weighted(part: pd.DataFrame) -> float:
    """Return the sum of deviations over the sum of targets (nan without targets)."""
    total = float(part["target"].abs().sum())
    return float(part["off"].sum()) / total if total else float("nan")


def _worst(part: pd.DataFrame) -> float:
    """Return the largest relative error among cells at or above the median target (nan without any)."""
    large = part[part["target"] >= max(float(part["target"].median()), 1e-9)] if len(part) else part
    return float((large["off"] / large["target"]).max()) if len(large) else float("nan")


def _plain(value: Any) -> str:
    if isinstance(value, list | tuple):
        return ", ".join(map(str, value))
    if isinstance(value, Mapping):
        return _values(value) or "–"
    return "–" if value is None else str(value)


def _values(values: Mapping[str, Any]) -> str:
    shown = {key: f"[{_plain(value)}]" if isinstance(value, list) else f"{value:g}" for key, value in values.items()}
    return ", ".join(f"{key}={text}" for key, text in shown.items())
