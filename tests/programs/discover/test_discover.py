"""A made-up study in which one parameter decides: the program finds it, says so, and leaves the study alone."""

from __future__ import annotations

import hashlib
import re

import numpy as np
import pandas as pd
import pytest

from sim.base.errors import InputError
from sim.programs.discover.conditions import condition_of, read_draws
from sim.programs.discover.discover import DiscoverConfig, discover_job
from sim.report.finished_study import RATE, load_study
from sim.report.queries import year_ends
from sim.report.text import Text
from sim.statistics.boxes import inside
from sim.studies.tables import seal
from sim.studies.target import TARGETS, chance_by_run, target_table
from tests.report.fake import Fake, write_fake_study

YEAR = 2029
KEYS = {
    "study": "made", "scenario": "plan", "target": "resident_rate_66", "year": YEAR, "outcome": "chance", "boxes": 2,
    "coverage": 0.5, "mass": 0.1, "resamples": 10, "permutations": 20, "seed": 1, "language": "en",
}  # fmt: skip


@pytest.fixture(scope="module")
def results(tmp_path_factory, hunan):
    """A study of 60 draws whose rate follows ``vacancy_growth`` and nothing else."""
    folder = write_fake_study(tmp_path_factory.mktemp("results") / "made", hunan, Fake(draws=60, level=0.0))
    ends = year_ends(load_study(folder), (RATE,), ("plan",))
    rate = ends[ends["year"] == YEAR]
    rng = np.random.default_rng(0)
    table = pd.DataFrame(rng.normal(size=(60, 20)), columns=[f"made_up_{k}" for k in range(20)])
    table["vacancy_growth"] = rate.set_index("draw")["value"].rank().sub(30).div(1000).sort_index().to_numpy()
    long = table.rename_axis("draw").reset_index().melt("draw", var_name="name", value_name="value")
    long.to_parquet(folder / "parameters.parquet")
    seal(folder)
    return folder.parent


def digests(folder):
    return {path: hashlib.sha256(path.read_bytes()).hexdigest() for path in sorted(folder.rglob("*")) if path.is_file()}


@pytest.fixture(scope="module")
def answer(results):
    """The folder of the answer in English; the study beside it is as it was."""
    before = digests(results / "made")
    assert discover_job({**KEYS, "results": str(results)}) == 0
    assert digests(results / "made") == before
    return results / "discover" / f"made_plan_resident_rate_66_{YEAR}_chance"


def test_the_one_condition_is_found_with_its_limit(answer):
    boxes = pd.read_csv(answer / "boxes.csv")
    first = boxes[boxes["search"] == 1]
    assert first["condition"].tolist() == ["vacancy_growth"]
    assert first["low"].iloc[0] == -np.inf
    assert first["found_again"].iloc[0] > 0.8
    draws = pd.read_parquet(answer / "draws.parquet")
    members = draws[draws["vacancy_growth"] <= first["high"].iloc[0]]
    assert (members["box"] == 1).all()
    assert first["coverage"].iloc[0] == pytest.approx(members["miss"].sum() / draws["miss"].sum(), rel=1e-5)
    assert first["density"].iloc[0] == pytest.approx(members["miss"].mean(), rel=1e-5)
    assert members["miss"].mean() > draws["miss"].mean()


def test_the_page_says_it_in_one_sentence_and_asks_nothing_of_the_network(answer):
    page = (answer / "discover.html").read_text(encoding="utf-8")
    sentence = re.search(r'<p class="headline">(.*?)</p>', page)[1]
    draws = pd.read_parquet(answer / "draws.parquet")
    assert "yearly growth of jobs on offer to newcomers" in sentence
    assert f"{100 * draws.loc[draws['box'] == 1, 'miss'].mean():.0f}%" in sentence
    assert f"{100 * draws['miss'].mean():.0f}% overall" in sentence
    assert page.count('<img src="data:image/') == 3
    assert set(re.findall(r'(?:src|href)="(?!data:|#)(.*?)"', page)) == {"boxes.csv", "conditions.csv"}
    assert sorted(path.stem for path in (answer / "figures").glob("*.svg")) == ["limits", "trajectory", "tree"]


