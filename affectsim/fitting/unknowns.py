"""What a fit may change: unknowns of a population, how they spread before any data, and how they differ by group.

Every coordinate of a point is standard normal before the data (the prior), so "how far did the data move it"
is the same question for all of them.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from affectsim.errors import InputError, Mistake
from affectsim.parameters import MODEL, TRAITS
from affectsim.populations import MOST_SPREAD
from affectsim.readouts import SYSTEMS
from affectsim.scenario import Scenario
from affectsim.stimuli import DailyLife

Float = npt.NDArray[np.float64]

#: Prior SD of the log ratio between arms before anything happened (chance only), and between phases; assumed.
ARM_SPREAD, CHANGE_SPREAD = 0.2, 0.5
BASELINES = ("threat_baseline", "drive_baseline", "soothing_baseline")
GAINS = ("threat_gain", "drive_gain", "soothing_gain")
#: Traits that are estimated for every person, too.
PERSONAL = ("self_criticism", *BASELINES)


@dataclass(frozen=True)
class Unknown:
    """One number to be found: before the data log-normal (or normal) around `median` with SD `spread`.

    `paths`: places in the scenario that take the value; empty for the rating link. `changes`: may differ
    between arms and phases.
    """

    name: str
    median: float
    spread: float
    low: float
    high: float
    says: str
    paths: tuple[str, ...] = ()
    changes: bool = False
    logarithmic: bool = True

    def value(self, moved: npt.ArrayLike) -> Float:
        """Return values for distances from the median, in log units (or units); kept inside the bounds."""
        distance = np.asarray(moved, dtype=np.float64)
        raw = self.median * np.exp(distance) if self.logarithmic else self.median + distance
        return np.asarray(np.clip(raw, self.low, self.high))


def unknowns(base: Scenario) -> tuple[Unknown, ...]:
    """Return what is fitted, centred on the values of `base`; all spreads are assumed.

    Raises InputError if the scenario has no everyday events, whose rates are among the unknowns.
    """
    traits, numbers = base.distributions(), base.parameters
    daily = next((n for n, part in enumerate(base.stimuli) if isinstance(part, DailyLife)), None)
    if daily is None:
        raise InputError(base.source, [Mistake("stimuli", "a fit needs everyday events: add kind daily-life")])
    events: Any = base.stimuli[daily]

    def trait(name: str, spread: float) -> Unknown:
        known = TRAITS[name]
        path = f"population.traits.{name}.median"
        median = max(traits[name].median, 1e-3)
        return Unknown(name, median, spread, known.low, known.high, f"median: {known.meaning}", (path,), True)

    def differences(name: str, of: tuple[str, ...], spread: float, says: str) -> Unknown:
        paths = tuple(f"population.traits.{trait}.spread" for trait in of)
        median = max(float(np.mean([traits[trait].spread for trait in of])), 1e-2)
        return Unknown(name, median, spread, 0.0, MOST_SPREAD, says, paths)

    def parameter(name: str, spread: float) -> Unknown:
        known = MODEL[name]
        median = max(numbers[name], 1e-2)
        return Unknown(name, median, spread, known.low, known.high, known.meaning, (f"model.{name}",))

    def rate(kind: str, spread: float, says: str) -> Unknown:
        median = max(float(getattr(events, kind)), 0.1)
        return Unknown(f"{kind}_events", median, spread, 0.0, 32.0, says, (f"stimuli.{daily}.{kind}",))

    return (
        trait("self_criticism", 0.6),
        *(trait(name, 0.6) for name in BASELINES),
        differences("self_criticism_spread", ("self_criticism",), 0.4, "SD of log self-criticism between people"),
        differences("baseline_spread", BASELINES, 0.5, "SD of log baselines between people"),
        differences("gain_spread", GAINS, 0.5, "SD of log gains between people"),
        rate("threat", 0.6, "threats a waking day"),
        rate("resource", 0.6, "opportunities a waking day"),
        rate("affiliative", 0.6, "kindnesses a waking day"),
        parameter("background_sd", 0.7),
        parameter("background_time", 0.4),
        parameter("secure_base", 0.9),
        parameter("defeat", 0.7),
        parameter("threat_blocks_soothing", 0.5),
        parameter("soothing_calms_threat", 0.5),
        Unknown("rating_style", 0.05, 0.6, 0.0, 0.4, "SD between people of a rating at the same activation"),
        Unknown("rating_mood", 0.04, 0.6, 0.0, 0.4, "SD of momentary noise that raises drive and soothing ratings and "
                "lowers threat ratings together"),
        *(
            unknown
            for system in SYSTEMS
            for unknown in (
                Unknown(f"{system}_rating_gain", 1.0, 0.3, 0.1, 4.0, f"rating per activation of {system}"),
                Unknown(f"{system}_rating_offset", 0.0, 0.12, -0.6, 0.6, f"rating of {system} at no activation",
                        logarithmic=False),
                Unknown(f"{system}_rating_noise", 0.13, 0.4, 0.0, 0.6, f"SD of noise in a rating of {system}"),
            )
        ),
    )  # fmt: skip


class Coordinate(NamedTuple):
    """One number of a point: which unknown it moves, in which groups (arm, phase), and by how much per SD."""

    name: str
    unknown: int
    groups: tuple[int, ...]
    scale: float


class Link(NamedTuple):
    """How activations become ratings: `systems`: (3, 3), gain, offset, noise SD of each; see `Unknown.says`."""

    systems: Float
    style: float
    mood: float


class Space:
    """Points: one number per unknown, one per arm and change for those that may differ.

    `groups`: (arm, phase) in order of arm, then phase; the first is where the unknowns themselves hold.
    """

    def __init__(self, base: Scenario, arms: int, phases: int) -> None:
        self.unknowns = unknowns(base)
        self.groups = tuple((arm, phase) for arm in range(arms) for phase in range(phases))
        coordinates = []
        everywhere = tuple(range(len(self.groups)))
        for n, unknown in enumerate(self.unknowns):
            coordinates.append(Coordinate(unknown.name, n, everywhere, unknown.spread))
        for n, unknown in enumerate(self.unknowns):
            for arm in range(arms) if unknown.changes else ():
                mine = tuple(g for g, group in enumerate(self.groups) if group[0] == arm)
                if arm > 0:
                    coordinates.append(Coordinate(f"{unknown.name}/arm {arm}", n, mine, ARM_SPREAD))
                for phase in range(1, phases):
                    name = f"{unknown.name}/arm {arm}/phase {phase}"
                    coordinates.append(Coordinate(name, n, (mine[phase],), CHANGE_SPREAD))
        self.coordinates = tuple(coordinates)
        self._moves = np.zeros((len(self.groups), len(self.unknowns), len(coordinates)))
        for column, coordinate in enumerate(coordinates):
            self._moves[list(coordinate.groups), coordinate.unknown, column] = coordinate.scale

    def values(self, points: Float) -> Float:
        """Return the value of every unknown in every group: (points, groups, unknowns) for (points, coordinates)."""
        moved = np.einsum("guc,pc->pgu", self._moves, points)
        return np.stack([unknown.value(moved[:, :, n]) for n, unknown in enumerate(self.unknowns)], axis=2)

    def changes(self, values: Float) -> dict[str, float]:
        """Return dotted changes of a scenario for the values of one point in one group, shape (unknowns,)."""
        pairs = zip(self.unknowns, values.tolist(), strict=True)
        return {path: value for unknown, value in pairs for path in unknown.paths}

    def at(self, points: Float) -> Float:
        """Return distances from the medians in prior SDs: (points, groups, unknowns) for (points, coordinates)."""
        return np.asarray(np.einsum("guc,pc->pgu", self.maps, points))

    @property
    def maps(self) -> Float:
        """Distances per coordinate, in prior SDs: (groups, unknowns, coordinates)."""
        return np.asarray(self._moves / np.array([unknown.spread for unknown in self.unknowns])[:, None])

    def link(self, values: Float) -> Link:
        """Return how activations become ratings, for values (unknowns,) of one group."""
        named = dict(zip((unknown.name for unknown in self.unknowns), values.tolist(), strict=True))
        kinds = ("gain", "offset", "noise")
        systems = np.array([[named[f"{system}_rating_{kind}"] for kind in kinds] for system in SYSTEMS])
        return Link(systems, named["rating_style"], named["rating_mood"])
