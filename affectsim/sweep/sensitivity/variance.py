"""Shares of the variance over the points: `first` is what a factor explains alone, `total` together with others.

- Sobol (design "sobol-indices"): Saltelli et al. 2010 (Comput Phys Commun 181:259-270), as in
  `scipy.stats.sobol_indices`; intervals from drawing base samples anew.
- Factorial (design "grid"): every combination is there, so the variances are sums and not estimates. What differs
  between replicates would be taken for interactions; its part is taken away, without bias. Intervals from leaving one
  replicate out at a time (jackknife; Tukey 1958, Ann Math Stat 29:614).
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from affectsim.sweep.sensitivity.rows import CONFIDENCE, ENDS, FEWEST, Float, Row, halves


def sobol_indices(values: Float, names: Sequence[str], draws: int, seed: int) -> list[Row]:
    """Return rows for first-order and total indices.

    `values`: of the points of the design, shape (samples * (factors + 2),). For the whole sample, then for its first
    half, quarter and so on, which are Sobol samples themselves.
    """
    from scipy.stats import sobol_indices as scipy_indices

    by_part = values.reshape(len(names) + 2, -1)
    rows: list[Row] = []
    for samples in halves(by_part.shape[1], FEWEST):
        part = by_part[:, :samples]
        if np.ptp(part[:2]) == 0:
            break
        functions = {"f_A": part[0][None], "f_B": part[1][None], "f_AB": part[2:, None, :]}
        found = scipy_indices(func=functions, n=samples)
        ends = _drawn_anew(part, draws, seed)
        rows += _rows(np.stack([np.ravel(found.first_order), np.ravel(found.total_order)]), ends, names, samples)
    return rows


def _rows(values: Float, ends: Float, names: Sequence[str], samples: int) -> list[Row]:
    """Return the rows of `values` (2, factors) with `ends` (2, 2, factors): below and above, first and total."""
    return [
        Row(name, index, float(values[m, n]), float(ends[0, m, n]), float(ends[1, m, n]), samples)
        for n, name in enumerate(names)
        for m, index in enumerate(("first", "total"))
    ]


def _drawn_anew(part: Float, draws: int, seed: int) -> Float:
    """Return lower and upper ends of first-order and total indices: (2, 2, factors), from base samples drawn anew."""
    random = np.random.default_rng(seed)
    a, b, mixed = part[0] - part[:2].mean(), part[1] - part[:2].mean(), part[2:] - part[:2].mean()
    samples = part.shape[1]
    # What is averaged over the base samples; drawing them anew gives each a weight.
    terms = np.concatenate([[a + b, a**2 + b**2], b * (mixed - a), 0.5 * (a - mixed) ** 2])
    means = np.empty((draws, len(terms)))
    for n in range(draws):
        means[n] = terms @ np.bincount(random.integers(0, samples, samples), minlength=samples) / samples
    variance = np.maximum(means[:, 1] / 2 - (means[:, 0] / 2) ** 2, np.finfo(float).tiny)
    ends = np.quantile(means[:, 2:] / variance[:, None], ENDS, axis=0)
    return np.asarray(ends.reshape(2, 2, len(mixed)))


def factorial_indices(values: Float, names: Sequence[str]) -> list[Row]:
    """Return rows for first-order and total indices of a grid; `samples` is the number of replicates.

    `values`: shape (levels of the first factor, levels of the second, ..., replicates). For all replicates, then for
    the first half of them and so on; with one replicate there is no interval, and chance counts as interaction.
    No rows where points differ no more than chance makes them: there is no variance to share out then.
    """
    rows: list[Row] = []
    for count in halves(values.shape[-1], 2):
        part = values[..., :count]
        here = _factorial(part)
        if here is None:
            continue
        ends = np.full((2, *here.shape), np.nan)
        if count > 2:
            from scipy.stats import t

            without = [_factorial(np.delete(part, n, axis=-1)) for n in range(count)]
            known = [one for one in without if one is not None]
            if len(known) < count:
                continue
            error = np.sqrt((count - 1) * np.stack(known).var(axis=0))
            reach = t.ppf((1 + CONFIDENCE) / 2, count - 1) * error
            ends = np.stack([here - reach, here + reach])
        rows += _rows(here, ends, names, count)
    return rows


def _factorial(values: Float) -> Float | None:
    """Return first-order and total indices of the mean over all possible replicates, shape (2, factors).

    None if nothing is left of the variance over the points when that of chance is taken away.
    """
    count = values.shape[-1]
    mean = values.mean(axis=-1)
    sums = _variances(mean)
    if count > 1:
        # A variance is a quadratic form: that of a mean is too large by that of its error, on average.
        each = sum(_variances(values[..., n] - mean) for n in range(count))
        sums = sums - each / (count * (count - 1))
    return np.asarray(sums[:2] / sums[2], dtype=np.float64) if (sums[2] > 0).all() else None


def _variances(values: Float) -> Float:
    """Return the variances that every factor explains alone, and with others, and that of all: (3, factors)."""
    axes = range(values.ndim)
    alone = [values.mean(axis=tuple(m for m in axes if m != n)).var() for n in axes]
    together = [values.var(axis=n).mean() for n in axes]
    return np.array([alone, together, [values.var()] * values.ndim])
