"""Tables of a search: frontier, bundles, levers, real runs. Money in billion yuan, the rate in percent and points."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import pandas as pd

from sim.base.arrays import Floats
from sim.programs.search.answers import HUNDRED_MILLION, Answers
from sim.programs.search.bundles import Bundle
from sim.programs.search.confirm import Seen, told
from sim.programs.search.problem import TAIL, Tolerance, Wanted, probability_of, tolerance
from sim.programs.whatif.fitted import Z90, Fitted
from sim.statistics.least_cost import Problem, quantile

__all__ = ["bundle_table", "confirmed_table", "frontier_table", "lever_table"]

SHARES = {"p10": TAIL, "p50": 0.5, "p90": 1.0 - TAIL}


def frontier_table(problem: Problem, found: Answers, levers: Sequence[str]) -> pd.DataFrame:
    """Return the cheapest bundles for rising probabilities in both readings.

    Returns:
        reading (median or cautious), probability in that reading, probability over all draws, cost and effect at
        three quantiles over draws, intensities.
    """
    rows = []
    for reading, line in (("median", found.frontier), ("cautious", found.cautious)):
        judged = problem if reading == "median" else problem._replace(tail=TAIL)
        rows += [{"reading": reading, "probability": probability_of(judged, x), **_said(problem, x)} for x in line]
    intensities = pd.DataFrame(np.array([*found.frontier, *found.cautious]), columns=list(levers))
    return pd.concat([pd.DataFrame(rows), intensities.round(4)], axis=1)


def _said(problem: Problem, x: Floats) -> dict[str, float]:
    """Return what the emulators say of intensities."""
    effect, cost = problem.effect.at(x), problem.cost.at(x) / HUNDRED_MILLION
    return {
        "probability_all_draws": probability_of(problem, x),
        **{f"cost_{name}": quantile(cost, share) for name, share in SHARES.items()},
        **{f"effect_{name}": quantile(effect, share) for name, share in SHARES.items()},
    }


def bundle_table(problem: Problem, found: Answers, levers: Sequence[str]) -> pd.DataFrame:
    """Return the bundles that are looked at and all that cannot be told apart from the best one."""
    known = {tuple(bundle.levels.tolist()) for bundle in found.bundles}
    more = [x for x in found.alike if tuple(x.tolist()) not in known]
    bundles = [*found.bundles, *(Bundle(f"alike_{k + 1}", "alike", x) for k, x in enumerate(more))]
    rows = [
        {
            "bundle": bundle.name,
            "kind": bundle.kind,
            **_said(problem, bundle.levels),
            "probability_cautious": probability_of(problem._replace(tail=TAIL), bundle.levels),
            **dict(zip(levers, bundle.levels.tolist(), strict=True)),
        }
        for bundle in bundles
    ]
    return pd.DataFrame(rows)


def lever_table(found: Answers, levers: Sequence[str]) -> pd.DataFrame:
    """Return what bundles that cannot be told apart do with every lever that acts on the rate."""
    rows = [
        {
            "lever": levers[k],
            "best": one.best,
            "least": round(one.least, 4) + 0.0,
            "most": round(one.most, 4),
            "cost_without": math.nan if one.cost_without is None else one.cost_without / HUNDRED_MILLION,
            "probability_without": one.probability_without,
        }
        for k, one in found.ranges.items()
    ]
    return pd.DataFrame(rows, columns=["lever", "best", "least", "most", "cost_without", "probability_without"])


def confirmed_table(
    found: Fitted, wanted: Wanted, problem: Problem, bundles: Sequence[Bundle], seen: Seen
) -> pd.DataFrame:
    """Return what real runs say of bundles beside what the emulator said of the same draws.

    Returns:
        First without measures, then by bundle: probability with its 95% interval, effect and cost at three quantiles,
        the same by the emulator, probability and cost over all draws (what the emulator says of all, plus what runs
        differ from it on their draws, a control variate), and whether they are inside the emulator's 90% band.
    """
    kept = [found.draws.index(draw) for draw in seen.draws]
    same = problem._replace(
        base=problem.base[kept],
        effect=type(problem.effect)(*(part[kept] for part in problem.effect)),
        cost=type(problem.cost)(*(part[kept] for part in problem.cost)),
        felt=problem.felt[kept],
    )
    nothing = Bundle("none", "none", np.zeros(len(problem.upper)))
    costs = np.vstack([np.zeros(len(kept)), seen.cost]) / HUNDRED_MILLION
    rows = []
    for bundle, rate, cost in zip((nothing, *bundles), seen.rate, costs, strict=True):
        near = tolerance(found, wanted, same, bundle.levels)
        real, said = told(rate, seen.draws, problem.offsets, problem.level), _said(same, bundle.levels)
        whole = _said(problem, bundle.levels)
        row: dict[str, Any] = {
            "bundle": bundle.name,
            "kind": bundle.kind,
            "draws": len(kept),
            "probability": real.probability,
            "ci_low": real.low,
            "ci_high": real.high,
            **{f"effect_{name}": quantile(rate - seen.rate[0], share) for name, share in SHARES.items()},
            **{f"cost_{name}": quantile(cost, share) for name, share in SHARES.items()},
            "emulated_probability": said["probability_all_draws"],
            "emulated_effect_p50": said["effect_p50"],
            "emulated_cost_p50": said["cost_p50"],
        }
        row["probability_all_draws"] = whole["probability_all_draws"] + real.probability - said["probability_all_draws"]
        row["cost_p50_all_draws"] = whole["cost_p50"] + row["cost_p50"] - said["cost_p50"]
        rows.append(row | _judged(row, near))
    return pd.DataFrame(rows)


def _judged(row: Mapping[str, Any], near: Tolerance) -> dict[str, bool]:
    """Return whether probability and cost in runs are inside the 90% band of the emulator."""
    limits = {"probability": near.probability, "cost_p50": near.cost / HUNDRED_MILLION}
    missed = {key: abs(row[key] - row[f"emulated_{key}"]) for key in limits}
    return {f"inside_{key.split('_')[0]}": missed[key] <= Z90 * limit for key, limit in limits.items()}
