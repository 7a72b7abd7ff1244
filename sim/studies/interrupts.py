"""Ctrl-C and termination signals: obeyed within two seconds, whatever a program is doing."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator

__all__ = ["INTERRUPTED", "end_at_once", "prompt", "terminable"]

INTERRUPTED = 130
"""Exit status of a program that was interrupted."""
GRACE_SECONDS = 0.5
"""How long a program may take to end by itself."""

_WATCHING, _HEARD = threading.Event(), threading.Event()
"""Whether this process is watched for signals, and whether one has come since."""


@contextlib.contextmanager
def terminable() -> Iterator[None]:
    """Let a termination signal end the block like Ctrl-C, so that finished runs are kept."""
    with _raising(signal.SIGTERM):
        yield


@contextlib.contextmanager
def prompt(message: str) -> Iterator[None]:
    """Let Ctrl-C or a termination signal end the block with ``KeyboardInterrupt``, or else the process.

    A compiler or a database in the middle of its work may not let an interrupt through for long, may
    swallow it, or may make another error of it. In the first case the process ends as if it were
    killed, which no study minds, after printing ``message``; in the others the block ends
    as interrupted all the same.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    try:
        if _WATCHING.is_set():
            yield
        else:
            _HEARD.clear()
            with _watched(message), _raising(signal.SIGINT, signal.SIGTERM):
                yield
    except (Exception, KeyboardInterrupt):
        if not _HEARD.is_set():
            raise
    if _HEARD.is_set():
        raise KeyboardInterrupt


def end_at_once() -> None:
    """End the process if a signal has come: taking all of it apart can take seconds on a busy machine."""
    if _HEARD.is_set():
        with contextlib.suppress(OSError, ValueError):
            sys.stdout.flush()
            sys.stderr.flush()
        os._exit(INTERRUPTED)


@contextlib.contextmanager
def _raising(*signals: signal.Signals) -> Iterator[None]:
    """Let signals raise ``KeyboardInterrupt`` inside the block, unless this process was started to ignore them."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        _HEARD.set()
        raise KeyboardInterrupt

    before = {number: signal.getsignal(number) for number in signals}
    heard = [number for number in signals if before[number] not in (signal.SIG_IGN, None)]
    for number in heard:
        signal.signal(number, stop)
    try:
        yield
    finally:
        for number in heard:
            signal.signal(number, before[number])


@contextlib.contextmanager
def _watched(message: str) -> Iterator[None]:
    """End the process soon after a signal if the block has not ended by then."""
    heard, told = os.pipe()
    os.set_blocking(told, False)
    before, hook = signal.set_wakeup_fd(told, warn_on_full_buffer=False), sys.unraisablehook
    ended = threading.Event()
    threading.Thread(target=_watch, args=(heard, message, ended), daemon=True).start()
    _WATCHING.set()
    sys.unraisablehook = _quiet
    try:
        yield
    finally:
        ended.set()
        sys.unraisablehook = hook
        _WATCHING.clear()
        signal.set_wakeup_fd(before)
        os.close(told)


def _watch(heard: int, message: str, ended: threading.Event) -> None:
    """Wait for a signal; end the process if it has not ended soon after."""
    while number := os.read(heard, 1):
        if number[0] in (signal.SIGINT, signal.SIGTERM):
            time.sleep(GRACE_SECONDS)
            if not ended.is_set():
                with contextlib.suppress(OSError, ValueError):
                    sys.stderr.write(message)
                    sys.stderr.flush()
            os._exit(INTERRUPTED)
    os.close(heard)


def _quiet(ignored: sys.UnraisableHookArgs) -> None:
    """Say nothing of an interrupt that a library has swallowed."""
    if not issubclass(ignored.exc_type, KeyboardInterrupt):
        sys.__unraisablehook__(ignored)
