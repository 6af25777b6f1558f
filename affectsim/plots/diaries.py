"""A fit to diaries in one picture: how well it fits, what the data moved, what changed."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib import ticker
from matplotlib.figure import Figure

from affectsim.plots.style import COLOURS, GREY, INK, PALE, new_figure, plain

if TYPE_CHECKING:
    import xarray as xr

_GROUPS = ("#222222", "#D55E00", "#0072B2", "#009E73", "#CC79A7", "#6E6E6E")


def fit_to_diaries(fit: xr.Dataset, changes: list[dict[str, Any]]) -> Figure:
    """Draw a fit (`fitting.fit.fit`): predicted against seen statistics, unknowns, and changes (rows of ratios)."""
    names = fit["statistic"].to_numpy().tolist()
    rows = max(len(names), fit.sizes["unknown"], len(changes))
    height = 2.2 + 0.27 * rows
    figure = new_figure(
        17.0 if changes else 12.5, height, "What the diaries say",
        "Left: the diaries (dots) among what the fitted population writes (bars, 95 %). "
        "Next: unknowns after the data (dark) and before (pale), in SD before the data."
        + (" Right: changes as ratios." if changes else ""),
    )  # fmt: skip
    columns = 3 if changes else 2
    bottom, top = 0.75 / height, 1 - 1.1 / height
    share = 1 / columns
    boxes = [
        figure.add_axes((share * n + 0.62 * share * 0.75, bottom, share * 0.5, top - bottom)) for n in range(columns)
    ]
    _predictive(boxes[0], fit, names)
    _unknowns(boxes[1], fit)
    if changes:
        _changes(boxes[2], changes)
    return figure


def _predictive(axes: Any, fit: xr.Dataset, names: list[str]) -> None:
    plain(axes)
    predicted, seen = fit["predicted"].to_numpy(), fit["observed"].to_numpy()
    groups = fit["group"].to_numpy().tolist()
    for g, group in enumerate(groups):
        place = np.arange(len(names))[::-1] + (0.3 - 0.6 * (g + 0.5) / len(groups))
        # Around what is predicted, in its own SD, so that all statistics share one axis.
        centre, spread = np.nanmedian(predicted[:, g], axis=0), np.maximum(np.nanstd(predicted[:, g], axis=0), 1e-9)
        low, high = (np.nanpercentile(predicted[:, g], [2.5, 97.5], axis=0) - centre) / spread
        axes.hlines(place, low, high, color=PALE, linewidth=14 / len(groups), zorder=1)
        axes.plot((seen[g] - centre) / spread, place, "o", markersize=4.5, color=_GROUPS[g % 6], label=group, zorder=3)
    axes.axvline(0, color=GREY, linewidth=0.8, zorder=2)
    axes.set_yticks(np.arange(len(names))[::-1], [_statistic(name) for name in names], fontsize=8)
    axes.set_xlabel("diaries against fitted population (SD of fitted)")
    if len(groups) > 1:
        # Above the axes: inside, it would cover diaries.
        axes.legend(
            frameon=False, fontsize=8, title="arm / phase, as in the file", title_fontsize=8, ncols=len(groups),
            columnspacing=0.8, handletextpad=0.2, loc="lower center", bbox_to_anchor=(0.5, 0.985),
        )  # fmt: skip


def _statistic(name: str) -> str:
    """Return the name of a statistic in words: `threat.r_0.75_2.25h` is an autocorrelation at lags of those hours."""
    what, _, kind = name.partition(".")
    if kind.startswith("r_"):
        kind = f"r, lag {kind[2:-1].replace('_', ' to ')} h"
    return f"{what.replace('_', ' ')}: {kind.replace('_', ' ')}"


def _unknowns(axes: Any, fit: xr.Dataset) -> None:
    plain(axes)
    names = fit["unknown"].to_numpy().tolist()
    for n, name in enumerate(names):
        value, prior = fit["value"].to_numpy()[:, 0, n], fit["prior"].to_numpy()[:, 0, n]
        if (prior > 0).all():
            value, prior = np.log(value), np.log(prior)
        centre, spread = np.median(prior), np.std(prior)
        place = len(names) - 1 - n
        axes.plot((np.percentile(prior, [2.5, 97.5]) - centre) / spread, [place] * 2, color=PALE, linewidth=9)
        colour = next((COLOURS[system] for system in COLOURS if name.startswith(system)), INK)
        axes.plot((np.percentile(value, [2.5, 97.5]) - centre) / spread, [place] * 2, color=colour, linewidth=2.5)
        axes.plot((np.median(value) - centre) / spread, place, "o", color=colour, markersize=4.5)
    axes.set_yticks(np.arange(len(names))[::-1], [name.replace("_", " ") for name in names], fontsize=8)
    axes.set_xlabel("distance from the middle before the data (SD)")


def _changes(axes: Any, changes: list[dict[str, Any]]) -> None:
    plain(axes)
    for n, row in enumerate(changes):
        place = len(changes) - 1 - n
        colour = next((COLOURS[system] for system in COLOURS if row["unknown"].startswith(system)), INK)
        axes.plot([row["low"], row["high"]], [place] * 2, color=colour, linewidth=2.5)
        axes.plot(row["ratio"], place, "o", color=colour, markersize=5)
    labels = [f"{row['unknown'].replace('_', ' ')}\n{row['what']}" for row in changes]
    axes.set_yticks(np.arange(len(changes))[::-1], labels, fontsize=8)
    axes.axvline(1, color=GREY, linewidth=0.8)
    axes.set_xscale("log")
    axes.xaxis.set_major_locator(ticker.LogLocator(subs=(1, 2, 5)))
    axes.xaxis.set_major_formatter(ticker.FormatStrFormatter("%g"))
    axes.xaxis.set_minor_formatter(ticker.NullFormatter())
    axes.set_xlabel("ratio (1: no change)")
