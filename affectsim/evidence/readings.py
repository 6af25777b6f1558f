"""Values of entries that say themselves how they are computed: `of` = a reading, and what it is of."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from affectsim.evidence import trials
from affectsim.evidence.entries import Entry
from affectsim.evidence.momentary import beeps
from affectsim.evidence.studies import SECOND
from affectsim.evidence.surveys import correlation, last
from affectsim.evidence.trials import World
from affectsim.readouts import SYSTEMS
from affectsim.trial import TRAINING

if TYPE_CHECKING:
    import xarray as xr

Float = npt.NDArray[np.float64]


class Seen:
    """One world of every study that was run: what readings are computed from."""

    def __init__(
        self, runs: Mapping[str, xr.Dataset], number: int, seed: int, worlds: dict[str, list[World]] | None = None
    ) -> None:
        """Take the runs of studies by name; `number` of the world, `seed` of the beeps. `worlds`: made before, kept."""
        self._runs, self._number, self._seed = runs, number, seed
        self._worlds = {} if worlds is None else worlds

    def world(self, study: str) -> World:
        """Return the world of a study with training."""
        if study not in self._worlds:
            self._worlds[study] = trials.worlds(self._runs[study], SECOND[study])
        return self._worlds[study][self._number]

    def score(self, name: str) -> Float:
        """Return a score of people in general, who are not trained."""
        return last(self._runs["survey"], name, self._number)

    @property
    def ratings(self) -> Any:
        """Return the answered beeps of the same people, a row each, in order of person and time."""
        return beeps(self._runs["diaries"], self._number, self._seed)


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
    count = np.unique(runs[entry.studies[0]]["replicate"].to_numpy()).size
    worlds: dict[str, list[World]] = {}
    return [READINGS[str(reading)][0](Seen(runs, number, seed, worlds), entry, *rest) for number in range(count)]


def words(entry: Entry) -> str:
    """Return how the value of an entry is computed, in words."""
    reading, *of = entry.of
    return f"{READINGS[str(reading)][1]}: {', '.join(str(part) for part in of)}"


def weeks(entry: Entry) -> int:
    """Return how many weeks after the end of training the value of an entry is read; 0 for others than "later"."""
    reading, *rest = entry.of
    return int(rest[0]) if reading == "later" else 0
