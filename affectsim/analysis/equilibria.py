"""All states in which nothing changes, with their stability, and a check that none is missing."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from affectsim.analysis.systems import System

Float = npt.NDArray[np.float64]

#: Equilibria nearer to each other than this are one.
_SAME = 1e-6
_RESIDUAL = 1e-10
#: Starts along each side of the cube of states, tried one after the other until the check is passed.
_SIDES = (4, 7, 11)


class Equilibrium(NamedTuple):
    """A state at rest: activations (n,), eigenvalues (n,) in 1/h with the largest real part first."""

    state: Float
    eigenvalues: npt.NDArray[np.complex128]

    @property
    def stable(self) -> bool:
        """Whether small departures die out."""
        return bool(self.eigenvalues[0].real < 0)

    @property
    def sign(self) -> int:
        """Its index: the sign of det(-Jacobian), +1 or -1; 0 where it cannot be told."""
        product = np.prod(-self.eigenvalues).real
        return int(np.sign(product)) if np.abs(self.eigenvalues).min() > 1e-9 else 0


class Equilibria(NamedTuple):
    """Every equilibrium found, the least threatened first.

    `complete`: the indices add up to +1, as they must (see `equilibria`). A pair of equilibria of opposite
    index could still be missing; one alone cannot.
    """

    found: tuple[Equilibrium, ...]
    complete: bool

    @property
    def stable(self) -> tuple[Equilibrium, ...]:
        """Those in which a person can stay."""
        return tuple(one for one in self.found if one.stable)


def at(system: System, state: Any, p: Sequence[float] | Float) -> Equilibrium:
    """Return the equilibrium at a state that is known to be one."""
    values = np.linalg.eigvals(system.jacobian(state, p)).astype(np.complex128)
    return Equilibrium(np.asarray(state, dtype=np.float64), values[np.argsort(-values.real)])


def equilibria(system: System, p: Sequence[float] = ()) -> Equilibria:
    """Return all equilibria in the cube [0, 1]^n, sorted by the first state.

    Root finding from a lattice of starts, duplicates removed. Check: on the walls of the cube every rate points
    inwards, so the indices of all equilibria must add up to the Brouwer degree of such a field, +1 (Poincaré and
    Hopf). While they do not, more starts are tried.
    """
    known: list[Float] = []
    for side in _SIDES:
        # Starts lie denser near 0, where soothed and threatened states differ least.
        ticks = ((np.arange(side) + 0.5) / side) ** 1.5
        for start in np.stack(np.meshgrid(*[ticks] * system.size), axis=-1).reshape(-1, system.size):
            state = _root(system, start, p)
            if state is not None and not any(np.abs(state - other).max() < _SAME for other in known):
                known.append(state)
        found = sorted((at(system, state, p) for state in known), key=lambda one: float(one.state[0]))
        if sum(one.sign for one in found) == 1 and all(one.sign for one in found):
            return Equilibria(tuple(found), True)
    return Equilibria(tuple(found), False)


def _root(system: System, start: Float, p: Sequence[float]) -> Float | None:
    from scipy.optimize import root

    def both(x: Float) -> tuple[Float, Float]:
        rates, jacobian, _ = system.derivatives(x, p)
        return rates, jacobian

    solved = root(both, start, jac=True, method="hybr", options={"xtol": 1e-13})
    state: Float = np.asarray(solved.x, dtype=np.float64)
    # One or two Newton steps take out what the solver's own tolerance leaves.
    for _ in range(2):
        rates, jacobian, _ = system.derivatives(state, p)
        if not np.isfinite(rates).all() or not np.isfinite(jacobian).all() or np.linalg.cond(jacobian) > 1e12:
            return None
        state = state - np.linalg.solve(jacobian, rates)
    residual = np.abs(system.rhs(state, p)).max()
    inside = bool((state >= -1e-12).all() and (state <= 1 + 1e-12).all())
    return state if inside and residual < _RESIDUAL else None
