"""Whether an event happened as often as its chance says."""

from __future__ import annotations

import math

N = 200_000
"""Households that draw."""


def near(seen: float, probability: float, n: int, sigmas: float = 4.5) -> bool:
    return abs(seen - probability * n) <= sigmas * math.sqrt(n * probability * (1 - probability)) + 1e-9
