"""Progress in words."""

from __future__ import annotations

import builtins
import io
import sys

from sim.studies.progress import Progress, duration


def test_plain_lines_off_a_terminal():
    stream = io.StringIO()
    with Progress(total=8, done=2, stream=stream) as progress:
        progress.advance(2)
        progress.advance(2, failed=2)
        assert progress.line().startswith("6/8 runs, 2 failed, 0 s, about")
        progress.advance(2)
    assert stream.getvalue() == "8/8 runs, 2 failed, 0 s\n"


def test_nothing_is_said_when_nothing_was_run():
    stream = io.StringIO()
    with Progress(total=4, done=4, stream=stream):
        pass
    assert stream.getvalue() == ""


def test_a_bar_on_a_terminal(monkeypatch):
    stream = io.StringIO()
    monkeypatch.setattr(stream, "isatty", lambda: True)
    with Progress(total=4, stream=stream) as progress:
        progress.advance(4, failed=1)
    assert "4/4" in stream.getvalue()
    assert "1 failed" in stream.getvalue()


def test_a_notebook_needs_no_widgets(monkeypatch):
    shell = type("ZMQInteractiveShell", (), {})()
    monkeypatch.setattr(builtins, "get_ipython", lambda: shell, raising=False)
    monkeypatch.setitem(sys.modules, "ipywidgets", None)
    test_a_bar_on_a_terminal(monkeypatch)


def test_durations_read_well():
    assert [duration(s) for s in (0.4, 99, 150, 7200)] == ["0 s", "99 s", "2 min", "2.0 h"]
