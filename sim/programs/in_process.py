"""A few runs in memory: for notebooks and questions that need no study folder."""

from __future__ import annotations

from typing import Any

import pandas as pd

from sim.base.names import BASELINE
from sim.config import load_config

__all__ = ["run"]

SMALL: dict[str, Any] = {"scenarios": [BASELINE, "plan"], "households": 10_000, "draws": 2}
"""What ``run`` uses where the caller says nothing; everything else is as in the main job."""


def run(**keys: Any) -> pd.DataFrame:
    """Simulate in this process and return the indicators of every run; nothing is written.

    Args:
        keys: keys of the main job by name (``python -m experiments.project --help``); the
            default is two scenarios, two draws and 10,000 households. Levers and parameters
            are mappings: ``levers={"T3": 0.8}``, ``params={"housing_price": -0.5}``.

    Returns:
        Columns scenario, draw, replicate, year, step, place, indicator, value, unit. Step 0 is
        the start, the last step of a year its end; ``docs/howto.md`` explains the columns.

    Raises:
        ConfigError: a key or value that is not accepted.
    """
    from sim.model.path.begin import simulate_draw
    from sim.model.path.setup import prepare

    config = load_config(**{**SMALL, **keys})
    setup = prepare(config)
    frames = []
    for draw in range(config.draws):
        for replicate in range(config.replicates):
            for output in simulate_draw(setup, draw, replicate):
                table = output.indicators.astype({"place": str, "indicator": str, "unit": str})
                table.insert(0, "scenario", output.scenario)
                table.insert(1, "draw", draw)
                table.insert(2, "replicate", replicate)
                frames.append(table)
    return pd.concat(frames, ignore_index=True)
