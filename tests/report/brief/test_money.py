"""Cost per person: by hand from the runs of the study, and without bound where nobody is gained."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.report.brief.facts import Facts
from sim.report.brief.money import price


def test_cost_and_people_are_those_of_the_runs(told):
    facts = Facts(told())
    found = price(facts, "plan")
    assert found.last == 2029
    total = 4 * 1e10 * (1 + 0.1 * np.arange(6))
    quantiles = [0.5, 0.05, 0.95]
    assert found.cost == pytest.approx(np.quantile(total, quantiles)), "four years from 2026 on"
    runs = pd.read_parquet(facts.study.folder / "runs" / "part-0.parquet")
    runs = runs.merge(facts.study.manifest[["run_id", "scenario", "draw"]], on="run_id")
    runs = runs[(runs["place"] == "430000") & (runs["indicator"] == "urban_residents") & (runs["year"] == 2029)]
    people = runs.pivot_table(index="draw", columns="scenario", values="value")
    each = total / (people["plan"] - people["no_new_policy"]).to_numpy()
    assert found.resident == pytest.approx(np.quantile(each, quantiles))


def test_a_policy_that_registers_nobody_in_half_of_the_runs_has_a_least_price_alone(told):
    found = price(Facts(told()), "jobs_first")
    assert np.isnan([found.registered.median, found.registered.high]).all()
    assert found.registered.low > 4e10 / 4e5, "draw 0 is the cheapest: 400,000 less those on paper"


def test_the_baseline_has_no_price(told):
    assert price(Facts(told()), "no_new_policy") is None
