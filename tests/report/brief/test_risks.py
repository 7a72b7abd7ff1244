"""Risks are told by the probability that they leave, worked out here by another route."""

from __future__ import annotations

import pandas as pd
import pytest

from sim.report.brief.facts import Facts
from sim.report.brief.risks import found_risks, risks
from sim.report.queries import year_ends
from sim.report.track_record import TABLES
from sim.studies.discrepancy import rate_offsets
from sim.studies.folder import stored_config
from sim.studies.target import target_table


def judged(canvas, shift=0.0):
    """Return the probability of 66% in 2029 under the plan as the study itself judges it."""
    table = year_ends(canvas.study, ["resident_urban_rate"], ["plan"])
    table = table.assign(value=table["value"] + shift)
    rows = target_table(table, ["plan"], rate_offsets(stored_config(canvas.study.folder), canvas.study.region))
    return rows[(rows["target"] == "resident_rate_66") & (rows["target_year"] == 2029)].iloc[0]


def test_what_is_told_with_the_discrepancy_is_what_a_study_judges(told):
    canvas = told()
    chances = Facts(canvas).told("plan", 2029) >= 0.66
    assert chances.mean() == pytest.approx(float(judged(canvas)["probability"]))
    census = Facts(canvas).told("plan", 2029, "census") >= 0.66
    assert census.mean() == pytest.approx(float(judged(canvas)["probability_census"]))


def test_another_overshoot_takes_what_the_forecasts_from_2020_were_off(told):
    canvas = told()
    table = pd.read_csv(TABLES / "forecasts.csv")
    row = table[(table["case"] == "province") & (table["forecaster"] == "model_posterior") & (table["year"] == 2025)]
    again = float((row["median"] - row["observed"]).iloc[0]) / 5 * 4
    found = {risk.key: risk for risk in found_risks(Facts(canvas))}
    assert found["record"].left == pytest.approx(float(judged(canvas, -again)["probability"]))
    assert found["earlier"].left == pytest.approx(canvas.study.chance("plan", "resident_rate_66", 2028)["probability"])


def test_the_three_that_leave_least_are_told_worst_first(told):
    facts = Facts(told())
    whole = facts.chance("plan").probability
    left = sorted(risk.left for risk in found_risks(facts) if risk.left < whole)[:3]
    told_as = [facts.page(f"brief.risk.{risk.key}") for risk in found_risks(facts) if risk.left in left]
    shown = risks(facts)
    assert {name for name, _ in shown} == set(told_as)
    assert len(shown) == len(left) > 0


def test_a_study_that_judges_no_goal_has_no_risk_to_it(told):
    canvas = told()
    facts = Facts(canvas)
    facts.__dict__["lead"] = "jobs_last"
    assert risks(facts) == []
