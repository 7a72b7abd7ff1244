"""The validation page says what the tables say."""

from __future__ import annotations

import pandas as pd
import pytest

from sim.programs.docs import collect
from sim.programs.docs import validation_text as document
from sim.programs.hindcast.measures import AFTERWARDS, MISSED, REACHED
from sim.report import track_record as validation
from sim.report.text import Text

COLUMNS = ("case", "years", "forecaster", "values", "mae", "median_error", "bias", "crps", "coverage", "rank")
CARD = pd.DataFrame(
    [
        ("province", "all", "linear", 4, 1.8, 1.9, 1.8, 1.8, None, None),
        ("province", "all", "logistic", 4, 1.4, 1.5, 1.4, 1.4, None, None),
        ("province", "all", "model_prior", 4, 2.2, 2.3, 2.2, 1.8, 0.0, None),
        ("province", "all", "model_posterior", 4, 1.0, 1.0, 1.0, 0.9, 1.0, None),
        ("province", "all", "logistic_and_revision", 4, 1.4, 1.5, 1.4, 0.7, 0.75, None),
        ("province", "all", "model_posterior_and_revision", 4, 1.0, 1.0, 1.0, 0.8, 1.0, None),
        ("counties", "all", "initial_share", 122, 5.1, 4.5, -0.7, 5.1, None, 0.7),
        ("counties", "all", "model_prior", 122, 5.7, 4.5, -0.9, 4.5, 0.61, 0.51),
        ("counties", "all", "share_elsewhere", 122, 5.2, 4.3, -0.3, 3.7, 0.88, 0.7),
        ("counties", "all", "model_prior_and_shocks", 122, 5.7, 4.5, -0.9, 3.9, 0.91, 0.51),
        ("counties", "all", "initial_share_and_error_elsewhere", 122, 5.1, 4.5, -0.7, 3.6, 0.89, 0.7),
        ("counties", "all", "model_prior_and_error_elsewhere", 122, 5.7, 4.6, -0.7, 4.1, 0.89, 0.51),
    ],
    columns=COLUMNS,
)
GIVEN = CARD[CARD["case"] == "counties"].assign(case="counties_given_province")
ADDED = pd.DataFrame(
    [
        ("counties", "share", 122, 3.6, 3.9, 3.7, 0.2, -0.1, 0.5, False),
        ("counties", "share and null model", 122, 3.6, 3.9, 3.7, 0.1, -0.1, 0.3, False),
        ("counties_given_province", "share", 122, 3.6, 3.9, 3.4, 0.6, 0.2, 1.0, True),
    ],
    columns=("case", "beside", "places", "known", "forecast", "both", "weight", "low", "high", "adds"),
)
AGENCY = pd.DataFrame(
    [
        ("given_province", 2024, 100, 64.4, 64.0, 0.4, 0.3, 0.5, 0.5, 0.5),
        ("projection", 2029, 100, 65.7, 65.7, 0.02, -0.05, 0.09, 0.55, 0.5),
    ],
    columns=("case", "year", "draws", "model", "null_model", "difference", "low", "high", "model_sd", "null_sd"),
)


def test_duels_take_the_calibrated_forecast_and_the_best_benchmark():
    alone = validation.duels(CARD, wider=False)
    assert (alone[1].model, alone[1].benchmark) == ("model_prior", "share_elsewhere")
    province, (wide, counties) = alone[0], validation.duels(CARD)
    assert (wide.model, wide.benchmark) == ("model_posterior_and_revision", "logistic_and_revision")
    assert wide.winner == "benchmark"
    assert (province.model, province.benchmark, province.winner) == ("model_posterior", "logistic", "model")
    assert counties.model == "model_prior_and_shocks"
    assert counties.benchmark == "initial_share_and_error_elsewhere"
    assert counties.winner == "benchmark"


def test_a_difference_below_one_per_cent_is_a_tie():
    duel = validation.Duel("province", "all", "crps", "model_prior", 1.005, "linear", 1.0)
    assert duel.winner == "tie"
    assert validation.Duel("province", "all", "crps", "model_prior", 1.02, "linear", 1.0).winner == "benchmark"


