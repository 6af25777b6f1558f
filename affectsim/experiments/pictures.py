"""The figure of an experiment: its tables, handed to the plots."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from affectsim.experiments.analyses import effects, series
from affectsim.experiments.design import Design, compared_span
from affectsim.experiments.measured import Measured
from affectsim.experiments.tables import Numbers

if TYPE_CHECKING:
    from matplotlib.figure import Figure


def draw(design: Design, measured: Sequence[Measured], tables: Sequence[Numbers]) -> Figure:
    """Return the figure of an experiment."""
    from affectsim import plots

    if design.kind == "course":
        days = measured[0].days
        low, high = design.shown or (0.0, np.inf)
        shown = (days >= low) & (days <= high)
        lines = {
            outcome: {
                series(one, arm): one.course[outcome][number][shown]
                for one in measured
                for number, arm in enumerate(one.arms)
            }
            for outcome in design.variables
        }
        people = int(measured[0].counted.sum())
        every = "day by day" if (np.diff(days) >= 1).all() else "over time"
        return plots.courses(design.question, f"Mean of {people:,} people, {every}.", days[shown], lines)
    span = compared_span(design, dict.fromkeys(measured[0].spans, (0.0, 0.0)))
    trial = measured[0].trial
    value = (
        f"person minus own twin without training ({span}), in standard deviations before training"
        if trial
        else f"mean level ({span})"
    )
    if design.kind == "sweep":
        assert design.sweep is not None
        rows = {outcome: tables[n].rows for n, outcome in enumerate(design.variables)}
        subtitle = f"Vertical: {value}.\nBar: 95 % interval."
        return plots.swept(design.question, subtitle, design.sweep.label, rows, zero=trial)
    base = next(one for one in measured if one.condition == design.base)
    tails = {}
    if trial:
        tails = {
            one.condition: np.quantile(effects(design, one, base, span), (0.05, 0.25, 0.5, 0.75, 0.95))
            for one in measured
        }
    subtitle = f"Dot: {value};\nbar: 95 % interval." + (" Right of 0 is benefit." if trial else "")
    return plots.compared(design.question, subtitle, tables[0].rows, tails, zero=trial)
