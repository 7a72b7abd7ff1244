"""Sentences for every outcome."""

import dataclasses

import pandas as pd
import pytest

from sim.report.answer import Chance, chance_words, chances, compose, verdict, warnings
from sim.report.figures.canvas import Canvas
from sim.report.finished_study import RATE, load_study
from sim.report.text import Text
from sim.studies.study import run_study
from tests.report.fake import Fake, write_fake_study
from tests.studies import fake_simulator


def answer(study, language="en", figures=None):
    canvas = Canvas(study, Text(figures or language), Text(language))
    return compose(canvas, canvas.causes, canvas.gaps)


def with_effect(study, low, middle, high):
    effects = study.effects.copy()
    chosen = (effects["scenario"] == "plan") & (effects["indicator"] == RATE) & (effects["place"] == study.province)
    effects.loc[chosen, ["p05", "median", "p95"]] = [low, middle, high]
    return dataclasses.replace(study, effects=effects)


@pytest.mark.parametrize(
    ("probability", "word"),
    [
        (1.0, "certain"),
        (0.95, "very_likely"),
        (0.7, "likely"),
        (0.5, "even"),
        (0.2, "unlikely"),
        (0.05, "very_unlikely"),
        (0.0, "excluded"),
    ],
)
def test_words_for_probabilities(probability, word):
    assert verdict(probability) == word
    assert Text("en")(f"verdict.{word}")
    assert Text("zh")(f"verdict.{word}")


def test_words_never_contradict_the_printed_percentage(study):
    chance = chances(study)[0]._replace(runs=200)
    bounds = (99, 90, 66, 33, 10, 1)
    keys = ("certain", "very_likely", "likely", "even", "unlikely", "very_unlikely")
    for step in range(401):
        one = chance._replace(probability=step / 400)
        shown = chance_words(Text("en"), one)
        percent = 0 if "below" in shown else 100 if "above" in shown else int(shown.rstrip("%"))
        word = next((key for bound, key in zip(bounds, keys, strict=True) if percent >= bound), "excluded")
        assert one.verdict == word, (step / 400, shown)
    assert verdict(0.325) == "even"
    assert verdict(0.895) == "very_likely"


def test_certainty_is_never_claimed(study):
    chance = chances(study)[0]._replace(runs=200)
    assert chance_words(Text("en"), chance._replace(probability=1.0)) == "above 99%"
    assert chance_words(Text("en"), chance._replace(probability=0.0)) == "below 1%"
    assert chance_words(Text("en"), chance._replace(probability=0.47)) == "47%"


def test_few_runs_are_counted_and_get_no_word(study):
    chance = chances(study)[0]._replace(probability=0.4, alone=0.25, runs=8)
    assert chance_words(Text("en"), chance) == "2 of 8 runs"
    assert chance_words(Text("zh"), chance._replace(runs=1, alone=0.0)) == "1次中0次"
    assert chance.verdict == "few"
    assert "Too few runs for a probability" in answer(study).headline


def enough(study):
    """The same study as if each scenario had 200 runs."""
    rows = [(f"{name}{i}", name, i, 0, "done") for name in study.scenarios for i in range(200)]
    manifest = pd.DataFrame(rows, columns=["run_id", "scenario", "draw", "replicate", "status"])
    return dataclasses.replace(study, manifest=manifest)


def test_headline_answers_the_question_for_both_scenarios(study):
    found = answer(study)
    assert "reach 66% by the end of 2029?" in found.headline
    assert "No new policy" in found.headline
    assert "The plan" in found.headline
    assert len(found.grid) == 8


@pytest.mark.parametrize(
    ("low", "middle", "high", "words"),
    [
        (0.001, 0.004, 0.007, "adds 0.40 points"),
        (-0.007, -0.004, -0.001, "lowers the rate by 0.40 points"),
        (-0.002, 0.001, 0.004, "its sign is not settled"),
        (-0.0001, 0.0, 0.0001, "hardly changes"),
    ],
)
def test_every_sign_of_the_effect_has_its_sentence(study, low, middle, high, words):
    points = answer(with_effect(study, low, middle, high)).points
    assert sum(words in point for point in points) == 1


