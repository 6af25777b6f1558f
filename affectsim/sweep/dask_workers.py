"""The workers of a Dask scheduler as the hands of a sweep: of one that runs on this machine, or of one's own.

Every batch is tied to one worker, so that it is known whose death or silence loses which runs. The coordinator and its
store stay where they are: a scheduler or worker that dies costs only what was not yet handed back.
"""

from __future__ import annotations

import ipaddress
import logging
import queue
import threading
import time
from collections.abc import Sequence
from contextlib import suppress
from functools import lru_cache
from importlib.util import find_spec
from typing import Any, NamedTuple

from affectsim.errors import InputError, Mistake
from affectsim.sweep.plan import Job, Plan, versions
from affectsim.sweep.runs import Maker, reason
from affectsim.sweep.workers import (
    CannotStart,
    Lost,
    Reply,
    limit_memory,
    peak_memory,
    share_of_memory,
    too_long,
    warm,
    without_ctrl_c,
)

#: In the place of an address: a scheduler and workers of one's own.
LOCAL = "local"
#: Seconds to wait for a scheduler, for workers where there are none, and for a result that is said to be there.
_CONNECT, _PATIENCE, _FETCH = 10.0, 60.0, 10.0
#: Seconds between looks at which workers there are.
_LOOK = 0.5
#: Run by the workers of a scheduler of one's own: Ctrl-C reaches every process of a terminal, and the coordinator
#: decides what happens then.
_DEAF = "import signal; signal.signal(signal.SIGINT, signal.SIG_IGN)"
#: Workers that die one after the other before any could begin, after which it is not the runs that kill them.
_MOST_FALSE_STARTS = 3
#: A kernel that is called twice at once by threads of one process would share its threads.
_one_at_a_time = threading.Lock()


def begin_there(plan: str, memory: int) -> Reply | CannotStart:
    """Get a worker ready, if it would make the same numbers: run by the worker."""
    mine, wanted = versions(), Plan.from_text(plan).versions
    differ = [
        f"{name} {mine.get(name)} instead of {known}" for name, known in wanted.items() if mine.get(name) != known
    ]
    if differ:
        return CannotStart(f"a worker has {', '.join(differ)}; its runs would not belong to the others")
    try:
        limit_memory(memory)
        _maker(plan)
        with _one_at_a_time:
            warm()
    except Exception as error:
        return CannotStart(reason(error))
    return Reply(None, peak_memory())


def make_there(plan: str, jobs: Sequence[Job]) -> Reply:
    """Make a batch: run by the worker."""
    with _one_at_a_time:
        return Reply(_maker(plan).make(jobs), peak_memory())


@lru_cache(maxsize=4)
def _maker(plan: str) -> Maker:
    return Maker(Plan.from_text(plan))


class _Asked(NamedTuple):
    """What a worker was asked for: `jobs` is empty where it was to get ready."""

    future: Any
    jobs: list[Job]
    since: float


