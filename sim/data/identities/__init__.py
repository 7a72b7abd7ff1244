"""Identities between columns and tables, named with the table that is reported."""

from __future__ import annotations

from collections.abc import Callable

from sim.data.identities import census, series
from sim.data.identities.common import Tables, shares_add_to_one

IDENTITIES: tuple[tuple[str, str, Callable[[Tables], list[str]]], ...] = (
    ("county_census", "zones, sexes, households, generations, registered add up", census.census_rows),
    ("county_census", "counties add to prefectures and province", census.census_sums),
    ("county_census", "persons away add to their totals", census.registered_sums),
    ("county_age_sex", "ages add to male and female residents", census.age_sums),
    ("county_long_form", "tenures add up, employed within their base", census.long_form_sums),
    ("household_sizes", "one-person share and mean size as observed", census.household_means),
    ("bulletin_totals", "counties within 0.02 % of what was announced", census.bulletin_totals),
    ("county_outside", "destinations add to outside migrants", series.outside_sums),
    ("province_series", "urban rate is urban over residents", series.province_rates),
    ("fertility_age", "shares add to one in every period", series.fertility_sums),
    ("prefecture_economy", "every imputed income is noted", series.imputed_noted),
    ("anchors", "sources exist, values within their range", series.anchor_sources),
    ("cell_notes", "sources, tables and columns exist", series.notes_refer),
)

__all__ = ["IDENTITIES", "shares_add_to_one"]
