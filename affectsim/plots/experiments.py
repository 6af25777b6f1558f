"""Figures of experiments: conditions compared, a number swept, courses over time."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from affectsim.plots.style import COLOURS, GREY, INK, OUTCOMES, Float, new_figure, plain
from affectsim.readouts import directions

if TYPE_CHECKING:
    from matplotlib.axes import Axes

#: A number with the ends of its interval; NaN where there is none.
Bar = tuple[float, float, float]
#: Okabe and Ito (2008), in an order in which neighbours differ in lightness, and one marker for each.
_LINES = ("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#56B4E9", "#E69F00", "#000000", "#6E6E6E")
_MARKS = ("o", "s", "^", "D", "v", "P", "X", "*")
_DASHES: tuple[object, ...] = (
    "-", (0, (4, 1.5)), (0, (1, 1)), (0, (6, 1, 1, 1)), (0, (8, 4)), (0, (1, 3)), (0, (3, 1, 1, 1, 1, 1)), (0, (2, 4)),
)  # fmt: skip
_WRAP = 78
#: What level is shown where its name alone does not say it.
_LEVELS = {
    "balance": "Balance (0: one-sided, 1: equal)",
    "threat_dominant": "Share of time with threat strongest",
    "in_balance": "Share of time in balance",
    "risk_events": "Risks a person has taken",
}
#: Panels next to each other.
_COLUMNS = 5


def compared(
    title: str,
    subtitle: str,
    rows: Mapping[str, Mapping[str, Bar]],
    individuals: Mapping[str, Float],
    *,
    zero: bool = True,
) -> Figure:
    """Return one panel per outcome with a dot and an interval per condition.

    `rows`: condition -> outcome -> number. `individuals`: condition -> quantiles 5, 25, 50, 75, 95 % of the
    individual effects on the first outcome, in a last panel; empty for none. `zero`: whether 0 is "no effect".
    """
    outcomes = list(next(iter(rows.values())))
    names = list(rows)
    panels = len(outcomes) + bool(individuals)
    columns = min(panels, _COLUMNS)
    lines = math.ceil(panels / columns)
    each = 0.75 + 0.36 * len(names)
    # Below the last panel, beside the ticks: what marks of single people mean.
    below = 0.78 if individuals else 0.6
    height, width = 1.15 + below + lines * (each + 0.35), 2.6 + 2.6 * columns
    figure = new_figure(width, height, textwrap.fill(title, int(8.2 * width)), subtitle)
    left = (0.35 + 0.082 * max(len(name) for name in names)) / width
    edges = {"left": left, "right": 0.985, "top": 1 - 1.4 / height, "bottom": below / height}
    grid = figure.add_gridspec(lines, columns, wspace=0.12, hspace=0.95 / (each - 0.45), **edges)
    places = np.arange(len(names), dtype=np.float64)[::-1]
    for panel, outcome in enumerate(outcomes):
        axes = figure.add_subplot(grid[panel // columns, panel % columns])
        for place, name in zip(places, names, strict=True):
            _bar(axes, place, rows[name][outcome], COLOURS.get(outcome, INK))
        shown = names if panel % columns == 0 else []
        _rows(axes, places, shown, _words(outcome) if zero else _plain_words(outcome), zero)
    if individuals:
        axes = figure.add_subplot(grid[(panels - 1) // columns, (panels - 1) % columns])
        for place, name in zip(places, names, strict=True):
            low, first, middle, third, high = individuals[name]
            axes.plot([low, high], [place] * 2, color=GREY, linewidth=1.2)
            axes.plot([first, third], [place] * 2, color=GREY, linewidth=6, solid_capstyle="butt")
            axes.plot(middle, place, marker="|", markersize=11, color=INK, markeredgewidth=2)
        shown = names if (panels - 1) % columns == 0 else []
        _rows(axes, places, shown, f"{_words(outcomes[0])}: people one by one", zero)
        axes.set_xlabel("line: 9 in 10 people; thick: half; tick: the middle", fontsize=8.5, color=GREY)
    return figure


def _bar(axes: Axes, place: float, found: Bar, colour: str) -> None:
    value, low, high = found
    if math.isfinite(low):
        axes.plot([low, high], [place] * 2, color=colour, linewidth=2)
    axes.plot(value, place, marker="o", markersize=7, color=colour)


def _rows(axes: Axes, places: Float, names: list[str], title: str, zero: bool) -> None:
    plain(axes)
    axes.set_title(textwrap.fill(title, 26), loc="left", fontsize=11, weight="bold", color=INK)
    axes.set_ylim(-0.6, len(places) - 0.4)
    axes.set_yticks(places if names else [], [name.replace("_", " ") for name in names])
    axes.tick_params(axis="y", length=0)
    axes.locator_params(axis="x", nbins=4)
    if zero:
        axes.axvline(0, color=INK, linewidth=1)
    else:
        axes.margins(x=0.15)


def swept(
    title: str,
    subtitle: str,
    label: str,
    outcomes: Mapping[str, Mapping[str, Mapping[str, Bar]]],
    *,
    zero: bool = True,
) -> Figure:
    """Return one panel per outcome: a number on the x axis (`label`), one line per condition.

    `outcomes`: outcome -> value as text -> condition -> number. `zero`: whether 0 is "no effect".
    """
    width = max(7.5, 1 + 4.0 * len(outcomes))
    figure = new_figure(width, 6.0, textwrap.fill(title, int(_WRAP * width / 10)), subtitle)
    grid = figure.add_gridspec(
        1,
        len(outcomes),
        left=0.65 / width,
        right=0.985,
        top=0.77,
        bottom=0.27 if len(next(iter(next(iter(outcomes.values())).values()))) > 1 else 0.17,
        wspace=0.24,
    )
    for column, (outcome, rows) in enumerate(outcomes.items()):
        axes = figure.add_subplot(grid[0, column])
        plain(axes)
        axes.set_title(_words(outcome) if zero else _plain_words(outcome), loc="left", fontsize=11, weight="bold")
        xs = [float(value) for value in rows]
        conditions = next(iter(rows.values()))
        for number, name in enumerate(conditions):
            found = np.array([cells[name] for cells in rows.values()])
            colour, mark = _LINES[number % len(_LINES)], _MARKS[number % len(_MARKS)]
            dashes = _DASHES[number % len(_DASHES)]
            wide = _wide(number, len(conditions))
            axes.plot(xs, found[:, 0], color=colour, marker=mark, linestyle=dashes, linewidth=wide, label=name)
            axes.vlines(xs, found[:, 1], found[:, 2], color=colour, linewidth=1.6)
        if zero:
            axes.axhline(0, color=INK, linewidth=1)
    # Once for all panels: it may be longer than one of them is wide.
    figure.supxlabel(label, fontsize=11, y=0.2 if len(next(iter(next(iter(outcomes.values())).values()))) > 1 else 0.08)
    _legend(figure, width)
    return figure


def courses(title: str, subtitle: str, days: Float, outcomes: Mapping[str, Mapping[str, Float]]) -> Figure:
    """Return one panel per outcome: the mean over time, one line per series (shape (records,))."""
    names = list(next(iter(outcomes.values())))
    # Below the last panel: its axis, then the rows of the legend.
    below = max(1.3, 0.85 + 0.22 * math.ceil(len(names) / _legend_columns(names, 9.5)))
    height = 0.9 + below + 2.1 * len(outcomes)
    # What is over within a day or two is told in hours.
    short = days[-1] - days[0] < 2
    first = int(days[0])
    times = 24 * (days - first) if short else days
    figure = new_figure(9.5, height, textwrap.fill(title, _WRAP), subtitle)
    grid = figure.add_gridspec(
        len(outcomes), 1, left=0.08, right=0.985, top=1 - 1.05 / height, bottom=below / height, hspace=0.45
    )
    for row, (outcome, lines) in enumerate(outcomes.items()):
        axes = figure.add_subplot(grid[row, 0])
        plain(axes)
        axes.set_title(_plain_words(outcome), loc="left", fontsize=11, weight="bold")
        for number, (name, values) in enumerate(lines.items()):
            dashes = _DASHES[number % len(_DASHES)]
            wide = _wide(number, len(lines))
            axes.plot(times, values, color=_LINES[number % len(_LINES)], linestyle=dashes, linewidth=wide, label=name)
        axes.set_xlim(times[0] if days[0] > 1 else 0, times[-1])
        if row == len(outcomes) - 1:
            axes.set_xlabel(f"hours since the beginning of day {first}" if short else "day", fontsize=11)
    _legend(figure, 9.5)
    return figure


def _wide(number: int, count: int) -> float:
    """Return how wide a line is: the first ones are wider, so that they are seen beneath others on the same numbers."""
    return 1.8 + 0.7 * (min(count, 5) - 1 - min(number, 4))


def _legend(figure: Figure, width: float) -> None:
    handles, names = figure.axes[0].get_legend_handles_labels()
    if len(names) > 1:
        place = (0.5, 0.28 / figure.get_size_inches()[1])
        columns = _legend_columns(names, width)
        figure.legend(
            handles,
            names,
            loc="lower center",
            bbox_to_anchor=place,
            ncols=columns,
            frameon=False,
            fontsize=10,
            handlelength=3.5,
        )


def _legend_columns(names: list[str], width: float) -> int:
    """Return how many names fit next to each other in a figure `width` inches wide."""
    return max(1, min(len(names), int(width * 9 / max(map(len, names)) / 1.6)))


def _words(outcome: str) -> str:
    name = outcome.replace("_", " ")
    return OUTCOMES.get(outcome, f"{'More' if directions()[outcome] > 0 else 'Less'} {name}")


def _plain_words(outcome: str) -> str:
    return _LEVELS.get(outcome, outcome.replace("_", " ").capitalize())
