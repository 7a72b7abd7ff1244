"""Sweeps by Hydra: every combination is a study of its own, named after its values."""

from __future__ import annotations

import sys

import pytest

from experiments import project
from sim.config import ConfigError
from sim.programs import project as command
from sim.programs.project import project_job, sweep_study


@pytest.fixture
def sweep(monkeypatch, tmp_path):
    """Return a function that carries out a sweep, without simulating, and the studies it asked for."""

    def go(*argv: str, status: int = 0) -> list[dict[str, object]]:
        asked: list[dict[str, object]] = []
        monkeypatch.setattr(command, "main_job", lambda values: asked.append(values) or status)
        monkeypatch.setattr("sim.programs.warm.warm", lambda: 0)
        monkeypatch.setattr(sys, "argv", ["project", "-m", f"results={tmp_path}", *argv])
        assert project.main() == status
        return asked

    return go


@pytest.mark.parametrize("launcher", [(), ("hydra/launcher=joblib", "hydra.launcher.n_jobs=1")])
def test_every_combination_is_a_study(sweep, tmp_path, launcher):
    asked = sweep("study=s", "seed=1,2", "levers.T3=0.2,0.9", "draws=3", *launcher)
    assert [values["study"] for values in asked] == [
        "s_levers.T3-0.2_seed-1",
        "s_levers.T3-0.9_seed-1",
        "s_levers.T3-0.2_seed-2",
        "s_levers.T3-0.9_seed-2",
    ]
    assert [(values["seed"], values["levers"]) for values in asked] == [
        (1, {"T3": 0.2}),
        (1, {"T3": 0.9}),
        (2, {"T3": 0.2}),
        (2, {"T3": 0.9}),
    ]
    assert {values["draws"] for values in asked} == {3}
    assert {values["workers"] for values in asked} == ({1} if launcher else {None})
    assert [p.name for p in tmp_path.iterdir()] == ["sweeps"]


def test_a_study_that_fails_does_not_stop_the_others_but_the_sweep_fails(sweep, capsys):
    assert len(sweep("study=s", "seed=1,2", status=1)) == 2
    message = capsys.readouterr().err
    assert "study s_seed-1: ended with status 1" in message
    assert "Traceback" not in message


def test_names_are_short_plain_and_distinct():
    name = sweep_study("main", "scenarios=[no_new_policy,plan],seed=1")
    assert name == "main_scenarios-_no_new_policy_plan_seed-1"
    long = [sweep_study("m" * 40, f"params.x={'1' * 40}{k}") for k in range(2)]
    assert len(set(long)) == 2
    assert {len(name) for name in long} == {64}


def test_a_sweep_without_values_is_refused():
    with pytest.raises(ConfigError, match="no key has several values"):
        project_job(["-m", "seed=1"])
