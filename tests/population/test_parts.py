"""The parts of the synthesis against closed forms and hand-computed cases."""

from __future__ import annotations

import re
from pathlib import Path

import numpy as np
import pytest

import sim.population
from sim.agents.state import EMPTY
from sim.data import Region
from sim.population.ages import age_targets
from sim.population.attributes import quota
from sim.population.hashing import household_keys, uniforms
from sim.population.judged import CONSTANTS
from sim.population.judged_values import value, vector
from sim.population.margins import BAND_EDGES, load_margins, single_ages, split_ages
from sim.population.origins import origin_table
from sim.population.quotas import full_plan, joint_cells, migrants_by_zone, size_shares, whole_plan
from sim.population.repair import penalty
from sim.population.rounding import apportion_rows, carry_round, fit_proportions, largest_remainder, order_of


def test_largest_remainder() -> None:
    assert largest_remainder(np.array([1.0, 1.0, 1.0]), 4).tolist() == [2, 1, 1]
    assert largest_remainder(np.array([0.7, 0.2, 0.1]), 5).tolist() == [4, 1, 0]
    assert largest_remainder(np.zeros(3), 5).tolist() == [0, 0, 0]


def test_apportioned_rows_keep_rows_and_columns() -> None:
    rng = np.random.default_rng(4)
    targets = rng.random((200, 6)) * (rng.random((200, 6)) > 0.2)
    targets[:, 0] += 0.05
    totals = rng.integers(0, 9, 200)
    got = apportion_rows(targets, totals)
    assert (got.sum(1) == totals).all()
    assert (got[targets == 0] == 0).all()
    wanted = (targets / targets.sum(1, keepdims=True) * totals[:, None]).sum(0)
    assert np.abs(got.sum(0) - wanted).max() < 2.5


def test_rounding_with_memory_follows_the_running_sum() -> None:
    values = np.full(40, 0.3)
    got = carry_round(values, np.ones(40, np.int64))
    assert np.abs(np.cumsum(got) - np.cumsum(values)).max() <= 0.5 + 1e-9
    assert carry_round(np.array([3.0, 3.0]), np.array([1, 9])).tolist() == [1, 5]


def test_order_is_stable() -> None:
    keys = np.random.default_rng(1).integers(0, 65_536, 5_000).astype(np.uint16)
    assert (order_of(keys) == np.argsort(keys, kind="stable")).all()


def test_proportional_fitting_of_a_two_by_two_table() -> None:
    got = fit_proportions(np.ones((2, 2)), np.array([3.0, 1.0]), np.array([2.0, 2.0]))
    assert np.allclose(got, [[1.5, 1.5], [0.5, 0.5]])


def test_uniform_numbers_and_keys() -> None:
    draws = uniforms(7, 3, 0, 100_000)
    assert abs(draws.mean() - 0.5) < 0.005
    assert abs(np.corrcoef(draws[:-1], draws[1:])[0, 1]) < 0.01
    assert (draws[500:600] == uniforms(7, 3, 500, 100)).all()
    assert np.unique(household_keys(1, 100_000)).size == 100_000
    assert not np.intersect1d(household_keys(1, 1_000), household_keys(2, 1_000)).size


def test_single_ages_add_to_bands() -> None:
    bands = np.abs(np.sin(np.arange(19.0))) * 1_000 + 10
    single = single_ages(bands)
    assert single.min() >= 0
    assert np.allclose(np.add.reduceat(single, BAND_EDGES[:-1]), bands)


def test_zone_split_keeps_county_ages_and_zone_totals() -> None:
    rng = np.random.default_rng(2)
    bands = rng.random((4, 2, 19)) * 100
    total = bands.sum((1, 2))
    residents = np.stack([total * 0.4, total * 0.6], axis=1)
    residents[3] = [0.0, total[3]]
    got = split_ages(bands, residents, 0.0)
    assert np.allclose(got.sum(1), bands, rtol=1e-4)
    assert np.allclose(got.sum((2, 3)), residents)
    elders = got[:3, :, :, 13:].sum((2, 3)) / residents[:3]
    assert (elders[:, 0] > elders[:, 1]).all()


