"""What a person's own diary says about that person: nearest simulated people, with regression adjustment.

The fitted population is simulated on the same schedules. Each real person is compared with the simulated people
whose diaries look alike; their traits, corrected by a local linear regression for what still differs, are draws
of what the person's traits may be (Beaumont, Zhang & Balding 2002, Genetics 162:2025-2035). The fitted population
is the prior, so people with few ratings come out near its middle (empirical Bayes).
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from affectsim.diaries.statistics import LEAST_RATINGS, Sums

Float = npt.NDArray[np.float64]

#: Simulated people that each real one is compared with.
NEIGHBOURS = 400
#: Lags (of `diary_statistics.LAGS`) that make up a person's inertia.
_SHORT = 3


class Personal(NamedTuple):
    """Traits of people: median and interval, and how much narrower than in the population (0: nothing learned).

    All have shape (people, traits); NaN for people with too few ratings.
    """

    median: Float
    low: Float
    high: Float
    learned: Float


def features(found: Sums, rated: tuple[bool, bool, bool]) -> Float:
    """Return what describes each diary, (people, features): level, spread, skew, inertia, coupling, length."""
    columns = [np.log(np.maximum(found.number.max(axis=1), 1.0))]
    n = np.maximum(found.number, 1.0)
    mean = found.raw[:, :, 0] / n
    variance = found.square / np.maximum(n - 1, 1.0)
    third = found.raw[:, :, 2] / n - 3 * mean * found.raw[:, :, 1] / n + 2 * mean**3
    product, pairs = (found.lag[:, :_SHORT, :, k].sum(axis=1) for k in range(2))
    for system in np.flatnonzero(rated):
        level = variance[:, system] + 0.05**2
        columns += [
            mean[:, system],
            np.sqrt(level),
            third[:, system] / level**1.5,
            product[:, system] / np.maximum(pairs[:, system], 1.0) / level,
        ]
    for k, (a, b) in enumerate(((0, 2), (1, 2), (0, 1))):
        if rated[a] and rated[b]:
            columns.append(
                found.cross[:, k, 0] / np.maximum(n[:, a] - 1, 1) / (0.05**2 + np.sqrt(variance[:, a] * variance[:, b]))
            )
    return np.stack(columns, axis=1)


def estimate(seen: Float, simulated: Float, traits: Float, enough: npt.NDArray[np.bool_], tail: float) -> Personal:
    """Return the traits of people from their features.

    `seen`: (people, features); `simulated`: (simulated people, features) with their `traits` (simulated people,
    traits), all positive; `enough`: (people,), who has ratings enough; `tail`: share outside each end of an interval.
    """
    from scipy.spatial import cKDTree

    centre, scale = simulated.mean(axis=0), np.maximum(simulated.std(axis=0), 1e-9)
    known, asked = (simulated - centre) / scale, (seen - centre) / scale
    logs = np.log(np.maximum(traits, 1e-6))
    count = min(NEIGHBOURS, max(20, len(known) // 5))
    distance, near = cKDTree(known).query(asked, k=count)
    result = np.full((3, len(seen), traits.shape[1]), np.nan)
    learned = np.full((len(seen), traits.shape[1]), np.nan)
    overall = logs.std(axis=0)
    for person in np.flatnonzero(enough):
        rows = near[person]
        weight = 1 - (distance[person] / distance[person].max()) ** 2
        root = np.sqrt(np.maximum(weight, 1e-3))
        design = np.column_stack([np.ones(count), known[rows] - asked[person]])
        # A little ridge, so that features which do not vary among the neighbours do no harm.
        penalty = np.diag([0.0, *np.ones(known.shape[1])])
        weighted = design * root[:, None]
        slope = np.linalg.solve(weighted.T @ weighted + penalty, weighted.T @ (logs[rows] * root[:, None]))
        adjusted = logs[rows] - design[:, 1:] @ slope[1:]
        for trait in range(traits.shape[1]):
            result[:, person, trait] = _quantiles(adjusted[:, trait], root**2, (0.5, tail, 1 - tail))
        mean = np.average(adjusted, axis=0, weights=root**2)
        left = np.sqrt(np.average((adjusted - mean) ** 2, axis=0, weights=root**2))
        learned[person] = 1 - left / np.maximum(overall, 1e-9)
    median, low, high = np.exp(result)
    return Personal(median, low, high, learned)


def enough_ratings(found: Sums, rated: tuple[bool, bool, bool]) -> npt.NDArray[np.bool_]:
    """Return who has at least `LEAST_RATINGS` ratings of every system that is rated at all, shape (people,)."""
    return np.asarray((found.number[:, np.array(rated)] >= LEAST_RATINGS).all(axis=1))


def _quantiles(values: Float, weights: Float, shares: tuple[float, ...]) -> Float:
    order = np.argsort(values)
    running = (np.cumsum(weights[order]) - 0.5 * weights[order]) / weights.sum()
    return np.asarray(np.interp(shares, running, values[order]))
