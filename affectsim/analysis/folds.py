"""Folds: where two equilibria meet and vanish. Solved exactly, followed in two parameters, with the cusps.

The extended system (Seydel 1979; Moore and Spence 1980): f(x, p) = 0, J(x, p) v = 0, v . v = 1.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from affectsim.analysis.continuation import Curve, Equations, Follower, Steps
from affectsim.analysis.systems import System

Float = npt.NDArray[np.float64]

_SAME = 1e-5


class FoldPoint(NamedTuple):
    """A fold: state x (n,), direction v (n,) in which the two equilibria part, parameters p (m,)."""

    x: Float
    v: Float
    p: Float


class Cusp(NamedTuple):
    """Two folds meet: beyond it the switch between the states is smooth. State x (n,), parameters p (2,)."""

    x: Float
    p: Float


class FoldCurve(NamedTuple):
    """Folds along a curve: states x (k, n), parameters p (k, 2), the cusps on it, and why it ended."""

    x: Float
    p: Float
    cusps: tuple[Cusp, ...]
    ended: str


def extended(system: System) -> Equations:
    """Return the extended system of a fold over z = (x, v, p): 2n + 1 equations, with all derivatives."""
    n = system.size

    def equations(z: Float) -> tuple[Float, Float]:
        x, v, p = z[:n], z[n : 2 * n], z[2 * n :]
        rates, jacobian, by_p = system.derivatives(x, p)
        turned = system.turned(x, p, v)
        zero = np.zeros((n, n))
        derivatives = np.block(
            [
                [jacobian, zero, by_p],
                [turned[:, :n], jacobian, turned[:, n:]],
                [np.zeros((1, n)), 2 * v[None, :], np.zeros((1, p.size))],
            ]
        )
        return np.concatenate([rates, jacobian @ v, [v @ v - 1]]), derivatives

    return equations


def solve_fold(system: System, x: Float, p: float) -> FoldPoint | None:
    """Return the fold of a system with one active parameter near (x, p), solved to rounding; None if none is near."""
    n = system.size
    v = np.linalg.svd(system.jacobian(x, [p]))[2][-1]
    z = np.concatenate([x, v, [p]])
    equations = extended(system)
    for _ in range(20):
        values, derivatives = equations(z)
        if not np.isfinite(derivatives).all():
            return None
        try:
            change = np.linalg.solve(derivatives, values)
        except np.linalg.LinAlgError:
            return None
        z = z - change
        if np.abs(change).max() < 1e-11:
            return FoldPoint(z[:n], z[n : 2 * n], z[2 * n :])
    return None


def bend(
    system: System, x: Float, v: Float, p: Sequence[float] | Float, left: Float | None = None
) -> tuple[float, Float]:
    """Return the quadratic coefficient w . B(v, v) of a fold, and w: the left null vector that points as `left`.

    Zero where two folds meet (a cusp).
    """
    w: Float = np.linalg.svd(system.jacobian(x, p))[0][:, -1]
    if left is not None and w @ left < 0:
        w = -w
    return float(w @ system.turned(x, p, v)[:, : system.size] @ v), w


def follow_fold(
    system: System, fold: FoldPoint, second: float, low: Sequence[float], high: Sequence[float],
    *, box: tuple[float, float] = (-1e-9, 1 + 1e-9),
) -> FoldCurve:  # fmt: skip
    """Follow a fold of a system with two active parameters both ways, inside the bounds (2,) of the parameters
    and `box` of every state.

    `fold`: as found in the first parameter; `second`: the value of the other one there.
    """
    n = system.size
    reach = np.asarray(high, dtype=np.float64) - np.asarray(low, dtype=np.float64)
    follower = Follower(
        extended(system),
        np.concatenate([np.ones(2 * n), reach]),
        np.concatenate([np.full(n, box[0]), np.full(n, -np.inf), low]),
        np.concatenate([np.full(n, box[1]), np.full(n, np.inf), high]),
        Steps(longest=2e-2),
    )
    start = np.concatenate([fold.x, fold.v, fold.p[:1], [second]])
    along = np.eye(2 * n + 2)[-1] * reach[1]
    forward = follower.follow(start, along)
    if forward.ended == "closed":
        points, ended = forward.points, "closed"
        cusps = _cusps(system, follower, forward)
    else:
        backward = follower.follow(start, -along)
        points = np.concatenate([backward.points[:0:-1], forward.points])
        ended = f"{backward.ended}, {forward.ended}"
        cusps = _distinct([*_cusps(system, follower, backward), *_cusps(system, follower, forward)])
    return FoldCurve(points[:, :n], points[:, 2 * n :], tuple(cusps), ended)


def _cusps(system: System, follower: Follower, curve: Curve) -> list[Cusp]:
    from scipy.optimize import brentq

    n = system.size
    found = []
    before, left = None, None
    for k, point in enumerate(curve.points):
        value, left_now = bend(system, point[:n], point[n : 2 * n], point[2 * n :], left)
        if before is not None and before * value < 0:
            y, tangent = curve.points[k - 1] / follower.scale, curve.tangents[k - 1]
            length = float(tangent @ (point / follower.scale - y))

            def test(distance: float, y: Float = y, tangent: Float = tangent, left: Float | None = left) -> float:
                z = follower.between(y, tangent, distance) * follower.scale
                return bend(system, z[:n], z[n : 2 * n], z[2 * n :], left)[0]

            z = follower.between(y, tangent, brentq(test, 0.0, length, xtol=1e-13)) * follower.scale
            found.append(Cusp(z[:n], z[2 * n :]))
        before, left = value, left_now
    return found


def _distinct(cusps: Sequence[Cusp]) -> list[Cusp]:
    found: list[Cusp] = []
    for cusp in cusps:
        if all(np.abs(cusp.p - other.p).max() > _SAME for other in found):
            found.append(cusp)
    return found
