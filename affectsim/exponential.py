"""The exponential function by plain arithmetic: the same bits in numpy, in the browser and on every processor.

Libraries of mathematical functions differ in the last bit, and numpy's own differs between processors.
"""

from __future__ import annotations

from typing import Any

import numpy as np

#: The argument is divided by 2 to this power, so that a short series does for all |x| up to 700.
_HALVINGS = 10


def less_one(x: Any) -> Any:
    """Return exp(x) - 1, x from -700 to 700, of a number or an array; its error is below 1e-14 of max(1, exp(x))
    up to x = 20, and below 2e-13 of it beyond.

    Taylor's series of a small part of x, then the argument is doubled: e(2y) = e(y) (2 + e(y)).
    """
    y = x * 2.0**-10
    found = 1.0 + y / 16.0
    for term in range(14):
        found = 1.0 + y * found / (15.0 - term)
    found = y * found
    for _ in range(_HALVINGS):
        found = found * (2.0 + found)
    return found


def exponential_less_one(x: Any) -> Any:
    """Return `less_one`; of symbols (arrays of objects, too), what they call their own."""
    return np.expm1(x) if np.asarray(x).dtype == object else less_one(x)


def exponential(x: Any) -> Any:
    """Return exp(x) as 1 + `less_one`; of symbols (arrays of objects, too), what they call their own."""
    return np.exp(x) if np.asarray(x).dtype == object else 1.0 + less_one(x)