def test_sizes_have_the_given_mean_and_generations_both_margins() -> None:
    sizes = np.array([[0.25, 0.29, 0.21, 0.14, 0.06, 0.03, 0.02]])
    got = size_shares(sizes, np.array([2.67]))
    assert got.sum() == pytest.approx(1.0)
    assert (got * np.arange(1, 9)).sum() == pytest.approx(2.67, abs=1e-6)
    assert got[0, 0] == pytest.approx(0.25)
    generations = np.array([[0.45, 0.385, 0.155, 0.01]])
    cells = joint_cells(got, generations)
    assert np.allclose(cells.sum(2), got)
    assert np.allclose(cells.sum(1), generations, atol=1e-4)


@pytest.mark.parametrize("year", [2010, 2020])
def test_plan_is_consistent(region: Region, year: int) -> None:
    m = load_margins(region, year, 0.0)
    moved = migrants_by_zone(m)
    assert np.allclose(moved.sum(1), m.migrants)
    assert (moved.sum(2) <= m.residents + 1e-6).all()
    shares = full_plan(m)
    assert np.allclose((shares.family + shares.collective).sum(1), m.residents.reshape(-1))
    assert np.allclose((shares.cells * np.arange(1, 9)[None, :, None]).sum((1, 2)), shares.family.sum(1), rtol=1e-3)
    counts = whole_plan(m, shares, 20_000)
    persons = (counts.cells * np.arange(1, 9)[None, :, None]).sum((1, 2))
    assert (persons + counts.collective.sum(1) == counts.residents).all()
    assert (counts.cells >= 0).all()
    ages = age_targets(m, counts)
    assert (ages.sum((1, 2)) == counts.residents).all()
    assert (ages >= 0).all()


def test_origin_table_fits_both_margins_and_falls_with_distance(region: Region) -> None:
    m = load_margins(region, 2020, 0.0)
    table = origin_table(m)
    assert np.allclose(table.sum(0), m.migrants[:, 1])
    assert np.allclose(table.sum(1), m.out_in_province, rtol=1e-4)
    assert (np.diag(table) == 0).all()
    near = m.distance < np.median(m.distance)
    assert table[near].sum() > 2 * table[~near].sum()


def test_quota_meets_shares_and_prefers_high_odds() -> None:
    county = np.repeat([0, 1], 5_000)
    odds = np.tile([1.0, 4.0], 5_000)
    got = quota(county, np.ones(10_000), odds, np.array([0.2, 0.5]), uniforms(1, 1, 0, 10_000))
    assert got[:5_000].mean() == pytest.approx(0.2, abs=1e-3)
    assert got[5_000:].mean() == pytest.approx(0.5, abs=1e-3)
    assert got[odds == 4.0].mean() > 1.5 * got[odds == 1.0].mean()


def test_penalty_counts_years_outside_the_ranges() -> None:
    def row(*members: tuple[int, int, int]) -> np.ndarray:
        out = np.full((1, 8), EMPTY, np.uint8)
        for slot, age, sex in members:
            out[0, slot] = 2 * age + sex
        return out

    one, none = np.array([1], np.uint8), np.array([0], np.uint8)
    two = np.array([2], np.uint8)
    assert penalty(0, row((0, 30, 0), (1, 28, 1)), one, none) == 0
    assert penalty(0, row((0, 45, 0), (1, 28, 1)), one, none) == 9
    assert penalty(0, row((0, 30, 1), (2, 15, 0)), two, none) == 4
    assert penalty(0, row((0, 30, 0), (2, 5, 0), (6, 40, 1)), two, none) == 8 + 1


def test_judged_constants_are_documented_and_used() -> None:
    names = [row.name for row in CONSTANTS]
    assert len(set(names)) == len(names)
    folder = Path(sim.population.__file__).parent
    code = "".join(p.read_text(encoding="utf-8") for p in folder.glob("*.py") if p.name != "judged.py")
    read = set(re.findall(r"(?:value|vector|matrix)\(\s*\"(\w+)\"", code)) | set(re.findall(r"\"(base_\w+)\"", code))
    assert read == set(names)
    for row in CONSTANTS:
        assert row.meaning and row.source and row.unit
        assert row.grade in {"recalled", "judged"}
    assert 0 < value("whole_share_outside") < 1
    assert vector("outside_sizes").sum() == pytest.approx(1.0)
