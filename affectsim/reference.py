"""A reference solver: the same world advanced by scipy, to check the kernel against.

Everything that happens to people (events, practice, nights) comes from the kernel's own functions;
only the integration is scipy's, on the whole coupled population at once, one tick after another
(inputs change abruptly between ticks). Slow and accurate.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from affectsim import dynamics
from affectsim.kernel.scheme import decay_table
from affectsim.kernel.tables import DECAY_KINDS
from affectsim.layout import Fast
from affectsim.readouts import SYSTEMS
from affectsim.world import World

Float = npt.NDArray[np.float64]

_INPUTS = ("u_threat", "u_resource", "u_affiliation", "u_practice", "u_image", "u_body", "u_ease")


class Equations:
    """The right-hand side of one run's whole population at one tick, for any ODE solver.

    The state is threat of everybody, then drive, then soothing: shape (3 * people,).
    """

    def __init__(self, world: World, run: int) -> None:
        """Take inputs, traits and ties of a run as they are now."""
        from scipy.sparse import csr_matrix

        self.parameters = world.runs[run].scenario.parameters
        first, people = world.runs[run].first_slot, world.runs[run].people
        population = world.population
        begin, end = population.tie_start[first], population.tie_start[first + people]
        self.ties = csr_matrix(
            (
                world.tie_shares(run),
                population.tie_source[begin:end].astype(np.int64) // 4 - first,
                population.tie_start[first : first + people + 1] - begin,
            ),
            shape=(people, people),
        )

        def get(name: str) -> Float:
            return world.get(run, name)

        self.coupling = dynamics.coupling(self.parameters)
        self.person = dynamics.Person(
            get("effective_self_criticism"), get("effective_fear_of_self_compassion"),
            get("effective_fear_of_compassion_from_others"), get("effective_threat_gain"), get("drive_gain"),
            get("effective_soothing_gain"), get("threat_baseline"), get("drive_baseline"), get("soothing_baseline"),
            get("effective_flight"), get("effective_submission"),
        )  # fmt: skip
        self.giver = dynamics.Giver(get("effective_warmth"), get("effective_fight"), get("effective_flight"))
        self.inputs = {name: get(name) for name in _INPUTS}
        self.background = {name: get(f"background_{name}") for name in SYSTEMS}
        self.people = people

    def inputs_at(self, hours: float) -> tuple[Float, ...]:
        """Return the inputs without ties `hours` after the start of the tick."""
        left = dict(zip(DECAY_KINDS, decay_table(self.parameters, np.array([hours]))[0], strict=True))
        u = self.inputs
        return (
            u["u_threat"] * left["threat"] + self.background["threat"],
            u["u_resource"] * left["resource"] + self.background["drive"],
            u["u_affiliation"] * left["affiliation"] + self.background["soothing"],
            u["u_practice"] * left["practice"] + u["u_body"] * left["body"] + u["u_image"] * left["image_to_body"],
            u["u_ease"] * left["ease"],
        )

    def __call__(self, hours: float, flat: Float) -> Float:
        """Return the rates of change (1/h) of everybody, shape (3 * people,)."""
        state = flat.reshape(3, self.people)
        warmth, hostility = dynamics.giving(state, self.giver, self.coupling[0])
        p = self.parameters
        heard = (
            p["warmth_strength"] * (self.ties @ warmth),
            p["hostility_strength"] * p["hostility_weight"] * (self.ties @ hostility),
        )
        return np.concatenate(dynamics.rates(state, (*self.inputs_at(hours), *heard), self.person, self.coupling))


def advance(world: World, ticks: int, *, method: str = "DOP853", rtol: float = 1e-11, atol: float = 1e-12) -> int:
    """Advance a world by `ticks` ticks with `scipy.integrate.solve_ivp`; return the number of evaluations.

    Sums for records and perceived power are not kept up: this is for comparing activations.
    """
    from scipy.integrate import solve_ivp

    from affectsim.kernel.advance import start_of_tick

    tick_hours = world.runs[0].scenario.numerics.tick_hours
    evaluations = 0
    for _ in range(ticks):
        start_of_tick(world.population, world.tables, world.tick)
        for run in range(len(world.runs)):
            equations = Equations(world, run)
            start = np.concatenate([world.get(run, name) for name in SYSTEMS])
            solved: Any = solve_ivp(equations, (0.0, tick_hours), start, method=method, rtol=rtol, atol=atol)
            if not solved.success:
                raise RuntimeError(f"scipy could not solve tick {world.tick}: {solved.message}")
            evaluations += solved.nfev
            for name, values in zip(SYSTEMS, solved.y[:, -1].reshape(3, -1), strict=True):
                world.set(run, name, values)
        _decay(world)
        world.tick += 1
    return evaluations


def _decay(world: World) -> None:
    for run in range(len(world.runs)):
        left = world.tables.decay[run, -1]
        blocks = slice(world.population.run_blocks[run], world.population.run_blocks[run + 1])
        fast = world.fast[blocks]
        fast[:, Fast.U_BODY] = fast[:, Fast.U_BODY] * left[5] + fast[:, Fast.U_IMAGE] * left[6]
        for row, column in ((Fast.U_THREAT, 0), (Fast.U_RESOURCE, 1), (Fast.U_AFFILIATION, 2), (Fast.U_PRACTICE, 3),
                            (Fast.U_IMAGE, 4), (Fast.U_EASE, 7)):  # fmt: skip
            fast[:, row] *= left[column]
