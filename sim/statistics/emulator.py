"""An emulator of paired effects: what runs of a design say, at any other point and at once.

For draw k, year-end t and a point x (intensities x_l of the levers, first year s, place w, assumptions a_m)

    effect = sum_l u_l + sum_m a_m d_kmt + sum_j q_jt f_j(u, x, a),    u_l = x_l c_klt r_lt(s, w)

c is what a lever does alone at full intensity in that draw, d what an assumption does at full size, r which part of it
is left with another first year or place, and f are the ways in which they meet (``crossings``). c and d are random
coefficients: a mean that is linear in the drawn effects of the lever itself, and a deviation by draw that is shrunk by
its own variance (empirical Bayes, as in Laird and Ware 1982, Biometrics 38: 963-974). r and q are common to all draws.
The product of c and r is fitted by alternating least squares. The error has variance e0^2 + e1^2 sum_l u_l^2 where
anything is chosen and none where nothing is, from runs that were kept aside.
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.arrays import Floats

__all__ = ["Choices", "Emulator", "Traits", "crossings", "effects_at", "errors_at", "fit", "with_errors"]

ROUNDS, EM_ROUNDS = 20, 2
RIDGE = 0.05
"""Penalty on coefficients that all draws share, in the unit of the effect; small beside thousands of runs."""
REACH_RIDGE = 2.0
"""Penalty on the part that is left, around the product of the parts left by first year and by place."""
LEAST = 1e-9
THREADS = 2
"""Years that are fitted at once; most of the time is spent in NumPy, which lets other threads go on."""


class Choices(NamedTuple):
    """Points of the design by draw.

    Attributes:
        levels: intensities, float64[draws, points, levers].
        start: position of the first year, int[draws, points].
        place: position of the place, int[draws, points]; 0 is where levers act by default.
        assumed: assumptions, float64[draws, points, assumptions].
    """

    levels: Floats
    start: NDArray[np.int64]
    place: NDArray[np.int64]
    assumed: Floats


class Traits(NamedTuple):
    """What is known of levers before any run.

    Attributes:
        drawn: standardised drawn effects, float64[draws, effects].
        owner: lever of each effect, int[effects].
        enablers: pairs (enabler, lever): the first raises what the second delivers.
    """

    drawn: Floats
    owner: NDArray[np.int64]
    enablers: tuple[tuple[int, int], ...]


class Emulator(NamedTuple):
    """The emulator of one quantity.

    Attributes:
        alone: effect of a lever alone at full intensity, float64[years, draws, levers].
        assumed: effect of an assumption at full size, float64[years, draws, assumptions].
        reach: part that is left, float64[years, starts, places, levers].
        crossing: weights of the ways in which levers meet, float64[years, crossings].
        error: e0 and e1 of the error, float64[years, 2].
    """

    alone: Floats
    assumed: Floats
    reach: Floats
    crossing: Floats
    error: Floats


def crossings(levels: Floats, each: Floats, assumed: Floats, enablers: Sequence[tuple[int, int]]) -> Floats:
    """Return in which ways levers and assumptions meet, float64[..., crossings].

    An enabler and its lever; a lever and its own square; a lever and all others; all levers and an assumption; an
    assumption and its own square.

    Args:
        levels: intensities, float64[..., levers].
        each: u of every lever, float64[..., levers].
        assumed: float64[..., assumptions].
        enablers: pairs of ``Traits``.
    """
    total = each.sum(axis=-1, keepdims=True)
    first, second = [p for p, _ in enablers], [lever for _, lever in enablers]
    enabled = levels[..., first] * each[..., second]
    parts = [enabled, each * (levels - 1.0), each * (total - each), total * assumed, assumed * (np.abs(assumed) - 1.0)]
    return np.concatenate(parts, axis=-1)


def effects_at(emulator: Emulator, choices: Choices, traits: Traits) -> Floats:
    """Return the effects at the points of every draw, float64[years, draws, points]."""
    said = [_told(emulator, t, choices, traits) for t in range(len(emulator.reach))]
    return np.array([each.sum(axis=-1) + rest for each, rest in said])


def errors_at(emulator: Emulator, choices: Choices, traits: Traits) -> Floats:
    """Return the standard deviation of the error at the points of every draw, float64[years, draws, points]."""
    size = np.array([(_told(emulator, t, choices, traits)[0] ** 2).sum(-1) for t in range(len(emulator.reach))])
    chosen = choices.levels.any(axis=-1) | choices.assumed.any(axis=-1)
    by = emulator.error[:, :, None, None] ** 2
    return np.asarray(np.sqrt(by[:, 0] * chosen + by[:, 1] * size))


def _told(emulator: Emulator, t: int, choices: Choices, traits: Traits) -> tuple[Floats, Floats]:
    """Return u by lever, and all else, of one year-end."""
    each = choices.levels * emulator.alone[t][:, None, :] * emulator.reach[t][choices.start, choices.place]
    assumed = _times(choices.assumed, emulator.assumed[t])
    met = crossings(choices.levels, each, choices.assumed, traits.enablers) @ emulator.crossing[t]
    return each, assumed + met


def fit(choices: Choices, traits: Traits, effects: Floats, used: NDArray[np.bool_]) -> Emulator:
    """Return the emulator of runs, without its error.

    Args:
        choices: the points.
        traits: what is known of levers.
        effects: float64[years, draws, points].
        used: runs that are fitted to, bool[draws, points].
    """
    last = [min(t, int(choices.start.max())) for t in range(len(effects))]
    with ThreadPoolExecutor(THREADS) as threads:
        fits = list(threads.map(lambda one, until: _fit_year(choices, traits, one, used, until), effects, last))
    alone, assumed, reach, crossing = (np.array(part) for part in zip(*fits, strict=True))
    return Emulator(alone, assumed, reach, crossing, np.zeros((len(effects), 2)))


def with_errors(
    emulator: Emulator, choices: Choices, traits: Traits, effects: Floats, aside: NDArray[np.bool_]
) -> Emulator:
    """Return the emulator with the error that runs kept aside show.

    Squared errors are regressed on the size of the effects; neither part may be negative.
    """
    from scipy.optimize import nnls

    missed = (effects - effects_at(emulator, choices, traits)) ** 2
    sized = emulator._replace(error=np.tile([0.0, 1.0], (len(effects), 1)))
    size = errors_at(sized, choices, traits) ** 2
    found = []
    for squared, by in zip(missed, size, strict=True):
        y, x = squared[aside], by[aside]
        weight = 1.0 / (np.median(x) + x + LEAST)
        found.append(np.sqrt(nnls(np.stack([weight, weight * x], axis=1), weight * y)[0]))
    return emulator._replace(error=np.array(found))


def _fit_year(
    choices: Choices, traits: Traits, effects: Floats, used: NDArray[np.bool_], last_start: int
) -> tuple[Floats, Floats, Floats, Floats]:
    """Fit one year-end by alternating least squares."""
    levels, assumed = choices.levels, choices.assumed
    reach = _first_reach(choices, last_start)
    met, known = np.zeros_like(effects), None
    for turn in range(ROUNDS):
        felt = np.concatenate([levels * reach[choices.start, choices.place], assumed], axis=-1)
        both, known = _by_draw(felt, effects - met, traits, used, known)
        alone, outside = both[:, : levels.shape[-1]], both[:, levels.shape[-1] :]
        told = _times(assumed, outside)
        if turn < ROUNDS - 1:
            full = levels * alone[:, None, :]
            around = _product(choices, full, effects - met - told, used, last_start) if turn == 0 else reach
            reach = _reach(choices, full, effects - met - told, used, around, last_start)
        each = levels * reach[choices.start, choices.place] * alone[:, None, :]
        ways = crossings(levels, each, assumed, traits.enablers)
        crossing = _ridge(ways[used], (effects - told - each.sum(-1))[used], RIDGE)
        met = ways @ crossing
    return alone, outside, reach, crossing


def _ridge(x: Floats, y: Floats, penalty: float, near: Floats | float = 0.0) -> Floats:
    """Return coefficients that are penalised by their distance from ``near``."""
    around = np.broadcast_to(near, x.shape[1])
    return np.asarray(around + np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ (y - x @ around)))


def _by_draw(
    felt: Floats, effects: Floats, traits: Traits, used: NDArray[np.bool_], known: tuple[Floats, float] | None
) -> tuple[Floats, tuple[Floats, float]]:
    """Return the random coefficients of every draw, float64[draws, columns], and their spread and the noise.

    Args:
        felt: what is felt of levers and assumptions, float64[draws, points, columns].
        effects: float64[draws, points].
        traits: what is known of levers.
        used: runs that are fitted to, as many in every draw.
        known: spread and noise of the turn before.
    """
    n, draws = felt.shape[-1], len(felt)
    drawn = felt[..., traits.owner] * traits.drawn[:, None, :]
    common = _ridge(np.concatenate([felt, drawn], axis=-1)[used], effects[used], RIDGE)
    mean = np.tile(common[:n], (draws, 1))
    np.add.at(mean.T, traits.owner, (common[n:] * traits.drawn).T)
    x = felt[used].reshape(draws, -1, n)
    y = effects[used].reshape(draws, -1) - _times(x, mean)
    spread, noise = known or (np.full(n, float(y.std()) + LEAST), float(y.var()) + LEAST)
    turned = np.swapaxes(x, 1, 2)
    gram, cross = turned @ x, _times(turned, y)
    for _ in range(EM_ROUNDS):
        inner = np.linalg.inv(spread[:, None] * gram * spread / noise + np.eye(n))
        covariance = spread[:, None] * inner * spread
        deviations = _times(covariance, cross) / noise
        missed = float(((y - _times(x, deviations)) ** 2).sum() + (gram * covariance).sum())
        second = deviations**2 + np.diagonal(covariance, axis1=1, axis2=2)
        spread, noise = np.sqrt(second.mean(axis=0)) + LEAST, missed / y.size + LEAST
    return mean + deviations, (spread, noise)


def _times(matrices: Floats, vectors: Floats) -> Floats:
    """Return the product of a matrix and a vector for every draw."""
    return np.asarray((matrices @ vectors[..., None])[..., 0])


def _first_reach(choices: Choices, last_start: int) -> Floats:
    """Return that all is left by every first year that has come, everywhere."""
    reach = np.zeros((int(choices.start.max()) + 1, int(choices.place.max()) + 1, choices.levels.shape[-1]))
    reach[: last_start + 1, 0] = 1.0
    return reach


def _product(choices: Choices, full: Floats, effects: Floats, used: NDArray[np.bool_], last_start: int) -> Floats:
    """Return the part that is left as that by first year times that by place."""
    reach, acts = _first_reach(choices, last_start), choices.start <= last_start
    for s in range(last_start + 1):
        at = used & (choices.start == s) & (choices.place == 0)
        reach[s, 0] = _ridge(full[at], effects[at], REACH_RIDGE, 1.0)
    for w in range(1, reach.shape[1]):
        at = used & acts & (choices.place == w)
        left = reach[choices.start[at], 0]
        reach[: last_start + 1, w] = reach[: last_start + 1, 0] * _ridge(full[at] * left, effects[at], REACH_RIDGE, 0.5)
    return reach


def _reach(
    choices: Choices, full: Floats, effects: Floats, used: NDArray[np.bool_], around: Floats, last_start: int
) -> Floats:
    """Return the part that is left by first year, place and lever; no point is in two cells."""
    reach = np.zeros_like(around)
    for s in range(last_start + 1):
        for w in range(around.shape[1]):
            at = used & (choices.start == s) & (choices.place == w)
            reach[s, w] = _ridge(full[at], effects[at], REACH_RIDGE, around[s, w])
    return reach
