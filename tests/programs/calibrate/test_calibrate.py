"""Calibration from the job to the posterior files, with a linear stand-in for the simulation."""

from __future__ import annotations

from types import SimpleNamespace

import numpy as np
import pandas as pd
import pytest
from scipy.special import ndtri

from sim.base.errors import InputError
from sim.data import load_region
from sim.parameters.declared import draw_parameters
from sim.parameters.information import source_at
from sim.parameters.posterior import FOLDER, read_posterior
from sim.programs.calibrate import calibrate, runs
from sim.programs.calibrate import targets as tg
from sim.programs.hindcast.cases import census_shares

REGION = load_region("hunan")
NAMES = tuple(name for name, kind in tg.calibrated().items() if kind != "later")
CENSUS = list(zip(REGION.county_codes, *census_shares(REGION, 2020), strict=True))
KEYS = {
    "study": "c",
    "region": "hunan",
    "households": 5_000,
    "first_wave": 160,
    "later_wave": 120,
    "waves": 2,
    "truths": 40,
    "repeated": 60,
    "seed": 1,
    "workers": 1,
}


def test_the_census_of_2020_is_its_own_target():
    """A run that ends exactly at the census of 2020 has exactly the observed outputs."""
    share, residents = census_shares(REGION, 2020)
    row = {f"residents:{c}:2020": r for c, r in zip(REGION.county_codes, residents, strict=True)}
    row |= {f"rate:{c}:2020": s for c, s in zip(REGION.county_codes, share, strict=True)}
    observed = tg.observed_to_2020(REGION)
    row |= {"rate:2015": 0.5079, "rate:2020": 0.5876, "residents:2020": residents.sum()}
    row["outside:2020"] = observed["outside_2020"].iloc[0] * 1e6
    pd.testing.assert_frame_equal(tg.outputs_to_2020(pd.DataFrame([row]), REGION), observed)


def test_targets_after_2020_are_relative_to_the_province():
    """Changsha 2025: 84.51% published, less its census share, less the change of the province."""
    share, residents = census_shares(REGION, 2020)
    counties = REGION.county_prefecture == 0
    before = (share * residents)[counties].sum() / residents[counties].sum()
    expected = 100 * (0.8451 - before - (0.6300 - 0.5876))
    assert tg.observed_after_2020(REGION)["prefecture_rate:4301"].iloc[0] == pytest.approx(expected)


def test_registration_is_compared_with_neighbours_and_the_national_gain():
    """45.4 to 48.3% in the three years to 2023, and 36% at the start."""
    observed = tg.observed_after_2020(REGION)
    assert observed["registered_2020"].iloc[0] == pytest.approx(36.0)
    assert observed["registered_gain"].iloc[0] == pytest.approx(2.9 / 3)


def test_every_target_has_a_discrepancy_and_a_reason():
    for block, observed in (("to_2020", tg.observed_to_2020(REGION)), ("after_2020", tg.observed_after_2020(REGION))):
        made = tg.make_targets(block, observed, pd.Series(0.1, index=observed.columns))
        assert len(made) == observed.shape[1]
        assert all(t.discrepancy > 0 and t.basis for t in made)
    assert 8 <= len(NAMES) <= 12


def test_only_the_calibrated_parameters_come_from_the_design():
    source = source_at(REGION, 2010)
    block = runs.Block(SimpleNamespace(source=source), np.zeros((2, len(NAMES))), NAMES, 3)
    values, prior = runs.row_parameters(block, 1), draw_parameters(3, 1, {}, source)
    for name in NAMES:
        assert values[name] == pytest.approx(source.declared[name].median)
    same = set(prior) - set(NAMES)
    assert {n: values[n] for n in same} == {n: prior[n] for n in same}


def test_own_scores_are_those_of_the_draws():
    source = source_at(REGION, None)
    rows = np.array([4, 9])
    scores = runs.own_scores(3, ("transfer_per_year",), rows)
    drawn = [draw_parameters(3, int(row), {}, source)["transfer_per_year"] for row in rows]
    prior = source.declared["transfer_per_year"].prior
    assert prior["mean"] + prior["sd"] * scores[:, 0] == pytest.approx(drawn, rel=1e-3)


def stand_in(block, job):
    """A province whose rate in 2020 follows one parameter alone, around the truth at one standard deviation."""
    z = np.zeros(len(NAMES)) if job >= runs.ROWS else block.z[job]
    noise = ndtri((job % 97 + 0.5) / 97) if job >= runs.ROWS else 0.0
    row = {}
    for year in range(2020, REGION.last_observed + 1):
        for code, s, r in CENSUS:
            row[f"rate:{code}:{year}"] = s
            row[f"residents:{code}:{year}"] = r * (1 + 1e-3 * noise)
        row |= {f"rate:{year}": 0.5876, f"residents:{year}": 66_450_000.0}
        row[f"registered_rate:{year}"] = 0.36 + 1e-3 * noise
    row |= {"rate:2015": 0.5079, "outside:2020": 8.041e6}
    row["rate:2020"] = 0.5876 + 0.02 * (z[NAMES.index("distance_coefficient")] - 1.0) + 1e-4 * noise
    return row


