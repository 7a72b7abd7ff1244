"""Draws are added until the interval is narrow enough, and the result is that of a study of as many draws."""

from __future__ import annotations

import pandas as pd
import pytest
import yaml

from sim.config import ConfigError
from sim.studies import manifest
from sim.studies.sequential import draws_at_most, half_width
from sim.studies.study import run_study
from sim.studies.target import wilson
from tests.studies import fake_simulator

SEQUENTIAL = {"draws": 6, "until_half_width": 0.16, "end_year": 2029, "scenarios": ["no_new_policy", "plan"]}
SEQUENTIAL |= {"discrepancy": False}  # chances of runs vary less than hits: fewer draws would do


def run(config, **accidents: object):
    return run_study(config, fake_simulator.simulator(**accidents), fake_simulator.report)


@pytest.mark.parametrize("wanted", [0.02, 0.05, 0.1, 0.3])
def test_the_most_draws_are_those_of_a_probability_of_one_half(wanted):
    def half(n):
        low, high = wilson(0.5, n)
        return (high - low) / 2

    most = draws_at_most(wanted)
    assert half(most) <= wanted + 1e-12 < half(most - 1) + 2e-12


def test_draws_are_added_until_the_interval_is_narrow_enough(make, capsys):
    config = make(**SEQUENTIAL)
    outcome = run(config)
    said = capsys.readouterr().err
    assert "6 to 34 draws, at most 68 runs" in said
    assert "more runs" in said
    assert "narrow enough" in said
    table = pd.read_csv(config.study_dir / "target.csv").query("target == 'resident_rate_66' and target_year == 2029")
    assert ((table["ci_high"] - table["ci_low"]) / 2 <= 0.16).all()
    draws = yaml.safe_load((config.study_dir / "config.yaml").read_text(encoding="utf-8"))["draws"]
    assert 6 < draws <= 34
    assert outcome.done == 2 * draws
    fewer = {key: row for key, row in manifest.read(config.study_dir).items() if row.draw < 6}
    assert half_width(make(**SEQUENTIAL | {"draws": 6}), fewer) > 0.16
    straight = make(**SEQUENTIAL | {"draws": draws, "until_half_width": None, "study": "straight"})
    run(straight)
    for name in ("summary", "target", "effects"):
        assert (config.study_dir / f"{name}.csv").read_bytes() == (straight.study_dir / f"{name}.csv").read_bytes()


@pytest.mark.parametrize(("draws", "wanted"), [(5, 0.2), (7, 0.13), (40, 0.3)])
def test_there_are_never_more_draws_than_announced(make, monkeypatch, capsys, draws, wanted):
    """Whatever the runs say, even an interval that never narrows."""
    monkeypatch.setattr("sim.studies.sequential.half_width", lambda *_: 0.5)
    config = make(**SEQUENTIAL | {"draws": draws, "until_half_width": wanted})
    outcome = run(config)
    most = max(draws, draws_at_most(wanted))
    said = capsys.readouterr().err
    assert f"{draws} to {most} draws, at most {2 * most} runs" in said
    assert "the most there may be" in said
    assert outcome.done == 2 * most


def test_the_same_command_again_adds_nothing(make):
    done = run(make(**SEQUENTIAL)).done
    assert run(make(resume=True, **SEQUENTIAL)).done == done


def test_failures_alone_do_not_go_on_for_ever(make):
    outcome = run(make(**SEQUENTIAL), fail=tuple(range(6, 200)))
    assert outcome.done == 12
    assert outcome.failed == 12


def test_a_horizon_before_the_target_is_refused(make):
    with pytest.raises(ConfigError, match=r"until_half_width = 0.16: the headline figure is of 2028"):
        make(**SEQUENTIAL | {"end_year": 2027})
