"""Threads of the kernel wait for each other, and a run whose threads cannot start ends instead of waiting."""

from __future__ import annotations

import os
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

import numba
import numpy as np
import pytest

from affectsim import simulation
from affectsim.kernel.meeting import meet, meeting
from affectsim.scenario import Scenario

ROUNDS = 20_000


@numba.njit(nogil=True)
def _ahead(place, thread, threads, counts, rounds, together):
    """Count rounds; return how often somebody else was found in another round than this thread."""
    found = 0
    for _ in range(rounds):
        counts[thread, 0] += 1
        meet(place, together)
        for other in range(threads):
            found += counts[other, 0] != counts[thread, 0]
        meet(place, together)
    return found


def _strays(threads: int, rounds: int, together: int) -> int:
    place, counts, gate = meeting(), np.zeros((threads, 16), dtype=np.int64), Barrier(threads)
    _ahead(meeting(), 0, 1, counts.copy(), 1, 1)  # compiled before anybody waits

    def work(thread: int) -> int:
        gate.wait()
        return _ahead(place, thread, threads, counts, rounds, together)

    with ThreadPoolExecutor(threads) as pool:
        return sum(pool.map(work, range(threads)))


@pytest.mark.parametrize(("threads", "rounds"), [(2, ROUNDS), (5, 500)])
def test_nobody_goes_on_before_all_have_arrived(threads: int, rounds: int) -> None:
    assert _strays(threads, rounds, threads) == 0
    assert _strays(threads, ROUNDS, 1) > 0, "the control, who do not wait, must stray, or this test shows nothing"


def _scenario() -> Scenario:
    return Scenario.from_tables({"days": 2, "population": {"size": 100}, "network": {"kind": "none"}})


def test_more_threads_than_blocks_of_people_change_nothing() -> None:
    one, many = (simulation.simulate(_scenario(), threads=n) for n in (1, 5))
    assert np.array_equal(one["threat"].to_numpy(), many["threat"].to_numpy())


def test_a_thread_that_cannot_be_started_ends_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    class Few(ThreadPoolExecutor):
        def submit(self, function: Any, /, *arguments: Any, **options: Any) -> Any:
            if arguments == (2,):
                raise RuntimeError("can't start new thread")
            return super().submit(function, *arguments, **options)

    monkeypatch.setattr(simulation, "ThreadPoolExecutor", Few)
    with pytest.raises(RuntimeError, match="can't start"):
        simulation.simulate(_scenario(), threads=4)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system does not let one choose processors")
def test_threads_start_on_different_processors_and_may_move_afterwards() -> None:
    allowed, gate = os.sched_getaffinity(0), Barrier(2)

    def work(thread: int) -> tuple[set[int], set[int]]:
        with simulation._apart(thread):
            gate.wait()
            there = os.sched_getaffinity(0)
        return there, os.sched_getaffinity(0)

    with ThreadPoolExecutor(2) as pool:
        (first, after_first), (second, after_second) = pool.map(work, range(2))
    assert len(first) == len(second) == 1 and (first != second or len(allowed) == 1)
    assert after_first == after_second == allowed == os.sched_getaffinity(0)


@pytest.mark.skipif(not hasattr(os, "sched_setaffinity"), reason="this system does not let one choose processors")
def test_threads_start_where_choosing_processors_is_forbidden(monkeypatch: pytest.MonkeyPatch) -> None:
    def forbidden(*_: Any) -> None:
        raise PermissionError

    alone = simulation.simulate(_scenario(), threads=1)
    monkeypatch.setattr(os, "sched_setaffinity", forbidden)
    together = simulation.simulate(_scenario(), threads=2)
    assert np.array_equal(alone["threat"].to_numpy(), together["threat"].to_numpy())


def test_ctrl_c_in_the_middle_of_a_lock_is_ctrl_c(monkeypatch: pytest.MonkeyPatch) -> None:
    """As `threading.Semaphore` does when Ctrl-C comes between its giving back a lock and taking it again."""

    class Interrupted(ThreadPoolExecutor):
        def submit(self, *_: Any, **__: Any) -> Any:
            try:
                raise KeyboardInterrupt
            finally:
                raise RuntimeError("release unlocked lock")

    monkeypatch.setattr(simulation, "ThreadPoolExecutor", Interrupted)
    with pytest.raises(KeyboardInterrupt):
        simulation.simulate(_scenario(), threads=2)
