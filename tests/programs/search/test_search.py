"""From a finished study to bundles, real runs, scenario files and page."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

from sim.base.config_files import composed
from sim.base.errors import StudyError
from sim.config import ConfigError
from sim.policies import load_scenario
from sim.programs.search.answers import missing_of
from sim.programs.search.bundles import AWAY, GRID, distinct, frontier, neighbours, rounded, spent
from sim.programs.search.job import search_job
from sim.programs.search.problem import PLACEBO_FACTOR, Wanted, acting, point_of, probability_of, problem_of
from sim.programs.whatif import ask
from sim.programs.whatif.design import Point, scenario_at
from sim.programs.whatif.fitted import Fitted
from sim.programs.whatif.payload import offsets
from sim.programs.whatif.real import pair
from sim.programs.whatif.study import Ready
from sim.statistics.least_cost import Problem, Surface, chance, cheapest, cost
from tests.programs.whatif.conftest import PLACES, POINTS

YEAR, CONFIRMED = 2028, 3
WANTED = Wanted(0.655, YEAR, 0.8, None, 2027, "potential_areas")


@pytest.fixture(scope="module")
def asked(keys: dict[str, Any], page: Path) -> dict[str, Any]:
    """Return the keys of a search whose target lies between what no measure and what all reach."""
    changed = {"study": "tiny", "results": keys["results"], "points": POINTS, "places": list(PLACES)}
    question = {"year": YEAR, "target": 0.65, "probability": 0.7, "confirm": CONFIRMED, "workers": 1}
    return composed("search", program="search") | changed | question


@pytest.fixture(scope="module")
def folder(asked: dict[str, Any]) -> Path:
    """Return the folder of the question after the search."""
    assert search_job(asked) == 0
    return Path(asked["results"]) / "tiny" / "search" / f"rate65_{YEAR}_p70_from2026"


@pytest.fixture(scope="module")
def problem(emulators: Fitted, prepared: Ready) -> Problem:
    return problem_of(emulators, WANTED, offsets(prepared, "published"), prepared.setup.levers)


def test_a_problem_says_what_the_page_says(emulators: Fitted, prepared: Ready, problem: Problem) -> None:
    """Probability and cost by polynomials against the emulators themselves."""
    levels = np.random.default_rng(1).random(len(emulators.space.levers))
    point, at = point_of(WANTED, levels), emulators.years.index(YEAR)
    path, error = ask.paths(emulators, point)
    added = offsets(prepared, "published")[:, at]
    assert chance(problem, levels)[0] == pytest.approx(ask.chance(path[at], error[at], added, 65.5), abs=1e-9)
    total = emulators.effect("fiscal_cost", point)[: at + 1].sum(axis=0)
    np.testing.assert_allclose(problem.cost.at(levels), total, atol=1e-6)
    nothing = np.zeros(len(levels))
    path, error = ask.paths(emulators, point_of(WANTED, nothing))
    assert probability_of(problem, nothing) == pytest.approx(ask.chance(path[at], error[at], added, 65.5))


def test_levers_without_effect_show_the_error_that_others_must_exceed() -> None:
    noise = 0.01
    linear = np.tile([noise, 0.9 * PLACEBO_FACTOR * noise, 1.1 * PLACEBO_FACTOR * noise, -0.3], (5, 1))
    effect = Surface(linear, np.zeros((5, 4, 4)))
    assert acting(effect, [False, True, True, True]).tolist() == [0.0, 0.0, 1.0, 0.0]
    assert acting(effect, [True] * 4).tolist() == [1.0, 1.0, 1.0, 0.0]


def test_an_enabler_acts_by_what_it_adds_to_others() -> None:
    square = np.zeros((5, 2, 2))
    square[:, 0, 1] = square[:, 1, 0] = 0.1
    assert acting(Surface(np.tile([0.0, 0.5], (5, 1)), square), [True, True]).tolist() == [1.0, 1.0]


def test_rounded_bundles_reach_and_no_step_less_does(problem: Problem) -> None:
    top, low = (probability_of(problem, x) for x in (problem.upper, np.zeros(len(problem.upper))))
    least = 0.5 * (low + top)
    exact = cheapest(problem, least)
    assert exact is not None
    found = rounded(problem, exact, least)
    np.testing.assert_allclose(found * GRID, np.round(found * GRID), atol=1e-9)
    assert chance(problem, found)[0] >= least - 1e-3
    assert cost(problem, found)[0] >= cost(problem, exact)[0] - 0.02 * cost(problem, problem.upper)[0]
    for lever in np.flatnonzero(found):
        less = found.copy()
        less[lever] -= 1.0 / GRID
        assert chance(problem, less)[0] < least or cost(problem, less)[0] >= cost(problem, found)[0]


def test_money_is_not_exceeded_by_steps(problem: Problem) -> None:
    money = 0.2 * cost(problem, problem.upper)[0]
    found = spent(problem, np.zeros(len(problem.upper)), money)
    assert 0.0 < cost(problem, found)[0] <= money
    assert chance(problem, found)[0] > chance(problem, np.zeros(len(found)))[0]


def test_along_the_frontier_probability_and_cost_rise(problem: Problem) -> None:
    """The first step may save money in so small a study, where costs near zero are noise."""
    line = frontier(problem, chance(problem, problem.upper)[0])
    told = np.array([chance(problem, x)[0] for x in line])
    paid = np.array([cost(problem, x)[0] for x in line])
    assert len(line) > 5
    assert (np.diff(told) > 0.0).all()
    assert np.diff(paid[1:]).min() > -0.01 * paid.max()


def test_neighbours_differ_in_one_lever(problem: Problem, emulators: Fitted) -> None:
    best = np.where(problem.upper > 0.0, 0.5, 0.0)
    found = neighbours(problem, best, emulators.space.levers, 4)
    assert len(found) == 4
    for one in found:
        assert np.count_nonzero(one.levels != best) == 1
        assert np.abs(one.levels - best).max() == pytest.approx(AWAY / GRID)


def test_distinct_bundles_are_the_farthest() -> None:
    others = [np.array(x) for x in ([0.1, 0.0], [0.0, 1.0], [1.0, 1.0])]
    found = distinct(np.zeros(2), others, 2)
    assert [x.tolist() for x in found] == [[1.0, 1.0], [0.0, 1.0]]


def test_what_is_missing_closes_the_gap(emulators: Fitted, prepared: Ready, problem: Problem) -> None:
    hard = WANTED._replace(probability=min(0.99, probability_of(problem, problem.upper) + 0.05))
    added = offsets(prepared, "published")
    found = missing_of(emulators, hard, problem, added, problem.upper)
    nearer = problem._replace(base=problem.base + found.points)
    assert chance(nearer, problem.upper)[0] == pytest.approx(hard.probability, abs=1e-6)
    at = emulators.years.index(YEAR)
    for k, one in enumerate(found.closing):
        if one.value is not None:
            assumed = [one.value if i == k else 0.0 for i in range(len(found.closing))]
            path, error = ask.paths(emulators, point_of(hard, problem.upper, assumed))
            assert ask.chance(path[at], error[at], added[:, at], problem.level) >= hard.probability


def test_tables_scenarios_and_page_are_there(folder: Path, prepared: Ready) -> None:
    frontier_rows = pd.read_csv(folder / "frontier.csv")
    assert set(frontier_rows["reading"]) == {"median", "cautious"}
    bundles = pd.read_csv(folder / "bundles.csv").set_index("bundle")
    levers = list(prepared.setup.levers)
    assert ((bundles[levers] * GRID).round(6) % 1.0 == 0.0).all().all()
    files = sorted((folder / "scenarios").glob("*.yaml"))
    assert files
    for file in files:
        scenario = load_scenario(file, prepared.setup.levers, prepared.setup.region)
        row = bundles.loc[file.stem.split("_rate")[0]]
        for lever in levers:
            assert scenario.intensities([2026, YEAR])[lever].tolist() == pytest.approx([row[lever]] * 2)
    page = (folder / "search.html").read_text(encoding="utf-8")
    assert page.count("<figure") == 2 and "could not be drawn" not in page


def test_real_runs_are_those_of_the_model(folder: Path, prepared: Ready, emulators: Fitted) -> None:
    """The best bundle, run by the served page, has the numbers of the table."""
    bundle = pd.read_csv(folder / "bundles.csv").iloc[0]
    confirmed = pd.read_csv(folder / "confirmed.csv").set_index("bundle")
    assert confirmed["draws"].unique().tolist() == [CONFIRMED]
    levels = tuple(float(bundle[lever]) for lever in emulators.space.levers)
    point = Point(levels, 2026, "", (0.0,) * 4)
    scenario = scenario_at(point, emulators.space, prepared.setup.scenarios["no_new_policy"], "x")
    at = emulators.years.index(YEAR)
    both = np.array([pair(prepared.setup, scenario, draw) for draw in range(CONFIRMED)])[:, :, at]
    told = both[:, :, None] + offsets(prepared, "published")[:, at] >= 65.0
    assert confirmed.loc["none", "probability"] == pytest.approx(told[:, 0].mean(), rel=1e-5)
    assert confirmed.loc[bundle["bundle"], "probability"] == pytest.approx(told[:, 1].mean(), rel=1e-5)
    assert confirmed.loc["none", ["effect_p50", "cost_p50"]].tolist() == [0.0, 0.0]


def test_the_same_search_again_runs_nothing_and_writes_the_same(
    asked: dict[str, Any], folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    files = [p for p in sorted(folder.rglob("*")) if p.is_file()]
    before = {path: path.read_bytes() for path in files}

    def never(*_: object) -> None:
        raise AssertionError("run again")

    monkeypatch.setattr("sim.programs.whatif.simulate.begin", never)
    assert search_job(asked) == 0
    assert {p: p.read_bytes() for p in sorted(folder.rglob("*")) if p.is_file()} == before


def test_within_a_budget_the_answer_costs_no_more(asked: dict[str, Any]) -> None:
    assert search_job(asked | {"budget": "5", "confirm": "0", "language": "zh"}) == 0
    folder = Path(asked["results"]) / "tiny" / "search" / f"rate65_{YEAR}_p70_budget5_from2026"
    best = pd.read_csv(folder / "bundles.csv").iloc[0]
    assert best["cost_p50"] <= 5.0
    assert not (folder / "confirmed.csv").exists()
    assert "亿元" in (folder / "search.html").read_text(encoding="utf-8")


@pytest.mark.parametrize(
    ("changed", "words"),
    [
        ({"target": 66.0}, "target = 66.0: allowed is a finite number from 0.01 to 0.99"),
        ({"probability": 1.0}, "probability = 1.0: allowed is a finite number from 0.01 to 0.99"),
        ({"budget": 0.0}, "budget = 0.0: allowed is"),
        ({"budget": "-5"}, "budget = -5.0: allowed is"),
        ({"confirm": "many"}, "confirm = 'many': allowed is"),
        ({"year": 2025}, "year = 2025: allowed is a year from 2026 to 2029"),
        ({"year": 2035}, "year = 2035: allowed is a year from 2026 to 2029"),
        ({"start": 2029}, "start = 2029: allowed is a year from 2026 to 2028"),
        ({"year": 2026, "start": 2027}, "start = 2027: measures would begin after year = 2026"),
        ({"place": "moon"}, "place = moon: allowed is null or one of places"),
        ({"places": ["moon"]}, "places: 'moon' is no group"),
    ],
)
def test_what_cannot_be_asked_is_refused(asked: dict[str, Any], changed: dict[str, Any], words: str) -> None:
    with pytest.raises(ConfigError) as told:
        search_job(asked | changed)
    assert words in str(told.value)


def test_a_study_that_is_not_there_is_named(asked: dict[str, Any], tmp_path: Path) -> None:
    with pytest.raises(StudyError, match=r"experiments\.project study=nope"):
        search_job(asked | {"study": "nope", "results": str(tmp_path)})
    assert not list(tmp_path.iterdir())
