"""Sentences on what makes the answer uncertain, against a table worked out by hand."""

from __future__ import annotations

import dataclasses

import pandas as pd
import pytest

from sim.report.answer import Chance
from sim.report.certainty import certainty
from sim.report.figures.canvas import Canvas
from sim.report.finished_study import RATE
from sim.report.text import Text

SHARES = {"draws": 0.05, "replicates": 0.02, "pace_common": 0.2, "pace_own": 0.73, "figures": 0.0}


@pytest.fixture
def told(study):
    rows = [
        ("no_new_policy", year, "430000", RATE, "share", reading, part, 0.0, share)
        for year in (2028, 2029)
        for reading in ("published", "census")
        for part, share in SHARES.items()
    ]
    columns = ["scenario", "year", "place", "indicator", "unit", "reading", "part", "sd", "share"]
    return dataclasses.replace(study, uncertainty=pd.DataFrame(rows, columns=columns))


def chance(scenario="no_new_policy", **changes):
    return Chance(scenario, "resident_rate_66", 2029, 0.41, 0.3, 0.5, 200, 0.3, 0.6)._replace(**changes)


def test_parts_of_the_variance_and_of_the_probability_are_told(told):
    parts, chances = certainty(Canvas(told, Text("en"), Text("en")), [chance(), chance("plan", probability=0.53)])
    assert "5% what the model draws" in parts
    assert "2% chance in the runs" in parts
    assert "20% a pace that all provinces missed together" in parts
    assert "73% a pace that each province missed by itself" in parts
    assert "yearly figures" not in parts.split(": ", 1)[1].split(". ")[0], "a part of nothing is not told"
    assert "30% in the runs alone, 41% with that discrepancy, 60% that the next census" in chances
    assert "53%" in chances


def test_without_discrepancy_nothing_is_told(study):
    bare = dataclasses.replace(study, uncertainty=None)
    assert certainty(Canvas(bare, Text("en"), Text("en")), [chance()]) == []


def test_a_study_that_judges_no_goal_says_nothing(told):
    assert certainty(Canvas(told, Text("zh"), Text("zh")), []) == []
