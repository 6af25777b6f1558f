"""One day of a coupled population with pulses, as the same problem for every solver."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

from affectsim.kernel.advance import start_of_tick
from affectsim.readouts import SYSTEMS
from affectsim.simulation import advance
from affectsim.world import World
from tests.benchmarks.plain import KICKS, Start, decayed
from tests.benchmarks.schemes import Scheme, Tick
from tests.benchmarks.worlds import copied, world

TICKS = 48


def day_world(people: int, steps: int = 9) -> World:
    """Return a world of people with ties and daily life whose events do not depend on the state."""
    changes: dict[str, Any] = {"model__goal_pursuit": 0.0, "stimuli__0__ambiguous": 0.0}
    return world(people, numerics__steps_per_tick=steps, **changes)


def decay_of(model: dict[str, float]) -> Callable[[float], tuple[float, ...]]:
    """Return a quick function of hours that gives what is left of each input (a row of the decay table)."""
    names = ("threat", "resource", "affiliation", "practice", "image", "body")
    memories = [model[f"{name}_memory"] for name in names]
    ease, image, body = model["ease_memory"], 1 / model["image_memory"], 1 / model["body_memory"]

    def left(hours: float) -> tuple[float, ...]:
        found = [math.exp(-hours / m) for m in memories]
        return (*found, body / (body - image) * (found[4] - found[5]), math.exp(-hours / ease))

    return left


class Day:
    """The second day of a world: where it starts, its ticks with their pulses, and the exact solution."""

    def __init__(self, people: int) -> None:
        """Live through the first day, then write down what happens on the second."""
        from scipy.sparse import csr_array

        self.people = people
        self.begin = day_world(people)
        for _ in advance(self.begin, ticks=TICKS, threads=1):
            pass
        self.state = self.activations(self.begin)
        walker = copied(self.begin)
        self.ticks: list[Tick] = []
        for _ in range(TICKS):
            start_of_tick(walker.population, walker.tables, walker.tick)
            start = Start.of(walker)
            first, source, weight = start.ties
            self.source, self.weight, self.first, self.start = source, weight, first, start
            ties = csr_array(
                (weight.astype(np.float64), source.astype(np.int32), first.astype(np.int32)), shape=(people, people)
            )
            warmth, hostility = start.strengths

            def received(given: Any, ties: Any = ties, warmth: float = warmth, hostility: float = hostility) -> Any:
                return warmth * (ties @ given[0]), hostility * (ties @ given[1])

            self.ticks.append(
                Tick(
                    start.person,
                    start.giver,
                    start.coupling,
                    decay_of(start.model),
                    start.kicks,
                    start.background,
                    received,
                    0.5,
                )
            )
            for name, kick in zip(KICKS, decayed(start.kicks, start.decay[-1]), strict=True):
                walker.set(0, name, kick)
            walker.tick += 1
        self.exact = self.scipy("DOP853", 1e-11, 1e-12)

    @staticmethod
    def activations(made: World) -> Any:
        """Return threat, drive, soothing: shape (3, people)."""
        return np.stack([made.get(0, name) for name in SYSTEMS])

    def error(self, path: list[Any]) -> float:
        """Return the largest error of anybody's activations at the end of any tick."""
        return float(max(np.abs(np.asarray(a) - b).max() for a, b in zip(path, self.exact, strict=True)))

    def scipy(self, method: str, rtol: float, atol: float) -> list[Any]:
        """Return the activations after each tick by `solve_ivp`, restarted at each tick: pulses are jumps."""
        from scipy.integrate import solve_ivp

        flat, path = self.state.ravel(), []
        for tick in self.ticks:
            solved = solve_ivp(
                tick.rates, (0.0, tick.hours), flat, method=method, rtol=rtol, atol=atol, t_eval=(tick.hours,)
            )
            if not solved.success:
                raise RuntimeError(solved.message)
            flat = solved.y[:, -1]
            path.append(flat.reshape(3, -1))
        return path

    def scheme(self, scheme: Scheme, steps: int) -> list[Any]:
        """Return the activations after each tick by one of `schemes`."""
        state, memory, path = tuple(self.state), None, []
        for tick in self.ticks:
            state, memory = scheme(tick, state, steps, memory)
            path.append(np.array(state))
        return path

    def engine(self, steps: int) -> World:
        """Return a world at the start of the day whose tick has this many steps."""
        return self.restart(day_world(self.people, steps))

    def restart(self, made: World) -> World:
        """Put a world back to the start of the day."""
        for name in ("fast", "slow"):
            getattr(made.population, name)[:] = getattr(self.begin.population, name)
        made.tick = self.begin.tick
        return made

    def engine_path(self, steps: int) -> list[Any]:
        """Return the engine's activations after each tick."""
        made, path = self.engine(steps), []
        for _ in range(TICKS):
            for _ in advance(made, ticks=1, threads=1):
                pass
            path.append(self.activations(made))
        return path
