"""Explanations are the rule itself taken apart: terms add up, and the best total is what the rule chose."""

from __future__ import annotations

import json

import numpy as np
import pytest

from sim.agents.moves import reconsiders
from sim.agents.state import EMPTY, HEAD
from sim.agents.utility import place_taste
from sim.agents.world import HOME, ORIGIN_STATES, STAY, WHOLE
from sim.config import load_config
from sim.model.path.begin import begin
from sim.model.path.history import branch
from sim.model.path.setup import prepare
from sim.model.year import terms
from sim.programs.explain import explain
from sim.programs.explain.explain import ExplainError, decisions, find_household
from sim.programs.explain.explain_text import ArgumentError, explain_job, explanation

NAMES = ("no_new_policy", "everything")
ACTIONS = ("stay", "home", "one_away", "all_away", "whole")


@pytest.fixture(scope="module")
def setup(tmp_path_factory):
    """What is off by default acts: attachment, and portability in T5."""
    file = tmp_path_factory.mktemp("scenario") / f"{NAMES[1]}.yaml"
    lever = {"intensity": 0.5, "with_effects": ["portability"]}
    words = {"name": NAMES[1], "name_en": "All", "name_zh": "全部", "description": "All.", "description_zh": "全部。"}
    file.write_text(json.dumps(words | {"base": "plan", "levers": {"T5": lever}}))
    scenarios = [NAMES[0], str(file)]
    return prepare(
        load_config(households=5_000, draws=1, scenarios=scenarios, end_year=2027, params={"attachment_sd": 0.5})
    )


@pytest.fixture(scope="module")
def history(setup):
    return begin(setup, 0, 0)


@pytest.fixture(scope="module")
def explained(setup, history):
    """Every reconsideration of a year, with its row of the household table and its step."""
    found = []

    def watch(step):
        hh = step.sim.engine.hh
        for i in np.flatnonzero(hh.members[:, HEAD] != EMPTY):
            if reconsiders(hh, int(i), step.world):
                decision = explain._decision(hh, int(i), step.world, step.number + 1, explain._parts(step))
                taste = step.world.choice.taste * place_taste(hh, int(i), int(hh.base[i]), step.world)
                distance = step.sim.draw.params["distance_coefficient"] * step.sim.draw.places.log_km
                found.append((decision, float(taste), distance[int(hh.home_county[i])].copy()))

    explain._watched_year(setup, history, NAMES[1], 2026, watch)
    return found


def test_terms_add_up_to_the_value_that_the_rule_used(explained):
    assert {ORIGIN_STATES[decision.state] for decision, _, _ in explained} == set(ORIGIN_STATES)
    for decision, _, _ in explained:
        for alternative in decision.alternatives:
            assert sum(alternative.terms.values()) == pytest.approx(alternative.value, abs=1e-9)


def test_terms_enter_the_alternatives_that_their_row_names(explained):
    for term in terms.TERMS:
        found = {
            ACTIONS[alternative.action]
            for decision, _, _ in explained
            for alternative in decision.alternatives
            if abs(alternative.terms[term.name]) > 1e-9
        }
        assert found <= set(term.alternatives.split()), term.name
        assert found or term.name == "rental", f"{term.name}: seen nowhere, and not as a lever that acts later"


def first_step(setup, history):
    """Reconsiderations of the first step after the last published year by household, with the base."""
    found = {}

    def watch(step):
        hh = step.sim.engine.hh
        rows = [
            i
            for i in np.flatnonzero(hh.members[:, HEAD] != EMPTY)
            if step.number == 0 and reconsiders(hh, i, step.world)
        ]
        for i in rows:
            decision = explain._decision(hh, i, step.world, 1, explain._parts(step))
            found[int(hh.key[i])] = (decision, int(hh.base[i]))

    explain._watched_year(setup, history, NAMES[1], 2026, watch)
    return found


def test_a_further_term_is_one_row(setup, history, monkeypatch):
    n, parks = setup.region.n_counties, np.linspace(-1.0, 1.0, setup.region.place_count)
    row = terms.Term("parks", "parks", "公园", terms.ALL, "parks", part=lambda *_: parks, part_of="value")
    before = first_step(setup, history)
    monkeypatch.setattr(terms, "TERMS", (*terms.TERMS, row))
    after = first_step(setup, history)
    assert before.keys() == after.keys()
    assert len(after) > 50
    for key, (decision, base) in after.items():
        values = {(a.action, a.site): a.value for a in before[key][0].alternatives}
        for a in decision.alternatives:
            assert sum(a.terms.values()) == pytest.approx(a.value, abs=1e-9)
            assert a.value - values[a.action, a.site] == pytest.approx(a.terms["parks"], abs=1e-9)
            if a.action == WHOLE:
                place = 2 * a.site + 1 if a.site < n else n + a.site
                assert a.terms["parks"] == pytest.approx(parks[place], abs=1e-9)
            elif a.action == STAY and not ORIGIN_STATES[decision.state].startswith("split"):
                assert a.terms["parks"] == pytest.approx(parks[base], abs=1e-9)
    key, (decision, _) = next(iter(after.items()))
    assert "\n    parks  " in explanation([[decision]], [NAMES[1]], key, 2026, setup.region, 3)


def test_the_highest_total_is_what_the_rule_chose(explained):
    assert len({decision.chosen[0] for decision, _, _ in explained}) >= 3
    for decision, _, _ in explained:
        best = decision.alternatives[0]
        assert (best.action, best.site) == decision.chosen


def test_single_terms_are_what_the_formula_says(explained):
    for decision, taste, distance in explained:
        if ORIGIN_STATES[decision.state] in ("village", "town_native", "town_migrant", "whole_out"):
            stay = next(a for a in decision.alternatives if a.action == STAY)
            assert stay.terms["taste"] == pytest.approx(taste, abs=1e-9)
        for alternative in decision.alternatives:
            if alternative.site >= 0:
                assert alternative.terms["distance"] == pytest.approx(distance[alternative.site], abs=1e-9)
            elif alternative.action in (STAY, HOME):
                assert alternative.terms["distance"] == 0.0


def test_watching_changes_nothing(setup, history):
    before = branch(setup, history, NAMES[1]).indicators
    decisions(setup, history, NAMES[1], 2026, find_household(setup, history, NAMES, 2026))
    assert branch(setup, history, NAMES[1]).indicators.equals(before)


def test_somebody_whose_choice_differs_is_found_and_printed(setup, history):
    key = find_household(setup, history, NAMES, 2027)
    found = [decisions(setup, history, name, 2027, key) for name in NAMES]
    chosen = [[decision.chosen for decision in own] for own in found]
    assert chosen[0] != chosen[1]
    text = explanation(found, NAMES, key, 2027, setup.region, 3)
    assert f"Household {key} in 2027" in text
    assert "<- chosen: no_new_policy" in text
    assert f"<- chosen: {NAMES[1]}" in text
    assert text.count("    total ") == text.count("    V ") >= 2


def test_a_household_that_does_not_exist_is_told(setup, history):
    with pytest.raises(ExplainError, match=r"household = 12: does not exist in 2026(.|\n)*household=any"):
        decisions(setup, history, NAMES[1], 2026, 12)


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["year=2027"], "household: needed"),
        (["household=any", "year=soon"], "year = soon: allowed is a whole number"),
        (["household=any", "year=2027", "scenarios=[a,b,c]"], "one or two names"),
        (["household=any", "yaer=2027"], "did you mean year?"),
    ],
)
def test_arguments_are_checked(argv, expected):
    with pytest.raises(ArgumentError) as caught:
        explain_job(argv)
    assert expected in str(caught.value)
