"""Names that several floors share."""

from __future__ import annotations

__all__ = ["BASELINE", "PLAN"]

BASELINE = "no_new_policy"
"""Scenario that effects are differences to: the settings of 2024 go on."""
PLAN = "plan"
"""Scenario of the action plan: every lever at half its intensity."""
