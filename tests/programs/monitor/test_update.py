"""Weights by new figures, beside what they must be by hand."""

from __future__ import annotations

import numpy as np
import pytest

from sim.base.names import BASELINE
from sim.programs.monitor.course import Stage, chances, equal, pace, verdict, warnings_of, why
from sim.programs.monitor.figures import Flows, Given, NewFigures, Place
from sim.programs.monitor.runs import RATE
from sim.programs.monitor.update import update
from sim.studies.discrepancy import figure_errors
from tests.programs.monitor.conftest import DRAWS

NAMES = (BASELINE, "plan")


def figures(**parts):
    return NewFigures(year=2026, source="made-up", **parts)


def stages(forecast, given):
    found = {name: update(forecast, given, name) for name in NAMES}
    before = dict.fromkeys(NAMES, equal(np.ones(DRAWS)))
    weighed = {name: one.weight for name, one in found.items()}
    after = {name: equal(one.runs) for name, one in found.items()}
    return {k: Stage(forecast, w) for k, w in (("before", before), ("weighed", weighed), ("after", after))}


def test_a_surprise_is_shared_by_variance_between_runs_and_pace(forecast):
    """All terms nearly normal: the pace takes its variance over the whole of the surprise of the mean."""
    told = forecast.told(BASELINE, 2026)
    surprise = 0.003
    given = figures(province=Given(urban_rate=100.0 * (float(told.mean()) + surprise)))
    found = update(forecast, given, BASELINE)
    offsets = forecast.discrepancy.rate("430000", [2026])[:, 0]
    runs = forecast.values(BASELINE, RATE, 2026)
    error = np.hypot(figure_errors("430000").rate, forecast.rate_noise(2026))
    moved = float(found.weight.sum(axis=0) @ offsets) - offsets.mean()
    whole = offsets.var() + runs.var() + error**2
    assert moved == pytest.approx(surprise * offsets.var() / whole, rel=0.15)
    assert float(found.runs @ runs) - runs.mean() == pytest.approx(surprise * runs.var() / whole, rel=0.25)


def test_a_figure_in_the_middle_leaves_nearly_all_runs_and_one_far_off_few(forecast):
    middle = 100.0 * float(forecast.told(BASELINE, 2026).mean())
    near, far = (update(forecast, figures(province=Given(urban_rate=x)), BASELINE) for x in (middle, middle + 1.5))
    assert near.effective > 0.9 * DRAWS
    assert far.effective < near.effective
    assert far.evidence < near.evidence
    assert near.weight.sum() == pytest.approx(1.0)


def test_figures_that_say_nothing_of_the_pace_leave_it(forecast):
    given = figures(flows=Flows(left=1.0), prefectures={"4301": Place(urban_rate=60.0)})
    found = update(forecast, given, BASELINE)
    assert found.weight.sum(axis=0) == pytest.approx(np.full(128, 1 / 128))
    assert set(found.by_figure) == {"left", "prefectures"}
    assert found.by_figure["left"] == pytest.approx(DRAWS)


def test_kinds_of_figures_multiply(forecast):
    rate, people = Given(urban_rate=63.5), Given(residents=6460.0)
    both = update(forecast, figures(province=Given(urban_rate=63.5, residents=6460.0)), BASELINE)
    one, other = (update(forecast, figures(province=given), BASELINE) for given in (rate, people))
    product = one.weight * other.runs[:, None]
    assert both.weight == pytest.approx(product / product.sum())


def test_the_figures_of_a_scenario_speak_for_it(forecast):
    told = 100.0 * float(forecast.told("plan", 2026).mean())
    high = figures(province=Given(urban_rate=told + 0.5))
    assert update(forecast, high, "plan").evidence > update(forecast, high, BASELINE).evidence


def test_parts_of_the_change_add_up_and_pace_is_arithmetic(forecast):
    steps = stages(forecast, figures(province=Given(urban_rate=63.4)))
    table = why(steps, 2029, 2026).pivot_table(index="scenario", columns="part", values="points")
    assert table[["runs", "pace", "again"]].sum(axis=1).tolist() == pytest.approx(table["whole"].tolist())
    means = chances(steps, 0.66).query("year == 2029 and scenario == 'plan'").set_index("stage")["mean"]
    assert table.loc["plan", "whole"] == pytest.approx(100 * (means["after"] - means["before"]))
    assert means["weighed"] < means["before"], "a low figure lowers what follows"
    row = pace(steps["after"], 0.634, 0.66, 2029).set_index("scenario").loc["plan"]
    assert row["needed"] == pytest.approx((66.0 - 63.4) / 4)
    assert row["p05"] < row["likely"] < row["p95"]
    assert verdict(row["probability"]) in ("on", "likely", "unlikely", "off")


def test_a_figure_below_the_warning_brings_the_chance_below_the_level(forecast):
    """The warning of the table is checked by taking such a figure in."""
    stage = Stage(forecast, dict.fromkeys(NAMES, equal(np.ones(DRAWS))))
    error = float(np.hypot(figure_errors("430000").rate, forecast.rate_noise(2026)))
    for row in warnings_of(stage, 0.66, 2029, error, [0.5, 0.2]).to_dict("records"):
        met = forecast.told(row["scenario"], 2029) >= 0.66
        for shift, above in ((-0.0004, False), (0.0004, True)):
            given = figures(province=Given(urban_rate=100.0 * (row["figure"] + shift)))
            chance = float((update(forecast, given, row["scenario"]).weight * met).sum())
            assert (chance > row["level"]) is above
