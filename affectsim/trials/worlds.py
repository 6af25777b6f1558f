"""The worlds of a trial: the trial itself, and the same people and events as they would have been without it.

Everybody lives in one community, so what one arm learns reaches the others through ties, as in a real trial. The
worlds beside it are what no real trial has: "nobody" (nobody gets anything), and one for each arm, in which every
participant gets what that arm gets.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple, Self

import numpy as np
import numpy.typing as npt
from pydantic import PrivateAttr

from affectsim.draws import uniforms
from affectsim.layout import NEVER
from affectsim.parameters import ATTRIBUTES, TRAITS
from affectsim.parts import Readout
from affectsim.readouts import ALWAYS
from affectsim.scenario import Scenario
from affectsim.simulation import Progress, Recorded, recorded
from affectsim.training.programmes import Programme
from affectsim.trials.allocation import Allocation, allocate
from affectsim.trials.design import Trial
from affectsim.world import World

Float = npt.NDArray[np.float64]
Bool = npt.NDArray[np.bool_]

TRIAL, NOBODY = "trial", "nobody"
_PARAMETERS = {**TRAITS, **ATTRIBUTES}


class TrialScenario(Scenario):
    """A scenario with the worlds of a trial as its arms, and with all programmes in one agenda, one after another."""

    _worlds: tuple[str, ...] = PrivateAttr(default=())
    _agenda: Programme | None = PrivateAttr(default=None)

    @classmethod
    def of(cls, trial: Trial, worlds: Sequence[str], agenda: Programme) -> Self:
        """Return the scenario of a trial with these worlds. Raises InputError."""
        base, design = trial.scenario, trial.design
        tables = base.tables()
        own = tables.get("training", {})
        kept = {name: own[name] for name in ("informal_practice",) if name in own}
        needed = {kind for kind in (*design.outcomes, "fear_of_self_compassion") if kind not in ALWAYS}
        tables |= {
            # Delivery and screening of the scenario's own training are left out: in a trial everybody starts at once.
            "training": {
                # Stands for the agenda, which is in no file.
                "programme": "eight-week",
                "start_day": design.start_day, "who": {"share": 0.0}, "against": "nothing", **kept,
            },
            "record": {
                "every": "1 week", "people": "all", "summaries": False,
                "readouts": sorted(needed & set(base.kinds(Readout))),
                "measurement_error": design.measurement_error,
            },
        }  # fmt: skip
        made = cls.from_tables(tables, source=base.source, folder=base.folder)
        if base.training is not None:
            # Only now: they are those of all arms, not of the programme that stands for the agenda.
            assert made.training is not None
            changed = made.training.model_copy(update={"exercises": base.training.exercises})
            made = made.model_copy(update={"training": changed})
        made._worlds, made._agenda = tuple(worlds), agenda
        return made

    @property
    def arms(self) -> tuple[str, ...]:
        """The worlds."""
        return self._worlds or super().arms

    def programme(self, arm: str = "training") -> Programme | None:
        """Return the agenda of all arms, in every world: who is where in it is decided person by person."""
        return self._agenda or super().programme(arm)


class Agenda(NamedTuple):
    """All programmes of a trial in one, and the day of it on which each arm's own begins (-1: nothing)."""

    programme: Programme
    first: tuple[int, ...]


def agenda(trial: Trial) -> Agenda:
    """Return the programmes of all arms as one agenda, far enough apart that nobody ever reaches another's.

    The kernel has one agenda a world. Somebody whose programme begins on day n of it starts n days earlier, and
    stops when it ends; the days before are empty for as long as the run lasts.
    """
    gap = int(np.ceil(trial.scenario.days)) + 1
    first, day = [], 0
    spans, sessions = [], []
    for programme in trial.programmes:
        if programme is None:
            first.append(-1)
            continue
        first.append(day)
        spans += [
            span.model_copy(update={"from_day": span.from_day + day, "to_day": span.to_day + day})
            for span in programme.practice
        ]
        sessions += [session.model_copy(update={"day": session.day + day}) for session in programme.sessions]
        day += programme.days + gap
    active = [programme for programme in trial.programmes if programme is not None]
    with_sessions = [programme for programme in active if programme.sessions] or active
    made = active[0].model_copy(
        update={
            "name": "all arms", "days": day, "practice": tuple(spans), "sessions": tuple(sessions),
            "session_attendance": with_sessions[0].session_attendance,
        }
    )  # fmt: skip
    return Agenda(made, tuple(first))


class Ran(NamedTuple):
    """One replicate of a trial: numbers of its runs by world, who got what, and who stopped it.

    `stopped`: shape (people,), participants who stop the programme of their arm before its end.
    """

    replicate: int
    runs: dict[str, int]
    allocation: Allocation
    stopped: Bool


