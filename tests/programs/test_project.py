"""The command line of the main job, run as a user runs it."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from sim.config import CONFIGS, ConfigError
from sim.programs.command_line import read_command

ROOT = CONFIGS.parent


def project(*argv: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "experiments.project", *argv]
    return subprocess.run(command, cwd=ROOT, capture_output=True, text=True, timeout=120)


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["drws=3"], "drws: unknown key (did you mean draws?)"),
        (["+extra=3"], "extra: unknown key"),
        (["draws.x=3"], "draws.x: unknown key"),
        (["draws"], "draws: key=value is expected"),
        (["scenarios=[plan"], "scenarios=[plan: this value cannot be read"),
        (["--halp"], "--halp: unknown flag (did you mean --help?)"),
        (["--config-name", "nothing"], "unknown configuration; known are demo, project"),
    ],
)
def test_arguments_are_checked_before_hydra(argv: list[str], expected: str):
    with pytest.raises(ConfigError) as caught:
        read_command(argv, "project")
    assert expected in str(caught.value)


def test_levers_and_params_need_no_prefix():
    values = read_command(["levers.T3=0.8", "params.a=1", "+levers.T4=0.1", "draws=2"], "project").values
    assert (values["levers"], values["params"], values["draws"]) == ({"T3": 0.8, "T4": 0.1}, {"a": 1}, 2)


@pytest.mark.parametrize(
    ("argv", "expected"),
    [
        (["levers.T3=1.7"], "levers.T3 = 1.7: allowed is a finite number from 0 to 1"),
        (["draws=0"], "draws = 0: allowed is a whole number"),
        (["results=/dev/null/here"], "results = /dev/null/here: cannot be written"),
    ],
)
def test_mistakes_end_with_one_message_and_status_2(argv: list[str], expected: str, tmp_path: Path):
    here = [] if "results" in argv[0] else [f"results={tmp_path / 'results'}"]
    done = project(*argv, *here)
    assert done.returncode == 2
    assert done.stdout == ""
    assert expected in done.stderr
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_help_ends_well():
    done = project("--help")
    assert done.returncode == 0
    assert "levers.T3=0.8" in done.stdout


def test_hydra_composes_and_writes_nothing():
    before = set(ROOT.iterdir())
    done = project("--config-name", "demo", "levers.T3=0.8", "params.taste_sd=0.4", "seed=7", "--cfg", "job")
    assert done.returncode == 0
    assert [line in done.stdout for line in ("study: demo", "  T3: 0.8", "  taste_sd: 0.4", "seed: 7")] == [True] * 4
    assert not {"outputs", "multirun", ".hydra"} & {p.name for p in set(ROOT.iterdir()) - before}
