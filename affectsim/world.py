"""A world: arrays that own the state of every person in every run of a batch, built from scenarios."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from affectsim import dynamics
from affectsim.draws import key, seed_for, uniforms
from affectsim.kernel.scheme import decay_table, extrapolation_table
from affectsim.kernel.tables import EVENT_KINDS, EXERCISE_FIELDS, FIXED_PARTS, MOST_EVENTS, MOST_WORD, Population, Tables
from affectsim.layout import (
    ATTRIBUTE_NAMES,
    FAST_ROWS,
    LANES,
    NEVER,
    SLOW,
    SLOW_ROWS,
    Fast,
    blocks_for,
)
from affectsim.networks import Community
from affectsim.parameters import MOMENT_HOURS
from affectsim.scenario import Scenario
from affectsim.stimuli import DailyLife, Dated, Script, Shock
from affectsim.traits import draw_traits

Float = npt.NDArray[np.float64]

#: Moments of the day at which people practise at home: between 17:00 and 22:00 (assumed).
_PRACTICE_MOMENTS = (34, 44)
_MOMENTS_PER_DAY = round(24 / MOMENT_HOURS)


class Run(NamedTuple):
    """One run of a batch: a replicate of a scenario in one arm."""

    scenario: Scenario
    replicate: int
    arm: str
    community: Community
    first_slot: int
    trainees: npt.NDArray[np.bool_]  # (people,): chosen for training, in every arm of the replicate
    dropped_out: npt.NDArray[np.bool_]  # (people,): trainees of this run who stop before the end

    @property
    def people(self) -> int:
        """Number of people."""
        return self.community.people


@dataclass
class World:
    """The only mutable object: state arrays, the tables that drive them, and where time stands."""

    population: Population
    tables: Tables
    runs: tuple[Run, ...]
    tick: int = 0

    @property
    def fast(self) -> Float:
        """Fast rows, a view of shape (blocks, FAST_ROWS, LANES); see `layout.Fast`."""
        return self.population.fast.reshape(-1, FAST_ROWS, LANES)

    @property
    def slow(self) -> npt.NDArray[np.float32]:
        """Slow rows, a view of shape (blocks, SLOW_ROWS, LANES); see `layout.SLOW`."""
        return self.population.slow.reshape(-1, SLOW_ROWS, LANES)

    def get(self, run: int, name: str) -> Float:
        """Return one quantity of one run's people, shape (people,): a name of `layout.SLOW` or of `layout.Fast`."""
        return np.asarray(self._rows(run, name).reshape(-1)[: self.runs[run].people], dtype=np.float64)

    def set(self, run: int, name: str, values: npt.ArrayLike) -> None:
        """Set one quantity of one run's people; `values` has shape (people,) or is one number."""
        rows = self._rows(run, name)
        flat = rows.reshape(-1).copy()
        flat[: self.runs[run].people] = values
        rows[:] = flat.reshape(rows.shape)

    def _rows(self, run: int, name: str) -> npt.NDArray[np.generic]:
        blocks = slice(self.population.run_blocks[run], self.population.run_blocks[run + 1])
        if name in SLOW:
            return self.slow[blocks, SLOW[name], :]
        return self.fast[blocks, Fast[name.upper()], :]

    @property
    def bytes_per_person(self) -> float:
        """Memory of the state per person, ties not counted."""
        people = sum(run.people for run in self.runs)
        state = (self.population.fast, self.population.slow, self.population.given)
        return sum(array.nbytes for array in state) / people