class DaskWorkers:
    """The workers of a scheduler, one batch at a time each; those that come later are taken, too."""

    def __init__(self, plan: Plan, count: int, scheduler: str, time_limit: float, how_to_go_on: str) -> None:
        """`count`: workers of a scheduler of one's own. Raises InputError if there is no scheduler, or no Dask."""
        need_dask()
        from distributed import Client, LocalCluster

        # What goes wrong is said by the coordinator, in words.
        logging.getLogger("distributed").setLevel(logging.CRITICAL + 1)
        self._plan, self._time_limit = plan.to_text(), time_limit
        self._safe = f"what was done is safe. Go on with: {how_to_go_on}"
        self._cluster: Any = None
        self._memory = 0
        with without_ctrl_c():
            if scheduler == LOCAL:
                self._memory = share_of_memory(count)
                self._cluster = LocalCluster(
                    n_workers=count, threads_per_worker=1, processes=True, host="127.0.0.1", memory_limit=0,
                    dashboard_address=None, worker_dashboard_address=None, silence_logs=logging.CRITICAL + 1,
                    preload=[_DEAF],
                )  # fmt: skip
                scheduler = self._cluster.scheduler_address
            self._address = check_address(scheduler)
            try:
                self._client = Client(self._address, timeout=_CONNECT, set_as_default=False)
            except (OSError, ValueError) as error:
                self._close_cluster()
                message = f"cannot be reached: {error}; start one with: dask scheduler --host 127.0.0.1"
                raise InputError("sweep", [Mistake(f"--scheduler {scheduler}", message)]) from None
        self._asked: dict[str, _Asked] = {}
        self._ready: set[str] = set()
        self._given_up: set[str] = set()
        self._done: queue.SimpleQueue[tuple[str, Any]] = queue.SimpleQueue()
        self._any_ready, self._false_starts = False, 0
        self._alive: set[str] = set()
        self._looked, self._last_seen = 0.0, time.monotonic()

    def addresses(self) -> list[str]:
        """Return the addresses of the scheduler and of its workers."""
        self._look(now=True)
        return [self._address, *sorted(self._alive)]

    def idle(self) -> int:
        """Let the workers that are new get ready; return how many wait for work. Raises InputError if none can."""
        self._look()
        if self._false_starts >= _MOST_FALSE_STARTS:
            raise self._refusal("the workers die before they have made any run; is there enough memory?")
        if not self._alive and time.monotonic() - self._last_seen > _PATIENCE:
            raise self._refusal(f"there is no worker; start one with: dask worker {self._address}.")
        for address in sorted(self._alive - self._ready - self._asked.keys() - self._given_up):
            # One alone at first, so that the kernel is compiled only once.
            if self._any_ready or not self._asked:
                self._ask(address, [])
        return sum(address not in self._asked for address in self._ready)

    def give(self, jobs: Sequence[Job]) -> None:
        """Give jobs to a worker that waits for work."""
        self._ask(min(address for address in self._ready if address not in self._asked), list(jobs))

    def _ask(self, address: str, jobs: list[Job]) -> None:
        call = (make_there, self._plan, jobs) if jobs else (begin_there, self._plan, self._memory)
        future = self._client.submit(*call, workers=[address], allow_other_workers=False, pure=False)
        self._asked[address] = _Asked(future, jobs, time.monotonic())
        future.add_done_callback(lambda known: self._done.put((address, known.key)))

    def listen(self, seconds: float) -> list[Reply | Lost]:
        """Wait until a worker answers or is gone, at most so long; return what happened.

        Raises InputError if the scheduler is gone, or workers cannot begin.
        """
        heard: list[Reply | Lost] = []
        with suppress(queue.Empty):
            done = [self._done.get(timeout=min(seconds, _LOOK))]
            while not self._done.empty():
                done.append(self._done.get())
            for address, key in done:
                asked = self._asked.get(address)
                if asked is not None and asked.future.key == key:
                    heard += self._answered(address, asked)
        self._look()
        late = time.monotonic() - self._time_limit
        for address, asked in list(self._asked.items()):
            if address not in self._alive:
                heard.append(self._lost(address, "it is gone"))
            elif asked.jobs and asked.since < late:
                heard.append(self._lost(address, too_long(self._time_limit), hung=True))
                self._restart(address)
        return heard

    def _answered(self, address: str, asked: _Asked) -> list[Reply | Lost]:
        from distributed import KilledWorker

        if asked.future.status in ("cancelled", "lost"):
            raise self._refusal("the scheduler is gone")
        try:
            reply = asked.future.result(timeout=_FETCH)
        except TimeoutError:  # It died after it had answered: the next look shows it.
            return []
        except KilledWorker:
            return [self._lost(address, "as Dask says")]
        except Exception as error:
            hint = "the workers need the same affectsim in their environment"
            raise self._refusal(f"a worker cannot make runs: {reason(error)}; {hint}") from None
        if isinstance(reply, CannotStart):
            raise self._refusal(f"cannot start: {reply.why}")
        del self._asked[address]
        self._ready.add(address)
        self._any_ready, self._false_starts = True, 0
        return [reply]

    def _lost(self, address: str, why: str, hung: bool = False) -> Lost:
        asked = self._asked.pop(address)
        with suppress(Exception):  # Nobody may be left who could be told.
            asked.future.cancel()
        self._ready.discard(address)
        self._false_starts += not asked.jobs
        return Lost(asked.jobs, why, hung)

    def _restart(self, address: str) -> None:
        """Let the worker's nanny end it and begin another; one without a nanny is never asked again."""
        self._given_up.add(address)
        with suppress(Exception):
            self._client.restart_workers([address], timeout=_CONNECT, raise_for_error=False)
        self._look(now=True)

    def _look(self, now: bool = False) -> None:
        if not now and time.monotonic() - self._looked < _LOOK:
            return
        if self._client.status != "running":
            raise self._refusal("the scheduler is gone")
        try:
            self._alive = set(self._client.nthreads())
        except Exception:
            raise self._refusal("the scheduler is gone") from None
        self._looked = time.monotonic()
        self._ready &= self._alive
        if self._alive:
            self._last_seen = self._looked

    def _refusal(self, message: str) -> InputError:
        return InputError("sweep", [Mistake(f"scheduler {self._address}", f"{message}; {self._safe}")])

    def close(self) -> None:
        """Let go of the scheduler; end it with its workers if it is one's own."""
        for asked in self._asked.values():
            with suppress(Exception):
                asked.future.cancel()
        with suppress(Exception):
            self._client.close(timeout=_CONNECT)
        self._close_cluster()

    def _close_cluster(self) -> None:
        if self._cluster is not None:
            with suppress(Exception):
                self._cluster.close(timeout=_CONNECT)


def need_dask() -> None:
    """Raise InputError if the library is not installed."""
    if find_spec("distributed") is None:
        hint = 'needs the library dask: pip install "affectsim[dask]"'
        raise InputError("sweep", [Mistake("--scheduler", hint)])


def check_address(text: str) -> str:
    """Return the address of a scheduler on this machine, such as tcp://127.0.0.1:8786. Raises InputError for others.

    Whoever can speak to a scheduler can run any code on its workers: it should listen to nobody outside.
    """
    kind, sign, rest = text.rpartition("://")
    host, _, port = rest.rpartition(":")
    try:
        here = host == "localhost" or ipaddress.ip_address(host.strip("[]")).is_loopback
    except ValueError:
        here = False
    if here and port.isdecimal() and (not sign or kind in ("tcp", "tls")):
        return f"{kind or 'tcp'}://{rest}"
    rule = "must be a scheduler on this machine, such as tcp://127.0.0.1:8786, or local for one of its own"
    hint = "one elsewhere is reached through ssh -L 8786:127.0.0.1:8786 HOST"
    raise InputError("command line", [Mistake(f"--scheduler {text}", f"{rule}; {hint}")])
