"""A report is written whatever the horizon, the names, the path and the drawing processes are like."""

from __future__ import annotations

import html
from concurrent.futures import Future
from dataclasses import replace
from types import SimpleNamespace

import pandas as pd
import pytest

from sim.programs.report import report_job
from sim.report import build
from sim.report.answer import chance_words, chances, compose, warnings
from sim.report.build import FIGURES, build_report, draw_one, open_canvas
from sim.report.figures import canvas as canvas_module
from sim.report.figures.fan import BENCHMARK_COLOURS
from sim.report.page import render, sections
from sim.report.page_figures import Failed, Shown
from sim.report.style import figure_style
from sim.studies.worker_processes import LostProcessError
from tests.report.fake import Fake, write_fake_study

OF_THE_RUNS = [name for name in FIGURES if name not in ("scorecard", "contraction", "ranks", "tornado", "flows")]
"""Figures that a horizon can change."""
NAMES = [
    r"$\badcommand$",
    "a_b^c % & # ~ {x} \\ $",
    "<b>bold</b> & \"quoted\" 'single' | bar",
    "emoji 😀 עברית العربية",
    "_kept\nin two lines",
    "a very long name " * 12,
]


@pytest.fixture
def few(monkeypatch):
    """Two figures alone, so that reports are quick."""
    for name in list(FIGURES):
        if name not in ("hero", "timeline"):
            monkeypatch.delitem(FIGURES, name)


@pytest.mark.filterwarnings("error:constrained_layout not applied")
@pytest.mark.parametrize(
    "fake",
    [
        Fake(draws=2, end=2021),
        Fake(draws=1, end=2022, scenarios=("plan",)),
        Fake(draws=3, end=2023, scenarios=("no_new_policy", "jobs_first")),
        Fake(draws=2, start=2010, end=2011),
        Fake(draws=1, end=2028),
    ],
    ids=lambda fake: f"{fake.start}-{fake.end}",
)
def test_every_horizon_has_its_figures_and_tables(tmp_path, region, fake):
    canvas = open_canvas(write_fake_study(tmp_path / "short", region, fake), "en")
    figures = {name: draw_one(canvas, tmp_path, name) for name in OF_THE_RUNS}
    assert [figure for figure in figures.values() if isinstance(figure, Failed)] == []
    assert {"hero", "fan", "causes", "map"} <= {name for name, figure in figures.items() if figure}
    acts = fake.end > region.last_observed and "no_new_policy" in fake.scenarios
    assert bool(figures["effects"]) == acts, "before the levers act there is no effect to draw"
    shown = {name: figure for name, figure in figures.items() if figure}
    page = render(canvas, compose(canvas, canvas.causes, canvas.gaps), sections(canvas, shown))
    assert f"{fake.start}–{fake.end}" in page


@pytest.mark.parametrize("name", NAMES, ids=range(len(NAMES)))
def test_names_are_text(tmp_path, canvas, monkeypatch, name):
    monkeypatch.setattr(
        canvas_module, "scenario_names", lambda study: {s: {"en": name, "zh": name} for s in study.scenarios}
    )
    figures = {figure: draw_one(canvas, tmp_path, figure) for figure in ("hero", "effects", "registered", "timeline")}
    assert all(isinstance(figure, Shown) for figure in figures.values()), figures
    page = render(canvas, compose(canvas, canvas.causes, canvas.gaps), sections(canvas, figures))
    assert html.escape(name).replace("&#x27;", "&#39;").replace("&quot;", "&#34;") in page


def test_a_figure_that_fails_costs_that_figure(tmp_path, region, monkeypatch, capsys, few):
    def broken(canvas):
        raise IndexError("list <index> out of range")

    folder = write_fake_study(tmp_path / "broken", region, Fake(draws=2, end=2026))
    build_report(folder)
    assert (folder / "figures" / "timeline.png").is_file()
    monkeypatch.setitem(FIGURES, "timeline", broken)
    monkeypatch.setattr("sim.studies.environment.cores", lambda: 1)
    for language, sentence in (("en", "could not be drawn"), ("zh", "未能绘制")):
        assert report_job([f"study={folder.name}", f"results={tmp_path}", f"language={language}"]) == 1
        page = (folder / "report.html").read_text(encoding="utf-8")
        assert sentence in page
        assert "IndexError: list &lt;index&gt; out of range" in page
        assert 'id="figure-hero"' in page
    assert "Figure timeline: could not be drawn (IndexError: list <index> out of range)" in capsys.readouterr().err
    assert not list((folder / "figures").glob("timeline.*")), "the picture of an earlier report is gone"


