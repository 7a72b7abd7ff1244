"""Thin command-line applications: one file per question."""

import atexit
import os
import signal
import sys

_SIGNALS = [number for number in (signal.SIGINT, signal.SIGTERM) if signal.getsignal(number) is not signal.SIG_IGN]


def _leave(*_: object) -> None:
    """End at once: nothing has begun, or all has ended."""
    os.write(2, b"Interrupted.\n")
    os._exit(130)


def _heed(handler: object) -> None:
    """Let signals call a handler."""
    for number in _SIGNALS:
        signal.signal(number, handler)  # type: ignore[arg-type]


if sys.argv[:1] == ["-m"]:  # python -m experiments.NAME, before its imports
    _heed(_leave)
    atexit.register(_heed, signal.SIG_IGN)  # all is done: Python would let a signal kill it while it takes itself apart
