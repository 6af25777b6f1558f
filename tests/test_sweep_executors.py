"""Who makes the runs does not matter: one process, many, or Dask; and no run that goes wrong costs another."""

from __future__ import annotations

import json
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter, deque
from collections.abc import Iterator
from pathlib import Path

import pytest
from click.testing import CliRunner

from affectsim.cli import affectsim as command
from affectsim.errors import InputError
from affectsim.sweep import execution, exports, slurm
from affectsim.sweep.execution import execute
from affectsim.sweep.plan import Job, Plan
from affectsim.sweep.request import Sweep, read
from affectsim.sweep.runs import Made
from affectsim.sweep.store import Done, Store
from affectsim.sweep.workers import Lost, Reply
from tests.worlds import SMALL

TOP = Path(__file__).resolve().parents[1]
#: A readout of one's own that does something bad at one value of a parameter each, unless it is spared.
BAD = '''
import os
import time

import numpy as np

from affectsim.readouts import Measure


class Bad(Measure, kind="bad"):
    """Threat, at some values of a parameter with a catch.

    Assumes: nothing.
    """

    @classmethod
    def of(cls, values):
        """Return threat."""
        return values["threat"]

    @classmethod
    def recorded(cls, values, recording):
        """Return threat."""
        if os.environ.get("SPARED") is None:
            what = {0.3: raise_, 0.4: die, 0.5: hang, 0.6: eat}.get(recording.model["defeat"])
            if what:
                what()
        return values["threat"]


def raise_():
    raise ZeroDivisionError("on purpose")


def die():
    os._exit(9)


def hang():
    time.sleep(1e6)


def eat():
    """Ask for all the memory of the machine, without using it."""
    whole = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    piece = 1 << 28
    return len([np.empty(piece, np.uint8) for _ in range(whole // piece)])
'''
REASONS = {
    1: "ZeroDivisionError: on purpose",
    2: "died",
    3: "it took more than 3 s",
    4: "MemoryError: Unable to allocate",
}

needs_linux = pytest.mark.skipif(sys.platform != "linux", reason="memory is shared out on Linux only")


def asked(tmp_path: Path, *vary: str, text: str = SMALL, shard: tuple[int, int] = (1, 1), **given: object) -> Sweep:
    file = tmp_path / "base.toml"
    file.write_text(text)
    return read(file, given, vary, {}, shard)


def made(folder: Path, sweep: Sweep, **hands: object) -> bytes:
    if not folder.exists():
        Store.create(folder, sweep.plan, sweep.points)
    with Store(folder, write=True) as store:
        execute(store, **(hands or {"workers": 0}))
        assert not store.todo()
        exports.export_csv(store, folder.parent / f"{folder.name}.csv")
    return (folder.parent / f"{folder.name}.csv").read_bytes()


@pytest.fixture
def bad(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Sweep, list[str]]:
    """Return a sweep in which four of six points go wrong, each in its way, and the table if none did."""
    (tmp_path / "bad.py").write_text(BAD)
    text = 'parts = ["bad.py"]\n' + SMALL
    sweep = asked(tmp_path, "model.defeat=0.2,0.3,0.4,0.5,0.6,0.7", text=text, outcomes=["balance", "bad"])  # fmt: skip
    with monkeypatch.context() as spared:
        spared.setenv("SPARED", "yes")
        table = made(tmp_path / "spared", sweep).decode().splitlines()
    return sweep, table


# ------------------------------------------------------------------------------------------ bad runs


