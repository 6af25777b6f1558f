"""From simulated studies to the model's values of the entries."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from affectsim.errors import InputError, Mistake, nearest
from affectsim.evidence import readings, trials
from affectsim.evidence.entries import Entry
from affectsim.evidence.momentary import diary_values
from affectsim.evidence.studies import SECOND, STUDIES, Study, scenario
from affectsim.evidence.surveys import survey_and_diary_values, survey_values
from affectsim.parameters import TRAITS
from affectsim.questionnaires.scales import QUANTITIES, Questionnaire
from affectsim.simulation import Progress, dataset_of, recorded, simulate_many

if TYPE_CHECKING:
    from collections.abc import Iterator

    import xarray as xr

Values = dict[str, float]

#: What may be fitted, by study.
FITTED: dict[str, Callable[[trials.World], Values]] = {
    "eight-week": trials.eight_week_values,
    "eight-week-usual-care": trials.usual_care_values,
}
#: What is only predicted, by study; the calibration never calls one of these.
PREDICTED: dict[str, Callable[[trials.World], Values]] = {
    "eight-week": trials.wilson_values,
    "eight-week-group": trials.group_values,
    "eight-week-active": trials.active_values,
    "sixteen-week-group": trials.psychosis_values,
    "two-week": trials.two_week_values,
    "eight-week-teachers": trials.teachers_values,
}


def values_of(runs: Mapping[str, xr.Dataset], seed: int, *, predicted: bool) -> list[Values]:
    """Return what can be computed from the studies that were run: name of the entry -> value, one per world.

    Worlds that one study has and another has not stay shorter. `seed`: of the diaries' beeps. `predicted`: also
    what is only predicted; without it no such value is computed.
    """
    found: list[list[Values]] = []
    if "diaries" in runs:
        found.append(diary_values(runs["diaries"], seed))
    if "survey" in runs:
        found.append(survey_values(runs["survey"]))
        if "diaries" in runs:
            found.append(survey_and_diary_values(runs["survey"], runs["diaries"], seed))
    tables = (FITTED, PREDICTED) if predicted else (FITTED,)
    known = {name for table in tables for name in table}
    by_world = {name: trials.worlds(run, STUDIES[name]) for name, run in runs.items() if name in known}
    for table in tables:
        found += [[table[name](world) for world in mine] for name, mine in by_world.items() if name in table]
    if predicted and {"eight-week", "eight-week-group"} <= set(by_world):
        pairs = zip(by_world["eight-week-group"], by_world["eight-week"], strict=True)
        found.append([trials.group_against_individual(group, alone) for group, alone in pairs])
    longest = max((len(one) for one in found), default=0)
    merged: list[Values] = [{} for _ in range(longest)]
    for one in found:
        for number, values in enumerate(one):
            merged[number] |= values
    return merged


def practice_rate(changes: Mapping[str, float]) -> Values:
    """Return the entry that is a number of the model itself."""
    known = TRAITS["practice_rate"].median
    return {"practice.automaticity_per_practice": float(changes.get("population.traits.practice_rate.median", known))}


@contextmanager
def weighted(changes: Mapping[str, float]) -> Iterator[dict[str, float]]:
    """Let scores read with the weights "questionnaires.KIND.QUANTITY"; give the other changes.

    Raises InputError with every weight that is none.
    """
    _check_weights(changes)
    before: dict[str, Mapping[str, float]] = {}
    rest: dict[str, float] = {}
    kinds = Questionnaire.kinds()
    try:
        for path, value in changes.items():
            steps = path.split(".")
            if steps[0] != "questionnaires":
                rest[path] = value
                continue
            score = kinds[steps[1]]
            before.setdefault(steps[1], score.reads)
            score.reads = {**score.reads, steps[2]: value}
        yield rest
    finally:
        for kind, reads in before.items():
            kinds[kind].reads = reads


def _check_weights(changes: Mapping[str, Any]) -> None:
    wrong = []
    for path, value in changes.items():
        match path.split("."):
            case ["questionnaires", kind, quantity]:
                if kind not in Questionnaire.kinds():
                    wrong.append(Mistake(path, f"is no score{nearest(kind, Questionnaire.kinds())}"))
                elif quantity not in QUANTITIES:
                    wrong.append(Mistake(path, f"is nothing that scores read{nearest(quantity, QUANTITIES)}"))
                elif isinstance(value, bool) or not isinstance(value, int | float) or not math.isfinite(value):
                    wrong.append(Mistake(f"{path} = {value}", "must be a number"))
            case ["questionnaires", *_]:
                wrong.append(Mistake(path, "must be questionnaires.SCORE.QUANTITY"))
    if wrong:
        raise InputError("--set", wrong)


def simulated(
    studies: Iterable[str], changes: Mapping[str, float], *, people: Mapping[str, int], worlds: Mapping[str, int],
    seed: int, threads: int | None = None, progress: Mapping[str, Progress] | None = None,
) -> list[Values]:  # fmt: skip
    """Simulate studies, one after another; return the values of each world."""
    with weighted(changes) as rest:
        runs = {
            name: simulate_many(
                [scenario(STUDIES[name], people=people[name], worlds=worlds[name], seed=seed, changes=rest)],
                threads=threads, progress=(progress or {}).get(name),
            )[0]
            for name in studies
        }  # fmt: skip
    return [values | practice_rate(changes) for values in values_of(runs, seed, predicted=True)]


#: Simulated lives: (study, changes that lives depend on) -> how to read them with the weights of scores as they are.
Lives = dict[tuple[str, tuple[tuple[str, float], ...]], Callable[[], "xr.Dataset"]]


def simulated_many(
    studies: Sequence[str], points: Sequence[Mapping[str, float]], *, people: int, worlds: int, seed: int,
    threads: int | None = None, lives: Lives | None = None, second: Sequence[Entry] = (),
) -> list[Values]:  # fmt: skip
    """Return the values of what may be fitted at several points, means over worlds; nothing else is computed.

    `second`: entries of the second card that are fitted; what follows a programme is lived as long as they ask for.
    Points that differ in nothing but weights of scores live the same lives, which are simulated once. `lives`: those
    of calls before, with the same people, worlds, seed and `second`; those of this call take their place.
    """
    known = {} if lives is None else dict(lives)
    parted = [_parted(point) for point in points]
    keys = [tuple(sorted(rest.items())) for _, rest in parted]
    asked = {name: STUDIES[name] if name in STUDIES else _as_long_as_read(name, second) for name in studies}
    for name, study in asked.items():
        missing = {key: rest for key, (_, rest) in zip(keys, parted, strict=True) if (name, key) not in known}
        made = [scenario(study, people=people, worlds=worlds, seed=seed, changes=rest) for rest in missing.values()]
        if made:
            batch = recorded(made, threads=threads)
            for number, key in enumerate(missing):
                read = partial(dataset_of, batch, number, 0.0)
                known[name, key] = read if study.reads_scores else partial(_as_it_is, read())
    results = []
    for point, key, (weights, _) in zip(points, keys, parted, strict=True):
        with weighted(weights):
            runs = {name: known[name, key]() for name in studies}
            each = values_of({name: run for name, run in runs.items() if name in STUDIES}, seed, predicted=False)
            more = {one.name: readings.values(one, runs, seed) for one in second}
        names = sorted({name for values in each for name in values})
        means = {name: sum(values[name] for values in each) / len(each) for name in names}
        means |= {name: sum(values) / len(values) for name, values in more.items()}
        results.append(practice_rate(point) | means)
    if lives is not None:
        lives.clear()
        lives.update({place: read for place, read in known.items() if place[1] in keys})
    return results


def _as_long_as_read(name: str, entries: Sequence[Entry]) -> Study:
    """Return a study of the second card that ends when the last value is read from it."""
    weeks = max(readings.weeks(one) for one in entries if name in one.studies)
    return SECOND[name]._replace(follow_up=7 * weeks)


def _parted(point: Mapping[str, float]) -> tuple[dict[str, float], dict[str, float]]:
    """Return the weights of scores, and everything else."""
    weights = {path: value for path, value in point.items() if path.startswith("questionnaires.")}
    return weights, {path: value for path, value in point.items() if path not in weights}


def _as_it_is(run: xr.Dataset) -> xr.Dataset:
    return run