def build(scenarios: Sequence[Scenario], replicates: Sequence[int] | None = None) -> World:
    """Return a world with every replicate and arm of every scenario, run after run.

    Scenarios of one batch must have the same length, tick and steps (ValueError otherwise).
    `replicates`: which replicates; default all that each scenario asks for. Raises InputError for files
    that do not fit.
    """
    lengths = {(s.moments, s.numerics.tick, s.numerics.steps_per_tick) for s in scenarios}
    if len(lengths) != 1:
        raise ValueError("scenarios of one batch need the same days, tick and steps_per_tick")
    runs: list[Run] = []
    states: list[tuple[dict[str, Float], npt.NDArray[np.int64]]] = []
    slot = 0
    for scenario in scenarios:
        for replicate in range(scenario.replicates) if replicates is None else replicates:
            community = _community(scenario, replicate)
            people = community.people
            traits = draw_traits(scenario.population.distributions(), scenario.seed, replicate, people)
            trainees = _trainees(scenario, replicate, community, traits["self_criticism"])
            for arm in scenario.arms:
                start, stop = _training_days(scenario, replicate, arm, trainees)
                practice = uniforms(scenario.seed, replicate, "practice moment", people)
                low, high = _PRACTICE_MOMENTS
                slow = {
                    **traits,
                    **{f"baseline_{name}": traits[name] for name in ATTRIBUTE_NAMES},
                    "current_power": traits["power"],
                    "practice_moment": low + np.floor(practice * (high - low)),
                    "start_day": start,
                    "stop_day": stop,
                }
                programme = scenario.programme()
                early = stop < start + (programme.days if programme else 0)
                runs.append(Run(scenario, replicate, arm, community, slot, trainees, early & (start < NEVER)))
                states.append((slow, np.arange(people)))
                slot += blocks_for(people) * LANES
    population = _population(runs, [state for state, _ in states])
    return World(population, _tables(runs), tuple(runs))


def _community(scenario: Scenario, replicate: int) -> Community:
    network = scenario.located(scenario.network)
    community: Community = network.build(  # type: ignore[attr-defined]
        scenario.population.size, seed_for(scenario.seed, replicate, "network")
    )
    return community


def _trainees(
    scenario: Scenario, replicate: int, community: Community, self_criticism: Float
) -> npt.NDArray[np.bool_]:
    """Return who is chosen for training, the same people in every arm; shape (people,)."""
    people = community.people
    chosen = np.zeros(people, dtype=bool)
    if scenario.training is None:
        return chosen
    who = scenario.training.who
    lots = uniforms(scenario.seed, replicate, "who is trained", people)
    rank = {
        "random": lots,
        "most-self-critical": -self_criticism,
        "hubs": -np.diff(community.ties.start).astype(float) + lots,
    }[who.choose]
    chosen[np.argsort(rank, kind="stable")[: round(who.share * people)]] = True
    return chosen


def _training_days(
    scenario: Scenario, replicate: int, arm: str, trainees: npt.NDArray[np.bool_]
) -> tuple[Float, Float]:
    """Return the first day of training and the day of stopping, `NEVER` for those who do not; shape (people,)."""
    people = trainees.size
    start, stop = np.full(people, float(NEVER)), np.full(people, float(NEVER))
    programme = scenario.programme()
    if scenario.training is None or programme is None or arm != "training":
        return start, stop
    first = scenario.training.start_day
    start[trainees] = first
    leaves = uniforms(scenario.seed, replicate, "drop-out", people) < programme.drop_out
    when = uniforms(scenario.seed, replicate, "drop-out", people, index=1)
    early = trainees & leaves
    stop[early] = first + np.floor(when[early] * programme.days)
    return start, stop


def _population(runs: Sequence[Run], states: Sequence[dict[str, Float]]) -> Population:
    blocks = [blocks_for(run.people) for run in runs]
    run_blocks = np.concatenate([[0], np.cumsum(blocks)]).astype(np.int64)
    slots = int(run_blocks[-1]) * LANES
    fast = np.zeros((int(run_blocks[-1]), FAST_ROWS, LANES))
    slow = np.zeros((int(run_blocks[-1]), SLOW_ROWS, LANES), dtype=np.float32)
    for number, (run, values) in enumerate(zip(runs, states, strict=True)):
        here = slice(run_blocks[number], run_blocks[number + 1])
        for name, value in values.items():
            padded = np.resize(value, blocks[number] * LANES)
            if name in ("start_day", "stop_day"):
                padded[run.people :] = NEVER
            slow[here, SLOW[name], :] = padded.reshape(-1, LANES)
        parameters = run.scenario.parameters
        for system in ("threat", "drive", "soothing"):
            slow[here, SLOW[f"background_{system}"], :] = parameters[f"background_{system}"]
            baseline = slow[here, SLOW[f"{system}_baseline"], :].astype(np.float64)
            # Everybody starts where a person without inputs and couplings rests.
            fast[here, Fast[system.upper()], :] = baseline / (1 + baseline)
    start, source, weight = _ties(runs, slots)
    return Population(
        fast=fast.reshape(-1),
        slow=slow.reshape(-1),
        given=np.zeros(4 * slots),
        block_run=np.repeat(np.arange(len(runs)), blocks),
        block_first=np.concatenate([np.arange(count) * LANES for count in blocks]).astype(np.int64),
        run_blocks=run_blocks,
        tie_start=start,
        tie_source=source,
        tie_weight=weight,
    )


