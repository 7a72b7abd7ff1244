"""The emulator against the study's own scenarios, none of which it was fitted to."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import pandas as pd

from sim.policies import Scenario
from sim.programs.whatif.ask import chance, paths
from sim.programs.whatif.design import ASSUMPTIONS, EVERYWHERE, Point
from sim.programs.whatif.fitted import Fitted
from sim.programs.whatif.payload import offsets, presets
from sim.programs.whatif.study import Ready
from sim.report.finished_study import RATE
from sim.studies.inputs import open_inputs
from sim.studies.reduced import read_table
from sim.studies.target import GOALS

__all__ = ["COLUMNS", "against_study"]

COLUMNS = [
    "scenario",
    "year",
    "goal",
    "probability",
    "probability_emulated",
    "effect",
    "effect_emulated",
]
"""Probabilities as shares, effects as medians of the paired difference in points, the goal in percent."""


def against_study(prepared: Ready, found: Fitted) -> pd.DataFrame:
    """Return what the study says of its scenarios, and what the emulator does; only those that sliders can say.

    Args:
        prepared: the study.
        found: its emulators.
    """
    scenarios: Mapping[str, Scenario] = open_inputs(prepared.folder).scenarios
    target, effects = (read_table(prepared.folder, f"{name}.csv") for name in ("target", "effects"))
    effects = effects[(effects["indicator"] == RATE) & (effects["place"] == prepared.setup.region.province_code)]
    told, rows = offsets(prepared, "published"), []
    for one in presets(scenarios, found.space):
        if scenarios[one["id"]].baseline:
            continue
        point = Point(tuple(one["levels"]), found.space.starts[0], EVERYWHERE, (0.0,) * len(ASSUMPTIONS))
        path, error = paths(found, point)
        added = np.median(found.effect(RATE, point), axis=1)
        for row in target[(target["scenario"] == one["id"]) & target["target"].isin(GOALS)].itertuples():
            if row.target_year not in found.years:
                continue
            at, goal = found.years.index(row.target_year), 100.0 * GOALS[str(row.target)]
            said = effects[(effects["scenario"] == one["id"]) & (effects["year"] == row.target_year)]["median"]
            emulated = chance(path[at], error[at], told[:, at], goal)
            effect = 100.0 * float(said.iloc[0]) if len(said) else np.nan
            rows.append([one["id"], row.target_year, goal, row.probability, emulated, effect, float(added[at])])
    return pd.DataFrame(rows, columns=COLUMNS)
