"""A region over years: practitioners, people who wait, coverage, and what it does to balance."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np
from matplotlib.figure import Figure

from affectsim.plots.style import COLOURS, GREY, INK, new_figure, plain
from affectsim.region import NORMAL_95

if TYPE_CHECKING:
    import xarray as xr

_SHADES = (COLOURS["soothing"], COLOURS["drive"], COLOURS["threat"], INK)
_MARKS = "osD^"
_PANELS = {
    "in_practice": ("Practitioners at work", 1.0),
    "waiting": ("People waiting at the end of the year", 1.0),
    "coverage": ("Trained, % of those in need", 100.0),
    "gain": ("Balance gained, compared with\nthe same people without training", 1.0),
}


def region_over_years(found: Mapping[str, xr.Dataset]) -> Figure:
    """Return four panels over the years, one line for each dataset of `region.simulate_regions` (at most 4).

    `found`: name of the line -> dataset. In the panel of balance, full lines are people in need, dotted ones the
    whole region; without simulated balance it is left out. Raises ValueError for more than 4 datasets.
    """
    if not 1 <= len(found) <= len(_SHADES):
        raise ValueError(f"1 to {len(_SHADES)} regions can be told apart, not {len(found)}")
    simulated = all("balance_region" in one for one in found.values())
    panels = [name for name in _PANELS if simulated or name != "gain"]
    lines = "\nLast panel: full line, people in need (bars: 95 % interval); dotted line, the whole region."
    figure = new_figure(
        11.5, 7.4 if simulated else 4.6, "From training places to the balance of a region",
        "Each year's places become practitioners the year after; they see people from the waiting list."
        + (lines if simulated else ""),
    )  # fmt: skip
    rows, columns = (2, 2) if simulated else (1, 3)
    grid = figure.add_gridspec(
        rows, columns, left=0.07, right=0.97, top=0.83 if simulated else 0.74, bottom=0.12, hspace=0.42, wspace=0.25
    )
    for place, name in enumerate(panels):
        axes: Any = figure.add_subplot(grid[place // columns, place % columns])
        plain(axes)
        words, factor = _PANELS[name]
        for number, ((label, one), shade, mark) in enumerate(zip(found.items(), _SHADES, _MARKS, strict=False)):
            years = one["year"].to_numpy()
            # The first are larger, so that they are seen beneath others on the same numbers.
            beneath = 0 if name == "gain" else len(found) - 1 - number
            style: Any = {"color": shade, "marker": mark, "markersize": 5 + 3 * beneath, "linewidth": 1.5 + 2 * beneath}
            if name == "gain":
                for group, line in (("in_need", "-"), ("region", ":")):
                    gained = one[f"balance_{group}"] - one[f"balance_{group}_untrained"]
                    bars = NORMAL_95 * one[f"balance_{group}_error"].to_numpy() if line == "-" else None
                    axes.errorbar(years, gained.to_numpy(), bars, linestyle=line, elinewidth=0.8, capsize=2, **style)
            else:
                axes.plot(years, factor * one[name].to_numpy(), label=label, **style)
        if name == "gain":
            axes.axhline(0, color=GREY, linewidth=1)
        else:
            axes.set_ylim(bottom=0)
        axes.set_xticks(np.unique(np.linspace(1, years[-1], min(8, years.size)).round()))
        axes.set_title(words, fontsize=11, loc="left", color=INK)
        axes.set_xlabel("year", fontsize=10)
        if place == 0:
            axes.legend(frameon=False, fontsize=10)
    return figure
