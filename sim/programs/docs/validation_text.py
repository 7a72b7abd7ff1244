"""The numbers of ``docs/validation.md``: every block is made from committed tables and posteriors."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sim.base.markdown import table
from sim.base.numbers import short
from sim.config import CONFIGS, read_yaml
from sim.parameters.posterior import PRIOR_DRIVEN
from sim.programs.claims.claims import ClaimsConfig
from sim.programs.claims.page import summary
from sim.programs.hindcast.agency import within_noise
from sim.programs.hindcast.measures import judged
from sim.programs.program import checked
from sim.report.text import Text
from sim.report.track_record import (
    DISCREPANCY_ENDING,
    ERROR_ENDING,
    POSTERIORS,
    REVISION_ENDING,
    SHOCK_ENDING,
    TABLES,
    WIDER,
    Validation,
    duels,
    load_validation,
    plain,
)

NONE = "Not run yet.\n"
WIDER_WORDS = {
    SHOCK_ENDING: " (+ shocks of counties)",
    ERROR_ENDING: " (+ error elsewhere)",
    REVISION_ENDING: " (+ error of yearly figures)",
    DISCREPANCY_ENDING: " (+ discrepancy and error of yearly figures)",
}


def record() -> Validation:
    """Return the committed track record."""
    marker = TABLES / "region.txt"
    return load_validation(marker.read_text(encoding="utf-8").strip() if marker.is_file() else "")


def measures() -> str:
    """Return the measures that were set before, and whether they are reached; what is missed comes first."""
    found = record()
    if not found.has("scorecard"):
        return NONE
    tests = (found.tables.get(name) for name in ("encompassing", "discrepancy", "sbc"))
    return table(("measure", "found", ""), judged(found.tables["scorecard"], *tests))


def winners() -> str:
    """Return one sentence per row of the scorecard on who wins."""
    found, words = record(), Text("en")
    if not found.has("scorecard"):
        return NONE
    lines = []
    for duel in duels(found.tables["scorecard"]):
        case = words(f"case.{duel.case}") + ("" if duel.years == "all" else f", {duel.years} alone")
        sentence = words(
            f"winner.{duel.winner}",
            case=case[:1].upper() + case[1:],
            model=words(f"forecaster.{plain(duel.model)}"),
            benchmark=words(f"forecaster.{plain(duel.benchmark)}"),
            mine=f"{duel.model_score:.2f}",
            theirs=f"{duel.benchmark_score:.2f}",
        )
        lines.append(f"* {sentence}")
    return "\n".join(lines) + "\n"


def scorecard() -> str:
    """Return all scores over all years of each case."""
    found, words = record(), Text("en")
    if not found.has("scorecard"):
        return NONE
    card = found.tables["scorecard"]
    rows = []
    for row in card[card["years"] == "all"].itertuples(index=False):
        name = words(f"forecaster.{plain(str(row.forecaster))}")
        wide = next((words for ending, words in WIDER_WORDS.items() if str(row.forecaster).endswith(ending)), "")
        numbers = (row.mae, row.median_error, row.bias, row.crps)
        rows.append(
            (
                words(f"case.{row.case}"),
                name + wide,
                *(f"{float(str(v)):.2f}" for v in numbers),
                _share(row.coverage),
                _number(row.rank),
            )
        )
    return table(("case", "forecast", "MAE", "median error", "bias", "CRPS", "90% coverage", "rank"), rows)


def added() -> str:
    """Return the encompassing tests of the counties: CRPS by regression, and the weight of the model."""
    found, words = record(), Text("en")
    if not found.has("encompassing"):
        return NONE
    rows = [
        (
            words(f"case.{row.case}"),
            str(row.beside),
            *(f"{float(str(score)):.2f}" for score in (row.known, row.forecast, row.both)),
            f"{float(str(row.weight)):.2f} ({float(str(row.low)):.2f} to {float(str(row.high)):.2f})",
            "adds" if row.adds else "adds nothing that can be shown",
        )
        for row in found.tables["encompassing"].itertuples(index=False)
    ]
    head = ("case", "beside", "CRPS without the model", "the model alone", "both", "weight of the model (90%)", "it")
    return table(head, rows)


AGENCY_WORDS = {
    "counties": "From the census of 2010 with nothing known after it",
    "given_province": "From 2020, priors of the date",
    "given_province_posterior": "From 2020, calibrated on data up to 2020",
    "projection": "From the last observed year, without new policy",
}


def agency() -> str:
    """Return what the model says beyond cohorts with the same flows, and a sentence where that is nothing."""
    found = record()
    if not found.has("agency"):
        return NONE
    rows, same = [], []
    for row in found.tables["agency"].to_dict("records"):
        case, year = AGENCY_WORDS[str(row["case"])], int(row["year"])
        low, high, mine, theirs = (float(row[name]) for name in ("low", "high", "model_sd", "null_sd"))
        rows.append(
            (
                f"{case}: {year}",
                f"{row['model']:.2f}% (sd {mine:.2f})",
                f"{row['null_model']:.2f}% (sd {theirs:.2f})",
                f"{row['difference']:+.2f} ({low:+.2f} to {high:+.2f})",
            )
        )
        if within_noise(low, high, mine, theirs, float(row["draws"])):
            same.append(f"{case[:1].lower()}{case[1:]} to {year}")
    head = ("rate of the province", "model", "null model", "model less null model, points (95%)")
    draws = int(found.tables["agency"]["draws"].min())
    said = "Agency changes the level or the spread of every one of these beyond chance."
    if same:
        said = (
            f"Agency changes nothing beyond chance in {draws} draws, neither level nor spread, here: {'; '.join(same)}."
        )
    return table(head, rows) + f"\n{said}\n"


LIMITS = {
    "en": """\
