"""Trials: estimates beside the truth, power against size, and paired differences."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from affectsim.intervals import reach
from affectsim.plots.style import COLOURS, GREY, INK, PALE, new_figure, plain

if TYPE_CHECKING:
    import pandas as pd

Float = npt.NDArray[np.float64]

_FOUND, _OWN, _EVERYBODY = COLOURS["drive"], COLOURS["soothing"], COLOURS["threat"]
_VERDICTS = {"enough": COLOURS["soothing"], "too few": COLOURS["threat"], "close": GREY, "open": GREY}
#: Most differences that are drawn one by one; more would be a smear.
_MOST_DOTS = 300
_RANDOMISED = {"individual": "people randomised", "cluster": "communities randomised"}


def trial_result(results: pd.DataFrame, confidence: float = 0.95) -> Figure:
    """Return what a trial found and the truth beside it: a panel per outcome, a row per arm and assessment.

    `results`: from `trials.analysis.averaged`, one row each.
    """
    replicates = int(results["replicates"].max())
    whose = f"mean over {replicates} replicates and its" if replicates > 1 else "with its"
    outcomes = list(dict.fromkeys(results["outcome"]))
    rows = list(dict.fromkeys(zip(results["arm"], results["assessment"], strict=True)))
    against = results["against"].iloc[0]
    panel = 0.75 + 0.5 * len(rows)
    height = 1.3 + panel * len(outcomes)
    figure = new_figure(
        10.5, height, f"What the trial found, against {against}",
        f"Blue dot: difference in points of the score, intention to treat, {whose} {100 * confidence:g} % interval; "
        "circle: per protocol.\nTruth from twins: green diamond, those in the arm against themselves without it; "
        "orange square, everybody in it.",
    )  # fmt: skip
    for place, outcome in enumerate(outcomes):
        bottom = 0.62 + panel * (len(outcomes) - 1 - place)
        axes = figure.add_axes((0.27, bottom / height, 0.68, (panel - 0.62) / height))
        plain(axes)
        axes.set_title(outcome.replace("-", " "), loc="left", fontsize=11, color=INK)
        for number, (arm, assessment) in enumerate(rows):
            chosen = (results["outcome"] == outcome) & (results["arm"] == arm) & (results["assessment"] == assessment)
            mean = results[chosen].iloc[0]
            y = len(rows) - 1 - number
            axes.plot([mean["low"], mean["high"]], [y, y], color=_FOUND, linewidth=2)
            axes.plot(mean["protocol_difference"], y, "o", markersize=9, color=_FOUND, markerfacecolor="none")
            axes.plot(mean["difference"], y, "o", markersize=6, color=_FOUND)
            axes.plot(mean["true_own"], y + 0.22, "D", markersize=6, color=_OWN)
            axes.plot(mean["true_everybody"], y - 0.22, "s", markersize=6, color=_EVERYBODY)
        axes.axvline(0, color=INK, linewidth=1)
        axes.set_ylim(-0.6, len(rows) - 0.4)
        axes.set_yticks(range(len(rows)), [f"{arm}, {assessment}" for arm, assessment in reversed(rows)])
        axes.tick_params(axis="y", length=0)
        if place == len(outcomes) - 1:
            axes.set_xlabel("points of the score (its own sign)", fontsize=10)
    return figure


def power_by_size(
    sizes: Sequence[int], power: Sequence[float], low: Sequence[float], high: Sequence[float],
    verdicts: Sequence[str], wanted: float, title: str,
) -> Figure:  # fmt: skip
    """Return the power at each size that was looked at, with its interval and the wanted power."""
    figure = new_figure(
        8.5, 5.2, "How many people does the trial need?",
        f"{title}\nDot: share of simulated trials with an effect; bar: exact interval, wide enough for every look.",
    )  # fmt: skip
    axes = figure.add_axes((0.1, 0.17, 0.86, 0.61))
    plain(axes)
    axes.axhline(wanted, color=INK, linewidth=1, linestyle=":")
    for x, y, bottom, top, verdict in zip(sizes, power, low, high, verdicts, strict=True):
        colour = _VERDICTS.get(verdict, GREY)
        axes.plot([x, x], [bottom, top], color=colour, linewidth=2)
        axes.plot(x, y, "o", color=colour, markersize=7)
        beside: Any = {"xytext": (8, 0), "textcoords": "offset points", "va": "center", "fontsize": 10}
        axes.annotate(verdict, (x, y), color=colour, **beside)
    axes.set_xscale("log")
    axes.set_xticks(list(sizes), [str(size) for size in sizes])
    axes.minorticks_off()
    axes.margins(x=0.2)
    axes.set_ylim(0, 1.02)
    axes.set_xlabel("people in the trial", fontsize=11)
    axes.set_ylabel(f"power (dotted: {wanted:g})", fontsize=11)
    return figure


def paired_differences(
    differences: Mapping[str, Float], table: pd.DataFrame, names: tuple[str, str], confidence: float = 0.95
) -> Figure:
    """Return the differences of pairs: a strip per outcome, each in its own unit, with mean and interval.

    `differences`: outcome -> (units,); `table`: rows with outcome, difference, low, high, unit.
    """
    rows = table.to_dict("records")
    height = 1.35 + 0.85 * len(rows)
    unit = rows[0]["unit"]
    figure = new_figure(
        10, height, f"{names[1]} minus {names[0]}",
        f"Grey: each {unit} against itself. Dot and bar: mean and paired {100 * confidence:g} % interval.\n"
        "Each outcome has its own scale, which shows 19 of 20 pairs at least.",
    )  # fmt: skip
    for place, row in enumerate(rows):
        bottom = 0.45 + 0.85 * (len(rows) - 1 - place)
        axes = figure.add_axes((0.3, bottom / height, 0.66, 0.45 / height))
        plain(axes)
        axes.spines["left"].set_visible(False)
        each = differences[row["outcome"]]
        shown = each[:: max(1, each.size // _MOST_DOTS)]
        axes.plot(shown, _spread(shown.size), ".", color=GREY, alpha=0.45, markersize=4, linewidth=0)
        axes.axvline(0, color=INK, linewidth=1)
        axes.axhspan(-0.18, 0.18, color=PALE, zorder=-5)
        axes.plot([row["low"], row["high"]], [0, 0], color=_FOUND, linewidth=3)
        axes.plot(row["difference"], 0, "o", color=_FOUND, markersize=7)
        middle = np.quantile(each, [0.025, 0.975])
        left, right = min(0.0, row["low"], middle[0]), max(0.0, row["high"], middle[1])
        room = 0.06 * (right - left) or 1e-9
        axes.set_xlim(left - room, right + room)
        axes.set_ylim(-1, 1)
        axes.set_yticks([0], [str(row["outcome"]).replace("_", " ")])
        axes.tick_params(axis="y", length=0, labelsize=11)
        axes.locator_params(axis="x", nbins=7)
    return figure


def contamination(found: pd.DataFrame, title: str) -> Figure:
    """Return estimates of many trials against the truth: a column per condition, and how much they scatter.

    `found`: rows with condition, randomise, difference (one trial each), truth (its true effect if everybody were
    trained), and error, the standard error that the trial reports.
    """
    conditions = list(dict.fromkeys(found["condition"]))
    ways = sorted(set(found["randomise"]), reverse=True)
    figure = new_figure(
        11, 5.9, "Who is randomised decides what a trial sees when training spreads through ties", title
    )
    shades: Any = dict(zip(ways, (_EVERYBODY, _FOUND), strict=False))
    left = figure.add_axes((0.08, 0.16, 0.5, 0.62))
    right = figure.add_axes((0.68, 0.16, 0.3, 0.62))
    for axes in (left, right):
        plain(axes)
    for column, condition in enumerate(conditions):
        here = found[found["condition"] == condition]
        truth = float(here["truth"].mean())
        left.plot([column - 0.42, column + 0.42], [truth, truth], color=INK, linewidth=2)
        for way, shift in zip(ways, (-0.2, 0.2), strict=False):
            mine = here[here["randomise"] == way]["difference"].to_numpy()
            left.plot(column + shift + 0.09 * _spread(mine.size), mine, ".", color=shades[way], alpha=0.4)
            left.errorbar(column + shift, mine.mean(), float(reach(mine)), color=shades[way], marker="o", markersize=8,
                          capsize=4, linewidth=2, label=_RANDOMISED.get(way, way) if column == 0 else None)  # fmt: skip
            right.bar(column + shift, mine.std(ddof=1), 0.36, color=shades[way])
    for axes in (left, right):
        axes.set_xticks(range(len(conditions)), conditions, fontsize=10)
    left.axhline(0, color=GREY, linewidth=1)
    left.set_ylabel("difference in soothing, training - waiting list", fontsize=10.5)
    left.legend(frameon=False, fontsize=10, loc="lower left", bbox_to_anchor=(0.0, 0.07))
    right.set_ylabel("standard deviation of the estimates", fontsize=10.5)
    return figure


def _spread(count: int) -> Float:
    """Return places in (-1, 1) that look scattered and are the same each time: the golden ratio's multiples."""
    return np.asarray(2 * ((np.arange(count) * 0.6180339887) % 1) - 1)
