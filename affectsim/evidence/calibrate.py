"""Calibration: the recipe that fits free numbers of the model to the entries that may be fitted, and to no other.

    python -m affectsim.evidence.calibrate      (renews the package's own numbers, `data/calibrated.toml`)
    affectsim evidence --calibrate OUT.toml     (the same stages, into a file of one's own)

Five stages, since questionnaires and training need people who already live as diaries say:

1. life: events, couplings, backgrounds, how people differ and how they rate, against `momentary`;
2. people: how they differ and which differences go together, the life of the median person as it is, against
   `momentary` again: a first stage alone finds no set in which drive and soothing go together between people as
   much as in diaries, since nothing but events and couplings would then tie them;
3. traits: which traits go together and what scores read of how people feel now, against `traits`;
4. training: how much exercises train and what that changes, against `compassion_interventions`, `practice` and trials
   of single exercises (second card);
5. scores: what the score of self-compassion reads, against `traits`, `compassion_interventions` and the second card's
   mindfulness and kindness together: people differ in it as in surveys, and training moves it as in trials, only for
   some mixtures of its parts. Run twice, since what a standard deviation of the score is depends on what it reads.

Between the stages the package measures its reference population anew (`affectsim.questionnaire_reference`), since
scores are counted in standard deviations of that population; into a file of one's own the old reference is kept.

The objective is a sum of squares, one residual per entry: how far the model's value is outside the inner part of its
range, in half widths of the range, and a pull to the published number; and one per free number, a weak pull to where
it started. Entries of the second card count half, and large residuals of theirs by their size (soft L1), so that one
that cannot be reached does not bend all others. It is minimised by scipy's `least_squares` (trust region, bounds).
All points of one derivative are one batch of simulations with the same seed, so they live the same events (common
random numbers) and what differs is the model. After every step the best point so far is written, and a later call
goes on from there.

Entries with the roles "predict" and "blind" are never looked at: `objective_entries` leaves them out, and
`values.simulated_many`, which makes every value here, computes none of them.
"""

from __future__ import annotations

import math
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from affectsim.evidence import blind
from affectsim.evidence.entries import Entry, entries
from affectsim.evidence.files import read_numbers, write_numbers
from affectsim.evidence.free import STAGES, Stage
from affectsim.evidence.values import Lives, simulated_many

Float = npt.NDArray[np.float64]

#: Share of the half width that counts as well inside: a fresh seed should not fall out again.
_INNER = 0.6
#: Pull to the published number, or to the middle of a range that is published without one.
_TO_THE_PUBLISHED = 0.3
_TO_THE_START = 0.12
#: Weight of an entry of the second card: exercises and lengths stand in, by assumption, for those of its trials.
_STANDS_IN = 0.7
#: Residual from which such an entry counts less than by its square: what cannot be reached must not bend all others.
_SCALE = 0.5
#: Residual of a statistic that is not defined.
_UNDEFINED = 5.0
#: Step of the derivative, as a share of the range of a free number: far above what simulation noise can hide.
_STEP = 0.04


class Point(NamedTuple):
    """A point that was tried: free number -> value, the model's values, and the sum of squares."""

    numbers: dict[str, float]
    values: dict[str, float]
    loss: float


def objective_entries(stage: Stage) -> list[Entry]:
    """Return the entries a stage is fitted to: those of its groups and studies whose role is "calibrate"."""
    known = (*entries(), *blind.entries())
    fitted = [entry for entry in known if entry.role == "calibrate" and entry.name.startswith(stage.groups)]
    return [entry for entry in fitted if set(entry.studies) <= set(stage.studies)]


def residual(entry: Entry, value: float) -> float:
    """Return how far a value is from where it should be, in half widths; of the second card, the root of its loss."""
    if math.isnan(value):
        return _UNDEFINED
    low, high = entry.range
    middle, half = (low + high) / 2, (high - low) / 2
    place = (value - middle) / half
    outside = max(0.0, abs(place) - _INNER)
    wanted = entry.published if isinstance(entry.published, float) else middle
    found = math.copysign(outside, place) + _TO_THE_PUBLISHED * (value - wanted) / half
    if not entry.of:
        return found
    # Its square is the soft L1 loss.
    return math.copysign(_STANDS_IN * _SCALE * math.sqrt(2 * (math.sqrt(1 + (found / _SCALE) ** 2) - 1)), found)


