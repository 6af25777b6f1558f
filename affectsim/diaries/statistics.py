"""What diaries say in numbers: level, spread, skew, inertia and coupling of the rated systems, with intervals.

Every statistic is a function of sums per person (`Sums`), so that drawing people anew (bootstrap) costs nothing,
and ratings of simulated people on the same schedule go through the same lines as real ones.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from affectsim.diaries.files import Diaries
from affectsim.errors import InputError, Mistake
from affectsim.readouts import SYSTEMS

Float = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

PAIRS = (("threat", "soothing", 0, 2), ("drive", "soothing", 1, 2), ("threat", "drive", 0, 1))
#: Edges (h) of the time between two ratings of a day; the first bin is "about 90 minutes".
LAGS = np.array([0.75, 2.25, 3.75, 5.25, 6.75, 8.25, 9.75, 12.75])
#: People with fewer ratings of a phase are left out: their mean and spread say nothing.
LEAST_RATINGS = 5
#: Pairs of ratings that a lag needs to count.
LEAST_PAIRS = 400
#: Variances below this are rounding: ratings lie between 0 and 1.
_ROUNDING = 1e-10
#: Decay times (h) among which the best is taken.
_TIMES = np.geomspace(0.5, 72.0, 120)
#: Percentiles at the ends of a 95 % interval.
_ENDS = (2.5, 97.5)


class Schedule(NamedTuple):
    """Who rates when, and what is missing: all that ratings on the same beeps share.

    `member`: sparse (people, ratings) with 1 where a rating is a person's; `rated`: bool (ratings, 3);
    `first`, `second`: the two ratings of each pair within a day; `pair`: sparse (people * lags, pairs);
    `lag_hours`: mean time between the ratings of each lag's pairs, NaN where there are none.
    """

    person: Whole
    time_h: Float
    rated: npt.NDArray[np.bool_]
    member: Any
    first: Whole
    second: Whole
    pair: Any
    lag_hours: Float


class Sums(NamedTuple):
    """Sums per person; people come first in every shape. `raw`: of x, x^2, x^3 (people, 3, 3).

    `number` of ratings, `square` (centred squares): (people, 3); `cross`: centred products of `PAIRS`, and the squares
    of both where both are rated (people, 3, 3); `lag`: centred products, and number, of pairs (people, lags, 3, 2).
    """

    number: Float
    raw: Float
    square: Float
    cross: Float
    lag: Float


def schedule(diaries: Diaries, phase: int = 0) -> Schedule:
    """Return the schedule of one phase; people with fewer than `LEAST_RATINGS` ratings of a system lose these."""
    here = diaries.in_phase(phase)
    return plan_of(diaries.person[here], diaries.time_h[here], np.isfinite(diaries.ratings[here]), diaries.people)


def plan_of(person: Whole, time_h: Float, rated: npt.NDArray[np.bool_], people: int) -> Schedule:
    """Return the schedule of ratings in order of person and time; `rated`: (ratings, 3), which are there."""
    from scipy.sparse import csr_array

    rows = person.size
    member = csr_array((np.ones(rows), (person, np.arange(rows))), shape=(people, rows))
    rated = rated & (member @ rated.astype(float) >= LEAST_RATINGS)[person]
    firsts, seconds = [], []
    day = np.floor(time_h / 24)
    # Rows stand in order of person and time, so the pairs of a day are neighbours 1, 2, 3 ... rows apart.
    for apart in range(1, rows):
        first, second = np.arange(rows - apart), np.arange(apart, rows)
        same = (person[first] == person[second]) & (day[first] == day[second])
        if not same.any():
            break
        between = time_h[second] - time_h[first]
        good = same & (between >= LAGS[0]) & (between < LAGS[-1])
        firsts.append(first[good])
        seconds.append(second[good])
    first = np.concatenate([*firsts, np.zeros(0, dtype=np.int64)]).astype(np.int64)
    second = np.concatenate([*seconds, np.zeros(0, dtype=np.int64)]).astype(np.int64)
    between = time_h[second] - time_h[first]
    lags = LAGS.size - 1
    lag = np.searchsorted(LAGS, between, side="right") - 1
    pair = csr_array(
        (np.ones(first.size), (person[first] * lags + lag, np.arange(first.size))), shape=(people * lags, first.size)
    )
    counts = np.bincount(lag, minlength=lags)
    with np.errstate(invalid="ignore"):
        hours = np.bincount(lag, weights=between, minlength=lags) / np.where(counts, counts, np.nan)
    return Schedule(person, time_h, rated, member, first, second, pair, hours)


def sums(plan: Schedule, ratings: Float) -> Sums:
    """Return the sums per person of ratings (ratings, 3) made on a schedule; what it misses is left out."""
    x = np.where(plan.rated, ratings, 0.0)
    n = plan.member @ plan.rated.astype(float)
    raw = np.stack([plan.member @ x, plan.member @ x**2, plan.member @ x**3], axis=-1)
    mean = raw[:, :, 0] / np.maximum(n, 1)
    c = np.where(plan.rated, ratings - mean[plan.person], 0.0)
    cross = []
    for _, _, a, b in PAIRS:
        both = plan.rated[:, a] & plan.rated[:, b]
        products = np.stack([c[:, a] * c[:, b], c[:, a] ** 2, c[:, b] ** 2], axis=1) * both[:, None]
        cross.append(plan.member @ products)
    people, lags = n.shape[0], LAGS.size - 1
    products = np.concatenate(
        [c[plan.first] * c[plan.second], (plan.rated[plan.first] & plan.rated[plan.second]).astype(float)], axis=1
    )
    lag = (plan.pair @ products).reshape(people, lags, 2, 3).swapaxes(2, 3)
    return Sums(n, raw, plan.member @ c**2, np.stack(cross, axis=1), lag)


def statistics(found: Sums, lag_hours: Float, weights: Float | None = None) -> dict[str, Float]:
    """Return every statistic, each of shape (draws,); NaN where the data do not say.

    `weights`: how often each person counts, (draws, people); default: each once, in one draw.
    Spread between: SD of people's means. Within: pooled SD around people's means. Skew: of all ratings. Lags: pairs
    within a day, centred on people's means. Decay: r(dt) = a exp(-dt / tau), least squares weighted by pairs;
    1 - a is the share of the variance within people that does not last: rating noise.
    """
    w = np.ones((1, found.number.shape[0])) if weights is None else weights
    results: dict[str, Float] = {}
    with np.errstate(invalid="ignore", divide="ignore"):
        has = found.number > 0
        means = np.where(has, found.raw[:, :, 0] / found.number, 0.0)
        total = w @ found.number
        people = w @ has
        grand = w @ means / people
        between = w @ (has * means**2) - people * grand**2
        square = w @ found.square
        moments = np.einsum("wp,psk->wsk", w, found.raw) / total[:, :, None]
        m1, m2, m3 = (moments[:, :, k] for k in range(3))
        skew = (m3 - 3 * m1 * m2 + 2 * m1**3) / _differing(m2 - m1**2) ** 1.5
        spread = np.sqrt(np.maximum(between, 0.0) / (people - 1))
        within = np.sqrt(square / (total - people))
        lag = np.einsum("wp,plsk->wlsk", w, found.lag)
        enough = lag[..., 1] >= LEAST_PAIRS
        r = np.where(enough, lag[..., 0] / lag[..., 1] / _differing(square / total)[:, None, :], np.nan)
    for n, system in enumerate(SYSTEMS):
        start, hours = _decay(r[:, :, n], np.where(enough[:, :, n], lag[:, :, n, 1], 0.0), lag_hours)
        results |= {
            f"{system}.mean": grand[:, n], f"{system}.sd_between": spread[:, n], f"{system}.sd_within": within[:, n],
            f"{system}.skew": skew[:, n], f"{system}.lag1_90min": r[:, 0, n], f"{system}.decay_hours": hours,
            f"{system}.decay_start": start, f"{system}.rating_noise_share": 1 - start,
        }  # fmt: skip
        results |= {f"{system}.r_{lag_name(k)}": r[:, k, n] for k in range(LAGS.size - 1)}
    with np.errstate(invalid="ignore", divide="ignore"):
        cross = np.einsum("wp,pck->wck", w, found.cross)
        for k, (a, b, i, j) in enumerate(PAIRS):
            squares = _differing(cross[:, k, 1]) * _differing(cross[:, k, 2])
            results[f"within_person_r.{a}_{b}"] = cross[:, k, 0] / np.sqrt(squares)
            results[f"between_person_r.{a}_{b}"] = _together(means[:, i], means[:, j], has[:, i] & has[:, j], w)
    return results


def _differing(variance: Float) -> Float:
    """Return variances or sums of squares, NaN where nothing differs but by rounding: no ratio to these means much."""
    return np.where(variance > _ROUNDING, variance, np.nan)


def lag_name(k: int) -> str:
    """Return the name of a lag: its edges in hours."""
    return f"{LAGS[k]:g}_{LAGS[k + 1]:g}h"


def _together(x: Float, y: Float, both: npt.NDArray[np.bool_], weights: Float) -> Float:
    """Return correlations of people's means, (draws,), over those who have both; NaN for two people or fewer."""
    w, x, y = weights[:, both], x[both], y[both]
    number = w.sum(axis=1)
    mean_x, mean_y = w @ x / number, w @ y / number
    product = w @ (x * y) - number * mean_x * mean_y
    squares = _differing(w @ x**2 - number * mean_x**2) * _differing(w @ y**2 - number * mean_y**2)
    return np.where(number > 2, product / np.sqrt(squares), np.nan)


