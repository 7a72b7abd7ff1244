"""The programs beside the main job: one way of refusing, explaining and going on."""

from __future__ import annotations

import sys

import pytest

from sim.config import CONFIGS, read_yaml
from sim.program import run_program

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
