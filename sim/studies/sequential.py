"""More draws until the interval of the headline figure is narrow enough.

The headline figure is the probability of the first target in its last year inside the
horizon; its interval is that of ``target.csv``, and the widest of the scenarios counts.
Looking at an interval to decide when to stop makes it slightly too narrow; with batches
that at least grow by a quarter there are few looks.
"""

from __future__ import annotations

import math
from collections.abc import Mapping

import numpy as np

from sim.config import DRAW_LIMIT, RUN_LIMIT, ProjectConfig, scenario_name
from sim.data import load_region
from sim.studies import environment, manifest
from sim.studies.discrepancy import rate_offsets
from sim.studies.manifest import DONE, Row
from sim.studies.progress import duration, say
from sim.studies.summarize import province_values
from sim.studies.target import TARGETS, Z95, target_table

__all__ = ["draws_at_most", "half_width", "next_draws", "say_cost"]

SMALLEST_GROWTH, LARGEST_GROWTH = 1.25, 2.0
"""Factors on the number of draws from one batch to the next (judged: few looks, little overshoot)."""


def _most(config: ProjectConfig) -> int:
    """Return the number of draws that a study is told to take at most, and never exceeds."""
    wanted = math.inf if config.until_half_width is None else config.until_half_width
    room = RUN_LIMIT // (config.replicates * len(config.scenarios))
    return max(config.draws, min(draws_at_most(wanted), DRAW_LIMIT, room))


def draws_at_most(wanted: float) -> int:
    """Return the draws at which the interval is narrow enough whatever the probability is.

    Solves the half-width of the Wilson interval at a probability of one half for n.

    Example:
        >>> draws_at_most(0.05)
        381
    """
    return math.ceil(Z95**2 * (0.25 / wanted**2 - 1.0))


def say_cost(config: ProjectConfig) -> None:
    """Tell before anything is simulated how many draws and runs the wanted interval may take."""
    if config.until_half_width is not None:
        most = _most(config)
        runs = most * config.replicates * len(config.scenarios)
        say(
            f"Draws are added until the 95% interval of the probability of 66% is at most +-"
            f"{config.until_half_width:g} in every scenario: {config.draws} to {most:,} draws, at most {runs:,} runs."
        )


def half_width(config: ProjectConfig, rows: Mapping[str, Row]) -> float:
    """Return half the widest interval of the headline figure over the scenarios; infinite without runs."""
    values = province_values(config, rows)
    names = [scenario_name(name) for name in config.scenarios]
    table = target_table(values, names, rate_offsets(config, load_region(config.region)))
    table = table[(table["target"] == TARGETS[0].name) & (table["target_year"] == table["target_year"].max())]
    return float((table["ci_high"] - table["ci_low"]).max()) / 2.0 if len(table) else math.inf


def next_draws(config: ProjectConfig, rows: Mapping[str, Row]) -> int:
    """Return the number of draws to go on with, or 0 if the study is finished.

    Says how wide the interval is, and how many runs and how much time the wanted one may take.
    """
    wanted = config.until_half_width
    done = [row for row in rows.values() if row.status == DONE]
    if wanted is None or not done or (config.on_error == "stop" and manifest.count(rows, manifest.FAILED)):
        return 0
    if not any(row.draw >= config.draws / SMALLEST_GROWTH - 1 for row in done):
        say("No run of the last batch succeeded; no more draws are added.")
        return 0
    width = half_width(config, rows)
    if width <= wanted:
        say(f"The interval is +-{width:.3f} after {config.draws:,} draws: narrow enough.")
        return 0
    if config.draws >= _most(config):
        lost = len(rows) - len(done)
        say(f"The interval is +-{width:.3f} after {config.draws:,} draws, the most there may be; {lost} runs failed.")
        return 0
    needed = min(config.draws * (width / wanted) ** 2, _most(config))
    seconds = float(np.mean([row.seconds for row in done])) / environment.workers(config)
    runs = (needed - config.draws) * config.replicates * len(config.scenarios)
    say(
        f"The interval is +-{width:.3f} after {config.draws:,} draws, +-{wanted:g} is wanted: about {needed:,.0f}, "
        f"{runs:,.0f} more runs, {duration(runs * seconds)}."
    )
    grown = min(max(needed, SMALLEST_GROWTH * config.draws), LARGEST_GROWTH * config.draws)
    return min(math.ceil(grown), _most(config))
