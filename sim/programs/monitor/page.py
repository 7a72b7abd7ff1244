"""The page of a year taken in: before and after, why, the course of the plan and what would warn."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import pandas as pd

from sim.base.names import BASELINE
from sim.policies import load_levers, load_scenario
from sim.policies.plan import plan_years
from sim.programs.monitor.course import Stage, verdict
from sim.programs.monitor.drawings import Pen, draw_fan
from sim.programs.monitor.figures import NewFigures
from sim.programs.monitor.overlay import Row
from sim.programs.monitor.page_tables import page_tables
from sim.programs.monitor.runs import Forecast
from sim.programs.monitor.settings import MonitorConfig
from sim.programs.monitor.update import Update
from sim.report.answer import Answer
from sim.report.fonts import figure_language
from sim.report.page import Section, page_html
from sim.report.page_figures import Figure, draw, tell
from sim.report.page_tables import Table
from sim.report.place_names import region_names
from sim.report.text import Text, signed, signed_minus
from sim.statistics.discrepancy import POINTS
from sim.studies.discrepancy import figure_errors
from sim.studies.files import replacing
from sim.studies.target import FEW_RUNS

__all__ = ["PAGE", "Told", "chance", "pen_of", "render", "scenario_texts", "write_page"]

PAGE = "monitor.html"
TELLS = 3.0
"""Ratio of likelihoods from which a figure is said to tell scenarios apart (judged)."""


class Told(NamedTuple):
    """What a page tells.

    Attributes:
        config: keys of the program.
        figures, row: the figures, and the row of the province that the runs pass.
        stages: before, weighed and after.
        updates: weights by scenario.
        size: effective size of the posterior that was made again; None: it was not.
        tables: tables of the year by name.
    """

    config: MonitorConfig
    figures: NewFigures
    row: Row
    stages: dict[str, Stage]
    updates: Mapping[str, Update]
    size: float | None
    tables: dict[str, pd.DataFrame]

    @property
    def before(self) -> Forecast:
        """The forecast made without the figures."""
        return self.stages["before"].forecast

    @property
    def lowest(self) -> float:
        """Effective number of draws that the figures leave, by the scenario that they leave fewest of."""
        return min(found.effective for found in self.updates.values())


def scenario_texts(config: MonitorConfig, text: Text) -> dict[str, str]:
    """Return the names of both scenarios."""
    levers = load_levers()
    found = {name: load_scenario(name, levers) for name in (BASELINE, config.package)}
    return {s.name: text.pick({"en": s.name_en, "zh": s.name_zh}) for s in found.values()}


def pen_of(config: MonitorConfig) -> Pen:
    """Return the words of figures and page."""
    text = Text(figure_language(config.language))
    return Pen(text, Text(config.language), scenario_texts(config, text), config.goal)


def chance(page: Text, probability: float) -> str:
    """Return a probability as the page says it."""
    return page.percent(probability, 0)


def write_page(folder: Path, told: Told) -> Path:
    """Draw the figure, write the page and return its path."""
    pen = pen_of(told.config)
    (folder / "figures").mkdir(exist_ok=True)
    drawing = partial(draw_fan, pen, told.stages, told.tables["warning"], told.row.urban_rate, told.figures.made_up)
    fan = draw("fan", drawing, folder / "figures")
    tell(fan)
    made = _sections(told, pen.page, fan)
    title = pen.page("monitor.title", year=told.figures.year)
    subtitle = pen.page("monitor.subtitle", source=told.figures.source, **_study(told.config, told.before, pen.page))
    return render(folder / PAGE, told.config, (title, subtitle), _answer(told, pen), made)


def _study(config: MonitorConfig, forecast: Forecast, page: Text) -> dict[str, Any]:
    place = page.pick(region_names(forecast.region))
    return {"study": config.study, "place": place, "draws": forecast.runs, "households": f"{config.households:,}"}


def render(path: Path, config: MonitorConfig, title: tuple[str, str], answer: Answer, parts: list[Section]) -> Path:
    """Write a page whole and return its path."""
    page = Text(config.language)
    html = page_html(
        page,
        title=title[0],
        subtitle=title[1],
        answer=answer,
        sections=parts,
        footer=page("report.footer", study=config.study),
    )
    with replacing(path) as temporary:
        temporary.write_text(html, encoding="utf-8")
    return path


def _sections(told: Told, page: Text, fan: Figure | None) -> list[Section]:
    """Return the sections of the page."""
    year, last, found = told.figures.year, plan_years().last, page_tables(told, page, scenario_texts(told.config, page))
    words = {"figures": {"year": year}, "why": {"last": last}, "warning": {"year": year + 1}}
    made = []
    for key in ("figures", "after", "why", "course", "warning"):
        blocks: list[Figure | Table] = [fan] if key == "after" and fan is not None else []
        text = page(f"monitor.section.{key}.text", **words.get(key, {}))
        made.append(Section(key, page(f"monitor.section.{key}"), [text], [], [*blocks, *found[key]]))
    error = figure_errors(told.before.region.province_code)
    law = page(
        "monitor.method.law",
        points=POINTS,
        rate=signed_minus(100 * error.rate, 2),
        residents=signed_minus(100 * error.residents, 2),
    )
    flow = page("monitor.method.places", flow=signed_minus(told.figures.flows.error, 2))
    items = [law, flow, page("monitor.method.derived")]
    return [*made, Section("method", page("monitor.section.method"), [], items)]


def _answer(told: Told, pen: Pen) -> Answer:
    """Return the opening of the page."""
    page, package, year = pen.page, told.config.package, told.figures.year
    names, course = scenario_texts(told.config, page), told.tables["pace"].to_dict("records")
    last = plan_years().last
    chances = told.tables["chances"].set_index(["scenario", "year", "stage"])["probability"]
    before, after = (float(chances[package, last, stage]) for stage in ("before", "after"))
    headline = page(
        "monitor.headline",
        year=year,
        goal=pen.goal_words(page),
        last=last,
        scenario=names[package],
        before=chance(page, before),
        after=chance(page, after),
        verdict=page(f"monitor.verdict.{verdict(after)}"),
    )
    points = [_surprise(told, page)]
    for row in course:
        values: dict[str, str] = {key: signed_minus(row[key], 2) for key in ("needed", "likely")}
        values |= {"low": signed_minus(row["p05"], 2), "high": signed_minus(row["p95"], 2)}
        points.append(page("monitor.point.pace", scenario=names[row["scenario"]], year=year, last=last, **values))
    parts = told.tables["why"].query("scenario == @package").set_index("part")["points"]
    moved = {str(part): signed(value) for part, value in parts.items()}
    points.append(page("monitor.point.why", scenario=names[package], last=last, **moved))
    points += [_apart(told, page, names[package]), *_warned(told, page, names)]
    effective = f"{told.lowest:.0f}"
    points.append(page("monitor.point.effective", effective=effective, draws=told.before.runs))
    return Answer(headline, points, _cautions(told, page), [])


def _surprise(told: Told, page: Text) -> str:
    """Return how the urban rate lies to its forecast."""
    row = told.tables["figures"].to_dict("records")[0]
    values = {key: page.percent(row[key], 2) for key in ("figure", "median")}
    values |= {"low": page.percent(row["p05"], 2), "high": page.percent(row["p95"], 2)}
    if told.figures.province.urban_rate is None:
        how = page(f"monitor.how.{told.row.derived['urban_rate']}")
        return page("monitor.point.figure_missing", year=told.figures.year, how=how, **values)
    share = chance(page, row["rank"])
    return page("monitor.point.figure", year=told.figures.year, share=share, **values)


def _apart(told: Told, page: Text, name: str) -> str:
    """Return how far the figures tell the package from no new policy."""
    ratio = float(np.exp(told.updates[told.config.package].evidence - told.updates[BASELINE].evidence))
    clear = max(ratio, 1.0 / ratio) >= TELLS
    key = "monitor.point.apart_clear" if clear else "monitor.point.apart"
    return page(key, scenario=name, ratio=signed_minus(ratio, 2))


def _warned(told: Told, page: Text, names: Mapping[str, str]) -> list[str]:
    """Return the first figure of the next year that warns, under the package."""
    rows = told.tables["warning"].query("scenario == @told.config.package").dropna(subset=["figure"])
    return [
        page(
            "monitor.point.warn",
            scenario=names[told.config.package],
            figure=page.percent(row["figure"], 2),
            year=row["year"],
            level=chance(page, row["level"]),
            share=chance(page, row["probability_below"]),
        )
        for row in rows.to_dict("records")
    ]


def _cautions(told: Told, page: Text) -> list[str]:
    """Return what to know before reading on."""
    found = [page("monitor.warn.made_up")] if told.figures.made_up else []
    if told.row.derived:
        names = [
            page("monitor.warn.derived_one", name=page(f"monitor.name.{name}"), how=page(f"monitor.how.{how}"))
            for name, how in told.row.derived.items()
        ]
        found.append(page("monitor.warn.derived", names=page.join(names)))
    if told.before.runs < FEW_RUNS:
        found.append(page("monitor.warn.few", few=FEW_RUNS))
    effective = f"{told.lowest:.0f}"
    if told.size is not None:
        values = {
            "least": f"{told.config.least_effective:.0%}",
            "repeated": told.config.repeated,
            "size": f"{told.size:.0f}",
        }
        found.append(page("monitor.warn.rebuilt", effective=effective, **values))
    elif told.lowest < told.config.least_effective * told.before.runs:
        found.append(page("monitor.warn.low", effective=effective, more=2 * told.config.draws))
    return [*found, page("monitor.warn.synthetic")]
