"""The look of the figures: colours, sizes, notes and files.

Colours follow Okabe and Ito (2008) and Tol (2021), which stay apart for colour-blind
readers. Figures are objects of their own (no global figure state) and the files are
the same bytes for the same input.
"""

from __future__ import annotations

import itertools
import math
import textwrap
import unicodedata
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any, Literal

import sim.report.plain_matplotlib  # noqa: F401

# isort: split
import matplotlib
import numpy as np
from matplotlib.axes import Axes
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.backends.backend_svg import FigureCanvasSVG
from matplotlib.figure import Figure
from matplotlib.layout_engine import ConstrainedLayoutEngine
from matplotlib.ticker import Formatter, MaxNLocator
from matplotlib.transforms import Bbox

from sim.report.fonts import families
from sim.studies.files import replacing

WIDTH = 9.2
"""Width of every figure in inches; the report shows it at about 96 dots per inch."""

INK, SOFT, FAINT, GRID = "#1f2328", "#5b6470", "#9aa3ad", "#e4e7eb"

SCENARIO_COLOURS = {
    "no_new_policy": "#4d4d4d",
    "plan": "#0072b2",
    "services_first": "#009e73",
    "jobs_first": "#d55e00",
    "housing_first": "#aa4499",
    "registration_first": "#c99700",
}
SPARE_COLOURS = ("#332288", "#882255", "#117733", "#88ccee", "#999933", "#661100")

TERM_COLOURS = {
    "moved": "#0072b2",
    "counted": "#e69f00",
    "born_died": "#117733",
    "outside": "#aa4499",
    "denominator": "#bbbbbb",
}
"""Moved and counted never share a colour; counted is hatched as well."""

HATCHES = {"counted": "////"}

RC: dict[str, Any] = {
    "font.size": 9.6,
    "text.color": INK,
    "axes.edgecolor": FAINT,
    "axes.labelcolor": SOFT,
    "axes.labelsize": 9.0,
    "axes.titlesize": 10.2,
    "axes.titlelocation": "left",
    "axes.spines.top": False,
    "axes.spines.right": False,
    "axes.linewidth": 0.7,
    "axes.grid": True,
    "axes.axisbelow": True,
    "grid.color": GRID,
    "grid.linewidth": 0.6,
    "xtick.color": FAINT,
    "ytick.color": FAINT,
    "xtick.labelcolor": SOFT,
    "ytick.labelcolor": SOFT,
    "xtick.labelsize": 9.0,
    "ytick.labelsize": 9.0,
    "xtick.major.size": 3,
    "ytick.major.size": 0,
    "legend.frameon": False,
    "legend.fontsize": 9.0,
    "hatch.linewidth": 0.6,
    "figure.facecolor": "white",
    "savefig.facecolor": "white",
    "svg.hashsalt": "figures",
    "svg.fonttype": "path",
    "axes.unicode_minus": True,
    "text.hinting": "none",
    "text.parse_math": False,
    "text.usetex": False,
}
"""What differs from the defaults of Matplotlib. Names are text: a dollar sign in one starts no formula."""

PNG_DPI = 160
NOTE_SIZE, NOTE_LINE = 7.8, 0.152
TITLE_SIZE, TITLE_LINE = 12.5, 0.27


OPENING, CLOSING = "（“《", "，。；：、）”》%"
"""Marks that do not end a line, and marks that do not start one."""


@contextmanager
def figure_style() -> Iterator[None]:
    """Draw and save figures inside this context: the settings of a user's own figures do not reach it.

    A character that no font here has is drawn as an empty box without a word; the page beside it has the text.
    """
    defaults = {key: value for key, value in matplotlib.rcParamsDefault.items() if not key.startswith("backend")}
    settings: Any = {**defaults, **RC, "font.family": families()}
    with matplotlib.rc_context(settings), warnings.catch_warnings():
        warnings.filterwarnings("ignore", message="Glyph .* missing from")
        yield


def scenario_colours(scenarios: Sequence[str]) -> dict[str, str]:
    """Return one colour per scenario: fixed for the known ones, spare colours for others."""
    spare = [name for name in scenarios if name not in SCENARIO_COLOURS]
    extra = {name: SPARE_COLOURS[i % len(SPARE_COLOURS)] for i, name in enumerate(spare)}
    return {name: SCENARIO_COLOURS.get(name) or extra[name] for name in scenarios}


