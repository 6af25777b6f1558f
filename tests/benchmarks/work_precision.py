"""Error against cost: the engine, scipy and diffrax at equal accuracy, and why the default scheme is what it is.

    python tests/benchmarks/work_precision.py [--people 1000] [--threads 2] [--json] [--figure FILE.svg]

One day of a population with eight ties each and everyday events, which arrive every half hour (solvers
restart there). Error: the largest one of any activation of anybody at the end of any half hour, against
DOP853 with rtol 1e-11 on the whole coupled population. Ratios of cost come from turns that all contestants take one
after the other.
"""

from __future__ import annotations

import argparse
import json
import math
import os
import statistics
import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

if __package__ in (None, ""):
    sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from tests.benchmarks.day import TICKS, Day
from tests.benchmarks.schemes import SCHEMES
from tests.benchmarks.speed import CLOCKS, Clock, run_engine

#: Error after a day at which solvers are compared.
ACCURACY = 1e-4
LEAST_AGAINST_SCIPY = 20.0
STEPS = (2, 3, 4, 6, 7, 8, 9, 10, 12, 16, 24, 32)
#: Tolerances from loose to tight; the first that is accurate enough counts, whichever atol is faster.
RTOLS = (1e-1, 3e-2, 1e-2, 3e-3, 1e-3, 3e-4, 1e-4, 3e-5, 1e-5, 3e-6)
ATOL_SHARES = (1.0, 0.1)
DEFAULT_STEPS = 9
#: How long one turn of a contestant takes at least when ratios are measured.
TURN_SECONDS = 0.3
#: Turns of each contestant then, unless the report is a quick one.
PAIRED_TURNS = 11


def timed(work: Callable[[], Any], turns: int, clock: Clock) -> float:
    """Return the median seconds of some turns."""
    taken = []
    for _ in range(turns):
        began = clock()
        work()
        taken.append(clock() - began)
    return statistics.median(taken)


def engine(day: Day, steps: int, threads: int, turns: int, clock: Clock) -> dict[str, Any]:
    """Measure the engine with some steps per tick."""
    error, one = day.error(day.engine_path(steps)), EngineDay(day, steps, threads, clock)
    one.seconds()
    seconds = statistics.median(one.seconds() for _ in range(turns))
    return point("engine", {"steps_per_tick": steps}, error, seconds, day.people)


class EngineDay:
    """The same day by the engine: each `seconds()` lives it once from its start, and says how long that took."""

    def __init__(self, day: Day, steps: int, threads: int, clock: Clock) -> None:
        self.day, self.threads, self.clock = day, threads, clock
        self.world = day.engine(steps)

    def seconds(self) -> float:
        """Return the seconds of one day."""
        self.day.restart(self.world)
        began = self.clock()
        run_engine(self.world, TICKS, self.threads)
        return self.clock() - began


def paired(turn: dict[str, Callable[[], float]], turns: int, least: float) -> dict[str, float]:
    """Return the median, over turns, of each contestant's seconds for a day divided by those of "engine".

    All take turns, so that a slower spell of the machine meets all of them; a turn is as many days as take `least`
    seconds, so that nobody is measured in the moments after a pause.
    """
    days = {name: max(1, math.ceil(least / seconds())) for name, seconds in turn.items()}
    taken = [{name: sum(turn[name]() for _ in range(days[name])) / days[name] for name in turn} for _ in range(turns)]
    return {name: statistics.median(row[name] / row["engine"] for row in taken) for name in turn}


def point(name: str, settings: dict[str, Any], error: float, seconds: float, people: int) -> dict[str, Any]:
    """Return one row of the report."""
    return {"solver": name, **settings, "error": error, "seconds": seconds, "person_days_per_second": people / seconds}


def adaptive(
    name: str, solve: Callable[[float, float], Any], day: Day, turns: int, clock: Clock
) -> list[dict[str, Any]]:
    """Measure a solver with error control from loose to tight, down to the first that is accurate enough."""
    rows = []
    for rtol in RTOLS:
        for share in ATOL_SHARES:
            began = clock()
            path = solve(rtol, rtol * share)
            once = clock() - began
            rows.append(point(name, {"rtol": rtol, "atol": rtol * share}, day.error(path), once, day.people))
        enough = [row for row in rows if row["error"] <= ACCURACY]
        if enough:
            for row in enough:
                row["seconds"] = timed(lambda r=row: solve(r["rtol"], r["atol"]), turns, clock)
                row["person_days_per_second"] = day.people / row["seconds"]
            break
    return rows


