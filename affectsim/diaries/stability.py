"""How much of what tells people apart in diaries lasts: from day to day, over a week or two, and over months.

Means of single days, so that noise of a rating and hours of a mood do not count: those of one person on two days
share only what lasts at least from the one to the other. Over `k` days it is the covariance of people's day means k
days apart, divided by that one day apart; 1 if people differ in traits alone. In the words of Kenny & Zautra (1995,
J Consult Clin Psychol 63:52-59) what stays is the stable trait, what is lost slowly the autoregressive trait.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from affectsim.diaries.files import Diaries
from affectsim.diaries.statistics import LEAST_RATINGS, Interval, intervals, once_and_drawn
from affectsim.readouts import SYSTEMS

Float = npt.NDArray[np.float64]

#: People with both days that a pair of days needs to count.
LEAST_PEOPLE = 20
#: Most days apart that are told: four weeks, also of diaries that go on for a year.
MOST_APART = 28


class DayMeans(NamedTuple):
    """Means of each person's days and of the whole phase: (people, days, 3) and (people, 3), NaN where not rated."""

    of_days: Float
    whole: Float


def day_means(diaries: Diaries, phase: int = 0) -> DayMeans:
    """Return the means of one phase. Days are counted from each person's first; few ratings in all: left out."""
    here = diaries.in_phase(phase)
    person, day = diaries.person[here], np.floor(diaries.time_h[here] / 24).astype(np.int64)
    ratings = diaries.ratings[here]
    first = np.full(diaries.people, np.iinfo(np.int64).max)
    np.minimum.at(first, person, day)
    day = day - first[person]
    shape = (diaries.people, int(day.max(initial=0)) + 1, 3)
    total, number = np.zeros(shape), np.zeros(shape)
    np.add.at(total, (person, day), np.nan_to_num(ratings))
    np.add.at(number, (person, day), np.isfinite(ratings))
    number = np.where(number.sum(axis=1, keepdims=True) >= LEAST_RATINGS, number, 0)
    return DayMeans(_ratio(total, number), _ratio(total.sum(axis=1), number.sum(axis=1)))


def lasting(means: DayMeans, weights: Float | None = None) -> dict[str, Float]:
    """Return what lasts over k days, "stability.SYSTEM.K_days" -> (draws,), for every k that enough people have.

    From two days to `MOST_APART`. `weights`: (draws, people), how often each person counts, in the first row
    everybody who counts at all; default: once.
    """
    people, days, _ = means.of_days.shape
    w = np.ones((1, people)) if weights is None else weights
    found: dict[str, Float] = {}
    for n, system in enumerate(SYSTEMS):
        x = means.of_days[:, :, n]
        nearest = _lagged(x, 1, w)
        for apart in range(2, min(days, MOST_APART + 1)):
            with np.errstate(invalid="ignore", divide="ignore"):
                found[f"stability.{system}.{apart}_days"] = _lagged(x, apart, w) / nearest
    return {name: value for name, value in found.items() if np.isfinite(value[0])}


def kept(before: DayMeans, after: DayMeans, weights: Float | None = None) -> dict[str, Float]:
    """Return how means over two phases go together, "stability.SYSTEM.before_after" -> correlations (draws,)."""
    w = np.ones((1, before.whole.shape[0])) if weights is None else weights
    found = {}
    for n, system in enumerate(SYSTEMS):
        x, y = before.whole[:, n], after.whole[:, n]
        with np.errstate(invalid="ignore", divide="ignore"):
            r = _covariance(x, y, w) / np.sqrt(_covariance(x, x, w, y) * _covariance(y, y, w, x))
        found[f"stability.{system}.before_after"] = r
    return {name: value for name, value in found.items() if np.isfinite(value[0])}


def stability(diaries: Diaries, phase: int = 0, arm: int | None = None, *, draws: int = 1000) -> dict[str, Interval]:
    """Return what lasts within one phase (of an arm), with percentile bootstrap intervals over people."""
    return intervals(lasting(day_means(diaries, phase), _weights(diaries, arm, draws)))


def stability_between(diaries: Diaries, arm: int | None = None, *, draws: int = 1000) -> dict[str, Interval]:
    """Return how people's means in the first and in the last phase go together (in an arm), with intervals."""
    last = len(diaries.phases) - 1
    return intervals(kept(day_means(diaries), day_means(diaries, last), _weights(diaries, arm, draws)))


def _weights(diaries: Diaries, arm: int | None, draws: int) -> Float:
    mine = np.flatnonzero(np.ones(diaries.people) if arm is None else diaries.arm == arm)
    return once_and_drawn(mine, diaries.people, draws, seed=1)


def _lagged(x: Float, apart: int, weights: Float) -> Float:
    """Return the mean covariance over people of days `apart` apart, (draws,); NaN where too few have both.

    The first row of `weights` says who counts at all.
    """
    pairs = [(x[:, day], x[:, day + apart]) for day in range(x.shape[1] - apart)]
    mine = weights[0] > 0  # those of other arms say nothing
    pairs = [(a, b) for a, b in pairs if (np.isfinite(a * b) & mine).sum() >= LEAST_PEOPLE]
    if not pairs:
        return np.full(weights.shape[0], np.nan)
    found: Float = np.mean([_covariance(a, b, weights) for a, b in pairs], axis=0)
    return found


def _covariance(a: Float, b: Float, weights: Float, also: Float | None = None) -> Float:
    """Return weighted covariances, (draws,), over the people who have both (and `also`)."""
    known = np.isfinite(a * b if also is None else a * b * also)
    w, x, y = weights[:, known], a[known], b[known]
    number = w.sum(axis=1)
    with np.errstate(invalid="ignore", divide="ignore"):
        found: Float = (w @ (x * y) - (w @ x) * (w @ y) / number) / (number - 1)
    return found


def _ratio(total: Float, number: Float) -> Float:
    return total / np.where(number, number, np.nan)
