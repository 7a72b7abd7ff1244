"""The region of the hand-made world: two counties in two prefectures, one place outside."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import numpy as np


def region() -> Any:
    """Return what ``compared`` asks of a region."""
    return SimpleNamespace(
        county_prefecture=np.array([0, 1]),
        n_prefectures=2,
        prefecture_codes=("01", "02"),
        prefecture_names_en=("A", "B"),
        prefecture_names_zh=("甲", "乙"),
        outside_codes=("GD",),
        groups={"first": np.array([0])},
        group_names_en={"first": "First"},
        group_names_zh={"first": "甲组"},
    )
