"""How fast the engine is against plain Mesa agents, numpy, JAX and C: agent-ticks per second.

    python tests/benchmarks/speed.py [--json] [--sizes 1000,100000,1000000] [--threads 2] [--quick] [--clock cpu]

Everybody has eight ties, a tick is half an hour, and every contestant does the same work: background,
daily life, ties, integration. Each is first checked to give the engine's numbers. Contestants take turns,
and ratios are medians over turns, because other work on the machine slows all of them alike. Where
other work takes whole processors, threads wait for each other for milliseconds and two threads measure
nothing but that: `--threads 1 --clock cpu` counts processor time instead.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

import numpy as np

from affectsim.readouts import SYSTEMS
from affectsim.simulation import advance
from affectsim.world import World
from tests.benchmarks import c_tick
from tests.benchmarks.plain import Start
from tests.benchmarks.worlds import TIES_EACH, copied, world

SIZES = (1_000, 100_000, 1_000_000)
#: Agent-ticks of one turn of the engine; a contestant's turn is shorter the slower it is.
WORK = 4_000_000
#: Largest population of Mesa objects; larger ones are given this one's rate, which is not below theirs.
MOST_MESA = 10_000
#: Every contestant must give the engine's activations to this: a last bit of difference may round the other way where
#: signals are sent in single precision.
AGREE = 1e-8
#: Tick from which all start: 10:00 on the second day, when things happen.
_START = 48 + 20
#: Least ratios (engine / contestant) that are wanted.
TARGETS = {"mesa": 300.0, "numpy": 8.0, "c": 0.6}
MOST_COST_RATIO, MOST_BYTES = 2.5, 400.0
Clock = Callable[[], float]
CLOCKS: dict[str, Clock] = {"wall": time.perf_counter, "cpu": time.process_time}
NAMES = ("mesa", "numpy", "jax", "c")


def run_engine(made: World, ticks: int, threads: int | None) -> None:
    """Advance by some ticks through the engine's own door."""
    if made.tick + ticks > made.runs[0].scenario.ticks:
        raise ValueError("the world ends before the ticks do")
    for _ in advance(made, ticks=ticks, threads=threads):
        pass


def activations(made: World) -> Any:
    """Return threat, drive, soothing: shape (3, people)."""
    return np.stack([made.get(0, name) for name in SYSTEMS])


class Contestant:
    """Something that advances the same people: `ticks(n)`, and `state()` to check it by."""

    def __init__(self, ticks: Callable[[int], None], state: Callable[[], Any], turn: int) -> None:
        self.ticks, self.state, self.turn = ticks, state, turn

    def seconds(self, clock: Callable[[], float] = time.perf_counter) -> float:
        """Return the seconds of one tick in one turn."""
        began = clock()
        self.ticks(self.turn)
        return (clock() - began) / self.turn


def contestants(start: World, threads: int, work: int) -> tuple[dict[str, Contestant], dict[str, str]]:
    """Return those who can run here, by name, and why the others cannot."""
    people, found, missing = start.runs[0].people, {}, {}

    def turn(share: float) -> int:
        return max(1, round(work * share / people))

    from tests.benchmarks.array_tick import JaxPeople, NumpyPeople

    array = NumpyPeople(Start.of(start))
    found["numpy"] = Contestant(
        lambda n: [array.tick() for _ in range(n)] and None, lambda: np.stack(array.state), turn(0.1)
    )
    try:
        jitted = JaxPeople(Start.of(start))
        found["jax"] = Contestant(
            lambda n: [jitted.ticks(1) for _ in range(n)] and None, lambda: np.stack(jitted.state), turn(0.3)
        )
    except ImportError as reason:
        missing["jax"] = str(reason)
    if (why := c_tick.missing()) is None:
        twin = copied(start)
        tick = c_tick.CTick(twin)
        found["c"] = Contestant(lambda n: tick.advance(twin, n, threads), lambda: activations(twin), turn(1.0))
    else:
        missing["c"] = why
    if people <= MOST_MESA:
        try:
            from tests.benchmarks.mesa_peer import PlainModel
        except ImportError as reason:
            missing["mesa"] = str(reason)
        else:
            model = PlainModel(Start.of(start))
            found["mesa"] = Contestant(
                lambda n: [model.step() for _ in range(n)] and None, lambda: np.stack(model.state), turn(0.001)
            )
    return found, missing