def diffrax_solver(day: Day) -> Callable[[float, float], Any]:
    """Return a function (rtol, atol) -> path by diffrax (Tsit5, PID control). Raises ImportError without it."""
    import diffrax
    import jax
    import numpy as np

    from affectsim import dynamics
    from tests.benchmarks.plain import inputs_of

    jax.config.update("jax_enable_x64", True)
    jnp = jax.numpy
    start, degree = day.start, np.diff(day.first)
    place = (np.repeat(np.arange(day.people), degree), np.arange(day.source.size) - np.repeat(day.first[:-1], degree))
    sources = np.zeros((day.people, degree.max()), np.int32)
    weights = np.zeros(sources.shape)
    sources[place], weights[place] = day.source, day.weight
    model, (warmth, hostility) = start.model, start.strengths
    names = ("threat", "resource", "affiliation", "practice", "image", "body")
    memories = np.array([model[f"{n}_memory"] for n in names])
    image, body = 1 / model["image_memory"], 1 / model["body_memory"]

    def rates(t: Any, flat: Any, pulses: Any) -> Any:
        kicks, background = pulses
        state = flat.reshape(3, -1)
        given = dynamics.giving(state, start.giver, start.coupling[0])
        heard = (warmth * (weights * given[0][sources]).sum(1), hostility * (weights * given[1][sources]).sum(1))
        found = jnp.exp(-t / memories)
        left = (*found, body / (body - image) * (found[4] - found[5]), jnp.exp(-t / model["ease_memory"]))
        inputs = inputs_of(kicks, left, background, *heard)
        return jnp.concatenate(dynamics.rates(state, inputs, start.person, start.coupling))

    pulses = (np.array([t.kicks for t in day.ticks]), np.array([t.background for t in day.ticks]))

    @jax.jit
    def solve(rtol: Any, atol: Any) -> Any:
        def tick(flat: Any, now: Any) -> Any:
            control = diffrax.PIDController(rtol=rtol, atol=atol)
            found = diffrax.diffeqsolve(diffrax.ODETerm(rates), diffrax.Tsit5(), 0.0, 0.5, None, flat, args=now,
                                        stepsize_controller=control)  # fmt: skip
            return found.ys[-1], found.ys[-1]

        return jax.lax.scan(tick, day.state.ravel(), pulses)[1]

    def path(rtol: float, atol: float) -> Any:
        return list(np.asarray(solve(rtol, atol)).reshape(TICKS, 3, -1))

    path(1e-3, 1e-3)  # compiles
    return path


def report(people: int, threads: int, turns: int, clock: str = "wall", *, quick: bool = False) -> dict[str, Any]:
    """Measure everything; see the module's text."""
    day, measure = Day(people), CLOCKS[clock]
    steps = (6, 10, DEFAULT_STEPS) if quick else STEPS
    run_engine(day.engine(DEFAULT_STEPS), 1, threads)
    rows = [engine(day, n, threads, turns, measure) for n in STEPS]
    solvers: dict[str, Callable[[float, float], Any]] = {
        f"scipy {method}": lambda r, a, m=method: day.scipy(m, r, a) for method in ("LSODA", "DOP853")
    }
    missing = {}
    try:
        solvers["diffrax Tsit5"] = diffrax_solver(day)
    except ImportError as reason:
        missing["diffrax"] = str(reason)
    for name, solve in solvers.items():
        try:
            rows += adaptive(name, solve, day, turns, measure)
        except MemoryError as reason:  # LSODA keeps the whole Jacobian
            missing[name.removeprefix("scipy ")] = str(reason)
    schemes = []
    for name, (scheme, exchanges, evaluations) in SCHEMES.items():
        for n in steps:
            error = day.error(day.scheme(scheme, n))
            seconds = timed(lambda s=scheme, k=n: day.scheme(s, k), 1, measure)
            cost = {
                "steps_per_tick": n,
                "exchanges_per_tick": exchanges(n),
                "evaluations_per_tick": evaluations * n,
            }
            schemes.append(point(name, cost, error, seconds, people))
    best: dict[str, dict[str, Any]] = {}
    for row in rows:
        old = best.get(row["solver"])
        if row["error"] <= ACCURACY and (old is None or _cheaper(row, old)):
            best[row["solver"]] = row
    chosen = next(row for row in rows if row["solver"] == "engine" and row["steps_per_tick"] == DEFAULT_STEPS)
    cheapest = EngineDay(day, best.get("engine", chosen)["steps_per_tick"], threads, measure).seconds
    turn = {"engine": cheapest, "default": EngineDay(day, DEFAULT_STEPS, threads, measure).seconds}
    for name in best.keys() & solvers.keys():
        at = best[name]
        turn[name] = lambda s=solvers[name], r=at["rtol"], a=at["atol"]: timed(lambda: s(r, a), 1, measure)
    times = paired(turn, turns, 0.0) if quick else paired(turn, PAIRED_TURNS, TURN_SECONDS)
    ratios = {
        name: {"best": times[name] if "engine" in best else None, "default": times[name] / times["default"]}
        for name in solvers
        if name in best
    }
    return {"people": people, "threads": threads, "clock": clock, "accuracy": ACCURACY,
            "solvers": rows, "schemes": schemes,
            "default": chosen, "best": best, "engine_against": ratios, "missing": missing,
            "load": os.getloadavg()[0] if hasattr(os, "getloadavg") else None}  # fmt: skip


