"""The measures that were set before the model was validated, and whether they are reached."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sim.report.track_record import MODELS, REVISION_ENDING, SHOCK_ENDING, duels, plain
from sim.statistics.discrepancy import MEAN_WEIGHT

LOW_COVERAGE, COVERAGE = 0.80, (0.85, 0.95)
REACHED, MISSED = "reached", "**not reached**"
AFTERWARDS = "reached with an error added after it had been missed"

Measure = tuple[str, str, str]
"""What was asked, what was found, the verdict."""


def judged(
    scorecard: pd.DataFrame, added: pd.DataFrame | None, elsewhere: pd.DataFrame | None, sbc: pd.DataFrame | None
) -> list[Measure]:
    """Return all measures, those that are missed first and those simply reached last.

    Args:
        scorecard: scores of the hindcasts.
        added: encompassing tests of the counties, if they were made.
        elsewhere: the discrepancy judged in other provinces, each left out in turn, if it was.
        sbc: ranks of the simulation-based calibration, if it was run.
    """
    rows = [*_province(scorecard), *_counties(scorecard), *_added(added), *_elsewhere(elsewhere)]
    if sbc is not None:
        smallest, n = float(sbc[["p_value", "p_bins"]].to_numpy(np.float64).min()), 2 * len(sbc)
        rows.append(
            (
                "ranks of the simulation-based calibration are uniform",
                f"smallest p {smallest:.3f} of {n} tests (distance and bins); level 0.05 / {n} = {0.05 / n:.4f}",
                _verdict(smallest * n > 0.05),
            )
        )
    order = (MISSED, AFTERWARDS, REACHED)
    return sorted(rows, key=lambda row: order.index(row[2]))


def _verdict(yes: bool) -> str:
    return REACHED if yes else MISSED


def _province(card: pd.DataFrame) -> list[Measure]:
    """Return the measures of the province, with the spread of the draws alone and with the discrepancy."""
    part = card[(card["case"] == "province") & (card["years"] == "all")].set_index("forecaster")
    name, rows = "province after 2020", list[Measure]()
    for wider, words in ((False, "spread of the draws alone"), (True, "with the discrepancy")):
        duel = next(d for d in duels(card, wider) if d.case == "province" and d.years == "all")
        covered = (share := _cell(part, duel.model, "coverage")) >= LOW_COVERAGE
        found = f"{share:.0%} of years"
        if wider:
            found += f"; benchmarks with the error of yearly figures: {_benchmark_coverage(part)}"
        asked = f"{name}: CRPS no worse than that of the best benchmark, {words}"
        scores = f"{duel.model_score:.2f} against {duel.benchmark_score:.2f} points ({plain(duel.benchmark)})"
        rows += [
            (asked, scores, _verdict(duel.winner != "benchmark")),
            (f"{name}: 90% intervals cover, {words}", found, AFTERWARDS if wider and covered else _verdict(covered)),
        ]
    return rows


def _benchmark_coverage(part: pd.DataFrame) -> str:
    """Return the range of the coverage of benchmarks with the error of yearly figures."""
    names = [n for n in part.index if n.endswith(REVISION_ENDING) and not n.startswith(MODELS)]
    shares = part.loc[names, "coverage"].dropna()
    return f"{shares.min():.0%} to {shares.max():.0%}" if len(shares) else "none"


WORDS = {"counties": "nothing known after 2010", "counties_given_province": "province known"}
"""Cases of counties that are judged."""


def _counties(card: pd.DataFrame) -> list[Measure]:
    """Return the measures of the counties: the draws, with shocks of single counties, against share and its errors."""
    rows = list[Measure]()
    for case, words in WORDS.items():
        part = card[(card["case"] == case) & (card["years"] == "all")].set_index("forecaster")
        model = f"model_prior{SHOCK_ENDING}"
        if model not in part.index:
            continue
        mine, theirs = _cell(part, model, "crps"), _cell(part, "share_elsewhere", "crps")
        covered, alone = _cell(part, model, "coverage"), _cell(part, "model_prior", "coverage")
        name = f"counties 2010–2020 ({words})"
        low, high = COVERAGE
        rows += [
            (
                f"{name}: CRPS no worse than that of share, shrunk and with errors as learnt in other provinces",
                f"{mine:.2f} against {theirs:.2f} points",
                _verdict(mine <= theirs),
            ),
            (
                f"{name}: coverage {low:.0%} to {high:.0%}, draws with shocks of counties as in other provinces",
                f"{covered:.0%}; without the shocks {alone:.0%}",
                _verdict(low <= covered <= high),
            ),
        ]
    return rows


def _elsewhere(record: pd.DataFrame | None) -> list[Measure]:
    """Return whether 90% bands with the discrepancy hold in other provinces, each left out in turn."""
    if record is None:
        return []
    own = record[(record["mean_weight"] == MEAN_WEIGHT) & ~record["forecaster"].isin(MODELS)]
    rows, (low, high) = list[Measure](), COVERAGE
    for row in own[own["ahead"] == "all"].to_dict("records"):
        what = "urban rate" if row["quantity"] == "rate" else "residents"
        name = f"other provinces, each left out in turn: 90% bands of the {what} from {row['origins']} cover"
        found = f"{row['coverage']:.0%} of {row['values']} values"
        rows.append((f"{name} {low:.0%} to {high:.0%}", found, _verdict(low <= row["coverage"] <= high)))
    return rows


def _added(added: pd.DataFrame | None) -> list[Measure]:
    """Return whether the model adds to the share at the start, by the encompassing test."""
    if added is None:
        return []
    table, rows = added[added["beside"] == "share"].set_index("case"), list[Measure]()
    for case, words in WORDS.items():
        known, both, weight, low, high = (_cell(table, case, c) for c in ("known", "both", "weight", "low", "high"))
        rows.append(
            (
                f"counties 2010–2020 ({words}): the model adds to the share at the start",
                f"weight {weight:.2f} ({low:.2f} to {high:.2f}); CRPS {both:.2f} with it, {known:.2f} without",
                _verdict(low > 0.0 and both < known),
            )
        )
    return rows


def _cell(part: pd.DataFrame, forecaster: str, column: str) -> float:
    return float(part.loc[[forecaster], column].iloc[0])