@needs_linux
@pytest.mark.parametrize("scheduler", [None, "local"])
def test_bad_runs_cost_no_other(bad, tmp_path, monkeypatch, scheduler):
    """Runs that raise, die, hang and eat all memory fail with the reason; the bytes of all others are the same."""
    if scheduler:
        pytest.importorskip("distributed")
    sweep, spared = bad
    monkeypatch.setattr(execution, "MOST_DEATHS", 1)
    monkeypatch.setattr(execution, "MOST_KILLED", 1)
    found = made(tmp_path / "found", sweep, workers=2, scheduler=scheduler, time_limit=3.0).decode().splitlines()
    assert len(found) == len(spared) == 7 and found[0] == spared[0]
    for run, (line, other) in enumerate(zip(found[1:], spared[1:], strict=True)):
        reason = REASONS.get(run)
        assert line == other if reason is None else reason in line, line


@needs_linux
@pytest.mark.parametrize("most", [0, 1 << 31])
def test_memory_is_shared_out(most, tmp_path):
    """With a limit a process cannot have more; without one it can, so that it is the limit that is seen."""
    (tmp_path / "eat.py").write_text(
        "import numpy as np\nfrom affectsim.sweep.workers import limit_memory\n"
        f"limit_memory({most})\n"
        "try:\n    print(len([np.empty(1 << 28, np.uint8) for _ in range(12)]))\n"
        "except MemoryError:\n    print('refused')\n"
    )
    said = subprocess.run(
        [sys.executable, str(tmp_path / "eat.py")], capture_output=True, text=True, check=True,
        env={**os.environ, "PYTHONPATH": str(TOP)},
    )  # fmt: skip
    assert said.stdout.strip() == ("refused" if most else "12")


