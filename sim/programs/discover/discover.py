"""The search from its keys to its files: read a study, find boxes, judge them, write the page."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

import numpy as np
import pandas as pd
from numpy.typing import NDArray
from pydantic import Field

from sim.base.arrays import Floats
from sim.programs.discover.conditions import FEWEST_MISSES, Draws, read_draws
from sim.programs.program import ProgramConfig, checked
from sim.statistics.boxes import Box, inside
from sim.statistics.discovery import Found, Rules, Split, null_densities, resampled, search, split_tree
from sim.studies.progress import Progress, say

__all__ = ["Discovery", "Judged", "discover", "discover_job"]

CHANCE_LEVEL = 0.05
"""A box that chance alone makes as dense more often than this is not reported."""


class DiscoverConfig(ProgramConfig):
    """Keys of the search; ``configs/discover.yaml`` holds the defaults."""

    study: str = Field(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,63}$")
    scenario: str
    target: Literal["resident_rate_66", "resident_rate_65_5", "gap_narrows"]
    year: int = Field(ge=2021, le=2060)
    outcome: Literal["chance", "runs"]
    boxes: int = Field(ge=1, le=4)
    coverage: float = Field(ge=0.05, le=0.95)
    mass: float = Field(ge=0.05, le=0.5)
    resamples: int = Field(ge=10, le=1_000)
    permutations: int = Field(ge=20, le=10_000)
    seed: int = Field(ge=0, le=2**32 - 1)
    language: Literal["en", "zh"]


class Judged(NamedTuple):
    """A search with what tells it from chance.

    Attributes:
        found: conditions and box.
        members: whether a draw is in the box, bool by draw of the study.
        sought: whether it was among the draws that the box was sought in.
        null: densities of boxes that chance alone makes.
        repeats: the search on parts of the draws, as ``resampled`` returns it.
    """

    found: Found
    members: pd.Series[bool]
    sought: pd.Series[bool]
    null: Floats
    repeats: pd.DataFrame

    @property
    def box(self) -> Box:
        """The box, without ends where nothing was found."""
        return self.found.box

    @property
    def p_chance(self) -> float:
        """Share of searches without anything to find whose box is at least as dense."""
        return float((1 + (self.null >= self.box.density).sum()) / (1 + len(self.null)))

    @property
    def shown(self) -> bool:
        """Whether the box may be told: it restricts something, and chance hardly makes it."""
        return bool(self.box.ends) and self.p_chance <= CHANCE_LEVEL

    def again(self, name: str) -> float:
        """Return the share of repetitions that restrict a condition."""
        return float(self.repeats["restricted"].str.split().map(lambda names: name in names).mean())


class Discovery(NamedTuple):
    """Everything that was found: the draws, the searches one after the other, and the tree."""

    draws: Draws
    searches: list[Judged]
    tree: Split | None

    @property
    def boxes(self) -> list[Judged]:
        """The searches that found a box."""
        return [one for one in self.searches if one.shown]


def discover_job(values: Mapping[str, Any]) -> int:
    """Search, print the sentence and write tables, figures and page.

    Raises:
        ConfigError: a key is unknown or out of range.
        StudyError: the study cannot be used, or the folder not be written.
    """
    from sim.programs.discover.page import write_page

    config = checked(DiscoverConfig, values, "discover")
    asked = (config.scenario, config.target, config.year, config.outcome)
    folder = config.folder("discover", "_".join(map(str, (config.study, *asked))))
    study, draws = read_draws(Path(config.results).expanduser() / config.study, *asked)
    say(f"{len(draws.chances)} draws, {draws.table.shape[1]} conditions that vary.")
    found = discover(draws, config)
    page, sentences = write_page(folder, study, found, config)
    print(f"{sentences}\nPage: {page}")
    return 0


def discover(draws: Draws, config: DiscoverConfig) -> Discovery:
    """Return the boxes of conditions in which draws miss the target, and the tree."""
    rules = Rules(config.coverage, config.mass)
    searches: list[Judged] = []
    left = np.ones(len(draws.chances), bool)
    rng = np.random.default_rng(config.seed)
    for _ in range(config.boxes):
        if draws.chances[left].sum() < FEWEST_MISSES:
            break
        searches.append(_judged(draws, left, rules, config, rng))
        if not searches[-1].shown:
            break
        left = left & ~searches[-1].members.to_numpy()
    names = searches[0].found.names
    tree = split_tree(draws.table[names], draws.chances, config.mass) if names else None
    return Discovery(draws, searches, tree)


def _judged(
    draws: Draws, left: NDArray[np.bool_], rules: Rules, config: DiscoverConfig, rng: np.random.Generator
) -> Judged:
    """Search among the draws that are left, and judge what was found."""
    values, chances = draws.table[left], draws.chances[left]
    found = search(values, chances, rules, rng)
    index, sought = draws.table.index, pd.Series(left, draws.table.index)
    if not found.box.ends:
        empty = pd.DataFrame(columns=["restricted", "coverage", "density", "mass", "base"])
        return Judged(found, pd.Series(False, index), sought, np.empty(0), empty)
    with Progress(config.permutations + config.resamples, noun="searches") as progress:
        null = null_densities(
            values, chances, rules, len(found.names), rng, config.permutations, lambda: progress.advance(1)
        )
        repeats = resampled(values, chances, rules, rng, config.resamples, lambda: progress.advance(1))
    members = pd.Series(inside(draws.table, found.box.ends) & left, index)
    return Judged(found, members, sought, null, repeats)
