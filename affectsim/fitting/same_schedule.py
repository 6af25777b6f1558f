"""What simulated people would write into the same diaries: same beeps, same gaps, noise in every rating."""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from affectsim.diaries.files import Diaries
from affectsim.diaries.statistics import Schedule, Sums, plan_of, sums
from affectsim.draws import key, seed_for, threefry
from affectsim.fitting.unknowns import PERSONAL, Link, Space
from affectsim.parameters import MOMENT_HOURS
from affectsim.readouts import ALWAYS, SYSTEMS
from affectsim.scenario import Scenario
from affectsim.simulation import recorded
from affectsim.traits import draw_traits

Float = npt.NDArray[np.float64]

#: Days lived before the first diary day, so that the start is forgotten (the slowest input takes 6 h).
SETTLING_DAYS = 1
#: Steps of the integrator in half an hour: far below what a rating can show.
_STEPS = 4
#: People simulated in one call of the kernel, at most: keeps memory small and progress visible.
_CALL_PEOPLE = 8_000


class Group(NamedTuple):
    """The diaries of one arm in one phase, and `copies` of them for simulated people.

    `members`: rows of the real people. `plan`: schedule of the simulated ones; simulated person n keeps the
    diary of real person members[n % len(members)]. `beep`: number of each rating within its person.
    """

    members: npt.NDArray[np.int64]
    plan: Schedule
    beep: npt.NDArray[np.int64]
    first_copy: Float


def group_of(diaries: Diaries, arm: int, phase: int, copies: int) -> Group:
    """Return the diaries of one arm and phase, `copies` times over."""
    members = np.flatnonzero(diaries.arm == arm)
    here = diaries.in_phase(phase) & (diaries.arm[diaries.person] == arm)
    place = np.full(diaries.people, -1, dtype=np.int64)
    place[members] = np.arange(members.size)
    person = np.concatenate([place[diaries.person[here]] + copy * members.size for copy in range(copies)])
    time_h = np.tile(diaries.time_h[here], copies)
    rated = np.tile(np.isfinite(diaries.ratings[here]), (copies, 1))
    starts = np.searchsorted(person, person, side="left")
    first_copy = (np.arange(members.size * copies) < members.size).astype(np.float64)
    return Group(
        members, plan_of(person, time_h, rated, members.size * copies), np.arange(person.size) - starts, first_copy
    )


class Simulator:
    """Simulated people on the schedule of real diaries, for many points of a `Space` in each call."""

    def __init__(
        self, diaries: Diaries, base: Scenario, space: Space, *, copies: int, seed: int, threads: int | None
    ) -> None:  # fmt: skip
        self.space, self.seed, self.threads = space, seed, threads
        self.step = diaries.step
        self.groups = tuple(group_of(diaries, arm, phase, copies) for arm, phase in space.groups)
        days = float(diaries.days + SETTLING_DAYS)
        self.base = base.but(
            {
                "days": days, "replicates": 1, "training": None,
                "record": {"every": "30 minutes", "summaries": False, "readouts": []},
                "numerics": {"tick": 30.0, "steps_per_tick": _STEPS},
            }
        )  # fmt: skip

    def ratings(
        self, points: Float, round_name: str, done: Callable[[int], None] | None = None
    ) -> list[list[tuple[Float, Scenario]]]:
        """Return, for each point and group, ratings (ratings, 3) and the scenario of the simulated people.

        `done` is called with the number of points finished.
        """
        values = self.space.values(points)
        people = sum(group.plan.member.shape[0] for group in self.groups)
        size = max(1, _CALL_PEOPLE // people)
        found: list[list[tuple[Float, Scenario]]] = []
        for start in range(0, len(points), size):
            scenarios = [
                self.base.but(
                    {
                        **self.space.changes(values[p, g]), "population.size": group.plan.member.shape[0],
                        "seed": seed_for(self.seed, p, f"fit/{round_name}/{g}"),
                    }
                )
                for p in range(start, min(start + size, len(points)))
                for g, group in enumerate(self.groups)
            ]  # fmt: skip
            # Without datasets, which would take longer than so small runs. Each scenario has one.
            runs = recorded(scenarios, threads=self.threads).values
            for n in range(0, len(runs), len(self.groups)):
                p = start + n // len(self.groups)
                row = []
                for g, group in enumerate(self.groups):
                    states = np.stack([runs[n + g][:, ALWAYS.index(system)] for system in SYSTEMS], axis=-1)
                    link = self.space.link(values[p, g])
                    row.append((rate(states, group, link, self.step, scenarios[n + g].seed), scenarios[n + g]))
                found.append(row)
            if done:
                done(len(found))
        return found


def rate(states: Float, group: Group, link: Link, step: tuple[float, float, float], seed: int) -> Float:
    """Return ratings (ratings, 3) of states (half hours, people, 3) at the beeps of a group.

    Rating = offset + the person's own offset + gain * activation + mood of the moment + noise, all normal, rounded to
    the grid `step` and kept inside [0, 1].
    """
    moment = ((group.plan.time_h + 24 * SETTLING_DAYS) / MOMENT_HOURS).astype(np.int64)
    person = group.plan.person
    state = states[np.minimum(moment, len(states) - 1), person]
    mood = link.mood * _normal(seed, "rating/mood", person, group.beep)
    ratings = np.empty_like(state)
    for n, system in enumerate(SYSTEMS):
        gain, offset, noise = link.systems[n]
        value = offset + gain * state[:, n] + noise * _normal(seed, f"rating/{system}", person, group.beep)
        value += link.style * _normal(seed, f"rating style/{system}", person, np.zeros_like(person))
        value += -mood if system == "threat" else mood
        value = np.round(value / step[n]) * step[n] if step[n] > 0 else value
        ratings[:, n] = np.clip(value, 0.0, 1.0)
    return ratings


def _normal(seed: int, part: str, person: npt.NDArray[np.int64], number: npt.NDArray[np.int64]) -> Float:
    """Return a standard normal draw for each (person, number) of one part, same shape."""
    from scipy.special import ndtri

    key_0, key_1 = (np.full(person.size, word) for word in key(seed, 0, part))
    high, _ = threefry(key_0, key_1, person.astype(np.uint32), number.astype(np.uint32))
    return np.asarray(ndtri((high + 0.5) * 2.0**-32))


def sums_of(group: Group, ratings: Float) -> Sums:
    """Return the sums per simulated person of a group's ratings."""
    return sums(group.plan, ratings)


def personal_traits(scenario: Scenario, people: int) -> Float:
    """Return the traits `PERSONAL` of the simulated people, shape (people, traits)."""
    drawn = draw_traits(scenario.distributions(), scenario.seed, 0, people, scenario.correlated_pairs())
    return np.stack([drawn[name] for name in PERSONAL], axis=1)
