"""Effect sizes with their intervals, in those who were offered training and in those who were not."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from affectsim.plots.style import COLOURS, GREY, INK, OUTCOMES, new_figure, plain

if TYPE_CHECKING:
    import xarray as xr


def effects(trial: xr.Dataset) -> Figure:
    """Return the effect sizes of a trial (from `trial.analyse`) at the end of training and at follow-up."""
    outcomes = [str(name) for name in trial["outcome"].to_numpy()]
    percent = round(100 * trial.attrs["confidence"])
    subtitle = (
        f"Dot: effect size d, in standard deviations of people before training; bar: {percent} % interval.\n"
        "Right of 0 is benefit. Often called small at 0.2, medium at 0.5, large at 0.8."
    )
    height = 2.6 + 0.75 * len(outcomes)
    figure = new_figure(9.5, height, "How large the effect of training is", subtitle)
    axes = figure.add_axes((0.3, 0.95 / height, 0.67, 1 - 2.15 / height))
    plain(axes)
    lines = (
        ("trained", "after", "o", 0.24, "offered training, last week of it"),
        ("trained", "follow-up", "D", 0.0, "offered training, follow-up"),
        ("untrained", "after", "s", -0.24, "never offered it (spill-over through ties)"),
    )
    for row, name in enumerate(outcomes):
        place = len(outcomes) - 1 - row
        axes.axhspan(place - 0.42, place + 0.42, color="#F6F6F6", zorder=-5, linewidth=0)
        colour = COLOURS.get("threat" if name.startswith("threat") else name, INK)
        for group, later, marker, offset, words in lines:
            found = trial.sel(group=group, outcome=name, later=later)
            d, low, high = (float(found[key]) for key in ("d", "d_low", "d_high"))
            if not np.isfinite(d):
                continue
            faint = group == "untrained"
            shade, height_in_row = GREY if faint else colour, place + offset
            fill = "white" if later == "follow-up" else shade
            axes.plot([low, high], [height_in_row] * 2, color=shade, linewidth=2)
            axes.plot(d, height_in_row, marker=marker, markersize=7, color=shade, markerfacecolor=fill)
            if row == 0:
                beside: Any = {
                    "xytext": (8, 0),
                    "textcoords": "offset points",
                    "va": "center",
                    "fontsize": 9.5,
                }
                axes.annotate(words, (high, height_in_row), color=shade, **beside)
    axes.axvline(0, color=INK, linewidth=1)
    left, right = axes.get_xlim()
    axes.set_xlim(min(left, -0.1), max(right * 1.25, 0.75))
    axes.set_yticks(range(len(outcomes)), [OUTCOMES.get(n, n.replace("_", " ")) for n in reversed(outcomes)])
    axes.tick_params(axis="y", labelsize=11, length=0)
    axes.set_xlabel("effect size d (right of 0: benefit)", fontsize=11)
    return figure
