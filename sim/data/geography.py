"""Distances between places."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

EARTH_RADIUS_KM = 6371.0088
MEAN_DISTANCE_IN_DISC = 128.0 / (45.0 * np.pi)
"""Mean distance of two random points of a disc, in radii (0.905)."""


def great_circle_km(
    lat_from: NDArray[np.float64],
    lon_from: NDArray[np.float64],
    lat_to: NDArray[np.float64],
    lon_to: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return great-circle distances in km, shape (len(from), len(to)); coordinates in degrees.

    Haversine formula on a sphere of mean Earth radius.
    """
    phi_1, phi_2 = np.radians(lat_from)[:, None], np.radians(lat_to)[None, :]
    half_phi = (phi_2 - phi_1) / 2.0
    half_lambda = (np.radians(lon_to)[None, :] - np.radians(lon_from)[:, None]) / 2.0
    h = np.sin(half_phi) ** 2 + np.cos(phi_1) * np.cos(phi_2) * np.sin(half_lambda) ** 2
    return np.asarray(2.0 * EARTH_RADIUS_KM * np.arcsin(np.sqrt(h)), dtype=np.float64)


def own_distance_km(area_km2: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return the distance assumed inside a county: the mean over pairs of points of a disc of its area, km."""
    return np.asarray(MEAN_DISTANCE_IN_DISC * np.sqrt(area_km2 / np.pi), dtype=np.float64)


def distance_table(
    lat: NDArray[np.float64],
    lon: NDArray[np.float64],
    area_km2: NDArray[np.float64],
    outside_lat: NDArray[np.float64],
    outside_lon: NDArray[np.float64],
) -> NDArray[np.float64]:
    """Return km from each county to each county and outside place, shape (n_c, n_c + n_outside).

    Between counties: centroid to centroid; own county: `own_distance_km`; outside: centroid to anchor city.
    """
    inside = great_circle_km(lat, lon, lat, lon)
    np.fill_diagonal(inside, own_distance_km(area_km2))
    outside = great_circle_km(lat, lon, outside_lat, outside_lon)
    return np.hstack([inside, outside])