class Batch(NamedTuple):
    """Replicates of a trial that were run together."""

    trial: Trial
    scenario: TrialScenario
    recorded: Recorded
    ran: tuple[Ran, ...]


def worlds_of(trial: Trial) -> tuple[str, ...]:
    """Return the names of all worlds of a trial."""
    return (TRIAL, NOBODY, *(everybody(trial, n) for n, one in enumerate(trial.programmes) if one is not None))


def everybody(trial: Trial, arm: int) -> str:
    """Return the world in which every participant gets what an arm gets."""
    return NOBODY if trial.programmes[arm] is None else f"everybody in {trial.design.arms[arm].name}"


def run(
    trial: Trial,
    replicates: Sequence[int],
    *,
    worlds: Sequence[str] | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Batch:
    """Run replicates of a trial in the given worlds (default: all). Raises InputError for what cannot be run."""
    names = tuple(worlds or worlds_of(trial))
    plan = agenda(trial)
    scenario = TrialScenario.of(trial, names, plan.programme)
    allocations: dict[int, Allocation] = {}
    stops: dict[int, Bool] = {}

    def prepare(world: World) -> None:
        for number, one in enumerate(world.runs):
            if one.replicate not in allocations:
                values = {name: world.get(number, name) for name in _PARAMETERS if _held(world, number, name)}
                allocations[one.replicate] = allocate(trial.design, one.community, values, scenario.seed, one.replicate)
            allocation = allocations[one.replicate]
            arm = _given(trial, one.arm, allocation.arm)
            stopped = _deliver(trial, plan, world, number, arm, allocation.cluster)
            if one.arm == TRIAL:
                stops[one.replicate] = stopped

    found = recorded([scenario], list(replicates), threads=threads, progress=progress, prepare=prepare)
    ran = tuple(
        Ran(
            replicate,
            {one.arm: n for n, one in enumerate(found.world.runs) if one.replicate == replicate},
            allocations[replicate],
            stops.get(replicate, np.zeros(0, dtype=bool)),
        )
        for replicate in replicates
    )
    return Batch(trial, scenario, found, ran)


def _held(world: World, number: int, name: str) -> bool:
    try:
        world.get(number, name)
    except KeyError:
        return False
    return True


def _given(trial: Trial, world: str, arm: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return the arm of everybody in a world, -1 for nothing."""
    if world == TRIAL:
        return arm
    if world == NOBODY:
        return np.full(arm.size, -1)
    number = next(n for n in range(len(trial.design.arms)) if everybody(trial, n) == world)
    return np.where(arm >= 0, number, -1)


def _deliver(
    trial: Trial, plan: Agenda, world: World, number: int, arm: npt.NDArray[np.int64], cluster: npt.NDArray[np.int64]
) -> Bool:
    """Give everybody in a world the programme of their arm; return who stops it early, shape (people,)."""
    scenario, people = trial.scenario, arm.size
    replicate = world.runs[number].replicate
    start, stop = np.full(people, float(NEVER)), np.full(people, float(NEVER))
    skill, warmth = np.ones(people), np.zeros(people)
    early = np.zeros(people, dtype=bool)
    for which, programme in enumerate(trial.programmes):
        mine = np.flatnonzero(arm == which)
        if programme is None or mine.size == 0:
            continue
        # The same draws as in any other run, so that the same people stop.
        leaves = uniforms(scenario.seed, replicate, "drop-out", people)[mine] < programme.drop_out
        when = np.floor(uniforms(scenario.seed, replicate, "drop-out", people, index=1)[mine] * programme.days)
        stays = np.where(leaves, when, programme.days)
        start[mine] = trial.design.start_day - plan.first[which]
        stop[mine] = trial.design.start_day + stays
        early[mine] = leaves
        skill[mine] = trial.design.arms[which].competence
        warmth[mine] = programme.warmth(_group_sizes(trial, programme, cluster[mine]))
    for name, values in (("start_day", start), ("stop_day", stop), ("skill", skill), ("session_warmth", warmth)):
        world.set(number, name, values)
    return early


def _group_sizes(trial: Trial, programme: Programme, cluster: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
    """Return how many people are in the group of each; groups are filled in order, and within clusters if there are."""
    sizes = np.empty(cluster.size, dtype=np.int64)
    together = cluster if trial.design.randomise == "cluster" else np.zeros_like(cluster)
    for one in np.unique(together):
        mine = np.flatnonzero(together == one)
        group = np.arange(mine.size) // programme.group_size
        sizes[mine] = np.bincount(group)[group]
    return sizes
