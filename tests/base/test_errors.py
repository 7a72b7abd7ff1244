"""Messages show values in the words of a file, and have a length that people read."""

from __future__ import annotations

import subprocess
import sys

import pytest

from sim.base.errors import LINE, LINES, shown, told

LONG = "x" * 12_000


@pytest.mark.parametrize(
    ("value", "text"),
    [(True, "true"), (None, "null"), ("03752", "'03752'"), (0.5, "0.5"), ([1, "a"], "[1, 'a']")],
)
def test_values_are_shown_as_files_have_them(value, text):
    assert shown(value) == text


def test_what_cannot_be_written_is_named_by_its_kind():
    assert shown(10**5_000) == "a int too large to show"


def test_a_message_of_any_length_is_told_at_a_length_that_people_read():
    lines = "\n".join(f"problem {k}" for k in range(1_000))
    message = told(f"/data/{LONG}/counties.csv: no such file\n{'a b ' * 3_000}\n{lines}\n  Next: correct it.")
    assert "counties.csv (12019 characters): no such file" in message
    assert message.endswith("Next: correct it.") and "lines more" in message
    assert message.count("\n") <= LINES and max(map(len, message.split("\n"))) < LINE + 30


@pytest.mark.parametrize(
    "argv",
    [
        ["experiments.consistency", f"results=[[true],[{'1,' * 4_000}1]]"],
        ["experiments.project", f"study={LONG}"],
        ["experiments.project", LONG],
        ["experiments.study", "status", f"study=main{LONG}=1"],
        ["sim.data", f"--root=/{LONG}", "check"],
        ["sim.data", LONG],
    ],
    ids=["list", "name", "word", "key", "path", "choice"],
)
def test_what_was_given_is_not_repeated_at_length(argv):
    done = subprocess.run([sys.executable, "-m", *argv], capture_output=True, text=True)
    assert done.returncode in (1, 2) and "Traceback" not in done.stderr
    assert 0 < len(done.stderr) < 2_000
