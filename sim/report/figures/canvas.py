"""What every figure gets: the study, the words, the colours and the honest note."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import NamedTuple

import pandas as pd
from matplotlib.figure import Figure

from sim.report.finished_study import Study
from sim.report.labels import recalled_short, runs_phrase, scenario_names, source_short
from sim.report.place_names import group_names, prefecture_names, region_names
from sim.report.queries import decomposition, gap_table
from sim.report.style import drawn_name, scenario_colours
from sim.report.text import Text


class Drawing(NamedTuple):
    """A finished figure with its words in the language of the report.

    Attributes:
        name: stem of the files.
        title, caption, alt: heading, reading help and text for readers who do not see it.
    """

    name: str
    figure: Figure
    title: str
    caption: str
    alt: str


@dataclass(frozen=True)
class Canvas:
    """Shared inputs of the figures.

    Attributes:
        text: words drawn inside figures (English when no Chinese font was found).
        page: words of the report around them.
    """

    study: Study
    text: Text
    page: Text

    @cached_property
    def colours(self) -> dict[str, str]:
        """One colour per scenario, the same in every figure."""
        return scenario_colours(self.study.scenarios)

    @cached_property
    def _names(self) -> dict[str, dict[str, str]]:
        return scenario_names(self.study)

    def name(self, scenario: str) -> str:
        """Return a scenario's name as drawn."""
        return drawn_name(self.text.pick(self._names[scenario]))

    def page_name(self, scenario: str) -> str:
        """Return a scenario's name as written in the report."""
        return self.page.pick(self._names[scenario])

    @property
    def calibrated(self) -> bool:
        """Whether draws came from a posterior."""
        return bool(self.study.config.get("posterior"))

    @cached_property
    def causes(self) -> pd.DataFrame | None:
        """Decomposed yearly change of the rate, mean over runs, all scenarios (see ``queries.decomposition``)."""
        return decomposition(self.study, self.study.scenarios)

    @cached_property
    def gaps(self) -> pd.DataFrame | None:
        """Change of the gap since the last published year by scenario and year."""
        return gap_table(self.study)

    @property
    def place(self) -> str:
        """Name of the region as drawn."""
        return self.text.pick(region_names(self.study.region))

    @property
    def page_place(self) -> str:
        """Name of the region as written in the report."""
        return self.page.pick(region_names(self.study.region))

    @cached_property
    def prefectures(self) -> dict[str, str]:
        """Names of prefectures and outside places as drawn."""
        return {code: self.text.pick(names) for code, names in prefecture_names(self.study.region).items()}

    @cached_property
    def groups(self) -> dict[str, str]:
        """Names of region groups as drawn."""
        return {name: self.text.pick(names) for name, names in group_names(self.study.region).items()}

    def note(self, band: str, observed: bool = False, extra: str = "") -> str:
        """Return the line every figure carries.

        Args:
            band: key of the string that says what the band is.
            observed: whether published points are drawn.
            extra: a further sentence, already in words.
        """
        words = self.text
        parts = [
            runs_phrase(self.study, words),
            words(band),
            words("note.synthetic"),
            words("note.calibrated" if self.calibrated else "note.uncalibrated"),
            words("note.observed", source=source_short(self.study, words)) if observed else "",
            words("note.recalled", inputs=recalled_short(self.study, words)),
            extra,
        ]
        return words.sentences([part for part in parts if part])
