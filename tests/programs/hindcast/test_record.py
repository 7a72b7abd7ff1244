"""The discrepancy judged on the provinces that it is learnt from, each left out in turn."""

from __future__ import annotations

import numpy as np
import pytest

from sim.programs.hindcast.cases import Case
from sim.programs.hindcast.record import record_table, told
from sim.statistics.discrepancy import POINTS, Spread


def test_told_members_by_hand():
    """A drift of half a point a year with no spread, from a census year: 0.5 and 1.5 points after one and three."""
    found = told(np.array([[50.0, 52.0]]), Spread(0.0, 0.0, 0.0, 0.5), [2021, 2023], 2020)
    assert found == pytest.approx(np.tile([50.5, 53.5], (POINTS, 1)))


def test_bands_hold_nine_of_ten_outcomes_of_other_provinces():
    observed = np.array([0.60, 0.61])
    case = Case("province", 2020, ["430000"] * 2, [2021, 2022], observed, observed, np.zeros(2, np.int64))
    case.forecasts["model"] = np.array([[0.60, 0.61], [0.62, 0.63]])
    table = record_table("430000", case, ("model",)).set_index(["quantity", "forecaster", "origins", "ahead"])
    early = table.loc[[("rate", "logistic", "2013-2019", "all"), ("residents", "linear", "2013-2019", "all")]]
    assert early["values"].tolist() == [26 * 28, 26 * 28], "26 provinces, 7 + 6 + ... + 1 years"
    assert early["coverage"].between(0.85, 0.95).all()
    late = table.loc[("rate", "logistic", "2020", "all")].set_index("mean_weight")
    assert late["values"].tolist() == [26 * 3] * 3
    assert late.loc[0.0, "bias"] > late.loc[0.5, "bias"] > late.loc[1.0, "bias"]
    own = table.loc[("rate", "model", "2020", "all")].set_index("mean_weight")
    assert own.loc[0.0, "bias"] == pytest.approx(1.0, abs=0.05)
    assert own.loc[0.5, "bias"] == pytest.approx(1.0 - 0.1 * 1.5, abs=0.05), "half of -0.2 a year, over 1 and 2 years"
