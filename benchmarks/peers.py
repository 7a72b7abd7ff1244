"""W in compiled loops, in plain C, in vectorised NumPy and in pure Mesa, in alternated order in one run."""

from __future__ import annotations

from collections.abc import Callable

import pandas as pd

from benchmarks.clock import median_ratio, timed
from benchmarks.compiled import Compiled
from benchmarks.native import InC, why_not
from benchmarks.vectorised import Native, Vectorised
from benchmarks.workload import Framework, State, TownTables, make_state, make_world

COLUMNS = ["system", "threads", "households", "steps", "round", "seconds", "ns_per_household_step"]
RATIO_COLUMNS = ["households", "system", "over", "ratio", "lowest", "highest", "rounds"]
STEPS = {"compiled": 60, "c": 60, "numpy": 12, "mesa": 2}
"""Timed steps a round; one more goes before that is not counted."""
LARGEST = {"compiled": 10**9, "c": 10**9, "numpy": 10**9, "mesa": 1_000_000}
"""Largest size at which a system is run: a million Mesa agents take about 2 GB."""
MESA_ROUNDS = 3


def frameworks(world: TownTables, state: State, threads: int) -> dict[tuple[str, int], Callable[[], Framework]]:
    """Return what builds W in every system, by (system, threads)."""
    from benchmarks.workload_mesa import Workload

    households = len(state.place)
    builders: dict[tuple[str, int], Callable[[], Framework]] = {
        ("compiled", 1): lambda: Compiled(world, state),
        ("numpy", 1): lambda: Vectorised(world, state, Native(households, 1)),
        ("mesa", 1): lambda: Workload(world, state, Native(households, 1)),
    }
    if not why_not():
        builders["c", 1] = lambda: InC(world, state)
    if threads > 1:
        builders["compiled", threads] = lambda: Compiled(world, state, threads)
    return {key: build for key, build in builders.items() if households <= LARGEST[key[0]]}


def measure_peers(sizes: list[int], rounds: int, threads: int, tell: Callable[[str], None]) -> pd.DataFrame:
    """Time W in every system and at every size; the systems take turns.

    Args:
        sizes: numbers of households.
        rounds: how often every system has its turn (Mesa at most three times).
        threads: threads of the second run of the compiled loops.
        tell: receives a line after every turn.
    """
    world, rows = make_world(), []
    if reason := why_not():
        tell(f"W in C is left out: {reason}.")
    Compiled(world, make_state(1_000)).run(1)
    for households in sizes:
        built = {key: build() for key, build in frameworks(world, make_state(households), threads).items()}
        for model in built.values():
            model.run(1)
        for turn in range(rounds):
            for (system, number), model in built.items():
                if system == "mesa" and turn >= MESA_ROUNDS:
                    continue
                steps = STEPS[system]
                with timed() as watch:
                    model.run(steps)
                each = watch.wall / steps / households * 1e9
                rows.append((system, number, households, steps, turn + 1, watch.wall, each))
                tell(f"W, {households:,} households, {system}, {number} thread(s): {each:,.2f} ns per household-step")
    return pd.DataFrame(rows, columns=COLUMNS)


def peer_ratios(table: pd.DataFrame) -> pd.DataFrame:
    """Return how many times as long every system takes as the compiled loops on one thread.

    Ratios are taken within rounds; the median and the range over the rounds are given.
    """
    rows = []
    for households, group in table.groupby("households"):
        wide = group.pivot_table(index="round", columns=["system", "threads"], values="ns_per_household_step")
        base = wide["compiled", 1].rename("base")
        for system, threads in sorted(set(zip(group["system"], group["threads"], strict=True))):
            if system == "compiled" and threads == 1:
                continue
            both = pd.concat([wide[system, threads].rename("other"), base], axis=1).dropna()
            ratio, low, high = median_ratio(list(zip(both["other"], both["base"], strict=True)))
            name = f"{system}, {threads} thread(s)"
            rows.append((households, name, "compiled, 1 thread", ratio, low, high, len(both)))
    return pd.DataFrame(rows, columns=RATIO_COLUMNS)