def _ties(
    runs: Sequence[Run], slots: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint32], npt.NDArray[np.float32]]:
    """Return the ties of all runs between slots, weights already divided by (half weight + sum)."""
    received = np.zeros(slots, dtype=np.int64)
    sources, weights = [], []
    for run in runs:
        ties = run.community.ties
        received[run.first_slot : run.first_slot + run.people] = np.diff(ties.start)
        sources.append((2 * (ties.source.astype(np.int64) + run.first_slot)).astype(np.uint32))
        half = run.scenario.parameters["tie_half_weight"]
        sums = np.repeat(half + ties.received, np.diff(ties.start))
        weights.append((ties.weight / sums).astype(np.float32))
    start = np.concatenate([[0], np.cumsum(received)]).astype(np.int64)
    return start, np.concatenate(sources), np.concatenate(weights)


def _tables(runs: Sequence[Run]) -> Tables:
    first = runs[0].scenario
    tick_hours, steps = first.numerics.tick_hours, first.numerics.steps_per_tick
    parameters = [run.scenario.parameters for run in runs]
    daily = [[s for s in run.scenario.stimuli if isinstance(s, DailyLife)] for run in runs]
    sources = max(1, max(len(found) for found in daily))
    rows = _exercise_rows(runs)
    thresholds = np.full((len(runs), sources, 4, _MOMENTS_PER_DAY, MOST_EVENTS), MOST_WORD)
    intensity = np.zeros((len(runs), sources, 4))
    keys = np.zeros((len(runs), len(FIXED_PARTS) + 4 * sources + len(rows), 2), dtype=np.uint32)
    for number, run in enumerate(runs):
        for which, source in enumerate(daily[number]):
            thresholds[number, which] = poisson_thresholds(source.expected())
            intensity[number, which] = source.intensities
        names = (
            *FIXED_PARTS,
            *(f"stimulus/daily-life/{n}/{kind}" for n in range(sources) for kind in EVENT_KINDS),
            *(f"exercise/{kind}" for kind, _ in rows),
        )
        keys[number] = [key(run.scenario.seed, run.replicate, name) for name in names]
    event_start, event_person, event_kind, event_size = _events(runs)
    home, session, session_moment = _agenda(runs, {k: n for n, k in enumerate(rows)})
    programmes = [run.scenario.programme() for run in runs]
    return Tables(
        coupling=np.array([dynamics.coupling(p) for p in parameters], dtype=np.float64),
        model=np.array([list(p.values()) for p in parameters], dtype=np.float64),
        decay=np.stack([decay_table(p, tick_hours, steps) for p in parameters]),
        extrapolation=extrapolation_table(tick_hours / steps, steps),
        step_hours=tick_hours / steps,
        background=np.array([_background(p) for p in parameters]),
        thresholds=thresholds,
        intensity=intensity,
        keys=keys,
        event_start=event_start,
        event_person=event_person,
        event_kind=event_kind,
        event_size=event_size,
        home=home,
        session=session,
        session_moment=session_moment,
        attendance=np.array([p.session_attendance if p else 0.0 for p in programmes]),
        exercises=np.array(list(rows.values())).reshape(-1, len(EXERCISE_FIELDS)),
        forget=np.array([-np.expm1(-1 / p["forgetting_time"]) for p in parameters]),
        power_step=np.array([-np.expm1(-tick_hours / (24 * p["power_time"])) for p in parameters]),
        ticks_per_moment=first.numerics.ticks_per_moment,
        moments_per_day=_MOMENTS_PER_DAY,
    )


def poisson_thresholds(expected: Float) -> Float:
    """Return, for expected counts of any shape, the limits that a 31-bit random number reaches k + 1 times over.

    The number of limits at or below a uniform 31-bit number is then Poisson distributed (to 2^-31; counts
    above `MOST_EVENTS` become `MOST_EVENTS`). Shape: expected.shape + (MOST_EVENTS,).
    """
    from scipy.special import pdtr

    return np.asarray(pdtr(np.arange(MOST_EVENTS), np.asarray(expected)[..., None]) * MOST_WORD)


def _background(parameters: dict[str, float]) -> tuple[float, ...]:
    persistence = float(np.exp(-MOMENT_HOURS / parameters["background_time"]))
    innovation = parameters["background_sd"] * float(np.sqrt(1 - persistence**2))
    means = (parameters[f"background_{system}"] for system in ("threat", "drive", "soothing"))
    return (*means, persistence, innovation)


