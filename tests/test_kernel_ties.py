"""Four sums as one sum of vectors: the same bits as one by one, whatever the ties."""

from __future__ import annotations

import numba
import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

from affectsim.kernel.ties import sum_one_by_one, sum_ties
from affectsim.layout import LANES


@numba.njit(error_model="numpy")
def _as_vectors(out, at, signals, sources, for_warmth, for_hostility, start, end):
    sum_ties(out, at, signals, sources, for_warmth, for_hostility, start, end)


def _ties(people: int, ties: int, seed: int, weights: str):
    """Return signals in single precision, sources, and two weights per tie: different, alike (one array) or none."""
    draws = np.random.default_rng(seed)
    signals = draws.normal(size=4 * people).astype(np.float32)
    sources = (4 * draws.integers(0, people, ties)).astype(np.uint32)
    for_warmth, for_hostility = draws.random((2, ties)).astype(np.float32)
    if weights == "different":
        return signals, sources, for_warmth, for_hostility
    return signals, sources, *((for_hostility if weights == "alike" else np.zeros(0, np.float32)),) * 2


@settings(max_examples=200, deadline=None)
@given(
    people=st.integers(1, 40),
    ties=st.integers(0, 30),
    cut=st.tuples(st.floats(0, 1), st.floats(0, 1)),
    at=st.integers(0, LANES - 1),
    seed=st.integers(0, 2**32 - 1),
    weights=st.sampled_from(["different", "alike", "none"]),
)
def test_vectors_give_the_same_bits(people, ties, cut, at, seed, weights):
    start, end = sorted(round(ties * share) for share in cut)
    signals, sources, for_warmth, for_hostility = _ties(people, ties, seed, weights)
    found, wanted = np.full((2, 4 * LANES), 7.0)
    _as_vectors(found, at, signals, sources, for_warmth, for_hostility, start, end)
    sum_one_by_one(wanted, at, signals, sources, for_warmth, for_hostility, start, end)
    # Where nothing is written the sevens stay.
    np.testing.assert_array_equal(found.view(np.int64), wanted.view(np.int64))


def test_no_weights_are_weights_of_one():
    """So a run gives the same bits alone, where its ties need no weights, and in a batch with a run that has some."""
    signals, sources, nothing, _ = _ties(50, 12, 3, "none")
    ones = np.ones(12, np.float32)
    found, wanted = np.zeros((2, 4 * LANES))
    _as_vectors(found, 0, signals, sources, nothing, nothing, 2, 11)
    _as_vectors(wanted, 0, signals, sources, ones, ones.copy(), 2, 11)
    assert (found == wanted).all() and found.any()


def test_the_sums_are_those_of_numpy():
    signals, sources, for_warmth, for_hostility = _ties(50, 12, 3, "different")
    found = np.zeros(4 * LANES)
    _as_vectors(found, 5, signals, sources, for_warmth, for_hostility, 2, 11)
    heard = signals.reshape(-1, 4).astype(float)[sources[2:11] // 4]
    weights = np.stack([for_warmth, for_hostility, for_warmth, for_hostility], axis=1)[2:11]
    np.testing.assert_allclose(found[5::LANES], (weights * heard).sum(0), rtol=1e-12)
