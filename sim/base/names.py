"""Names that several floors share, and the known name that is nearest to a mistyped one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["BASELINE", "PLAN", "nearest"]

BASELINE = "no_new_policy"
"""Scenario that effects are differences to: the settings of 2024 go on."""
PLAN = "plan"
"""Scenario of the action plan: every lever at half its intensity."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that someone may have meant, None where none is near.

    Example:
        >>> nearest("drws", ["draws", "seed"])
        'draws'
    """
    return next(iter(get_close_matches(name, list(known), n=1, cutoff=0.5)), None)
