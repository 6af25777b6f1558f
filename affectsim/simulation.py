"""From scenarios to runs: build a world, advance it, record it."""

from __future__ import annotations

import os
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from affectsim.errors import InputError, Mistake
from affectsim.questionnaires.received import ROW
from affectsim.readouts import ALWAYS
from affectsim.received import ticks_between, warmth_received
from affectsim.results import Summaries, constants, dataset, slow_rows
from affectsim.scenario import Scenario
from affectsim.world import World, build

if TYPE_CHECKING:
    import xarray as xr

Float = npt.NDArray[np.float64]
#: Called now and then with (ticks done, ticks in all); may raise KeyboardInterrupt to stop.
Progress = Callable[[int, int], None]

#: Records are taken from the kernel in pieces of at most this many bytes.
_BUFFER_BYTES = 64 * 2**20
#: Aim for one call of the kernel (s), so that progress shows and Ctrl-C is heard.
_CALL_SECONDS = 0.3
#: What a tick of one person is taken to cost at first (s): several times what is measured, so that a call stays short.
_PERSON_TICK_SECONDS = 4e-6
#: More threads than processors only wait for each other.
MOST_THREADS = 256
#: People in a batch from which several threads are worth their waiting (measured on two cores).
_WORTH_THREADS = 2_000


def simulate(scenario: Scenario, *, threads: int | None = None, progress: Progress | None = None) -> xr.Dataset:
    """Run a scenario: every replicate, every arm.

    Returns a dataset with dimensions run, time, person (and quantile for summaries). `threads`: default
    all cores for large worlds; the numbers do not depend on it. Raises InputError for what cannot be run.
    """
    return simulate_many([scenario], threads=threads, progress=progress)[0]


def simulate_many(
    scenarios: Sequence[Scenario],
    *,
    threads: int | None = None,
    progress: Progress | None = None,
    prepare: Callable[[World], None] | None = None,
) -> list[xr.Dataset]:
    """Run several scenarios in one batch: same length, tick, steps and recording (ValueError otherwise).

    The numbers are those of each scenario run alone; one that stands there twice is run twice. `prepare`: called once
    with the world before its first tick, to look at the people or to set what they start from (`World.get`,
    `World.set`).
    """
    began = time.perf_counter()
    batch = recorded(scenarios, threads=threads, progress=progress, prepare=prepare)
    return datasets(scenarios, batch, time.perf_counter() - began)


def datasets(scenarios: Sequence[Scenario], batch: Recorded, seconds: float) -> list[xr.Dataset]:
    """Return the runs of each scenario of a batch, with its readouts computed. `seconds`: what the batch took."""
    return [dataset_of(batch, number, seconds) for number in range(len(scenarios))]


def dataset_of(batch: Recorded, number: int, seconds: float) -> xr.Dataset:
    """Return the runs of one scenario of a batch, by its position there; see `datasets`."""
    mine = [n for n, run in enumerate(batch.world.runs) if run.number == number]
    scenario = batch.world.runs[mine[0]].scenario
    found = dataset(
        scenario,
        [batch.world.runs[n] for n in mine],
        np.stack([batch.values[n] for n in mine]),
        [{name: batch.world.get(n, name) for name in constants(scenario)} for n in mine],
        scenario.record.rows(batch.world.runs[mine[0]].people),
        [batch.summaries[n] for n in mine],
        batch.hours,
        seconds,
    )
    return _with_bonds(found, batch.world, mine) if scenario.bonds.active else found


class Recorded(NamedTuple):
    """What a batch recorded, run by run of its world.

    `hours`: ends of the intervals, (records,). `values`: of each run (records, quantities, recorded people), with
    quantities as in `readouts.ALWAYS`, then `results.slow_rows`. `seconds`: processor time of advancing the world.
    """

    world: World
    hours: Float
    values: list[Float]
    summaries: list[Summaries]
    seconds: float


def only_scenarios(given: Sequence[object]) -> None:
    """Raise TypeError for what is no scenario."""
    for one in given:
        if not isinstance(one, Scenario):
            raise TypeError(f"{one!r} is no Scenario; Scenario.load reads one from a file")


