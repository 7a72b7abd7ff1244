"""Tables of the page of a search: measures, bundles, real runs, what is missing."""

from __future__ import annotations

from typing import Any, NamedTuple

import pandas as pd

from sim.policies import Levers
from sim.programs.search.answers import Closing
from sim.programs.search.problem import Wanted
from sim.report.page_tables import Table
from sim.report.text import Text, signed, signed_minus

__all__ = ["LEAST", "Words", "bundle_rows", "closing_rows", "lever_rows", "real_rows", "records"]

LEAST = 0.005
"""Intensities and their ranges below this are none."""
PERCENT = ("outside", "ageing")
"""Assumptions whose sizes are shares."""


class Words(NamedTuple):
    """What all texts of the page need.

    Attributes:
        page: words of the page.
        wanted: what was asked.
        levers: the levers.
    """

    page: Text
    wanted: Wanted
    levers: Levers

    @property
    def asked(self) -> dict[str, object]:
        """The question as values of strings."""
        wanted = self.wanted
        return {
            "target": f"{100.0 * wanted.target:g}",
            "year": wanted.year,
            "wanted": f"{100.0 * wanted.probability:g}%",
            "first": wanted.start,
        }

    def money(self, billion: float) -> str:
        """Return an amount with its unit: billion yuan, 亿元."""
        return self.page("search.money", value=self.amount(billion))

    def amount(self, billion: float) -> str:
        """Return an amount without its unit."""
        zh = self.page.language == "zh"
        return signed_minus((10.0 if zh else 1.0) * max(billion, 0.0), 0 if zh else 1)

    def measures(self, row: dict[str, Any]) -> str:
        """Return the measures of a bundle with their intensities."""
        parts = [f"{name} {100 * row[name]:.0f}%" for name in self.levers if row[name] > LEAST]
        return self.page.join(parts) if parts else self.page("search.nothing")

    def kind(self, row: dict[str, Any]) -> str:
        """Return what a bundle is called."""
        plain = row["kind"] in ("best", "cautious", "most_likely", "none")
        return self.page(f"search.kind.{row['kind']}") + ("" if plain else f" ({row['bundle']})")

    def table(self, name: str, keys: tuple[str, ...], rows: list[list[str]], **values: object) -> Table:
        """Return a table whose strings are called by its name."""
        page, known = self.page, self.asked | values
        head = [page(f"search.column.{key}") for key in keys]
        note = page(f"search.table.{name}.note", **known)
        return Table(page(f"search.table.{name}", **known), head, rows, note, numeric=False)


def records(table: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the rows of a table by column."""
    return [{str(key): value for key, value in row.items()} for row in table.to_dict("records")]


def lever_rows(words: Words, table: pd.DataFrame, best_cost: float) -> Table:
    """Return the use of every lever in bundles that cannot be told apart, and the price of doing without it."""
    page, rows = words.page, []
    for row in records(table):
        without = page("search.unused")
        if row["best"] > LEAST and row["cost_without"] == row["cost_without"] and words.wanted.budget is None:
            without = page("search.dearer", cost=words.money(row["cost_without"] - best_cost))
        elif row["best"] > LEAST:
            without = page("search.lower", probability=page.percent(row["probability_without"]))
        lever = words.levers[row["lever"]]
        name = lever.name_zh if page.language == "zh" else lever.name_en
        verdict = "always" if row["least"] > LEAST else "either" if row["most"] > LEAST else "never"
        cells = [f"{100 * row['best']:.0f}%", f"{100 * row['least']:.0f}–{100 * row['most']:.0f}%", without]
        rows.append([f"{lever.id} {name}", *cells, page(f"search.verdict.{verdict}")])
    return words.table("levers", ("measure", "best", "range", "without", "verdict"), rows)


def bundle_rows(words: Words, table: pd.DataFrame) -> Table:
    """Return the bundles with what the emulators say of them."""
    rows = []
    for row in records(table):
        effect = f"{signed(row['effect_p50'])} ({signed(row['effect_p10'])} … {signed(row['effect_p90'])})"
        cost, low, high = (words.amount(row[f"cost_{name}"]) for name in ("p50", "p10", "p90"))
        chance = words.page.percent(row["probability_all_draws"])
        rows.append([words.kind(row), words.measures(row), chance, effect, f"{cost} ({low}–{high})"])
    return words.table("bundles", ("bundle", "levels", "probability", "effect", "cost"), rows)


def real_rows(words: Words, table: pd.DataFrame) -> Table:
    """Return what real runs say beside what the emulators said."""
    page, rows = words.page, []
    for row in records(table):
        inside = "none" if row["kind"] == "none" else _inside(row)
        low, high = (page.percent(row[key], 0) for key in ("ci_low", "ci_high"))
        rows.append(
            [
                words.kind(row),
                f"{page.percent(row['probability'])} ({low}–{high})",
                page.percent(row["emulated_probability"]),
                signed(row["effect_p50"]),
                signed(row["emulated_effect_p50"]),
                words.amount(row["cost_p50"]),
                words.amount(row["emulated_cost_p50"]),
                page(f"search.inside.{inside}"),
            ]
        )
    keys = ("bundle", "real_probability", "emulated", "effect", "emulated", "cost", "emulated", "inside")
    return words.table("real", keys, rows, draws=int(table["draws"].iloc[0]))


def _inside(row: dict[str, Any]) -> str:
    if row["inside_probability"] and row["inside_cost"]:
        return "both"
    return "cost_off" if row["inside_probability"] else "probability_off" if row["inside_cost"] else "both_off"


def closing_rows(words: Words, closing: list[Closing]) -> Table:
    """Return which assumptions from outside would close the gap."""
    page, rows = words.page, []
    for one in closing:
        share = one.name in PERCENT
        size = page("search.never")
        if one.value is not None:
            size = f"{signed_minus(100.0 * one.value, 0)}%" if share else signed_minus(one.value, 2)
        rows.append([page(f"whatif.assumption.{one.name}"), size, page.percent(one.probability)])
    return words.table("missing", ("assumption", "value", "probability"), rows)
