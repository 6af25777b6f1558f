"""Making runs: many small ones in one call of the kernel; one that fails costs nobody else's result."""

from __future__ import annotations

import json
import time
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from affectsim.errors import InputError
from affectsim.scenario import Scenario
from affectsim.sweep.outcomes import outcomes_of
from affectsim.sweep.plan import Job, Plan
from affectsim.sweep.store import Done

#: Scenarios that are kept validated: each point comes back with every replicate (assumed to be enough).
_SCENARIOS = 2048


class Made(NamedTuple):
    """What a batch gave.

    `seconds`: of processor time in all; `kernel`: those of advancing the worlds; `clock`: seconds by the clock.
    """

    done: list[Done]
    seconds: float
    kernel: float
    clock: float = 0.0


class Maker:
    """Makes the runs of a plan, one after another or many at once; the numbers do not depend on which."""

    def __init__(self, plan: Plan) -> None:
        self._plan = plan
        self._kernel = 0.0
        self._scenario = lru_cache(maxsize=_SCENARIOS)(self._changed)

    def _changed(self, changes: str) -> Scenario:
        return self._plan.base.but(json.loads(changes))

    def make(self, jobs: Sequence[Job]) -> Made:
        """Make runs, in one call of the kernel where they fit together. Never raises for what a run does."""
        began, clock, self._kernel = time.process_time(), time.perf_counter(), 0.0
        done: list[Done] = []
        together: dict[object, list[tuple[Job, Scenario]]] = {}
        for job in jobs:
            try:
                scenario = self._scenario(json.dumps(job.changes))
            except Exception as error:
                done.append(Done(job.run, {}, reason(error)))
                continue
            key = (job.replicate, scenario.moments, scenario.numerics, scenario.record)
            together.setdefault(key, []).append((job, scenario))
        for group in together.values():
            done += self._batch(group)
        done.sort(key=lambda one: one.run)
        return Made(done, time.process_time() - began, self._kernel, time.perf_counter() - clock)

    def _batch(self, group: Sequence[tuple[Job, Scenario]]) -> list[Done]:
        from affectsim.simulation import recorded

        try:
            batch = recorded([scenario for _, scenario in group], [group[0][0].replicate], threads=1)
            self._kernel += batch.seconds
            done = []
            for number, (job, _) in enumerate(group):
                mine = [n for n, run in enumerate(batch.world.runs) if run.number == number]
                plan = self._plan
                done.append(Done(job.run, outcomes_of(batch, mine, plan.outcomes, plan.span, plan.columns)))
            return done
        except Exception as error:
            if len(group) == 1:
                return [Done(group[0][0].run, {}, reason(error))]
        # One of them is to blame: each alone shows which.
        return [one for pair in group for one in self._batch([pair])]


def reason(error: Exception) -> str:
    """Return why a run failed, on one line."""
    if isinstance(error, InputError):
        return "; ".join(f"{one.where}: {one.message}" for one in error.mistakes)
    if isinstance(error, MemoryError):
        return "not enough memory"
    return " ".join(f"{type(error).__name__}: {error}".split())[:500]
