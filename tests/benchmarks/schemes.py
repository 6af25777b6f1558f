"""Other ways to integrate a tick, in numpy with the shared equations: what the default scheme was chosen against.

All advance a whole coupled population through one tick of half an hour; `exchanges` is how often
everybody hears their ties, `evaluations` how often the right-hand side is evaluated.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np

from affectsim import dynamics
from affectsim.kernel.scheme import exchange_steps, given_back, signal_weights, step_times
from tests.benchmarks.plain import expressed, heard_on, inputs_of, predicted, remembered, runge_kutta, stretches


@dataclass
class Tick:
    """One tick of one population: everything that the right-hand side needs."""

    person: Any
    giver: Any
    coupling: Any
    left: Callable[[float], Any]  # what is left of each input after some hours
    kicks: Any
    background: Any
    received: Callable[[Any], tuple[Any, Any]]  # warmth and hostility received, from those given
    hours: float

    def hear(self, state: Any) -> tuple[Any, Any]:
        """Return warmth and hostility received in a state."""
        return self.received(dynamics.giving(state, self.giver, self.coupling[0]))

    def rates(self, hours: float, flat: Any) -> Any:
        """Return the right-hand side for the whole population, shape (3 * people,), for any ODE solver."""
        state = flat.reshape(3, -1)
        return np.concatenate(dynamics.rates(state, self.inputs(hours, self.hear(state)), self.person, self.coupling))

    def inputs(self, hours: float, heard: Any) -> Any:
        """Return `dynamics.Inputs` some hours into the tick, with signals given."""
        return inputs_of(self.kicks, self.left(hours), self.background, *heard)


#: (tick, state, steps, memory of the tick before) -> (state, memory)
Scheme = Callable[[Tick, Any, int, Any], tuple[Any, Any]]


def frozen(tick: Tick, state: Any, steps: int, memory: Any) -> tuple[Any, Any]:
    """Runge-Kutta; ties are heard once per tick and kept: first order."""
    heard, h = tick.hear(state), tick.hours / steps
    for n in range(steps):
        inputs = [tick.inputs((n + c) * h, heard) for c in (0.0, 0.5, 1.0)]
        state, _ = runge_kutta(state, inputs, tick.person, tick.coupling, h)
    return state, memory


def equal(tick: Tick, state: Any, steps: int, memory: Any) -> tuple[Any, Any]:
    """The engine's scheme with steps of equal length."""
    return default(tick, state, steps, memory, np.linspace(0.0, tick.hours, steps + 1))


def linear(tick: Tick, state: Any, steps: int, memory: Any) -> tuple[Any, Any]:
    """Runge-Kutta; ties are heard once per step and continued in a straight line through the last two."""
    h, before = tick.hours / steps, None
    for n in range(steps):
        heard = tick.hear(state)
        # Inputs jump between ticks, so the line does not reach back over one.
        slope = [0.0, 0.0] if before is None else [(a - b) / h for a, b in zip(heard, before, strict=True)]
        inputs = [
            tick.inputs((n + c) * h, [a + c * h * s for a, s in zip(heard, slope, strict=True)])
            for c in (0.0, 0.5, 1.0)
        ]
        state, _ = runge_kutta(state, inputs, tick.person, tick.coupling, h)
        before = heard
    return state, memory


def coupled(tick: Tick, state: Any, steps: int, memory: Any) -> tuple[Any, Any]:
    """Runge-Kutta with an exchange at every stage: fourth order, four exchanges per step."""
    h = tick.hours / steps

    def rates(at: float, now: Any) -> Any:
        return np.array(dynamics.rates(now, tick.inputs(at, tick.hear(now)), tick.person, tick.coupling))

    now = np.array(state)
    for n in range(steps):
        at = n * h
        k1 = rates(at, now)
        k2 = rates(at + 0.5 * h, now + 0.5 * h * k1)
        k3 = rates(at + 0.5 * h, now + 0.5 * h * k2)
        k4 = rates(at + h, now + h * k3)
        now = now + h / 6.0 * (k1 + 2.0 * k2 + 2.0 * k3 + k4)
    return tuple(now), memory


def exponential(tick: Tick, state: Any, steps: int, memory: Any) -> tuple[Any, Any]:
    """Exponential midpoint with an exchange at both stages: second order, never leaves [0, 1]."""
    h = tick.hours / steps

    def relaxed(from_state: Any, at: float, seen: Any, hours: float) -> Any:
        found = dynamics.excitation_inhibition(seen, tick.inputs(at, tick.hear(seen)), tick.person, tick.coupling)
        return tuple(
            dynamics.relaxation(x, found[k], found[3 + k], tick.coupling[1 + k], lambda rate: np.exp(-rate * hours))
            for k, x in enumerate(from_state)
        )

    for n in range(steps):
        middle = relaxed(state, n * h, state, 0.5 * h)
        state = relaxed(state, (n + 0.5) * h, middle, h)
    return state, memory


def default(tick: Tick, state: Any, steps: int, memory: Any, times: Any = None) -> tuple[Any, Any]:
    """The engine's scheme: short steps first, values and slopes exchanged before some of them.

    Signals follow the cubic through the last two exchanges, and misses are given back. `memory`: of warmth and
    hostility, value, slope and prediction; None on a new day.
    """
    times = step_times(tick.hours, steps) if times is None else times
    exchanges = exchange_steps(steps)
    rows, shares = signal_weights(times, exchanges), given_back(times, exchanges)
    if memory is None:
        memory = [(0.0, 0.0, heard) for heard in tick.hear(state)]

    def express(hours: float) -> Any:
        inputs = tick.inputs(hours, [np.maximum(m[2], 0.0) for m in memory])
        return expressed(state, inputs, tick.person, tick.giver, tick.coupling)

    for number, stretch in enumerate(stretches(exchanges)):
        given = express(times[exchanges[number]])
        # The engine sends in single precision.
        sent = [each.astype(np.float32).astype(np.float64) for each in given]
        heard = [*tick.received(sent[:2]), *tick.received(sent[2:])]
        known, back = heard_on(heard, memory, shares[number - 1])
        here = [np.maximum(known[k][0] + back[k], 0.0) for k in range(2)]
        for step in stretch:
            middle, end = (
                [np.maximum(predicted(rows[step, at:], known[k]) + back[k], 0.0) for k in range(2)] for at in (0, 4)
            )
            h = float(times[step + 1] - times[step])
            inputs = [
                tick.inputs(times[step] + c * h, signals)
                for c, signals in zip((0.0, 0.5, 1.0), (here, middle, end), strict=True)
            ]
            state, _ = runge_kutta(state, inputs, tick.person, tick.coupling, h)
            here = end
        memory = remembered(rows[step, 4:], known)
    return state, memory


def exchanges_of(steps: int) -> int:
    """Return how often people hear their ties in a tick of the engine."""
    return exchange_steps(steps).size - 1


#: name -> (scheme, exchanges of a tick with some steps, evaluations per step).
SCHEMES: dict[str, tuple[Scheme, Callable[[int], int], int]] = {
    "cubic, misses given back (default)": (default, exchanges_of, 4),
    "the same, steps of equal length": (equal, exchanges_of, 4),
    "neighbours frozen per tick": (frozen, lambda steps: 1, 4),
    "linear extrapolation": (linear, lambda steps: steps, 4),
    "exponential midpoint": (exponential, lambda steps: 2 * steps, 2),
    "RK4, exchange at every stage": (coupled, lambda steps: 4 * steps, 4),
}