def _decay(r: Float, pairs: Float, hours: Float) -> tuple[Float, Float]:
    """Return a and tau (h) of r(dt) = a exp(-dt / tau), each (draws,); NaN with fewer than three lags."""
    known = np.isfinite(r) & np.isfinite(hours)
    weight, y = np.where(known, pairs, 0.0), np.where(known, r, 0.0)
    shapes = np.exp(-np.nan_to_num(hours)[None, :] / _TIMES[:, None])
    along = np.einsum("dl,tl,dl->dt", weight, shapes, y)
    with np.errstate(invalid="ignore", divide="ignore"):
        a = along / np.einsum("dl,tl->dt", weight, shapes**2)
    best = np.argmax(np.nan_to_num(along * a), axis=1)
    row = np.arange(best.size)
    usable = (known.sum(axis=1) >= 3) & (a[row, best] > 0)
    return np.where(usable, a[row, best], np.nan), np.where(usable, _TIMES[best], np.nan)


def bootstrap_weights(people: int, draws: int, seed: int) -> Float:
    """Return how often each person is drawn, shape (draws, people): people drawn with replacement."""
    generator = np.random.default_rng(seed)
    return generator.multinomial(people, np.full(people, 1 / people), size=draws).astype(np.float64)


def once_and_drawn(mine: npt.NDArray[np.intp], people: int, draws: int, seed: int) -> Float:
    """Return weights of `people`, (draws + 1, people): each of `mine` once, then drawn with replacement."""
    weights = np.zeros((draws + 1, people))
    weights[0, mine] = 1
    weights[1:, mine] = bootstrap_weights(mine.size, draws, seed)
    return weights


