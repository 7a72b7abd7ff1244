"""The page of the replay: what monitoring would have said of every year of the tables."""

from __future__ import annotations

from collections.abc import Mapping
from functools import partial
from pathlib import Path
from typing import Any

import pandas as pd

from sim.base.names import BASELINE
from sim.data import Region
from sim.policies.plan import plan_years
from sim.programs.monitor.drawings import Pen, draw_replay
from sim.programs.monitor.page import chance, pen_of, render
from sim.programs.monitor.settings import MonitorConfig
from sim.report.answer import Answer
from sim.report.page import Section
from sim.report.page_figures import Figure, draw, tell
from sim.report.page_tables import Table
from sim.report.place_names import region_names
from sim.report.text import Text, signed

__all__ = ["write_replay"]

PAGE = "replay.html"


def write_replay(folder: Path, config: MonitorConfig, tables: dict[str, pd.DataFrame], region: Region) -> Path:
    """Draw the figure, write the page and return its path."""
    pen = pen_of(config)
    (folder / "figures").mkdir(exist_ok=True)
    drawing = partial(draw_replay, pen, tables["replay"], tables["replay_bands"])
    figure = draw("monitor_replay", drawing, folder / "figures")
    tell(figure)
    page = pen.page
    blocks: list[Figure | Table] = [] if figure is None else [figure]
    base = tables["replay"][tables["replay"]["scenario"] == BASELINE]
    steps = Section("steps", page("replay.section.steps"), [], [], [*blocks, _steps(page, base)])
    text = page("replay.section.ahead.text")
    ahead = Section("ahead", page("replay.section.ahead"), [text], [], [_ahead(page, tables["replay_ahead"])])
    draws = int(tables["replay_bands"]["draws"].max())
    place = page.pick(region_names(region))
    size = {"draws": draws, "households": f"{config.households:,}"}
    title = page("replay.title"), page("replay.subtitle", study=config.study, place=place, **size)
    return render(folder / PAGE, config, title, _answer(pen, base, tables["replay_ahead"]), [steps, ahead])


def _answer(pen: Pen, base: pd.DataFrame, ahead: pd.DataFrame) -> Answer:
    page = pen.page
    inside = base["figure"].between(base["low"], base["high"])
    headline = page(
        "replay.headline",
        first=base["year"].min(),
        latest=base["year"].max(),
        inside=int(inside.sum()),
        all=len(base),
        goal=pen.goal_words(page),
        last=plan_years().last,
        start=chance(page, base["before"].iloc[0]),
        end=chance(page, base["after"].iloc[-1]),
    )
    errors = 100.0 * (base["median"] - base["figure"])
    logistic = 100.0 * (base["benchmark"] - base["figure"]).abs().mean()
    bias = page(
        "replay.point.bias", bias=signed(errors.mean()), mae=f"{errors.abs().mean():.2f}", benchmark=f"{logistic:.2f}"
    )
    scores = 100.0 * ahead.groupby("way")["crps"].mean()
    ways = page("replay.point.ways", **{str(way): f"{score:.2f}" for way, score in scores.items()})
    cautions = [page("replay.warn.few", n=len(base)), page("replay.warn.data"), page("replay.warn.plan")]
    return Answer(headline, [bias, ways], cautions, [])


def _band(page: Text, row: Mapping[Any, Any]) -> str:
    middle, low, high = (page.percent(row[key], 2) for key in ("median", "low", "high"))
    return f"{middle} ({low} … {high})"


def _steps(page: Text, base: pd.DataFrame) -> Table:
    rows = [
        [
            str(row["year"]),
            page.percent(row["figure"], 2),
            _band(page, row),
            page.percent(row["rank"], 0),
            f"{100 * row['crps']:.2f}",
            *(chance(page, row[key]) for key in ("before", "weighed", "after")),
            signed(row["needed"]),
            signed(row["likely"]),
        ]
        for row in base.to_dict("records")
    ]
    keys = ("year", "value", "forecast", "rank", "crps", "before", "weighed", "after", "needed")
    head = [*(page(f"monitor.head.{key}") for key in keys), page("replay.head.likely")]
    return Table(page("replay.caption.steps"), head, rows)


def _ahead(page: Text, ahead: pd.DataFrame) -> Table:
    rows = [
        [
            str(row["year"]),
            page(f"replay.way.{row['way']}"),
            _band(page, row),
            page.percent(row["rank"], 0),
            f"{100 * row['crps']:.2f}",
        ]
        for row in ahead.to_dict("records")
    ]
    head = [page("monitor.head.year"), page("replay.head.way")]
    head += [page(f"monitor.head.{key}") for key in ("forecast", "rank", "crps")]
    return Table(page("replay.caption.ahead"), head, rows)
