"""Many points that fit at once: an iterative ensemble smoother with random targets and random priors.

Every member of the ensemble has a place of its own that it would like to be at (a draw from what is possible before
any evidence) and values of its own that it should show (drawn inside the ranges of the entries). Round by round all are
simulated, what the values do when coordinates change is learned from all of them by regression, and each is moved
from its *own* values towards its targets, no further from its own place than it has to be (Chen & Oliver 2013, Comput
Geosci 17:689-703, in this plain form). For a linear model the members end as draws of all points that fit; otherwise
near that, and whether a point fits has to be checked.

Coordinates are standard normal before the evidence.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]

#: Part of the half width of a range, about its middle, from which targets are drawn: chance may not put them outside.
_INNER = 0.6
#: How near a member should come to its targets, in half widths (standard deviation; assumed).
_CLOSE = 0.3
#: Longest step of a coordinate in one round (assumed): what was learned holds nearby.
_STEP = 2.0
#: Coordinates stay this near to the middle: 3 is the last thousandth of what is possible.
END = 3.0
#: Pulls of slopes to nothing that are tried, as shares of the largest variance that there is.
_PULLS = np.logspace(-8, 1, 28)


def targets(low: Float, high: Float, members: int, generator: np.random.Generator) -> Float:
    """Return values that members should show, (members, values), inside the ranges from `low` to `high`."""
    return np.asarray((low + high) / 2 + _INNER * (high - low) / 2 * generator.uniform(-1, 1, (members, low.size)))


class Learned(NamedTuple):
    """How values change with coordinates, (values, coordinates), and how far off this is (SD, values)."""

    slope: Float
    error: Float


def learn(places: Sequence[Float], values: Sequence[Float], weights: Sequence[float]) -> Learned:
    """Return what is learned of the model so far, by weighted ridge regression.

    One array for each round: `places` (points, coordinates), `values` (points, values; a point with NaN is left
    out), `weights` of a point. Points of a round share their events, so every round has a constant of its own. How
    much the slopes of a value are pulled to nothing is what predicts points best that are left out one at a time; how
    far off it is then is the error, chance in the simulation included.
    """
    x, y, whole = [], [], 0.0
    for at, found, weight in zip(places, values, weights, strict=True):
        good = np.isfinite(found).all(axis=1)
        x.append((at[good] - at[good].mean(axis=0)) * weight**0.5)
        y.append((found[good] - found[good].mean(axis=0)) * weight**0.5)
        whole += weight * good.sum()
    design, wanted = np.concatenate(x), np.concatenate(y)
    left, size, right = np.linalg.svd(design, full_matrices=False)
    seen = left.T @ wanted
    pulls = _PULLS * size[0] ** 2
    kept = size[:, None] ** 2 / (size[:, None] ** 2 + pulls)
    errors = np.array([
        (((wanted - left @ (keep[:, None] * seen)) / (1 - left**2 @ keep)[:, None]) ** 2).sum(axis=0) for keep in kept.T
    ])  # fmt: skip
    best = pulls[np.argmin(errors, axis=0)]
    change = (right.T @ (size[:, None] / (size[:, None] ** 2 + best) * seen)).T
    return Learned(change, np.sqrt(errors.min(axis=0) / whole))


def moved(places: Float, values: Float, wanted: Float, own: Float, learned: Learned, half: Float) -> Float:
    """Return where members go next, (members, coordinates).

    `values`, `wanted`: (members, values), what they show and should; NaN asks for nothing. `own`: (members,
    coordinates), the places that they would like to be at. `half`: half widths of the ranges (values,). A value of
    which little is known for sure moves members less.
    """
    close = np.hypot(_CLOSE * half, learned.error)
    scaled = learned.slope / close[:, None]
    gap = np.nan_to_num((wanted - values) / close)
    best = np.linalg.solve(np.eye(scaled.shape[1]) + scaled.T @ scaled, (gap @ scaled + own - places).T).T
    longest = np.abs(best).max(axis=1, keepdims=True)
    return np.asarray(np.clip(places + best * np.minimum(1.0, _STEP / np.maximum(longest, _STEP)), -END, END))
