"""Processes of this machine that work for this one: started empty, ended with it however it ends.

A thread of this process looks after each of them. It starts the process, sends it what all
calls share and then one call at a time, and waits for the answer. Each end of their pipe has one
owner, so that both see at once when the other is gone, even in the middle of a message; and the
main thread, where signals are handled, never waits for a process.
"""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import pickle
import signal
import threading
import traceback
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection
from multiprocessing.context import SpawnProcess
from typing import Any, TypeVar

__all__ = ["LOST", "LostProcessError", "Processes", "interrupts_left_to_main", "process_pool", "results"]

LOST = "the process ended without a word (killed, or out of memory)"

Task = TypeVar("Task")
Result = TypeVar("Result")


class LostProcessError(RuntimeError):
    """A process that ended while it had something to do."""


class Processes:
    """Some processes that carry out calls; one that is lost costs its call, and the next call starts another."""

    def __init__(self, workers: int, begin: Callable[..., object], arguments: tuple[Any, ...]) -> None:
        self._begin = pickle.dumps((_only, (begin, *arguments)), pickle.HIGHEST_PROTOCOL)
        self._own = threading.local()
        self._running: set[SpawnProcess] = set()
        self._starting = threading.Lock()
        self._ended = False
        self._threads = ThreadPoolExecutor(workers, "worker-process")
        for _ in range(workers):
            self._threads.submit(self._connection)

    def submit(self, function: Callable[..., Result], *arguments: Any) -> Future[Result]:
        """Let the next free process call a function; the result raises ``LostProcessError`` if it ends meanwhile."""
        return self._threads.submit(self._call, function, arguments)

    def end(self) -> None:
        """End all processes at once, whatever they do."""
        with self._starting:
            self._ended = True
            for process in self._running:
                process.kill()
        self._threads.shutdown(wait=True, cancel_futures=True)

    def _call(self, function: Callable[..., Result], arguments: tuple[Any, ...]) -> Result:
        well, answer = self._ask(self._connection(), pickle.dumps((function, arguments), pickle.HIGHEST_PROTOCOL))
        if not well:
            raise answer
        result: Result = answer
        return result

    def _connection(self) -> Connection:
        """Return the connection to the process of this thread, which is started if there is none."""
        own: Connection | None = getattr(self._own, "connection", None)
        if own is None:
            own = self._start()
            well, answer = self._ask(own, self._begin)
            if not well:
                self._forget()
                raise answer
        return own

    def _ask(self, connection: Connection, call: bytes) -> tuple[bool, Any]:
        """Return whether a call went well, and its result or its error."""
        try:
            connection.send_bytes(call)
            well, answer = connection.recv()
        except (EOFError, OSError):
            self._forget()
            raise LostProcessError(LOST) from None
        return well, answer

    def _start(self) -> Connection:
        """Start a process with nothing but its end of a pipe."""
        context = multiprocessing.get_context("spawn")
        with self._starting:
            if self._ended:
                raise LostProcessError(LOST)
            own, other = context.Pipe()
            process = context.Process(target=_serve, args=(other,), daemon=True)
            with interrupts_left_to_main():
                process.start()
            other.close()
            self._running.add(process)
        self._own.connection, self._own.process = own, process
        return own

    def _forget(self) -> None:
        """Let go of the process of this thread."""
        process: SpawnProcess = self._own.process
        process.kill()
        process.join()
        self._own.connection.close()
        self._own.connection = None
        with self._starting:
            self._running.discard(process)


@contextlib.contextmanager
def process_pool(
    workers: int, begin: Callable[..., object], arguments: tuple[Any, ...], threads: int = 1
) -> Iterator[Processes]:
    """Give fresh processes that start now; they end with the block, or with this process.

    Args:
        workers: number of processes.
        begin: called with ``arguments`` once in every process.
        arguments: what every process is given; pickled once.
        threads: threads of compiled loops in every process.
    """
    with _environment("NUMBA_NUM_THREADS", str(threads)):
        processes = Processes(workers, begin, arguments)
        try:
            yield processes
        finally:
            processes.end()


def results(
    processes: Processes, workers: int, function: Callable[[Task], Result], tasks: Sequence[Task]
) -> Iterator[tuple[Task, Result | None]]:
    """Give every task with its result as it ends; a task whose process was lost is tried once more, alone.

    Tasks are handed out as processes become free, one more than there are processes, so that none
    waits while a result is written.

    Args:
        processes: who works.
        workers: how many they are.
        function: importable by name.
        tasks: arguments of the calls.

    Returns:
        Pairs of a task and its result, None where the process was lost twice.
    """
    waiting, again = list(tasks)[::-1], []
    running: dict[Future[Result], Task] = {}
    while waiting or running:
        while waiting and len(running) <= workers:
            task = waiting.pop()
            running[processes.submit(function, task)] = task
        for ended in wait(running, return_when=FIRST_COMPLETED).done:
            task = running.pop(ended)
            try:
                result = ended.result()
            except LostProcessError:
                again.append(task)
            else:
                yield task, result
    for task in again:
        try:
            alone = processes.submit(function, task).result()
        except LostProcessError:
            yield task, None
        else:
            yield task, alone


@contextlib.contextmanager
def _environment(name: str, value: str) -> Iterator[None]:
    """Set an environment variable for the processes started inside the block."""
    before = os.environ.get(name)
    os.environ[name] = value
    try:
        yield
    finally:
        if before is None:
            del os.environ[name]
        else:
            os.environ[name] = before


@contextlib.contextmanager
def interrupts_left_to_main() -> Iterator[None]:
    """Keep Ctrl-C, which a terminal sends to all, from the threads and processes that are started in the block."""
    if not hasattr(signal, "pthread_sigmask"):
        yield
        return
    with _environment("PYTHONWARNINGS", "ignore:resource_tracker"):  # an interrupted program leaves it to clean up
        resource_tracker.ensure_running()  # which would lift the block
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    try:
        yield
    finally:
        signal.pthread_sigmask(signal.SIG_SETMASK, before)


def _serve(connection: Connection) -> None:
    """Carry out calls until nobody is left to ask; end with the process that started this one."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    with contextlib.suppress(EOFError, OSError):
        while True:
            connection.send_bytes(_answer(connection.recv_bytes()))


def _answer(call: bytes) -> bytes:
    """Return whether a call went well, and its result or its error, pickled."""
    try:
        function, arguments = pickle.loads(call)  # noqa: S301 (from the process that started this one)
        return pickle.dumps((True, function(*arguments)), pickle.HIGHEST_PROTOCOL)
    except Exception as error:
        error.add_note(f"In another process:\n{traceback.format_exc()}")
        failure: Exception = error
    try:
        return pickle.dumps((False, failure))
    except Exception:
        return pickle.dumps((False, RuntimeError(f"{failure!r}\n{''.join(failure.__notes__)}")))


def _only(function: Callable[..., object], *arguments: Any) -> None:
    """Call a function for what it does."""
    function(*arguments)


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
