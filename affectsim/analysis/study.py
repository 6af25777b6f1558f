"""A bifurcation study as people ask for it: a person, a parameter, a range, and what else is wanted."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from affectsim.analysis.bifurcation import Diagram, diagram, fold_curves, fold_point
from affectsim.analysis.early_warning import EarlyWarning, early_warning
from affectsim.analysis.equations import person_system
from affectsim.analysis.equilibria import equilibria
from affectsim.analysis.folds import FoldCurve, FoldPoint
from affectsim.analysis.settings import KNOWN, Settings, mistake
from affectsim.errors import InputError, Mistake

#: Values of the second parameter at which folds are looked for.
_LOOKS = 5
#: Without bounds of one's own a parameter goes from its lower bound to this many times its default.
_TIMES = 6.0


class Range(NamedTuple):
    """A parameter and the values between which it is followed."""

    name: str
    low: float
    high: float


def range_of(name: str, low: float | None, high: float | None) -> Range:
    """Return a checked range; None: the lower bound, and six times the default or the upper bound.

    Raises InputError for unknown names, values out of bounds, and an empty range.
    """
    wrong = mistake(name, KNOWN[name].default if name in KNOWN else 0.0)
    if wrong:
        raise InputError("command line", [Mistake(f"parameter {name}", wrong.message)])
    known = KNOWN[name]
    begin = known.low if low is None else low
    end = min(known.high, _TIMES * known.default or known.high) if high is None else high
    mistakes = [
        one for where, value in (("from", begin), ("to", end)) if (one := mistake(name, value, f"{name} {where}"))
    ]
    if not mistakes and begin >= end:
        mistakes = [Mistake(f"{name} from {begin:g} to {end:g}", "the first value must be below the second")]
    if mistakes:
        raise InputError("command line", mistakes)
    return Range(name, float(begin), float(end))


def one_parameter(settings: Settings, wanted: Range, *, mean_field: bool = False, exponent: int = 3) -> Diagram:
    """Return the diagram of a person in one parameter; `exponent` as in `equations.person_system`.

    Raises InputError if nothing depends on the parameter.
    """
    system = person_system(settings, (wanted.name,), mean_field=mean_field, exponent=exponent)
    return diagram(system, wanted.low, wanted.high)


def two_parameters(
    settings: Settings, first: Range, second: Range, *, mean_field: bool = False
) -> tuple[FoldCurve, ...]:
    """Return the curves of folds in two parameters, found at several values of the second one and followed."""
    if first.name == second.name:
        raise InputError("command line", [Mistake(second.name, "is the first parameter already")])
    both = person_system(settings, (first.name, second.name), mean_field=mean_field)
    starts: list[tuple[FoldPoint, float]] = []
    values = {float(v) for v in np.linspace(second.low, second.high, _LOOKS)}
    if second.low <= settings[second.name] <= second.high:
        values.add(settings[second.name])
    for value in sorted(values):
        system = person_system(settings.but({second.name: value}), (first.name,), mean_field=mean_field)
        starts += [(fold_point(system, fold), value) for fold in diagram(system, first.low, first.high, looks=3).folds]
    return fold_curves(both, (first.low, second.low), (first.high, second.high), starts)


def warning_before(settings: Settings, wanted: Range, found: Diagram, *, seed: int = 0) -> EarlyWarning | None:
    """Return early-warning signals before the fold that ends a stable state as the parameter rises, or falls.

    The way begins as far from the fold as the range allows, at most half its length. None without such a fold.
    """
    ends = [fold for fold in found.folds if fold.stable]
    # Rising first: the fold that ends the state in which the range begins.
    ends.sort(key=lambda fold: fold.opens != "below")
    if not ends:
        return None
    fold = ends[0]
    half = (wanted.high - wanted.low) / 2
    begin = max(wanted.low, fold.p - half) if fold.opens == "below" else min(wanted.high, fold.p + half)
    system = person_system(settings, (wanted.name,))
    stable = equilibria(system, (begin,)).stable
    near = min(stable, key=lambda one: float(np.abs(one.state - fold.state).max()))
    return early_warning(settings, wanted.name, begin, fold.p, near.state, seed=seed)
