"""Small worlds for tests of the engine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from affectsim import simulation
from affectsim.readouts import SYSTEMS
from affectsim.scenario import Scenario
from affectsim.world import World, build

#: Daily life in which nothing depends on the state, so that two solvers see the same events.
STATELESS_LIFE = {"kind": "daily-life", "ambiguous": 0.0}
STATELESS_MODEL = {"goal_pursuit": 0.0, "risk_rate": 0.0}
#: Nothing random after the world is built.
QUIET_MODEL = {"background_sd": 0.0, "circumstances_sd": 0.0, "risk_rate": 0.0}
UNCOUPLED_MODEL = {
    "soothing_calms_threat": 0.0, "soothing_calms_drive": 0.0, "threat_blocks_soothing": 0.0,
    "drive_blocks_soothing": 0.0, "secure_base": 0.0, "striving": 0.0, "defeat": 0.0, "submission_cost": 0.0,
    "risk_rate": 0.0, "warmth_strength": 0.0, "hostility_strength": 0.0,
}  # fmt: skip
#: What sweeps in tests vary, as a file: by the day, and by six hours.
BASE = """
days = 2
seed = 3
[population]
size = 12
[network]
kind = "small-world"
ties_each = 4
"""
SMALL = f"""{BASE}[record]
every = "6 hours"
"""


def scenario(
    *, people: int = 40, days: float = 1.0, steps: int = 10, tick: float = 30.0, stimuli: Any = (),
    model: Mapping[str, float] | None = None, network: Mapping[str, Any] | None = None, **more: Any,
) -> Scenario:  # fmt: skip
    """Return a scenario for tests; `more` are further top-level tables."""
    population = {"size": people, "preset": "help-seeking", **more.pop("population", {})}
    return Scenario.from_tables(
        {
            "title": "test",
            "days": days,
            "seed": 3,
            "population": population,
            "network": dict(network or {"kind": "random", "mean_ties": 8.0}),
            "stimuli": list(stimuli),
            "model": dict(model or {}),
            "numerics": {"tick": tick, "steps_per_tick": steps},
            **more,
        }
    )


def activations(world: World, run: int = 0) -> np.ndarray:
    """Return threat, drive and soothing of one run's people, shape (3, people)."""
    return np.stack([world.get(run, name) for name in SYSTEMS])


def advance(world: World, ticks: int, threads: int | None = 1) -> World:
    """Advance a world by some ticks and return it."""
    for _ in simulation.advance(world, ticks=ticks, threads=threads):
        pass
    return world


def after(made: Scenario, ticks: int, threads: int | None = 1) -> np.ndarray:
    """Return the activations of the first run of a scenario after some ticks."""
    return activations(advance(build([made]), ticks, threads))
