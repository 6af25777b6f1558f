"""What the page draws: the network with everybody's strongest system, and the course of the three systems."""

from __future__ import annotations

from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np
from matplotlib.figure import Figure
from matplotlib.lines import Line2D

from affectsim.mesa_model import AffectModel
from affectsim.plots.network import Placed, draw_people
from affectsim.plots.style import COLOURS, GREY, INK, SHAPES, Float, plain
from affectsim.readouts import SYSTEMS
from affectsim.results import DISCLAIMER

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: Where the people of a model stand: found once, as a spring layout takes longer than many steps.
_PLACED: WeakKeyDictionary[AffectModel, Placed] = WeakKeyDictionary()
_LINES = {"threat": "-", "drive": "--", "soothing": "-."}


def network_now(model: AffectModel) -> Figure:
    """Return the network, everybody with shape and colour of the system that is strongest now."""
    placed = _PLACED.get(model)
    if placed is None:
        # Our own layout with a seed: that of Mesa's network space would differ from one press of "reset" to the next.
        placed = _PLACED[model] = Placed.of(model.community)
    figure = Figure(figsize=(6.0, 4.35), facecolor="white")
    axes = figure.add_axes((0.01, 0.2, 0.98, 0.72))
    strongest = np.argmax(model.activations(), axis=0)[placed.drawn]
    nobody = np.zeros(strongest.size, dtype=bool)
    trained = model.world.runs[0].trainees[placed.drawn]
    draw_people(axes, placed.places, placed.pairs, strongest, trained, nobody, f"Who is ruled by what, {_when(model)}")
    marks = [
        Line2D([], [], linestyle="", marker=SHAPES[name], color=COLOURS[name], markersize=9, label=f"{name} strongest")
        for name in SYSTEMS
    ]
    figure.legend(handles=marks, loc="lower center", ncols=3, frameon=False, fontsize=10, bbox_to_anchor=(0.5, 0.055))
    figure.text(
        0.5, 0.005, f"A line is a tie; black rim: offered training.\n{DISCLAIMER}", fontsize=7, color=GREY, ha="center"
    )
    return figure


def systems_so_far(model: AffectModel) -> Figure:
    """Return the means of the three systems since the start."""
    values = model.datacollector.model_vars
    figure, axes = _axes("Mean activation of the three systems", "activation, 0 to 1")
    for name in SYSTEMS:
        axes.plot(_days(model), values[name], color=COLOURS[name], linestyle=_LINES[name], linewidth=1.6, label=name)
        axes.plot(_days(model)[-1:], values[name][-1:], color=COLOURS[name], marker=SHAPES[name], markersize=7)
    axes.set_ylim(0, max(0.05, 1.15 * max(max(values[name]) for name in SYSTEMS)))
    axes.legend(loc="lower right", ncols=3, frameon=False, fontsize=9)
    return figure


def share_so_far(model: AffectModel) -> Figure:
    """Return the share of people in whom threat is strongest, since the start."""
    values = model.datacollector.model_vars["threat_dominant"]
    figure, axes = _axes(f"Threat is strongest in {values[-1]:.0%} of the people now", "share of people")
    axes.plot(_days(model), values, color=COLOURS["threat"], linewidth=1.6)
    axes.set_ylim(0, 1)
    return figure


def _axes(title: str, unit: str) -> tuple[Figure, Axes]:
    figure = Figure(figsize=(6.0, 3.1), facecolor="white")
    axes = figure.add_axes((0.11, 0.17, 0.86, 0.7))
    axes.set_title(title, fontsize=12.5, weight="bold", color=INK, loc="left")
    axes.set_xlabel("day")
    axes.set_ylabel(unit)
    plain(axes)
    return figure, axes


def _days(model: AffectModel) -> Float:
    """Return the day of each collected row."""
    rows = len(model.datacollector.model_vars["threat"])
    hours = model.ticks_per_step * model.affect_scenario.numerics.tick_hours
    return np.asarray(np.minimum(np.arange(rows) * hours, model.hours) / 24.0)


def _when(model: AffectModel) -> str:
    day, hour = divmod(model.hours, 24.0)
    return f"day {day:.0f}, {int(hour):02d}:{round(hour % 1 * 60):02d}"
