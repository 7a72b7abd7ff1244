"""Identities between columns and tables, named with the table that is reported."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

from sim.data.identities import census, neighbours, series
from sim.data.identities.common import Tables, shares_add_to_one

Check = Callable[[Tables], list[str]]


def _part(part: str, whole: str, name: str = "registered_published", key: str = "place_code") -> Check:
    return partial(neighbours.parts_of_wholes, name=name, key=key, part=part, whole=whole)


def _exist(name: str, *columns: str) -> Check:
    return partial(neighbours.counties_exist, name=name, columns=columns)


IDENTITIES: tuple[tuple[str, str, Check], ...] = (
    ("county_census", "zones, sexes, households, generations, registered add up", census.census_rows),
    ("county_census", "counties add to prefectures and province", census.census_sums),
    ("county_census", "persons away add to their totals", census.registered_sums),
    ("county_age_sex", "ages add to male and female residents", census.age_sums),
    ("county_long_form", "tenures add up, employed within their base", census.long_form_sums),
    ("household_sizes", "one-person share and mean size as observed", census.household_means),
    ("bulletin_totals", "counties within 0.02 % of what was announced", census.bulletin_totals),
    ("county_outside", "destinations add to outside migrants", series.outside_sums),
    ("province_series", "urban rate is urban over residents", series.province_rates),
    ("province_series", "no gaps, no prefecture later", series.series_years),
    ("prefecture_annual", "prefectures add to the province", series.prefecture_sums),
    ("fertility_age", "shares add to one in every period", series.fertility_sums),
    ("prefecture_economy", "every imputed income is noted", series.imputed_noted),
    ("anchors", "sources exist, values within their range", series.anchor_sources),
    ("prefectures", "codes, names, tiles and seats fit the counties", neighbours.places_apart),
    ("county_age_sex", "age bands follow one another", neighbours.age_ends),
    ("county_long_form", "schooling is of the residents aged six and over", neighbours.schooling_counts),
    ("mortality", "periods of five years", partial(neighbours.period_ends, name="mortality")),
    ("mortality", "death rates rise with age, little changed from period to period", neighbours.death_rates),
    ("fertility_age", "periods of five years", partial(neighbours.period_ends, name="fertility_age")),
    ("fertility_age", "shares little changed from period to period", neighbours.fertility_shifts),
    ("fertility_total", "small steps, variants in order", neighbours.fertility_steps),
    ("province_series", "published births and deaths are rates times residents", neighbours.published_vital),
    ("prefecture_annual", "urban rate is urban over residents", neighbours.prefecture_rates),
    ("zone_age_reference", "65 and over within 60 and over", neighbours.older_ages),
    ("registered_published", "registered in towns within registered", _part("registered_urban", "registered")),
    ("special_zones", "urban within residents", _part("residents_urban", "residents", "special_zones", "unit_code")),
    ("special_zones", "hosts exist", _exist("special_zones", "added_to")),
    ("boundary_changes", "counties exist", _exist("boundary_changes", "from_county", "to_county")),
    ("cell_notes", "sources, tables and columns exist", series.notes_refer),
)

__all__ = ["IDENTITIES", "shares_add_to_one"]