def new_figure(height: float, width: float = WIDTH) -> Figure:
    """Return an empty figure (inches) with automatic layout and a raster canvas."""
    figure = Figure(figsize=(width, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def finish(figure: Figure, title: str, note: str, subtitle: str = "") -> None:
    """Put title, subtitle and the note on a figure and leave room for them."""
    width, height = figure.get_size_inches()
    lines = wrap(note, units=int(width * 16.5))
    below = NOTE_LINE * (len(lines) + 0.8)
    above = TITLE_LINE + (0.2 if subtitle else 0.0) + 0.1
    left = 0.012
    figure.text(left, 1 - 0.06 / height, title, size=TITLE_SIZE, va="top", color=INK)
    if subtitle:
        figure.text(left, 1 - (0.06 + TITLE_LINE) / height, subtitle, size=9.6, va="top", color=SOFT)
    figure.text(
        left, 0.5 * NOTE_LINE / height, "\n".join(lines), size=NOTE_SIZE, va="bottom", color=SOFT, linespacing=1.3
    )
    engine = figure.get_layout_engine()
    if isinstance(engine, ConstrainedLayoutEngine):
        engine.set(rect=(0.008, below / height, 0.984, 1 - (above + below) / height))


def save(figure: Figure, folder: Path, name: str) -> tuple[Path, Path]:
    """Write a figure as PNG and SVG and return both paths.

    The canvases write at once: ``savefig`` would first draw everything once more for nothing. The solver of the
    layout depends on addresses of objects in its last digits, which would show in names inside the SVG.
    """
    png, svg = folder / f"{name}.png", folder / f"{name}.svg"
    engine = figure.get_layout_engine()
    if engine is not None:
        engine.execute(figure)
        figure.set_layout_engine("none")
        for axes in figure.axes:
            axes.set_position(Bbox.from_bounds(*np.round(axes.get_position(original=True).bounds, 6)))
    figure.set_dpi(PNG_DPI)
    raster: Any = FigureCanvasAgg(figure)
    with replacing(png) as temporary:
        raster.print_png(str(temporary), metadata={"Software": None})
    vector: Any = FigureCanvasSVG(figure)
    with replacing(svg) as temporary:
        vector.print_svg(str(temporary), metadata={"Date": None, "Creator": None})
    return png, svg


def drawn_name(name: str, units: int = 36) -> str:
    r"""Return a name for a figure: on one line, cut after ``units`` half-widths, and shown by legends whatever it is.

    Example:
        >>> drawn_name("a name\nof two lines"), drawn_name("twelve letters", 6), drawn_name("_kept")
        ('a name of two lines', 'twelve…', ' _kept')
    """
    text = " ".join(name.split())
    widths = list(itertools.accumulate(map(_width, text)))
    kept = sum(width <= units for width in widths)
    text = text if kept == len(text) else f"{text[:kept].rstrip()}…"
    return f" {text}" if text.startswith("_") else text


def wrap(text: str, units: int) -> list[str]:
    """Break a text into lines of at most ``units`` half-widths (a Chinese character counts two).

    Latin words stay whole; a closing mark never starts a line.
    """
    if all(_width(character) == 1 for character in text):
        return textwrap.wrap(text, units)
    units = int(0.87 * units)
    lines, line = [], ""
    for token in _tokens(text):
        too_long = sum(map(_width, line + token.rstrip())) > units
        if too_long and line and token[0] not in CLOSING:
            lines.append(line.rstrip())
            line = ""
        line += token if line else token.lstrip()
    return [*lines, line.rstrip()]


def spread(values: Sequence[float], gap: float) -> list[float]:
    """Return positions near ``values`` that are at least ``gap`` apart, in the same order.

    Groups of labels that collide are centred on their mean.
    """
    order = sorted(range(len(values)), key=lambda i: values[i])
    groups: list[tuple[list[int], float]] = []
    for index in order:
        members, centre = [index], values[index]
        while groups:
            last, middle = groups[-1]
            if centre - middle >= gap * (len(last) + len(members)) / 2:
                break
            groups.pop()
            centre = (middle * len(last) + centre * len(members)) / (len(last) + len(members))
            members = last + members
        groups.append((members, centre))
    placed = [0.0] * len(values)
    for members, centre in groups:
        for rank, index in enumerate(members):
            placed[index] = centre + gap * (rank - (len(members) - 1) / 2)
    return placed


class Steps(Formatter):
    """Tick labels with just enough digits to tell the ticks apart.

    Args:
        signed: show a plus sign (differences).
        unit: text after the number.
    """

    def __init__(self, signed: bool = False, unit: str = "") -> None:
        self.signed, self.unit, self.digits = signed, unit, 1

    def set_locs(self, locs: Any) -> None:
        """Choose the digits from the distance of the ticks."""
        super().set_locs(locs)
        places = sorted(set(locs))
        step = min((b - a for a, b in itertools.pairwise(places)), default=1.0)
        self.digits = next((d for d in range(4) if abs(step * 10**d - round(step * 10**d)) < 1e-6 * 10**d), 3)

    def __call__(self, x: float, pos: int | None = None) -> str:
        """Return the label of one tick."""
        value = round(float(x), self.digits) + 0.0
        sign = "+" if self.signed and value > 0 else ""
        return f"{sign}{value:,.{self.digits}f}{self.unit}".replace("-", "−")


def year_ticks(axes: Axes, most: int = 6) -> None:
    """Put ticks at whole years, at every one of a few."""
    low, high = axes.get_xlim()
    if high - low <= most:
        axes.set_xticks(range(math.ceil(low), math.floor(high) + 1))
        return
    axes.xaxis.set_major_locator(MaxNLocator(nbins=most, steps=[1, 2, 5, 10], integer=True, min_n_ticks=1))


def few_ticks(axes: Axes, most: int = 4) -> None:
    """Put few ticks on the horizontal axis of a narrow panel."""
    axes.xaxis.set_major_locator(MaxNLocator(nbins=most, steps=[1, 2, 5, 10]))


def quiet(axes: Axes, keep: Literal["x", "y"] = "x") -> None:
    """Remove the frame and keep the grid along one axis only."""
    for spine in axes.spines.values():
        spine.set_visible(False)
    axes.grid(False)
    axes.grid(True, axis=keep)
    axes.tick_params(length=0)


def _width(character: str) -> int:
    return 2 if unicodedata.east_asian_width(character) in "WF" else 1


def _tokens(text: str) -> Iterator[str]:
    """Yield Latin words with their following space, and single wide characters with an opening mark."""
    word = ""
    for character in text:
        if character in OPENING:
            if word:
                yield word
            word = character
        elif _width(character) == 2:
            if word and word[-1] not in OPENING:
                yield word
                word = ""
            yield word + character
            word = ""
        else:
            word += character
            if character == " ":
                yield word
                word = ""
    if word:
        yield word
