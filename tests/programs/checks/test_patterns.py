"""Patterns: evidence from the tables, verdicts, and the replays against hand-made paths."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sim.base.errors import InputError, StudyError
from sim.config import load_config
from sim.data import load_region
from sim.model.path.setup import prepare
from sim.programs.checks import patterns as pt

REGION = load_region("hunan")


def test_evidence_from_the_tables():
    found = pt.evidence(REGION)
    assert found["left_behind_children"].value == pytest.approx(0.714)
    census = REGION.table("county_census").query("year == 2020").set_index("county_code")["in_other_county"]
    changsha = census[[c for c in census.index if str(c).startswith("4301")]].astype(float).sum()
    assert found["capital_share_of_movers"].value == pytest.approx(changsha / census.astype(float).sum())
    assert all(p.low <= p.value <= p.high for p in found.values())


def test_verdicts():
    names = list(pt.evidence(REGION))
    rows = pd.DataFrame({name: np.linspace(0.0, 0.0, 11) for name in names})
    rows["damping"] = np.linspace(0.17, 0.19, 11)
    rows["mobility_exponent"] = np.linspace(0.5, 0.9, 11)
    rows["public_school_share"] = np.linspace(0.1, 0.2, 11)
    table = pt.pattern_table(rows, REGION).set_index("pattern")["verdict"]
    assert table["damping"] == "inside"
    assert table["mobility_exponent"] == "overlaps"
    assert table["public_school_share"] == "outside"


def test_extra_arrivals_are_those_of_the_zone():
    zone = np.array([True, False, True])
    base = pt.Replay({}, {2012: np.array([10, 100, 30])}, 0.0)
    more = pt.Replay({}, {2012: np.array([15, 300, 37])}, 0.0)
    assert pt._extra(more, base, zone, 2012) == pytest.approx(12 / 40)


def test_replays_of_one_draw_go_the_way_of_their_push():
    keys = {"scenarios": ["no_new_policy"], "posterior": None, "households": 20_000, "draws": 1}
    setup = prepare(load_config(start=2010, observed_until=2010, end_year=2020, **keys))
    got = pt.past_patterns(setup, 0)
    assert got["zone_2011_first_year"] > 0
    assert got["reform_2014_fixed_markets"] > 0
    assert got["county_slope"] < 0


KEYS = {"study": "p", "region": "hunan", "households": 5_000, "posterior": None, "seed": 1, "workers": 1}


def test_the_program_itself_ends_with_every_pattern(tmp_path):
    assert pt.patterns_job(KEYS | {"draws": 2, "results": str(tmp_path)}) == 0
    table = pd.read_csv(tmp_path / "p/patterns.csv").set_index("pattern")
    assert set(table.index) == set(pt.evidence(REGION))
    assert table["median"].notna().all()


def test_an_edited_scenario_is_refused_and_the_same_content_is_not_run_again(tmp_path, monkeypatch):
    done, prepared = [], pt.prepare

    def stand_in(shared, draw):
        done.append(draw)
        return dict.fromkeys(pt.evidence(REGION), float(draw))

    def edited(config):
        return replace(prepared(config), scenario_content={"no_new_policy": {"exogenous": "other"}})

    monkeypatch.setattr(pt, "simulate_patterns", stand_in)
    keys = KEYS | {"draws": 2, "results": str(tmp_path)}
    pt.patterns_job(keys)
    pt.patterns_job(keys)
    assert done == [0, 1]
    monkeypatch.setattr(pt, "prepare", edited)
    with pytest.raises(StudyError, match="other settings, scenarios"):
        pt.patterns_job(keys)


def test_wrong_keys_are_refused():
    with pytest.raises(InputError, match=r"draws = 1: allowed is a whole number(.|\n)*configs/patterns\.yaml"):
        pt.patterns_job(KEYS | {"draws": 1, "results": "."})