def measure(
    people: int, threads: int, turns: int, work: int = WORK, clock: Clock = time.perf_counter
) -> dict[str, Any]:
    """Measure every contestant at one size. Raises RuntimeError if one of them runs another model."""
    engine = world(people)
    run_engine(engine, _START, threads)
    others, missing = contestants(engine, threads, work)
    check = 2 if people <= 1000 else 1
    run_engine(engine, check, threads)
    differences = {}
    for name, other in others.items():
        other.ticks(check)  # compiles, too
        differences[name] = float(np.abs(other.state() - activations(engine)).max())
        if not differences[name] < AGREE:
            raise RuntimeError(f"{name} differs from the engine by {differences[name]:g} after {check} ticks")
    found = {
        "engine": Contestant(lambda n: run_engine(engine, n, threads), lambda: None, max(1, work // people)),
        **others,
    }
    seconds: dict[str, list[float]] = {name: [] for name in found}
    for _ in range(turns):
        for name, each in found.items():
            seconds[name].append(each.seconds(clock))
    rates = {name: people / statistics.median(taken) for name, taken in seconds.items()}
    ratios = {
        name: statistics.median(o / e for o, e in zip(taken, seconds["engine"], strict=True))
        for name, taken in seconds.items()
        if name != "engine"
    }
    return {"people": people, "rates": rates, "ratios": ratios, "differences": differences, "missing": missing,
            "seconds": seconds}  # fmt: skip


def cost_ratio(threads: int, turns: int, clock: Clock, small: int = 10_000, large: int = 1_000_000) -> float:
    """Return the engine's cost per agent-tick with `large` people against `small`, measured in turns."""
    worlds = {people: world(people) for people in (small, large)}
    each = {people: Contestant(lambda n, w=made: run_engine(w, n, threads), lambda: None, max(1, WORK // people))
            for people, made in worlds.items()}  # fmt: skip
    for made in worlds.values():
        run_engine(made, 2, threads)
    return statistics.median(
        each[large].seconds(clock) / large / (each[small].seconds(clock) / small) for _ in range(turns)
    )


def memory(people: int) -> dict[str, float]:
    """Return bytes per person: of the state, of the ties, and by how much this process has grown."""
    run_engine(world(1000), 2, None)  # what the program itself needs is loaded now
    before = _resident()
    made = world(people)
    run_engine(made, 2, None)
    after = _resident()
    population, ties = made.population, made.runs[0].community.ties
    kernel = sum(getattr(population, name).nbytes for name in ("tie_start", "tie_source", "tie_share", "tie_weight"))
    return {
        "people": people,
        "state": made.bytes_per_person,
        "ties_in_kernel": kernel / people,
        "ties_in_community": (ties.start.nbytes + ties.source.nbytes + ties.weight.nbytes) / people,
        "process": (after - before) / people,
    }


def _resident() -> int:
    """Return the bytes of this process that are in memory (Linux)."""
    pages = int(Path("/proc/self/statm").read_text().split()[1])
    return pages * os.sysconf("SC_PAGE_SIZE")


def fresh_memory(people: int) -> dict[str, float] | None:
    """Return `memory` of a fresh process, None where the system does not tell."""
    if not Path("/proc/self/statm").exists():
        return None
    command = [sys.executable, str(Path(__file__).resolve()), "--memory", str(people)]
    found: dict[str, float] = json.loads(subprocess.run(command, capture_output=True, text=True, check=True).stdout)
    return found


def report(
    sizes: tuple[int, ...], threads: int, turns: int, work: int, clock: str = "wall", *, quick: bool
) -> dict[str, Any]:
    """Measure everything; see the module's text."""
    found = []
    for people in sizes:
        print(f"{people:,} people ...", file=sys.stderr, flush=True)
        found.append(measure(people, threads, turns, work, CLOCKS[clock]))
    mesa_people = max((f["people"] for f in found if "mesa" in f["rates"]), default=None)
    at_mesa = next((f for f in found if f["people"] == mesa_people), None)
    rates, ratios = [], []
    for each in found:
        row = {"people": each["people"], "engine": each["rates"]["engine"]}
        row |= {name: each["rates"].get(name) for name in NAMES}
        ratio = {"people": each["people"], **{name: each["ratios"].get(name) for name in NAMES}}
        if at_mesa and row["mesa"] is None:
            row["mesa"] = at_mesa["rates"]["mesa"]
            ratio["mesa"] = row["engine"] / row["mesa"]
        row["mesa_people"] = min(each["people"], mesa_people) if mesa_people else None
        rates.append(row)
        ratios.append(ratio)
    people = 10_000 if quick else max(sizes)
    return {
        "rates": rates,
        "ratios": ratios,
        "differences": [{"people": f["people"], **f["differences"]} for f in found],
        "missing": {name: why for f in found for name, why in f["missing"].items()},
        "memory": fresh_memory(people),
        "cost_1000000_against_10000": None if quick else cost_ratio(threads, max(3, turns), CLOCKS[clock]),
        "ties_each": TIES_EACH,
        "tick_minutes": 30,
        "threads": threads,
        "clock": clock,
        "turns": turns,
        "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None,
    }


def targets(found: dict[str, Any]) -> list[tuple[str, float, bool]]:
    """Return (what, measured, reached) for everything that is wanted."""
    rows = []
    for ratio in found["ratios"]:
        for name, least in TARGETS.items():
            if ratio[name] is not None:
                rows.append((f"engine / {name} at {ratio['people']:,} >= {least:g}", ratio[name], ratio[name] >= least))
    if (cost := found["cost_1000000_against_10000"]) is not None:
        rows.append((f"cost per agent-tick, 1,000,000 / 10,000 <= {MOST_COST_RATIO:g}", cost, cost <= MOST_COST_RATIO))
    if (taken := found["memory"]) is not None:
        rows.append((f"bytes of state per person <= {MOST_BYTES:g}", taken["state"], taken["state"] <= MOST_BYTES))
    return rows


def table(found: dict[str, Any]) -> str:
    """Return the report as text."""
    lines = [f"agent-ticks per second; {found['threads']} threads, {found['ties_each']} ties each, ticks of "
             f"{found['tick_minutes']} min; {found['clock']} time; load {found['load']:.1f}"]  # fmt: skip
    lines.append(f"{'people':>10}" + "".join(f"{name:>12}" for name in ("engine", *NAMES)))
    for row in found["rates"]:
        cells = "".join("           -" if row[name] is None else f"{row[name]:>12,.0f}" for name in ("engine", *NAMES))
        lines.append(f"{row['people']:>10,}{cells}")
    lines.append("engine / contestant (median of turns)")
    for row in found["ratios"]:
        cells = "".join("           -" if row[name] is None else f"{row[name]:>12.2f}" for name in NAMES)
        lines.append(f"{row['people']:>10,}            {cells}")
    if any(row["mesa_people"] not in (None, row["people"]) for row in found["rates"]):
        most = max(row["mesa_people"] for row in found["rates"])
        lines.append(f"Mesa above {most:,} people: its rate at {most:,}")
    lines += [f"no {name}: {why}" for name, why in found["missing"].items()]
    if found["memory"]:
        taken = {name: f"{value:,.0f}" for name, value in found["memory"].items()}
        lines.append(
            f"bytes per person at {taken['people']}: state {taken['state']},"
            f" ties {taken['ties_in_kernel']} in the kernel"
            f" and {taken['ties_in_community']} in the community; process grew by {taken['process']}"
        )
    lines += [f"{'reached' if good else 'MISSED ':>8}  {what}: {value:.2f}" for what, value, good in targets(found)]
    return "\n".join(lines)


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--sizes", help="numbers of people, with commas")
    parser.add_argument("--threads", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--clock", choices=sorted(CLOCKS), default="wall", help="cpu: processor time of all threads")
    parser.add_argument("--turns", type=int, help="turns of each contestant")
    parser.add_argument("--quick", action="store_true", help="1,000 people, short turns")
    parser.add_argument("--memory", type=int, metavar="PEOPLE", help="only measure memory, in this process")
    chosen = parser.parse_args(arguments)
    if chosen.memory:
        print(json.dumps(memory(chosen.memory)))
        return
    sizes = tuple(int(n) for n in chosen.sizes.split(",")) if chosen.sizes else SIZES[:1] if chosen.quick else SIZES
    turns, work = chosen.turns or (3 if chosen.quick else 5), WORK // 20 if chosen.quick else WORK
    found = report(sizes, chosen.threads, turns, work, chosen.clock, quick=chosen.quick)
    print(json.dumps(found, indent=1) if chosen.json else table(found))


if __name__ == "__main__":
    main()
