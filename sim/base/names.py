"""Names that several floors share, and the known name that is nearest to a mistyped one."""

from __future__ import annotations

from collections.abc import Iterable
from difflib import get_close_matches

__all__ = ["BASELINE", "PLAN", "nearest"]

BASELINE = "no_new_policy"
"""Scenario that effects are differences to: the settings before the plan go on."""
PLAN = "plan"
"""Scenario of the action plan: every lever at half its intensity."""


def nearest(name: str, known: Iterable[str]) -> str | None:
    """Return the known name that someone may have meant: the shortest that begins so, else one that looks alike.

    Example:
        >>> nearest("drws", ["draws", "seed"]), nearest("incom", ["moving_cost", "income_coefficient"])
        ('draws', 'income_coefficient')
        >>> nearest("xyz", ["draws", "seed"])
    """
    names = list(known)
    begun = sorted((known for known in names if len(name) > 2 and known.startswith(name)), key=len)
    return next(iter([*begun, *get_close_matches(name, names, n=1, cutoff=0.5)]), None)
