"""Sobol indices (design "sobol-indices"), worked out by SALib: shares of the variance over the points.

`first` is what a factor explains alone, `total` together with others (Saltelli et al. 2010, Comput Phys Commun
181:259-270). SALib draws base samples anew for the intervals.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from affectsim.sweep.designs import problem
from affectsim.sweep.sensitivity.rows import CONFIDENCE, Float, Row, halves

#: Smallest number of base samples for which indices are still told, when they are followed along the sample size.
FEWEST = 16
#: Numbers that SALib may draw at once, as it holds several tables of them: 8 times 32 MiB; and fewest draws (assumed).
_AT_ONCE, _FEWEST_DRAWS = 2**22, 20
#: What it is called here -> in SALib.
_INDICES = {"first": "S1", "total": "ST"}


def sobol_indices(values: Float, names: Sequence[str], draws: int, seed: int) -> list[Row]:
    """Return rows for first-order and total indices.

    `values`: of the points of the design, in its order, shape (samples * (factors + 2),). For the whole sample, then
    for its first half, quarter and so on, which are Sobol samples themselves; no more once nothing varies in one.
    """
    from SALib.analyze import sobol

    width = len(names) + 2
    rows: list[Row] = []
    for samples in halves(values.size // width, FEWEST):
        part = values[: samples * width]
        if np.ptp(base(part, len(names))) == 0:
            break
        # SALib takes a seed of 0 for none.
        found = sobol.analyze(
            problem(len(names)), part, calc_second_order=False, conf_level=CONFIDENCE, seed=seed + 1,
            num_resamples=min(draws, max(_AT_ONCE // samples, _FEWEST_DRAWS)),
        )  # fmt: skip
        for n, name in enumerate(names):
            for index, key in _INDICES.items():
                value, end = float(found[key][n]), float(found[f"{key}_conf"][n])
                rows.append(Row(name, index, value, value - end, value + end, samples))
    return rows


def base(points: npt.NDArray[Any], factors: int) -> npt.NDArray[Any]:
    """Return those of the points of a design (first axis) that are drawn independently: A and B of each base sample."""
    by_sample = points.reshape(-1, factors + 2, *points.shape[1:])
    return by_sample[:, [0, -1]].reshape(-1, *points.shape[1:])