def calibrate(
    stage: Stage,
    start: Mapping[str, float],
    *,
    people: int,
    seed: int,
    seconds: float,
    tried: Callable[[Point], None] = lambda point: None,
    threads: int | None = 1,
) -> Point:
    """Return the best point of a stage. `start`: numbers found before, also those of other stages.

    `seconds`: no new derivative is begun after so much time. `tried` is called with every better point.
    """
    from scipy.optimize import least_squares

    free = stage.free
    targets = objective_entries(stage)
    second = [entry for entry in targets if entry.of]
    fitted = {path for one in free for path in one.paths}
    fixed = {path: value for path, value in start.items() if path not in fitted}
    first = np.array([one.place(start.get(one.path, one.start)) for one in free])
    origin = np.array([one.place(one.start) for one in free])
    began = time.monotonic()
    best = Point({}, {}, math.inf)
    lives: Lives = {}

    def numbers(place: Float) -> dict[str, float]:
        pairs = zip(free, place, strict=True)
        return fixed | {path: value for one, x in pairs for path, value in one.numbers(float(x)).items()}

    def residuals(places: Sequence[Float]) -> Float:
        nonlocal best
        points = [numbers(place) for place in places]
        made = simulated_many(
            stage.studies, points, people=people, worlds=stage.worlds, seed=seed, threads=threads, lives=lives,
            second=second,
        )  # fmt: skip
        rows = []
        for place, point, values in zip(places, points, made, strict=True):
            row = np.array([residual(entry, values[entry.name]) for entry in targets])
            rows.append(np.concatenate([row, _TO_THE_START * (place - origin)]))
            loss = float((rows[-1] ** 2).sum())
            if loss < best.loss:
                best = Point(point, {entry.name: values[entry.name] for entry in targets}, loss)
                tried(best)
        return np.array(rows)

    last: list[tuple[Float, Float]] = []

    def here(place: Float) -> Float:
        row: Float = residuals([place])[0]
        last[:] = [(place.copy(), row)]
        return row

    def derivative(place: Float) -> Float:
        if time.monotonic() - began > seconds:
            raise _Enough
        base = last[0][1] if last and np.array_equal(last[0][0], place) else here(place)
        steps = np.where(place + _STEP <= 1, _STEP, -_STEP)
        moved = [place + step * (np.arange(place.size) == n) for n, step in enumerate(steps)]
        size = stage.batch
        rows = np.concatenate([residuals(moved[n : n + size]) for n in range(0, len(moved), size)])
        return np.asarray(((rows - base) / steps[:, None]).T)

    with suppress(_Enough):
        least_squares(here, first, jac=derivative, bounds=(0.0, 1.0), method="trf", xtol=1e-3, ftol=1e-3, max_nfev=200)
    return best


class _Enough(Exception):
    """Time is up."""


def run(
    out: Path,
    *,
    seconds: float = 600.0,
    seed: int = 1,
    people: int | None = None,
    stages: Sequence[str] = tuple(STAGES),
    only: Sequence[str] = (),
    say: Callable[[str], None] = print,
) -> None:
    """Run the recipe, going on from `out` if it is there; write every better point to it.

    `people`: in each world, default those of the stage. `only`: free numbers of the stages that are left free; all
    by default.
    """
    numbers = read_numbers(out) if out.exists() else {}
    for name in stages:
        stage, known = STAGES[name], dict(numbers)
        if only:
            stage = stage._replace(free=tuple(one for one in stage.free if one.path in only))
        began = time.monotonic()

        def tried(point: Point, name: str = name, began: float = began) -> None:
            numbers.update(point.numbers)
            write_numbers(out, numbers)
            outside = sum(not e.range[0] <= point.values[e.name] <= e.range[1] for e in objective_entries(STAGES[name]))
            say(f"{name}: {time.monotonic() - began:.0f} s, loss {point.loss:.3f}, {outside} outside")

        calibrate(stage, known, people=people or stage.people, seed=seed, seconds=seconds, tried=tried)


def main() -> None:
    """Renew the package's own numbers, stage by stage, each in a process of its own, and the reference between."""
    import subprocess
    import sys

    for name in (*STAGES, "scores"):
        code = f"from affectsim.evidence.calibrate import renew; renew({name!r})"
        subprocess.run([sys.executable, "-c", code], check=True)
        subprocess.run([sys.executable, "-m", "affectsim.questionnaire_reference"], check=True)


def renew(stage: str, seconds: float = 600.0) -> None:
    """Run one stage on the package's own numbers (`affectsim.calibrated.FILE`)."""
    from affectsim.calibrated import FILE

    FILE.parent.mkdir(exist_ok=True)
    run(FILE, seconds=seconds, stages=[stage], say=lambda line: print(line, flush=True))


if __name__ == "__main__":
    main()
