"""Outcomes of a sweep along each of its factors."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from affectsim.intervals import reach
from affectsim.plots.style import COLOURS, GREY, INK, Float, new_figure, plain

#: Different values of a factor up to which each is a dot; more are put together in this many steps.
_MOST, _STEPS = 12, 10


def along_factors(
    factors: Mapping[str, Float], outcomes: Mapping[str, Float], replicates: npt.NDArray[np.int64]
) -> Figure:
    """Return a panel for each outcome (rows) and factor (columns): the mean over everything else, with intervals.

    Values of shape (runs,), `replicates` the number of each run's world; outcomes may have gaps (NaN), also
    everywhere. Where a factor has more than 12 values they are put together in ten steps. The same replicate has the
    same people and chances at every point, so a replicate is one case, however many points it has; with a single one
    there is no interval.
    """
    width, height = 1.5 + 2.9 * len(factors), 1.75 + 2.0 * len(outcomes)
    worlds = np.unique(replicates).size
    bars = f"; bar: 95 % interval over the {worlds} replicates" if worlds > 1 else ""
    subtitle = f"Mean over all runs with this value{bars}; grey: single runs."
    figure = new_figure(max(width, 7), height, "What changes along each factor", subtitle)
    left = 1.0 / max(width, 7)
    grid = figure.add_gridspec(
        len(outcomes), len(factors), left=left, right=0.985, top=1 - 1.0 / height, bottom=0.8 / height, wspace=0.1,
        hspace=0.18,
    )  # fmt: skip
    for row, (outcome, found) in enumerate(outcomes.items()):
        colour = next((COLOURS[name] for name in COLOURS if name in outcome), INK)
        for column, (name, values) in enumerate(factors.items()):
            axes = figure.add_subplot(grid[row, column])
            plain(axes)
            shown = np.flatnonzero(np.isfinite(found))[:: max(1, found.size // 2000)]
            axes.plot(
                values[shown], found[shown], ".", color=GREY, alpha=0.25, markersize=3, rasterized=shown.size > 800
            )
            places, means, ends = _means(values, found, replicates)
            axes.errorbar(places, means, yerr=ends, fmt="o-", color=colour, linewidth=1.4, markersize=4, capsize=2)
            if column == 0:
                axes.set_ylabel(outcome.replace("_", " "), fontsize=10)
            else:
                axes.tick_params(labelleft=False)
            if row == len(outcomes) - 1:
                short = name.removeprefix("population.traits.").removesuffix(".median")
                axes.set_xlabel(short.replace("_", " "), fontsize=10)
            else:
                axes.tick_params(labelbottom=False)
            if shown.size:
                low, high = float(np.nanmin(found)), float(np.nanmax(found))
                margin = 0.06 * (high - low or 1.0)
                axes.set_ylim(low - margin, high + margin)
    return figure


def _means(values: Float, found: Float, replicates: npt.NDArray[np.int64]) -> tuple[Float, Float, Float]:
    """Return the places, the means there and half the widths of their 95 % intervals (0 for a single replicate)."""
    levels = np.unique(values)
    if levels.size > _MOST:
        edges = np.linspace(values.min(), values.max(), _STEPS + 1)
        group = np.clip(np.searchsorted(edges, values, side="right") - 1, 0, _STEPS - 1)
        levels = (edges[:-1] + edges[1:]) / 2
    else:
        group = np.searchsorted(levels, values)
    rows = []
    for number, level in enumerate(levels):
        here = (group == number) & np.isfinite(found)
        if here.any():
            worlds = [float(found[here & (replicates == one)].mean()) for one in np.unique(replicates[here])]
            rows.append((float(level), float(found[here].mean()), np.nan_to_num(float(reach(worlds)))))
    columns = np.array(rows, dtype=np.float64).reshape(-1, 3)
    return columns[:, 0], columns[:, 1], columns[:, 2]
