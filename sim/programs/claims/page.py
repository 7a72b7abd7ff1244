"""The verdicts in words, as a page of Markdown and as a figure of claims by variants."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np
import pandas as pd

from sim.base.markdown import table as markdown
from sim.base.numbers import half_up
from sim.programs.claims.verdicts import (
    FAILS,
    FRAGILE,
    HOLDS,
    NOT_SHOWN,
    OPEN,
    REFUTED,
    ROBUST,
    Claim,
    Variant,
    overall,
)
from sim.report.fonts import figure_language
from sim.report.style import INK, figure_style, finish, new_figure, save, wrap
from sim.studies.files import replacing

WORDS = {
    "en": {
        "title": "Robust or fragile: the conclusions under other choices",
        "claim": "claim",
        "verdict": "verdict",
        "where": "where it does not hold",
        "share": "share of draws, as the model is",
        "needed": "needed",
        "variant": "variant",
        "settings": "settings",
        "unchanged": "none",
        ROBUST: "robust",
        FRAGILE: "fragile",
        REFUTED: "fails",
        OPEN: "not shown",
        HOLDS: "holds",
        FAILS: "fails",
        NOT_SHOWN: "not shown",
        "note": "Numbers: percent of the draws in which the claim is true. It holds where the 95% interval of that "
        "share lies above the share that is needed, fails where it lies below, and is not shown where it contains it.",
        "rule": "A claim is *robust* if it holds in every variant, *fragile* if it holds in the model as it is and "
        "fails or is not shown elsewhere; {runs} draws a variant at most.",
        "listed": "{names}: {verdict}",
    },
    "zh": {
        "title": "结论的稳健性：换一种设定是否仍然成立",
        "claim": "结论",
        "verdict": "判定",
        "where": "不成立之处",
        "share": "原设定下成立的抽样比例",
        "needed": "所需比例",
        "variant": "变体",
        "settings": "设定",
        "unchanged": "无",
        ROBUST: "稳健",
        FRAGILE: "脆弱",
        REFUTED: "不成立",
        OPEN: "未证实",
        HOLDS: "成立",
        FAILS: "不成立",
        NOT_SHOWN: "未证实",
        "note": "数字为结论成立的抽样百分比。该比例的95%区间高于所需比例即成立，低于即不成立，包含所需比例则未证实。",
        "rule": "在所有变体中都成立为*稳健*；原设定下成立而在其他变体中不成立或未证实为*脆弱*；各至多{runs}次抽样。",
        "listed": "{names}：{verdict}",
    },
}
COLOURS = {HOLDS: "#9fd3b6", NOT_SHOWN: "#f0f0f0", FAILS: "#f2b39a"}
CLAIM_UNITS = 62
"""Half-widths of a line of a claim beside the figure."""


def write_page(
    folder: Path, table: pd.DataFrame, claims: Sequence[Claim], variants: Sequence[Variant], language: str
) -> Path:
    """Write ``claims.md`` and its figure and return the page.

    Args:
        folder: where to write.
        table: verdicts, as ``judged`` makes them for one variant after the other.
        claims: what is judged, in the order of the figure.
        variants: where it is judged, likewise.
        language: of page and figure.
    """
    draw(folder, table, claims, variants, figure_language(language))
    words = WORDS[language]
    rows = [
        (getattr(v, language), ", ".join(f"`{setting}`" for setting in v.settings) or words["unchanged"])
        for v in variants
    ]
    rule = words["rule"].format(runs=int(table["runs"].max()))
    lines = [f"# {words['title']}", "", summary(table, claims, variants, language), f"{rule} {words['note']}", ""]
    lines += ["![](claims.png)", "", markdown((words["variant"], words["settings"]), rows)]
    page = folder / "claims.md"
    with replacing(page) as temporary:
        temporary.write_text("\n".join(lines), encoding="utf-8")
    return page


def summary(table: pd.DataFrame, claims: Sequence[Claim], variants: Sequence[Variant], language: str) -> str:
    """Return a table in Markdown: every claim with its verdict, and where it does not hold."""
    words, rows = WORDS[language], []
    titles = {v.name: getattr(v, language) for v in variants}
    first = table.drop_duplicates("claim").set_index("claim")
    for claim, said in _verdicts(table, claims):
        share = first["share"][claim.id]
        cells = ("–" if np.isnan(share) else _percent(share), f">{_percent(claim.probability)}")
        where = _elsewhere(table[table["claim"] == claim.id], titles, language)
        rows.append((getattr(claim, language), f"**{words[said]}**", *cells, where))
    return markdown(tuple(words[name] for name in ("claim", "verdict", "share", "needed", "where")), rows)


def spoken(table: pd.DataFrame, claims: Sequence[Claim], language: str) -> list[str]:
    """Return every claim with its verdict beside it, for the terminal."""
    words = WORDS[language]
    lines = []
    for claim, said in _verdicts(table, claims):
        where = _elsewhere(table[table["claim"] == claim.id], {}, language)
        lines.append(f"[{words[said]}] {getattr(claim, language)}" + (f" ({where})" if where else ""))
    return lines


def _verdicts(table: pd.DataFrame, claims: Sequence[Claim]) -> list[tuple[Claim, str]]:
    """Return the claims that were judged with their verdict."""
    found = overall(table)
    return [(claim, str(found[claim.id])) for claim in claims if claim.id in found.index]


def _elsewhere(rows: pd.DataFrame, titles: dict[str, str], language: str) -> str:
    """Return in which variants a claim does not hold, by verdict."""
    words, parts = WORDS[language], []
    comma, stop = ("、", "；") if language == "zh" else (", ", "; ")
    for said in (FAILS, NOT_SHOWN):
        names = [titles.get(name, name) for name in rows.loc[rows["verdict"] == said, "variant"]]
        if names:
            parts.append(words["listed"].format(names=comma.join(names), verdict=words[said]))
    return stop.join(parts)


def draw(
    folder: Path, table: pd.DataFrame, claims: Sequence[Claim], variants: Sequence[Variant], language: str
) -> None:
    """Draw a cell for every claim and variant, coloured by its verdict, with the share of draws."""
    words = WORDS[language]
    cells = table.set_index(["claim", "variant"])[["verdict", "share"]].to_dict("index")
    names = [v for v in variants if v.name in set(table["variant"])]
    with figure_style():
        figure = new_figure(2.4 + 0.36 * len(claims))
        axes = figure.subplots()
        for y, claim in enumerate(claims):
            for x, variant in enumerate(names):
                row = cells[claim.id, variant.name]
                axes.barh(y, 0.96, 0.92, left=x - 0.48, color=COLOURS[row["verdict"]], lw=0)
                text = "–" if np.isnan(row["share"]) else f"{half_up(100 * row['share']):.0f}"
                axes.text(x, y, text, ha="center", va="center", size=8.0, color=INK)
        axes.set(xlim=(-0.5, len(names) - 0.5), ylim=(len(claims) - 0.5, -0.5))
        axes.set_yticks(
            range(len(claims)), ["\n".join(wrap(getattr(c, language), CLAIM_UNITS)) for c in claims], size=7.6
        )
        axes.set_xticks(range(len(names)), [getattr(v, language) for v in names], size=7.8, rotation=40, ha="right")
        axes.grid(False)
        for spine in axes.spines.values():
            spine.set_visible(False)
        axes.tick_params(length=0)
        for said, colour in COLOURS.items():
            axes.barh(0, 0, color=colour, label=words[said])
        axes.legend(ncols=3, loc="lower right", bbox_to_anchor=(1.0, 1.0))
        finish(figure, words["title"], words["note"])
        save(figure, folder, "claims")


def _percent(share: float) -> str:
    return f"{half_up(100 * share):.0f}%"
