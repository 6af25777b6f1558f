"""Pseudo-arclength continuation: following a curve of solutions round its turns.

For N equations in N + 1 unknowns, H(z) = 0. Prediction along the tangent, correction by Newton's method in the
plane across it (Keller 1977; Allgower and Georg 2003, "Introduction to Numerical Continuation Methods"). Step by
step this is textbook; it is written here because the Python packages for it either drive a Fortran program or do
without Jacobians, and none follows folds in two parameters.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]
#: z (N + 1,) -> H(z) (N,) and its derivatives (N, N + 1).
Equations = Callable[[Float], tuple[Float, Float]]

_TOLERANCE = 1e-11
#: Residuals this small are rounding.
_ROUNDING = 1e-15
_MOST_NEWTON = 12
#: Cosine of the largest turn of the tangent in one step.
_TURN = 0.97


@dataclass(frozen=True)
class Steps:
    """How far a step goes (in scaled unknowns), and how many there may be."""

    first: float = 2e-3
    shortest: float = 1e-9
    longest: float = 1e-2
    most: int = 5_000


class Curve(NamedTuple):
    """Points on a curve (k, N + 1) with unit tangents in scaled unknowns (k, N + 1), and why it ended."""

    points: Float
    tangents: Float
    ended: Literal["bound", "closed", "stuck", "long"]


@dataclass(frozen=True)
class Follower:
    """Follows H(z) = 0 inside the box `low` <= z <= `high` (N + 1,), unknowns measured in units of `scale`."""

    equations: Equations
    scale: Float
    low: Float
    high: Float
    steps: Steps = Steps()

    def evaluated(self, y: Float) -> tuple[Float, Float]:
        """Return H and its derivatives by the scaled unknowns y = z / scale."""
        values, derivatives = self.equations(y * self.scale)
        return values, derivatives * self.scale

    def tangent(self, y: Float, along: Float) -> Float:
        """Return the unit tangent at y that points the way of `along` (both in scaled unknowns)."""
        direction: Float = np.linalg.svd(self.evaluated(y)[1])[2][-1]
        return direction if direction @ along >= 0 else -direction

    def corrected(self, guess: Float, across: Float) -> tuple[Float, int] | None:
        """Return the solution in the plane through `guess` across a vector, and the iterations; None: lost."""
        y = guess
        for iteration in range(_MOST_NEWTON):
            values, derivatives = self.evaluated(y)
            if not np.isfinite(values).all() or not np.isfinite(derivatives).all():
                return None
            residual = np.append(values, across @ (y - guess))
            if iteration and np.abs(residual).max() < _ROUNDING:
                return y, iteration
            # Least squares: where branches cross the matrix is singular, and the smallest change is the right one.
            change = np.linalg.lstsq(np.vstack([derivatives, across]), residual, rcond=1e-13)[0]
            y = y - change
            if np.abs(change).max() < _TOLERANCE and np.abs(residual).max() < _TOLERANCE:
                return y, iteration + 1
        return None

    def between(self, y: Float, tangent: Float, distance: float) -> Float:
        """Return the point of the curve at a distance from y along its tangent. Raises ArithmeticError if lost."""
        solved = self.corrected(y + distance * tangent, tangent)
        if solved is None:
            raise ArithmeticError("the curve was lost between two of its points")
        return solved[0]

    def follow(self, start: Float, along: Float) -> Curve:
        """Follow the curve from a solution `start` (N + 1,), at first the way of `along`, until it ends.

        It ends at the box ("bound", exactly on it), where it began ("closed"), after `steps.most` points ("long"),
        or where no step is short enough ("stuck").
        """
        y = start / self.scale
        tangent = self.tangent(y, along / self.scale)
        points, tangents = [y], [tangent]
        length = self.steps.first
        ended: Literal["bound", "closed", "stuck", "long"] = "long"
        while len(points) < self.steps.most:
            solved = self.corrected(y + length * tangent, tangent)
            turned = self.tangent(solved[0], tangent) if solved else tangent
            if solved is None or turned @ tangent < _TURN or np.linalg.norm(solved[0] - y) > 2 * length:
                length /= 2
                if length < self.steps.shortest:
                    ended = "stuck"
                    break
                continue
            new = solved[0]
            if (wall := self._wall(y, new)) is not None:
                last = self._on_wall(y, new, *wall)
                if last is not None:
                    points.append(last)
                    tangents.append(self.tangent(last, tangent))
                ended = "bound"
                break
            home = points[0] - y
            if (
                len(points) > 5
                and np.linalg.norm(home) <= length
                and home @ tangent > 0
                and turned @ tangents[0] > _TURN
            ):
                points.append(points[0])
                tangents.append(tangents[0])
                ended = "closed"
                break
            y, tangent = new, turned
            points.append(y)
            tangents.append(tangent)
            if solved[1] <= 4:
                length = min(1.4 * length, self.steps.longest)
        return Curve(np.array(points) * self.scale, np.array(tangents), ended)

    def _wall(self, y: Float, new: Float) -> tuple[int, float] | None:
        """Return the first bound that is passed on the way: (unknown, bound in scaled units)."""
        found = []
        for bounds, sign in ((self.low, 1), (self.high, -1)):
            wall = bounds / self.scale
            for k in np.flatnonzero((sign * (new - wall) < 0) & np.isfinite(wall)):
                moved = new[k] - y[k]
                found.append(((wall[k] - y[k]) / moved if moved else 0.0, int(k), float(wall[k])))
        return min(found)[1:] if found else None

    def _on_wall(self, y: Float, new: Float, unknown: int, bound: float) -> Float | None:
        moved = new[unknown] - y[unknown]
        share = (bound - y[unknown]) / moved if moved else 0.0
        guess = y + np.clip(share, 0.0, 1.0) * (new - y)
        guess[unknown] = bound
        solved = self.corrected(guess, np.eye(y.size)[unknown])
        if solved is None:
            return None
        # Not a rounding error beside it, of which 0 would show the size.
        return np.where(np.arange(y.size) == unknown, bound, solved[0])
