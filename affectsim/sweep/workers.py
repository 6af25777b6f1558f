"""Processes that make runs, and what is done when one of them dies, hangs, or wants too much memory.

Each has a pipe of its own to the coordinator: when the coordinator is gone, however it went, the pipe ends and the
worker with it; when a worker is gone, only its own batch is made again. A batch that takes too long is ended with
its worker. Memory is shared out, so that a run that wants too much fails by itself, before the system picks a victim.
"""

from __future__ import annotations

import multiprocessing
import os
import signal
import threading
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from multiprocessing import resource_tracker
from multiprocessing.connection import Connection, wait
from pathlib import Path
from typing import Any, NamedTuple, Protocol

from affectsim.errors import InputError, Mistake
from affectsim.sweep.plan import Job, Plan
from affectsim.sweep.runs import Made

#: Workers that die one after the other before any was ready, after which it is not the runs that kill them: so many
#: by a signal, which may come from outside, and so many that end by themselves.
_MOST_KILLED, _MOST_ENDED = 50, 3
#: Longest time that one run may take before it counts as hanging, if nobody says how long (s; assumed).
TIME_LIMIT = 3600.0
#: How much likelier than others a worker is to be ended by Linux when memory runs out (0 to 1000; assumed).
_FIRST_TO_GO = 500


class Reply(NamedTuple):
    """What a worker says: `made` is None when it is ready for the first time. `memory`: its peak so far, bytes."""

    made: Made | None
    memory: int


class CannotStart(NamedTuple):
    """What a worker says that cannot even begin."""

    why: str


class Lost(NamedTuple):
    """A worker is gone; `jobs` are those that it had not finished, `why` in words.

    `hung`: it was ended because they took too long, and would take as long again. `by_itself`: nobody else ended it.
    """

    jobs: list[Job]
    why: str
    hung: bool = False
    by_itself: bool = False


class Hands(Protocol):
    """What makes runs for the coordinator: processes of its own, or the workers of a Dask scheduler."""

    def idle(self) -> int:
        """Return how many wait for work. Raises InputError if none can work."""

    def give(self, jobs: Sequence[Job]) -> None:
        """Give jobs to one that waits for work."""

    def listen(self, seconds: float) -> list[Reply | Lost]:
        """Wait until something happens, at most so long; return what did. Raises InputError if none can work."""

    def close(self) -> None:
        """End, whatever is still being made."""


def too_long(seconds: float) -> str:
    """Return why a run was given up that took longer than it may."""
    return f"it took more than {seconds:g} s; if it needs longer, give more: affectsim retry DIR --time-limit SECONDS"


def _work(pipe: Connection, plan: Plan, memory: int) -> None:
    # Ctrl-C reaches every process of the terminal; the coordinator decides what happens then.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    limit_memory(memory)
    from affectsim.sweep.runs import Maker, reason

    try:
        try:
            maker = Maker(plan)
            warm()
        except Exception as error:
            pipe.send(CannotStart(reason(error)))
            return
        pipe.send(Reply(None, peak_memory()))
        while True:
            jobs = pipe.recv()
            pipe.send(Reply(maker.make(jobs), peak_memory()))
    except (EOFError, OSError):
        return  # The coordinator has gone: nobody wants the results any more.


def limit_memory(most: int) -> None:
    """Let this process have so much memory (bytes; 0: any) and be the first that the system ends; Linux only."""
    with suppress(OSError):
        Path("/proc/self/oom_score_adj").write_text(str(_FIRST_TO_GO))
        if most:
            import resource

            resource.setrlimit(resource.RLIMIT_DATA, (most, most))


def share_of_memory(workers: int) -> int:
    """Return the memory that each of some workers may take, bytes; 0 where the system does not say how much it has."""
    try:
        return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") // workers
    except (AttributeError, ValueError, OSError):
        return 0


@contextmanager
def without_ctrl_c() -> Iterator[None]:
    """Hold Ctrl-C back; a process begun meanwhile never sees it, not even before it has learnt to ignore it."""
    if not hasattr(signal, "pthread_sigmask"):  # Windows
        yield
        return
    # The tracker of multiprocessing lets Ctrl-C through after it has been begun; the first process would begin it.
    resource_tracker.ensure_running()
    before = signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
    # The mask is that of this thread: where another one takes the signal, Python would stop this one all the same.
    main, seen = threading.current_thread() is threading.main_thread(), []
    handler = signal.signal(signal.SIGINT, lambda *_: seen.append(True)) if main else None
    try:
        yield
    finally:
        if main:
            signal.signal(signal.SIGINT, handler)
        signal.pthread_sigmask(signal.SIG_SETMASK, before)
        if seen:
            signal.raise_signal(signal.SIGINT)


def warm() -> None:
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
    def __init__(self, plan: Plan, memory: int) -> None:
        context = multiprocessing.get_context("spawn")
        self.pipe, theirs = context.Pipe()
        self.process = context.Process(target=_work, args=(theirs, plan, memory), daemon=True)
        with without_ctrl_c():
            self.process.start()
        theirs.close()
        self.ready = False
        self.jobs: list[Job] = []
        self.since = 0.0


class Pool:
    """A number of workers, started anew when they die.

    The first one starts alone, so that the kernel is compiled only once; the others follow when it is ready.
    """

    def __init__(self, plan: Plan, count: int, time_limit: float = TIME_LIMIT, memory: int | None = None) -> None:
        """`time_limit`: of a batch (s). `memory`: of each process (bytes; 0: any), default an equal share of all."""
        self._plan, self._count, self._time_limit = plan, count, time_limit
        self._memory = share_of_memory(count) if memory is None else memory
        self._workers: list[_Worker] = []
        self._false_starts = 0.0
        self._any_ready = False

    def idle(self) -> int:
        """Start the workers that are missing; return how many wait for work. Raises InputError if they cannot."""
        if self._false_starts >= 1.0:
            message = "the processes die before they have made any run; is there enough memory?"
            raise InputError("sweep", [Mistake("workers", message)])
        wanted = self._count if self._any_ready else 1
        while len(self._workers) < wanted:
            self._workers.append(_Worker(self._plan, self._memory))
        return sum(worker.ready and not worker.jobs for worker in self._workers)

    def give(self, jobs: Sequence[Job]) -> None:
        """Give jobs to a worker that waits for work."""
        worker = next(worker for worker in self._workers if worker.ready and not worker.jobs)
        worker.jobs, worker.since = list(jobs), time.monotonic()
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
        late = time.monotonic() - self._time_limit
        heard += [self._lost(one, hung=True) for one in list(self._workers) if one.jobs and one.since < late]
        return heard

    def _lost(self, worker: _Worker, hung: bool = False) -> Lost:
        self._workers.remove(worker)
        worker.process.kill()
        worker.process.join()
        worker.pipe.close()
        code = worker.process.exitcode or 0
        if hung:
            return Lost(worker.jobs, too_long(self._time_limit), hung=True)
        if not worker.ready:
            self._false_starts += 1 / (_MOST_KILLED if code < 0 else _MOST_ENDED)
        return Lost(worker.jobs, f"signal {-code}" if code < 0 else f"exit code {code}", by_itself=code >= 0)

    def close(self) -> None:
        """End all workers, whatever they do."""
        for worker in self._workers:
            worker.process.kill()
        for worker in self._workers:
            worker.process.join()
            worker.pipe.close()
        self._workers = []
