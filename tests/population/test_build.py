"""Every agent of a synthetic population is valid, and the population is a function of its arguments."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import sim.population
from sim.agents.state import (
    AWAY_COLLECTIVE,
    BASE_COLLECTIVE,
    COLUMNS,
    EMPTY,
    FIRST_CHILD,
    FIRST_ELDER,
    HEAD,
    LAND,
    MIGRANT_CLASS_MASK,
    MIGRANT_CLASS_SHIFT,
    N_SLOTS,
    OTHER_PROVINCE,
    SPOUSE,
    Population,
)
from sim.data import Region
from sim.population import build_population
from tests.population.conftest import digest


def present(population: Population) -> np.ndarray:
    return population.households.members != EMPTY


def away_bits(population: Population) -> np.ndarray:
    return ((population.households.away[:, None] >> np.arange(N_SLOTS)) & 1).astype(bool)


def ages(population: Population) -> np.ndarray:
    return (population.households.members >> 1).astype(int)


def test_number_types_and_keys(population: Population) -> None:
    hh = population.households
    for column in COLUMNS:
        array = getattr(hh, column.name)
        assert array.shape == ((40_000, column.width) if column.width > 1 else (40_000,))
        assert array.dtype == np.dtype(column.dtype)
    assert np.unique(hh.key).size == hh.key.size


def test_away_members_exist_and_live_elsewhere(population: Population) -> None:
    hh, here, away = population.households, present(population), away_bits(population)
    assert not (away & ~here).any()
    assert ((hh.away > 0) == (hh.away_place != EMPTY)).all()
    assert (hh.away_place != hh.base).all()
    assert (here & ~away).any(axis=1).all()
    assert not ((hh.social & AWAY_COLLECTIVE).astype(bool) & (hh.away == 0)).any()


def test_members_are_base_plus_away(population: Population) -> None:
    here, away = present(population), away_bits(population)
    assert here.sum() == (here & ~away).sum() + away.sum()


def test_heads_are_adults_and_couples_have_two_sexes(population: Population) -> None:
    hh, here, age = population.households, present(population), ages(population)
    assert here[:, HEAD].all()
    assert (age[:, HEAD] >= 16).all()
    couple = here[:, SPOUSE]
    assert (age[couple, SPOUSE] >= 16).all()
    assert ((hh.members[couple, HEAD] ^ hh.members[couple, SPOUSE]) & 1 == 1).all()
    assert age[here].max() <= 110


def test_children_are_younger_than_the_heads_and_sorted(population: Population) -> None:
    here, age = present(population), ages(population)
    heads = np.where(here[:, :FIRST_CHILD], age[:, :FIRST_CHILD], 0).max(axis=1)
    children = np.where(here[:, FIRST_CHILD:FIRST_ELDER], age[:, FIRST_CHILD:FIRST_ELDER], -1)
    assert (children.max(axis=1) < heads).all()
    assert (np.diff(children, axis=1) <= 0).all()


def test_gaps_between_generations_are_plausible(population: Population) -> None:
    here, age = present(population), ages(population)
    mother = here[:, SPOUSE] & here[:, FIRST_CHILD] & (population.households.members[:, SPOUSE] & 1 == 1)
    gap = (age[:, SPOUSE] - age[:, FIRST_CHILD])[mother]
    assert 20 <= np.median(gap) <= 31
    assert (gap >= 15).mean() > 0.95
    couple = here[:, SPOUSE]
    assert (np.abs(age[couple, HEAD] - age[couple, SPOUSE]) <= 10).mean() > 0.97


def test_homes_blocks_and_registration_agree(population: Population, region: Region) -> None:
    hh, zones = population.households, population.block_zone
    zone = zones[hh.home_county, hh.home_block]
    assert (zone != EMPTY).all()
    origin = (hh.flags & MIGRANT_CLASS_MASK) >> MIGRANT_CLASS_SHIFT
    outsiders = origin == OTHER_PROVINCE
    assert (hh.hukou[outsiders] >= 2 * region.n_counties).all()
    assert (hh.hukou[~outsiders] == 2 * hh.home_county[~outsiders].astype(int) + zone[~outsiders]).all()
    assert (((hh.social & LAND) != 0) == (~outsiders & (zone == 0))).all()
    assert hh.base.max() < region.place_count
    assert (hh.base[(hh.social & BASE_COLLECTIVE) != 0] < 2 * region.n_counties).all()


def test_rural_blocks_come_first(population: Population, region: Region) -> None:
    assert population.block_zone.shape == (region.n_counties, 256)
    order = population.block_zone.astype(int)
    assert (np.diff(order, axis=1) >= 0).all()
    assert (order != EMPTY).any(axis=1).all()


def test_arrivals_are_in_the_past(population: Population) -> None:
    assert population.households.arrival.max() <= (population.year - 1999) * 12 - 1


def test_same_arguments_same_bytes(region: Region) -> None:
    first = build_population(region, 2020, 6_000, seed=5)
    build_population(region, 2010, 5_000, seed=9)
    again = build_population(region, 2020, 6_000, seed=5)
    assert digest(first) == digest(again)
    assert digest(first) != digest(build_population(region, 2020, 6_000, seed=6))


def test_no_other_source_of_randomness() -> None:
    for path in Path(sim.population.__file__).parent.glob("*.py"):
        assert "np.random" not in path.read_text(encoding="utf-8"), path


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_smallest_populations_are_valid(region: Region, seed: int) -> None:
    for year in (2010, 2020):
        small = build_population(region, year, 5_000, seed=seed)
        assert present(small)[:, HEAD].all()
        assert not (away_bits(small) & ~present(small)).any()


def test_age_tilt_moves_elders_to_villages_and_keeps_totals(region: Region) -> None:
    shares, totals = [], []
    for tilt in (-0.1, 0.0, 0.1):
        built = build_population(region, 2020, 20_000, seed=1, age_tilt=tilt)
        here, age = present(built), ages(built)
        place = np.where(away_bits(built), built.households.away_place[:, None], built.households.base[:, None])
        rural = here & (place < 2 * region.n_counties) & (place % 2 == 0)
        shares.append((rural & (age >= 60)).sum() / rural.sum())
        totals.append(rural.sum())
    assert shares[0] < shares[1] < shares[2]
    assert len(set(totals)) == 1


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"households": 4_999}, "households = 4999: choose a number from 5,000 to"),
        ({"households": 60_000_000}, "one agent per household"),
        ({"year": 2015}, "year = 2015: a population can be built for 2010 or 2020"),
    ],
)
def test_bad_arguments_are_refused(region: Region, arguments: dict[str, int], message: str) -> None:
    with pytest.raises(ValueError, match=message):
        build_population(region, **arguments)
