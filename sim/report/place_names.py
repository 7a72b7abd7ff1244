"""Names of scenarios and places in both languages."""

from __future__ import annotations

from sim.data import Region

Names = dict[str, str]
"""Mapping with the keys en and zh."""


def plain(identifier: str) -> Names:
    """Return a readable form of an identifier: ``jobs_first`` -> Jobs first."""
    words = identifier.replace("_", " ").strip()
    label = words[:1].upper() + words[1:]
    return {"en": label, "zh": label}


def region_names(region: Region) -> Names:
    """Return the name of the region."""
    return {"en": region.name_en, "zh": region.name_zh}


def prefecture_names(region: Region) -> dict[str, Names]:
    """Return short names of prefectures and outside places by code."""
    inside = zip(region.prefecture_codes, region.prefecture_names_en, region.prefecture_names_zh, strict=True)
    beyond = zip(region.outside_codes, region.outside_names_en, region.outside_names_zh, strict=True)
    return {code: {"en": en, "zh": short_zh(zh)} for code, en, zh in [*inside, *beyond]}


def group_names(region: Region) -> dict[str, Names]:
    """Return names of region groups by name."""
    return {name: {"en": region.group_names_en[name], "zh": region.group_names_zh[name]} for name in region.groups}


def short_zh(name: str) -> str:
    """Return a Chinese place name without 市, or without the name of an autonomous prefecture's peoples."""
    for marker in ("土家族", "苗族", "自治州"):
        if marker in name:
            return name.split(marker)[0]
    return name.removesuffix("市") if len(name) > 2 else name
