"""The front of a search for a policy: what was found, how sure it is, and what fresh replicates made of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from affectsim.plots.style import COLOURS, GREY, INK, new_figure, plain

#: Lines of the list of points under the panels.
_LISTED = 14
#: Points nearer to each other than this (pixels of a figure) have their letters together.
_TOUCH = 22


def policy_front(
    candidates: Mapping[str, Mapping[str, Any]], others: npt.NDArray[np.float64], x: int, ys: Sequence[int],
    axes: Sequence[str], budget: float | None = None,
) -> Figure:  # fmt: skip
    """Return a panel for each objective in `ys` against objective `x`.

    `candidates`: label -> `found`, `fresh`, `low`, `high` (objectives,), `chance` (0 to 1), `on_front`, `says`.
    `others`: what the search saw of every point, shape (points, objectives). `axes`: what objectives are called.
    `budget`: a line across `x`, if that is the cost. Raises ValueError without candidates or without `ys`.
    """
    if not candidates or not ys:
        raise ValueError("a front needs points and two objectives")
    front = {label: one for label, one in candidates.items() if one["on_front"]}
    listed = list(front.items())[:_LISTED]
    height = 5.0 + 0.21 * (len(listed) + 1)
    columns = len(ys)
    figure = new_figure(
        max(7.8, 5.2 * columns), height, "No policy is best: the front of what was tried",
        "Full marks with letters: on the front of the search, in fresh replicates with 95 % intervals; the fuller,\n"
        "the surer. Thin lines lead from what the search saw. Open blue circles: near the front. Grey: all others.",
    )  # fmt: skip
    foot = (0.42 + 0.21 * (len(listed) + 1)) / height
    grid = figure.add_gridspec(
        1, columns, left=0.085 if columns > 1 else 0.13, right=0.98, top=1 - 1.15 / height,
        bottom=foot + 0.62 / height, wspace=0.24,
    )  # fmt: skip
    for place, y in enumerate(ys):
        panel: Any = figure.add_subplot(grid[0, place])
        plain(panel)
        panel.axhline(0, color=GREY, linewidth=0.8, linestyle=":")
        panel.scatter(others[:, x], others[:, y], s=8, color=GREY, alpha=0.35, linewidths=0)
        if budget is not None:
            panel.axvline(budget, color=INK, linewidth=1, linestyle="--")
            panel.annotate(
                "budget", (budget, 1), xycoords=("data", "axes fraction"), xytext=(-4, -2),
                textcoords="offset points", ha="right", va="top", fontsize=9, color=INK,
            )  # fmt: skip
        for one in candidates.values():
            if not one["on_front"]:
                panel.plot(one["fresh"][x], one["fresh"][y], "o", markersize=5, markerfacecolor="none",
                           markeredgecolor=COLOURS["drive"], markeredgewidth=0.8, alpha=0.7)  # fmt: skip
        for one in front.values():
            _mark(panel, one, x, y)
        panel.set_xlabel(axes[x], fontsize=10)
        panel.set_ylabel(axes[y], fontsize=10)
        panel.margins(x=0.08, y=0.14)
        _letters(panel, {label: (one["fresh"][x], one["fresh"][y]) for label, one in front.items()})
    figure.text(
        0.02,
        foot,
        "On the front of the search (chance to be on that of fresh replicates)",
        fontsize=9,
        weight="bold",
        color=INK,
        va="top",
    )
    for n, (label, one) in enumerate(listed, start=1):
        more = f"   … and {len(front) - _LISTED} more in the table" if n == _LISTED and len(front) > _LISTED else ""
        figure.text(
            0.02, foot - 0.21 * n / height, f"{label}  {one['chance']:.0%}  {one['says']}{more}",
            fontsize=8.5, color=INK, va="top",
        )  # fmt: skip
    return figure


def _mark(panel: Any, one: Mapping[str, Any], x: int, y: int) -> None:
    right, high = one["fresh"][x], one["fresh"][y]
    panel.plot([one["found"][x], right], [one["found"][y], high], color=COLOURS["threat"], linewidth=0.9)
    for axis, bars in ((y, "yerr"), (x, "xerr")):
        reach = np.array([[one["fresh"][axis] - one["low"][axis]], [one["high"][axis] - one["fresh"][axis]]])
        if np.isfinite(reach).all() and reach.any():
            panel.errorbar(right, high, **{bars: reach}, color=COLOURS["soothing"], linewidth=1, capsize=2)
    panel.plot(right, high, "o", markersize=8, color="white")
    panel.plot(right, high, "o", markersize=8, markerfacecolor=COLOURS["soothing"], markeredgecolor="none",
               alpha=0.15 + 0.85 * one["chance"])  # fmt: skip
    panel.plot(right, high, "o", markersize=8, markerfacecolor="none", markeredgecolor=COLOURS["soothing"])


def _letters(panel: Any, places: Mapping[str, tuple[float, float]]) -> None:
    """Write the letters of points; those of points that nearly touch stand together, below them."""
    panel.autoscale_view()
    together: list[tuple[list[Any], list[str]]] = []
    for label, place in places.items():
        where = panel.transData.transform(place)
        near = next((one for one in together if np.hypot(*(where - one[0][0])) < _TOUCH), None)
        if near is None:
            together.append(([where], [label]))
        else:
            near[0].append(where)
            near[1].append(label)
    for marks, letters in together:
        corner = (max(mark[0] for mark in marks), min(mark[1] for mark in marks))
        place = panel.transData.inverted().transform(corner)
        offset = (6, 6) if len(letters) == 1 else (4, -15)
        panel.annotate(" ".join(letters), place, xytext=offset, textcoords="offset points", fontsize=9, weight="bold",
                       color=INK)  # fmt: skip
