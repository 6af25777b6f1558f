"""How far the mean of independent cases may be from the truth: Student's t, said once."""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]


def reach(values: npt.ArrayLike, confidence: float = 0.95) -> Float:
    """Return half the width of the t interval of the mean over the first axis, of shape values.shape[1:].

    NaN for fewer than two cases: one says nothing of how far cases differ.
    """
    from scipy.special import stdtrit

    cases = np.asarray(values, dtype=np.float64)
    count = cases.shape[0]
    if count < 2:
        return np.full(cases.shape[1:], math.nan)
    factor = float(stdtrit(count - 1, 0.5 + confidence / 2)) / math.sqrt(count)
    return np.asarray(factor * cases.std(axis=0, ddof=1))