class StandIn:
    """Makes runs without a simulation: numbers that follow from the run and nothing else."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan

    def make(self, jobs: list[Job]) -> Made:
        """Make runs."""
        done = []
        for job in jobs:
            numbers = random.Random(f"{job.run} {json.dumps(job.changes)}")
            done.append(Done(job.run, {name: numbers.random() for name in self.plan.columns}))
        return Made(done, 0.02 * len(jobs), 0.02)


class Unreliable:
    """Hands that answer late, in any order, and often die with what they were given."""

    def __init__(self, plan: Plan, count: int, seed: int) -> None:
        self._maker, self._count, self._chance = StandIn(plan), count, random.Random(seed)
        self._given: deque[list[Job]] = deque()
        self._lost_alone: Counter[int] = Counter()

    def idle(self) -> int:
        """Return how many wait for work."""
        return self._count - len(self._given)

    def give(self, jobs: list[Job]) -> None:
        """Take jobs."""
        self._given.append(list(jobs))

    def listen(self, seconds: float) -> list[Reply | Lost]:
        """Answer one, or lose it."""
        self._given.rotate(self._chance.randrange(3))
        jobs = self._given.popleft()
        # Once more, and it would rightly be given up.
        if self._chance.random() < 0.5 and self._lost_alone[jobs[0].run] < execution.MOST_KILLED - 1:
            self._lost_alone[jobs[0].run] += len(jobs) == 1
            return [Lost(jobs, "signal 9")]
        return [Reply(self._maker.make(jobs), 0)]

    def close(self) -> None:
        """End."""


def _with_unreliable_hands(tmp_path: Path, sweep: Sweep, monkeypatch: pytest.MonkeyPatch, seed: int) -> bytes:
    monkeypatch.setattr(execution, "_hired", lambda store, *_: Unreliable(store.plan, 3, seed))
    return made(tmp_path / f"unreliable-{seed}", sweep, workers=3)


@pytest.mark.parametrize("seed", range(5))
def test_whatever_dies_everything_is_made_once(tmp_path, monkeypatch, seed):
    monkeypatch.setattr(execution, "Maker", StandIn)
    sweep = asked(tmp_path, "model.defeat=0.1:0.9:40", replicates=5)
    assert _with_unreliable_hands(tmp_path, sweep, monkeypatch, seed) == made(tmp_path / "whole", sweep)


def test_hands_that_forget_what_a_dead_worker_had_are_found(tmp_path, monkeypatch):
    """Broken on purpose: what a worker had when it died is not made again."""

    def forget(lost, deaths, alone, held, keep):
        held.difference_update(job.run for job in lost.jobs)

    monkeypatch.setattr(execution, "_after_death", forget)
    sweep = asked(tmp_path, "model.defeat=0.1:0.9:40", replicates=5)
    with pytest.raises(AssertionError):
        _with_unreliable_hands(tmp_path, sweep, monkeypatch, 0)


# ------------------------------------------------------------------------------------------ Dask


@pytest.fixture
def scheduler(tmp_path: Path) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """Return the address of a scheduler with one worker, and both processes."""
    pytest.importorskip("distributed")
    file = tmp_path / "scheduler.json"
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL,
             "env": {**os.environ, "PYTHONPATH": str(TOP)}}  # fmt: skip
    processes = [subprocess.Popen(
        [sys.executable, "-m", "distributed.cli.dask_scheduler", "--host", "127.0.0.1", "--port", "0",
         "--no-dashboard", "--scheduler-file", str(file)], cwd=tmp_path, **quiet,
    )]  # fmt: skip
    try:
        end = time.monotonic() + 60
        while not file.exists() or not file.read_text():
            assert time.monotonic() < end and processes[0].poll() is None, "no scheduler"
            time.sleep(0.1)
        address = json.loads(file.read_text())["address"]
        processes.append(subprocess.Popen(
            [sys.executable, "-m", "distributed.cli.dask_worker", address, "--nthreads", "2", "--no-dashboard",
             "--host", "127.0.0.1", "--local-directory", str(tmp_path)], cwd=tmp_path, **quiet,
        ))  # fmt: skip
        yield address, processes
    finally:
        for process in reversed(processes):
            process.kill() if len(processes) < 2 or process is processes[0] else process.terminate()
        for process in processes:
            process.wait()


def test_a_scheduler_gives_the_same_bytes_and_its_death_costs_nothing(tmp_path, scheduler):
    """The same table with the workers of a scheduler; killed in the middle, it leaves all that it had handed back."""
    address, (process, _) = scheduler
    sweep = asked(tmp_path, "model.defeat=0.2:0.8:4", "population.size=10,14", replicates=3)
    expected = made(tmp_path / "whole", sweep)
    assert made(tmp_path / "there", sweep, scheduler=address) == expected
    folder = tmp_path / "killed"
    Store.create(folder, sweep.plan, sweep.points)
    kept: list[int] = []

    def kill(runs: list[int]) -> None:
        kept.extend(runs)
        os.kill(process.pid, signal.SIGKILL)

    with Store(folder, write=True) as store:
        with pytest.raises(InputError) as error:
            execute(store, scheduler=address, acknowledged=kill)
        assert "the scheduler is gone" in str(error.value) and f"affectsim resume {folder}" in str(error.value)
        assert kept and len(store.todo()) == 24 - len(kept)
    assert made(folder, sweep) == expected
    with Store(folder, write=True) as store:
        store.forget([0])
        with pytest.raises(InputError, match="cannot be reached"):
            execute(store, scheduler=address)


def test_workers_with_other_versions_are_refused(tmp_path):
    pytest.importorskip("distributed")
    from affectsim.sweep.dask_workers import begin_there
    from affectsim.sweep.workers import CannotStart

    plan = asked(tmp_path, "model.defeat=0.2,0.3").plan
    assert isinstance(begin_there(plan.to_text(), 0), Reply)
    other = plan.to_text().replace(f'"sources": "{plan.versions["sources"]}"', '"sources": "0123456789abcdef"')
    said = begin_there(other, 0)
    assert isinstance(said, CannotStart) and "instead of 0123456789abcdef" in said.why


def test_only_schedulers_on_this_machine():
    """Whoever reaches a scheduler can run any code there: others are refused, and so is a number of workers."""
    from affectsim.sweep.dask_workers import check_address

    assert check_address("localhost:8786") == "tcp://localhost:8786"
    assert check_address("tls://127.0.0.1:8786") == "tls://127.0.0.1:8786"
    assert check_address("tcp://[::1]:8786") == "tcp://[::1]:8786"
    for wrong in ("tcp://10.0.0.7:8786", "cluster.example.org:8786", "127.0.0.1", "http://127.0.0.1:1", "0.0.0.0:8786"):
        with pytest.raises(InputError, match="on this machine"):
            check_address(wrong)
    said = CliRunner().invoke(command, ["resume", ".", "--scheduler", "127.0.0.1:8786", "--workers", "3"])
    assert isinstance(said.exception, InputError) and "--workers" in str(said.exception)


def test_a_scheduler_of_ones_own_listens_to_this_machine_only(tmp_path):
    pytest.importorskip("distributed")
    from affectsim.sweep.dask_workers import DaskWorkers

    hands = DaskWorkers(asked(tmp_path, "model.defeat=0.2,0.3").plan, 1, "local", 60.0, "")
    try:
        mine = hands.addresses()
        assert len(mine) == 2 and all(address.startswith("tcp://127.0.0.1:") for address in mine)
        ports = [int(address.rpartition(":")[2]) for address in mine]
        if Path("/proc/net/tcp").exists():
            rows = [line.split() for line in Path("/proc/net/tcp").read_text().splitlines()[1:]]
            listening = {row[1] for row in rows if row[3] == "0A"}
            assert all(f"0100007F:{port:04X}" in listening for port in ports)
            assert not any(f"00000000:{port:04X}" in listening for port in ports)
    finally:
        hands.close()


# ------------------------------------------------------------------------------------------ SLURM


@pytest.mark.skipif(os.name != "posix", reason="runs a shell script")
def test_the_script_for_slurm_makes_the_whole_sweep(tmp_path):
    """Each task of the array is run as SLURM would; put together, the shards are the sweep."""
    expected = made(tmp_path / "whole", asked(tmp_path, "model.defeat=0.2:0.8:3", replicates=2))
    (tmp_path / "affectsim").write_text(f'#!/bin/sh\nexec "{sys.executable}" -m affectsim "$@"\n')
    (tmp_path / "affectsim").chmod(0o755)
    words = ["affectsim", "sweep", str(tmp_path / "base.toml"), "--vary", "model.defeat=0.2:0.8:3", "--replicates", "2"]
    (tmp_path / "job.sh").write_text(slurm.script(words, 2, 1, tmp_path / "my shards", 60.0))
    around = {**os.environ, "PYTHONPATH": str(TOP), "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}"}
    for task in ("1", "2"):
        subprocess.run(["sh", str(tmp_path / "job.sh")], check=True, capture_output=True,
                       env={**around, "SLURM_ARRAY_TASK_ID": task})  # fmt: skip
    there, total = exports.merge(sorted((tmp_path / "my shards").glob("shard-*")), tmp_path / "all")
    assert there == total == 6
    with Store(tmp_path / "all") as store:
        exports.export_csv(store, tmp_path / "all.csv")
    assert (tmp_path / "all.csv").read_bytes() == expected


def test_what_does_not_count_for_the_numbers_is_never_loaded_by_a_run():
    """A sweep goes on after a change of what is left out of its stamp: so no run may use any of it."""
    import json
    import subprocess
    import sys

    code = """
import json, sys
from affectsim.scenario import Scenario
from affectsim.simulation import recorded
from affectsim.sweep import plan, runs, workers
tables = {"days": 14.0, "population": {"size": 20}, "training": {"programme": "two-week", "start_day": 0}}
recorded([Scenario(tables)])
loaded = {name.split(".")[1] for name in sys.modules if name.startswith("affectsim.")}
print(json.dumps(sorted(loaded & {one.removesuffix(".py") for one in plan._NOT_MODEL})))
"""
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert json.loads(done.stdout.splitlines()[-1]) == []
