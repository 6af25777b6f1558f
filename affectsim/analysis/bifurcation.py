"""Branches of equilibria in one parameter: stability, folds, Hopf points, branch points; fold curves in two."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from affectsim.analysis.continuation import Curve, Equations, Follower
from affectsim.analysis.equilibria import Equilibria, at, equilibria
from affectsim.analysis.folds import FoldCurve, FoldPoint, bend, follow_fold, solve_fold
from affectsim.analysis.systems import System

Float = npt.NDArray[np.float64]

#: Values of the parameter at which all equilibria are looked for, so that branches apart from the others are met.
_LOOKS = 9
_SAME = 1e-6


class Fold(NamedTuple):
    """Where two equilibria meet: parameter, state (n,), on which side they exist, and whether one is stable."""

    p: float
    state: Float
    opens: Literal["above", "below"]
    stable: bool


class Hopf(NamedTuple):
    """Where an equilibrium begins to oscillate: parameter, state (n,), angular frequency (rad per unit of time)."""

    p: float
    state: Float
    frequency: float


class BranchPoint(NamedTuple):
    """Where two branches cross: parameter and state (n,)."""

    p: float
    state: Float


class Branch(NamedTuple):
    """A curve of equilibria: parameter (k,), states (k, n), eigenvalues (k, n), largest real part first."""

    p: Float
    state: Float
    eigenvalues: npt.NDArray[np.complex128]
    ended: str

    @property
    def stable(self) -> npt.NDArray[np.bool_]:
        """Which points are stable, shape (k,)."""
        return np.asarray(self.eigenvalues[:, 0].real < 0)


class Stretch(NamedTuple):
    """A stable piece of a branch: parameter (k,), states (k, n)."""

    p: Float
    state: Float


class Diagram(NamedTuple):
    """All branches between two values of a parameter and what happens on them, sorted by parameter.

    `complete`: at every value that was looked at, the check of `equilibria` was passed.
    """

    branches: tuple[Branch, ...]
    folds: tuple[Fold, ...]
    hopfs: tuple[Hopf, ...]
    branch_points: tuple[BranchPoint, ...]
    complete: bool

    def stretches(self) -> tuple[Stretch, ...]:
        """Return the stable pieces, the one with the lowest first state first."""
        found = []
        for branch in self.branches:
            edges = np.flatnonzero(np.diff(np.concatenate([[0], branch.stable.astype(int), [0]])))
            for first, after in zip(edges[::2], edges[1::2], strict=True):
                found.append(Stretch(branch.p[first:after], branch.state[first:after]))
        return tuple(sorted((s for s in found if s.p.size > 1), key=lambda s: float(s.state[:, 0].mean())))

    def at(self, p: float) -> tuple[Float, ...]:
        """Return the states at a value, by linear interpolation along the branches."""
        found = []
        for branch in self.branches:
            for k in np.flatnonzero((branch.p[:-1] - p) * (branch.p[1:] - p) <= 0):
                width = branch.p[k + 1] - branch.p[k]
                share = (p - branch.p[k]) / width if width else 0.0
                found.append(branch.state[k] + share * (branch.state[k + 1] - branch.state[k]))
        return tuple(found)


def resting(system: System) -> Equations:
    """Return f(x, p) = 0 over z = (x, p), for one active parameter."""

    def equations(z: Float) -> tuple[Float, Float]:
        rates, jacobian, by_p = system.derivatives(z[:-1], z[-1:])
        return rates, np.hstack([jacobian, by_p])

    return equations


def diagram(
    system: System,
    low: float,
    high: float,
    *,
    starts: Callable[[float], Equilibria] | None = None,
    box: tuple[float, float] = (-1e-9, 1 + 1e-9),
    looks: int = _LOOKS,
) -> Diagram:
    """Follow every equilibrium of a system with one active parameter between two of its values.

    `starts`: value -> equilibria to begin with, default all in the unit cube; `box`: bounds of every state;
    `looks`: at how many values all equilibria are looked for.
    """
    n = system.size
    follower = Follower(
        resting(system),
        np.append(np.ones(n), high - low),
        np.append(np.full(n, box[0]), low),
        np.append(np.full(n, box[1]), high),
    )
    branches: list[Branch] = []
    events: list[Fold | Hopf | BranchPoint] = []
    complete = True
    for p in np.linspace(low, high, looks):
        found = starts(float(p)) if starts else equilibria(system, (float(p),))
        complete &= found.complete
        for one in found.found:
            if not any(_passes(follower, branch, one.state, float(p)) for branch in branches):
                for curve in _both_ways(follower, np.append(one.state, p)):
                    events += _events(system, follower, curve)
                    branches.append(_branch(system, curve))
    folds, hopfs, crossings = (_distinct(events, kind) for kind in (Fold, Hopf, BranchPoint))
    return Diagram(tuple(_joined(branches)), folds, hopfs, crossings, complete)  # type: ignore[arg-type]


def fold_curves(
    system: System,
    low: Sequence[float],
    high: Sequence[float],
    folds: Sequence[tuple[FoldPoint, float]],
    *,
    box: tuple[float, float] = (-1e-9, 1 + 1e-9),
) -> tuple[FoldCurve, ...]:
    """Follow folds of a system with two active parameters: `folds` as (fold in the first, value of the second)."""
    curves: list[FoldCurve] = []
    for fold, second in folds:
        if not any(_on_fold_curve(curve, fold, second, low, high) for curve in curves):
            curves.append(follow_fold(system, fold, second, low, high, box=box))
    return tuple(curves)


def _on_fold_curve(
    curve: FoldCurve, fold: FoldPoint, second: float, low: Sequence[float], high: Sequence[float]
) -> bool:
    reach = np.asarray(high) - np.asarray(low)
    here = np.concatenate([fold.x, [fold.p[0] / reach[0], second / reach[1]]])
    points = np.hstack([curve.x, curve.p / reach])
    # Between two points the curve bends by far less than their distance.
    begin, way = points[:-1], np.diff(points, axis=0)
    share = np.clip(((here - begin) * way).sum(axis=1) / np.maximum((way**2).sum(axis=1), 1e-300), 0, 1)
    return bool((np.linalg.norm(begin + share[:, None] * way - here, axis=1) < 1e-3).any())


# ------------------------------------------------------------------------------------- branches


def _both_ways(follower: Follower, start: Float) -> list[Curve]:
    along = np.eye(start.size)[-1] * follower.scale[-1]
    forward = follower.follow(start, along)
    if forward.ended == "closed":
        return [forward]
    return [forward, follower.follow(start, -along)]


def _branch(system: System, curve: Curve) -> Branch:
    states, values = curve.points[:, :-1], curve.points[:, -1]
    eigenvalues = np.array([at(system, x, (p,)).eigenvalues for x, p in zip(states, values, strict=True)])
    return Branch(values, states, eigenvalues, curve.ended)


def _joined(branches: Sequence[Branch]) -> list[Branch]:
    """Return the branches with the two halves that begin at one start made into one curve."""
    found: list[Branch] = []
    for branch in branches:
        last = found[-1] if found else None
        same = last is not None and last.ended != "closed" and last.p[0] == branch.p[0]
        if last is not None and same and bool((last.state[0] == branch.state[0]).all()):
            p, state, values = (np.concatenate([a[:0:-1], b]) for a, b in zip(branch[:3], last[:3], strict=True))
            found[-1] = Branch(p, state, values, f"{branch.ended}, {last.ended}")
        else:
            found.append(branch)
    return found


def _passes(follower: Follower, branch: Branch, state: Float, p: float) -> bool:
    """Whether a branch goes through an equilibrium."""
    for k in np.flatnonzero((branch.p[:-1] - p) * (branch.p[1:] - p) <= 0):
        width = branch.p[k + 1] - branch.p[k]
        share = (p - branch.p[k]) / width if width else 0.0
        guess = np.append(branch.state[k] + share * (branch.state[k + 1] - branch.state[k]), p) / follower.scale
        if np.abs(guess[:-1] - state).max() > 0.05:
            continue
        solved = follower.corrected(guess, np.eye(guess.size)[-1])
        if solved is not None and np.abs(solved[0][:-1] - state).max() < _SAME:
            return True
    return False


# --------------------------------------------------------------------------------------- events


def _tests(system: System, y: Float, tangent: Float, scale: Float) -> Float:
    """Return what changes sign at a fold, a branch point and a Hopf point (or a neutral saddle)."""
    z = y * scale
    _, jacobian, by_p = system.derivatives(z[:-1], z[-1:])
    bordered = np.vstack([np.hstack([jacobian, by_p]) * scale, tangent])
    values = np.linalg.eigvals(jacobian).astype(np.complex128)
    sums = [values[i] + values[j] for i in range(values.size) for j in range(i)]
    return np.array([tangent[-1], np.linalg.det(bordered), np.prod(sums).real if sums else 1.0])


def _events(system: System, follower: Follower, curve: Curve) -> list[Fold | Hopf | BranchPoint]:
    scale = follower.scale
    points = curve.points / scale
    tests = np.array([_tests(system, y, t, scale) for y, t in zip(points, curve.tangents, strict=True)])
    found: list[Fold | Hopf | BranchPoint] = []
    for k, kind in np.argwhere(tests[:-1] * tests[1:] < 0):
        y, tangent = points[k], curve.tangents[k]
        length = float(tangent @ (points[k + 1] - y))
        z = _located(system, follower, y, tangent, length, int(kind), tests[k : k + 2, kind]) * scale
        if kind == 0:
            fold = solve_fold(system, z[:-1], float(z[-1]))
            if fold is not None and abs(fold.p[0] - z[-1]) < 1e-3 * scale[-1] and _turns(system, fold):
                found.append(_fold(system, fold, tests[k, 0] < 0))
        elif kind == 1:
            found.append(BranchPoint(float(z[-1]), z[:-1]))
        else:
            values = np.linalg.eigvals(system.jacobian(z[:-1], z[-1:])).astype(np.complex128)
            nearest = values[np.argmin(np.abs(values.real))]
            # Two real eigenvalues of opposite sign cancel as well (a neutral saddle): nothing happens there.
            if abs(nearest.imag) > 1e-7:
                found.append(Hopf(float(z[-1]), z[:-1], float(abs(nearest.imag))))
    return found


def _located(
    system: System, follower: Follower, y: Float, tangent: Float, length: float, kind: int, ends: Float
) -> Float:
    from scipy.optimize import brentq

    def test(distance: float) -> float:
        here = follower.between(y, tangent, distance)
        return float(_tests(system, here, follower.tangent(here, tangent), follower.scale)[kind])

    try:
        return follower.between(y, tangent, brentq(test, 0.0, length, xtol=1e-13))
    except ArithmeticError:
        # Newton's method slows down where branches cross; between two such near points the test is all but straight.
        straight: Float = y + tangent * (length * ends[0] / (ends[0] - ends[1]))
        return straight


def _turns(system: System, fold: FoldPoint) -> bool:
    """Whether the parameter moves the equilibria at a fold; where it does not, branches cross instead."""
    w = bend(system, fold.x, fold.v, fold.p)[1]
    by_p = system.derivatives(fold.x, fold.p)[2][:, 0]
    return bool(abs(w @ by_p) > 1e-6 * max(1.0, float(np.abs(by_p).max())))


def _fold(system: System, fold: FoldPoint, opens_above: bool) -> Fold:
    values = at(system, fold.x, fold.p).eigenvalues
    # One eigenvalue is zero; if all others decay, one of the two equilibria is stable.
    order = np.argsort(np.abs(values))
    stable = bool((values[order[1:]].real < 0).all())
    return Fold(float(fold.p[0]), fold.x, "above" if opens_above else "below", stable)


def fold_point(system: System, fold: Fold) -> FoldPoint:
    """Return a fold with its direction, to follow it in two parameters. Raises ArithmeticError if it is none."""
    found = solve_fold(system, fold.state, fold.p)
    if found is None or bend(system, found.x, found.v, found.p)[0] == 0:
        raise ArithmeticError(f"no fold at {fold.p}")
    return found


def _distinct(events: Sequence[Fold | Hopf | BranchPoint], kind: type) -> tuple[Fold | Hopf | BranchPoint, ...]:
    found: list[Fold | Hopf | BranchPoint] = []
    for one in sorted((e for e in events if isinstance(e, kind)), key=lambda e: e.p):
        if all(np.abs(np.append(one.state - other.state, one.p - other.p)).max() > _SAME for other in found):
            found.append(one)
    return tuple(found)
