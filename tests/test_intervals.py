"""The interval of a mean of independent cases."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from affectsim.intervals import reach

NUMBERS = st.lists(st.floats(-1e3, 1e3), min_size=2, max_size=30).filter(lambda values: np.ptp(values) > 1e-3)


@given(NUMBERS, st.sampled_from([0.5, 0.9, 0.95, 0.99]))
def test_it_is_the_interval_of_the_t_test(values: list[float], confidence: float) -> None:
    known = stats.ttest_1samp(values, 0.0).confidence_interval(confidence)
    assert np.mean(values) + reach(values, confidence) == pytest.approx(known.high, rel=1e-9, abs=1e-9)


def test_one_case_says_nothing_and_columns_are_apart() -> None:
    assert np.isnan(reach([3.0])) and np.isnan(reach([[1.0, 2.0]])).tolist() == [True, True]
    table = np.random.default_rng(1).normal(size=(7, 3))
    assert reach(table).tolist() == pytest.approx([float(reach(column)) for column in table.T], rel=1e-12)


def test_it_holds_the_mean_as_often_as_it_says() -> None:
    """4,000 times four cases: 95 % of intervals, within 4.9 standard errors (once in a million)."""
    cases = np.random.default_rng(2).normal(size=(4, 4000))
    held = np.abs(cases.mean(axis=0)) < reach(cases)
    assert held.mean() == pytest.approx(0.95, abs=4.9 * np.sqrt(0.95 * 0.05 / 4000))
