"""What all indices share: a row each, and how far intervals reach."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]

CONFIDENCE = 0.95
#: Shares of draws that lie below an interval, and below its upper end.
ENDS = ((1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2)
#: Smallest number of samples for which indices are still told, when they are followed along the sample size.
FEWEST = 16


class Row(NamedTuple):
    """One index of one factor: its value, the ends of its interval (NaN: none), from how many samples."""

    factor: str
    kind: str
    value: float
    low: float
    high: float
    samples: int


def halves(whole: int, fewest: int) -> list[int]:
    """Return a sample size, its half, its quarter and so on, down to `fewest`; always the whole."""
    sizes = [whole]
    while sizes[-1] // 2 >= fewest:
        sizes.append(sizes[-1] // 2)
    return sizes
