"""Indices from whatever points there are, as long as the factors do not go together: no design of its own is needed.

The points are cut into classes along a factor (its levels if they are few, else slices with equally many points), and
what comes out in a class is compared with what comes out everywhere, by SALib:

- `first`: share of the variance that lies between the classes, which tends to the first-order Sobol index (Pearson's
  correlation ratio; Plischke et al. 2013, Eur J Oper Res 226:536-550).
- `pawn`: median over the classes of the largest distance between the distribution functions (Pianosi & Wagener 2018,
  Environ Model Softw 108:197-207): also what moves other things than the mean counts.
- `delta`: half of the mean area between the densities (Borgonovo 2007, Reliab Eng Syst Saf 92:771-784; Plischke et al.
  2013).

SALib (1.6) cuts every factor by itself: through levels that several points share, and for PAWN so that the highest
level is in no slice. So each measure is asked in a way in which classes stay whole. All are lifted by chance; that part
is taken away with points drawn anew, as SALib does for delta, which is also where the intervals come from (SALib has
none for PAWN). What is left for a factor that does nothing is told as the factor `NOTHING`.

The intervals are about which points were drawn. What is left of the lift (PAWN: .02 too much) and the blur of kernels
(delta: .02 too little) is not in them: of 1,024 points of a sum of normals they hold the truth three times of four,
those of `first` 93 times of a hundred.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from affectsim.sweep.designs import problem
from affectsim.sweep.sensitivity.rows import CONFIDENCE, MOST_DRAWS, Float, Row, half_width, halves

if TYPE_CHECKING:
    from threadpoolctl import ThreadpoolController

Labels = npt.NDArray[np.int64]
Measure = Callable[[Labels, Float], float]

#: Name of a factor that is shuffled, so that it can have no effect.
NOTHING = "(a factor without effect)"
#: Fewest points for which these indices are told (assumed).
FEWEST_POINTS = 48
#: Most levels that are taken as they are; slices of a range for distributions (as Pianosi & Wagener 2018 advise).
_LEVELS, _SLICES = 20, 10
#: Most slices of a range for a mean, which needs fewer points in each (assumed).
_FINE_SLICES = 64
#: Places at which densities are compared, and how far they reach beyond the values, in standard deviations (assumed).
_GRID, _BEYOND = 200, 1.0
#: More points than the first, up to the second, of which scipy's exact probability is slow (assumed), or worked out.
_EXACT = (2_000, 10_000)


def classes(levels: Sequence[Any], slices: int) -> Labels:
    """Return the class of every point by its level of a factor, 0 and up; few levels are classes themselves."""
    known = sorted(set(levels), key=lambda level: (isinstance(level, str), level if level is not None else 0))
    if len(known) <= _LEVELS or any(isinstance(level, str) or level is None for level in known):
        place = {level: n for n, level in enumerate(known)}
        return np.array([place[level] for level in levels], dtype=np.int64)
    order = np.argsort(np.asarray(levels, dtype=np.float64), kind="stable")
    found = np.empty(len(levels), dtype=np.int64)
    found[order] = np.arange(len(levels)) * slices // len(levels)
    return found


def first(labels: Labels, values: Float) -> float:
    """Return the share of the variance that lies between the classes, as it is."""
    from SALib.analyze.delta import sobol_first

    return float(sobol_first(values, labels, _ends(labels)))


def pawn(labels: Labels, values: Float) -> float:
    """Return the median over the classes of the Kolmogorov-Smirnov distance to all values, as it is.

    SALib's one slice (`S=1`) is all points but those with the highest value of a factor. So each class is a factor of
    its own to it, 0 inside and 1 outside, and the slice is the class.
    """
    from SALib.analyze.pawn import analyze

    present = np.unique(labels)
    if present.size < 2:
        return 0.0
    # Of so many points scipy works out an exact probability that nobody asks for, in a time that grows with their
    # square; of more it does not, and distances stay the same if every point is there several times.
    times = 1 + _EXACT[1] // values.size if _EXACT[0] < values.size <= _EXACT[1] else 1
    outside = (labels[:, None] != present).astype(np.float64)
    with np.errstate(invalid="ignore"):  # its coefficient of variation, where a distance is 0
        found = analyze(problem(present.size), np.repeat(outside, times, axis=0), np.repeat(values, times), S=1)
    return float(np.median(found["median"]))


def delta(labels: Labels, scores: Float) -> float:
    """Return half of the mean area between the densities in the classes and that of all values, as it is.

    `scores`: see `normal_scores`. SALib's `analyze` would cut the factor itself, draw from the generator that all of
    numpy shares, and change how warnings are shown; the estimate below it takes the ends of the classes.
    """
    from SALib.analyze.delta import calc_delta

    places = np.linspace(scores.min() - _BEYOND, scores.max() + _BEYOND, _GRID)
    with _linear_algebra().limit(limits=1, user_api="blas"):
        return float(calc_delta(scores, places, labels, _ends(labels)))


def normal_scores(values: Float, random: np.random.Generator) -> Float:
    """Return normal values in the order of `values`, which leaves delta what it is; equal ones in random order.

    Areas between densities do not change with the scale (Borgonovo et al. 2014, J R Stat Soc B 76:925-947), but their
    estimates do: SALib's one width of kernel would blur two peaks into one, and it leaves out classes without spread.
    """
    from scipy.stats import norm

    ranks = np.empty(values.size)
    ranks[np.lexsort((random.random(values.size), values))] = np.arange(values.size)
    return np.asarray(norm.ppf((ranks + 0.5) / values.size))


@cache
def _linear_algebra() -> ThreadpoolController:
    """Return what holds linear algebra to one thread: more are many times slower for matrices of one number."""
    from threadpoolctl import ThreadpoolController

    return ThreadpoolController()


def _ends(labels: Labels) -> Labels:
    """Return the ranks at which the classes end that are there, the first of them 0: what SALib calls m."""
    return np.concatenate([[0], np.cumsum(np.unique(labels, return_counts=True)[1])])


def given_data(
    levels: Sequence[Sequence[Any]], values: Float, names: Sequence[str], draws: int, seed: int, *,
    known: Sequence[str] = (), follow: bool = True,
) -> list[Row]:  # fmt: skip
    """Return rows for first, pawn and delta of every factor, without what is `known` from elsewhere.

    `levels`: of each factor at all points; `values`: of the points. For all points and, if `follow`, for the first
    half, quarter and so on of them, which must be samples themselves; no more once nothing varies in one.
    """
    rows: list[Row] = []
    for samples in halves(values.size, FEWEST_POINTS) if follow else [values.size]:
        part = values[:samples]
        if np.ptp(part) == 0:
            break
        random = np.random.default_rng(seed)
        fine = int(np.clip(round(samples**0.5), _SLICES // 2, _FINE_SLICES))
        kinds: dict[str, tuple[Measure, int, Float]] = {
            "first": (first, fine, part),
            "pawn": (pawn, _SLICES, part),
            "delta": (delta, _SLICES, normal_scores(part, random)),
        }
        for index, (measure, slices, here) in kinds.items():
            if index in known:
                continue
            cut = [classes(one[:samples], slices) for one in levels]
            for name, labels in zip(names, cut, strict=True):
                rows.append(_estimate(name, index, measure, labels, here, min(draws, MOST_DRAWS), random))
            if index != "first":
                most = max(cut, key=lambda labels: int(labels.max()))
                rows.append(_nothing(index, measure, most, here, min(draws, MOST_DRAWS), random))
    return rows


def _estimate(name: str, index: str, measure: Measure, labels: Labels, values: Float,
              draws: int, random: np.random.Generator) -> Row:  # fmt: skip
    anew = _anew(measure, labels, values, draws, random)
    # On average a sample drawn from this one is as far above it as it is above the truth.
    here = max(0.0, 2 * measure(labels, values) - float(anew.mean()))
    end = float(half_width(anew))
    return Row(name, index, here, max(0.0, here - end), min(1.0, here + end), values.size)


def _anew(measure: Measure, labels: Labels, values: Float, draws: int,
          random: np.random.Generator) -> Float:  # fmt: skip
    found = np.empty(draws)
    for n in range(draws):
        drawn = random.integers(0, values.size, values.size)
        found[n] = measure(labels[drawn], values[drawn])
    return found


def _nothing(index: str, measure: Measure, labels: Labels, values: Float, draws: int,
             random: np.random.Generator) -> Row:  # fmt: skip
    """Return what chance gives: the same with the values shuffled, from zero to the 95th of a hundred."""
    shuffled = np.array([measure(labels, random.permutation(values)) for _ in range(draws)])
    one = _anew(measure, labels, random.permutation(values), draws, random).mean() - shuffled.mean()
    found = np.maximum(0.0, shuffled - one)
    return Row(NOTHING, index, float(np.median(found)), 0.0, float(np.quantile(found, CONFIDENCE)), values.size)
