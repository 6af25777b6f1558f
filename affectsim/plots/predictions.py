"""How often predictions hold among sets of numbers that fit nearly as well as each other."""

from __future__ import annotations

from collections.abc import Mapping

from matplotlib.figure import Figure

from affectsim.plots.style import GREY, INK, PALE, new_figure, plain

#: Okabe and Ito (2008): bluish green where a prediction is inside, vermillion where it is outside.
_INSIDE, _OUTSIDE = "#009E73", "#D55E00"


def predictions_that_hold(shares: Mapping[str, float], own: Mapping[str, bool], sets: int) -> Figure:
    """Return a bar for each prediction: the share of sets in which it is inside.

    `shares`: name -> share, drawn from top to bottom; `own`: whether the package's own numbers are inside.
    """
    height = 2.2 + 0.3 * len(shares)
    figure = new_figure(
        10.5, height, "Which predictions depend on the set of numbers?",
        f"{sets} other sets of numbers, with which nine tenths or more of the fitted entries are inside:\n"
        "in how many of them is a prediction inside? At the right: the package's own numbers.",
    )  # fmt: skip
    axes = figure.add_axes((0.44, 0.85 / height, 0.43, 1 - 1.9 / height))
    plain(axes)
    rows = range(len(shares))
    axes.barh(rows, [1.0] * len(shares), color=PALE, height=0.62)
    axes.barh(rows, list(shares.values()), color=INK, height=0.62)
    for row, name in enumerate(shares):
        inside = own[name]
        axes.plot(1.04, row, marker="o" if inside else "X", color=_INSIDE if inside else _OUTSIDE, clip_on=False)
        axes.text(1.07, row, "inside" if inside else "outside", va="center", fontsize=9, color=INK)
    axes.set_yticks(rows, list(shares))
    axes.set_ylim(len(shares) - 0.4, -0.6)
    axes.set_xlim(0, 1)
    axes.set_xticks([0, 0.25, 0.5, 0.75, 1], ["none", "¼", "½", "¾", "all"])
    axes.tick_params(axis="y", length=0, labelsize=9.5)
    axes.set_xlabel("sets in which it is inside", fontsize=10, color=GREY)
    return figure
