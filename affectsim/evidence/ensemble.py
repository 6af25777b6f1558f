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

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]

#: Part of the half width of a range, about its middle, from which targets are drawn: chance may not put them outside.
_INNER = 0.6
#: How near a member should come to its targets, in half widths (standard deviation; assumed).
_CLOSE = 0.35
#: Longest step of a coordinate in one round: what was learned holds nearby.
_STEP = 1.0
#: Coordinates stay this near to the middle: 3 is the last thousandth of what is possible.
END = 3.0
#: Pull of the regression to nothing, as a share of the weight of all points.
_RIDGE = 1e-3


def targets(low: Float, high: Float, members: int, generator: np.random.Generator) -> Float:
    """Return values that members should show, (members, values), inside the ranges from `low` to `high`."""
    return np.asarray((low + high) / 2 + _INNER * (high - low) / 2 * generator.uniform(-1, 1, (members, low.size)))


def slope(places: Float, values: Float, weights: Float) -> Float:
    """Return how values change with coordinates, (values, coordinates), by weighted linear regression.

    `places`: (points, coordinates); `values`: (points, values), a point with NaN is left out; `weights`: (points,).
    """
    good = np.isfinite(values).all(axis=1)
    root = np.sqrt(weights[good])[:, None]
    design = np.concatenate([np.ones((int(good.sum()), 1)), places[good]], axis=1) * root
    pull = np.full(design.shape[1], _RIDGE * weights[good].sum())
    pull[0] = 0.0
    return np.asarray(np.linalg.solve(design.T @ design + np.diag(pull), design.T @ (values[good] * root))[1:].T)


def moved(places: Float, values: Float, wanted: Float, own: Float, change: Float, half: Float) -> Float:
    """Return where members go next, (members, coordinates).

    `values`, `wanted`: (members, values), what they show and should; NaN asks for nothing. `own`: (members,
    coordinates), the places that they would like to be at. `change`: from `slope`; `half`: half widths (values,).
    """
    scaled = change / (_CLOSE * half)[:, None]
    gap = np.nan_to_num((wanted - values) / (_CLOSE * half))
    best = np.linalg.solve(np.eye(scaled.shape[1]) + scaled.T @ scaled, (gap @ scaled + own - places).T).T
    longest = np.abs(best).max(axis=1, keepdims=True)
    return np.asarray(np.clip(places + best * np.minimum(1.0, _STEP / np.maximum(longest, _STEP)), -END, END))
