"""How often the intervals of a fit hold the truth: diaries of simulated people whose numbers are known, fitted blindly.

    python -m affectsim.fitting.coverage          (renews experiments/fit-coverage; some minutes for each ten sets)

For every set the true numbers are drawn from the distributions that a fit starts from (`unknowns`), so an interval of
95 % that is exact holds them 95 times in 100, over all sets (Cook, Gelman & Rubin 2006, J Comput Graph Stat
15:675-692). Sets differ in numbers, people, events, noise and the seed of the fit.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from affectsim.diaries.files import Diaries, diaries_of
from affectsim.fitting.fit import base_scenario, fit
from affectsim.fitting.same_schedule import Simulator
from affectsim.fitting.unknowns import Space

Float = npt.NDArray[np.float64]

#: Probabilities of the intervals that are counted.
LEVELS = (0.5, 0.8, 0.95)


class Study(NamedTuple):
    """How many sets of diaries, how large, and how each is fitted. One group: no arms, no change over time."""

    sets: int = 10
    people: int = 80
    days: int = 6
    a_day: int = 6
    members: int = 100
    rounds: int = 3
    seed: int = 1


#: What tests run again.
REDUCED = Study(sets=2, people=30, days=4, members=50, rounds=1)
#: Share of beeps without an answer; ratings have 13 steps, as two items on a scale from 1 to 7.
_UNANSWERED, _STEP = 0.1, 1 / 12


class Fitted(NamedTuple):
    """What came of one set of diaries. `inside`: (levels, unknowns); `width`: (unknowns,); see `rows`."""

    unknowns: tuple[str, ...]
    inside: npt.NDArray[np.bool_]
    width: Float
    predicted: float


def one_set(study: Study, number: int) -> Fitted:
    """Write one set of diaries and fit it, without a look at the numbers that it was written with."""
    diaries, truth = known(study, number)
    found = fit(
        diaries, base_scenario(), members=study.members, rounds=study.rounds, seed=study.seed + number, threads=1
    )
    values, prior = found["value"].to_numpy()[:, 0], found["prior"].to_numpy()[:, 0]
    written, seen = found["predicted"].to_numpy()[:, 0], found["observed"].to_numpy()[0]
    return Fitted(
        tuple(found["unknown"].to_numpy().tolist()),
        np.array([_holds(values, truth, level) for level in LEVELS]),
        _width(values) / _width(prior),
        float(_holds(written, seen, LEVELS[-1]).mean()),
    )


def rows(sets: Sequence[Fitted]) -> list[dict[str, Any]]:
    """Return one row for each unknown, and one for all: how many intervals of each level hold the truth.

    `width`: median width of the interval of 95 % as a share of that before the data. `predicted`: share of the
    statistics of the diaries inside the interval of 95 % of what the fitted population writes; all unknowns only.
    """
    held, width = np.array([one.inside for one in sets]), np.array([one.width for one in sets])
    made = [_row(name, held[:, :, n], width[:, n], "") for n, name in enumerate(sets[0].unknowns)]
    everything = held.swapaxes(1, 2).reshape(-1, len(LEVELS))
    return [*made, _row("all", everything, width, round(float(np.mean([one.predicted for one in sets])), 3))]


def _row(name: str, held: npt.NDArray[np.bool_], width: Float, predicted: float | str) -> dict[str, Any]:
    counts = {f"in {level:.0%}": int(held[:, k].sum()) for k, level in enumerate(LEVELS)}
    return {
        "unknown": name, "intervals": len(held), **counts, "width": round(float(np.median(width)), 3),
        "predicted": predicted,
    }  # fmt: skip


def coverage(study: Study, done: Callable[[int], None] = lambda sets: None) -> list[dict[str, Any]]:
    """Return the `rows` of a study. `done` is called with the number of sets fitted."""
    sets = []
    for number in range(study.sets):
        sets.append(one_set(study, number))
        done(number + 1)
    return rows(sets)


def known(study: Study, number: int) -> tuple[Diaries, Float]:
    """Return one set of diaries, and the values of all unknowns that they were written with."""
    generator = np.random.default_rng([study.seed, number, 11])
    # Beeps: one at random in each of equal blocks of the waking hours, 8 to 22, the same for everybody.
    block = 14 / study.a_day
    start = 24 * np.arange(study.days)[:, None] + 8 + block * np.arange(study.a_day)
    beeps = (start + (block - 0.5) * generator.random(start.shape)).ravel()
    person, time_h = np.repeat(np.arange(study.people), beeps.size), np.tile(beeps, study.people)
    answered = generator.random(person.size) >= _UNANSWERED
    empty = np.zeros((int(answered.sum()), 3))
    plan = diaries_of(person[answered], time_h[answered], empty)
    plan = Diaries(**{**plan.__dict__, "step": (_STEP,) * 3})
    base = base_scenario()
    space = Space(base, 1, 1)
    point = generator.standard_normal((1, len(space.coordinates)))
    simulator = Simulator(plan, base, space, copies=1, seed=1000 * study.seed + number, threads=1)
    (((ratings, _),),) = simulator.ratings(point, "truth")
    return Diaries(**{**plan.__dict__, "ratings": ratings}), space.values(point)[0, 0]


def _holds(draws: Float, truth: Float, level: float) -> npt.NDArray[np.bool_]:
    low, high = np.nanquantile(draws, [(1 - level) / 2, (1 + level) / 2], axis=0)
    return np.asarray((low <= truth) & (truth <= high))


def _width(draws: Float) -> Float:
    low, high = np.quantile(draws, [0.025, 0.975], axis=0)
    return np.asarray(high - low)


def write(found: Sequence[Mapping[str, Any]], path: Path) -> None:
    """Write the rows of a study as CSV."""
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, list(found[0]), lineterminator="\n")
        writer.writeheader()
        writer.writerows(found)


def main(folder: Path) -> None:
    """Run both sizes and write their tables."""

    def said(sets: int) -> None:
        print(f"{sets} sets fitted", flush=True)

    write(coverage(REDUCED), folder / "reduced.csv")
    write(coverage(Study(), said), folder / "coverage.csv")


if __name__ == "__main__":
    main(Path(sys.argv[1] if len(sys.argv) > 1 else "experiments/fit-coverage"))