class Interval(NamedTuple):
    """A statistic and its interval from people drawn anew."""

    value: float
    low: float
    high: float


def intervals(values: dict[str, Float]) -> dict[str, Interval]:
    """Return each statistic, (draws + 1,) as with the weights of `once_and_drawn`, with its percentile interval."""
    return {
        name: Interval(float(drawn[0]), *(float(x) for x in np.nanpercentile(drawn[1:], _ENDS)))
        for name, drawn in values.items()
    }


def describe(
    diaries: Diaries, phase: int = 0, arm: int | None = None, *, draws: int = 1000, seed: int = 1
) -> dict[str, Interval]:
    """Return every statistic of one phase (and arm) with its percentile bootstrap interval over people."""
    plan = schedule(diaries, phase)
    here = diaries.in_phase(phase)
    found = sums(plan, diaries.ratings[here])
    mine = np.ones(diaries.people) if arm is None else (diaries.arm == arm).astype(float)
    value = statistics(found, plan.lag_hours, mine[None, :])
    chosen = np.flatnonzero(mine)
    weights = np.zeros((draws, diaries.people))
    weights[:, chosen] = bootstrap_weights(chosen.size, draws, seed)
    drawn = statistics(found, plan.lag_hours, weights)
    results = {}
    for name in value:
        known = drawn[name][np.isfinite(drawn[name])]
        low, high = np.percentile(known, _ENDS) if known.size > draws / 2 else (np.nan, np.nan)
        results[name] = Interval(float(value[name][0]), float(low), float(high))
    return results


def compare(diaries: Diaries, *, draws: int = 1000) -> dict[str, dict[str, Interval]]:
    """Return how every statistic changed from the first to the last phase: in each arm, and last arm minus first.

    The keys are "change in arm NAME" and, with two arms or more, "change in arm LAST minus FIRST". Intervals are
    percentile bootstrap; people are drawn anew within their arm and keep both phases. Only people with ratings in both
    count: an arm without any is left out. Raises InputError if that leaves none.
    """
    last = len(diaries.phases) - 1
    plans = [schedule(diaries, phase) for phase in (0, last)]
    found = [sums(plan, diaries.ratings[diaries.in_phase(phase)]) for plan, phase in zip(plans, (0, last), strict=True)]
    both = (found[0].number.max(axis=1) > 0) & (found[1].number.max(axis=1) > 0)
    drawn: dict[str, dict[str, Float]] = {}
    for arm in range(len(diaries.arms)):
        mine = np.flatnonzero(both & (diaries.arm == arm))
        if mine.size == 0:
            continue
        weights = once_and_drawn(mine, diaries.people, draws, 1 + arm)
        before, after = (statistics(one, plan.lag_hours, weights) for one, plan in zip(found, plans, strict=True))
        drawn[diaries.arms[arm]] = {name: after[name] - before[name] for name in before}
    if not drawn:
        phases = f"{diaries.phases[0]} and {diaries.phases[last]}"
        raise InputError(diaries.source, [Mistake("--before-after", f"nobody has {LEAST_RATINGS} ratings in {phases}")])
    shown = {f"change in arm {name}": change for name, change in drawn.items()}
    if len(drawn) > 1:
        first, *_, other = drawn
        shown[f"change in arm {other} minus {first}"] = {
            name: drawn[other][name] - drawn[first][name] for name in drawn[first]
        }
    return {
        what: intervals({name: values for name, values in change.items() if np.isfinite(values[0])})
        for what, change in shown.items()
    }
