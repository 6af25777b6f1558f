"""A world: arrays that own the state of every person in every run of a batch, built from scenarios."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from affectsim.draws import seed_for, uniforms
from affectsim.enrolment import enrol, guidance, nobody, training_days
from affectsim.errors import InputError, Mistake, nearest
from affectsim.kernel.tables import MOST_GROUPS, Population, Tables
from affectsim.layout import (
    ATTRIBUTE_NAMES,
    FAST_ROWS,
    LANES,
    NEVER,
    SLOW,
    SLOW_ROWS,
    STEADY,
    STEADY_ROWS,
    STEADY_UNITS,
    Fast,
    blocks_for,
    steady,
)
from affectsim.networks.ties import Community
from affectsim.own_parts import blamed
from affectsim.parameters import MOMENT_HOURS
from affectsim.runs import Run
from affectsim.scenario import Scenario
from affectsim.traits import traits_of
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

    @property
    def steady(self) -> npt.NDArray[np.uint16]:
        """Steady shares, a view of shape (blocks, STEADY_ROWS, LANES); see `layout.STEADY`."""
        return self.population.steady.reshape(-1, STEADY_ROWS, LANES)

    def get(self, run: int, name: str) -> Float:
        """Return one quantity of one run's people, shape (people,): a name of `layout` (SLOW, STEADY or Fast)."""
        values = np.asarray(self._rows(run, name).reshape(-1)[: self.runs[run].people], dtype=np.float64)
        return values / STEADY_UNITS if name in STEADY else values

    def set(self, run: int, name: str, values: npt.ArrayLike) -> None:
        """Set one quantity of one run's people; `values` has shape (people,) or is one number.

        Raises ValueError for a share of `layout.STEADY` outside [0, 1].
        """
        rows = self._rows(run, name)
        flat = rows.reshape(-1).copy()
        flat[: self.runs[run].people] = steady(values) if name in STEADY else values
        rows[:] = flat.reshape(rows.shape)

    def _rows(self, run: int, name: str) -> npt.NDArray[np.generic]:
        blocks = slice(self.population.run_blocks[run], self.population.run_blocks[run + 1])
        if name in STEADY:
            return self.steady[blocks, STEADY[name], :]
        if name in SLOW:
            return self.slow[blocks, SLOW[name], :]
        return self.fast[blocks, Fast[name.upper()], :]

    def bonds(self, run: int) -> tuple[Float, Float]:
        """Return how strong the ties are that each of a run's people receives from, and their distrust of them.

        Means over the ties (strength: 1 at the beginning; distrust in [0, 1]), shape (people,) each; NaN for
        people without ties. Only for worlds in which ties change (`scenario.bonds`).
        """
        here, population = self.runs[run], self.population
        start = population.tie_start[here.first_slot : here.first_slot + here.people + 1]
        receiver = np.repeat(np.arange(here.people), np.diff(start))
        ties = slice(start[0], start[-1])
        with np.errstate(invalid="ignore"):
            strength, distrust = (
                np.bincount(receiver, values[ties], minlength=here.people) / np.diff(start)
                for values in (population.tie_strength, population.tie_distrust)
            )
        return strength, distrust

    def tie_shares(self, run: int) -> Float:
        """Return which share of what its giver expresses each tie of a run brings, distrust apart, shape (ties,)."""
        here, population = self.runs[run], self.population
        slots = slice(here.first_slot, here.first_slot + here.people)
        start = population.tie_start[slots.start : slots.stop + 1]
        share = np.repeat(population.tie_share[slots].astype(np.float64), np.diff(start))
        weight = population.tie_weight[start[0] : start[-1]]
        return share * weight if weight.size else share

    @property
    def bytes_per_person(self) -> float:
        """Memory of the state per person, ties not counted."""
        people = sum(run.people for run in self.runs)
        state = (self.population.fast, self.population.slow, self.population.steady, self.population.given)
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
    states: list[dict[str, Float]] = []
    slot = 0
    for number, scenario in enumerate(scenarios):
        for replicate in range(scenario.replicates) if replicates is None else replicates:
            community = community_of(scenario, replicate)
            people = community.people
            traits = traits_of(scenario, replicate, people)
            enrolled = enrol(scenario, replicate, community, traits)
            for arm in scenario.arms:
                programme = scenario.programme(arm)
                start, stop = training_days(scenario, replicate, programme, enrolled.places.start)
                practice = uniforms(scenario.seed, replicate, "practice moment", people)
                low, high = _PRACTICE_MOMENTS
                slow = {
                    **traits,
                    **{f"baseline_{name}": traits[name] for name in ATTRIBUTE_NAMES},
                    "current_power": traits["power"],
                    "practice_time": (low + np.floor(practice * (high - low)) + 0.5) * MOMENT_HOURS / 24,
                    "start_day": start,
                    "stop_day": stop,
                    **guidance(scenario, replicate, programme, enrolled.places),
                }
                early = (stop < start + (programme.days if programme else 0)) & (start < NEVER)
                given = enrolled.places if programme else nobody(people)
                runs.append(
                    Run(
                        scenario,
                        replicate,
                        arm,
                        community,
                        slot,
                        enrolled.fit,
                        early,
                        *given,
                        screened_out=enrolled.screened_out,
                        number=number,
                    )
                )
                states.append(slow)
                slot += blocks_for(people) * LANES
    population = _population(runs, states)
    return World(population, tables_of(runs), tuple(runs))


