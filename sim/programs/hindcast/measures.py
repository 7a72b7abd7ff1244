"""The measures that were set before the model was validated, and whether they are reached."""

from __future__ import annotations

import numpy as np
import pandas as pd

from sim.report.track_record import ERROR_ENDING, MODELS, duels, plain

MEDIAN_LIMIT, RANK_LIMIT = 4.8, 0.70
LOW_COVERAGE, HIGH_COVERAGE = 0.80, 0.97
REACHED, MISSED = "reached", "**not reached**"
AFTERWARDS = "reached with an error added after it had been missed"

Measure = tuple[str, str, str]
"""What was asked, what was found, the verdict."""


def judged(scorecard: pd.DataFrame, sbc: pd.DataFrame | None) -> list[Measure]:
    """Return all measures, those that are missed first and those simply reached last.

    Args:
        scorecard: scores of the hindcasts.
        sbc: ranks of the simulation-based calibration, if it was run.
    """
    rows = [*_province(scorecard), *_counties(scorecard)]
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
    """Return the measures of the province, with the spread of the draws alone and with the error of yearly figures."""
    part = card[(card["case"] == "province") & (card["years"] == "all")].set_index("forecaster")
    name, rows = "province after 2020", list[Measure]()
    for wider, words in ((False, "spread of the draws alone"), (True, "with the error of yearly figures")):
        duel = next(d for d in duels(card, wider) if d.case == "province" and d.years == "all")
        covered = (share := _cell(part, duel.model, "coverage")) >= LOW_COVERAGE
        found = f"{share:.0%} of years"
        if wider:
            found += f"; benchmarks with the same error: {_benchmark_coverage(part, duel.model)}"
        asked = f"{name}: CRPS no worse than that of the best benchmark, {words}"
        scores = f"{duel.model_score:.2f} against {duel.benchmark_score:.2f} points ({plain(duel.benchmark)})"
        rows += [
            (asked, scores, _verdict(duel.winner != "benchmark")),
            (f"{name}: 90% intervals cover, {words}", found, AFTERWARDS if wider and covered else _verdict(covered)),
        ]
    return rows


def _benchmark_coverage(part: pd.DataFrame, model: str) -> str:
    """Return the range of the coverage of benchmarks whose spread is as wide as the model's."""
    ending = model.removeprefix(plain(model))
    names = [n for n in part.index if n.endswith(ending) and not n.startswith(MODELS)]
    shares = part.loc[names, "coverage"].dropna()
    return f"{shares.min():.0%} to {shares.max():.0%}" if len(shares) else "none"


def _counties(card: pd.DataFrame) -> list[Measure]:
    rows = list[Measure]()
    for case, words in (("counties", "nothing known after 2010"), ("counties_given_province", "province known")):
        part = card[(card["case"] == case) & (card["years"] == "all")].set_index("forecaster")
        median, rank, raw = (_cell(part, "model_prior", name) for name in ("median_error", "rank", "coverage"))
        covered = _cell(part, f"model_prior{ERROR_ENDING}", "coverage")
        name = f"counties 2010–2020 ({words})"
        seen = "`own_move_evenness` was added after ranks had been seen"
        rows += [
            (
                f"{name}: median absolute error below {MEDIAN_LIMIT} points",
                f"{median:.2f} points",
                _verdict(median < MEDIAN_LIMIT),
            ),
            (
                f"{name}: rank correlation of changes above {RANK_LIMIT:.2f}",
                f"{rank:.2f}; {seen}",
                _verdict(rank > RANK_LIMIT),
            ),
            (
                f"{name}: coverage 80–97%, spread of the draws alone",
                f"{raw:.0%}",
                _verdict(LOW_COVERAGE <= raw <= HIGH_COVERAGE),
            ),
            (
                f"{name}: coverage 80–97%, with the errors made in other prefectures by 2020",
                f"{covered:.0%}",
                _verdict(LOW_COVERAGE <= covered <= HIGH_COVERAGE),
            ),
        ]
    return rows


def _cell(part: pd.DataFrame, forecaster: str, column: str) -> float:
    return float(part.loc[[forecaster], column].iloc[0])
