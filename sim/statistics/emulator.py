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
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from sim.base.arrays import Floats

__all__ = ["Choices", "Emulator", "Traits", "crossings", "effects_at", "errors_at", "fit", "with_errors"]

ROUNDS, EM_ROUNDS = 4, 6
RIDGE = 0.05
"""Penalty on coefficients that all draws share, in the unit of the effect; small beside thousands of runs."""
REACH_RIDGE = 2.0
"""Penalty on the part that is left, around the product of the parts left by first year and by place."""
LEAST = 1e-9


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
    return np.array([np.einsum("knl->kn", each) + rest for each, rest in said])


def errors_at(emulator: Emulator, choices: Choices, traits: Traits) -> Floats:
    """Return the standard deviation of the error at the points of every draw, float64[years, draws, points]."""
    size = np.array([(_told(emulator, t, choices, traits)[0] ** 2).sum(-1) for t in range(len(emulator.reach))])
    chosen = choices.levels.any(axis=-1) | choices.assumed.any(axis=-1)
    by = emulator.error[:, :, None, None] ** 2
    return np.asarray(np.sqrt(by[:, 0] * chosen + by[:, 1] * size))


def _told(emulator: Emulator, t: int, choices: Choices, traits: Traits) -> tuple[Floats, Floats]:
    """Return u by lever, and all else, of one year-end."""
    each = choices.levels * emulator.alone[t][:, None, :] * emulator.reach[t][choices.start, choices.place]
    assumed = np.einsum("kna,ka->kn", choices.assumed, emulator.assumed[t])
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
    n_starts = int(choices.start.max()) + 1
    fits = [_fit_year(choices, traits, one, used, min(t, n_starts - 1)) for t, one in enumerate(effects)]
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
    shape = (int(choices.start.max()) + 1, int(choices.place.max()) + 1, levels.shape[-1])
    reach = np.zeros(shape)
    reach[: last_start + 1, 0] = 1.0
    met = np.zeros_like(effects)
    for turn in range(ROUNDS):
        felt = np.concatenate([levels * reach[choices.start, choices.place], assumed], axis=-1)
        both = _by_draw(felt, effects - met, traits, used)
        alone, outside = both[:, : shape[2]], both[:, shape[2] :]
        told = np.einsum("kna,ka->kn", assumed, outside)
        if turn < ROUNDS - 1:
            reach = _reach(choices, alone, effects - met - told, used, reach, last_start, turn == 0)
        each = levels * reach[choices.start, choices.place] * alone[:, None, :]
        ways = crossings(levels, each, assumed, traits.enablers)
        crossing = _ridge(ways[used], (effects - told - each.sum(-1))[used], RIDGE)
        met = ways @ crossing
    return alone, outside, reach, crossing


def _ridge(x: Floats, y: Floats, penalty: float) -> Floats:
    return np.asarray(np.linalg.solve(x.T @ x + penalty * np.eye(x.shape[1]), x.T @ y))


def _by_draw(felt: Floats, effects: Floats, traits: Traits, used: NDArray[np.bool_]) -> Floats:
    """Return the random coefficients of every draw, float64[draws, columns]."""
    n = felt.shape[-1]
    known = felt[..., traits.owner] * traits.drawn[:, None, :]
    common = _ridge(np.concatenate([felt, known], axis=-1)[used], effects[used], RIDGE)
    mean = np.tile(common[:n], (len(felt), 1))
    np.add.at(mean.T, traits.owner, (common[n:] * traits.drawn).T)
    left = effects - np.einsum("knl,kl->kn", felt, mean)
    own = [(felt[k][used[k]], left[k][used[k]]) for k in range(len(felt))]
    spread, noise = np.full(n, float(left[used].std()) + LEAST), float(left[used].var()) + LEAST
    for _ in range(EM_ROUNDS):
        deviations, second, missed = np.zeros_like(mean), np.zeros(n), 0.0
        for k, (x, y) in enumerate(own):
            covariance = np.linalg.inv(x.T @ x / noise + np.diag(1.0 / spread**2))
            deviations[k] = covariance @ (x.T @ y) / noise
            second += deviations[k] ** 2 + np.diag(covariance)
            missed += float(((y - x @ deviations[k]) ** 2).sum() + np.einsum("nl,lm,nm->", x, covariance, x))
        spread, noise = np.sqrt(second / len(own)) + LEAST, missed / float(used.sum()) + LEAST
    return mean + deviations


def _reach(
    choices: Choices,
    alone: Floats,
    effects: Floats,
    used: NDArray[np.bool_],
    before: Floats,
    last_start: int,
    first: bool,
) -> Floats:
    """Return the part that is left by first year, place and lever, around a product of both in the first turn."""
    n_places, n_levers = before.shape[1:]
    full = choices.levels * alone[:, None, :]
    around = before
    if first:
        by_start = [full * ((choices.start == s) & (choices.place == 0))[..., None] for s in range(last_start + 1)]
        acts = choices.start <= last_start
        by_place = [full * ((choices.place == w) & acts)[..., None] for w in range(1, n_places)]
        x = np.concatenate(by_start + by_place, axis=-1)[used]
        near = np.append(np.ones((last_start + 1) * n_levers), np.full((n_places - 1) * n_levers, 0.5))
        found = (near + _ridge(x, effects[used] - x @ near, REACH_RIDGE)).reshape(-1, n_levers)
        left = np.vstack([np.ones(n_levers), found[last_start + 1 :]])
        around = np.zeros_like(before)
        around[: last_start + 1] = found[: last_start + 1, None, :] * left
    cells = [(s, w) for s in range(last_start + 1) for w in range(n_places)]
    x = np.concatenate([full * ((choices.start == s) & (choices.place == w))[..., None] for s, w in cells], axis=-1)[
        used
    ]
    near = np.concatenate([around[cell] for cell in cells])
    found = (near + _ridge(x, effects[used] - x @ near, REACH_RIDGE)).reshape(len(cells), n_levers)
    reach = np.zeros_like(before)
    for cell, values in zip(cells, found, strict=True):
        reach[cell] = values
    return reach
