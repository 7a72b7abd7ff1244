"""Where goals of the plan pull against each other: each conflict a switch, compared with and without."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import NamedTuple

import pandas as pd

from sim.base.names import BASELINE
from sim.policies import Levers, Scenario
from sim.programs.attribute.variants import Variant, pulled
from sim.statistics.regions import spread

PROVINCE = "430000"
RHO = (0.0, 0.25, 0.5, 0.75, 1.0)
"""Values of the share of the premium that services by residence replace (B19)."""


class Measure(NamedTuple):
    """One line of a conflict: a variant, what is read from it and where, as a difference to another variant."""

    conflict: str
    label: str
    variant: str
    indicator: str
    place: str = PROVINCE
    minus: str = BASELINE


def conflict_variants(package: Scenario, levers: Levers) -> dict[str, Variant]:
    """Return the runs that the switches need besides ``full_X`` (each lever alone at intensity 1)."""
    variants = {}
    for rho in RHO:
        name = f"rho_{rho:g}"
        variants[name] = Variant(name, pulled(package, levers, {"T1"}, 1.0), {"service_substitution": rho})
    for lever, quantity in (*SWITCHES, SIPHON):
        name = f"without_{lever}_{quantity}"
        alone = pulled(package, levers, {lever}, 1.0)
        setting = alone.settings[lever]
        off = setting.model_copy(update={"without_effects": (*setting.without_effects, quantity)})
        variants[name] = Variant(name, replace(alone, settings={**alone.settings, lever: off}))
    return variants


SWITCHES = (
    ("T2", "village_jobs"),
    ("T7", "labour_intensity"),
    ("T14", "rental_loss"),
    ("P1", "paper_registrations"),
    ("T9", "out_move"),
)
"""Effects that work against the purpose of their lever."""

SIPHON = ("T10", "siphon")
"""Lines that also draw people towards their centre; shown by place."""
PLACES = ("4301", "4302", "4303", "4307", "4309", PROVINCE)
"""The centre, the cities on its lines, two cities beside them, and the province."""


def measures() -> list[Measure]:
    """Return every line of every conflict, in the order in which it is shown."""
    rate, registered = "resident_urban_rate", "registered_urban_rate"
    lines = [Measure("rho", f"{rho:g}", f"rho_{rho:g}", what) for what in (rate, registered) for rho in RHO]
    for lever, quantity in SWITCHES:
        what, place = (registered if lever == "P1" else rate), PROVINCE
        if lever == "T9":
            what, place = "residents", "group:shrinking_counties"
        acted, without = f"full_{lever}", f"without_{lever}_{quantity}"
        lines += [
            Measure(lever, "with", acted, what, place),
            Measure(lever, "without", without, what, place),
            Measure(lever, "difference", acted, what, place, without),
        ]
    what, acted, without = "urban_residents", "full_T10", f"without_{'_'.join(SIPHON)}"
    for place in PLACES:
        lines += [
            Measure("T10", "with", acted, what, place),
            Measure("T10", "without", without, what, place),
            Measure("T10", "difference", acted, what, place, without),
        ]
    return lines


def conflict_table(values: Mapping[str, pd.DataFrame], year: int) -> pd.DataFrame:
    """Return one row per measure: paired difference in points, or persons, with intervals.

    Args:
        values: ``province_values`` by place code.
        year: year-end at which the difference is taken.
    """
    rows = []
    for measure in measures():
        table = values[measure.place]
        wide = table[table["year"] == year].pivot_table(index="draw", columns="scenario", values=measure.indicator)
        factor = 100.0 if measure.indicator.endswith("rate") else 1.0
        difference = factor * (wide[measure.variant] - wide[measure.minus]).dropna().to_numpy()
        rows.append([*measure, *spread(difference)])
    head = [*Measure._fields, "mean", "ci_low", "ci_high", "median", "p05", "p95", "draws"]
    return pd.DataFrame(rows, columns=head)
