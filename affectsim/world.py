"""A world: arrays that own the state of every person in every run of a batch, built from scenarios."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from affectsim.draws import seed_for, uniforms
from affectsim.kernel.tables import Population, Tables
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
from affectsim.runs import Run
from affectsim.scenario import Scenario
from affectsim.ties import Community
from affectsim.traits import draw_traits
from affectsim.world_tables import tables_of

Float = npt.NDArray[np.float64]

#: Moments of the day at which people practise at home: between 17:00 and 22:00 (assumed).
_PRACTICE_MOMENTS = (34, 44)


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
            community = community_of(scenario, replicate)
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
    return World(population, tables_of(runs), tuple(runs))


def community_of(scenario: Scenario, replicate: int = 0) -> Community:
    """Return the people and ties of one replicate. Raises InputError for files that do not fit."""
    network = scenario.located(scenario.network)
    return network.build(scenario.population.size, seed_for(scenario.seed, replicate, "network"))


def _trainees(scenario: Scenario, replicate: int, community: Community, self_criticism: Float) -> npt.NDArray[np.bool_]:
    """Return who is chosen for training, the same people in every arm; shape (people,)."""
    people = community.people
    chosen = np.zeros(people, dtype=bool)
    if scenario.training is None:
        return chosen
    who = scenario.training.who
    lots = uniforms(scenario.seed, replicate, "who is trained", people)
    ties = np.diff(community.ties.start).astype(float)
    rank = {
        "random": lots,
        "most-self-critical": -self_criticism,
        "hubs": -ties + lots,
        "isolates": ties + lots,
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
