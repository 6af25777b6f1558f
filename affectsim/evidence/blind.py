"""The second card: published numbers that the model had never been held against before its first run.

The entries of the first card had been read many times when the model was changed, so its predictions are not blind.
Those here were collected from publications, all but four by somebody who had seen neither the model's values nor its
cards (`blind.toml` says which). The list, what is simulated for each number and when it counts as inside were committed
before any value was computed.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from affectsim.evidence import card, trials
from affectsim.evidence import studies as known
from affectsim.evidence.entries import Entry, read
from affectsim.evidence.momentary import beeps
from affectsim.evidence.studies import EIGHT_WEEKS, Study
from affectsim.evidence.surveys import correlation, last
from affectsim.evidence.trials import World
from affectsim.evidence.values import weighted
from affectsim.readouts import SYSTEMS
from affectsim.simulation import Progress, simulate_many
from affectsim.trial import TRAINING

if TYPE_CHECKING:
    import xarray as xr

Float = npt.NDArray[np.float64]


def _trained(
    says: str, programme: str, days: int, *, preset: str = "general", against: str = "waiting-list", follow_up: int = 0
) -> Study:
    return Study(
        says, preset, known.alone_programme(programme), against, days, follow_up,
        readouts=(*known.SCORES, "social-safeness-score"),
    )  # fmt: skip


#: Name -> study. Exercises, length and rhythm are assumed, from how the publications describe what was done.
STUDIES: dict[str, Study] = {
    "diaries": known.STUDIES["diaries"],
    "survey": known.STUDIES["survey"],
    "mindfulness": _trained(
        "people in general: eight weeks of mindfulness in groups against waiting, and half a year after",
        "mindfulness", EIGHT_WEEKS, follow_up=182,
    ),
    "mindfulness-active": _trained(
        "the same against relaxation with as much attention", "mindfulness", EIGHT_WEEKS, against="active",
        follow_up=91,
    ),
    "mindfulness-patients": _trained(
        "people who seek help: eight weeks of mindfulness in groups against usual care", "mindfulness", EIGHT_WEEKS,
        preset="help-seeking", against="usual-care",
    ),
    "mindfulness-patients-active": _trained(
        "the same people: mindfulness against relaxation with as much attention", "mindfulness", EIGHT_WEEKS,
        preset="help-seeking", against="active", follow_up=126,
    ),
    "mindfulness-online": _trained(
        "people in general: eight weeks of mindfulness at home, without sessions, against waiting",
        "mindfulness-online", EIGHT_WEEKS, follow_up=56,
    ),
    "mindfulness-brief": _trained(
        "people in general: a week of mindfulness against waiting", "mindfulness-brief", 7,
    ),
    "kindness": _trained(
        "people in general: eight weeks of compassionate self and imagery against waiting", "kindness", EIGHT_WEEKS,
    ),
    "kindness-active": _trained(
        "the same against relaxation with as much attention", "kindness", EIGHT_WEEKS, against="active",
    ),
    "gratitude": _trained(
        "people in general: two weeks of appreciation against waiting, and four weeks after", "gratitude", 14,
        follow_up=28,
    ),
}  # fmt: skip


@cache
def entries() -> tuple[Entry, ...]:
    """Return the entries of the second card, in the order of the file."""
    return tuple(one._replace(computed=_words(one)) for one in read("blind.toml"))


def _words(entry: Entry) -> str:
    reading, *of = entry.of
    return f"{READINGS[str(reading)][1]}: {', '.join(str(part) for part in of)}"


class Seen:
    """One world of every study that was run: what readings are computed from."""

    def __init__(self, runs: Mapping[str, xr.Dataset], number: int, seed: int) -> None:
        """Take the runs of studies by name; `number` of the world, `seed` of the beeps."""
        self._runs, self._number, self._seed = runs, number, seed

    def world(self, study: str) -> World:
        """Return the world of a study with training."""
        return trials.worlds(self._runs[study], STUDIES[study])[self._number]

    def score(self, name: str) -> Float:
        """Return a score of people in general, who are not trained."""
        return last(self._runs["survey"], name, self._number)

    @property
    def ratings(self) -> Any:
        """Return the answered beeps of the same people, a row each, in order of person and time."""
        return beeps(self._runs["diaries"], self._number, self._seed)


# ------------------------------------------------------------------------------------------ readings


def _between(seen: Seen, _: Entry, one: str, other: str) -> float:
    return correlation(seen.score(one), seen.score(other))


def _largest(seen: Seen, _: Entry, *scores: str) -> float:
    table = np.corrcoef([seen.score(name) for name in scores])
    return float(np.max(table[np.triu_indices(len(scores), 1)]))


def _spread(rows: Any) -> Any:
    return rows.groupby("person")[list(SYSTEMS)].std()


def _instability(rows: Any) -> Any:
    """Return the root mean square of successive differences within days, by person."""
    steps = rows.groupby(["person", "day"])[list(SYSTEMS)].diff()
    return (steps**2).groupby(rows["person"]).mean() ** 0.5


def _inertia(rows: Any) -> Any:
    """Return the lag-1 autocorrelation within days, by person."""
    centred = rows[list(SYSTEMS)] - rows.groupby("person")[list(SYSTEMS)].transform("mean")
    before = centred.groupby([rows["person"], rows["day"]]).shift()
    here = centred.where(before.notna())
    person = rows["person"]
    products = (here * before).groupby(person).sum()
    return products / ((here**2).groupby(person).sum() * (before**2).groupby(person).sum()) ** 0.5


_DYNAMICS: dict[str, Callable[[Any], Any]] = {"spread": _spread, "instability": _instability, "inertia": _inertia}


def _of_ratings(seen: Seen, _: Entry, score: str, what: str) -> float:
    of = _DYNAMICS[what](seen.ratings)
    mine, theirs = seen.score(score)[of.index.to_numpy()], of[list(SYSTEMS)].to_numpy().T
    # Who gives one answer all the time has no inertia.
    there = np.isfinite(theirs)
    return float(np.mean([correlation(mine[here], one[here]) for one, here in zip(theirs, there, strict=True)]))


def _stability(seen: Seen, entry: Entry, score: str, weeks: float) -> float:
    world = seen.world(entry.studies[0])
    first, later = (world.control[score].isel(time=world.before + step).to_numpy() for step in (0, int(weeks)))
    return correlation(first, later)


def _effect(seen: Seen, entry: Entry, *scores: str, weeks: int = 0) -> float:
    world = seen.world(entry.studies[0])
    return float(np.mean([world.effect(score, world.after + weeks) for score in scores]))


def _later(seen: Seen, entry: Entry, weeks: float, *scores: str) -> float:
    return _effect(seen, entry, *scores, weeks=int(weeks))


def _more_for_more(seen: Seen, entry: Entry, score: str) -> float:
    world = seen.world(entry.studies[0])
    slopes = []
    for arm in (TRAINING, "control"):
        before = world.scores(score, arm, world.before)
        spread = before.std(ddof=1)
        # Scores are turned so that more is benefit: who starts lower has more to gain.
        slopes.append(-np.polyfit(before / spread, world.change([score], arm) / spread, 1)[0])
    return float(slopes[0] - slopes[1])


#: First word of an entry's `of` -> how its value is computed from what follows, and that in words.
READINGS: dict[str, tuple[Callable[..., float], str]] = {
    "correlation": (_between, "correlation across people of the two scores of the same week"),
    "largest": (_largest, "the largest of the correlations across people between these scores"),
    "dynamics": (_of_ratings, "correlation across people of the score with this of the ratings, mean of the three"),
    "stability": (_stability, "correlation of the score with itself after these weeks, people who are not trained"),
    "effect": (_effect, "difference in change between arms / pooled SD before; the mean if of several scores"),
    "later": (_later, "the same effect, these weeks after the end"),
    "more-for-more": (
        _more_for_more,
        "how much more, in SD, the difference in change between arms is for each SD that somebody starts worse",
    ),
}


def values(entry: Entry, runs: Mapping[str, xr.Dataset], seed: int) -> list[float]:
    """Return the value of an entry in each world of the runs it asks for, by name of the study."""
    reading, *rest = entry.of
    worlds = np.unique(runs[entry.studies[0]]["replicate"].to_numpy()).size
    return [READINGS[str(reading)][0](Seen(runs, number, seed), entry, *rest) for number in range(worlds)]


def rows(
    *, full: bool = False, seed: int = card.SEED, changes: Mapping[str, Any] | None = None, threads: int | None = None,
    progress: Progress | None = None,
) -> list[card.Row]:  # fmt: skip
    """Simulate what the entries ask for and return their rows.

    `full`: more people and more worlds. `changes`: dotted changes of every simulated scenario. Raises InputError.
    """
    size = int(full)
    known.check_changes(STUDIES.values(), changes or {})
    moved = card.shared(STUDIES, full, progress)
    found: dict[str, list[float]] = {}
    with weighted(changes or {}) as rest:
        runs: dict[str, xr.Dataset] = {}
        for name, study in STUDIES.items():
            made = known.scenario(study, people=study.people[size], worlds=study.worlds[size], seed=seed, changes=rest)
            runs[name] = simulate_many([made], threads=threads, progress=moved.get(name))[0]
            ready = [one for one in entries() if one.name not in found and set(one.studies) <= set(runs)]
            found |= {one.name: values(one, runs, seed) for one in ready}
            if study.programme is not None:
                del runs[name]
    return [card.row_of(one, found[one.name]) for one in entries()]
