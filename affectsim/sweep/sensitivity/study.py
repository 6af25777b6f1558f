"""The indices of a finished sweep: which can be told for its design, and for which outcomes they mean nothing.

A point is the mean over its replicates. They are the same worlds at all points, so chance shifts all points alike
and adds little to differences between them.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from importlib.metadata import version
from typing import TYPE_CHECKING

import numpy as np

from affectsim.errors import InputError, Mistake, nearest
from affectsim.sweep.designs import at, shares
from affectsim.sweep.exports import table
from affectsim.sweep.sensitivity.effects import elementary_effects
from affectsim.sweep.sensitivity.factorial import factorial_indices
from affectsim.sweep.sensitivity.given import FEWEST_POINTS, given_data
from affectsim.sweep.sensitivity.rows import Float, Row
from affectsim.sweep.sensitivity.variance import base, sobol_indices
from affectsim.sweep.store import Store

if TYPE_CHECKING:
    import pandas as pd

#: Columns of what `sensitivity` returns; `samples` are base samples, trajectories, points, or replicates (grid).
COLUMNS = ("outcome", "factor", "index", "value", "low", "high", "samples")
#: Spread of an outcome, as a share of its size, below which it counts as constant: rounding is about 1e-16.
_CONSTANT = 1e-12


def sensitivity(
    store: Store, outcomes: Sequence[str] = (), *, draws: int = 1000, seed: int = 0,
    progress: Callable[[int, int], object] = lambda done, total: None,
) -> tuple[pd.DataFrame, dict[str, str]]:  # fmt: skip
    """Return the indices, a row each (`COLUMNS`), and why outcomes (or factors) have none: name -> reason.

    - Of a design for Sobol indices: first, total, pawn, delta; of a grid likewise.
    - Of trajectories (morris): effect, absolute, spread.
    - Of any other sample (lhs, sobol, halton, points): first, pawn, delta.

    `outcomes`: columns of the sweep, default all. `draws`: how often samples are drawn anew for the intervals.
    `progress` is called with (outcomes done, outcomes in all). There are rows for smaller samples too, to see whether
    the indices have settled. Raises InputError for a sweep that is
    not finished, has too few points, or changes one factor at a time.
    """
    import pandas as pd

    plan = store.plan
    kind = plan.design["kind"]
    _check(store, outcomes)
    found = table(store)
    # A mean over some of the replicates would belong to other worlds than the means of its neighbours.
    means = found.groupby("point")[list(plan.columns)].agg(lambda values: values.mean(skipna=False))
    names = [factor.name for factor in plan.known_factors]
    levels = [list(one) for one in zip(*(row[1 : 1 + len(names)] for row in store.point_rows()), strict=True)]
    without = {name: "the same at all points" for name, one in zip(names, levels, strict=True) if len(set(one)) < 2}
    varied = [n for n, name in enumerate(names) if name not in without]
    drawn = _drawn_again(store) if kind in ("morris", "sobol-indices") else np.empty(0)
    # Of a design for Sobol indices only those that are drawn independently; the rest repeats their columns.
    every = np.arange(store.points)
    independent = base(every, len(names)) if kind == "sobol-indices" else every
    rows: list[tuple[object, ...]] = []
    wanted = [name.replace("-", "_") for name in outcomes] or plan.columns
    for number, outcome in enumerate(wanted):
        progress(number, len(wanted))
        values = means[outcome].to_numpy()
        why = _unusable(values)
        if why:
            without[outcome] = why
            continue
        mine: list[Row] = []
        if kind == "morris":
            mine = elementary_effects(drawn, values, names, draws, seed)
        else:
            if kind == "sobol-indices":
                mine = sobol_indices(values, names, draws, seed)
            elif kind == "grid":
                each = found[outcome].to_numpy().reshape(*(len(f.levels()) for f in plan.known_factors), -1)
                mine = [row for row in factorial_indices(each, names) if row.factor not in without]
                if not any(row.samples == each.shape[-1] for row in mine):
                    without[outcome] = "points differ no more than replicates make them"
                    continue
            if independent.size >= FEWEST_POINTS and varied and np.ptp(values[independent]) > 0:
                mine += given_data(
                    [[levels[n][point] for point in independent] for n in varied], values[independent],
                    [names[n] for n in varied], draws, seed, known=("first",) if mine else (), follow=not mine,
                )  # fmt: skip
        rows += [(outcome, *row) for row in mine]
    progress(len(wanted), len(wanted))
    return pd.DataFrame(rows, columns=list(COLUMNS)), without


def settled(found: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of what `sensitivity` found from the largest samples only: one for each index."""
    return found[found["samples"] == found.groupby(["outcome", "index"])["samples"].transform("max")]


def _check(store: Store, outcomes: Sequence[str]) -> None:
    plan, kind = store.plan, store.plan.design["kind"]
    if kind == "one-at-a-time":
        message = "is one-at-a-time, in which nothing goes together; indices need another design"
        raise InputError(str(store.folder), [Mistake("design", message)])
    if kind == "morris" and plan.design["samples"] < 2:
        raise InputError(str(store.folder), [Mistake("samples", "is 1 trajectory; effects need 2 at least")])
    if kind not in ("sobol-indices", "morris", "grid") and store.points < FEWEST_POINTS:
        message = f"has {store.points} points; indices need {FEWEST_POINTS} at least, or --design morris"
        raise InputError(str(store.folder), [Mistake("design", message)])
    unknown = [name for name in outcomes if name.replace("-", "_") not in plan.columns]
    if unknown:
        wrong = [Mistake(name, f"is no outcome of this sweep{nearest(name, plan.columns)}") for name in unknown]
        raise InputError(str(store.folder), wrong)
    done, failed, total = store.counts()
    if done + failed < total or plan.shard[1] > 1:
        hint = f"{total - done - failed:,} runs are missing; affectsim resume {store.folder}"
        if plan.shard[1] > 1:
            hint = f"is only shard {plan.shard[0]} of {plan.shard[1]}; merge them first"
        raise InputError(str(store.folder), [Mistake("sweep", hint)])


def _unusable(values: Float) -> str:
    """Return why indices of an outcome mean nothing, empty if they do mean something."""
    missing = int(np.isnan(values).sum())
    if missing:
        return f"missing at {missing:,} of {values.size:,} points"
    if np.ptp(values) <= _CONSTANT * max(1.0, float(np.abs(values).max())):
        return "the same at all points"
    return ""


def _drawn_again(store: Store) -> Float:
    """Return the shares of the points, drawn again: the order of the points is that of SALib only if they are the same.

    Raises InputError if they are not those in the store.
    """
    plan = store.plan
    factors = plan.known_factors
    found = shares(plan.design["kind"], len(factors), plan.design["samples"], plan.design["seed"])
    known = [tuple(row[1 : 1 + len(factors)]) for row in store.point_rows()]
    if known != [tuple(plan.shown_at(at(factors, row))) for row in found]:
        begun = ", ".join(f"{name} {plan.versions[name]}" for name in ("affectsim", "numpy", "scipy"))
        message = f"are not those that SALib {version('SALib')} draws; the sweep was begun with {begun}: make it anew"
        raise InputError(str(store.folder), [Mistake("points", message)])
    return found