def recorded(
    scenarios: Sequence[Scenario],
    replicates: Sequence[int] | None = None,
    *,
    threads: int | None = None,
    progress: Progress | None = None,
    prepare: Callable[[World], None] | None = None,
) -> Recorded:
    """Run a batch and return bare records; see `simulate_many`. `replicates`: which ones, default all of each.

    Raises TypeError for what is no scenario.
    """
    if isinstance(scenarios, str | os.PathLike | Scenario):
        raise TypeError(f"needs a list of scenarios, not {scenarios!r}; Scenario.load reads one from a file")
    only_scenarios(scenarios)
    if not scenarios:
        raise ValueError("needs at least one scenario")
    first = scenarios[0]
    if any(s.record.every != first.record.every or slow_rows(s) != slow_rows(first) for s in scenarios):
        raise ValueError("scenarios of one batch need the same record.every and readouts")
    world = build(scenarios, replicates)
    if prepare:
        prepare(world)
    every = round(first.record.every_hours / first.numerics.tick_hours)
    whole = first.ticks // every
    if whole == 0:
        message = f'"{first.record.every}" is longer than the run ({first.days:g} days)'
        raise InputError(first.source, [Mistake("record.every", message)])
    recorder = _Recorder(world, every, slow_rows(first))
    began = time.process_time()
    for records, done in advance(world, recorder, threads=threads):
        recorder.take(records)
        if progress:
            progress(done, first.ticks)
    seconds = time.process_time() - began
    hours = np.arange(1, whole + 1, dtype=np.float64) * first.record.every_hours
    values = [recorder.kept(n) for n in range(len(world.runs))]
    return Recorded(world, hours, values, recorder.summaries, seconds)


def _with_bonds(found: xr.Dataset, world: World, runs: Sequence[int]) -> xr.Dataset:
    """Add how the ties of the recorded people are at the end, in runs in which ties change."""
    if "person" not in found:
        return found
    strength, distrust = (np.stack(values)[:, found["person"]] for values in zip(*map(world.bonds, runs), strict=True))
    says = "ties that the person receives from, at the end (missing: none)"
    return found.assign(
        tie_strength=(("run", "person"), strength, {"units": "1", "long_name": f"mean strength of the {says}"}),
        distrust=(("run", "person"), distrust, {"units": "1", "long_name": f"mean distrust of the {says}"}),
    )


