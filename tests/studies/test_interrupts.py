"""Ctrl-C and termination signals are obeyed at any moment, and leave no process behind."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import threading
import time

import pytest

from sim.studies import manifest
from sim.studies.worker_processes import interrupts_left_to_main
from tests.studies import torture

PATIENCE = 15.0
"""Seconds after which a signal counts as ignored, on a machine that is busy with other things."""
STUDY = """
import json, sys
from sim.config import load_config
from sim.programs.command_line import exit_status
from sim.studies.study import run_study
from tests.studies import fake_simulator as fake
def job():
    print("began", flush=True)
    accidents = {"nap": 0.2, "content": {"no_new_policy": "x" * 5_000_000}}
    run_study(load_config(**json.loads(sys.argv[1])), fake.simulator(**accidents), fake.report)
    return 0
if __name__ == "__main__":
    sys.exit(exit_status(job))
"""
DEAF = """
import sys, time
from sim.programs.command_line import exit_status
def job():
    print("began", flush=True)
    while True:
        try:
            time.sleep(60)
        except KeyboardInterrupt:
            pass
sys.exit(exit_status(job))
"""


def begun(program: str, *arguments: str) -> subprocess.Popen[str]:
    """Start a program in a group of its own and wait until its work begins."""
    child = subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        cwd=torture.ROOT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )
    assert child.stdout.readline() == "began\n"
    return child


def all_gone(group: int) -> bool:
    """Tell whether no process of a group is left, some seconds later at most."""
    until = time.monotonic() + PATIENCE
    while time.monotonic() < until:
        try:
            os.killpg(group, 0)
        except ProcessLookupError:
            return True
        time.sleep(0.05)
    os.killpg(group, signal.SIGKILL)
    return False


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM], ids=["interrupt", "terminate"])
@pytest.mark.parametrize("after", [0.0, 0.2, 0.6, 1.2])
def test_a_study_obeys_while_its_processes_start_and_goes_on_later(make, after, sent):
    config = make(draws=40, workers=2, resume=True)
    child = begun(STUDY, json.dumps(config.model_dump()))
    time.sleep(after)
    os.killpg(child.pid, sent)
    _, said = child.communicate(timeout=PATIENCE)
    assert child.returncode == 130
    assert said.count("Interrupted. Finished runs are kept") == 1
    assert "Traceback" not in said
    assert all_gone(child.pid)
    if (config.study_dir / manifest.FILE).is_file():
        assert {row.status for row in manifest.read(config.study_dir).values()} <= {"done", "pending"}


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM], ids=["interrupt", "terminate"])
def test_a_program_that_swallows_the_interrupt_ends_all_the_same(sent):
    child = begun(DEAF)
    os.killpg(child.pid, sent)
    _, said = child.communicate(timeout=PATIENCE)
    assert child.returncode == 130
    assert said == "Interrupted. Finished runs are kept; start the same command with resume=true to go on.\n"


CONVERTING = """
import atexit, sys, time
from sim.programs.command_line import exit_status
def job():
    atexit.register(print, "taken apart")
    print("began", flush=True)
    try:
        time.sleep(60)
    except KeyboardInterrupt:
        if sys.argv[1] == "raise":
            raise ImportError("a library made this of it") from None
    return 0
sys.exit(exit_status(lambda: exit_status(job)))
"""
"""A library that makes something else of an interrupt; and what Python does before it ends costs time."""


@pytest.mark.parametrize("how", ["raise", "return"])
@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM], ids=["interrupt", "terminate"])
def test_an_interrupt_that_becomes_something_else_is_one_message_and_a_prompt_end(sent, how):
    child = begun(CONVERTING, how)
    os.killpg(child.pid, sent)
    printed, said = child.communicate(timeout=PATIENCE)
    assert child.returncode == 130
    assert said == "Interrupted. Finished runs are kept; start the same command with resume=true to go on.\n"
    assert "taken apart" not in printed


@pytest.mark.parametrize("sent", [signal.SIGINT, signal.SIGTERM], ids=["interrupt", "terminate"])
def test_a_signal_before_the_first_import_of_a_program_is_one_line(sent):
    program = "import os, sys; sys.argv[:] = ['-m']; import experiments; os.kill(os.getpid(), int({sent}))"
    ended = subprocess.run(
        [sys.executable, "-c", program.format(sent=int(sent))], cwd=torture.ROOT, capture_output=True, check=False
    )
    assert (ended.returncode, ended.stderr) == (130, b"Interrupted.\n")


def test_a_signal_after_the_end_of_a_program_does_not_change_how_it_ended():
    program = """
import atexit, os, signal, sys
class Late:
    def __del__(self):
        os.kill(os.getpid(), signal.SIGINT)
sys.argv[:] = ["-m"]
import experiments
sys.late = Late()  # deleted when Python has taken its own handlers away
"""
    ended = subprocess.run([sys.executable, "-c", program], cwd=torture.ROOT, capture_output=True, check=False)
    assert (ended.returncode, ended.stderr) == (0, b"")


def test_importing_programs_elsewhere_leaves_signals_as_they_are():
    program = "import signal; before = signal.getsignal(2), signal.getsignal(15); import experiments.project; "
    program += "assert before == (signal.getsignal(2), signal.getsignal(15))"
    subprocess.run([sys.executable, "-c", program], cwd=torture.ROOT, check=True)


@pytest.mark.skipif(not hasattr(signal, "pthread_sigmask"), reason="needs signal masks")
def test_interrupts_are_kept_from_what_starts_in_the_block():
    with interrupts_left_to_main():
        thread = threading.Thread(target=lambda: masks.append(signal.pthread_sigmask(signal.SIG_BLOCK, ())))
        masks: list[set[signal.Signals]] = []
        thread.start()
        thread.join()
    assert signal.SIGINT in masks[0]
    assert signal.SIGINT not in signal.pthread_sigmask(signal.SIG_BLOCK, ())
