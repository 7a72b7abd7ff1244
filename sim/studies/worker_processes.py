"""Processes of this machine that work for this one: started fresh, ended with it however it ends."""

from __future__ import annotations

import contextlib
import multiprocessing
import os
import signal
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import Executor, ProcessPoolExecutor
from typing import Any

__all__ = ["process_pool", "start_all", "undisturbed"]


@contextlib.contextmanager
def process_pool(
    workers: int, begin: Callable[..., object], arguments: tuple[Any, ...], threads: int = 1
) -> Iterator[ProcessPoolExecutor]:
    """Give a pool of fresh processes; when the block ends early they are ended with it.

    Args:
        workers: number of processes; they start as work is handed in.
        begin: called with ``arguments`` once in every process.
        arguments: what every process is given.
        threads: threads of compiled loops in every process.
    """
    before = set(multiprocessing.active_children())
    context = multiprocessing.get_context("spawn")
    processes = ProcessPoolExecutor(workers, context, _begin, (begin, *arguments))
    with _environment("NUMBA_NUM_THREADS", str(threads)):
        try:
            yield processes
        except BaseException:
            for process in set(multiprocessing.active_children()) - before:
                process.terminate()
            raise
        finally:
            processes.shutdown(wait=True, cancel_futures=True)


def start_all(processes: Executor, workers: int) -> None:
    """Let the processes of a new pool start now and not with their first work."""
    with undisturbed():
        for _ in range(workers):
            processes.submit(len, "")


@contextlib.contextmanager
def undisturbed() -> Iterator[None]:
    """Let processes start whole inside the block, and leave Ctrl-C to this process for good.

    A termination signal that comes meanwhile takes effect after the block.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    stopped: list[int] = []
    before = signal.signal(signal.SIGINT, signal.SIG_IGN), signal.signal(signal.SIGTERM, lambda n, _: stopped.append(n))
    try:
        yield
    finally:
        signal.signal(signal.SIGINT, before[0])
        signal.signal(signal.SIGTERM, before[1])
    if stopped:
        signal.raise_signal(signal.SIGTERM)


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


def _begin(begin: Callable[..., object], *arguments: Any) -> None:
    """Prepare a process, which ends with the process that started it, however that one ends."""
    begin(*arguments)
    threading.Thread(target=_end_with_parent, daemon=True).start()


def _end_with_parent() -> None:
    parent = multiprocessing.parent_process()
    if parent is not None:
        parent.join()
        os._exit(1)
