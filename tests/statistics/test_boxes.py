"""PRIM with chances: as the package has it for hits, the same numbers for a hit and none weighted by a chance."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from prim import Prim
from scipy.stats import binom

from sim.statistics.boxes import find_box, inside, peel, quasi_p


@pytest.fixture(scope="module")
def planted():
    """Three hundred draws of four conditions; hits where a is small and b large, half of them."""
    rng = np.random.default_rng(4)
    values = pd.DataFrame(rng.uniform(size=(300, 4)), columns=list("abcd"))
    hits = ((values["a"] < 0.4) & (values["b"] > 0.5) & (rng.uniform(size=300) < 0.8)).to_numpy(float)
    return values, hits


def test_hits_give_the_path_of_the_package(planted):
    values, hits = planted
    path, _ = peel(values, hits, 0.5, 0.1)
    own = Prim(values, hits.astype(bool), mass_min=0.1).find_box().peeling_trajectory.astype(float)
    pd.testing.assert_frame_equal(path, own)


def test_the_planted_box_is_found(planted):
    box = find_box(*planted, coverage=0.9, mass=0.1)
    assert set(box.ends) == {"a", "b"}
    assert box.ends["a"][0] == -np.inf
    assert box.ends["a"][1] == pytest.approx(0.4, abs=0.05)
    assert box.ends["b"][0] == pytest.approx(0.5, abs=0.05)
    assert box.ends["b"][1] == np.inf
    assert max(box.quasi_p.values()) < 1e-6


def test_measures_of_a_box_are_those_of_rows_that_hit_or_not(planted):
    values, _ = planted
    quarters = np.random.default_rng(1).integers(0, 5, len(values))
    box = find_box(values, quarters / 4.0, coverage=0.5, mass=0.1)
    rows = values.loc[values.index.repeat(4)]
    hit = np.concatenate([[1.0] * k + [0.0] * (4 - k) for k in quarters])
    within = inside(rows, box.ends)
    assert box.coverage == pytest.approx(hit[within].sum() / hit.sum())
    assert box.density == pytest.approx(hit[within].mean())
    assert box.mass == pytest.approx(within.mean())


def test_quasi_p_of_hits_is_the_binomial_test(planted):
    values, hits = planted
    ends = {"a": (-np.inf, 0.35), "c": (0.2, 0.9)}
    for name, other in (("a", "c"), ("c", "a")):
        within, without = inside(values, ends), inside(values, {other: ends[other]})
        wanted = binom.sf(hits[within].sum() - 1, within.sum(), hits[without].mean())
        assert quasi_p(values, hits, ends, name) == pytest.approx(wanted, rel=1e-9)


def test_quasi_p_of_chances_is_near_that_of_a_permutation():
    """Forty of a hundred draws restricted by nothing real: how often forty at random have a mean as high."""
    rng = np.random.default_rng(2)
    values = pd.DataFrame({"x": np.arange(100.0)})
    chances = rng.beta(8, 20, 100)
    chances[:40] = np.sort(chances)[rng.permutation(100)[:40]]
    ends = {"x": (-np.inf, 39.5)}
    told = quasi_p(values, chances, ends, "x")
    many = np.array([rng.choice(chances, 40).mean() for _ in range(20_000)])
    assert told == pytest.approx(float((many >= chances[:40].mean()).mean()), abs=0.03)


def test_a_restriction_that_does_nothing_is_taken_back():
    rng = np.random.default_rng(8)
    values = pd.DataFrame(rng.uniform(size=(200, 3)), columns=list("xyz"))
    kept = [
        bool(find_box(values, rng.permutation(np.arange(200) < 60).astype(float), 0.5, 0.1).ends) for _ in range(20)
    ]
    box = find_box(values, (values["x"] > 0.5).to_numpy(float), 0.9, 0.1)
    assert set(box.ends) == {"x"}
    assert not all(kept)
