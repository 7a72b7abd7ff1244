"""Numbers that know where they come from: marked in the text, linked to a numbered list of sources."""

from __future__ import annotations

import re
from typing import NamedTuple

from markupsafe import Markup, escape

__all__ = ["Sources"]

OPEN, CLOSE, END = "\ue000", "\ue001", "\ue002"
"""Marks around the running number of a citation and around its text: characters that no text uses."""
UNTOLD = ("column", "place", "computed")
"""What the list of sources need not say of a row."""
_CITED = re.compile(f"{OPEN}(\\d+){CLOSE}(.*?){END}", re.DOTALL)


class Source(NamedTuple):
    """One line of the list of sources: a file of the study (or of the data) and what is read there."""

    file: str
    what: str

    @property
    def kept(self) -> bool:
        """Whether the file lies in the folder of the study."""
        return not self.file.startswith("docs/")


class _Citation(NamedTuple):
    source: int
    address: str


class Sources:
    """Collects the sources of a page in the order in which they are first cited."""

    def __init__(self) -> None:
        self._numbers: dict[Source, int] = {}
        self._citations: list[_Citation] = []

    @property
    def listed(self) -> list[Source]:
        """The sources by number, the first of which is 1."""
        return list(self._numbers)

    def cite(self, text: str, file: str, what: str = "", **cell: object) -> str:
        """Return a number as text with marks that say where it comes from.

        Args:
            text: the number as shown.
            file: file that holds it or that it is computed from, relative to the folder of the study.
            what: how the list of sources tells the row; default is the values of ``cell`` but its column.
            cell: the columns that find the row with their values, and ``column``.
        """
        told = what or ", ".join(str(value) for key, value in cell.items() if key not in UNTOLD)
        number = self._numbers.setdefault(Source(file, told), len(self._numbers) + 1)
        address = ";".join([file, *(f"{key}={value}" for key, value in cell.items())])
        self._citations.append(_Citation(number, address))
        return f"{OPEN}{len(self._citations) - 1}{CLOSE}{text}{END}"

    def numbers(self, text: str) -> list[int]:
        """Return the numbers of the sources that a text cites, each once."""
        return sorted({self._citations[int(one[1])].source for one in _CITED.finditer(text)})

    def markup(self, text: str, numbered: bool = True) -> Markup:
        """Return a text whose cited numbers are links; after the last of those with one source stands its number.

        Args:
            text: any text, with or without citations.
            numbered: whether the numbers of the sources are shown.
        """
        found = list(_CITED.finditer(text))
        following = [*(self._citations[int(one[1])].source for one in found[1:]), 0]
        made, at = [], 0
        for one, after in zip(found, following, strict=True) if found else ():
            source, address = self._citations[int(one[1])]
            shown = str(escape(one[2]))
            if numbered and after != source:
                end = f'{shown[-1:]}<sup aria-hidden="true">{source}</sup>'
                shown = f'{shown[:-1]}<span class="cited">{end}</span>'
            link = f'<a class="n" href="#source-{source}" data-source="{escape(address)}">{shown}</a>'
            made += [str(escape(text[at : one.start()])), link]
            at = one.end()
        return Markup("".join([*made, str(escape(text[at:]))]))  # noqa: S704 - every part of it is escaped
