"""The split of the variance against functions whose shares are known."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest

from sim.base.errors import InputError, StudyError
from sim.programs.checks import sensitivity as sv
from sim.studies.ensemble import ERROR

KEYS = {
    "study": "s",
    "region": "hunan",
    "year": 2027,
    "package": "plan",
    "posterior": None,
    "households": 5_000,
    "base": 4,
    "seed": 1,
    "workers": 1,
    "groups": {"age_structure": ["age_tilt"], "drift": ["move_trend", "outside_trend"]},
}


def test_indices_of_an_additive_function():
    """y = 3 u1 + u2 + 0 u3: variances 9/12, 1/12, 0; first and total indices are 0.9, 0.1, 0."""
    groups = ("one", "two", "three")
    points = sv.sobol_points(groups, 512, 1)
    found = sv.indices(points @ np.array([3.0, 1.0, 0.0]), groups, 512, 1)
    assert found["total"].to_numpy() == pytest.approx([0.9, 0.1, 0.0], abs=0.02)
    assert found["first"].to_numpy() == pytest.approx([0.9, 0.1, 0.0], abs=0.04)


def test_a_hashed_group_keeps_its_share():
    """A group that scrambles its number, as a seed or a draw does, has the variance of what it makes."""
    groups = ("smooth", "scrambled")
    points = sv.sobol_points(groups, 2048, 1)
    scrambled = (points[:, 1] * 7919.0) % 1.0
    found = sv.indices(points[:, 0] + scrambled, groups, 2048, 1)
    assert found["total"].to_numpy() == pytest.approx([0.5, 0.5], abs=0.05)


def test_interaction_is_in_the_total_only():
    """y = (u1 - 1/2)(u2 - 1/2): no first-order effect, all of the variance needs both."""
    groups = ("one", "two")
    points = sv.sobol_points(groups, 1024, 1)
    found = sv.indices(np.prod(points - 0.5, axis=1), groups, 1024, 1)
    assert found["first"].abs().max() < 0.06
    assert found["total"].to_numpy() == pytest.approx([1.0, 1.0], abs=0.06)


def test_the_beginning_of_the_table_is_the_smaller_design():
    groups = ("one", "two")
    points = sv.sobol_points(groups, 64, 1)
    rows = pd.DataFrame({name: points @ np.array([1.0, 2.0]) for name in sv.OUTPUTS})
    table = sv.split_table(rows, groups, 64, 1)
    small = sv.split_table(rows.iloc[: 32 * 4], groups, 32, 1)
    half = table[(table["base"] == 32) & (table["output"] == "rate")]["total"].to_numpy()
    assert half == pytest.approx(small[(small["base"] == 32) & (small["output"] == "rate")]["total"].to_numpy())
    assert sorted(table["base"].unique()) == [16, 32, 64]


def test_a_package_may_be_a_file(tmp_path, monkeypatch):
    """Runs know a scenario by its name, however it was given."""
    file = tmp_path / "mine.yaml"
    file.write_text("name: mine", encoding="utf-8")
    asked = []
    monkeypatch.setattr(sv, "prepare", asked.append)
    design = sv.make_design(sv.SensitivityConfig(**(KEYS | {"package": str(file)}), results=str(tmp_path)))
    assert design.scenario == "mine"
    assert asked[0].scenarios == ["no_new_policy", str(file)]


def test_one_point_of_the_simulation_depends_on_its_groups_alone(tmp_path):
    design = sv.make_design(sv.SensitivityConfig(**KEYS, results=str(tmp_path)))
    assert design.groups == ("behaviour", "age_structure", "drift", "levers", "monte_carlo")
    first, again = sv.simulate_point(design, 0), sv.simulate_point(design, 0)
    assert first == again
    moved = design.points.copy()
    moved[0, design.groups.index("levers")] = 0.9
    other = sv.simulate_point(sv.Design(design.setup, moved, design.groups, design.member, design.scenario), 0)
    assert other["rate"] == first["rate"]
    assert other["effect"] != first["effect"]


def test_the_job_writes_the_split(tmp_path, monkeypatch, capsys):
    def stand_in(design, job):
        u = design.points[job]
        return {"rate": 65.0 + u[0], "effect": 0.1 * u[3]}

    monkeypatch.setattr(sv, "simulate_point", stand_in)
    assert sv.sensitivity_job(KEYS | {"base": 256, "results": str(tmp_path)}) == 0
    table = pd.read_csv(tmp_path / "s" / "sensitivity.csv")
    final = table[table["base"] == 256].set_index(["output", "group"])["total"]
    assert final["rate", "behaviour"] == pytest.approx(1.0, abs=0.05)
    assert final["effect", "levers"] == pytest.approx(1.0, abs=0.05)
    assert "rate of 2027" in capsys.readouterr().out


def test_an_edited_package_is_refused_and_the_same_content_is_not_run_again(tmp_path, monkeypatch):
    done, prepared = [], sv.prepare

    def stand_in(design, job):
        done.append(job)
        return {"rate": float(job), "effect": float(job)}

    monkeypatch.setattr(sv, "simulate_point", stand_in)
    keys = KEYS | {"results": str(tmp_path)}
    sv.sensitivity_job(keys)
    sv.sensitivity_job(keys)
    assert len(done) == len(set(done)) == 28
    monkeypatch.setattr(sv, "prepare", lambda config: edited(prepared(config), "plan"))
    with pytest.raises(StudyError, match="other settings, scenarios"):
        sv.sensitivity_job(keys)


def edited(setup, name):
    """Return a set-up whose scenario of a name has other content."""
    return replace(setup, scenario_content={**setup.scenario_content, name: {"every_lever": 0.6}})


def test_many_failures_are_refused(tmp_path, monkeypatch):
    rows = pd.DataFrame({"job": range(28), "rate": 65.0, "effect": 0.1, ERROR: ["ValueError: no"] * 28})
    monkeypatch.setattr(sv, "run_ensemble", lambda *_: rows)
    with pytest.raises(InputError, match=r"28 of 28 runs failed \(ValueError: no\)"):
        sv.sensitivity_job(KEYS | {"results": str(tmp_path)})


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"base": 5}, "power of 2"),
        ({"groups": {"drift": ["mov_trend"]}}, "mov_trend: not a parameter"),
        ({"groups": {"levers": ["move_trend"]}}, "levers: not a parameter, named twice, or the name of a built-in"),
    ],
)
def test_wrong_keys_are_refused(change, message, tmp_path):
    with pytest.raises(InputError, match=message):
        sv.sensitivity_job(KEYS | {"results": str(tmp_path)} | change)