def _exercise_rows(runs: Sequence[Run]) -> dict[tuple[str, tuple[float, ...]], tuple[float, ...]]:
    """Return the different exercises of a batch: (kind, numbers) -> numbers, in sorted order."""
    found = {}
    for run in runs:
        for kind, exercise in run.scenario.exercises().items():
            numbers = tuple(float(getattr(exercise, name)) for name in EXERCISE_FIELDS)
            found[kind, numbers] = numbers
    return dict(sorted(found.items()))


def _agenda(
    runs: Sequence[Run], rows: dict[tuple[str, tuple[float, ...]], int]
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64]]:
    """Return home practice, sessions and their moments by run and day of the programme."""
    programmes = [run.scenario.programme() for run in runs]
    days = max([1, *(p.days for p in programmes if p)])
    home = np.full((len(runs), days), -1, dtype=np.int64)
    session = np.full((len(runs), days, 2), -1, dtype=np.int64)
    moment = np.full((len(runs), days), -1, dtype=np.int64)
    for number, (run, programme) in enumerate(zip(runs, programmes, strict=True)):
        if programme is None:
            continue
        row = {
            kind: rows[kind, tuple(float(getattr(e, name)) for name in EXERCISE_FIELDS)]
            for kind, e in run.scenario.exercises().items()
        }
        for day, kind in enumerate(programme.home_agenda()):
            home[number, day] = row[kind] if kind else -1
        for held in programme.sessions:
            moment[number, held.day] = round(held.hour / MOMENT_HOURS)
            session[number, held.day, : len(held.exercises)] = [row[kind] for kind in held.exercises]
    return home, session, moment


def _events(
    runs: Sequence[Run],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64], Float]:
    """Return dated, community and scripted events: start by (run, moment), then slot, kind and size of each."""
    moments = runs[0].scenario.moments
    start = np.zeros((len(runs), moments + 1), dtype=np.int64)
    people: list[npt.NDArray[np.int64]] = []
    kinds: list[npt.NDArray[np.int64]] = []
    sizes: list[Float] = []
    total = 0
    for number, run in enumerate(runs):
        when, who, kind, size = _events_of(run)
        inside = when < moments
        order = np.argsort(when[inside], kind="stable")
        start[number] = total + np.concatenate([[0], np.cumsum(np.bincount(when[inside], minlength=moments))])
        people.append(who[inside][order] + run.first_slot)
        kinds.append(kind[inside][order])
        sizes.append(size[inside][order])
        total = int(start[number, -1])
    return start, np.concatenate(people), np.concatenate(kinds), np.concatenate(sizes)


def _events_of(run: Run) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64], Float]:
    """Return (moment, person, kind, size) of every event of one run that is not drawn as it goes."""
    found: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64], Float]] = []
    scenario = run.scenario
    dated = 0
    for stimulus in scenario.stimuli:
        if isinstance(stimulus, Script):
            script = scenario.located(stimulus).read(run.people)
            found.append(
                (
                    np.floor(script.time_h / MOMENT_HOURS + 1e-9).astype(np.int64),
                    script.person,
                    script.kind.astype(np.int64),
                    script.intensity,
                )
            )
            continue
        if isinstance(stimulus, Dated):
            lots = uniforms(scenario.seed, run.replicate, f"stimulus/dated/{dated}", run.people)
            who = np.flatnonzero(lots < stimulus.share)
            dated += 1
        elif isinstance(stimulus, Shock):
            mask = np.ones(run.people, dtype=bool)
            for attribute, value in (stimulus.group or {}).items():
                mask &= run.community.members(attribute, value)
            who = np.flatnonzero(mask)
        else:
            continue
        moment = int(stimulus.time_h / MOMENT_HOURS + 1e-9)
        for code, kick in enumerate(stimulus.kicks):
            if kick > 0:
                found.append(
                    (np.full(who.size, moment), who, np.full(who.size, code), np.full(who.size, float(kick)))
                )
    if not found:
        empty = np.zeros(0, dtype=np.int64)
        return empty, empty, empty, np.zeros(0)
    when, who, kind, size = (np.concatenate(column) for column in zip(*found, strict=True))
    return when.astype(np.int64), who.astype(np.int64), kind.astype(np.int64), size.astype(np.float64)
