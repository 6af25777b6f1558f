"""Elementary effects (design "morris"): change of an outcome per whole range of a factor.

`effect` is their mean, `absolute` the mean of their sizes (mu*; Campolongo et al. 2007, Environ Model Softw
22:1509-1518), `spread` their standard deviation (sigma): large where a factor acts bent, or depends on others.
Intervals from drawing trajectories anew.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from affectsim.sweep.sensitivity.rows import ENDS, Float, Row, halves

#: Fewest trajectories whose effects are still told, when they are followed along their number (assumed).
_FEWEST = 4


def elementary_effects(shares: Float, values: Float, names: Sequence[str], draws: int, seed: int) -> list[Row]:
    """Return rows for effect, absolute and spread: of all trajectories, then of the first half, quarter and so on.

    `shares`: of the points, 0 to 1 along every factor, shape (trajectories * (factors + 1), factors); `values`
    likewise. In units of the outcome per whole range.
    """
    factors = len(names)
    steps = np.diff(shares.reshape(-1, factors + 1, factors), axis=1)
    changes = np.diff(values.reshape(-1, factors + 1), axis=1)
    effects = np.empty((len(steps), factors))
    for n in range(len(steps)):
        moved = np.abs(steps[n]).argmax(axis=1)
        effects[n, moved] = changes[n] / steps[n, np.arange(factors), moved]
    rows: list[Row] = []
    for samples in halves(len(effects), _FEWEST):
        rows += _of(effects[:samples], names, draws, seed)
    return rows


def _of(effects: Float, names: Sequence[str], draws: int, seed: int) -> list[Row]:
    samples = len(effects)
    random = np.random.default_rng(seed)
    drawn = effects[random.integers(0, samples, (draws, samples))]
    rows: list[Row] = []
    ddof = 1 if samples > 1 else 0
    for index, here, anew in (
        ("effect", effects.mean(axis=0), drawn.mean(axis=1)),
        ("absolute", np.abs(effects).mean(axis=0), np.abs(drawn).mean(axis=1)),
        ("spread", effects.std(axis=0, ddof=ddof), drawn.std(axis=1, ddof=ddof)),
    ):
        low, high = np.quantile(anew, ENDS, axis=0)
        for n, name in enumerate(names):
            rows.append(Row(name, index, float(here[n]), float(low[n]), float(high[n]), samples))
    return rows
