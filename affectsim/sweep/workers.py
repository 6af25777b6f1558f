"""Processes that make runs, and what is done when one of them dies.

Each has a pipe of its own to the coordinator: when the coordinator is gone, however it went, the pipe ends and the
worker with it; when a worker is gone, only its own batch is made again.
"""

from __future__ import annotations

import multiprocessing
import signal
from collections.abc import Sequence
from contextlib import suppress
from multiprocessing.connection import Connection, wait
from typing import Any, NamedTuple

from affectsim.errors import InputError, Mistake
from affectsim.sweep.plan import Job, Plan
from affectsim.sweep.runs import Made

#: Workers that die one after the other before any was ready, after which it is not the runs that kill them: so many
#: by a signal, which may come from outside, and so many that end by themselves.
_MOST_KILLED, _MOST_ENDED = 50, 3


class Reply(NamedTuple):
    """What a worker says: `made` is None when it is ready for the first time. `memory`: its peak so far, bytes."""

    made: Made | None
    memory: int


class CannotStart(NamedTuple):
    """What a worker says that cannot even begin."""

    why: str


class Lost(NamedTuple):
    """A worker died; `jobs` are those that it had not finished."""

    jobs: list[Job]
    exit_code: int | None


def _work(pipe: Connection, plan: Plan) -> None:
    # Ctrl-C reaches every process of the terminal; the coordinator decides what happens then.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    from affectsim.sweep.runs import Maker, reason

    try:
        try:
            maker = Maker(plan)
            _warm()
        except Exception as error:
            pipe.send(CannotStart(reason(error)))
            return
        pipe.send(Reply(None, peak_memory()))
        while True:
            jobs = pipe.recv()
            pipe.send(Reply(maker.make(jobs), peak_memory()))
    except (EOFError, OSError):
        return  # The coordinator has gone: nobody wants the results any more.


def _warm() -> None:
    """Compile the kernel, or read it from disk, before any time is measured."""
    from affectsim.scenario import Scenario
    from affectsim.simulation import recorded

    recorded(
        [Scenario.from_tables({"days": 1, "population": {"size": 8}, "network": {"kind": "none"}})], [0], threads=1
    )


def peak_memory() -> int:
    """Return the most memory that this process has had, bytes; 0 where the system does not say."""
    try:
        import resource
    except ImportError:  # Windows
        return 0
    import sys

    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return peak if sys.platform == "darwin" else peak * 1024


class _Worker:
    def __init__(self, plan: Plan) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs, plan), daemon=True)
        self.process.start()
        theirs.close()
        self.ready = False
        self.jobs: list[Job] = []


class Pool:
    """A number of workers, started anew when they die.

    The first one starts alone, so that the kernel is compiled only once; the others follow when it is ready.
    """

    def __init__(self, plan: Plan, count: int) -> None:
        self._plan, self._count = plan, count
        self._workers: list[_Worker] = []
        self._false_starts = 0.0
        self._any_ready = False

    def pids(self) -> list[int]:
        """Return the numbers of the processes."""
        return [worker.process.pid or 0 for worker in self._workers]

    def idle(self) -> int:
        """Start the workers that are missing; return how many wait for work. Raises InputError if they cannot."""
        if self._false_starts >= 1.0:
            message = "the processes die before they have made any run; is there enough memory?"
            raise InputError("sweep", [Mistake("workers", message)])
        wanted = self._count if self._any_ready else 1
        while len(self._workers) < wanted:
            self._workers.append(_Worker(self._plan))
        return sum(worker.ready and not worker.jobs for worker in self._workers)

    def give(self, jobs: Sequence[Job]) -> None:
        """Give jobs to a worker that waits for work."""
        worker = next(worker for worker in self._workers if worker.ready and not worker.jobs)
        worker.jobs = list(jobs)
        with suppress(OSError):  # It has just died; `listen` says so.
            worker.pipe.send(worker.jobs)

    def listen(self, seconds: float) -> list[Reply | Lost]:
        """Wait until a worker says something or dies, at most so long; return what happened.

        Raises InputError if one says that it cannot begin.
        """
        heard: list[Reply | Lost] = []
        ready: Sequence[Any] = wait([worker.pipe for worker in self._workers], timeout=seconds)
        for worker in [one for one in self._workers if one.pipe in ready]:
            try:
                reply = worker.pipe.recv()
            except Exception:  # The end of the pipe, or half a message of a worker killed while it spoke.
                heard.append(self._lost(worker))
                continue
            if isinstance(reply, CannotStart):
                raise InputError("sweep", [Mistake("workers", f"cannot start: {reply.why}")])
            worker.ready = self._any_ready = True
            self._false_starts = 0.0
            worker.jobs = []
            heard.append(reply)
        return heard

    def _lost(self, worker: _Worker) -> Lost:
        self._workers.remove(worker)
        worker.process.kill()
        worker.process.join()
        worker.pipe.close()
        if not worker.ready:
            self._false_starts += 1 / (_MOST_KILLED if (worker.process.exitcode or 0) < 0 else _MOST_ENDED)
        return Lost(worker.jobs, worker.process.exitcode)

    def close(self) -> None:
        """End all workers, whatever they do."""
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.process.join()
            worker.pipe.close()
        self._workers = []
