"""Phase portraits, bifurcation diagrams, fold curves and early-warning signals; nothing of the model is computed."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.artist import Artist
from matplotlib.colors import ListedColormap
from matplotlib.figure import Figure
from matplotlib.lines import Line2D
from matplotlib.patches import Patch

from affectsim.plots.style import COLOURS, GREY, INK, PALE, Float, new_figure, plain
from affectsim.readouts import SYSTEMS

if TYPE_CHECKING:
    import numpy.typing as npt
    from matplotlib.axes import Axes

    from affectsim.analysis.bifurcation import Diagram
    from affectsim.analysis.early_warning import EarlyWarning
    from affectsim.analysis.folds import FoldCurve
    from affectsim.analysis.hysteresis import Sweep
    from affectsim.analysis.phase import PhasePlane

#: Letters in a line under a title.
_WIDTH = 92
#: Pale grounds for the basins of up to four stable states, the least threatened first.
_BASINS = ("#E3F1EC", "#F9E4D6", "#E1ECF5", "#F3F0D0")


def phase_portrait(found: PhasePlane, conditions: str = "") -> Figure:
    """Return a phase portrait: basins as grounds, arrows of change, nullclines, equilibria (filled: stable)."""
    figure = new_figure(7.6, 7.9, "Where the three systems come to rest", _third_words(found) + f"\n{conditions}")
    axes = figure.add_axes((0.1, 0.17, 0.86, 0.68))
    plain(axes)
    axes.pcolormesh(
        found.starts, found.starts, np.where(found.basin < 0, len(_BASINS), found.basin), vmin=0, vmax=len(_BASINS),
        cmap=ListedColormap([*_BASINS, "#FFFFFF"]), shading="nearest", rasterized=True,
    )  # fmt: skip
    axes.streamplot(
        found.grid,
        found.grid,
        found.rates[0],
        found.rates[1],
        color="#B0B0B0",
        density=1.1,
        linewidth=0.7,
        arrowsize=0.8,
    )
    for rates, name, style in zip(found.rates, (found.across, found.up), ("-", "--"), strict=True):
        axes.contour(
            found.grid, found.grid, rates, levels=[0.0], colors=[COLOURS[name]], linewidths=2, linestyles=style
        )
    for one in found.equilibria.found:
        place = found.position(one.state, SYSTEMS)
        axes.plot(
            *place, "o", markersize=11, markeredgewidth=2, color=INK, markerfacecolor=INK if one.stable else "white"
        )
    axes.set(xlim=(0, 1), ylim=(0, 1))
    axes.set_xlabel(found.across, fontsize=11)
    axes.set_ylabel(found.up, fontsize=11)
    handles: list[Artist] = [
        Line2D([], [], color=COLOURS[found.across], lw=2, label=f"{found.across} does not change"),
        Line2D([], [], color=COLOURS[found.up], lw=2, ls="--", label=f"{found.up} does not change"),
        Line2D([], [], color=INK, marker="o", ls="", ms=9, label="stable state"),
        Line2D([], [], color=INK, marker="o", ls="", ms=9, mfc="white", mew=2, label="unstable state"),
    ]
    stable = found.equilibria.stable
    if len(stable) > 1:
        handles += [
            Patch(facecolor=colour, edgecolor=GREY, label=f"leads to threat {one.state[0]:.2f}")
            for colour, one in zip(_BASINS, stable, strict=False)
        ]
    figure.legend(
        handles=handles, loc="lower center", bbox_to_anchor=(0.53, 0.035), ncols=2, frameon=False, fontsize=10
    )
    return figure


def _third_words(found: PhasePlane) -> str:
    where = "where it would settle" if found.given is None else f"at {found.given:g}"
    return f"Coloured areas: which stable state is reached from there. Arrows and starts: {found.third} {where}."


def bifurcation_diagram(
    found: Diagram, name: str, unit: str = "", conditions: str = "", swept: Sweep | None = None
) -> Figure:
    """Return threat, drive and soothing at rest against a parameter: full lines stable, broken ones not.

    `swept`: dots of a simulated population on the way up (triangles up) and down (triangles down).
    """
    said = "Full line: stable. Broken line: unstable. Dot: fold."
    if swept is not None:
        said += " Triangles: people in the simulation, swept slowly up and down."
    figure = new_figure(
        7.6, 9.2, f"States at rest as {_words(name)} changes", f"{textwrap.fill(said, _WIDTH)}\n{conditions}"
    )
    grid = figure.add_gridspec(3, 1, hspace=0.16, left=0.1, right=0.97, top=0.865, bottom=0.105)
    for row, system in enumerate(SYSTEMS):
        axes = figure.add_subplot(grid[row])
        plain(axes)
        for branch in found.branches:
            _branch(axes, branch.p, branch.state[:, row], branch.stable, COLOURS[system])
        for fold in found.folds:
            axes.plot(fold.p, fold.state[row], "o", color=INK, markersize=6, zorder=5)
        for hopf in found.hopfs:
            axes.plot(hopf.p, hopf.state[row], "D", color=INK, markersize=6, zorder=5)
        if swept is not None:
            for states, mark in ((swept.up, "^"), (swept.down, "v")):
                axes.plot(swept.values, states[:, row], mark, color=GREY, markersize=4, mfc="none", zorder=3)
        axes.set_ylabel(system, fontsize=11, color=COLOURS[system], weight="bold")
        highest = max(float(branch.state[:, row].max()) for branch in found.branches)
        axes.set_ylim(0, 1.1 * highest)
        if row < 2:
            axes.tick_params(labelbottom=False)
        else:
            axes.set_xlabel(_words(name) + (f" ({unit})" if unit not in ("", "1") else ""), fontsize=11)
    return figure


def _branch(axes: Axes, p: Float, values: Float, stable: npt.NDArray[np.bool_], colour: str) -> None:
    edges = np.flatnonzero(np.diff(stable.astype(int))) + 1
    for part in np.split(np.arange(p.size), edges):
        # One point more, so that pieces join.
        points = np.append(part, part[-1] + 1) if part[-1] + 1 < p.size else part
        kept = bool(stable[part[0]])
        axes.plot(p[points], values[points], color=colour, lw=2.4 if kept else 1.3, ls="-" if kept else (0, (3, 2)))


def fold_map(curves: dict[str, tuple[FoldCurve, ...]], names: tuple[str, str], conditions: str = "") -> Figure:
    """Return folds in two parameters, one colour for each entry of `curves` (words -> curves); diamonds are cusps."""
    said = "On a line a stable state appears or ends; between the two lines that meet, both states are stable.\n"
    figure = new_figure(7.6, 6.6, "Tipping points in two parameters", said + conditions)
    axes = figure.add_axes((0.1, 0.16, 0.86, 0.66))
    plain(axes)
    palette = [*COLOURS.values(), "#CC79A7", "#56B4E9", INK]
    styles = ["-", "--", "-.", ":", (0, (5, 1, 1, 1)), (0, (8, 2))]
    for number, (words, found) in enumerate(curves.items()):
        colour, style = palette[number % len(palette)], styles[number % len(styles)]
        for k, curve in enumerate(found):
            axes.plot(curve.p[:, 0], curve.p[:, 1], color=colour, ls=style, lw=2, label=words if k == 0 else None)
            for cusp in curve.cusps:
                axes.plot(*cusp.p, "D", color=colour, markersize=8, markeredgecolor=INK, zorder=5)
    axes.set_xlabel(_words(names[0]), fontsize=11)
    axes.set_ylabel(_words(names[1]), fontsize=11)
    if len(curves) > 1:
        axes.legend(frameon=False, fontsize=10)
    return figure


def early_warning_signals(found: EarlyWarning, name: str) -> Figure:
    """Return variance and lag-1 of threat by window: on the way to a fold, and standing still (control)."""
    figure = new_figure(
        7.6, 6.2, f"Do fluctuations announce the fold of {_words(name)}?",
        "Threat in each window of time, median of the people who are still there.\n"
        f"Triangles: on the way to the fold at {found.fold:.3g}. Circles: same people and luck, nothing moves.",
    )  # fmt: skip
    grid = figure.add_gridspec(2, 1, hspace=0.2, left=0.13, right=0.97, top=0.82, bottom=0.13)
    for row, (what, words) in enumerate((("variance", "variance"), ("lag_1", "lag-1 autocorrelation"))):
        axes = figure.add_subplot(grid[row])
        plain(axes)
        for one, mark, colour in ((found.approach, "^-", COLOURS["threat"]), (found.control, "o--", GREY)):
            signal = getattr(one, what)
            there = np.isfinite(signal).mean(axis=1) >= 0.5
            middle = np.array([np.nanmedian(own) if kept else np.nan for own, kept in zip(signal, there, strict=True)])
            axes.plot(np.arange(1, middle.size + 1), middle, mark, color=colour)
        axes.set_ylabel(words, fontsize=11)
        axes.grid(axis="y", color=PALE)
        if row:
            axes.set_xlabel("window", fontsize=11)
    return figure


def _words(name: str) -> str:
    return name.replace("self_criticism", "self-criticism").replace("_", " ")
