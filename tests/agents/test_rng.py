from __future__ import annotations

import math

import numpy as np
import pytest
from scipy import stats

from sim.agents.rng import Purpose, derive_key, mix, philox, run_seed, uniform, word
from tests.agents.loops import mixed, nested_gumbels, normals, uniforms, words

KNOWN_ANSWERS = [
    ((0, 0, 0, 0), (0, 0), "6627e8d5 e169c58d bc57ac4c 9b00dbd8"),
    ((0xFFFFFFFF,) * 4, (0xFFFFFFFF,) * 2, "408f276d 41c83b0e a20bc7c6 6d5451fd"),
    (
        (0x243F6A88, 0x85A308D3, 0x13198A2E, 0x03707344),
        (0xA4093822, 0x299F31D0),
        "d16cfe09 94fdcceb 5001e420 24126ea1",
    ),
]


@pytest.mark.parametrize(("counter", "key", "answer"), KNOWN_ANSWERS)
def test_philox_known_answers(counter, key, answer):
    words = philox(np.uint64(key[0] | key[1] << 32), *(np.uint64(c) for c in counter))
    assert " ".join(f"{int(w):08x}" for w in words) == answer


def test_splitmix_known_answers():
    expected = [6457827717110365317, 3203168211198807973, 9817491932198370423, 4593380528125082431]
    assert [int(mix(np.uint64(1234567), np.uint64(k))) for k in range(4)] == expected


def test_uniform_moments_and_range():
    u = uniforms(3, np.arange(200_000, dtype=np.uint64), 5, 6, 0)
    assert u.min() > 0.0
    assert u.max() < 1.0
    assert abs(u.mean() - 0.5) < 4 * math.sqrt(1 / 12 / len(u))
    assert abs(u.var() - 1 / 12) < 4 * math.sqrt(1 / 180 / len(u))
    assert stats.kstest(u, "uniform").pvalue > 1e-3


def test_neighbouring_keys_steps_purposes_and_items_are_unrelated():
    keys = np.arange(100_000, dtype=np.uint64)
    base = uniforms(3, keys, 5, 6, 0)
    others = [
        uniforms(4, keys, 5, 6, 0),
        uniforms(3, keys + np.uint64(1), 5, 6, 0),
        uniforms(3, keys, 6, 6, 0),
        uniforms(3, keys, 5, 7, 0),
        uniforms(3, keys, 5, 6, 1),
        uniforms(3, keys + np.uint64(1 << 32), 5, 6, 0),
    ]
    for other in others:
        assert abs(np.corrcoef(base, other)[0, 1]) < 4 / math.sqrt(len(keys))
        assert (base == other).sum() < 5


def test_numbers_of_one_stream_are_uniform_and_unrelated():
    u = mixed(3, 50_000, 4)
    for k in range(4):
        assert stats.kstest(u[:, k], "uniform").pvalue > 1e-3
    correlation = np.corrcoef(u.T) - np.eye(4)
    assert np.abs(correlation).max() < 4 / math.sqrt(len(u))


def plain_word(state, item):
    """The mixer in whole numbers of any size, cut to 32 bits."""
    cut = 0xFFFFFFFF
    x = ((state & cut) + item * 0x9E3779B9) & cut
    x = (x ^ x >> 16) * 0x7FEB352D & cut
    x = ((x ^ x >> 15) + (state >> 32)) & cut
    x = x * 0x846CA68B & cut
    return x ^ x >> 16


@pytest.mark.parametrize("state", [0, 1, 0xFFFFFFFF, 1 << 32, 0x0123456789ABCDEF, 0xFFFFFFFFFFFFFFFF])
def test_words_are_those_of_plain_arithmetic(state):
    for item in (0, 1, 124, 256 + 7, 1 << 16, (1 << 16) + 1):
        assert int(word(np.uint64(state), item)) == plain_word(state, item)


def test_words_of_streams_are_uniform_and_unrelated():
    """Bytes are uniform; words of neighbouring items, of arrangements at a site and of two streams are unrelated."""
    drawn = words(3, 40_000, 250)
    for byte in range(4):
        counts = np.bincount((drawn[:, ::25] >> 8 * byte & 255).ravel(), minlength=256)
        assert stats.chisquare(counts).pvalue > 1e-3
    u = drawn / 2.0**32
    for first, second in ((0, 1), (7, 8), (3, 249), (100, 228)):
        joint = np.histogram2d(u[:, first], u[:, second], bins=16, range=[[0, 1], [0, 1]])[0]
        assert stats.chisquare(joint.ravel()).pvalue > 1e-3
    correlation = np.corrcoef(u.T) - np.eye(250)
    assert np.abs(correlation).max() < 6 / math.sqrt(len(u))
    assert abs(np.corrcoef(u[:-1].ravel(), u[1:].ravel())[0, 1]) < 4 / math.sqrt(u[1:].size)
    assert abs((u.max(axis=1)).mean() - 250 / 251) < 4 * math.sqrt(250 / 252 / 251**2 / len(u))


@pytest.mark.parametrize("scale", [0.15, 0.4, 0.58, 0.9, 1.0])
def test_nest_draw_is_conjugate(scale):
    """lambda * (log S + G) must be standard Gumbel: that is what makes the argmax a nested logit."""
    drawn = nested_gumbels(11, 60_000, scale)
    assert abs(drawn.mean() - np.euler_gamma) < 4 * math.pi / math.sqrt(6 * len(drawn))
    assert abs(drawn.var() / (math.pi**2 / 6) - 1) < 0.05
    assert stats.kstest(drawn, "gumbel_r").pvalue > 1e-3


def test_taste_has_mean_zero_and_variance_one():
    z = normals(5, 200_000)
    assert abs(z.mean()) < 4 / math.sqrt(len(z))
    assert abs(z.var() - 1) < 0.02
    assert abs(z).max() < 3.46


def test_run_seed_depends_on_seed_draw_and_replicate_only():
    assert run_seed(1, 2, 3) == run_seed(1, 2, 3)
    seeds = {run_seed(s, d, r) for s in range(4) for d in range(50) for r in range(4)}
    assert len(seeds) == 4 * 50 * 4
    assert all(0 <= s < 2**32 for s in seeds)


def test_derived_keys_differ_by_parent_step_and_item():
    leave = int(Purpose.LEAVE)
    keys = {int(derive_key(np.uint64(k), t, leave, s)) for k in (1, 2, 2**40) for t in range(20) for s in range(2, 8)}
    assert len(keys) == 3 * 20 * 6


def test_every_purpose_has_its_own_number():
    assert len({int(p) for p in Purpose}) == len(Purpose.__members__)
    draws = {float(uniform(1, np.uint64(9), 4, int(p), 0)) for p in Purpose}
    assert len(draws) == len(Purpose)
