"""What another scenario of a draw costs: 24 of them over one, from the start of the draw to 2030."""

from __future__ import annotations

import gc

import pandas as pd

from benchmarks.clock import timed
from sim.base.names import BASELINE
from sim.config import load_config
from sim.model.path.begin import begin
from sim.model.path.history import branch
from sim.model.path.setup import prepare
from sim.policies import scenario_names

__all__ = ["COLUMNS", "MANY", "measure_scenarios"]

COLUMNS = ["pair", "households", "scenarios", "begin_s", "one_s", "many_s", "ratio"]
MANY, END_YEAR = 24, 2030


def measure_scenarios(households: int, pairs: int) -> pd.DataFrame:
    """Return wall seconds of a draw under one scenario and under ``MANY``, alternated.

    Scenarios with other births or deaths are left out: they run by themselves.

    Columns: pair, households, scenarios, begin_s (to the last observed year), one_s, many_s (both with it), ratio.

    Args:
        households: agents of a run.
        pairs: draws, each done both ways.
    """
    shipped = prepare(load_config(scenarios=scenario_names(), households=households, draws=1)).scenarios
    like = [name for name, one in shipped.items() if (one.exogenous.births, one.exogenous.deaths) == (1.0, 1.0)]
    names = [BASELINE, *(name for name in like if name != BASELINE)][:MANY]
    many = prepare(load_config(scenarios=names, households=households, end_year=END_YEAR, draws=pairs))
    one = prepare(load_config(scenarios=names[:1], households=households, end_year=END_YEAR, draws=pairs))
    for setup in (one, many):
        history = begin(setup, 0, 0)
        for name in list(setup.scenarios)[:2]:
            branch(setup, history, name)
    rows = []
    for draw in range(pairs):
        gc.collect()
        with timed() as start:
            begin(one, draw, 0)
        seconds = {}
        for setup in (one, many) if draw % 2 == 0 else (many, one):
            with timed() as watch:
                history = begin(setup, draw, 0)
                for name in setup.scenarios:
                    branch(setup, history, name)
            seconds[len(setup.scenarios)] = watch.wall
        times = seconds[1], seconds[len(names)]
        rows.append((draw + 1, households, len(names), start.wall, *times, times[1] / times[0]))
    return pd.DataFrame(rows, columns=COLUMNS)
