"""How much of what comes out is due to which factor: Sobol indices and elementary effects of a finished sweep.

- Sobol (design "sobol-indices"): share of the variance over the points that a factor explains alone (first order),
  and together with others (total). Saltelli et al. 2010 (Comput Phys Commun 181:259-270), as in
  `scipy.stats.sobol_indices`; intervals from drawing base samples anew.
- Elementary effects (design "morris"): change of an outcome per whole range of a factor. `effect` is their mean,
  `absolute` the mean of their sizes (Campolongo et al. 2007, Environ Model Softw 22:1509-1518), `spread` their
  standard deviation: large where a factor acts bent, or depends on others. Intervals from drawing trajectories anew.

A point is the mean over its replicates. They are the same worlds at all points, so chance shifts all points alike
and adds little to differences between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from affectsim.errors import InputError, Mistake, nearest
from affectsim.sweep.designs import Point, morris
from affectsim.sweep.exports import table
from affectsim.sweep.factors import Factor
from affectsim.sweep.store import Store

if TYPE_CHECKING:
    import pandas as pd

Float = npt.NDArray[np.float64]

#: Columns of what `sensitivity` returns; `samples` are base samples or trajectories.
COLUMNS = ("outcome", "factor", "index", "value", "low", "high", "samples")
CONFIDENCE = 0.95
#: Smallest number of base samples for which indices are still told, when they are followed along the sample size.
_FEWEST = 16
#: Spread of an outcome, as a share of its size, below which it counts as constant: rounding is about 1e-16.
_CONSTANT = 1e-12


def sensitivity(
    store: Store, outcomes: Sequence[str] = (), *, draws: int = 1000, seed: int = 0
) -> tuple[pd.DataFrame, dict[str, str]]:
    """Return the indices, a row each (`COLUMNS`), and why outcomes have none: name -> reason.

    `outcomes`: columns of the sweep, default all. `draws`: how often samples are drawn anew for the intervals.
    For Sobol indices there are rows for smaller samples too, to see whether they have settled. Raises InputError for
    a sweep of another design, or one that is not finished.
    """
    import pandas as pd

    plan = store.plan
    kind = plan.design["kind"]
    if kind not in ("sobol-indices", "morris"):
        message = f"is {kind}; indices need a sweep with --design sobol-indices or --design morris"
        raise InputError(str(store.folder), [Mistake("design", message)])
    unknown = [name for name in outcomes if name not in plan.columns]
    if unknown:
        wrong = [Mistake(name, f"is no outcome of this sweep{nearest(name, plan.columns)}") for name in unknown]
        raise InputError(str(store.folder), wrong)
    done, failed, total = store.counts()
    if done + failed < total or plan.shard[1] > 1:
        hint = f"{total - done - failed:,} runs are missing; affectsim resume {store.folder}"
        if plan.shard[1] > 1:
            hint = f"is only shard {plan.shard[0]} of {plan.shard[1]}; merge them first"
        raise InputError(str(store.folder), [Mistake("sweep", hint)])
    # A mean over some of the replicates would belong to other worlds than the means of its neighbours.
    means = table(store).groupby("point")[list(plan.columns)].agg(lambda values: values.mean(skipna=False))
    rows: list[tuple[object, ...]] = []
    without: dict[str, str] = {}
    names = [factor.name for factor in plan.known_factors]
    shares = _shares(store) if kind == "morris" else np.zeros((0, 0))
    for outcome in outcomes or plan.columns:
        values = means[outcome].to_numpy()
        why = _unusable(values)
        if why:
            without[outcome] = why
        elif kind == "morris":
            rows += [(outcome, *row) for row in elementary_effects(shares, values, names, draws, seed)]
        else:
            rows += [(outcome, *row) for row in sobol_indices(values, names, draws, seed)]
    return pd.DataFrame(rows, columns=list(COLUMNS)), without


def _unusable(values: Float) -> str:
    """Return why indices of an outcome mean nothing, empty if they do mean something."""
    missing = int(np.isnan(values).sum())
    if missing:
        return f"missing at {missing:,} of {values.size:,} points"
    if np.ptp(values) <= _CONSTANT * max(1.0, float(np.abs(values).max())):
        return "the same at all points"
    return ""


def sobol_indices(values: Float, names: Sequence[str], draws: int, seed: int) -> list[tuple[object, ...]]:
    """Return (factor, index, value, low, high, samples) for first-order and total indices.

    `values`: of the points of the design, shape (samples * (factors + 2),). For the whole sample, and without
    intervals (NaN) for its first half, quarter and so on, which are Sobol samples themselves.
    """
    from scipy.stats import sobol_indices as scipy_indices

    by_part = values.reshape(len(names) + 2, -1)
    whole = by_part.shape[1]
    rows: list[tuple[object, ...]] = []
    samples = whole
    while samples >= min(_FEWEST, whole):
        part = by_part[:, :samples]
        functions = {"f_A": part[0][None], "f_B": part[1][None], "f_AB": part[2:, None, :]}
        if np.ptp(part[:2]) == 0:
            break
        found = scipy_indices(func=functions, n=samples)
        low_high = np.full((2, 2, len(names)), np.nan)
        if samples == whole:
            low_high = _drawn_anew(part, draws, seed)
        for n, name in enumerate(names):
            for m, (index, known) in enumerate((("first", found.first_order), ("total", found.total_order))):
                value = float(np.ravel(known)[n])
                rows.append((name, index, value, float(low_high[0, m, n]), float(low_high[1, m, n]), samples))
        samples //= 2
    return rows


def _drawn_anew(part: Float, draws: int, seed: int) -> Float:
    """Return lower and upper ends of first-order and total indices: (2, 2, factors), from base samples drawn anew."""
    random = np.random.default_rng(seed)
    centred = part - part[:2].mean()
    samples = part.shape[1]
    first, total = np.empty((2, draws, len(part) - 2))
    for n in range(draws):
        a, b, *mixed = centred[:, random.integers(0, samples, samples)]
        variance = np.var([a, b])
        first[n] = [np.mean(b * (one - a)) / variance for one in mixed]
        total[n] = [0.5 * np.mean((a - one) ** 2) / variance for one in mixed]
    ends = [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]
    return np.stack([np.quantile(one, ends, axis=0) for one in (first, total)], axis=1)


def elementary_effects(
    shares: Float, values: Float, names: Sequence[str], draws: int, seed: int
) -> list[tuple[object, ...]]:
    """Return (factor, index, value, low, high, samples) for effect, absolute and spread.

    `shares`: of the points, 0 to 1 along every factor, shape (trajectories * (factors + 1), factors); `values`
    likewise. In units of the outcome per whole range.
    """
    factors = len(names)
    steps = np.diff(shares.reshape(-1, factors + 1, factors), axis=1)
    changes = np.diff(values.reshape(-1, factors + 1), axis=1)
    trajectories = len(steps)
    effects = np.empty((trajectories, factors))
    for n in range(trajectories):
        moved = np.abs(steps[n]).argmax(axis=1)
        effects[n, moved] = changes[n] / steps[n, np.arange(factors), moved]
    random = np.random.default_rng(seed)
    drawn = effects[random.integers(0, trajectories, (draws, trajectories))]
    ends = [(1 - CONFIDENCE) / 2, (1 + CONFIDENCE) / 2]
    rows: list[tuple[object, ...]] = []
    ddof = 1 if trajectories > 1 else 0
    for index, here, anew in (
        ("effect", effects.mean(axis=0), drawn.mean(axis=1)),
        ("absolute", np.abs(effects).mean(axis=0), np.abs(drawn).mean(axis=1)),
        ("spread", effects.std(axis=0, ddof=ddof), drawn.std(axis=1, ddof=ddof)),
    ):
        low, high = np.quantile(anew, ends, axis=0)
        for n, name in enumerate(names):
            rows.append((name, index, float(here[n]), float(low[n]), float(high[n]), trajectories))
    return rows


def _shares(store: Store) -> Float:
    """Return the shares of the points of a Morris design, drawn again and compared with what is in the store."""
    plan = store.plan
    factors: Sequence[Factor] = plan.known_factors
    shares = morris(len(factors), plan.design["samples"], plan.design["seed"])
    known = [row[1 : 1 + len(factors)] for row in store.point_rows()]
    for row, found in zip(shares, known, strict=True):
        point: Point = {factor.name: factor.at(float(share)) for factor, share in zip(factors, row, strict=True)}
        if tuple(plan.shown_at(point)) != tuple(found):
            message = f"cannot be drawn again with numpy {np.__version__}; use {plan.versions['numpy']}"
            raise InputError(str(store.folder), [Mistake("points", message)])
    return shares
