"""Elementary effects (design "morris"): change of an outcome per whole range of a factor, worked out by SALib.

`effect` is their mean, `absolute` the mean of their sizes (mu*; Campolongo et al. 2007, Environ Model Softw
22:1509-1518), `spread` their standard deviation (sigma): large where a factor acts bent, or depends on others.
SALib has an interval of mu* only; so whole trajectories are drawn anew here, and SALib asked again.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from affectsim.sweep.designs import MORRIS_LEVELS, problem
from affectsim.sweep.sensitivity.rows import MOST_DRAWS, Float, Row, half_width, halves

#: What it is called here -> in SALib.
_INDICES = {"effect": "mu", "absolute": "mu_star", "spread": "sigma"}
#: Fewest trajectories whose effects are still told, when they are followed along their number (assumed).
_FEWEST = 4


def elementary_effects(shares: Float, values: Float, names: Sequence[str], draws: int, seed: int) -> list[Row]:
    """Return rows for effect, absolute and spread: of all trajectories, then of the first half, quarter and so on.

    `shares`: of the points, 0 to 1 along every factor, shape (trajectories * (factors + 1), factors), of two
    trajectories at least; `values` likewise. In units of the outcome per whole range.
    """
    x = shares.reshape(-1, len(names) + 1, len(names))
    y = values.reshape(-1, len(names) + 1)
    random = np.random.default_rng(seed)
    rows: list[Row] = []
    for samples in halves(len(x), _FEWEST):
        here = _of(x[:samples], y[:samples])
        anew = random.integers(0, samples, (min(draws, MOST_DRAWS), samples))
        ends = half_width(np.stack([_of(x[drawn], y[drawn]) for drawn in anew]))
        rows += [
            Row(name, index, float(here[m, n]), float(here[m, n] - ends[m, n]), float(here[m, n] + ends[m, n]), samples)
            for m, index in enumerate(_INDICES)
            for n, name in enumerate(names)
        ]
    return rows


def _of(x: Float, y: Float) -> Float:
    """Return effect, absolute and spread, shape (3, factors), of trajectories (trajectories, factors + 1, factors)."""
    from SALib.analyze import morris

    factors = x.shape[-1]
    found = morris.analyze(
        problem(factors), x.reshape(-1, factors), y.ravel(), num_resamples=2, num_levels=MORRIS_LEVELS, seed=0
    )
    return np.array([found[key] for key in _INDICES.values()], dtype=np.float64)