def test_a_brief_that_fails_costs_the_brief(tmp_path, region, monkeypatch, capsys, few):
    def broken(canvas):
        raise IndexError("list <index> out of range")

    folder = write_fake_study(tmp_path / "broken", region, Fake(draws=2, end=2026))
    monkeypatch.setattr(build, "write_brief", broken)
    monkeypatch.setattr("sim.studies.environment.cores", lambda: 1)
    assert report_job([f"study={folder.name}", f"results={tmp_path}"]) == 1
    told = capsys.readouterr()
    assert told.out == f"Report: {folder / 'report.html'}\n"
    assert "The brief could not be written (IndexError: list <index> out of range); the report is complete." in told.err


def test_a_scenario_without_a_run_is_named(tmp_path, region):
    canvas = open_canvas(write_fake_study(tmp_path / "lost", region, Fake(draws=2, end=2026)), "en")
    rows = canvas.study.manifest
    lost = rows[rows["scenario"] == "plan"].assign(scenario="jobs_first", status="failed")
    canvas = replace(canvas, study=replace(canvas.study, manifest=pd.concat([rows, lost])))
    found = warnings(canvas)
    assert any("No run was done of jobs_first" in text for text in found)
    assert any("2 runs failed" in text for text in found)


def test_figures_write_probabilities_of_few_runs_as_the_page_does(tmp_path, region):
    few = open_canvas(write_fake_study(tmp_path / "few", region, Fake(draws=3, end=2029)), "en")
    enough = open_canvas(write_fake_study(tmp_path / "enough", region, Fake(draws=30, end=2029)), "en")
    for canvas, runs in ((few, 3), (enough, 30)):
        with figure_style():
            drawing = FIGURES["probability"](canvas)
        drawn = {text.get_text() for axes in drawing.figure.axes for text in axes.texts}
        assert drawn == {chance_words(canvas.text, chance) for chance in chances(canvas.study)}
        assert all("%" not in text and "of 3 runs" in text for text in drawn) == (runs == 3)
        assert ("of 3 runs" in drawing.alt) == (runs == 3)


class Lost:
    """Processes that take a figure, leave half a file and are killed; the others wait."""

    def __init__(self, folder) -> None:
        self.folder, self.taken = folder, 0

    def submit(self, function, *arguments) -> Future:
        future: Future = Future()
        if self.taken < 3:
            self.taken += 1
            (self.folder / f".tmp-9-{arguments[-1]}.png").touch()
            future.set_exception(LostProcessError("killed"))
        return future


def test_figures_of_a_lost_process_are_drawn_here(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(build, "draw_one", lambda canvas, folder, name: drawn.append(name) or name)
    canvas = SimpleNamespace(study=SimpleNamespace(folder=tmp_path), page=SimpleNamespace(language="en"))
    figures = build._draw_together(canvas, tmp_path, Lost(tmp_path))
    assert figures == {name: name for name in build.FIGURES}
    assert sorted(drawn) == sorted(build.FIGURES)
    assert list(tmp_path.iterdir()) == []


def test_a_study_without_a_plan_draws_its_other_scenario_and_no_benchmark_before_it_starts(region, tmp_path):
    fake = Fake(draws=2, end=2023, scenarios=("no_new_policy", "jobs_first"))
    canvas = open_canvas(write_fake_study(tmp_path / "short", region, fake), "en")
    hero, fan = (FIGURES[name](canvas) for name in ("hero", "fan"))
    assert "with and without new policy" not in hero.title
    assert canvas.name("jobs_first") in "".join(text.get_text() for text in hero.figure.axes[0].texts)
    assert "benchmark" not in hero.caption
    explained = {text.get_text() for text in fan.figure.axes[-1].get_legend().get_texts()}
    assert not explained & {canvas.text(f"benchmark.{name}") for name in BENCHMARK_COLOURS}
