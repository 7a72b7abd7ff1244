"""Finding a font that has Chinese characters; without one, figures are drawn in English.

Chinese pages carry the characters they use from the packaged font, so that they can be read on machines without one.

The package zhplot carries Noto Sans SC (SIL Open Font License). It is located but
never imported, because its import changes the settings of Matplotlib. A system font
with the needed characters is the second choice.
"""

from __future__ import annotations

import base64
from collections.abc import Iterable
from importlib.util import find_spec
from io import BytesIO
from pathlib import Path

import sim.report.plain_matplotlib  # noqa: F401

# isort: split
from matplotlib import font_manager
from matplotlib.ft2font import FT2Font

PROBE = "湘镇户籍总常住率酃溆麻浏−—，。（）"
"""Characters a font must have to be used for Chinese labels."""

PACKAGE, PACKAGE_FILE = "zhplot", "fonts/NotoSansSC-Regular.ttf"
EMBEDDED = "Page Sans SC"
"""Family of the characters that a page carries, as ``templates/report.css`` names it."""

SYSTEM_FAMILIES = (
    "Noto Sans SC",
    "Noto Sans CJK SC",
    "Source Han Sans SC",
    "Source Han Sans CN",
    "PingFang SC",
    "Microsoft YaHei",
    "WenQuanYi Micro Hei",
    "WenQuanYi Zen Hei",
    "SimHei",
)


def chinese_font() -> Path | None:
    """Return a font file that has every character of ``PROBE``, or None."""
    for candidate in _candidates():
        if covers(candidate, PROBE):
            return candidate
    return None


def covers(font: Path, characters: str) -> bool:
    """Return whether a font file has a glyph for each character."""
    try:
        charmap = FT2Font(str(font)).get_charmap()
    except (OSError, RuntimeError):
        return False
    return all(ord(character) in charmap for character in characters)


def figure_language(language: str) -> str:
    """Return the language figures can be drawn in: Chinese needs a font, English is the fallback."""
    return "en" if language == "zh" and chinese_font() is None else language


def families() -> list[str]:
    """Return the font families for figures, best first, after making them known to Matplotlib."""
    font = chinese_font()
    if font is None:
        return ["DejaVu Sans"]
    font_manager.fontManager.addfont(str(font))
    return [font_manager.FontProperties(fname=str(font)).get_name(), "DejaVu Sans"]


def font_face(characters: Iterable[str]) -> str:
    """Return the style rule that holds the glyphs of some characters; empty where the packaged font is not there."""
    font = chinese_font()
    if font is None or font.name != Path(PACKAGE_FILE).name:
        return ""
    content = base64.b64encode(subset(font, characters)).decode("ascii")
    return f'@font-face {{ font-family: "{EMBEDDED}"; src: url(data:font/woff;base64,{content}) format("woff"); }}\n'


def subset(font: Path, characters: Iterable[str]) -> bytes:
    """Return a WOFF file with the glyphs of some characters; the same bytes for the same input."""
    from fontTools.subset import Options, Subsetter
    from fontTools.ttLib import TTFont

    options = Options(layout_features=[], hinting=False, notdef_outline=True, name_IDs=[0, 1, 2, 13, 14])
    subsetter = Subsetter(options)
    subsetter.populate(unicodes=sorted({ord(character) for character in characters}))
    with TTFont(font, recalcTimestamp=False, lazy=True) as whole, BytesIO() as written:
        subsetter.subset(whole)
        whole.flavor = "woff"
        whole.save(written)
        return written.getvalue()


def _candidates() -> list[Path]:
    """Return existing font files to try: the packaged one, then system fonts in order of preference."""
    found: list[Path] = []
    spec = find_spec(PACKAGE)
    for folder in (spec.submodule_search_locations or []) if spec else []:
        found.append(Path(folder) / PACKAGE_FILE)
    for family in SYSTEM_FAMILIES:
        found += [Path(entry.fname) for entry in font_manager.fontManager.ttflist if entry.name == family]
    return [path for path in found if path.is_file()]
