"""A population in the engine, swept slowly up and down: does it stay where it was until the fold?"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from affectsim.analysis.engine import SteadyWorld
from affectsim.analysis.equations import person_system
from affectsim.analysis.equilibria import equilibria
from affectsim.analysis.settings import Settings

Float = npt.NDArray[np.float64]


class Sweep(NamedTuple):
    """Mean state of the population at each value (k,) on the way up and on the way down, each (k, 3)."""

    values: Float
    up: Float
    down: Float

    def jumps(self) -> tuple[float | None, float | None]:
        """Return where threat jumps on the way up and down: middle of the largest step, None if that is below 0.1."""
        found: list[float | None] = []
        for states in (self.up, self.down):
            steps = np.abs(np.diff(states[:, 0]))
            k = int(np.argmax(steps))
            found.append(float(self.values[k : k + 2].mean()) if steps[k] > 0.1 else None)
        return found[0], found[1]


def sweep(settings: Settings, name: str, values: Float, *, hold_hours: float = 24.0, mean_field: bool = False) -> Sweep:
    """Sweep one setting through increasing `values` (k,) and back, `hold_hours` at each.

    The way up begins in the least threatened stable state, the way down in the most threatened one.
    """
    system = person_system(settings, (name,), mean_field=mean_field)
    found = {}
    for way, order in (("up", values), ("down", values[::-1])):
        begin = float(order[0])
        stable = equilibria(system, (begin,)).stable
        world = SteadyWorld(
            settings.but({name: begin}), len(values) * hold_hours / 24 + 1, people=8, mean_field=mean_field
        )
        if stable:
            world.start_from(stable[0 if way == "up" else -1].state)
        states = []
        for value in order:
            world.use(settings.but({name: float(value)}))
            world.advance(hold_hours)
            states.append(world.state().mean(axis=1))
        found[way] = np.array(states)
    return Sweep(np.asarray(values, dtype=np.float64), found["up"], found["down"][::-1])