def _cheaper(row: dict[str, Any], old: dict[str, Any]) -> bool:
    """Fewer steps are cheaper; solvers that choose their steps are judged by the clock."""
    name = "steps_per_tick" if "steps_per_tick" in row else "seconds"
    return bool(row[name] < old[name])


def table(found: dict[str, Any]) -> str:
    """Return the report as text."""
    lines = [f"one day of {found['people']:,} people, {found['threads']} engine threads, {found['clock']} time",
             f"{'solver':<40}{'settings':<26}{'error':>10}{'person-days/s':>16}"]  # fmt: skip
    for row in [*found["solvers"], *found["schemes"]]:
        setting = (
            f"{row['steps_per_tick']} steps"
            if "steps_per_tick" in row
            else f"rtol {row['rtol']:g} atol {row['atol']:g}"
        )
        lines.append(f"{row['solver']:<40}{setting:<26}{row['error']:>10.1e}{row['person_days_per_second']:>16,.0f}")
    lines += [f"no {name}: {why}" for name, why in found["missing"].items()]
    error = found["default"]["error"]
    lines.append(
        f"{'reached' if error <= ACCURACY else 'MISSED ':>8}  error of the default,"
        f" {DEFAULT_STEPS} steps <= {ACCURACY:g}: {error:.1e}"
    )
    for name, ratio in found["engine_against"].items():
        # Equal accuracy: both with their cheapest settings that reach it. The default is more accurate than that.
        least = LEAST_AGAINST_SCIPY if name.startswith("scipy") else 0.0
        word = "reached" if (ratio["best"] or 0) >= least else "MISSED "
        best = "-" if ratio["best"] is None else f"{ratio['best']:.1f}"
        goal = f" >= {least:g}" if least else ""
        lines.append(
            f"{word:>8}  engine / {name}, cheapest settings with error <= {ACCURACY:g}{goal}: {best}"
            f" (engine's default: {ratio['default']:.1f})"
        )
    return "\n".join(lines)


def draw(found: dict[str, Any], path: Path) -> None:
    """Draw error against cost: schemes in numpy (left), solvers as they come (right)."""
    from matplotlib.figure import Figure

    figure = Figure(figsize=(11, 4.6), layout="constrained")
    left, right = figure.subplots(1, 2, sharey=True)
    for axes, rows, cost, label in (
        (left, found["schemes"], lambda r: r["seconds"], "time for one day in numpy (s)"),
        (right, found["solvers"], lambda r: 1 / r["person_days_per_second"], "time per person and day (s)"),
    ):
        for name in dict.fromkeys(row["solver"] for row in rows):
            mine = sorted((row for row in rows if row["solver"] == name), key=cost)
            axes.loglog([cost(r) for r in mine], [r["error"] for r in mine], "o-", markersize=4, label=name)
            for r in mine:
                if "steps_per_tick" in r:
                    axes.annotate(
                        str(r["steps_per_tick"]),
                        (cost(r), r["error"]),
                        fontsize=6,
                        xytext=(2, 2),
                        textcoords="offset points",
                    )
        axes.axhline(ACCURACY, color="0.6", linewidth=0.8)
        axes.set_xlabel(label)
        axes.legend(fontsize=7)
    left.set_ylabel("largest error of an activation over a day")
    left.set_title("Schemes (numbers: steps per tick)", fontsize=10)
    right.set_title(f"Solvers, {found['people']:,} people", fontsize=10)
    figure.savefig(path)


def main(arguments: list[str] | None = None) -> None:
    """Measure, print, draw."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--json", action="store_true", help="print JSON instead of a table")
    parser.add_argument("--people", type=int, default=1000)
    parser.add_argument("--threads", type=int, default=min(2, os.cpu_count() or 1))
    parser.add_argument("--turns", type=int, default=5)
    parser.add_argument("--clock", choices=sorted(CLOCKS), default="wall", help="cpu: processor time of all threads")
    parser.add_argument("--quick", action="store_true", help="few settings of the schemes")
    parser.add_argument("--figure", type=Path, metavar="FILE", help="write the diagram (.svg, .png)")
    chosen = parser.parse_args(arguments)
    found = report(chosen.people, chosen.threads, chosen.turns, chosen.clock, quick=chosen.quick)
    print(json.dumps(found, indent=1) if chosen.json else table(found))
    if chosen.figure:
        draw(found, chosen.figure)


if __name__ == "__main__":
    main()
