"""Looking for other sets of numbers that fit nearly as well as the package's own, and judging them on the card.

All free numbers of all stages of the calibration are free at once, each as far as half the way from the package's own
to anywhere in its bounds (`REACH`); only those of which nothing but the second card says anything (`free.ALONE_ONLY`)
are held, since sets are looked for on the first card. Sets are looked for by `evidence.ensemble`, with
`values.simulated_many`, which computes nothing that is only predicted. Which members fit is decided by the card in its
full size, on its own seed: of the entries that may be fitted at most four are outside. Only then is the rest of the
card computed. Scores keep the norms of the package's own population (`affectsim.questionnaire_reference`).

A search is kept in a folder, round by round and member by member, so it can be stopped and gone on with.
"""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from affectsim.calibrated import FILE
from affectsim.errors import InputError, Mistake
from affectsim.evidence import ensemble, trials
from affectsim.evidence.card import SEED, Row, card
from affectsim.evidence.entries import Entry, entries
from affectsim.evidence.files import read_numbers
from affectsim.evidence.free import ALONE_ONLY, STAGES, Free
from affectsim.evidence.studies import STUDIES, scenario
from affectsim.evidence.values import FITTED, simulated_many, weighted
from affectsim.progress import Progress
from affectsim.simulation import simulate_many
from affectsim.sweep.plan import versions

Float = npt.NDArray[np.float64]

#: Name in the store of what the card says of the package's own numbers; of a member.
OWN, MEMBER = "own", "member-{}"
#: The same of what eight weeks do with them.
BENEFITS = "benefits-{}"
#: Simulated while sets are looked for: everything that entries which may be fitted ask for.
_STUDIES = ("diaries", "survey", *FITTED)
#: Points simulated together, and how much more each round counts in the regression than the one before it (assumed).
_BATCH, _ROUND_WEIGHT = 10, 3.0
#: On the way from the package's own numbers to a random place in the bounds: where the own place of a member is, and
#: where it begins. Sets from all of the bounds were tried first: what numbers do is too different there.
REACH, _BEGIN = 0.5, 0.4
#: Fitted entries that may be outside with a set that is said to fit (a tenth of them; assumed), and in the last round.
ALLOWED, _BY_CHANCE = 4, 4


class Search(NamedTuple):
    """How sets are looked for.

    `sizes`: (people in a world, worlds) of each round; the last one is only looked at. `pilots`: further points of the
    first round, from which it is learned what numbers do. `most`: sets that are judged at most, the first ones.
    """

    members: int = 30
    pilots: int = 150
    sizes: tuple[tuple[int, int], ...] = ((300, 2),) * 3 + ((600, 3),) * 2
    most: int = 8
    seed: int = 1


def free_numbers() -> tuple[Free, ...]:
    """Return the free numbers of the calibration, each once, without `free.ALONE_ONLY`."""
    found: dict[str, Free] = {}
    for stage in STAGES.values():
        for one in stage.free:
            if one.path not in ALONE_ONLY:
                found.setdefault(one.path, one)
    return tuple(found.values())


def fitted_entries() -> list[Entry]:
    """Return the entries that decide whether a set fits."""
    return [entry for entry in entries() if entry.role == "calibrate"]


def numbers_at(coordinates: Float) -> dict[str, float]:
    """Return the free numbers at a place, path -> value with four digits."""
    from scipy.special import ndtr

    places = zip(free_numbers(), ndtr(coordinates), strict=True)
    return {one.path: float(f"{one.value(float(place)):.4g}") for one, place in places}


def whole(numbers: Mapping[str, float]) -> dict[str, float]:
    """Return a whole set, path -> value: the free numbers, those in proportion to them, and the package's others."""
    found = read_numbers(FILE)
    for one in free_numbers():
        value = numbers[one.path]
        found |= {one.path: value} | {path: share * value for path, share in one.along.items()}
    return found


def coordinates_of(numbers: Mapping[str, float]) -> Float:
    """Return the coordinates of a set: standard normal if a number may be anywhere in its bounds."""
    from scipy.special import ndtri

    return np.asarray(ndtri([one.place(numbers[one.path]) for one in free_numbers()]))


class Store:
    """The folder in which a search is kept: a file for each round and each member, whole or not there."""

    def __init__(self, folder: Path, search: Search) -> None:
        """Begin, or go on with, a search. Raises InputError if the folder holds another one."""
        self.folder = folder
        folder.mkdir(parents=True, exist_ok=True)
        mine = json.loads(json.dumps({**search._asdict(), "sources": versions()["sources"]}))
        kept = self.read("search")
        if kept not in (None, mine):
            raise InputError(str(folder), [Mistake("search", "holds another search, or the model has changed since")])
        if kept is None:
            self.keep("search", mine)

    def read(self, name: str) -> Any:
        """Return what is kept under a name, None if nothing is."""
        path = self.folder / f"{name}.json"
        return json.loads(path.read_text(encoding="utf-8")) if path.is_file() else None

    def keep(self, name: str, what: Any) -> None:
        """Keep plain values under a name; the file appears whole."""
        partial = self.folder / f".{name}.{os.getpid()}.partial"
        partial.write_text(json.dumps(what), encoding="utf-8")
        os.replace(partial, self.folder / f"{name}.json")