def advance(world: World, recorder: _Recorder | None = None, *, ticks: int | None = None, threads: int | None = None):  # type: ignore[no-untyped-def]
    """Advance a world; yield (records, ticks done) after every piece of work.

    `ticks`: how many, default all that are left. Records have shape (records, quantities, people).
    """
    from affectsim.kernel.record import SUMS

    people = sum(run.people for run in world.runs)
    threads = number_of_threads(threads, people)
    total = world.runs[0].scenario.ticks
    end = total if ticks is None else min(total, world.tick + ticks)
    slots = world.population.tie_start.size - 1
    if recorder is None:
        every, rows, chosen, columns = total + 1, np.zeros(0, dtype=np.int64), np.full(slots, -1, np.int64), 0
    else:
        every, rows, chosen, columns = recorder.every, recorder.rows, recorder.chosen, recorder.columns
    per_record = 8 * (SUMS + rows.size) * max(columns, 1)
    piece = max(1, int(_CALL_SECONDS / (_PERSON_TICK_SECONDS * people * (every if recorder else 1))))
    while world.tick < end:
        most = max(1, _BUFFER_BYTES // per_record)
        count = min(piece, most) * every if recorder else max(1, piece)
        count = min(count, end - world.tick)
        out = np.empty((max(1, -(-count // every)), SUMS + rows.size, columns))
        started = time.perf_counter()
        between = recorder.between if recorder and recorder.between else count
        for done in range(0, count, between):
            record, ticks = done // every, min(between, count - done)
            _call_kernel(threads, world.population, world.tables, world.tick, ticks, every, rows, chosen, out[record:])
            world.tick += ticks
            if recorder:
                recorder.look(world, out[record])
        taken = time.perf_counter() - started
        yield out[: count // every], world.tick
        piece = max(1, min(2 * piece, int(piece * _CALL_SECONDS / max(taken, 1e-6))))


def _call_kernel(threads: int, *arguments: Any) -> None:
    """Advance all shares of a batch, each in a thread of its own."""
    from affectsim.kernel.advance import advance as share
    from affectsim.kernel.meeting import meeting

    place = meeting()
    if threads == 1:
        share(*arguments, place, 0, 1)
        return
    gate = threading.Barrier(threads)

    def work(thread: int) -> None:
        with _apart(thread):
            gate.wait()
        share(*arguments, place, thread, threads)

    def all_shares() -> None:
        with ThreadPoolExecutor(threads - 1) as pool:
            try:
                jobs = [pool.submit(work, thread) for thread in range(1, threads)]
            except BaseException:
                gate.abort()  # a thread could not be started: the others must not wait for it
                raise
            work(0)
            for job in jobs:
                job.result()

    # Ctrl-C reaches this thread only, never those who wait for each other.
    try:
        with ThreadPoolExecutor(1) as pool:
            pool.submit(all_shares).result()
    except RuntimeError as failed:
        # Ctrl-C between two steps of Python's own locks ends in a complaint about the lock: it is Ctrl-C all the same.
        if isinstance(failed.__context__, KeyboardInterrupt):
            raise failed.__context__ from None
        raise


@contextmanager
def _apart(thread: int) -> Iterator[None]:
    """Keep the threads that start together on different processors, where the system lets one choose.

    Left alone, a thread often wakes up on the processor of the one that woke it; there the two wait for each other in
    turn, and the system sees too late that another processor has nothing to do. Afterwards they may move again.
    """
    if not hasattr(os, "sched_setaffinity"):
        yield
        return
    allowed = os.sched_getaffinity(0)
    # Other runs on this machine begin elsewhere. Where choosing is forbidden it is merely slower.
    with suppress(OSError):
        os.sched_setaffinity(0, {sorted(allowed)[(os.getpid() + thread) % len(allowed)]})
    try:
        yield
    finally:
        with suppress(OSError):
            os.sched_setaffinity(0, allowed)


def number_of_threads(threads: int | None, people: int) -> int:
    """Return how many threads to use. Raises InputError for an impossible number.

    Default: all cores for large worlds, one for small ones, whose threads would mostly wait for each other.
    """
    if threads is None:
        return min(MOST_THREADS, os.cpu_count() or 1) if people >= _WORTH_THREADS else 1
    if not 1 <= threads <= MOST_THREADS:
        raise InputError("threads", [Mistake(f"threads = {threads}", f"must be from 1 to {MOST_THREADS}")])
    return threads


class _Recorder:
    """Which people are read out of the kernel, and what is kept of them."""

    def __init__(self, world: World, every: int, names: Sequence[str]) -> None:
        from affectsim.layout import RECORDABLE

        self.every = every
        # What the kernel does not record gets a row of which `look` makes something else.
        self.rows = np.array([RECORDABLE[name] if name != ROW else 0 for name in names], dtype=np.int64)
        self.quantities = len(ALWAYS) + len(names)
        self.chosen = np.full(world.population.tie_start.size - 1, -1, dtype=np.int64)
        self.columns = 0
        self.spans: list[slice] = []
        self.keep: list[npt.NDArray[np.int64]] = []
        self.summaries = [Summaries() for _ in world.runs]
        self._kept: list[list[Float]] = [[] for _ in world.runs]
        #: Ticks between two looks at the warmth received, 0 without.
        self.between = ticks_between(every, world.runs[0].scenario.numerics.tick_hours) if ROW in names else 0
        self._looks: list[Float] = []
        self._received = len(ALWAYS) + names.index(ROW) if self.between else 0
        self.summarise = []
        for run in world.runs:
            rows = run.scenario.record.rows(run.people)
            everybody = run.scenario.record.summaries or rows.size == run.people
            read = np.arange(run.people) if everybody else rows
            self.chosen[run.first_slot + read] = self.columns + np.arange(read.size)
            self.spans.append(slice(self.columns, self.columns + read.size))
            self.keep.append(rows if everybody else np.arange(rows.size))
            self.summarise.append(run.scenario.record.summaries)
            self.columns += read.size

    def look(self, world: World, record: Float) -> None:
        """Look at the warmth received; at the end of an interval its mean goes to a record (quantities, columns)."""
        if not self.between:
            return
        there = self.chosen >= 0
        looked = np.empty(self.columns)
        looked[self.chosen[there]] = warmth_received(world.population, world.tables)[there]
        self._looks.append(looked)
        if len(self._looks) == self.every // self.between:
            record[self._received] = np.mean(self._looks, axis=0)
            self._looks.clear()

    def take(self, records: Float) -> None:
        """Keep what is wanted of records of shape (records, quantities, columns)."""
        for n, span in enumerate(self.spans):
            mine = records[:, :, span]
            if self.summarise[n] and len(records):
                self.summaries[n].add(mine[:, : len(ALWAYS)])
            self._kept[n].append(mine[:, :, self.keep[n]].copy())

    def kept(self, run: int) -> Float:
        """Return the records of one run's recorded people: (records, quantities, people)."""
        return np.concatenate(self._kept[run])
