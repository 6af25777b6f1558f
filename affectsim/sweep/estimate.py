"""What a sweep will cost, before it begins: a few runs are made by all workers, and rows are written to a file."""

from __future__ import annotations

import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from affectsim.errors import InputError, Mistake
from affectsim.sweep.designs import Point
from affectsim.sweep.execution import BATCH_SECONDS, cores, most_in_batch
from affectsim.sweep.plan import Job, Plan
from affectsim.sweep.runs import Made
from affectsim.sweep.store import FILE, Done, Store
from affectsim.sweep.workers import Lost, Pool, peak_memory

#: Points that are tried first, evenly spread over the design, and rows that are written to measure their size.
_PILOTS, _ROWS = 6, 2000


class Estimate(NamedTuple):
    """Runs to make, workers, seconds by the clock, bytes on the disk at the end and in memory at the peak.

    `busy`: processor seconds. `failed`: of the runs that were tried, how many could not be made, and why.
    """

    runs: int
    workers: int
    seconds: float
    busy: float
    disk: int
    memory: int
    failed: dict[str, int]

    def text(self) -> str:
        """Return it in words."""
        lines = [
            f"  {self.runs:,} runs, about {_time(self.seconds)} on {self.workers} "
            f"{'processes' if self.workers > 1 else 'process'} with what else runs now "
            f"({_time(self.busy)} of processor time), {_size(self.disk)} on the disk, {_size(self.memory)} of memory"
        ]
        lines += [f"  {count} of the runs tried first failed: {why}" for why, count in self.failed.items()]
        return "\n".join(lines)


def estimate(plan: Plan, points: Sequence[Point], workers: int | None = None) -> Estimate:
    """Return what a sweep will cost, from runs at a few of its points. Raises InputError if no worker can start.

    The time by the clock is as of now: on a machine that will have more or less else to do it will be another one.
    """
    runs = plan.mine(len(points))
    count = max(1, min(workers or cores(), len(runs)))
    pilots = [runs[len(runs) * n // _PILOTS] for n in range(min(_PILOTS, len(runs)))]
    jobs = [Job(run, run % plan.replicates, plan.changes_at(points[run // plan.replicates])) for run in pilots]
    pool = Pool(plan, count)
    try:
        (first, ready), *_ = _made(pool, jobs, 1)
        each = first.seconds / len(jobs)
        # Batches as large as those to come, on all workers at once, show what batching saves, what it takes in
        # memory, and how fast the machine is with all that it does besides.
        size = max(1, min(int(BATCH_SECONDS / max(each, 1e-6)), most_in_batch(plan), len(runs)))
        batch = [jobs[n % len(jobs)]._replace(replicate=jobs[0].replicate) for n in range(size)]
        full = _made(pool, batch, count)
    finally:
        pool.close()
    failed: dict[str, int] = {}
    for one in first.done:
        if one.failed is not None:
            failed[one.failed] = failed.get(one.failed, 0) + 1
    rate = sum(size / max(made.clock, 1e-9) for made, _ in full)
    busy = sum(made.seconds for made, _ in full) / (size * count) * len(runs)
    memory = count * max(ready, *(most for _, most in full)) + peak_memory()
    return Estimate(
        len(runs), count, len(runs) / rate, busy, _disk(plan, points, first.done, len(runs)), memory, failed
    )


def _made(pool: Pool, jobs: Sequence[Job], workers: int) -> list[tuple[Made, int]]:
    """Let so many workers make the same runs at the same time; return what each made, and its peak of memory."""
    given = False
    found: list[tuple[Made, int]] = []
    while len(found) < workers:
        if not given and pool.idle() >= workers:
            for _ in range(workers):
                pool.give(jobs)
            given = True
        for heard in pool.listen(1.0):
            if isinstance(heard, Lost) and heard.jobs:
                message = f"the process that tried {len(jobs)} runs died; too little memory?"
                raise InputError("sweep", [Mistake("runs", message)])
            if not isinstance(heard, Lost) and heard.made is not None:
                found.append((heard.made, heard.memory))
    return found


def _disk(plan: Plan, points: Sequence[Point], done: Sequence[Done], runs: int) -> int:
    """Return the size of the file at the end: that of one with few rows, scaled to all."""
    some = points[:_ROWS]
    with tempfile.TemporaryDirectory(prefix="affectsim-") as place:
        folder = Path(place)
        Store.create(folder, plan, some)
        empty = (folder / FILE).stat().st_size
        rows = min(_ROWS, len(some) * plan.replicates)
        with Store(folder, write=True) as store:
            store.add(Done(n, done[n % len(done)].values, done[n % len(done)].failed) for n in range(rows))
        full = (folder / FILE).stat().st_size
    return round(empty * max(1.0, len(points) / max(len(some), 1)) + (full - empty) / rows * runs)


def _time(seconds: float) -> str:
    for unit, size in (("days", 86400), ("h", 3600), ("min", 60)):
        if seconds >= 2 * size:
            return f"{seconds / size:.1f} {unit}"
    return f"{seconds:.0f} s" if seconds >= 10 else f"{seconds:.1f} s"


def _size(size: int) -> str:
    for unit, scale in (("GB", 1e9), ("MB", 1e6)):
        if size >= scale:
            return f"{size / scale:.1f} {unit}"
    return f"{size / 1e3:.0f} kB"
