"""Numbers of the charts that answer to the pointer: those of the tables of the study, on the page and in words."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sim.report.build import FIGURES
from sim.report.finished_study import RATE
from sim.report.live import LIVE, live_charts
from sim.report.page import breakable
from sim.statistics.decompose import TERMS

YEAR = 2029


def series(live, name):
    return next(one for one in live.data["series"] if one["name"] == name)


def test_every_chart_stands_in_the_place_of_a_figure_and_few_runs_give_no_probability(canvas, many):
    assert live_charts(many).keys() == LIVE.keys() <= FIGURES.keys()
    assert LIVE.keys() - live_charts(canvas).keys() == {"probability"}


def test_lines_are_the_summary_in_percent(canvas):
    live = live_charts(canvas)["hero"]
    summary = pd.read_csv(canvas.study.folder / "summary.csv", dtype={"place": str})
    rows = summary[(summary["indicator"] == RATE) & (summary["place"] == "430000") & (summary["year"] == YEAR)]
    for scenario, own in rows.groupby("scenario"):
        told = series(live, canvas.page_name(scenario))
        at = live.data["x"].index(YEAR)
        assert [told[k][at] for k in ("mid", "low", "high")] == pytest.approx(
            (100 * own[["median", "p05", "p95"]].iloc[0]).tolist(), abs=1e-4
        )
    assert live.data["points"]["mid"][live.data["x"].index(2020)] == pytest.approx(100 * canvas.study.observed[2020])
    assert [mark["value"] for mark in live.data["marks"]] == pytest.approx([66.0, 65.5])


def test_effects_and_chances_are_their_tables(many):
    canvas, charts = many, live_charts(many)
    effects = pd.read_csv(canvas.study.folder / "effects.csv", dtype={"place": str})
    row = effects.query("scenario == 'plan' and indicator == @RATE and place == '430000' and year == @YEAR").iloc[0]
    at = charts["effects"].data["x"].index(YEAR)
    told = series(charts["effects"], canvas.page_name("plan"))
    assert told["mid"][at] == pytest.approx(100 * row["median"], abs=1e-4)
    target = pd.read_csv(canvas.study.folder / "target.csv")
    row = target.query("scenario == 'plan' and target == 'resident_rate_66' and target_year == @YEAR").iloc[0]
    at = charts["probability"].data["x"].index(f"at least 66.0%, {YEAR}")
    told = series(charts["probability"], canvas.page_name("plan"))
    assert (told["mid"][at], told["low"][at]) == pytest.approx(
        (100 * row["probability"], 100 * row["ci_low"]), abs=1e-4
    )


def test_parts_of_the_change_add_up_to_it(canvas):
    live = live_charts(canvas)["causes"]
    assert [one["shown"] for one in live.data["series"]].count(True) == 1
    for one in live.data["series"]:
        assert len(one["parts"]) == len(TERMS)
        assert np.sum(one["parts"], axis=0) == pytest.approx(one["mid"], abs=1e-3)


def test_words_of_the_table_are_the_numbers_of_the_chart(canvas):
    live = live_charts(canvas)["hero"]
    row = next(row for row in live.table.rows if row[0] == str(YEAR))
    told = series(live, canvas.page_name("plan"))
    at, column = live.data["x"].index(YEAR), live.table.head.index(canvas.page_name("plan"))
    found = [float(word) for word in re.findall(r"\d+\.\d", row[column])]
    assert found == pytest.approx([told[key][at] for key in ("mid", "low", "high")], abs=0.0501)


def test_a_chart_says_runs_band_and_that_households_are_synthetic(canvas):
    for live in live_charts(canvas).values():
        assert f"{canvas.study.fewest_runs} runs" in live.note
        assert "ynthetic population" in live.note


def test_a_chart_that_shows_less_than_its_figure_stands_beside_it(canvas, reports):
    assert {name for name, live in live_charts(canvas).items() if live.beside} == {"registered"}
    assert 'id="figure-registered" class="live beside"' in reports["en"]


def test_a_study_of_the_baseline_alone_has_no_effects(canvas):
    alone = replace(canvas.study, summary=canvas.study.summary.query("scenario == 'no_new_policy'"))
    assert "effects" not in live_charts(replace(canvas, study=alone))


@pytest.mark.parametrize("language", ["en", "zh"])
def test_the_page_carries_charts_words_and_the_library_with_its_licence(reports, language):
    html = reports[language]
    found = re.findall(r'<script type="application/json"[^>]*>(.*?)</script>', html, re.DOTALL)
    assert [json.loads(text)["kind"] for text in found[:-1]] == ["lines", "lines", "stack", "lines"]
    assert set(json.loads(found[-1])) == {"sort", "copy", "copied", "failed", "download"}
    assert html.count("uPlot (v1.6.32)") == 1
    assert html.count("The MIT License (MIT)") == 1
    assert html.count('class="numbers"') == len(LIVE) - 1, "no probability of eight runs"


def test_only_a_band_in_brackets_is_kept_together():
    assert breakable("+47") == "+47"
    assert breakable("71% (69–73)") == '71% <span class="band">(69–73)</span>'
    assert breakable("<b> (x)") == '&lt;b&gt; <span class="band">(x)</span>'
