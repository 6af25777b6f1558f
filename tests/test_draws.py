"""Counter-based draws: known answers, uniformity, independence of everything else."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from affectsim.draws import key, seed_for, threefry, uniforms, uniforms_of
from affectsim.kernel.chance import threefry as _threefry

_ONES = 0xFFFFFFFF
#: From the known-answer tests that accompany Salmon et al. 2011 (Random123), threefry2x32, 20 rounds.
KNOWN = [
    ((0, 0), (0, 0), (0x6B200159, 0x99BA4EFE)),
    ((_ONES, _ONES), (_ONES, _ONES), (0x1CB996FC, 0xBB002BE7)),
    ((0x13198A2E, 0x03707344), (0x243F6A88, 0x85A308D3), (0xC4923A9C, 0x483DF7A0)),
]


def _words(*numbers: int) -> list[np.ndarray]:
    return [np.array([number], dtype=np.uint32) for number in numbers]


@pytest.mark.parametrize(("keys", "counter", "expected"), KNOWN)
def test_known_answers(keys, counter, expected):
    assert tuple(int(word[0]) for word in threefry(*_words(*keys, *counter))) == expected
    assert tuple(int(word) for word in _threefry(*(np.uint32(n) for n in (*keys, *counter)))) == expected


@given(st.lists(st.integers(0, _ONES), min_size=4, max_size=4))
def test_compiled_and_numpy_agree(numbers):
    compiled = _threefry(*(np.uint32(n) for n in numbers))
    assert [int(word[0]) for word in threefry(*_words(*numbers))] == [int(word) for word in compiled]


@given(st.integers(0, 2**63 - 1), st.integers(0, 1000), st.integers(1, 200), st.integers(1, 200))
def test_one_more_person_changes_nobody_else(seed, replicate, few, more):
    assert (uniforms(seed, replicate, "a", few) == uniforms(seed, replicate, "a", few + more)[:few]).all()


@pytest.mark.parametrize("people", [0, 1, 7, 9_000, 20_000])
def test_several_parts_at_once_are_each_as_alone(people):
    parts = ["trait/power", "trait/anger", "trait/escape"]
    alone = np.stack([uniforms(7, 2, part, people) for part in parts])
    np.testing.assert_array_equal(uniforms_of(7, 2, parts, people), alone)
    assert uniforms_of(7, 2, [], people).shape == (0, people)


def test_uniforms_are_uniform_and_inside():
    draws = uniforms(1, 0, "x", 200_000)
    assert draws.min() > 0 and draws.max() < 1
    # A sound generator fails this once in a million seeds; the seed is fixed.
    assert stats.kstest(draws, "uniform").pvalue > 1e-6


def test_seeds_replicates_parts_and_indices_are_different_streams():
    streams = [uniforms(s, r, p, 1000, i) for s in (0, 1) for r in (0, 1) for p in ("a", "b") for i in (0, 1)]
    correlations = np.corrcoef(streams)[np.triu_indices(len(streams), 1)]
    # 120 correlations of 1000 pairs: |r| > 0.16 happens by chance once in 20,000 families.
    assert np.abs(correlations).max() < 0.16


def test_seed_zero_is_a_seed():
    assert not np.array_equal(key(0, 0, "a"), key(1, 0, "a"))
    assert seed_for(0, 0, "network") != seed_for(0, 1, "network")