@pytest.fixture
def job(tmp_path, monkeypatch):
    def setup(region, start, households, seed, draws):
        return SimpleNamespace(source=source_at(REGION, 2010 if start == 2010 else None))

    monkeypatch.setattr(calibrate, "block_setup", setup)
    monkeypatch.setattr(calibrate, "setup_basis", lambda _: {})
    monkeypatch.setattr(calibrate, "simulate_row", stand_in)
    return KEYS | {"results": str(tmp_path / "r"), "posterior_folder": str(tmp_path / "p")}, tmp_path


def test_the_posterior_is_that_of_the_stand_in(job, capsys):
    """Output error 0.5 points at 2 points per score: posterior sd 1/sqrt(1 + 16), mean 16/17."""
    keys, folder = job
    assert calibrate.calibrate_job(keys) == 0
    posterior = read_posterior("posterior_hindcast", folder / "p")
    found = {p.name: p for p in posterior.head.parameters}
    assert found["distance_coefficient"].contraction == pytest.approx(1 - 1 / np.sqrt(17), abs=0.06)
    assert found["distance_coefficient"].label == "informed"
    prior = source_at(REGION, 2020).declared["distance_coefficient"].prior
    expected = prior["mean"] + 16 / 17 * prior["sd"]
    assert found["distance_coefficient"].posterior[1] == pytest.approx(expected, abs=0.07)
    others = [p for p in posterior.head.parameters if p.name != "distance_coefficient"]
    assert np.mean([p.label == "prior-driven" for p in others]) > 0.8
    assert "prior-driven" in capsys.readouterr().out
    assert posterior.head.information == 2020
    projection = read_posterior("posterior_projection", folder / "p")
    assert projection.head.information == load_region().last_observed
    kinds = tg.calibrated()
    assert {kinds[name] for name in posterior.names} == {"shared"}
    assert {kinds[name] for name in projection.names} == {"shared", "later"}


def test_an_interrupted_calibration_ends_at_the_same_files(job, monkeypatch):
    keys, folder = job
    calibrate.calibrate_job(keys)
    first = {p.name: p.read_bytes() for p in (folder / "p").iterdir()}
    again = keys | {"results": str(folder / "other"), "posterior_folder": str(folder / "p2")}
    calls = []

    def breaks(block, job):
        calls.append(job)
        if len(calls) == 210:
            raise KeyboardInterrupt
        return stand_in(block, job)

    monkeypatch.setattr(calibrate, "simulate_row", breaks)
    with pytest.raises(KeyboardInterrupt):
        calibrate.calibrate_job(again)
    assert not (folder / "p2").exists()
    calibrate.calibrate_job(again)
    assert {p.name: p.read_bytes() for p in (folder / "p2").iterdir()} == first


def test_committed_posteriors_are_replaced_only_by_name(job, tmp_path, monkeypatch, capsys):
    keys, folder = job
    before = {path: path.read_bytes() for path in FOLDER.iterdir()}
    calibrate.calibrate_job(keys | {"posterior_folder": None})
    assert {path: path.read_bytes() for path in FOLDER.iterdir()} == before
    made = folder / "r" / "c" / "posteriors"
    assert read_posterior("posterior_hindcast", made).head.information == 2020
    assert f"posterior_folder={FOLDER} replaces them" in capsys.readouterr().out
    with pytest.raises(InputError, match=r"posterior_folder.*'' is not allowed: name a folder"):
        calibrate.calibrate_job(keys | {"posterior_folder": ""})


def test_a_run_that_failed_once_leads_to_the_same_posterior(job, monkeypatch):
    """The design of the second wave depends on the first: rows of another design are not taken for its own."""
    keys, folder = job
    calibrate.calibrate_job(keys)
    first = {p.name: p.read_bytes() for p in (folder / "p").iterdir()}
    again = keys | {"results": str(folder / "other"), "posterior_folder": str(folder / "p2")}

    def fails(block, job):
        if job in (3, 5, 7, 11):
            raise ValueError("no room")
        return stand_in(block, job)

    monkeypatch.setattr(calibrate, "simulate_row", fails)
    calibrate.calibrate_job(again)
    assert {p.name: p.read_bytes() for p in (folder / "p2").iterdir()} != first
    monkeypatch.setattr(calibrate, "simulate_row", stand_in)
    calibrate.calibrate_job(again)
    assert {p.name: p.read_bytes() for p in (folder / "p2").iterdir()} == first


def test_wrong_keys_are_refused():
    with pytest.raises(InputError, match=r"waves = 9: allowed is a whole number(.|\n)*configs/calibrate\.yaml"):
        calibrate.calibrate_job(KEYS | {"waves": 9, "results": ".", "posterior_folder": None})
