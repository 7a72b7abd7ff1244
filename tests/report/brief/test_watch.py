"""The next figure that changes the answer, against closed forms; the pace that is needed, by hand."""

from __future__ import annotations

import re

import numpy as np
import pytest
from scipy.special import expit

from sim.report.brief.facts import Facts
from sim.report.brief.watch import signal, watch


def test_a_figure_that_decides_is_both_thresholds():
    figure = np.linspace(0.0, 1.0, 1001)
    found = signal(figure, figure >= 0.4)
    assert found.likely == found.unlikely == pytest.approx(0.4)


def test_thresholds_are_where_the_probability_given_the_figure_passes_the_words():
    rng = np.random.default_rng(1)
    figure = rng.uniform(-3.0, 3.0, 200_000)
    found = signal(figure, rng.uniform(size=len(figure)) < expit(figure))
    assert found.likely == pytest.approx(np.log(0.66 / 0.34), abs=0.1)
    assert found.unlikely == pytest.approx(np.log(0.33 / 0.67), abs=0.1)


def test_no_figure_is_named_when_none_changes_the_word():
    figure = np.linspace(0.0, 1.0, 500)
    assert all(np.isnan(signal(figure, np.ones(500, bool))))
    assert all(np.isnan(signal(figure, np.zeros(500, bool))))


def test_the_pace_needed_is_what_is_left_over_the_years_that_are_left(told):
    canvas = told()
    texts = dict(watch(Facts(canvas)))
    text = re.sub("\ue000\\d+\ue001|\ue002", "", texts["The pace."])
    now = canvas.study.observed
    assert f"{100 * (0.66 - now[2025]) / 4:.2f} points a year are needed until 2029" in text
    assert f"{100 * (now[2025] - now[2021]) / 4:.2f} were published for 2021–2025" in text
