"""Why one household stays or moves: every term of its utilities, the draws and the choice, under two scenarios.

Terms are measured on the rule itself: a term is what V loses when its table is switched
off, so that the terms add up to the V that the rule used. Nothing here changes a run.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple, cast

import numpy as np

from sim.agents.choice import choose, error_item, nest_draw, nest_of, nest_stream, new_scratch
from sim.agents.moves import reconsiders
from sim.agents.rng import Purpose, gumbel, stream, unit, word
from sim.agents.state import EMPTY, HEAD, Households
from sim.agents.utility import PLACE_ITEM, evaluate
from sim.agents.world import HOME, N_NESTS, ONE_AWAY, STAY, Choice, World, by_site
from sim.base.arrays import Floats
from sim.base.errors import InputError
from sim.model.engines.fast import FastEngine
from sim.model.path.begin import begin
from sim.model.path.history import History, advance, planner_of
from sim.model.path.setup import Setup
from sim.model.year import terms as table
from sim.model.year.process import Process, Step
from sim.model.year.processes import insert, ordered, run_year

__all__ = ["Alternative", "Decision", "ExplainError", "decisions", "find_household", "terms_of"]


class ExplainError(InputError):
    """A household, year or scenario that cannot be explained; the message says why."""


class Alternative(NamedTuple):
    """One alternative of a household.

    Attributes:
        action, site: what it is (see ``sim.agents.world``); the site is -1 for staying and going home.
        terms: utils by name (``sim.model.year.terms``); they add up to ``value``.
        value: V as the rule has it.
        nest: draw shared by the sites of a nest.
        error: error of the alternative, scaled.
    """

    action: int
    site: int
    terms: dict[str, float]
    value: float
    nest: float
    error: float

    @property
    def total(self) -> float:
        """U: the alternative with the highest is chosen."""
        return self.value + self.nest + self.error


class Decision(NamedTuple):
    """One reconsideration of a household.

    Attributes:
        step: step of the year, from 1.
        state: state of the household (index into ``ORIGIN_STATES``).
        alternatives: all that exist, the best first.
        chosen: action and site that the rule chose.
    """

    step: int
    state: int
    alternatives: list[Alternative]
    chosen: tuple[int, int]


def decisions(setup: Setup, history: History, scenario: str, year: int, key: int) -> list[Decision]:
    """Return every reconsideration of a household in a year under a scenario.

    Args:
        setup: what all runs share.
        history: what the draw shares, at its last observed year-end.
        scenario: name of the scenario.
        year: a year after the last observed one.
        key: identity of the household.

    Raises:
        ExplainError: the household does not exist in that year.
    """
    found: list[Decision] = []
    seen = False

    def watch(step: Step) -> None:
        nonlocal seen
        hh = _table(step)
        rows = np.flatnonzero((hh.key == np.uint64(key)) & (hh.members[:, HEAD] != EMPTY))
        if len(rows):
            seen = True
            if reconsiders(hh, int(rows[0]), step.rules):
                found.append(_decision(hh, int(rows[0]), step.rules, step.number + 1, _parts(step)))

    _watched_year(setup, history, scenario, year, watch)
    if not seen:
        raise ExplainError(
            f"household = {key}: does not exist in {year} under {scenario} (draw {history.draw}).\n"
            "  Next: household=any finds one whose choice differs between the scenarios."
        )
    return found


def _table(step: Step) -> Households:
    """Return the household table of a step; households are explained on the fast engine."""
    return cast(FastEngine, step.sim.engine).hh


def find_household(setup: Setup, history: History, scenarios: Sequence[str], year: int) -> int:
    """Return a household whose choice in a year differs between scenarios, else one that moves.

    Raises:
        ExplainError: nobody moves.
    """
    choices = [dict(_all_choices(setup, history, name, year)) for name in scenarios]
    different = sorted(k for k in choices[0] if k in choices[-1] and choices[0][k] != choices[-1][k])
    moving = sorted(k for k, choice in choices[0].items() if choice[0] != STAY)
    if not different and not moving:
        raise ExplainError(f"year = {year}: no household moves in this draw.\n  Next: take more households.")
    return (different or moving)[0][1]


def history_of(setup: Setup, draw: int, replicate: int) -> History:
    """Return the history of a draw at its last observed year-end."""
    return begin(setup, draw, replicate)


def terms_of(hh: Households, i: int, world: World, parts: Mapping[str, Floats]) -> tuple[Floats, dict[str, Floats]]:
    """Return V of every alternative and its terms, each in the shape of ``Scratch.utility``.

    Args:
        hh: household table.
        i: row.
        world: tables of the step.
        parts: terms that are parts of a table.
    """
    whole = _values(hh, i, world)
    known = np.isfinite(whole)
    terms = {}
    for name, choice in _switched_off(world.choice, parts):
        less = _values(hh, i, world._replace(choice=by_site(choice, world.geo.n_counties)))
        terms[name] = np.where(known, whole - np.where(known, less, 0.0), 0.0)
    return whole, terms


def _switched_off(choice: Choice, parts: Mapping[str, Floats]) -> Iterator[tuple[str, Choice]]:
    """Give the tables without one term, and its name; a table with parts is split into them and the rest."""
    for term in table.TERMS:
        whole = getattr(choice, term.field)
        less: Any = 0.0
        if term.part is not None:
            less = whole - parts[term.name]
        elif isinstance(whole, np.ndarray):
            less = table.sum_of_parts(parts, term.field, whole.shape)
        yield term.name, choice._replace(**{term.field: less})


def _values(hh: Households, i: int, world: World) -> Floats:
    scratch = new_scratch(world)
    evaluate(hh, i, world, scratch)
    return np.array(scratch.utility[: 1 + world.geo.n_counties + world.geo.n_outside])


def _decision(hh: Households, i: int, world: World, step: int, parts: Mapping[str, Floats]) -> Decision:
    """Return one reconsideration with all its alternatives."""
    scratch = new_scratch(world)
    state = int(evaluate(hh, i, world, scratch))
    draws = np.uint64(nest_stream(hh, i, world))
    nests = [float(nest_draw(draws, k, world.choice.nest)) for k in range(N_NESTS)]
    whole, terms = terms_of(hh, i, world, parts)
    chosen = choose(hh, i, world, scratch)
    errors = np.uint64(stream(hh.key[i], world.step, int(Purpose.MOVE), world.seed))
    county, scale = int(hh.home_county[i]), world.choice.nest
    found = []
    for row, column in zip(*np.nonzero(np.isfinite(whole)), strict=True):
        site = int(row) - 1
        item = PLACE_ITEM + int(column) if site < 0 else error_item(site, int(column))
        error = gumbel(unit(word(errors, item)))
        found.append(
            Alternative(
                action=(STAY, HOME)[column] if site < 0 else ONE_AWAY + int(column),
                site=site,
                terms={name: float(term[row, column]) for name, term in terms.items()},
                value=float(whole[row, column]),
                nest=float(nests[nest_of(site, county, world.geo)]) if site >= 0 else 0.0,
                error=float(error if site < 0 else scale * error),
            )
        )
    found.sort(key=lambda alternative: -alternative.total)
    return Decision(step, state, found, (int(chosen[0]), int(chosen[1])))


def _all_choices(
    setup: Setup, history: History, scenario: str, year: int
) -> Iterator[tuple[tuple[int, int], tuple[int, int]]]:
    """Give (step, key) and (action, site) of everybody who reconsiders in a year."""
    found: list[tuple[tuple[int, int], tuple[int, int]]] = []

    def watch(step: Step) -> None:
        hh, world = _table(step), step.rules
        scratch = new_scratch(world)
        for i in np.flatnonzero(hh.members[:, HEAD] != EMPTY):
            if reconsiders(hh, i, world):
                action, site = choose(hh, i, world, scratch)
                found.append(((step.number + 1, int(hh.key[i])), (int(action), int(site))))

    _watched_year(setup, history, scenario, year, watch)
    yield from found


def _watched_year(setup: Setup, history: History, scenario: str, year: int, watch: Any) -> None:
    """Run the years up to ``year`` under a scenario and the year itself with an observer before the moves."""
    before = advance(setup, history, scenario, year - 1)
    plan = planner_of(setup, history, scenario).projected_plan(year)
    row = Process("watch", watch, None, "all tables", (), "What the household sees just before the moves.")
    run_year(before.sim.copy(), plan, insert("moves", row, ordered(setup.order)))


def _parts(step: Step) -> dict[str, Floats]:
    """Return the terms of a step that are parts of a table."""
    draw = step.sim.draw
    return table.parts(draw.region, draw.places, draw.params, step.plan.mods)
