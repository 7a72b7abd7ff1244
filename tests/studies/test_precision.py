"""The error of a probability from the runs of a study, against the normal distribution."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtri

from sim.statistics.precision import NOISE, precision_of
from sim.studies.precision import ASKED, precision_table
from sim.studies.target import target_table

RUNS = 60
SCORES = ndtri((np.arange(RUNS) + 0.5) / RUNS)
SCORES = SCORES / SCORES.std()


def runs(margin: float, spread: float, year: int = 2029) -> pd.DataFrame:
    """Return rates of 60 draws around ``margin`` points above 66%, with a standard deviation in points."""
    rates = 0.66 + (margin + spread * SCORES) / 100
    head = {"scenario": "plan", "draw": np.arange(RUNS), "replicate": 0, "year": year}
    own = pd.DataFrame(head | {"indicator": "resident_urban_rate", "value": rates})
    return pd.concat([own, own.assign(indicator="rate_gap")])


def test_noise_of_the_runs_is_taken_out_of_the_spread_between_draws():
    noisy = (0.5**2 + NOISE / 5_000) ** 0.5
    table = precision_table(runs(-0.3, noisy), ["plan"], 5_000).query("target == 'resident_rate_66'")
    for row in table.itertuples():
        found = precision_of(-0.3, 0.5, row.draws, row.households)
        assert (row.chance_pp, row.shift_pp, row.error_pp) == pytest.approx(
            (100 * found.chance, 100 * found.shift, 100 * found.error), rel=1e-6
        )


def test_chance_is_the_error_that_the_interval_of_the_target_has():
    """A study's own number of runs: half the interval shown beside a probability is 1.96 standard errors."""
    told = 0.014 * ndtri((np.arange(999) + 0.5) / 999)
    values = runs(0.3, 0.5)
    told_by = lambda years, reading: np.repeat(told[:, None], len(years), axis=1)  # noqa: E731
    table = precision_table(values, ["plan"], 50_000, told_by)
    own = table[(table["households"] == 50_000) & (table["draws"] == RUNS)].set_index("target")
    shown = target_table(values, ["plan"], told_by).set_index("target").loc["resident_rate_66"]
    half = 100 * (shown["ci_high"] - shown["ci_low"]) / 2
    assert own.loc["resident_rate_66", "chance_pp"] == pytest.approx(half / 1.96, rel=0.03)


def test_more_draws_and_more_households_make_it_more_exact():
    table = precision_table(runs(-0.3, 1.3), ["plan"], 50_000).query("target == 'resident_rate_65_5'")
    errors = table.pivot_table(index="households", columns="draws", values="error_pp")
    shifts = table.pivot_table(index="households", columns="draws", values="shift_pp").abs()
    assert (errors.diff(axis=1).iloc[:, 1:] < 0).to_numpy().all()
    assert (shifts.diff(axis=0).iloc[1:] < 0).to_numpy().all()
    assert set(table["scenario"]) == {"plan"} and len(table) == 4 * 4
    needed = table.drop_duplicates("households").set_index("households")["draws_needed"]
    assert precision_of(0.2, (1.3**2 - NOISE / 50_000) ** 0.5, needed[50_000], 50_000).error == pytest.approx(ASKED)


def test_runs_that_differ_by_noise_alone_and_a_study_that_ends_before():
    assert precision_table(runs(1.0, 0.1), ["plan"], 5_000)["error_pp"].notna().all()
    assert precision_table(runs(1.0, 0.1, 2027), ["plan"], 5_000).empty
