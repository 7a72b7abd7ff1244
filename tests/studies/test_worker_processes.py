"""Worker processes: lost at any moment they cost their call at most, and nothing ever waits for the dead."""

from __future__ import annotations

import contextlib
import operator
import os
import signal
import threading
import time
from collections.abc import Iterator
from concurrent.futures import wait

import psutil
import pytest

from sim.studies.worker_processes import LostProcessError, process_pool, results

LARGE = "x" * 5_000_000
"""More than a pipe holds."""
TASKS = range(8)


def started(seen: set[int]) -> list[psutil.Process]:
    """Return the worker processes of this one that are not in ``seen``."""
    found = []
    for child in psutil.Process().children():
        try:
            if child.pid not in seen and "spawn_main" in " ".join(child.cmdline()):
                found.append(child)
        except psutil.Error:
            continue
    return found


@contextlib.contextmanager
def killing_the_next(count: int, delay: float) -> Iterator[None]:
    """Kill the next processes that start inside the block, each some seconds after it did."""
    seen = {child.pid for child in started(set())}

    def kill() -> None:
        left = count
        while left and not over.is_set():
            for child in started(seen)[:left]:
                seen.add(child.pid)
                time.sleep(delay)
                with contextlib.suppress(psutil.NoSuchProcess):
                    child.kill()
                left -= 1
            time.sleep(0.001)

    over, thread = threading.Event(), threading.Thread(target=kill)
    thread.start()
    yield
    over.set()
    thread.join()


@pytest.mark.parametrize("delay", [0.0, 0.01, 0.02, 0.03, 0.05])
def test_processes_killed_while_they_start_cost_nothing(delay):
    with killing_the_next(2, delay), process_pool(2, len, (LARGE,)) as processes:
        found = dict(results(processes, 2, operator.neg, TASKS))
    assert found == {task: -task for task in TASKS}


def test_a_call_whose_process_dies_twice_is_given_without_a_result_and_the_others_with_theirs():
    with process_pool(2, len, ("",)) as processes:
        found = dict(results(processes, 2, die_at_three, TASKS))
    assert found == {task: None if task == 3 else -task for task in TASKS}


def die_at_three(task: int) -> int:
    if task == 3:
        os._exit(9)
    return -task


def test_a_process_killed_in_the_middle_of_its_answer_is_noticed():
    with process_pool(1, len, ("",)) as processes:
        with pytest.raises(LostProcessError):
            processes.submit(die_while_answering).result(timeout=60)
        assert processes.submit(operator.neg, 1).result(timeout=60) == -1


class Answer:
    """Kills its process once a part of its answer, which no pipe holds, is under way."""

    def __reduce__(self):
        threading.Timer(0.2, os._exit, (9,)).start()
        from multiprocessing import connection

        connection.Connection._send = send_and_wait
        return bytes, (b"x" * 1_000_000,)


def send_and_wait(self, content, write=os.write):
    write(self._handle, bytes(content[:10_000]))
    time.sleep(60)


def die_while_answering() -> Answer:
    return Answer()


def test_an_error_in_a_process_is_raised_here_with_its_trace():
    with process_pool(1, len, ("",)) as processes, pytest.raises(TypeError) as caught:
        processes.submit(operator.neg, "text").result()
    assert "In another process" in caught.value.__notes__[0]


def test_processes_that_are_stopped_end_with_the_block():
    with process_pool(1, len, ("",)) as processes:
        pid = processes.submit(os.getpid).result()
        os.kill(pid, signal.SIGSTOP)
        wait([processes.submit(operator.neg, 1)], timeout=0.1)
    assert not psutil.pid_exists(pid)


def test_an_interrupt_of_the_terminal_is_left_to_the_first_process():
    with process_pool(2, len, (LARGE,)) as processes:
        processes.submit(os.getpid).result()
        workers = started(set())
        for worker in workers:
            worker.send_signal(signal.SIGINT)
        assert processes.submit(operator.neg, 1).result() == -1
        assert workers
        assert not [worker for worker in workers if worker.status() == psutil.STATUS_ZOMBIE]
