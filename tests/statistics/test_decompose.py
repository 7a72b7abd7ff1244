"""The decomposition against a case worked out by hand, and its identity on random accounts."""

import numpy as np
import pandas as pd
import pytest

from sim.statistics.decompose import ACCOUNTS, TERMS, decompose_rate, decompose_runs


def account(year, zone, **values):
    return {"year": year, "zone": zone, **dict.fromkeys(ACCOUNTS, 0.0), **values}


@pytest.fixture
def one_year():
    """600 of 1000 persons are urban; the year ends with 636 of 960.

    Urban: 5 born, 3 died, 30 moved in, 8 moved out, 10 counted, 4 entered, 2 left = +36.
    Rural: 1 born, 9 died, 8 moved in, 30 moved out, -10 counted, 0 entered, 36 left = -76.
    """
    return pd.DataFrame(
        [
            account(2025, "urban", born=5, died=3, moved_in=30, moved_out=8, counted=10, entered=4, left=2),
            account(2025, "rural", born=1, died=9, moved_in=8, moved_out=30, counted=-10, left=36),
        ]
    )


def test_hand_computed_year(one_year):
    row = decompose_rate(one_year, 600, 1000).iloc[0]
    assert row["rate_before"] == 0.6
    assert row["rate_after"] == 636 / 960
    assert row["moved"] == pytest.approx(22 / 960)
    assert row["counted"] == pytest.approx(10 / 960)
    assert row["born_died"] == pytest.approx(2 / 960)
    assert row["outside"] == pytest.approx(2 / 960)
    assert row["denominator"] == pytest.approx(0.6 * 40 / 960)
    assert row[list(TERMS)].sum() == pytest.approx(636 / 960 - 0.6, abs=1e-15)


def test_shrinking_total_alone_raises_the_rate():
    accounts = pd.DataFrame([account(2025, "urban"), account(2025, "rural", left=100)])
    row = decompose_rate(accounts, 600, 1000).iloc[0]
    assert row["change"] == pytest.approx(600 / 900 - 0.6)
    assert row["denominator"] == pytest.approx(row["change"])
    assert row[["moved", "counted", "born_died", "outside"]].abs().sum() == 0


def random_accounts(seed, years=6):
    rng = np.random.default_rng(seed)
    rows = []
    for year in range(2021, 2021 + years):
        urban, rural = (dict(zip(ACCOUNTS, rng.uniform(0, 30, len(ACCOUNTS)), strict=True)) for _ in range(2))
        rural["counted"] = -urban["counted"]
        rural["moved_in"], rural["moved_out"] = urban["moved_out"], urban["moved_in"]
        rows += [account(year, "urban", **urban), account(year, "rural", **rural)]
    return pd.DataFrame(rows)


@pytest.mark.parametrize("seed", range(5))
def test_terms_add_up_and_years_connect(seed):
    table = decompose_rate(random_accounts(seed), 600, 1000)
    assert table[list(TERMS)].sum(axis=1).to_numpy() == pytest.approx(table["change"].to_numpy(), abs=1e-14)
    assert table["rate_before"].to_numpy()[1:] == pytest.approx(table["rate_after"].to_numpy()[:-1])


def test_mean_over_runs_still_adds_up():
    parts = [random_accounts(seed).assign(run_id=f"run{seed}") for seed in range(4)]
    start = pd.DataFrame({"run_id": [f"run{s}" for s in range(4)], "urban": [600, 590, 610, 605.0], "residents": 1000})
    table = decompose_runs(pd.concat(parts), start, by=["run_id"])
    mean = table.groupby("year")[["change", *TERMS]].mean()
    assert mean[list(TERMS)].sum(axis=1).to_numpy() == pytest.approx(mean["change"].to_numpy(), abs=1e-14)
    assert len(table) == 24


def test_missing_column_and_zone_are_named(one_year):
    with pytest.raises(ValueError, match="counted"):
        decompose_rate(one_year.drop(columns="counted"), 600, 1000)
    with pytest.raises(ValueError, match=r"accounts of 2025.*urban and rural"):
        decompose_rate(one_year.iloc[:1], 600, 1000)
