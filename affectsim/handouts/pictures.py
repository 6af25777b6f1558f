"""What the pictures on sheets show, computed by the engine: one mind on a quiet day, or a community in two arms."""

from __future__ import annotations

import functools
import json
from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from affectsim.page.data import SCHEMES, SEED, scenario
from affectsim.page.texts import teaching
from affectsim.parameters import DISTRIBUTIONS
from affectsim.readouts import SYSTEMS
from affectsim.scenario import Scenario
from affectsim.simulation import advance
from affectsim.stimuli import KINDS, DailyLife
from affectsim.world import World, build

#: A picture of one mind begins at eight in the morning of the second day, when everything has settled.
MORNING, HOURS = 8.0, 9.0
#: People in the picture of a community, and who they are: what the page shows first.
PEOPLE, PRESET = 60, "help-seeking"


class Course(NamedTuple):
    """Activations over time, per arm."""

    #: Hours (one mind) or days (a community), shape (times,).
    times: npt.NDArray[np.float64]
    #: Arm -> activations of threat, drive, soothing, shape (3, times).
    arms: dict[str, npt.NDArray[np.float64]]
    #: Hour and name of what happened.
    events: tuple[tuple[float, str], ...]
    #: Unit of the times: "hours" or "days".
    unit: str


def course(picture: Mapping[str, Any]) -> Course:
    """Return what a picture of a lesson shows; `picture` as in a lesson file, checked."""
    return _course(json.dumps(picture, sort_keys=True))


@functools.cache
def _course(picture: str) -> Course:
    table = json.loads(picture)
    return _community(float(table["days"])) if "community" in table else _mind(table)


def person(case: str, self_criticism: float | None = None) -> dict[str, float]:
    """Return the traits of a fictional person of the page."""
    own = {"self_criticism": self_criticism} if self_criticism is not None else {}
    changes: dict[str, float] = teaching()["cases"][case]
    return {name: trait.median for name, trait in DISTRIBUTIONS.items()} | changes | own


def quiet_day(traits: Mapping[str, float], events: list[tuple[str, float]]) -> Scenario:
    """Return two days of one person to whom nothing happens but `events`: (name, hours after eight on day 1)."""
    everyday = dict(zip(KINDS, DailyLife().intensities, strict=True))
    kicks = teaching()["events"]
    stimuli = [
        {"kind": "dated", "day": 1, "hour": MORNING + hour}
        | {kind: times * everyday[kind] for kind, times in kicks[name].items()}
        for name, hour in events
    ]
    minutes, steps = SCHEMES["mind"]
    return Scenario.from_tables(
        {
            "title": "a quiet day",
            "days": 2,
            "seed": SEED,
            "population": {
                "size": 1,
                "preset": "general",
                "traits": {name: {"median": value, "spread": 0.0} for name, value in traits.items()},
            },
            "network": {"kind": "none"},
            "stimuli": stimuli,
            "model": {"background_sd": 0.0, "circumstances_sd": 0.0, "risk_rate": 0.0},
            "numerics": {"tick": minutes, "steps_per_tick": steps},
        }
    )


def _mind(picture: Mapping[str, Any]) -> Course:
    events = [(name, float(hour)) for name, hour in picture["events"]]
    world = build([quiet_day(person(picture["case"], picture.get("self_criticism")), events)])
    per_hour = round(60 / SCHEMES["mind"][0])
    _forward(world, round((24 + MORNING) * per_hour))
    times = np.arange(round(HOURS * per_hour) + 1) / per_hour
    found = np.empty((3, times.size))
    for k in range(times.size):
        found[:, k] = [world.get(0, name)[0] for name in SYSTEMS]
        _forward(world, 1)
    return Course(times, {"": found}, tuple((hour, name) for name, hour in events), "hours")


def _community(days: float) -> Course:
    made = scenario(PEOPLE, preset=PRESET, days=days)
    world = build([made])
    per_day = made.ticks / days
    arms = [run.arm for run in world.runs]
    times = np.arange(int(days) + 1.0)
    found = np.zeros((len(arms), 3, times.size - 1))
    # Means over each day, in four looks: an evening differs from a morning.
    for day in range(times.size - 1):
        for _ in range(4):
            _forward(world, round(per_day / 4))
            found[:, :, day] += [[world.get(run, name).mean() / 4 for name in SYSTEMS] for run in range(len(arms))]
    return Course(times[:-1] + 1, dict(zip(arms, found, strict=True)), (), "days")


def _forward(world: World, ticks: int) -> None:
    for _ in advance(world, ticks=ticks):
        pass
