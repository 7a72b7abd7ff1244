"""What the page carries: numbers of the emulators packed into text, names, presets, outlines."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
from scipy.special import ndtri

from sim.base.arrays import Floats
from sim.data import Region
from sim.policies import Levers, Scenario
from sim.policies.plan import plan_years
from sim.policies.scenario import Exogenous
from sim.programs.attribute.attribution import GROUPS, group_of
from sim.programs.whatif.ask import QUANTILES, SCORES, STRIDE
from sim.programs.whatif.design import ASSUMPTIONS, Space
from sim.programs.whatif.fitted import Fitted
from sim.programs.whatif.simulate import PROVINCE
from sim.programs.whatif.study import Ready
from sim.report.outlines import outlines
from sim.report.place_names import group_names, prefecture_names
from sim.statistics.discrepancy import Reading
from sim.studies.discrepancy import discrepancy_of
from sim.studies.target import GOALS

__all__ = ["numbers", "outlines_of", "packed", "presets", "space_of", "whole"]

LARGEST = 32_767
MAP_WIDTH, MAP_STEP = 460.0, 1.2
"""Width of the map in pixels, and the distance below which a corner of an outline is left out."""


def whole(values: Floats) -> dict[str, Any]:
    """Return numbers as base64 of little-endian float32, with their shape."""
    return {"shape": list(values.shape), "f32": _text(values.astype("<f4"))}


def packed(values: Floats) -> dict[str, Any]:
    """Return numbers as base64 of int16 with a scale for every first and last index: half the size, 1e-5 exact."""
    scale = np.abs(values).max(axis=1, keepdims=True)
    scale[scale == 0.0] = 1.0
    return {
        "shape": list(values.shape),
        "i16": _text(np.round(values / scale * LARGEST).astype("<i2")),
        "scale": _text((scale / LARGEST).astype("<f4")),
    }


def offsets(prepared: Ready, reading: Reading) -> Floats:
    """Return what the discrepancy adds to the rate of the province in points, float64[points, years]; 0 without one."""
    found = discrepancy_of(prepared.config, prepared.setup.region)
    years = list(prepared.design.years)
    if found is None:
        return np.zeros((1, len(years)))
    return 100.0 * found.rate(found.province, years, reading)


def _text(values: np.ndarray[Any, Any]) -> str:
    return base64.b64encode(np.ascontiguousarray(values).tobytes()).decode("ascii")


def numbers(found: Fitted, offsets: Floats, census: Floats) -> dict[str, Any]:
    """Return the emulators and what they are told with.

    Args:
        found: the emulators.
        offsets: what the discrepancy adds to the figure published, in points, float64[points, years].
        census: what it adds to what the next census says.
    """
    emulators = {}
    for quantity in PROVINCE:
        one = found.emulators[quantity]
        emulators[quantity] = {
            "alone": packed(one.alone),
            "assumed": packed(one.assumed),
            "reach": whole(one.reach),
            "crossing": whole(one.crossing),
            "error": whole(one.error),
        }
    points = len(offsets)
    return {
        "quantities": list(PROVINCE),
        "emulators": emulators,
        "enablers": [list(pair) for pair in found.traits[PROVINCE[0]].enablers],
        "base": whole(np.moveaxis(found.base, 2, 0)),
        "places": whole(found.places),
        "spread": whole(found.spread),
        "offsets": {"published": whole(offsets), "census": whole(census)},
        "scores": whole(ndtri((np.arange(points) + 0.5) / points)),
        "few_scores": whole(ndtri((np.arange(SCORES) + 0.5) / SCORES)),
        "stride": STRIDE,
        "quantiles": list(QUANTILES),
    }


def space_of(space: Space, levers: Levers, region: Region, years: Iterable[int]) -> dict[str, Any]:
    """Return what can be chosen, with names in both languages."""
    named, group = group_names(region), group_of(levers)
    return {
        "years": list(years),
        "starts": list(space.starts),
        "places": [{"id": place, **(named[place] if place else {"en": "", "zh": ""})} for place in space.places],
        "levers": [
            {
                "id": lever.id,
                "en": lever.name_en,
                "zh": lever.name_zh,
                "group": group[lever.id],
                "acts": bool(lever.effects),
            }
            for lever in levers.values()
        ],
        "groups": list(GROUPS),
        "assumptions": [one._asdict() if hasattr(one, "_asdict") else vars(one) for one in ASSUMPTIONS],
        "goals": [round(100.0 * goal, 1) for goal in GOALS.values()],
        "year": plan_years().last,
        "price_year": plan_years().price_year,
        "prefectures": [{"id": code, **prefecture_names(region)[code]} for code in region.prefecture_codes],
    }


def presets(scenarios: Mapping[str, Scenario], space: Space) -> list[dict[str, Any]]:
    """Return the scenarios that sliders can say: constant intensities, everywhere, nothing assumed."""
    found = []
    for scenario in scenarios.values():
        settings = [scenario.settings[lever] for lever in space.levers]
        plain = scenario.exogenous == Exogenous() and scenario.budget is None
        if plain and all(
            one == type(one)(intensity=one.intensity) and isinstance(one.intensity, float) for one in settings
        ):
            levels = [round(float(one.intensity), 4) for one in settings]  # type: ignore[arg-type]
            found.append({"id": scenario.name, "en": scenario.name_en, "zh": scenario.name_zh, "levels": levels})
    return found


def outlines_of(region: Region) -> dict[str, Any] | None:
    """Return the outlines of prefectures as paths of an SVG, None where no boundaries are installed."""
    found = outlines("city", region.prefecture_codes)
    if found is None:
        return None
    corners = np.vstack([path.vertices for path in found.values()])
    (west, south), (east, north) = corners.min(axis=0), corners.max(axis=0)
    narrow = np.cos(np.deg2rad((south + north) / 2.0))
    scale = MAP_WIDTH / ((east - west) * narrow)
    drawn = {}
    for code, path in found.items():
        rings = [np.asarray(ring, np.float64) for ring in path.to_polygons(closed_only=True)]
        flat = [np.stack([(r[:, 0] - west) * narrow, north - r[:, 1]], axis=1) * scale for r in rings]
        drawn[code] = "".join(_ring(ring) for ring in flat)
    return {"width": MAP_WIDTH, "height": round((north - south) * scale, 1), "paths": drawn}


def _ring(ring: Floats) -> str:
    """Return a ring as a path, without corners that are nearer to the last one kept than ``MAP_STEP``."""
    kept = [ring[0]]
    for corner in ring[1:]:
        if float(np.linalg.norm(corner - kept[-1])) >= MAP_STEP:
            kept.append(corner)
    if len(kept) < 3:
        return ""
    return "M" + "L".join(f"{x:.1f} {y:.1f}" for x, y in kept) + "Z"
