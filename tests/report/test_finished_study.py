"""Reading a study folder, and what is said when something is missing."""

import dataclasses
import shutil

import pandas as pd
import pytest

from sim.base.errors import StudyError
from sim.report import queries
from sim.report.finished_study import RATE, load_study
from sim.studies.tables import seal
from tests.report.fake import Fake, write_fake_study


@pytest.fixture
def copied(study_dir, tmp_path):
    return shutil.copytree(study_dir, tmp_path / "copy", ignore=shutil.ignore_patterns("figures"))


def test_study_knows_its_scenarios_years_and_runs(study):
    assert study.scenarios == ("no_new_policy", "plan")
    assert study.policies == ("plan",)
    assert study.years == tuple(range(2020, 2031))
    assert study.runs == {"no_new_policy": 8, "plan": 8}
    assert study.focus == 2029
    assert study.last_observed == study.region.last_observed
    known = dataclasses.replace(study, config=study.config | {"observed_until": 2022})
    assert known.last_observed == 2022
    assert study.observed.loc[2024] == pytest.approx(0.6207, abs=1e-4)


@pytest.mark.parametrize("name", ["summary.csv", "target.csv", "effects.csv", "manifest.parquet", "config.yaml"])
def test_a_missing_file_is_named(copied, name):
    (copied / name).unlink()
    with pytest.raises(StudyError, match=name):
        load_study(copied)


def test_a_missing_column_and_a_missing_study_are_named(copied, tmp_path):
    table = pd.read_csv(copied / "target.csv").drop(columns="ci_low")
    table.to_csv(copied / "target.csv", index=False)
    with pytest.raises(StudyError, match=r"target\.csv: missing or not as it was written"):
        load_study(copied)
    seal(copied)
    with pytest.raises(StudyError, match=r"target\.csv.*ci_low"):
        load_study(copied)
    with pytest.raises(StudyError, match=r"nothing.*experiments\.project"):
        load_study(tmp_path / "nothing")


def test_scenarios_follow_the_configuration(tmp_path, region):
    fake = Fake(scenarios=("services_first", "plan", "no_new_policy"), draws=2, end=2029)
    folder = write_fake_study(tmp_path / "s", region, fake)
    assert load_study(folder).scenarios == ("no_new_policy", "plan", "services_first")
    assert load_study(folder).region.data_hash() == region.data_hash()


def test_year_ends_agree_with_the_summary(study):
    values = queries.year_ends(study, (RATE,), ("plan",))
    medians = values.groupby("year")["value"].median()
    assert medians.to_numpy() == pytest.approx(study.series("plan", RATE)["median"].to_numpy())


def test_county_change_is_the_median_within_runs(study):
    change = queries.county_change(study, "no_new_policy", study.last_observed, 2029)
    assert list(change["place"]) == list(study.region.county_codes)
    assert (change["runs"] == 8).all()


def test_rank_correlation_is_spearmans(study, monkeypatch):
    from scipy.stats import spearmanr

    assert queries.rank_correlations(study, pd.Series(range(8), dtype=float)) is None
    monkeypatch.setattr(queries, "FEWEST_DRAWS", 5)
    rate = queries.draw_table(study, (2029,))[2029]
    table = queries.rank_correlations(study, rate).set_index("name")["correlation"]
    values = study.parameters.pivot_table(index="draw", columns="name", values="value")
    assert table["income_weight"] == pytest.approx(spearmanr(values["income_weight"], rate).statistic)
    assert table.abs().idxmax() == "income_weight"


def test_gap_change_starts_at_zero_and_follows_the_fake(study):
    table = queries.gap_table(study)
    start = table[table["year"] == study.last_observed]
    assert (start[["median", "p05", "p95"]].abs() < 1e-12).all(axis=None)
    plan = table[(table["scenario"] == "plan") & (table["year"] == 2029)]
    assert plan["median"].iloc[0] == pytest.approx(-0.0022 * (2029 - study.last_observed))


def test_without_run_tables_only_the_medians_are_left(copied):
    for name in ("runs", "accounts"):
        shutil.rmtree(copied / name)
    study = load_study(copied)
    assert queries.decomposition(study, study.scenarios) is None
    table = queries.gap_table(study)
    assert table["p05"].isna().all()
    assert table["median"].notna().all()
