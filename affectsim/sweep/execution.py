"""The coordinator: hands out runs, keeps what comes back, goes on after whatever happens to a worker."""

from __future__ import annotations

import os
import time
from collections import Counter, deque
from collections.abc import Callable
from dataclasses import dataclass

from affectsim.errors import InputError
from affectsim.simulation import Progress
from affectsim.sweep.plan import Plan
from affectsim.sweep.runs import Made, Maker
from affectsim.sweep.store import Done, Store
from affectsim.sweep.workers import TIME_LIMIT, Hands, Lost, Pool

#: Aim for one batch (s): long enough to hide the coordinator, short enough to lose little when a worker dies.
BATCH_SECONDS = 1.0
#: Most runs and most recorded numbers in a batch (a quarter of a gigabyte).
MOST_BATCH, _MOST_NUMBERS = 64, 2**25
#: Workers that a run may take with it before it is given up: so many that end by themselves, and so many that somebody
#: else may have ended (a signal), which says little about the run.
MOST_DEATHS, MOST_KILLED = 3, 8


@dataclass
class Account:
    """What an execution did: runs made and failed, seconds by the clock, of processors and in the kernel."""

    made: int = 0
    failed: int = 0
    seconds: float = 0.0
    busy: float = 0.0
    kernel: float = 0.0
    memory: int = 0
    deaths: int = 0
    per_run: float = 0.0

    def take(self, made: Made, memory: int = 0) -> None:
        """Count a batch."""
        self.made += len(made.done)
        self.failed += sum(one.failed is not None for one in made.done)
        self.busy += made.seconds
        self.kernel += made.kernel
        self.memory = max(self.memory, memory)
        each = made.seconds / max(len(made.done), 1)
        self.per_run = each if self.per_run == 0 else 0.7 * self.per_run + 0.3 * each


def cores() -> int:
    """Return how many processors this process may use."""
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def execute(
    store: Store,
    *,
    workers: int | None = None,
    scheduler: str | None = None,
    time_limit: float = TIME_LIMIT,
    progress: Progress | None = None,
    acknowledged: Callable[[list[int]], None] | None = None,
    started: Callable[[Hands], None] | None = None,
) -> Account:
    """Make every run that is missing. `workers`: processes, default one per core; 0: in this one.

    `scheduler`: address of a Dask scheduler on this machine, whose workers make the runs, or "local" for one of
    one's own with so many workers; default: processes without Dask. `time_limit`: longest time of a run (s).

    `acknowledged`: called with the runs that are on the disk, batch by batch. Damaged rows are made again. A run
    that raises, that takes too long, or that takes too many workers with it, is kept as failed. Raises
    InputError if nothing more can be kept (a full disk) or made, KeyboardInterrupt with how to go on.
    """
    if store.damaged:
        store.forget(store.damaged)
        store.damaged = []
    account, began = Account(), time.perf_counter()
    todo, total = deque(store.todo()), store.counts()[2]
    before = total - len(todo)

    def keep(made: Made, memory: int = 0) -> None:
        store.add(made.done)
        account.take(made, memory)
        if acknowledged:
            acknowledged([one.run for one in made.done])
        if progress:
            progress(before + account.made, total)

    hands: Hands | None = None
    try:
        if workers == 0 and scheduler is None:
            maker = Maker(store.plan)
            while todo:
                keep(maker.make(list(store.jobs(_cut(todo, account, store.plan, 1)))))
        elif todo:
            hands = _hired(store, workers or cores(), len(todo), scheduler, time_limit)
            if started:
                started(hands)
            _hand_out(store, hands, workers or cores(), todo, account, keep)
    except KeyboardInterrupt:
        raise KeyboardInterrupt(_safe(store)) from None
    finally:
        if hands is not None:
            hands.close()
        account.seconds = time.perf_counter() - began
    return account


def _hired(store: Store, workers: int, runs: int, scheduler: str | None, time_limit: float) -> Hands:
    if scheduler is None:
        return Pool(store.plan, min(workers, runs), time_limit)
    from affectsim.sweep.dask_workers import DaskWorkers

    return DaskWorkers(store.plan, min(workers, runs), scheduler, time_limit, f"affectsim resume {store.folder}")


def _hand_out(store: Store, hands: Hands, workers: int, todo: deque[int], account: Account,
              keep: Callable[[Made, int], None]) -> None:  # fmt: skip
    deaths: Counter[int] = Counter()
    alone: deque[int] = deque()
    held: set[int] = set()
    while todo or alone or held:
        for _ in range(hands.idle()):
            if not todo and not alone:
                break
            # Runs whose worker died are made one by one, so that one that kills takes no other with it.
            runs = [alone.popleft()] if alone else _cut(todo, account, store.plan, workers)
            held.update(runs)
            hands.give(list(store.jobs(runs)))
        for heard in hands.listen(1.0):
            if isinstance(heard, Lost):
                account.deaths += 1
                _after_death(heard, deaths, alone, held, keep)
            elif heard.made is not None:
                for one in heard.made.done:
                    held.remove(one.run)
                keep(heard.made, heard.memory)


def _after_death(lost: Lost, deaths: Counter[int], alone: deque[int], held: set[int],
                 keep: Callable[[Made, int], None]) -> None:  # fmt: skip
    for job in lost.jobs:
        held.remove(job.run)
        if len(lost.jobs) == 1:
            deaths[job.run] += 1
        most = MOST_DEATHS if lost.by_itself else MOST_KILLED
        if len(lost.jobs) == 1 and (lost.hung or deaths[job.run] >= most):
            died = f"the process that made it died {deaths[job.run]} times ({lost.why}); too little memory?"
            keep(Made([Done(job.run, {}, lost.why if lost.hung else died)], 0.0, 0.0), 0)
        else:
            alone.append(job.run)


def _cut(todo: deque[int], account: Account, plan: Plan, workers: int) -> list[int]:
    """Take the runs of the next batch: about `BATCH_SECONDS` of work, fewer towards the end so that all stay busy."""
    size = 1 if account.per_run == 0 else int(BATCH_SECONDS / max(account.per_run, 1e-6))
    size = min(size, most_in_batch(plan), -(-len(todo) // (2 * workers)))
    return [todo.popleft() for _ in range(max(1, min(size, len(todo))))]


def most_in_batch(plan: Plan) -> int:
    """Return how many runs fit into a batch, by what they record."""
    base = plan.base
    people = base.population.size or 1000
    records = base.days * 24 / base.record.every_hours
    numbers = people * records * (5 + len(base.record.readouts)) * len(base.arms)
    return int(min(MOST_BATCH, max(1, _MOST_NUMBERS // max(1, numbers))))


def _safe(store: Store) -> str:
    try:
        done, _, total = store.counts()
    except InputError:
        return f"what was done is safe. Go on with: affectsim resume {store.folder}"
    return f"{done:,} of {total:,} runs are safe. Go on with: affectsim resume {store.folder}"