def test_what_the_baseline_does_is_not_credited_to_the_plan(study):
    text = " ".join(answer(study).points)
    assert "come about without new policy as well" in text
    summary = study.summary.copy()
    chosen = (summary["scenario"] == "plan") & (summary["indicator"] == RATE) & (summary["year"] > study.last_observed)
    summary.loc[chosen, "median"] -= 0.01
    worse = " ".join(answer(dataclasses.replace(study, summary=summary)).points)
    assert "the rise does not come from the policy" in worse


def test_causes_are_listed_with_their_size(study):
    text = next(point for point in answer(study).points if "Where the change comes from" in point)
    for words in (
        "between villages and towns",
        "counted as urban",
        "births and deaths",
        "outside the province",
        "all residents",
    ):
        assert words in text


def test_few_and_failed_runs_and_a_missing_font_are_said(study):
    found = answer(study).warnings
    assert any("Only 8 runs per scenario" in warning for warning in found)
    lost = [study.manifest.iloc[[row]].assign(status=status) for row, status in ((2, "failed"), (3, "pending"))]
    manifest = pd.concat([study.manifest.iloc[[0, 1]], *lost])
    one = dataclasses.replace(study, manifest=manifest)
    found = answer(one).warnings
    assert any("Only 1 run per scenario" in warning for warning in found)
    assert any("1 run failed" in warning for warning in found)
    assert any("1 run is still to be done" in warning for warning in found)
    found = answer(study, language="zh", figures="en").warnings
    assert any("zhplot" in warning for warning in found)


def test_a_posterior_of_other_data_is_a_warning_and_one_of_other_code_is_not(study):
    def said(data, language="en"):
        env = study.env | {"data_hash": "now", "posterior_made_with": {"data": data, "code": "older"}}
        config = study.config | {"posterior": "posterior_projection"}
        return [
            w
            for w in answer(dataclasses.replace(study, env=env, config=config), language).warnings
            if "posterior_" in w
        ]

    assert "other data tables" in said("older")[0]
    assert "数据表与本研究不同" in said("older", "zh")[0]
    assert said("now") == []


def test_a_study_without_baseline_says_nothing_about_policies(study):
    only = dataclasses.replace(
        study,
        summary=study.summary[study.summary["scenario"] == "plan"],
        target=study.target[study.target["scenario"] == "plan"],
        effects=study.effects.iloc[:0],
    )
    found = answer(only)
    assert any("no_new_policy" in warning for warning in found.warnings)
    assert not any("run by run" in point for point in found.points)


def test_a_short_study_does_not_answer(tmp_path, region, study):
    short = dataclasses.replace(
        study, summary=study.summary[study.summary["year"] <= 2026], target=study.target.iloc[:0]
    )
    found = answer(short)
    assert "does not answer" in found.headline
    assert found.grid == []
    assert warnings(Canvas(short, Text("en"), Text("en")))


def test_chinese_answer_has_no_english_words(study):
    found = answer(study, "zh")
    for sentence in [found.headline, *found.points]:
        assert not [
            word for word in sentence.replace("“", " ").replace("”", " ").split() if word.isascii() and word.isalpha()
        ]


def test_a_reached_goal_is_said_to_be_reached(tmp_path, region):
    folder = write_fake_study(tmp_path / "high", region, Fake(draws=3, end=2029, level=0.006))
    found = answer(enough(load_study(folder)))
    assert "virtually certain" in found.headline
    assert "above 99%" in found.headline


@pytest.mark.parametrize("draws", [4, 30, 40])
def test_the_terminal_tells_a_probability_as_the_page_does(make, draws):
    config = make(draws=draws, end_year=2029)
    outcome = run_study(config, fake_simulator.simulator(), fake_simulator.report)
    target = pd.read_csv(config.study_dir / "target.csv").query("target == 'resident_rate_66' and target_year == 2029")
    said = {line.split()[0]: line for line in outcome.text().splitlines() if line.startswith("  ")}
    for row in target.itertuples():
        chance = Chance(row.scenario, row.target, 2029, row.probability, row.ci_low, row.ci_high, draws)
        assert f" {chance_words(Text('en'), chance)}" in said[row.scenario]
    assert ("too few for a probability" in outcome.text()) == (draws < 30)
