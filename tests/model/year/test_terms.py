"""A term of V is one row: no field of ``Choice`` is unlisted, and a further row reaches the tables and the docs."""

from __future__ import annotations

import re

import numpy as np
import pytest

from sim.agents.observe import N_STOCKS
from sim.agents.world import Choice
from sim.data import load_region
from sim.model.path.policy import neutral_mods
from sim.model.year import terms
from sim.model.year.markets import start_markets
from sim.model.year.places import load_places
from sim.model.year.terms import ALL, NO_TERMS, SITES, TERMS, Term
from sim.model.year.world_tables import Constants, choice_tables, place_values, with_markets
from sim.parameters.declared import declared
from sim.parameters.distributions import summary
from sim.policies import QUANTITIES
from sim.programs.docs import blocks

PARAMS = {p.name: summary(p.prior)[1] for p in declared().values()}


@pytest.fixture(scope="module")
def region():
    return load_region("hunan")


def tables(region):
    """Choice of a year and of a step, and what the markets alone make of the value of places."""
    places, n = load_places(region), region.n_counties
    network = np.zeros((n, 256, 4 + region.n_outside))
    year = choice_tables(region, places, PARAMS, Constants.zeros(region), neutral_mods(n), network, pulls=(0.25, -0.5))
    markets = start_markets(np.ones((2 * n + 1, N_STOCKS), np.int64), n, 0.9, 500.0)
    by_markets = place_values(region, places, PARAMS, markets, np.zeros(n), 1.0)
    return year, with_markets(year, region, places, PARAMS, markets, np.zeros(n), 1.0), by_markets


def test_every_field_is_a_term_or_listed_as_none():
    fields = {term.field for term in TERMS}
    assert fields | set(NO_TERMS) == set(Choice._fields)
    assert not fields & set(NO_TERMS)
    own = [term.name for term in TERMS if term.part is None]
    assert sorted(own) == sorted(fields), "a table with parts has a row of its own for the rest"
    assert all(term.part_of for term in TERMS if term.part is not None)


def test_every_term_has_a_name_and_labels_of_its_own():
    for column in ("name", "label_en", "label_zh"):
        assert len({getattr(term, column) for term in TERMS}) == len(TERMS), column
    for term in TERMS:
        assert 0 < len(term.label_en) < 36, "the column of explanations"
        assert re.search("[\u4e00-\u9fff]", term.label_zh)
        assert term.formula
        assert set(term.alternatives.split()) <= set(ALL.split())


def test_formulas_name_parameters_and_quantities_that_exist():
    known = set(declared()) | {q.name for q in QUANTITIES}
    for term in TERMS:
        assert set(re.findall("`(.*?)`", term.formula)) <= known, term.name
        assert term.parameter is None or f"`{term.parameter}`" in term.formula


def test_weights_are_the_parameters(region):
    year, _, _ = tables(region)
    named = {term.name: term.parameter for term in TERMS if term.parameter} | {k: v for k, v in NO_TERMS.items() if v}
    assert terms.weights(PARAMS) == {field: PARAMS[name] for field, name in named.items()}
    assert {field: getattr(year, field) for field in named} == terms.weights(PARAMS)
    assert (year.pull_in, year.pull_out) == (0.25, -0.5)


def test_without_further_rows_nothing_is_added(region):
    year, step, by_markets = tables(region)
    assert not year.value.any()
    assert np.array_equal(step.value, by_markets)
    distance = PARAMS["distance_coefficient"] * load_places(region).log_km
    assert np.array_equal(terms.parts(region, load_places(region), PARAMS, {})["distance"], distance)


def test_a_further_row_is_added_to_its_table_and_listed(region, monkeypatch):
    parks = np.linspace(-0.5, 0.5, region.place_count)
    ferry = np.full((region.n_counties, region.n_counties + region.n_outside), 0.125)
    _, before, _ = tables(region)
    rows = (
        Term("parks", "parks", "公园", ALL, "parks", part=lambda *_: parks, part_of="value"),
        Term("ferry", "ferry", "渡轮", SITES, "ferry", part=lambda *_: ferry, part_of="reach"),
    )
    monkeypatch.setattr(terms, "TERMS", (*TERMS, *rows))
    _, after, _ = tables(region)
    assert np.allclose(after.value - before.value, parks[None, :], atol=1e-12)
    assert np.allclose(after.reach - before.reach, 0.125, atol=1e-12)
    same = set(Choice._fields) - {"value", "reach"}
    assert all(np.array_equal(getattr(after, field), getattr(before, field)) for field in same)
    assert "| parks | 公园 | parks |  | stay, home, one_away, all_away, whole |" in blocks.terms()


def test_a_part_of_another_shape_is_refused(region, monkeypatch):
    row = Term("parks", "parks", "公园", ALL, "parks", part=lambda *_: np.zeros(3), part_of="value")
    monkeypatch.setattr(terms, "TERMS", (*TERMS, row))
    with pytest.raises(ValueError, match="broadcast"):
        tables(region)
