"""Ctrl-C and termination signals: obeyed within two seconds, whatever a program is doing."""

from __future__ import annotations

import contextlib
import os
import signal
import sys
import threading
import time
from collections.abc import Iterator

__all__ = ["INTERRUPTED", "prompt", "terminable"]

INTERRUPTED = 130
"""Exit status of a program that was interrupted."""
GRACE_SECONDS = 0.5
"""How long a program may take to end by itself."""

_WATCHING = threading.Event()


@contextlib.contextmanager
def terminable() -> Iterator[None]:
    """Let a termination signal end the block like Ctrl-C, so that finished runs are kept."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def stop(*_: object) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, stop)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)


@contextlib.contextmanager
def prompt(message: str) -> Iterator[None]:
    """Let Ctrl-C or a termination signal end the block, or else the process.

    Both raise ``KeyboardInterrupt``, but a compiler or a database in the middle of its work may not let
    that through for long, or may swallow it. Then the process ends as if it were killed, which
    no study minds, after printing ``message``.
    """
    if threading.current_thread() is not threading.main_thread() or _WATCHING.is_set():
        yield
        return
    heard, told = os.pipe()
    os.set_blocking(told, False)
    before, hook = signal.set_wakeup_fd(told, warn_on_full_buffer=False), sys.unraisablehook
    ended = threading.Event()
    threading.Thread(target=_watch, args=(heard, message, ended), daemon=True).start()
    _WATCHING.set()
    sys.unraisablehook = _quiet
    try:
        with terminable():
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
