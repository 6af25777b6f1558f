"""The three systems over time, by arm."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
from matplotlib.figure import Figure

from affectsim.plots.style import COLOURS, GREY, INK, PALE, WORDS, Float, arm_rows, arms, new_figure, plain
from affectsim.readouts import SYSTEMS
from affectsim.trial import CONTROLS, Periods

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

#: Lower and upper end of the band, as shares of the people.
_BAND = (0.1, 0.9)


def systems_over_time(run: xr.Dataset, periods: Periods | None = None) -> Figure:
    """Return threat, drive and soothing over time in those who were offered training, one line per arm.

    Line: mean over people; band: 8 in 10 of the people (10 % to 90 %). The days of training are shaded.
    With two arms a second column shows each person against the own twin. `periods`: default those of the
    scenario in the run; a run without training gets none. Everybody is shown if nobody was offered training.
    """
    spans = periods or (Periods.of_run(run) if "chosen" in run and run["chosen"].any() else None)
    found = arms(run)
    control = next((arm for arm in found if arm in CONTROLS), None)
    paired = control is not None and len(found) == 2
    people = _members(run, found[-1], SYSTEMS[0]).shape[1]
    figure = new_figure(11.5 if paired else 7, 8.2, _title(paired), _subtitle(people, control))
    columns = 2 if paired else 1
    right = 0.985 if paired else 0.82
    edges = {"left": 0.075, "right": right, "top": 0.815, "bottom": 0.115}
    grid = figure.add_gridspec(3, columns, hspace=0.32, wspace=0.47, **edges)
    days = run["time"].to_numpy()
    highest = max(float(np.quantile(_members(run, arm, name), 0.9)) for arm in found for name in SYSTEMS)
    gaps = {name: _members(run, found[-1], name) - _members(run, found[0], name) for name in SYSTEMS}
    reach = 1.15 * max(float(np.abs(np.quantile(gap, _BAND, axis=1)).max()) for gap in gaps.values())
    for row, name in enumerate(SYSTEMS):
        axes = figure.add_subplot(grid[row, 0])
        _levels(axes, days, {arm: _members(run, arm, name) for arm in found}, name)
        axes.set_ylim(0, 1.1 * highest)
        _frame(axes, spans, days, name.title(), last=row == 2, named=row == 0)
        if paired:
            axes = figure.add_subplot(grid[row, 1])
            _gap(axes, days, gaps[name], name)
            axes.set_ylim(-max(reach, 1e-3), max(reach, 1e-3))
            _frame(axes, spans, days, f"{name.title()}: person minus own twin", last=row == 2, named=row == 0)
    return figure


def _title(paired: bool) -> str:
    return "What training did to the three systems, day by day" if paired else "The three systems, day by day"


def _subtitle(people: int, control: str | None) -> str:
    if control is None:
        return f"Line: mean of {people:,} people. Band: 8 in 10 of them."
    return (
        f"{people:,} people offered training live the same days twice: with it and {CONTROLS[control]}.\n"
        "Line: mean. Band: 8 in 10 of the people. 0 = the system is silent, 1 = as strong as it can be."
    )


def _members(run: xr.Dataset, arm: str, name: str) -> Float:
    """Return the values of those offered training in all replicates of an arm, shape (time, people)."""
    rows = arm_rows(run, arm)
    values = run[name].transpose("run", "time", "person").to_numpy()
    chosen = run["chosen"].to_numpy() if "chosen" in run and run["chosen"].any() else None
    return np.concatenate([values[row] if chosen is None else values[row][:, chosen[row]] for row in rows], axis=1)


def _levels(axes: Axes, days: Float, values: dict[str, Float], name: str) -> None:
    ends = {arm: float(people[-7:].mean()) for arm, people in values.items()}
    for arm, people in values.items():
        main = arm == "training" or len(values) == 1
        colour = COLOURS[name] if main else GREY
        low, high = np.quantile(people, _BAND, axis=1)
        axes.fill_between(days, low, high, color=colour, alpha=0.18, linewidth=0)
        axes.plot(days, people.mean(axis=1), color=colour, linewidth=2.2, linestyle="-" if main else (0, (4, 1.5)))
        if len(values) > 1:
            above = ends[arm] >= max(ends.values())
            axes.annotate(
                WORDS[arm], (days[-1], ends[arm]), xytext=(5, 7 if above else -7), textcoords="offset points",
                fontsize=10, color=colour, weight="bold", va="center", annotation_clip=False,
            )  # fmt: skip


def _gap(axes: Axes, days: Float, gap: Float, name: str) -> None:
    low, high = np.quantile(gap, _BAND, axis=1)
    axes.fill_between(days, low, high, color=COLOURS[name], alpha=0.18, linewidth=0)
    axes.plot(days, gap.mean(axis=1), color=COLOURS[name], linewidth=2.2)
    axes.axhline(0, color=INK, linewidth=0.8)
    for height, words in ((0.94, "more than own twin"), (0.06, "less than own twin")):
        axes.text(0.012, height, words, transform=axes.transAxes, fontsize=9.5, color=GREY, va="center")


def _frame(axes: Axes, spans: Periods | None, days: Float, title: str, *, last: bool, named: bool) -> None:
    plain(axes)
    axes.set_title(title, loc="left", fontsize=12, weight="bold", color=INK, pad=19 if named else 6)
    axes.set_xlim(0, days[-1])
    axes.set_xlabel("day" if last else "", fontsize=11)
    if spans is None:
        return
    axes.axvspan(*spans.training, color=PALE, zorder=-5, linewidth=0)
    axes.set_xticks(sorted({0.0, *spans.training, float(days[-1])}))
    if named:
        start, end = spans.training
        for low, high, words in (
            (0.0, start, "before"),
            (start, end, "training"),
            (end, float(days[-1]), "after"),
        ):
            if high > low:
                axes.text((low + high) / 2, 1.02, words, transform=axes.get_xaxis_transform(), fontsize=10,
                          color=GREY, ha="center", va="bottom")  # fmt: skip
