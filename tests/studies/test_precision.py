"""The error of a probability from the bands of a study, against the normal distribution."""

from __future__ import annotations

import pandas as pd
import pytest

from sim.statistics.precision import NOISE, precision_of
from sim.studies.precision import precision_table

Z90 = 1.6448536269514722


def bands(margin: float, width: float) -> pd.DataFrame:
    """Return the band of a rate whose median lies ``margin`` points above 66%, with a standard deviation in points."""
    middle, half = 0.66 + margin / 100, Z90 * width / 100
    row = {"scenario": "plan", "year": 2029, "place": "430000", "indicator": "resident_urban_rate"}
    own = row | {"median": middle, "p05": middle - half, "p95": middle + half, "runs": 60}
    return pd.DataFrame([own, own | {"place": "4301", "median": 0.0}, own | {"indicator": "rate_gap"}])


def test_noise_of_the_runs_is_taken_out_of_the_spread_between_draws():
    noisy = (0.5**2 + NOISE / 5_000) ** 0.5
    table = precision_table(bands(-0.3, noisy), 5_000, "430000").query("target == 'resident_rate_66'")
    for row in table.itertuples():
        found = precision_of(-0.3, 0.5, row.draws, row.households)
        assert (row.chance_pp, row.shift_pp, row.error_pp) == pytest.approx(
            (100 * found.chance, 100 * found.shift, 100 * found.error), rel=1e-6
        )


def test_more_draws_and_more_households_make_it_more_exact():
    table = precision_table(bands(-0.3, 1.3), 50_000, "430000").query("target == 'resident_rate_65_5'")
    errors = table.pivot_table(index="households", columns="draws", values="error_pp")
    shifts = table.pivot_table(index="households", columns="draws", values="shift_pp").abs()
    assert (errors.diff(axis=1).iloc[:, 1:] < 0).to_numpy().all()
    assert (shifts.diff(axis=0).iloc[1:] < 0).to_numpy().all()
    assert set(table["scenario"]) == {"plan"} and len(table) == 4 * 4


def test_a_band_of_noise_alone_and_a_study_that_ends_before():
    assert precision_table(bands(1.0, 0.1), 5_000, "430000")["error_pp"].notna().all()
    assert precision_table(bands(1.0, 0.1).assign(year=2027), 5_000, "430000").empty
