"""The phase plane: two of the three systems against each other, with the third where it would settle, or given."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from affectsim.analysis.equilibria import Equilibria, equilibria
from affectsim.analysis.systems import System

Float = npt.NDArray[np.float64]


class PhasePlane(NamedTuple):
    """What a phase portrait is drawn from.

    `across`, `up`: names of the two states on the axes; `third` the other one, `given` its value or None for
    quasi-steady (where its own rate is zero). `grid` (g,): values along both axes. `rates` (2, g, g): of the
    two states, rows up, columns across; a nullcline is where one is zero. `basin` (b, b) on `starts` (b,): which
    stable equilibrium is reached, -1 if none was within the time.
    """

    across: str
    up: str
    third: str
    given: float | None
    grid: Float
    rates: Float
    equilibria: Equilibria
    starts: Float
    basin: npt.NDArray[np.int64]

    def position(self, state: Float, names: Sequence[str]) -> tuple[float, float]:
        """Return where a state (3,) stands in the plane."""
        return float(state[list(names).index(self.across)]), float(state[list(names).index(self.up)])


def phase_plane(
    system: System, across: str = "threat", up: str = "soothing", *, third: float | None = None, grid: int = 121,
    starts: int = 41, hours: float = 400.0,
) -> PhasePlane:  # fmt: skip
    """Return the phase plane of a system of three states without active parameters.

    Basins are those of the full system: every start, with the third state as said above, is integrated for `hours`.
    Raises ValueError if the two names are no two different states.
    """
    names = list(system.states)
    if across == up or across not in names or up not in names:
        raise ValueError(f"a plane needs two different ones of {', '.join(names)}")
    a, b = names.index(across), names.index(up)
    c = ({0, 1, 2} - {a, b}).pop()
    ticks = np.linspace(0, 1, grid)
    rates = system.field(_states(system, ticks, (a, b, c), third), ())
    found = equilibria(system)
    begin = (np.arange(starts) + 0.5) / starts
    states = _states(system, begin, (a, b, c), third)
    basin = _basins(system, states.reshape(3, -1), found, hours).reshape(starts, starts)
    return PhasePlane(across, up, names[c], third, ticks, rates[[a, b]], found, begin, basin)


def _states(system: System, ticks: Float, order: tuple[int, int, int], third: float | None) -> Float:
    """Return states (3, g, g) over the plane."""
    a, b, c = order
    states = np.empty((3, ticks.size, ticks.size))
    states[a], states[b] = np.meshgrid(ticks, ticks)
    if third is not None:
        states[c] = third
        return states
    # On the walls of the cube the third rate points inwards, so halving the interval finds where it is zero.
    low, high = np.zeros_like(states[0]), np.ones_like(states[0])
    for _ in range(40):
        states[c] = (low + high) / 2
        rising = system.field(states, ())[c] > 0
        low, high = np.where(rising, states[c], low), np.where(rising, high, states[c])
    return states


def _basins(system: System, states: Float, found: Equilibria, hours: float) -> npt.NDArray[np.int64]:
    """Return which stable equilibrium each start (3, k) reaches, shape (k,)."""
    from scipy.integrate import solve_ivp

    def rates(_: float, flat: Float) -> Float:
        return system.field(flat.reshape(3, -1), ()).ravel()

    solved = solve_ivp(rates, (0.0, hours), states.ravel(), method="RK45", rtol=1e-5, atol=1e-7)
    ends = solved.y[:, -1].reshape(3, -1)
    reached = np.full(ends.shape[1], -1, dtype=np.int64)
    for k, one in enumerate(found.stable):
        reached[np.abs(ends - one.state[:, None]).max(axis=0) < 0.02] = k
    return reached
