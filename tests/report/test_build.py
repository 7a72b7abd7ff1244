"""A report is written whatever the horizon, the names, the path and the drawing processes are like."""

from __future__ import annotations

import html
from concurrent.futures import Executor, Future
from concurrent.futures.process import BrokenProcessPool

import pandas as pd
import pytest

from sim.programs.report import report_job
from sim.report.answer import chance_words, chances, compose, warnings
from sim.report.build import FIGURES, build_report, draw_one, open_canvas, write_report
from sim.report.figures import canvas as canvas_module
from sim.report.page import render, sections
from sim.report.page_figures import Failed, Shown
from sim.report.style import figure_style
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
    acts = fake.end >= 2025 and "no_new_policy" in fake.scenarios
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


def test_a_scenario_without_a_run_is_named(tmp_path, region):
    folder = write_fake_study(tmp_path / "lost", region, Fake(draws=2, end=2026))
    manifest = pd.read_parquet(folder / "manifest.parquet")
    lost = manifest[manifest["scenario"] == "plan"].assign(scenario="jobs_first", status="failed")
    pd.concat([manifest, lost]).to_parquet(folder / "manifest.parquet")
    found = warnings(open_canvas(folder, "en"))
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


class Killed(Executor):
    """Drawing processes that die: some work is taken and never comes back, the rest is not taken."""

    def __init__(self, takes: int) -> None:
        self.takes = takes

    def submit(self, fn, /, *args, **kwargs):
        if not self.takes:
            raise BrokenProcessPool("a process was killed")
        self.takes -= 1
        task: Future = Future()
        task.set_running_or_notify_cancel()
        task.set_exception(BrokenProcessPool("a process was killed"))
        return task


@pytest.mark.parametrize("takes", [0, 1, 2])
def test_what_a_killed_process_should_have_drawn_is_drawn_here(tmp_path, region, few, takes):
    folder = write_fake_study(tmp_path / "killed", region, Fake(draws=2, end=2026))
    assert write_report(folder, processes=Killed(takes)).missing == ()
    assert {path.name for path in (folder / "figures").iterdir()} == {
        f"{n}.{k}" for n in FIGURES for k in ("png", "svg")
    }
    assert 'id="figure-timeline"' in (folder / "report.html").read_text(encoding="utf-8")
