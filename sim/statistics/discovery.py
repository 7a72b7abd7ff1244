"""Scenario discovery: conditions, boxes, and whether chance or another sample of draws would give them as well."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import pandas as pd
from sklearn.model_selection import KFold, cross_val_predict
from sklearn.tree import DecisionTreeRegressor

from sim.base.arrays import Floats
from sim.statistics.boxes import Box, find_box, inside, no_box
from sim.statistics.screening import Step, forward, strengths

__all__ = ["Found", "Rules", "Split", "null_densities", "resampled", "search", "split_tree", "tree_table"]

MOST = 8
"""Most conditions that boxes and tree may use."""
SAMPLE = 0.632
"""Share of the draws that a repetition searches, as many different ones as a bootstrap sample has; the rest judge."""
DEPTH = 3
FOLDS = 10


class Rules(NamedTuple):
    """What a box must hold: least share of the hits, and of the draws."""

    coverage: float
    mass: float


class Found(NamedTuple):
    """What a search came to: conditions taken in, the first that was not, and the box."""

    steps: list[Step]
    refused: Step | None
    names: list[str]
    box: Box


class Split(NamedTuple):
    """A tree of conditions, and the share of the variance of chances that it explains of draws it has not seen."""

    tree: DecisionTreeRegressor
    names: list[str]
    explained: float


def search(values: pd.DataFrame, chances: Floats, rules: Rules, rng: np.random.Generator) -> Found:
    """Take in the conditions that are stronger than chance and find the box of their values with many hits.

    Args:
        values: a row per draw, a column per condition.
        chances: of a hit by draw, 0 to 1; not all zero.
        rules: of the box.
        rng: of the permutations.
    """
    steps, refused = forward(values.to_numpy(float), chances, rng, MOST)
    names = list(dict.fromkeys(str(values.columns[step.column]) for step in steps))
    box = find_box(values[names], chances, *rules) if names else no_box(chances)
    return Found(steps, refused, names, box)


def null_densities(
    values: pd.DataFrame,
    chances: Floats,
    rules: Rules,
    count: int,
    rng: np.random.Generator,
    repeats: int,
    told: Callable[[], None],
) -> Floats:
    """Return the density of the boxes found where hits are dealt to the draws anew, float64[repeats].

    Nothing can be found then. To be on the safe side, each of these searches may use the ``count`` strongest conditions
    of its own, whether or not they would have been taken in.
    """
    found = np.empty(repeats)
    table = values.to_numpy(float)
    for k in range(repeats):
        dealt = rng.permutation(chances)
        best = np.argsort(-strengths(table, dealt), kind="stable")[:count]
        found[k] = find_box(values.iloc[:, best], dealt, *rules).density
        told()
    return found


def resampled(
    values: pd.DataFrame,
    chances: Floats,
    rules: Rules,
    rng: np.random.Generator,
    repeats: int,
    told: Callable[[], None],
) -> pd.DataFrame:
    """Repeat the whole search on parts of the draws and judge each box by the draws that were left out.

    Returns:
        One row per repetition: restricted (names, separated by blanks), coverage, density and mass among the draws
        left out, and base, their share of hits. Without a box, density is nan.
    """
    rows = []
    for _ in range(repeats):
        order = rng.permutation(len(values))
        size = round(SAMPLE * len(values))
        part, rest = np.sort(order[:size]), np.sort(order[size:])
        box = search(values.iloc[part], chances[part], rules, rng).box if chances[part].any() else no_box(chances)
        base, left = float(chances[rest].mean()), chances[rest]
        within = inside(values.iloc[rest], box.ends)
        restricted = " ".join(box.ends)
        hits = float(left[within].sum())
        coverage = hits / float(left.sum()) if left.any() else np.nan
        density = hits / within.sum() if restricted and within.any() else np.nan
        rows.append((restricted, coverage, density, float(within.mean()), base))
        told()
    return pd.DataFrame(rows, columns=["restricted", "coverage", "density", "mass", "base"])


def split_tree(values: pd.DataFrame, chances: Floats, mass: float) -> Split:
    """Return a tree of at most ``DEPTH`` questions that tells draws with many hits from those with few.

    Least squares of chances is the Gini criterion of a hit and none weighted by them.

    Args:
        values: a row per draw, a column per condition.
        chances: of a hit by draw.
        mass: least share of the draws in a leaf.
    """
    tree = DecisionTreeRegressor(max_depth=DEPTH, min_samples_leaf=mass, random_state=0)
    folds = KFold(FOLDS, shuffle=True, random_state=0)
    told = cross_val_predict(tree, values.to_numpy(float), chances, cv=folds)
    error = float(((chances - told) ** 2).mean())
    return Split(tree.fit(values.to_numpy(float), chances), list(values.columns), 1.0 - error / float(chances.var()))


def tree_table(split: Split) -> pd.DataFrame:
    """Return the nodes of a tree: node, parent, side (yes: not above the limit), condition, limit, draws, density."""
    inner = split.tree.tree_
    rows = {0: (0, -1, "")}
    for node, (yes, no) in enumerate(zip(inner.children_left, inner.children_right, strict=True)):
        if yes >= 0:
            rows |= {int(yes): (int(yes), node, "yes"), int(no): (int(no), node, "no")}
    table = pd.DataFrame([rows[node] for node in range(inner.node_count)], columns=["node", "parent", "side"])
    asks = inner.feature >= 0
    table["condition"] = [split.names[k] if k >= 0 else "" for k in inner.feature]
    table["limit"] = np.where(asks, inner.threshold, np.nan)
    table["draws"] = inner.n_node_samples
    table["density"] = inner.value.reshape(-1)
    return table