* **Track record**: from data up to 2020 the forecasts of {first}–{last} have a CRPS of {mine} points as shown; the best
  benchmark, {benchmark}, has {theirs}.
* **Null model**: cohorts with the same flows and without households. The model less the null model is {apart} points
  in {year} (95% interval {low} to {high}).
""",
    "zh": """\
* **预测记录**：只用2020年及以前的数据，{first}—{last}年的预测（计入偏差）CRPS为{mine}个百分点；
  最好的基准“{benchmark}”为{theirs}。
* **零模型**：流量相同、没有家庭的队列。{year}年模型与零模型之差为{apart}个百分点（95%区间{low}至{high}）。
""",
}


def limits(language: str) -> str:
    """Return the numbers of the track record and of the null model that the READMEs give."""
    found, text = record(), Text(language)
    if not found.has("scorecard", "agency"):
        return NONE
    card = found.tables["scorecard"]
    duel = next(d for d in duels(card) if d.case == "province" and d.years == "all")
    years = sorted(set(card[card["case"] == "province"]["years"].astype(str)) - {"all"})
    row = next(row for row in found.tables["agency"].to_dict("records") if row["case"] == "projection")
    columns = {"apart": "difference", "low": "low", "high": "high"}
    numbers = {name: f"{float(row[column]):+.2f}" for name, column in columns.items()}
    return LIMITS[language].format(
        first=years[0],
        last=years[-1],
        mine=f"{duel.model_score:.2f}",
        theirs=f"{duel.benchmark_score:.2f}",
        benchmark=text(f"forecaster.{plain(duel.benchmark)}"),
        year=int(row["year"]),
        **numbers,
    )


def errors() -> str:
    """Return the error of every forecast of the province by year, in points."""
    found, words = record(), Text("en")
    if not found.has("forecasts"):
        return NONE
    part = found.tables["forecasts"]
    part = part[(part["case"] == "province") & ~part["forecaster"].str.endswith(WIDER)]
    error = 100 * (part["median"] - part["observed"])
    grid = part.assign(error=error).pivot_table(index="forecaster", columns="year", values="error")
    order = grid.mean(axis=1).abs().sort_values().index
    rows = [(words(f"forecaster.{name}"), *(f"{v:+.2f}" for v in grid.loc[name])) for name in order]
    return table(("forecast", *(str(year) for year in grid.columns)), rows)


def _share(value: object) -> str:
    number = float(str(value))
    return "" if np.isnan(number) else f"{number:.0%}"


def _number(value: object) -> str:
    number = float(str(value))
    return "" if np.isnan(number) else f"{number:.2f}"


def posteriors() -> str:
    """Return prior to posterior of every calibrated parameter, with waves and effective sizes."""
    found = record()
    if not found.posteriors:
        return NONE
    parts = []
    for name in POSTERIORS:
        if name not in found.posteriors:
            continue
        head = found.posteriors[name]
        waves = "; ".join(f"{w.runs} runs, {w.kept} not implausible (cut-off {w.cutoff:g})" for w in head.waves)
        rows = [
            (
                f"`{p.name}`",
                f"{short(p.prior[1])} ({short(p.prior[0])} to {short(p.prior[2])})",
                f"{short(p.posterior[1])} ({short(p.posterior[0])} to {short(p.posterior[2])})",
                f"{p.contraction:.0%}",
                p.label,
            )
            for p in sorted(head.parameters, key=lambda p: -p.contraction)
        ]
        strong = "; ".join(f"{c.first} and {c.second} {c.correlation:+.2f}" for c in head.correlations) or "none"
        parts.append(
            f"**`{name}`**: data up to {head.information}, {head.households:,} households, waves: {waves}; "
            f"effective size {head.effective_size:.0f}. Made by `{head.command}`.\n\n"
            + table(("parameter", "prior", "posterior", "contraction", ""), rows)
            + f"\nRank correlations of at least 0.3: {strong}. "
            f"Prior-driven: contraction below {PRIOR_DRIVEN:.0%}.\n"
        )
    return "\n".join(parts) + figure("contraction", "Contraction from prior to posterior by parameter")


def targets() -> str:
    """Return every target with its errors and what runs give before and after."""
    found = record()
    if not found.has("predictive") or not found.posteriors:
        return NONE
    head = next(iter(found.posteriors.values()))
    noise = {t.name: t for t in head.targets}
    rows = []
    for row in found.tables["predictive"].itertuples(index=False):
        target = noise.get(str(row.target))
        rows.append(
            (
                f"`{row.target}`",
                f"{float(str(row.observed)):.2f}",
                f"{float(str(row.discrepancy)):.2f}",
                f"{target.noise:.2f}" if target else "",
                _band(row.prior_median, row.prior_p05, row.prior_p95),
                _band(row.posterior_median, row.posterior_p05, row.posterior_p95),
            )
        )
    return table(("target", "published", "discrepancy", "noise of a run", "prior runs", "posterior runs"), rows)


def _band(*values: object) -> str:
    middle, low, high = (float(str(value)) for value in values)
    return f"{middle:.2f} ({low:.2f} to {high:.2f})"


def ranks() -> str:
    """Return the test of uniformity by parameter."""
    found = record()
    if not found.has("sbc"):
        return NONE
    rows = [
        (f"`{r.parameter}`", f"{float(str(r.p_value)):.3f}", f"{float(str(r.p_bins)):.3f}")
        for r in found.tables["sbc"].itertuples(index=False)
    ]
    size = float(found.tables["sbc"]["effective_size"].iloc[0])
    words = f"\nMedian effective size of the weights: {size:.0f}.\n"
    return (
        table(("parameter", "p, distance (Kolmogorov–Smirnov)", "p, ten bins (chi-square)"), rows)
        + words
        + figure("ranks", "Rank histograms")
    )


def patterns() -> str:
    """Return the patterns beside their evidence."""
    found = record()
    if not found.has("patterns"):
        return NONE
    rows = [
        (
            f"`{r.pattern}`",
            r.kind,
            f"{_shown(r.value, r.low, r.high)} {r.unit}",
            f"{r.source}, {r.grade}",
            _shown(r.median, r.p05, r.p95),
            r.verdict,
        )
        for r in found.tables["patterns"].itertuples(index=False)
    ]
    return table(("pattern", "kind", "evidence", "source, grade", "simulated", "median is"), rows)


def variance() -> str:
    """Return the split of the variance with its convergence."""
    found, words = record(), Text("en")
    if not found.has("sensitivity"):
        return NONE
    data = found.tables["sensitivity"]
    sizes = sorted(data["base"].unique())
    rows = []
    for output in ("rate", "effect"):
        part = data[data["output"] == output]
        final = part[part["base"] == sizes[-1]].sort_values("total", ascending=False)
        for r in final.itertuples(index=False):
            earlier = part[part["group"] == r.group].set_index("base")["total"]
            rows.append(
                (
                    "rate of 2029" if output == "rate" else "effect of the plan",
                    words(f"group.{r.group}"),
                    f"{100 * float(str(r.first)):.0f}",
                    f"{100 * float(str(r.total)):.0f} ± {100 * float(str(r.total_half_width)):.0f}",
                    " → ".join(f"{100 * float(earlier.loc[s]):.0f}" for s in sizes),
                )
            )
    head = ("of", "group", "first order, %", "total, % (95%)", f"total at base {' → '.join(map(str, sizes))}")
    return table(head, rows) + figure("tornado", "Split of the variance")


def claims() -> str:
    """Return every claim of the report with its verdict, and where it does not hold."""
    found = record()
    if not found.has("claims"):
        return NONE
    declared = checked(ClaimsConfig, read_yaml(CONFIGS / "claims.yaml"), "claims")
    return summary(found.tables["claims"], declared.claims, declared.variants, "en")


def figure(name: str, words: str) -> str:
    """Return the line that shows a figure of the page."""
    return f"\n![{words}](figures/validation_{name}.png)\n"


BLOCKS: dict[str, Callable[[], str]] = {
    "measures": measures,
    "winners": winners,
    "scorecard": scorecard,
    "added": added,
    "agency": agency,
    "errors": errors,
    "posteriors": posteriors,
    "targets": targets,
    "ranks": ranks,
    "patterns": patterns,
    "variance": variance,
    "claims": claims,
}


def _shown(middle: object, low: object, high: object) -> str:
    """Return a number of a table with its range."""
    return "{} ({} to {})".format(*(short(float(str(value)), 3) for value in (middle, low, high)))
