"""Generated input is accepted or refused with one message; the judge of it can say no."""

from __future__ import annotations

import subprocess
import sys
import textwrap

import pytest

from tests.fuzz.__main__ import ROOT, attack
from tests.fuzz.cases import Case
from tests.fuzz.judge import ACCEPTED, FAULT, REFUSED, judge
from tests.fuzz.programs import find_programs
from tests.fuzz.runner import STOPPED, Answer

SAMPLE, SEED = 40, 7
GOOD = "The configuration is refused; nothing was written.\n  draws = 0: allowed is more\n  Next: correct it."
CASE = Case("command", "experiments.project", ("draws=0",), "value", names=("draws",))


def test_a_sample_of_generated_input_is_accepted_or_refused(capfd):
    status = attack(0, SAMPLE, SEED)
    assert status == 0, capfd.readouterr().out


def test_every_program_is_attacked_with_its_keys():
    programs = {program.module: program for program in find_programs(ROOT)}
    there = {f"experiments.{file.stem}" for file in (ROOT / "experiments").glob("[a-z]*.py")}
    assert programs.keys() == there | {"sim.data"}
    assert {"study", "with", "run", "workers"} <= programs["experiments.study"].keys.keys()
    assert {"household", "year", "seed"} <= programs["experiments.explain"].keys.keys()
    assert programs["experiments.hindcast"].keys["draws"] == 100


@pytest.mark.parametrize(
    ("status", "err", "seconds", "changed", "word"),
    [
        (2, GOOD, 1.0, [], REFUSED),
        (0, "", 1.0, ["results/a"], ACCEPTED),
        (STOPPED, "Preparing 6 runs.", 1.0, [], ACCEPTED),
        (0, GOOD, 1.0, [], FAULT),
        (1, "", 1.0, [], FAULT),
        (-11, "", 1.0, [], FAULT),
        (2, GOOD, 25.0, [], FAULT),
        (2, GOOD, 1.0, ["results/a"], FAULT),
        (STOPPED, "", 1.0, ["results/a"], FAULT),
        (2, f"{GOOD}\n{GOOD}", 1.0, [], FAULT),
        (2, GOOD.replace("draws", "keys"), 1.0, [], FAULT),
        (2, f"{GOOD}{'x' * 10_000}", 1.0, [], FAULT),
        (1, f'{GOOD}\nTraceback (most recent call last):\n  File "x.py", line 1\nKeyError: 3', 1.0, [], FAULT),
        (1, f"{GOOD}\nSet the environment variable HYDRA_FULL_ERROR=1", 1.0, [], FAULT),
    ],
)
def test_the_judge_tells_refusals_from_faults(status, err, seconds, changed, word):
    assert judge(CASE, Answer(status, "", err, seconds), changed).word == word


def test_input_that_cannot_be_right_may_not_be_accepted():
    impossible = Case("command", "experiments.project", ("draws=0",), "value", malformed=True)
    assert judge(impossible, Answer(STOPPED, "", "", 1.0), []).word == FAULT


PROGRAMS = {
    "crash": "raise KeyError('draws')",
    "kill": "import os, signal\nos.kill(os.getpid(), signal.SIGKILL)",
    "write": "open('left.txt', 'w').close()\nimport sys\nsys.exit('draws: refused')",
    "silent": "import sys\nsys.exit(3)",
    "good": "import sys\nsys.exit('draws: refused')",
}


@pytest.mark.parametrize(("name", "fresh"), [*((name, False) for name in PROGRAMS), ("crash", True)])
def test_a_program_that_goes_wrong_is_reported(name, fresh, tmp_path):
    """The runner is given a program of its own: what it does arrives at the judge."""
    (tmp_path / "experiments").mkdir()
    (tmp_path / "experiments" / "__init__.py").touch()
    (tmp_path / "experiments" / f"{name}.py").write_text(PROGRAMS[name], encoding="utf-8")
    script = f"""
        from pathlib import Path
        from tests.fuzz import runner
        from tests.fuzz.cases import Case
        from tests.fuzz.judge import judge
        case = Case("command", "experiments.{name}", ("draws=0",), "value", names=("draws",), fresh={fresh})
        before = runner.folder_state(Path.cwd())
        said = runner.answer(case)
        after = runner.folder_state(Path.cwd())
        print(judge(case, said, sorted(after.keys() ^ before.keys())))
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(script)],
        cwd=tmp_path,
        env={"PYTHONPATH": f"{tmp_path}:{ROOT}"},
        capture_output=True,
        text=True,
    )
    assert f"word='{REFUSED if name == 'good' else FAULT}'" in done.stdout, done.stderr + done.stdout