def community_of(scenario: Scenario, replicate: int = 0) -> Community:
    """Return the people and ties of one replicate. Raises InputError for files and groups that do not fit."""
    network = scenario.located(scenario.network)
    people, seed = scenario.population.size, seed_for(scenario.seed, replicate, "network")
    with blamed(network, f"network {network.kind}"):
        community = network.build(people, seed)
        if not isinstance(community, Community) or people not in (None, community.people):
            raise TypeError(f"build must return a Community of {people} people")
    _check_groups(scenario, community)
    return community


def _check_groups(scenario: Scenario, community: Community) -> None:
    attribute, groups, where = scenario.bonds.stereotyping_by, community.groups, "bonds.stereotyping_by"
    if attribute is None:
        return
    if attribute not in groups:
        hint = nearest(attribute, groups) or "; this network has no groups"
        raise InputError(scenario.source, [Mistake(where, f"unknown attribute {attribute}{hint}")])
    if (count := int(community.codes(attribute).max(initial=-1)) + 1) > MOST_GROUPS:
        message = f"{attribute} has {count} values; at most {MOST_GROUPS} groups are allowed"
        raise InputError(scenario.source, [Mistake(where, message)])


def _population(runs: Sequence[Run], states: Sequence[dict[str, Float]]) -> Population:
    blocks = [blocks_for(run.people) for run in runs]
    run_blocks = np.concatenate([[0], np.cumsum(blocks)]).astype(np.int64)
    slots = int(run_blocks[-1]) * LANES
    fast = np.zeros((int(run_blocks[-1]), FAST_ROWS, LANES))
    slow = np.zeros((int(run_blocks[-1]), SLOW_ROWS, LANES), dtype=np.float32)
    shares = np.zeros((int(run_blocks[-1]), STEADY_ROWS, LANES), dtype=np.uint16)
    for number, (run, values) in enumerate(zip(runs, states, strict=True)):
        here = slice(run_blocks[number], run_blocks[number + 1])
        for name, value in values.items():
            padded = np.resize(value, blocks[number] * LANES)
            if name in ("start_day", "stop_day"):
                padded[run.people :] = NEVER
            if name in STEADY:
                shares[here, STEADY[name], :] = steady(padded).reshape(-1, LANES)
            else:
                slow[here, SLOW[name], :] = padded.reshape(-1, LANES)
        parameters = run.scenario.parameters
        for system in ("threat", "drive", "soothing"):
            slow[here, SLOW[f"background_{system}"], :] = parameters[f"background_{system}"]
            baseline = slow[here, SLOW[f"{system}_baseline"], :].astype(np.float64)
            # Everybody starts where a person without inputs and couplings rests.
            fast[here, Fast[system.upper()], :] = baseline / (1 + baseline)
    bonds = any(run.scenario.bonds.active for run in runs)
    changing = any(run.scenario.parameters["circumstances_sd"] > 0 for run in runs)
    start, source, weight, share = _ties(runs, slots)
    if not bonds and (weight == 1).all():
        weight = np.zeros(0, dtype=np.float32)
    ties = source.size if bonds else 0
    return Population(
        fast=fast.reshape(-1),
        slow=slow.reshape(-1),
        steady=shares.reshape(-1),
        given=np.zeros(8 * slots, dtype=np.float32),
        block_run=np.repeat(np.arange(len(runs)), blocks),
        block_first=np.concatenate([np.arange(count) * LANES for count in blocks]).astype(np.int64),
        run_blocks=run_blocks,
        tie_start=start,
        tie_source=source,
        tie_share=share,
        tie_weight=weight,
        tie_warmth=weight.copy() if bonds else weight,
        circumstances=np.zeros(2 * slots if changing else 0, dtype=np.float32),
        tie_base=weight.copy() if bonds else np.zeros(0, np.float32),
        tie_strength=np.ones(ties, dtype=np.float32),
        tie_distrust=np.zeros(ties, dtype=np.float32),
        tie_group=np.concatenate([_groups(run) for run in runs]) if bonds else np.zeros(0, np.int32),
        day=np.zeros(3 * slots if bonds else 0, dtype=np.float32),
    )


def _groups(run: Run) -> npt.NDArray[np.int32]:
    """Return the group of the giver of each tie of a run, -1 where it does not count; shape (ties,)."""
    ties, attribute = run.community.ties, run.scenario.bonds.stereotyping_by
    if attribute is None:
        return np.full(ties.count, -1, dtype=np.int32)
    return run.community.codes(attribute).astype(np.int32)[ties.source]


def _ties(
    runs: Sequence[Run], slots: int
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.uint32], npt.NDArray[np.float32], npt.NDArray[np.float32]]:
    """Return the ties of all runs between slots, their weights, and everybody's 1 / (half weight + sum of weights)."""
    received = np.zeros(slots, dtype=np.int64)
    share = np.zeros(slots, dtype=np.float32)
    sources = []
    for run in runs:
        ties, here = run.community.ties, slice(run.first_slot, run.first_slot + run.people)
        received[here] = np.diff(ties.start)
        share[here] = 1 / (run.scenario.parameters["tie_half_weight"] + ties.received)
        sources.append((4 * (ties.source.astype(np.int64) + run.first_slot)).astype(np.uint32))
    start = np.concatenate([[0], np.cumsum(received)]).astype(np.int64)
    weight = np.concatenate([run.community.ties.weight for run in runs]).astype(np.float32)
    return start, np.concatenate(sources), weight, share
