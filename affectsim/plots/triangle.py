"""The triangle: each person as a point whose place says how activation is shared between the systems."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from affectsim.plots.style import (
    COLOURS,
    GREY,
    INK,
    SHAPES,
    WORDS,
    Float,
    arm_rows,
    arms,
    new_figure,
    span_mean,
)
from affectsim.readouts import SYSTEMS
from affectsim.trial import Periods

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

Span = tuple[float, float]
#: Corners of threat (below), drive (left) and soothing (right), as on the page and the poster: a triangle of side 1.
CORNERS = np.array([[0.5, 0.0], [0.0, np.sqrt(3) / 2], [1.0, np.sqrt(3) / 2]])
_CENTRE = CORNERS.mean(axis=0)


def triangle(run: xr.Dataset, before: Span | None = None, after: Span | None = None) -> Figure:
    """Return the people who were offered training as a cloud in the triangle, before and after, per arm.

    `before`, `after`: spans of days (from, to) over which each person is averaged; default the last week
    before training and the last week of it. Until training starts, the worlds of the arms are the same, so
    there is one panel before, and one per arm after. A cross marks the mean. Everybody is shown if nobody was
    offered training.
    """
    if before is None or after is None:
        spans = Periods.of_run(run)
        before, after = before or spans.before, after or spans.after
    found = arms(run)
    panels = [("Before training", _shares(run, found[-1], before))]
    panels += [(f"After, {WORDS[arm]}", _shares(run, arm, after)) for arm in found]
    people = panels[0][1].shape[0]
    subtitle = (
        f"Each mark is one of the {people:,} people who were offered training, averaged over a week. The\n"
        "nearer to a corner, the larger that system's share; at the ring all three are equal. Cross: mean of all."
    )
    figure = new_figure(4.1 * len(panels), 5.3, "Which system is strongest, before and after training", subtitle)
    start = panels[0][1].mean(axis=0) @ CORNERS
    for number, (title, shares) in enumerate(panels):
        width = 1 / len(panels)
        axes = figure.add_axes((number * width + 0.005, 0.055, width - 0.01, 0.72))
        _panel(axes, shares, title, None if number == 0 else start)
    return figure


def _shares(run: xr.Dataset, arm: str, span: Span) -> Float:
    """Return the share of each system in the sum of the three, shape (people, 3)."""
    chosen = run["chosen"].to_numpy() if "chosen" in run and run["chosen"].any() else None
    rows = arm_rows(run, arm)
    values = np.stack([span_mean(run, name, span) for name in SYSTEMS], axis=-1)
    people = np.concatenate([values[row] if chosen is None else values[row][chosen[row]] for row in rows])
    return np.asarray(people / people.sum(axis=1, keepdims=True), dtype=np.float64)


def _panel(axes: Axes, shares: Float, title: str, start: Float | None) -> None:
    axes.set_aspect("equal")
    axes.set_axis_off()
    axes.set_xlim(-0.13, 1.13)
    axes.set_ylim(-0.18, 1.06)
    axes.text(0.5, 1.05, title, fontsize=12.5, weight="bold", color=INK, ha="center", va="bottom")
    grid(axes)
    strongest = shares.argmax(axis=1)
    points = shares @ CORNERS
    size = float(np.sqrt(np.clip(9000 / max(len(shares), 1), 4, 34)))
    marks: dict[str, Any] = {"linestyle": "", "markersize": size, "markeredgewidth": 0.4, "alpha": 0.65}
    for number, name in enumerate(SYSTEMS):
        mine = points[strongest == number]
        look = {"marker": SHAPES[name], "color": COLOURS[name], "markeredgecolor": "white", **marks}
        axes.plot(mine[:, 0], mine[:, 1], rasterized=len(shares) > 20_000, **look)
    mean = shares.mean(axis=0) @ CORNERS
    if start is not None and np.hypot(*(mean - start)) > 0.01:
        axes.annotate(
            "",
            tuple(mean),
            tuple(start),
            arrowprops={"arrowstyle": "-", "color": INK, "linewidth": 1.2},
            zorder=6,
        )
    for width, colour in ((5.0, "white"), (2.4, INK)):
        axes.plot(*mean, marker="+", markersize=15, markeredgewidth=width, color=colour, zorder=7)
    percent = 100 * np.bincount(strongest, minlength=3) / max(len(shares), 1)
    label(axes, [f"{name.title()} strongest\nin {share:.0f} %" for name, share in zip(SYSTEMS, percent, strict=True)])


def label(axes: Axes, words: Sequence[str], size: float = 11) -> None:
    """Write words at the corners of threat, drive and soothing."""
    places = ((0.5, -0.04, "center", "top"), (-0.08, 0.895, "left", "bottom"), (1.08, 0.895, "right", "bottom"))
    for name, text, (x, y, side, edge) in zip(SYSTEMS, words, places, strict=True):
        axes.text(x, y, text, fontsize=size, color=COLOURS[name], weight="bold", ha=side, va=edge, linespacing=1.2)


def grid(axes: Axes) -> None:
    """Draw the sides, the borders between the regions of the strongest system, and the point of balance."""
    ring = CORNERS[[0, 1, 2, 0]]
    axes.fill(ring[:, 0], ring[:, 1], facecolor="#FAFAFA", edgecolor=GREY, linewidth=1.2, zorder=-3)
    for a, b in ((0, 1), (1, 2), (2, 0)):
        middle = (CORNERS[a] + CORNERS[b]) / 2
        axes.plot(*zip(_CENTRE, middle, strict=True), color=GREY, linewidth=0.9, linestyle=(0, (3, 3)), zorder=-2)
    axes.plot(*_CENTRE, marker="o", markersize=9, markerfacecolor="none", markeredgecolor=INK, zorder=5)
    axes.annotate(
        "balance",
        tuple(_CENTRE),
        xytext=(9, 0),
        textcoords="offset points",
        fontsize=10,
        color=INK,
        ha="left",
        va="center",
        bbox={"facecolor": "#FAFAFA", "edgecolor": "none", "pad": 0.5, "alpha": 0.8},
        zorder=1,
    )
