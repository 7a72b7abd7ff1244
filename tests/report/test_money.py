"""Tables and sentences of money in the report, against a table of what money buys written by hand."""

from __future__ import annotations

import math
from dataclasses import replace

import pandas as pd
import pytest

from sim.report.figures.canvas import Canvas
from sim.report.money import money_words
from sim.report.page_value import beside_table, value_table
from sim.report.text import Text
from sim.studies.value import COLUMNS

NAN = math.nan


def canvas_of(study, language="en", told="yes"):
    """Return a canvas of a study in which the plan costs 150 billion and 200,000 more people 750,000 yuan each."""
    each = [7.5e5, 3e5, math.inf] if told == "yes" else [NAN, 3e5, NAN] if told == "open" else [NAN] * 3
    people = [2e5, 1e5, 5e5]
    rows = [
        ["plan", study.focus, 2025, "urban_residents", *people, 150.0, 120.0, 200.0, *each, told, 8],
        [
            "plan",
            study.focus,
            2025,
            "registered_urban",
            -2e4,
            -4e4,
            -1e4,
            150.0,
            120.0,
            200.0,
            NAN,
            NAN,
            NAN,
            "fewer",
            8,
        ],
    ]
    return Canvas(replace(study, value_for_money=pd.DataFrame(rows, columns=COLUMNS)), Text(language), Text(language))


def test_row_of_the_plan_in_both_languages(study):
    cells = value_table(canvas_of(study)).rows[0]
    assert cells[1:] == [
        "150.0 (120.0–200.0)",
        "+200 (+100 to +500)",
        "750 (300–∞)",
        "−20 (−40 to −10)",
        "fewer people, no price",
    ]
    cells = value_table(canvas_of(study, "zh")).rows[0]
    assert cells[1:4] == ["1,500 (1,200–2,000)", "+20.0 (+10.0 至 +50.0)", "75.0 (30.0–∞)"]


@pytest.mark.parametrize(
    ("told", "words"), [("open", "not told apart from none (at least 300)"), ("free", "nothing paid")]
)
def test_no_price_where_there_is_none(study, told, words):
    canvas = canvas_of(study, told=told)
    assert value_table(canvas).rows[0][3] == words
    assert money_words(canvas) == ""


def test_answer_says_cost_and_price_of_the_plan(study):
    words = money_words(canvas_of(study))
    assert "costs 150 billion yuan" in words
    assert "costs 750 thousand yuan (middle 90%: 300 to ∞)" in words


def test_cheapest_and_dearest_of_the_others(study):
    made = canvas_of(study)
    table = made.study.value_for_money
    others = [
        table.assign(scenario=name, per_person_median=each, per_person_p05=low, per_person_p95=high)
        for name, each, low, high in (("mine", 4e5, 3e5, 5e5), ("yours", 9e5, 6e5, 12e5))
    ]
    made.study.__dict__["scenarios"] = ("no_new_policy", "plan", "mine", "yours")
    made.__dict__["_names"] = {n: {"en": n, "zh": n} for n in made.study.scenarios}
    object.__setattr__(made.study, "value_for_money", pd.concat([table, *others]))
    words = money_words(made)
    assert "cheapest under “mine” (400 thousand yuan) and dearest under “yours” (900)." in words
    assert "overlap" not in words


def test_studies_of_before_have_no_table(study):
    canvas = Canvas(replace(study, value_for_money=None), Text("en"), Text("en"))
    assert value_table(canvas) is None
    assert money_words(canvas) == ""


def test_what_is_beside_the_total_is_that_of_the_levers_pulled(canvas):
    rows = beside_table(canvas).rows
    named = [part for lever in canvas.study.inputs.levers.values() for part in lever.unbooked]
    assert [row[1] for row in rows] == [part.what_en for part in named], "the plan pulls every lever"
    ten = next(row for row in rows if row[0].startswith("T10"))
    assert ten[2] == "50 to 150 (judged)"
    assert next(row for row in rows if row[0].startswith("T16"))[2] == "not known"