@pytest.fixture
def tables(tmp_path, monkeypatch):
    folder = tmp_path / "docs"
    (tmp_path / "results/hindcast").mkdir(parents=True)
    pd.concat([CARD, GIVEN]).to_csv(tmp_path / "results/hindcast/scorecard.csv", index=False)
    AGENCY.to_csv(tmp_path / "results/hindcast/agency.csv", index=False)
    ADDED.to_csv(tmp_path / "results/hindcast/encompassing.csv", index=False)
    config = collect.CollectConfig(region="hunan", results=str(tmp_path / "results"))
    missing = collect.collect(config, folder)
    assert "scorecard" not in missing
    assert {"sbc", "sensitivity"} <= set(missing)
    monkeypatch.setattr(document, "TABLES", folder)
    monkeypatch.setattr(document, "load_validation", lambda region: validation.load_validation(region, folder, folder))
    return folder


def test_measures_that_are_missed_come_first(tables):
    lines = document.measures().splitlines()[2:]
    verdicts = [line.rsplit("|", 2)[1].strip() for line in lines]
    order = [MISSED, AFTERWARDS, REACHED]
    assert [order.index(v) for v in verdicts] == sorted(order.index(v) for v in verdicts)
    assert verdicts.count(AFTERWARDS) == 1
    assert any("benchmarks with the error of yearly figures: 75% to 75%" in line for line in lines)
    assert not any("rank correlation" in line for line in lines)
    assert any("3.90 against 3.70" in line and "not reached" in line for line in lines)
    assert any("91%; without the shocks 61%" in line and "not" not in line.rsplit("|", 2)[1] for line in lines)
    adding = [line.rsplit("|", 2)[1].strip() for line in lines if "the model adds" in line]
    assert sorted(adding) == sorted([MISSED, REACHED])
    assert any("CRPS no worse" in line and "0.90 against 1.40" in line and "not" not in line for line in lines)
    assert any("with the discrepancy" in line and "0.80 against 0.70" in line and "not" in line for line in lines)


def test_the_encompassing_test_is_told_by_case(tables):
    rows = document.added().splitlines()[2:]
    assert len(rows) == 3
    assert "0.20 (-0.10 to 0.50)" in rows[0]
    assert rows[0].endswith("| adds nothing that can be shown |")
    assert rows[2].endswith("| adds |")


def test_where_agency_changes_nothing_a_sentence_says_so(tables):
    """0.55 against 0.50 from 100 draws: log ratio 0.095, below 1.96 / 10."""
    text = document.agency()
    assert "+0.40 (+0.30 to +0.50)" in text
    assert text.endswith("here: from the last observed year, without new policy to 2029.\n")
    AGENCY.assign(model_sd=1.0).to_csv(tables / "agency.csv", index=False)
    assert "Agency changes the level or the spread of every one of these beyond chance." in document.agency()


def test_one_sentence_per_row_says_who_wins(tables):
    sentences = document.winners().splitlines()
    assert len(sentences) == 3
    assert (
        "a benchmark wins (logistic), CRPS 0.70 against 0.80 points of the model, calibrated on data up to 2020"
        in (sentences[0])
    )
    assert "a benchmark wins" in sentences[1]


def test_what_was_not_run_is_said(tables):
    for block in (document.variance, document.ranks, document.patterns, document.posteriors, document.errors):
        assert block() == document.NONE


def test_another_region_has_no_track_record(tables):
    assert not validation.load_validation("elsewhere", tables, tables).tables


def test_every_name_of_the_tables_has_words_in_both_languages():
    names = [f"case.{case}" for case in validation.CASES]
    names += [f"forecaster.{validation.plain(n)}" for n in CARD["forecaster"]]
    for language in ("en", "zh"):
        assert all(Text(language)(name) for name in names)


def test_the_figures_of_the_page_are_drawn_from_the_committed_tables(tmp_path):
    files = collect.draw("hunan", tmp_path)
    assert {path.name for path in files} == {f"validation_{name}.png" for name in collect.FIGURES}
    assert all(path.stat().st_size > 10_000 for path in files)