def look(search: Search, store: Store) -> dict[int, dict[str, float]]:
    """Look for sets; return member -> numbers for those that show nearly everything in the last round."""
    wanted = fitted_entries()
    low, high = (np.array(ends) for ends in zip(*(entry.range for entry in wanted), strict=True))
    generator = np.random.default_rng([search.seed, 13])
    start = np.clip(coordinates_of(read_numbers(FILE)), -ensemble.END, ensemble.END)
    prior = generator.standard_normal((search.members + search.pilots, start.size))
    at = start + _BEGIN * (prior - start)
    mine = slice(search.members)
    own, aims = start + REACH * (prior[mine] - start), ensemble.targets(low, high, search.members, generator)
    places, values, weights = [], [], []
    for number, (people, worlds) in enumerate(search.sizes):
        shown = _round(number, at, people, worlds, search, store)
        now = shown[mine]
        inside = ((now >= low) & (now <= high)).sum(axis=1)
        print(f"round {number + 1} of {len(search.sizes)} ({people} people in {worlds} worlds): of {low.size} entries "
              f"{np.median(inside):g} inside (median), {inside.max()} at most", flush=True)  # fmt: skip
        if number == len(search.sizes) - 1:
            break
        places.append(at)
        values.append(shown)
        weights.append(_ROUND_WEIGHT**number)
        learned = ensemble.learn(places, values, weights)
        at = ensemble.moved(at[mine], now, aims, own, learned, (high - low) / 2)
    return {int(member): numbers_at(at[member]) for member in np.flatnonzero(inside >= low.size - _BY_CHANCE)}


def _round(number: int, at: Float, people: int, worlds: int, search: Search, store: Store) -> Float:
    """Return what all points show, (points, entries), simulating those that are not kept."""
    name = f"round-{number + 1}"
    kept = store.read(name) or []
    with Progress(f"points of {name}") as show:
        while len(kept) < len(at):
            points = [whole(numbers_at(one)) for one in at[len(kept) : len(kept) + _BATCH]]
            made = simulated_many(
                _STUDIES, points, people=people, worlds=worlds, seed=1000 * search.seed + number, threads=None
            )
            kept += [[found.get(entry.name, float("nan")) for entry in fitted_entries()] for found in made]
            store.keep(name, kept)
            show(len(kept), len(at))
    return np.array(kept)


def judge(numbers: Mapping[str, float], *, full: bool = True) -> dict[str, Any]:
    """Return what the card says of free numbers: what does not fit, and what they predict if that is little.

    `outside`: names of fitted entries; `predicted`: name -> (value, inside).
    """
    changes = whole(numbers)
    roles = {role: _groups(role) for role in ("calibrate", "predict")}
    fit = card(roles["calibrate"], full=full, changes=changes)
    found: dict[str, Any] = {"numbers": dict(numbers), "outside": [row.entry.name for row in fit if not row.inside]}
    if len(found["outside"]) <= ALLOWED:
        found["predicted"] = {row.entry.name: _said(row) for row in card(roles["predict"], full=full, changes=changes)}
    return found


def benefits(numbers: Mapping[str, float], *, full: bool = True) -> dict[str, float]:
    """Return what eight weeks do for people who seek help, means over worlds; see `trials.World.benefits`."""
    study = STUDIES["eight-week"]
    people, worlds = (pair[full] for pair in (study.people, study.worlds))
    watched = study._replace(readouts=("balance",))
    with weighted(whole(numbers)) as changes:
        asked = scenario(watched, people=people, worlds=worlds, seed=SEED, changes=changes)
    found = [world.benefits() for world in trials.worlds(simulate_many([asked])[0], study)]
    return {name: float(np.mean([one[name] for one in found])) for name in found[0]}


def _groups(role: str) -> list[str]:
    return [entry.name for entry in entries() if entry.role == role]


def _said(row: Row) -> tuple[float, bool]:
    return float(f"{row.model:.4g}"), row.inside is True


def run(store: Store, search: Search) -> None:
    """Look for sets and judge them; what is kept already is not made again."""
    found = dict(list(look(search, store).items())[: search.most])
    print(f"{len(found)} of {search.members} sets are judged on the card in its full size", flush=True)
    mine = read_numbers(FILE)
    own = {one.path: mine[one.path] for one in free_numbers()}
    todo = {OWN: own, **{MEMBER.format(number): one for number, one in found.items()}}
    with Progress("sets") as show:
        for done, (name, numbers) in enumerate(todo.items(), 1):
            if store.read(name) is None:
                store.keep(name, judge(numbers))
            if "predicted" in store.read(name) and store.read(BENEFITS.format(name)) is None:
                store.keep(BENEFITS.format(name), benefits(numbers))
            show(done, len(todo))
