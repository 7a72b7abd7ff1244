"""Progress of a study: a bar on a terminal, a plain line now and then elsewhere."""

from __future__ import annotations

import sys
import time
from collections.abc import Mapping
from types import TracebackType
from typing import TYPE_CHECKING, Self, TextIO

if TYPE_CHECKING:
    from rich.progress import Progress as Bar

__all__ = ["Progress", "duration", "missing_runs", "say"]

SHOWN = 20
"""Runs that are listed by number."""
LINE_SECONDS = 15.0
"""Shortest time between two plain lines."""


class Progress:
    """Tells how many runs, or whatever is counted, are done and how long the rest may take."""

    def __init__(self, total: int, done: int = 0, stream: TextIO | None = None, noun: str = "runs") -> None:
        self.total, self.done, self.failed = total, done, 0
        self._noun = noun
        self._fresh = 0
        self._stream = stream or sys.stderr
        self._begin = self._said = time.monotonic()
        self._bar: Bar | None = None

    def __enter__(self) -> Self:
        self._begin = self._said = time.monotonic()
        if self._stream.isatty():
            self._bar = _bar(self._stream)
            self._bar.start()
            self._bar.add_task(self._noun, total=self.total, completed=self.done, failed="")
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._bar:
            self._bar.stop()
        elif self._fresh:
            self._say()

    def advance(self, runs: int, failed: int = 0) -> None:
        """Count runs that ended, some of them failed."""
        self.done += runs
        self.failed += failed
        self._fresh += runs
        if self._bar:
            text = f"{self.failed} failed" if self.failed else ""
            self._bar.update(self._bar.task_ids[0], completed=self.done, failed=text)
        elif time.monotonic() - self._said >= LINE_SECONDS and self.done < self.total:
            self._say()

    def line(self) -> str:
        """Return progress as one line of text."""
        elapsed = time.monotonic() - self._begin
        text = f"{self.done}/{self.total} {self._noun}, {self.failed} failed, {duration(elapsed)}"
        if self._fresh > 0 and self.done < self.total:
            text += f", about {duration(elapsed / self._fresh * (self.total - self.done))} left"
        return text

    def _say(self) -> None:
        self._said = time.monotonic()
        self._stream.write(self.line() + "\n")
        self._stream.flush()


def say(text: str) -> None:
    """Tell the user what happens next."""
    sys.stderr.write(text + "\n")
    sys.stderr.flush()


def duration(seconds: float) -> str:
    """Write a time span: 40 s, 12 min, 3.5 h.

    Example:
        >>> duration(40), duration(720), duration(12600)
        ('40 s', '12 min', '3.5 h')
    """
    if seconds < 100:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} min" if seconds < 6000 else f"{seconds / 3600:.1f} h"


def _bar(stream: TextIO) -> Bar:
    """Return a bar with count, failures, elapsed and remaining time; text in notebooks too, widgets may be absent."""
    from rich.console import Console
    from rich.progress import BarColumn, MofNCompleteColumn, TextColumn, TimeElapsedColumn, TimeRemainingColumn
    from rich.progress import Progress as Bar

    return Bar(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("[red]{task.fields[failed]}"),
        TimeElapsedColumn(),
        TextColumn("left"),
        TimeRemainingColumn(),
        console=Console(file=stream, force_jupyter=False),
    )


def missing_runs(errors: Mapping[int, str], what: str) -> str:
    """Say how many runs were asked for, are done and failed, and which are missing; empty if none is.

    Args:
        errors: error by number of the run, empty for a run that is done.
        what: what the numbers are, such as draws.

    Example:
        >>> missing_runs({0: "", 1: "ValueError: no", 2: ""}, "draws")
        'Of 3 runs 2 are done, 1 failed and is left out (draws 1); the first: ValueError: no'
    """
    failed = [number for number, error in errors.items() if error]
    if not failed:
        return ""
    last = errors[failed[0]].strip().splitlines()[-1]
    verb = "is" if len(failed) == 1 else "are"
    shown = ", ".join(map(str, failed[:SHOWN])) + (f" and {len(failed) - SHOWN} more" if len(failed) > SHOWN else "")
    return (
        f"Of {len(errors)} runs {len(errors) - len(failed)} are done, {len(failed)} failed and {verb} left out "
        f"({what} {shown}); the first: {last}"
    )
