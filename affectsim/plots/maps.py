"""Maps of a sweep over four factors: a small map for each pair of values of two, with borders where it matters."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import matplotlib as mpl
import numpy as np
import numpy.typing as npt
from matplotlib.figure import Figure

from affectsim.plots.style import GREY, INK, new_figure

Float = npt.NDArray[np.float64]


#: Smallest share of the largest value that a value below zero must have to get a colour of its own (assumed).
_SIDE = 0.05


class Axis(NamedTuple):
    """One factor: what it is called, and its values in order."""

    label: str
    values: Sequence[float]


def maps(
    title: str, subtitle: str, factors: tuple[Axis, Axis, Axis, Axis], values: Float, what: str,
    borders: Sequence[tuple[float, str]],
) -> Figure:  # fmt: skip
    """Return a figure of values over a grid of four factors: across and up within a map, then columns, then rows.

    `values`: shape (across, up, columns, rows). `what`: what they are, with their unit. `borders`: values at which
    lines are drawn, and what each is called; the first one is drawn thick.
    """
    across, up, columns, rows = factors
    width, height = 1.6 + 2.05 * len(columns.values), 2.3 + 1.85 * len(rows.values)
    figure = new_figure(width, height, title, subtitle)
    panels = figure.subplots(len(rows.values), len(columns.values), squeeze=False, sharex=True, sharey=True)
    figure.subplots_adjust(
        left=0.9 / width, right=1 - 1.25 / width, top=1 - 1.45 / height, bottom=0.95 / height, wspace=0.07, hspace=0.09
    )
    least, most = float(np.nanmin(values)), float(np.nanmax(values))
    # Two colours only where there are values on both sides of zero.
    two = least < -_SIDE * most
    colours, lowest = ("PuOr_r", -max(most, -least)) if two else ("YlOrBr", min(least, 0.0))
    borders = [border for border in borders if least < border[0] < most]
    for row in range(len(rows.values)):
        for column in range(len(columns.values)):
            axes, part = panels[row, column], values[:, :, column, row].T
            shown = axes.pcolormesh(
                across.values, up.values, part, cmap=colours, vmin=lowest, vmax=max(most, -least), shading="nearest"
            )
            for n, (level, _) in enumerate(borders):
                if np.nanmin(part) < level < np.nanmax(part):
                    axes.contour(across.values, up.values, part, [level], colors=INK, linewidths=(2.2, 1.0)[min(n, 1)],
                                 linestyles=("solid", "dashed", "dotted")[min(n, 2)])  # fmt: skip
            axes.tick_params(labelsize=9, color=GREY)
            if row == 0:
                axes.set_title(f"{columns.label} {columns.values[column]:g}", fontsize=10)
            if column == len(columns.values) - 1:
                axes.annotate(f"{rows.label} {rows.values[row]:g}", (1.04, 0.5), xycoords="axes fraction", rotation=270,
                              va="center", fontsize=10)  # fmt: skip
    figure.supxlabel(across.label, fontsize=11, y=0.42 / height, x=(0.9 + (width - 2.15) / 2) / width)
    figure.supylabel(up.label, fontsize=11, x=0.14 / width, y=0.5)
    bar = figure.colorbar(shown, cax=figure.add_axes((1 - 0.78 / width, 0.95 / height, 0.14 / width, 1 - 2.4 / height)))
    bar.set_label(what, fontsize=10)
    bar.ax.tick_params(labelsize=9)
    handles = [
        mpl.lines.Line2D([], [], color=INK, linewidth=(2.2, 1.0)[min(n, 1)],
                         linestyle=("solid", "dashed", "dotted")[min(n, 2)], label=name)
        for n, (_, name) in enumerate(borders)
    ]  # fmt: skip
    figure.legend(handles=handles, loc="upper left", bbox_to_anchor=(0.9 / width - 0.01, 1 - 0.8 / height),
                  ncols=len(borders), frameon=False, fontsize=10)  # fmt: skip
    return figure
