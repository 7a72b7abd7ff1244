"""Figures on several processes: one that is lost costs nothing but the time to draw again."""

from __future__ import annotations

from concurrent.futures import Future
from types import SimpleNamespace

from sim.report import build
from sim.studies.worker_processes import LostProcessError


class Lost:
    """Processes that take a figure, leave half a file and are killed; the others wait."""

    def __init__(self, folder) -> None:
        self.folder, self.taken = folder, 0

    def submit(self, function, *arguments) -> Future:
        future: Future = Future()
        if self.taken < 3:
            self.taken += 1
            (self.folder / f".tmp-9-{arguments[-1]}.png").touch()
            future.set_exception(LostProcessError("killed"))
        return future


def test_figures_of_a_lost_process_are_drawn_here(tmp_path, monkeypatch):
    drawn = []
    monkeypatch.setattr(build, "draw_one", lambda canvas, folder, name: drawn.append(name) or name)
    canvas = SimpleNamespace(study=SimpleNamespace(folder=tmp_path), page=SimpleNamespace(language="en"))
    figures = build._draw_together(canvas, tmp_path, Lost(tmp_path))
    assert figures == {name: name for name in build.FIGURES}
    assert sorted(drawn) == sorted(build.FIGURES)
    assert list(tmp_path.iterdir()) == []
