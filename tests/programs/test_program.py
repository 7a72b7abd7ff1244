"""The programs beside the main job: one way of refusing, explaining and going on."""

from __future__ import annotations

import runpy
import sys

import pytest

from sim.base.config_files import composed
from sim.config import CONFIGS, ConfigError, read_yaml
from sim.data import load_region
from sim.programs.checks.consistency import ConsistencyConfig
from sim.programs.command_line import exit_status
from sim.programs.program import checked, run_program
from sim.programs.report import report_job
from sim.programs.study import study_job

LAST = load_region().last_observed

ROOT = CONFIGS.parent


@pytest.mark.parametrize(
    ("arguments", "words"),
    [
        (["bogus=1"], "bogus: unknown key"),
        (["draws"], "draws: key=value is expected"),
        (["--halp"], "--halp: unknown flag"),
        (["draws=[1"], "this value cannot be read"),
        (["draws.x=1"], "draws.x: unknown key"),
    ],
)
def test_other_programs_refuse_what_they_do_not_know(arguments, words, monkeypatch, capsys):
    monkeypatch.setattr(sys, "argv", ["hindcast", *arguments])
    with pytest.raises(SystemExit) as ended:
        run_program("hindcast", "About.", lambda values: 0)
    message = capsys.readouterr().err
    assert ended.value.code == 2
    assert words in message
    assert "python -m experiments.hindcast --help" in message


def test_a_key_that_is_a_number_is_an_unknown_key():
    with pytest.raises(ConfigError, match="  1: unknown key; known are draws"):
        checked(ConsistencyConfig, {**composed("consistency"), 1: 2}, "consistency")


def test_help_of_other_programs_lists_every_key(monkeypatch, capsys):
    for file in sorted((ROOT / "experiments").glob("*.py")):
        if "run_program(" not in file.read_text(encoding="utf-8"):
            continue
        monkeypatch.setattr(sys, "argv", [file.stem, "--help"])
        with pytest.raises(SystemExit) as ended:
            run_program(file.stem, "About this program.", lambda values: 1)
        assert ended.value.code == 0
        text = capsys.readouterr().out
        keys = set(read_yaml(CONFIGS / f"{file.stem}.yaml")) - {"defaults", "hydra"}
        assert "About this program." in text
        assert all(f"\n  {key}:" in text for key in keys)


def test_open_keys_and_interruption_of_other_programs(monkeypatch, capsys):
    """``params.X=`` needs no prefix; who is interrupted is told the way on that the program has."""

    def interrupted(values):
        assert values["params"] == {"housing_price": -0.5}
        raise KeyboardInterrupt

    monkeypatch.setattr(sys, "argv", ["attribute", "params.housing_price=-0.5"])
    with pytest.raises(SystemExit) as ended:
        run_program("attribute", "About.", interrupted)
    assert ended.value.code == 130
    assert "start the same command with resume=true to go on" in capsys.readouterr().err


PROGRAMS = [file.stem for file in sorted((ROOT / "experiments").glob("*.py")) if "run_program(" in file.read_text()]


def run(monkeypatch, capsys, program, *arguments):
    """Return what a program writes to stderr before it ends with status 2; it prints nothing else."""
    monkeypatch.setattr(sys, "argv", [program, *arguments])
    job = runpy.run_path(str(ROOT / "experiments" / f"{program}.py"))["job"]
    with pytest.raises(SystemExit) as ended:
        run_program(program, "About.", job)
    said = capsys.readouterr()
    assert ended.value.code == 2, said.err
    assert said.out == ""
    return said.err


@pytest.mark.parametrize("program", PROGRAMS)
def test_a_folder_that_cannot_be_written_is_refused_before_anything_is_done(program, monkeypatch, capsys):
    message = run(monkeypatch, capsys, program, "results=/proc/nope")
    words = "none of hindcast/scorecard.csv" if program == "validation" else "cannot be written"
    assert message.count("results = /proc/nope") == 1
    assert words in message
    assert message.count("Next:") == 1
    assert len(message.splitlines()) <= 3


@pytest.mark.parametrize("program", PROGRAMS)
def test_wrong_types_are_refused_with_key_value_file_and_next_step(program, monkeypatch, capsys, tmp_path):
    for key, default in read_yaml(CONFIGS / f"{program}.yaml").items():
        if key in ("defaults", "hydra", "executor"):
            continue
        wrong = "[[1]]" if isinstance(default, list) else "{a: [[1]]}" if isinstance(default, dict) else "[1]"
        results = [] if key == "results" else [f"results={tmp_path / 'results'}"]
        message = run(monkeypatch, capsys, program, f"{key}={wrong}".replace("={a: ", ".a=").replace("}", ""), *results)
        assert f"  {key}" in message and ": allowed is " in message, message
        assert f"configs/{program}.yaml" in message and f"experiments.{program} --help" in message
        assert "should be" not in message and "Input" not in message
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("program", "arguments", "words"),
    [
        ("attribute", ["package=nope"], "package: nope: unknown scenario"),
        ("sensitivity", ["package=nope"], "package: nope: unknown scenario"),
        ("sampling", ["scenarios=[nope]"], "scenarios: nope: unknown scenario"),
        ("hindcast", ["posterior=nope"], "posterior = nope: unknown posterior"),
        ("calibrate", ["region=nope"], "region = nope: unknown region"),
        ("attribute", ["params.nope=1"], "params.nope: unknown parameter"),
        ("sensitivity", ["base=5"], "base: 5 is not allowed: a power of 2"),
        ("sampling", ["sizes=[3,full]"], "sizes.0 = 3: allowed is a whole number from 5000 to 40,000,000 or full"),
        ("patterns", ["draws=true"], "draws = true: allowed is a whole number from 2 to 1000"),
        ("consistency", [f"year={LAST}"], f"year = {LAST}: published, and passed by every run; allowed is a year from"),
        ("consistency", ["draws=1", "year=3"], "year = 3: allowed is a whole number from 2021 to 2060"),
    ],
)
def test_refusals_name_their_own_program(program, arguments, words, monkeypatch, capsys, tmp_path):
    message = run(monkeypatch, capsys, program, *arguments, f"results={tmp_path / 'results'}")
    assert words in message
    assert f"`python -m experiments.{program} --help` explains every key, configs/{program}.yaml" in message
    assert not list(tmp_path.iterdir())


def test_posterior_folder_is_checked_first(monkeypatch, capsys, tmp_path):
    message = run(monkeypatch, capsys, "calibrate", "posterior_folder=/proc/nope", f"results={tmp_path / 'r'}")
    assert "posterior_folder = /proc/nope: cannot be written" in message
    assert not list(tmp_path.iterdir())


def test_arguments_without_hydra_are_refused_in_the_same_words(capsys):
    assert exit_status(lambda: study_job(["status", "studdy=3"]), program="study") == 2
    message = capsys.readouterr().err
    assert "nothing was simulated or written.\n  studdy=3: not understood (did you mean study?)" in message
    assert "`python -m experiments.study --help`" in message and "configs/" not in message


@pytest.mark.parametrize("job", [report_job, lambda argv: study_job(["status", *argv])])
def test_a_folder_with_a_name_too_long_is_told(job, capsys):
    assert exit_status(lambda: job(["study=tiny", f"results={'9' * 6_000}"]), program="study") == 2
    message = capsys.readouterr().err
    assert "results = '999" in message and "File name too long" in message
    assert len(message) < 1_000
