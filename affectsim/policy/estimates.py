"""From runs to estimates: what a point gives, how sure that is, and which points may be on the front.

- Every value is a change against nobody being trained in the same world (the same replicate: same people, same
  chances), averaged over the replicates of the point. What all points share in a world falls out, also between points
  with different numbers of replicates.
- A point is dominated if another one is at least as good in every objective and better in one. The front are those
  that are not dominated; none of them is best.
- How likely a point is on the front: in how many of many resamples of the replicates it is not dominated. Points with
  the same replicates are resampled together (Efron and Tibshirani 1993, An Introduction to the Bootstrap, chapter 8:
  whole worlds are drawn, so what points share in them stays together). Deviations from the mean are widened by
  sqrt(n / (n - 1)), without which the resampled means of few replicates would spread too little (Davison and Hinkley
  1997, Bootstrap Methods and their Application, section 2.3).
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from affectsim.intervals import reach

Float = npt.NDArray[np.float64]
Bool = npt.NDArray[np.bool_]


def dominated(better: Float) -> Bool:
    """Return which points are dominated; `better`: more is better, shape (points, objectives)."""
    points = len(better)
    as_good, one_better = np.ones((points, points), dtype=bool), np.zeros((points, points), dtype=bool)
    for values in better.T:
        as_good &= values[None] >= values[:, None]
        one_better |= values[None] > values[:, None]
    return np.asarray((as_good & one_better).any(axis=1))


def resampled(values: Sequence[Float], draws: int, seed: Sequence[int]) -> Float:
    """Return resampled means, shape (draws, points, objectives); `values`: of each point (replicates, objectives).

    The same seed and numbers of replicates give the same worlds; one replicate resamples to itself.
    """
    most = max(len(one) for one in values)
    lots = np.random.Generator(np.random.Philox(np.random.SeedSequence(seed))).random((draws, most))
    found = np.empty((draws, len(values), values[0].shape[1]))
    weights: dict[int, Float] = {}
    for n, one in enumerate(values):
        count = len(one)
        if count not in weights:
            rows = np.floor(lots[:, :count] * count).astype(np.int64)
            weights[count] = np.stack([(rows == k).sum(axis=1) for k in range(count)], axis=1) / count
        mean = one.mean(axis=0)
        found[:, n] = mean + math.sqrt(count / max(count - 1, 1)) * (weights[count] @ (one - mean))
    return found


def chance_on_front(better: Float) -> Float:
    """Return in which share of resamples each point is on the front, shape (points,).

    `better`: more is better, shape (draws, points, objectives).
    """
    return np.asarray(np.mean([~dominated(draw) for draw in better], axis=0))


class Interval(NamedTuple):
    """A mean and its 95 % interval, shape (objectives,) each."""

    mean: Float
    low: Float
    high: Float


def interval(values: Float) -> Interval:
    """Return the mean over replicates and its interval by Student's t; `values`: (replicates, objectives)."""
    mean, half = values.mean(axis=0), reach(values)
    return Interval(mean, mean - half, mean + half)


def gain_of_common_worlds(values: Sequence[Float]) -> Float:
    """Return how many times as many replicates separate worlds would need to tell points apart, shape (objectives,).

    `values`: raw values of points with the same replicates, (replicates, objectives) each. The variance of the
    difference of two points if their worlds had nothing in common, divided by the one that it has; over all pairs. NaN
    if there are no pairs that differ.
    """
    apart = together = np.zeros(values[0].shape[1] if values else 0)
    for n, one in enumerate(values):
        for other in values[n + 1 :]:
            apart = apart + one.var(axis=0, ddof=1) + other.var(axis=0, ddof=1)
            together = together + (one - other).var(axis=0, ddof=1)
    with np.errstate(divide="ignore", invalid="ignore"):
        return np.asarray(np.where(together > 0, apart / together, np.nan))
