"""Making the runs of a policy: many points and replicates in one call of the kernel, the same worlds for all."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from affectsim.policy.decisions import Decision, Point, changes_at, key_of
from affectsim.policy.objectives import Goal, levels, readouts
from affectsim.scenario import Scenario
from affectsim.simulation import recorded
from affectsim.sweep.outcomes import recording_for
from affectsim.sweep.runs import reason

#: Most runs, recorded numbers (a quarter of a gigabyte) and half hours of people in one call: some seconds, which are
#: all that is lost when it is stopped.
MOST_RUNS, _MOST_NUMBERS, _MOST_MOMENTS = 64, 2**25, 2**22
#: Scenarios that are kept validated (assumed to be enough).
_SCENARIOS = 512

#: A point (None: nobody is trained) in one replicate.
Job = tuple[Point | None, int]


class Evaluated(NamedTuple):
    """What one run gave: the goals that take a run, in order, or why it failed."""

    point: Point | None
    replicate: int
    values: tuple[float, ...]
    failed: str | None = None


#: Everybody's mean by the name of a goal, shape (people,) each.
Levels = Mapping[str, npt.NDArray[np.float64]]
#: What is to be made, its scenario, and the tables of its untrained twin if that is needed.
_Task = tuple[Job, Scenario, str | None]
#: Makes runs and yields them batch by batch.
Evaluate = Callable[[Sequence[Job]], Iterator[list[Evaluated]]]


def prepared(base: Scenario, goals: Sequence[Goal]) -> Scenario:
    """Return the scenario from which all runs start: one world without twins, that records what the goals need."""
    return base.but({**recording_for(readouts(goals)), "training.against": "nothing"})


class Evaluator:
    """Makes the runs of points; the numbers do not depend on which are made together.

    `base`: as `prepared` gives it. `common`: the same replicate has the same people and the same chances at every
    point (common random numbers); false, only for comparison: every point has worlds of its own.
    """

    def __init__(
        self, base: Scenario, decisions: Sequence[Decision], goals: Sequence[Goal], *,
        threads: int | None = None, common: bool = True,
    ) -> None:  # fmt: skip
        self._base, self._decisions, self._threads, self._common = base, tuple(decisions), threads, common
        self._goals = [goal for goal in goals if goal.simulated]
        self._harm = any(goal.measure == "harmed" for goal in self._goals)
        #: Untrained worlds: the tables as text -> scenario, and (text, replicate) -> levels.
        self._untrained: dict[str, Scenario] = {}
        self._twins: dict[tuple[str, int], Levels] = {}
        self._known = lru_cache(maxsize=_SCENARIOS)(self._changed)

    def scenario(self, point: Point | None) -> Scenario:
        """Return the scenario of a point; of None: nobody is trained. Raises InputError."""
        return self._pair(point)[0]

    def __call__(self, jobs: Sequence[Job]) -> Iterator[list[Evaluated]]:
        """Make runs, batch by batch. Never raises for what a run does."""
        together: dict[Any, list[_Task]] = {}
        for job in jobs:
            try:
                scenario, twin = self._pair(job[0])
            except Exception as error:
                yield [Evaluated(*job, (), reason(error))]
                continue
            key = (scenario.moments, scenario.numerics, scenario.record)
            together.setdefault(key, []).append((job, scenario, twin))
        for group in together.values():
            most = self._most(group[0][1])
            for first in range(0, len(group), most):
                yield self._batch(group[first : first + most])

    def _pair(self, point: Point | None) -> tuple[Scenario, str | None]:
        changes = {"training": None} if point is None else changes_at(self._decisions, point, self._base)
        scenario, twin = self._known(json.dumps(changes))
        return scenario, None if point is None else twin

    def _changed(self, changes: str) -> tuple[Scenario, str | None]:
        scenario = self._base.but(json.loads(changes))
        if not self._harm:
            return scenario, None
        twin = scenario.but({"training": None})
        text = json.dumps(twin.tables(), sort_keys=True)
        self._untrained.setdefault(text, twin)
        return scenario, text

    def _most(self, scenario: Scenario) -> int:
        people = scenario.population.size or 1000
        numbers = people * scenario.days * 24 / scenario.record.every_hours * (5 + len(scenario.record.readouts))
        work = people * scenario.moments
        return int(min(MOST_RUNS, max(1, _MOST_NUMBERS // max(1, numbers)), max(1, _MOST_MOMENTS // work)))

    def _replicate(self, job: Job) -> int:
        point, replicate = job
        if self._common or point is None:
            return replicate
        # Worlds of one's own for every point: numbers that hardly any other point has.
        own = int.from_bytes(hashlib.blake2b(key_of(point).encode(), digest_size=4).digest())
        return 1_000 * (1 + own) + replicate

    def _batch(self, group: Sequence[_Task]) -> list[Evaluated]:
        try:
            return self._together(group)
        except Exception as error:
            if len(group) == 1:
                return [Evaluated(*group[0][0], (), reason(error))]
        # One of them is to blame: each alone shows which.
        return [one for task in group for one in self._batch([task])]

    def _together(self, group: Sequence[_Task]) -> list[Evaluated]:
        keys = [None if twin is None else (twin, self._replicate(job)) for job, _, twin in group]
        missing = [key for key in dict.fromkeys(keys) if key is not None and key not in self._twins]
        pairs = [(scenario, self._replicate(job)) for job, scenario, _ in group]
        pairs += [(self._untrained[text], replicate) for text, replicate in missing]
        found = _levels(pairs, self._goals, self._threads)
        self._twins |= zip(missing, found[len(group) :], strict=True)
        done = []
        for (job, _, _), key, mine in zip(group, keys, found, strict=False):
            twin = {} if key is None else self._twins[key]
            values = tuple(goal.of(mine[goal.name], twin.get(goal.name)) for goal in self._goals)
            done.append(Evaluated(*job, values))
        return done


def _levels(pairs: Iterable[tuple[Scenario, int]], goals: Sequence[Goal], threads: int | None) -> list[Levels]:
    """Return the levels of runs (scenario, replicate), in order; one call of the kernel for each set of replicates."""
    pairs = list(pairs)
    found: dict[int, Levels] = {}
    # Runs of one scenario with the same replicates go together with those of others.
    of: dict[int, list[int]] = {}
    for n, (scenario, _) in enumerate(pairs):
        of.setdefault(id(scenario), []).append(n)
    shapes: dict[tuple[int, ...], list[list[int]]] = {}
    for numbers in of.values():
        shapes.setdefault(tuple(pairs[n][1] for n in numbers), []).append(numbers)
    for replicates, members in shapes.items():
        batch = recorded([pairs[numbers[0]][0] for numbers in members], list(replicates), threads=threads)
        rows = {(run.number, run.replicate): n for n, run in enumerate(batch.world.runs)}
        for which, numbers in enumerate(members):
            for n in numbers:
                found[n] = levels(batch, rows[which, pairs[n][1]], goals)
    return [found[n] for n in range(len(pairs))]
