"""A quick stand-in for the simulation near the data, and draws of points that fit the data.

The stand-in says which statistics diaries would show at a point: a linear regression of simulated statistics, so
the chance in single simulations averages out. What it leaves unexplained counts as error of the data: far from the
data, where a line is a poor stand-in, a round therefore moves the points carefully, and the next round, made where the
points now are, sees better (synthetic likelihood of Wood 2010, Nature 466:1102, with a regression in place of
repeats at every point). For a linear model with normal errors the draws are exact; otherwise they are an
approximation, which recovery of known values has to justify.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]


class Emulator(NamedTuple):
    """Statistics = constant[group] + linear x, for x (coordinates,) of a group.

    `constant`: (groups, statistics); `linear`: (statistics, coordinates); `residual`: covariance of what is left
    (statistics, statistics), chance in the simulation included.
    """

    constant: Float
    linear: Float
    residual: Float


def emulator(x: Float, group: npt.NDArray[np.int64], found: Float, weights: Float) -> Emulator:
    """Return the stand-in for simulated statistics.

    `x`: (simulations, coordinates); `group`: (simulations,); `found`: (simulations, statistics), NaN where a simulation
    has none (it is left out); `weights`: (simulations,). Needs more simulations than coordinates and groups.
    """
    good = np.isfinite(found).all(axis=1)
    x, group, found, weights = x[good], group[good], found[good], weights[good]
    groups = int(group.max()) + 1
    design = np.concatenate([group[:, None] == np.arange(groups), x], axis=1).astype(np.float64)
    root = np.sqrt(weights / weights.mean())[:, None]
    coefficients = np.linalg.lstsq(design * root, found * root, rcond=None)[0]
    left = (found - design @ coefficients) * root
    free = max(weights.sum() ** 2 / np.sum(weights**2) - design.shape[1], 1.0)
    # Every coefficient has used up one simulation's worth of chance.
    residual = left.T @ left / len(x) * (free + design.shape[1]) / free
    return Emulator(coefficients[:groups], coefficients[groups:].T, residual)


def unexplained(standin: Emulator, chance: Float) -> Float:
    """Return the covariance (statistics, statistics) of what neither the stand-in nor chance explains."""
    size, directions = np.linalg.eigh(standin.residual - chance)
    return np.asarray((directions * np.maximum(size, 0.0)) @ directions.T)


def draw(
    standin: Emulator, maps: Float, observed: Float, error: Float, draws: int, generator: np.random.Generator
) -> Float:
    """Return points that fit the data, shape (draws, coordinates of a point).

    `maps`: (groups, coordinates of a group, coordinates of a point); `observed`: (groups, statistics); `error`:
    covariance of all observed ones (groups * statistics, same). Before the data every coordinate is standard normal.
    """
    slope = np.concatenate([standin.linear @ one for one in maps])
    gap = (observed - standin.constant).ravel()
    precise = np.linalg.solve(error, slope).T
    precision = np.eye(slope.shape[1]) + precise @ slope
    centre = np.linalg.solve(precision, precise @ gap)
    root = np.linalg.cholesky(np.linalg.inv(precision))
    return np.asarray(centre + generator.standard_normal((draws, slope.shape[1])) @ root.T)
