"""A search beside what chance makes and what other draws say; the tree beside means counted by hand."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest

from sim.statistics.discovery import Rules, null_densities, resampled, search, split_tree, tree_table

RULES = Rules(0.5, 0.1)


def quiet() -> None:
    """Tell nobody."""


def draws(effect: float, seed: int = 1):
    """Two hundred draws of sixty conditions, chances of a hit that follow the first two of them, or none."""
    rng = np.random.default_rng(seed)
    values = pd.DataFrame(rng.normal(size=(200, 60)), columns=[f"c{k}" for k in range(60)])
    return values, 1.0 / (1.0 + np.exp(1.0 + effect * (values["c0"] - values["c1"]) + 0.3 * rng.normal(size=200)))


def test_what_is_planted_is_found_again_and_beats_chance():
    values, chances = draws(1.0)
    chances = chances.to_numpy()
    rng = np.random.default_rng(0)
    found = search(values, chances, RULES, rng)
    assert set(found.box.ends) == {"c0", "c1"}
    null = null_densities(values, chances, RULES, len(found.names), rng, 30, quiet)
    assert found.box.density > null.max()
    repeats = resampled(values, chances, RULES, rng, 20, quiet)
    assert repeats["restricted"].str.contains("c0").mean() > 0.8
    assert (repeats["density"] > repeats["base"]).all()


def test_nothing_is_found_in_noise():
    values, chances = draws(0.0)
    found = search(values, chances.to_numpy(), RULES, np.random.default_rng(0))
    assert found.names == []
    assert found.box.ends == {}
    assert found.box.density == pytest.approx(chances.mean())
    repeats = resampled(values, chances.to_numpy(), RULES, np.random.default_rng(0), 20, quiet)
    assert (repeats["restricted"] == "").mean() > 0.7
    assert repeats.loc[repeats["restricted"] == "", "density"].isna().all()


def test_the_null_is_denser_than_all_draws_because_it_may_choose():
    values, chances = draws(0.0)
    null = null_densities(values, chances.to_numpy(), RULES, 3, np.random.default_rng(0), 30, quiet)
    assert (null >= chances.mean() - 1e-12).all()
    assert null.mean() > chances.mean()


def test_nodes_of_the_tree_are_means_of_their_draws():
    values, chances = draws(1.0)
    split = split_tree(values[["c0", "c1"]], chances.to_numpy(), 0.1)
    table = tree_table(split).set_index("node")
    assert table.loc[0, "draws"] == 200
    assert table.loc[0, "density"] == pytest.approx(chances.mean())
    asked = values[table.loc[0, "condition"]] <= table.loc[0, "limit"]
    yes = table[(table["parent"] == 0) & (table["side"] == "yes")].iloc[0]
    assert yes["draws"] == asked.sum()
    assert yes["density"] == pytest.approx(chances[asked].mean())
    leaves = table[table["condition"] == ""]
    assert leaves["draws"].sum() == 200
    assert leaves["draws"].min() >= 20
    assert 0.2 < split.explained < 1.0
