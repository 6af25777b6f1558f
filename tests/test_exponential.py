"""The exponential function by plain arithmetic."""

from __future__ import annotations

import math

import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from affectsim.exponential import exponential, exponential_less_one


@given(st.floats(-700, 20))
def test_as_exact_as_the_library(x: float) -> None:
    assert abs(exponential(x) - math.exp(x)) <= 1e-14 * max(1.0, math.exp(x))
    assert abs(exponential_less_one(x) - math.expm1(x)) <= 1e-14 * max(1.0, math.exp(x))


@given(st.floats(20, 700))
def test_large_numbers_lose_a_digit(x: float) -> None:
    assert abs(exponential(x) / math.exp(x) - 1) <= 2e-13


@given(st.floats(-1e-3, 1e-3))
def test_small_numbers_lose_no_digits(x: float) -> None:
    assert abs(exponential_less_one(x) - math.expm1(x)) <= 1e-14 * abs(math.expm1(x)) + 1e-300


@given(st.lists(st.floats(-50, 0), min_size=1, max_size=9))
def test_arrays_give_the_same_bits_as_numbers(xs: list[float]) -> None:
    assert exponential(np.array(xs)).tolist() == [exponential(x) for x in xs]


def test_exact_where_it_must_be() -> None:
    assert exponential(0.0) == 1.0 and exponential_less_one(0.0) == 0.0
