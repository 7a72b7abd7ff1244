"""Figures as a page shows them: the picture with its words, or the sentence that one could not be drawn."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from textwrap import shorten

from sim.report.figures.canvas import Drawing
from sim.report.live import Live
from sim.report.style import figure_style, save
from sim.studies.progress import say

__all__ = ["Failed", "Figure", "Shown", "draw", "tell"]

LARGEST_SVG = 500_000
"""Bytes; a larger vector figure is shown as PNG to keep the report small."""


@dataclass(frozen=True)
class Shown:
    """A figure as embedded: heading, caption, text for readers who do not see it, data address, chart in its place."""

    name: str
    title: str
    caption: str
    alt: str
    source: str
    live: Live | None = None


@dataclass(frozen=True)
class Failed:
    """A figure that could not be drawn, and why in one line."""

    name: str
    error: str


Figure = Shown | Failed


def draw(name: str, drawing: Callable[[], Drawing | None], folder: Path) -> Figure | None:
    """Draw and save a figure; without data for it or after an error, no files of an older one are left.

    Args:
        name: stem of the files.
        drawing: draws; None means that there is nothing to draw.
        folder: where the files go.

    Raises:
        OSError: the folder cannot be written.
    """
    for kind in ("png", "svg"):
        (folder / f"{name}.{kind}").unlink(missing_ok=True)
    with figure_style():
        try:
            made = drawing()
        except Exception as error:  # whatever it is, it costs this figure alone
            return _failed(name, error)
        try:
            return None if made is None else _embed(made, save(made.figure, folder, name))
        except OSError:
            raise
        except Exception as error:  # text and layout are worked out while a figure is saved
            return _failed(name, error)


def tell(figure: Figure | None) -> None:
    """Say on the terminal that a figure could not be drawn, if so."""
    if isinstance(figure, Failed):
        say(f"Figure {figure.name}: could not be drawn ({figure.error}); the page says so in its place.")


def _failed(name: str, error: Exception) -> Failed:
    return Failed(name, shorten(f"{type(error).__name__}: {error}", 200, placeholder=" …"))


def _embed(made: Drawing, files: tuple[Path, Path]) -> Shown:
    """Return a figure with its file as a data address: the SVG, or the PNG when the SVG is large."""
    png, svg = files
    vector = svg.stat().st_size <= LARGEST_SVG
    kind, path = ("svg+xml", svg) if vector else ("png", png)
    content = base64.b64encode(path.read_bytes()).decode("ascii")
    return Shown(made.name, made.title, made.caption, made.alt, f"data:image/{kind};base64,{content}")
