"""The glossary leads to code that exists."""

from __future__ import annotations

import re

from sim.base.paths import ROOT

ROWS = [
    [cell.strip() for cell in line.strip("|").split("|")]
    for line in (ROOT / "docs" / "glossary.md").read_text(encoding="utf-8").splitlines()
    if line.startswith("| ")
][2:]
"""Rows of the table: word, Chinese word, meaning, place in the code."""


def test_every_row_leads_to_a_file_that_holds_the_name():
    for word, _, _, where in ROWS:
        found = re.fullmatch(r"(?:`(\w+)` in )?`(\S+)`", where)
        assert found, word
        text = (ROOT / found[2]).read_text(encoding="utf-8")
        assert found[1] is None or re.search(rf"\b{found[1]}\b", text), word


def test_a_word_and_its_translation_stand_once():
    for column in (0, 1):
        words = [row[column] for row in ROWS]
        assert sorted(set(words)) == sorted(words)
        assert all(words)
