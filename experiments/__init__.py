"""Thin command-line applications: one file per question."""

import os
import signal
import sys


def _leave(*_: object) -> None:
    """End at once: nothing has begun, or all has ended."""
    os.write(2, b"Interrupted.\n")
    os._exit(130)


if sys.argv[:1] == ["-m"]:  # python -m experiments.NAME, before its imports
    for _signal in (signal.SIGINT, signal.SIGTERM):
        if signal.getsignal(_signal) is not signal.SIG_IGN:
            signal.signal(_signal, _leave)