def test_the_same_question_gives_the_same_bytes(results, answer):
    before = digests(answer)
    discover_job({**KEYS, "results": str(results)})
    assert digests(answer) == before


def test_chinese_page_and_runs_alone(results):
    study, draws = read_draws(results / "made", "plan", "resident_rate_66", YEAR, "runs")
    assert set(np.unique(draws.chances)) == {0.0, 1.0}
    assert (draws.chances == draws.alone).all()
    discover_job({**KEYS, "results": str(results), "outcome": "runs", "language": "zh"})
    page = (results / "discover" / f"made_plan_resident_rate_66_{YEAR}_runs" / "discover.html").read_text("utf-8")
    assert 'lang="zh-CN"' in page
    assert "面向新进城者的岗位年增长率" in page
    assert study.name == "made"


def test_chances_are_those_of_the_table_of_targets(results):
    study = load_study(results / "made")
    own = year_ends(study, (RATE,), ("plan",))

    def offsets(years, reading):
        return np.linspace(-0.02, 0.02, 5)[:, None] * np.ones(len(years))

    told = chance_by_run(own, TARGETS[0], YEAR, offsets)
    table = target_table(own, ["plan"], offsets).query("target == 'resident_rate_66' and target_year == @YEAR")
    assert told.mean() == pytest.approx(table["probability"].iloc[0])
    assert 0.0 < told.mean() < 1.0


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"study": "nowhere"}, "nowhere: no such study; here are made"),
        ({"scenario": "plan2"}, "scenario = plan2: the study has no_new_policy, plan"),
        ({"year": 2040}, "year = 2040: the study has 2026, "),
        ({"year": 2022}, "year = 2022: the study has 2026, "),
        ({"target": "rate"}, "target = 'rate'"),
        ({"coverage": 2.0}, "coverage = 2"),
        ({"study": "../made"}, "study = '../made'"),
    ],
)
def test_bad_input_is_one_message_and_writes_nothing(results, changes, words):
    before = digests(results)
    with pytest.raises(InputError) as error:
        discover_job({**KEYS, "results": str(results), **changes})
    assert words in str(error.value)
    assert digests(results) == before


def test_too_few_draws_and_misses_are_refused(results, tmp_path, hunan):
    write_fake_study(tmp_path / "small", hunan, Fake(draws=8))
    with pytest.raises(InputError, match="small: 8 draws; conditions are sought in 40 or more"):
        discover_job({**KEYS, "study": "small", "results": str(tmp_path)})
    with pytest.raises(InputError, match=r"of 60 draws meet the target with outcome=runs; 5 are needed"):
        read_draws(results / "made", "plan", "resident_rate_66", 2026, "runs")


def test_a_damaged_table_is_refused_and_not_made_again(results, tmp_path, hunan):
    folder = write_fake_study(tmp_path / "hurt", hunan, Fake(draws=8))
    (folder / "target.csv").write_text("scenario\n")
    before = digests(folder)
    with pytest.raises(InputError, match=r"target\.csv: missing or not as it was written"):
        discover_job({**KEYS, "study": "hurt", "results": str(tmp_path)})
    assert digests(folder) == before


def test_conditions_are_told_with_lever_meaning_and_unit(results):
    study = load_study(results / "made")
    for language, words in (("en", "T2 "), ("zh", "T2 ")):
        told = condition_of(study, Text(language), "T2.vacancies")
        assert told.meaning.startswith(words)
    assert condition_of(study, Text("en"), "vacancy_growth").number(-0.00213) == "−0.213% per year"
    assert condition_of(study, Text("zh"), "vacancy_growth").number(-0.00213) == "每年−0.213%"
    assert condition_of(study, Text("en"), "combining.multiplier").number(0.5) == "0.5"


def test_every_key_is_explained():
    assert set(DiscoverConfig.model_fields) == {*KEYS, "results"}
    assert inside(pd.DataFrame({"x": [1.0, 2.0]}), {}).all()
