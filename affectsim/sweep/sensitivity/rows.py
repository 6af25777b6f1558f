"""What all indices share: a row each, and how wide intervals are."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]

CONFIDENCE = 0.95
#: Most samples that are drawn anew where SALib is called for each of them (as many as SALib draws itself): only their
#: mean and spread are used.
MOST_DRAWS = 100


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


def half_width(drawn: Float) -> Float:
    """Return half the width of intervals as SALib takes it: a normal quantile times the spread of what was drawn anew.

    `drawn`: index of each sample drawn anew, along the first axis.
    """
    from scipy.stats import norm

    return np.asarray(norm.ppf((1 + CONFIDENCE) / 2) * drawn.std(axis=0, ddof=1))
