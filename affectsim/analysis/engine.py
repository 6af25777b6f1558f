"""The engine under steady conditions: equal people, no events, inputs held at their means."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from affectsim import dynamics
from affectsim.analysis.equations import effective, events_met, from_oneself, person
from affectsim.analysis.settings import RELIEFS, Settings
from affectsim.layout import EFFECTIVE
from affectsim.parameters import ATTRIBUTES, MODEL, MOMENT_HOURS, TRAITS
from affectsim.readouts import SYSTEMS
from affectsim.scenario import Scenario
from affectsim.simulation import advance
from affectsim.world import build

Float = npt.NDArray[np.float64]

#: Ties of everybody in a mean field; their weight is what the settings say, so their number does not matter.
_TIES = 4
#: Held inputs decay a little within a moment; with these memories (h) by little, which is made up for.
_MEMORY = {"practice_memory": 24.0, "ease_memory": 48.0}


class SteadyWorld:
    """People who are all alike, in the engine, while nothing happens to them but the mean of everything.

    `noise`: standard deviation of each background input (input units), 0 for none; every person has an own one.
    `mean_field`: everybody hears the others, on a ring; otherwise the constants `warmth` and `hostility`.
    """

    def __init__(
        self,
        settings: Settings,
        days: float,
        *,
        people: int = 8,
        mean_field: bool = False,
        noise: float = 0.0,
        seed: int = 0,
    ) -> None:
        # What would happen by chance, or over weeks, is none of the averaged equations.
        forget = MODEL["forgetting_time"].high
        quiet = {"background_sd": noise, "circumstances_sd": 0.0, "risk_rate": 0.0, "forgetting_time": forget}
        model = {name: settings[name] for name in MODEL} | _MEMORY | quiet
        network: dict[str, Any] = {"kind": "ring", "ties_each": _TIES} if mean_field else {"kind": "none"}
        scenario = Scenario(
            {"days": max(1.0, np.ceil(days)), "seed": seed, "population": {"size": people}, "network": network,
             "stimuli": [], "model": model}
        )  # fmt: skip
        self.world = build([scenario])
        self.people, self.mean_field, self.noise = people, mean_field, noise
        self._offset = np.zeros((3, people))
        self.use(settings)

    def use(self, settings: Settings) -> None:
        """Give everybody other settings from now on; the state stays."""
        self.settings = settings
        world = self.world
        world.tables.coupling[0] = dynamics.coupling(settings)
        kept = ("background_sd", "circumstances_sd", "risk_rate", "forgetting_time", *_MEMORY)
        world.tables.model[0] = [
            old if name in kept else settings[name] for name, old in zip(MODEL, world.tables.model[0], strict=True)
        ]
        # Ties carry the share that is heard; the mean of the background is put in moment by moment.
        world.population.tie_share[:] = settings["heard"] / _TIES
        world.tables.background[0, :3] = 0.0
        for name in TRAITS:
            world.set(0, name, settings[name])
        for name in ATTRIBUTES:
            world.set(0, f"baseline_{name}", settings[name])

    def state(self) -> Float:
        """Return threat, drive and soothing of everybody, shape (3, people)."""
        return np.stack([self.world.get(0, name) for name in SYSTEMS])

    def start_from(self, state: Any) -> None:
        """Put everybody into one state (3,), or each person into the own one (3, people)."""
        for name, values in zip(SYSTEMS, state, strict=True):
            self.world.set(0, name, values)

    def advance(self, hours: float) -> None:
        """Let time pass, in moments of half an hour; inputs follow the state from moment to moment."""
        for _ in range(round(hours / MOMENT_HOURS)):
            self._hold()
            for _ in advance(self.world, ticks=1, threads=1):
                pass

    def _hold(self) -> None:
        world, values = self.world, self.settings
        state = self.state()
        u_threat, u_resource, u_affiliation = events_met(state, values)
        someone, giver = person(values)
        met = dynamics.signal(state[0], values["signal_threshold"] ** 3)
        contact = 1.0 - giver.flight * met
        # Constant warmth acts like kindness met, constant hostility like a raised baseline of threat.
        target = np.stack(
            [
                np.broadcast_to(u, (self.people,))
                for u in (u_threat, u_resource, u_affiliation + contact * values["warmth"])
            ]
        )
        world.set(0, "threat_baseline", someone.threat_baseline + contact * values["hostility"])
        persistence = world.tables.background[0, 3]
        for k, system in enumerate(SYSTEMS):
            row = world.get(0, f"background_{system}")
            # What is there is target + fluctuation; the engine keeps `persistence` of it and adds new fluctuation.
            fluctuation = row - self._offset[k] if self.noise else 0.0
            world.set(0, f"background_{system}", fluctuation + target[k] / persistence)
        self._offset = target
        for name, memory in (("practice", "practice_memory"), ("ease", "ease_memory")):
            share = MOMENT_HOURS / _MEMORY[memory]
            # What comes to mind every half hour is held here, so the world has nothing of it to remember.
            value = from_oneself(values) if name == "practice" else values["ease"]
            world.set(0, f"u_{name}", value * share / -np.expm1(-share))
        world.set(0, "current_power", values["power"])
        for name in (*ATTRIBUTES, *RELIEFS):
            world.set(0, name, values[name])
        for name, value in zip(EFFECTIVE, effective(values), strict=True):
            world.set(0, name, value)
