"""Indices from whatever points there are, as long as the factors do not go together: no design of its own is needed.

The points are cut into classes along a factor (its levels if they are few, else slices with equally many points), and
what comes out in a class is compared with what comes out everywhere.

- `first`: share of the variance that lies between the classes, for their number (Pearson's correlation ratio,
  corrected as Kelley 1935, PNAS 21:554-559), which tends to the first-order Sobol index.
- `pawn`: median over the classes of the largest distance between the distribution functions (Pianosi & Wagener 2018,
  Environ Model Softw 108:197-207): also what moves other things than the mean counts.
- `delta`: half of the mean area between the densities (Borgonovo 2007, Reliab Eng Syst Saf 92:771-784; from given data
  as Plischke et al. 2013, Eur J Oper Res 226:536-550, with Gaussian kernels and Scott's bandwidth).

SALib (1.6) has both, but its `pawn` has no intervals and leaves out the highest level of every factor, and its `delta`
cuts through levels that several points share: of little use where factors are categories or a grid. So they are here;
tests compare them with SALib where it can tell.

The last two are never below zero, so that chance alone lifts them; that part is taken away with points drawn anew, as
Plischke et al. do. What is left for a factor that does nothing is told as the factor `NOTHING`.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from affectsim.sweep.sensitivity.rows import CONFIDENCE, Float, Row, halves

Labels = npt.NDArray[np.int64]
Measure = Callable[[Labels, Float], float]

#: Name of a factor that is shuffled, so that it can have no effect.
NOTHING = "(a factor without effect)"
#: Fewest points for which these indices are told, and points of the smallest class (assumed).
FEWEST_POINTS = 48
#: Most levels that are taken as they are; slices of a range for distributions (as Pianosi & Wagener 2018 advise).
_LEVELS, _SLICES = 20, 10
#: Most slices of a range for a mean, which needs fewer points in each (assumed).
_FINE_SLICES = 64
#: Places at which densities are compared (assumed), and reach of a kernel in standard deviations.
_GRID, _REACH = 256, 4.0
#: Most samples drawn anew: only their mean and spread are used.
_MOST_DRAWS = 100


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


def pawn(labels: Labels, values: Float) -> float:
    """Return the median over the classes of the Kolmogorov-Smirnov distance to all values, as it is."""
    order = np.argsort(values, kind="stable")
    ordered, labels = values[order], labels[order]
    ends = np.append(ordered[1:] != ordered[:-1], True)
    member = np.zeros((values.size, labels.max() + 1))
    member[np.arange(values.size), labels] = 1.0
    sizes = member.sum(axis=0)
    within = np.cumsum(member, axis=0)[ends][:, sizes > 0] / sizes[sizes > 0]
    everywhere = (np.flatnonzero(ends) + 1) / values.size
    return float(np.median(np.abs(within - everywhere[:, None]).max(axis=0)))


def delta(labels: Labels, values: Float) -> float:
    """Return half of the mean area between the densities in the classes and that of all values, as it is."""
    sizes = np.bincount(labels).astype(np.float64)
    present = np.flatnonzero(sizes > 0)
    widths = np.array([values[labels == n].std() for n in present]) * sizes[present] ** -0.2
    low, high = values.min() - _REACH * widths.max(), values.max() + _REACH * widths.max()
    step = max(high - low, np.finfo(float).tiny) / _GRID
    places = np.minimum(((values - low) / step).astype(np.int64), _GRID - 1)
    counts = np.bincount(labels * _GRID + places, minlength=(labels.max() + 1) * _GRID).reshape(-1, _GRID)[present]
    inside = np.array([_smooth(one, width / step) for one, width in zip(counts, widths, strict=True)])
    # That of all values is their mean, so that nothing is made of how differently two estimates are smoothed.
    everywhere = np.average(inside, axis=0, weights=sizes[present])
    return float(np.average(0.5 * np.abs(inside - everywhere).sum(axis=1), weights=sizes[present]))


def _smooth(counts: npt.NDArray[np.int64], width: float) -> Float:
    """Return shares of counts, spread by a Gaussian kernel (`width` in steps, at least half of one)."""
    from scipy.ndimage import gaussian_filter1d

    spread = gaussian_filter1d(counts.astype(np.float64), max(width, 0.5), mode="constant", truncate=_REACH)
    return np.asarray(spread / spread.sum())


def between(labels: Labels, values: Float) -> float:
    """Return the share of the variance that lies between the classes, corrected for their number."""
    sizes = np.bincount(labels)
    present = sizes > 0
    means = np.bincount(labels, weights=values)[present] / sizes[present]
    whole = float(((values - values.mean()) ** 2).sum())
    if whole == 0:
        return 0.0
    outside = float((sizes[present] * (means - values.mean()) ** 2).sum())
    return 1 - (values.size - 1) / max(values.size - int(present.sum()), 1) * (1 - outside / whole)


def given_data(
    levels: Sequence[Sequence[Any]], values: Float, names: Sequence[str], draws: int, seed: int, *, first: bool = True,
    follow: bool = True,
) -> list[Row]:  # fmt: skip
    """Return rows for first (if wanted), pawn and delta of every factor.

    `levels`: of each factor at all points; `values`: of the points. For all points and, if `follow`, for the first
    half, quarter and so on of them, which must be samples themselves.
    """
    rows: list[Row] = []
    for samples in halves(values.size, FEWEST_POINTS) if follow else [values.size]:
        part = values[:samples]
        random = np.random.default_rng(seed)
        kinds: dict[str, tuple[Measure, int]] = {"pawn": (pawn, _SLICES), "delta": (delta, _SLICES)}
        if first:
            fine = int(np.clip(round(samples**0.5), _SLICES // 2, _FINE_SLICES))
            kinds = {"first": (between, fine), **kinds}
        for index, (measure, slices) in kinds.items():
            cut = [classes(one[:samples], slices) for one in levels]
            for name, labels in zip(names, cut, strict=True):
                rows.append(_estimate(name, index, measure, labels, part, min(draws, _MOST_DRAWS), random))
            if index != "first":
                most = max(cut, key=lambda labels: int(labels.max()))
                rows.append(_nothing(index, measure, most, part, min(draws, _MOST_DRAWS), random))
    return rows


def _estimate(name: str, index: str, measure: Measure, labels: Labels, values: Float,
              draws: int, random: np.random.Generator) -> Row:  # fmt: skip
    from scipy.stats import norm

    here = measure(labels, values)
    anew = _anew(measure, labels, values, draws, random)
    if index != "first":
        # On average a sample drawn from this one is as far above it as it is above the truth.
        here = max(0.0, 2 * here - float(anew.mean()))
    reach = float(norm.ppf((1 + CONFIDENCE) / 2) * anew.std(ddof=1))
    return Row(name, index, here, max(0.0, here - reach), min(1.0, here + reach), values.size)


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
