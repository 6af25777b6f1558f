"""Shares of the variance over the points of a grid: `first` is what a factor explains alone, `total` with others.

Every combination is there, so the variances are sums (analysis of variance) and not estimates. What differs between
replicates would be taken for interactions; its part is taken away, without bias. Intervals from leaving one replicate
out at a time (jackknife; Tukey 1958, Ann Math Stat 29:614).

SALib has nothing for it: its Sobol indices need a design of their own, its factorial analysis (`SALib.analyze.ff`) two
levels of each factor, its HDMR fits a surface; none of them knows replicates. So this is the one estimate of our own.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from affectsim.sweep.sensitivity.rows import CONFIDENCE, Float, Row, halves


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
        rows += [
            Row(name, index, float(here[m, n]), float(ends[0, m, n]), float(ends[1, m, n]), count)
            for n, name in enumerate(names)
            for m, index in enumerate(("first", "total"))
        ]
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
