"""From what was measured to tables: conditions compared, a number swept, the course over time."""

from __future__ import annotations

from collections.abc import Callable, Sequence

import numpy as np
import numpy.typing as npt

from affectsim.experiments.design import Design, compared_span
from affectsim.experiments.measured import Measured
from affectsim.experiments.statistics import Interval, individual, mean_interval, who
from affectsim.experiments.tables import Numbers

Float = npt.NDArray[np.float64]
Rows = dict[str, dict[str, Interval]]

#: Steps along ties from the trained that are told apart: name -> (from, below).
_STEPS = {"trained": (0, 1), "1 tie away": (1, 2), "2 ties away": (2, 3), "3 or more": (3, np.inf)}


def analyse(design: Design, measured: Sequence[Measured]) -> list[Numbers]:
    """Return the tables of an experiment, for its kind."""
    kinds: dict[str, Callable[[Design, Sequence[Measured]], list[Numbers]]] = {
        "conditions": _conditions, "sweep": _sweep, "course": _course,
    }  # fmt: skip
    return kinds[design.kind](design, measured)


def _mean(design: Design, values: Float, like: Measured) -> Interval:
    return mean_interval(values, like.counted, design.per)


def _style(one: Measured) -> str:
    return "difference" if one.trial else "level"


def _what(one: Measured, span: str) -> str:
    """Return what the value of a person is, in words."""
    if one.trial:
        return f'Benefit of training in "{span}": person minus own twin, in SD before training [95 % interval]'
    return f'Mean level in "{span}" [95 % interval]'


def _difference(design: Design, one: Measured, other: Measured, outcome: str, span: str) -> Interval:
    """Return the mean over people of their value in `one` minus that in `other`, in SD of `other`."""
    counted = one.counted & other.counted
    gap = (one.gain(outcome, span) - other.gain(outcome, span)) / other.unit(outcome)
    return mean_interval(gap, counted, design.per)


def _conditions(design: Design, measured: Sequence[Measured]) -> list[Numbers]:
    base = next(one for one in measured if one.condition == design.base)
    span = compared_span(design, dict.fromkeys(base.spans, (0.0, 0.0)))
    units = {outcome: base.unit(outcome) for outcome in design.outcomes}
    benefit: Rows = {
        one.condition: {name: _mean(design, one.gain(name, span) / units[name], one) for name in design.outcomes}
        for one in measured
    }
    tables = [Numbers(_what(base, span), _style(base), benefit)]
    others = [one for one in measured if one is not base]
    if others:
        rows = {
            one.condition: {name: _difference(design, one, base, name, span) for name in design.outcomes}
            for one in others
        }
        title = f'Difference to "{base.condition}": same people, same events [95 % interval]'
        tables.append(Numbers(title, "difference", rows))
    if base.trial:
        tables += _individuals(design, measured, base, span)
    if design.distance:
        tables.append(_by_distance(design, measured, base, span))
    return tables


def effects(design: Design, one: Measured, base: Measured, span: str) -> Float:
    """Return the individual effects on the main outcome in SD of the reference, shape (people who count,)."""
    main = design.outcomes[0]
    return np.asarray(one.gain(main, span)[one.counted] / base.unit(main))


def _individuals(design: Design, measured: Sequence[Measured], base: Measured, span: str) -> list[Numbers]:
    main = design.outcomes[0]
    mine = effects(design, base, base, span)
    traits = {name: values[base.counted] for name, values in base.traits.items()}
    rows = {one.condition: individual(effects(design, one, base, span)) for one in measured}
    return [
        Numbers(f"Individual effects on {main}, in SD; harmed: the own twin does better by over 0.2 SD", "plain", rows),
        Numbers(
            f'Who is harmed, who benefits, in "{base.condition}": traits that differ clearly [joint 95 % intervals]',
            "traits",
            who(mine, traits),
        ),
    ]


def _by_distance(design: Design, measured: Sequence[Measured], base: Measured, span: str) -> Numbers:
    main = design.outcomes[0]
    rows: Rows = {}
    for one in measured:
        effect = one.gain(main, span) / base.unit(main)
        steps = {name: (one.distance >= low) & (one.distance < high) for name, (low, high) in _STEPS.items()}
        rows[one.condition] = {name: mean_interval(effect, mask, design.per) for name, mask in steps.items()}
    return Numbers(f"Effect on {main} by distance from the trained, in SD [95 % interval]", "difference", rows)


def _sweep(design: Design, measured: Sequence[Measured]) -> list[Numbers]:
    assert design.sweep is not None
    by_place = {(one.value, one.condition): one for one in measured}
    values = list(dict.fromkeys(one.value for one in measured))
    names = [condition.name for condition in design.conditions]
    span = compared_span(design, dict.fromkeys(measured[0].spans, (0.0, 0.0)))
    tables = []
    for outcome in design.outcomes:
        rows: Rows = {}
        for value in values:
            unit = by_place[value, design.base].unit(outcome)
            found = (by_place[value, name] for name in names)
            rows[f"{value:g}"] = {
                one.condition: _mean(design, one.gain(outcome, span) / unit, one) for one in found
            }  # fmt: skip
        what = f"{_what(measured[0], span)}; rows: {design.sweep.label}"
        tables.append(Numbers(f"{outcome.replace('_', ' ')}. {what}", _style(measured[0]), rows))
    tables.append(_ends(design, by_place, values, names, span))
    if len(names) > 1:
        gaps = {
            f"{value:g}": {
                name: _difference(
                    design, by_place[value, name], by_place[value, design.base], design.outcomes[0], span
                )
                for name in names if name != design.base
            }
            for value in values
        }  # fmt: skip
        title = f'{design.outcomes[0].replace("_", " ")}. Difference to "{design.base}", same people, same events'
        tables.append(Numbers(f"{title} [95 % interval]", "difference", gaps))
    return tables


def _ends(
    design: Design, by_place: dict[tuple[float | None, str], Measured], values: Sequence[float | None],
    names: Sequence[str], span: str,
) -> Numbers:  # fmt: skip
    rows = {
        name: {
            outcome: _difference(design, by_place[values[-1], name], by_place[values[0], name], outcome, span)
            for outcome in design.outcomes
        }
        for name in names
    }
    title = f"From {values[0]:g} to {values[-1]:g}: difference for the same people, same events [95 % interval]"
    return Numbers(title, "difference", rows)


def _course(design: Design, measured: Sequence[Measured]) -> list[Numbers]:
    base = next(one for one in measured if one.condition == design.base)
    tables = []
    for outcome in design.outcomes:
        name = outcome.replace("_", " ")
        rows: Rows = {}
        for one in measured:
            for arm, words in enumerate(one.arms):
                rows[series(one, words)] = {
                    span: _mean(design, one.level(outcome, span, arm), one) for span in one.spans
                }
        tables.append(Numbers(f"{name}: mean level by span [95 % interval]", "level", rows))
        if gaps := _gaps(design, measured, base, outcome):
            title = f"{name}: differences for the same people, same events [95 % interval]"
            tables.append(Numbers(title, "difference", gaps))
    return tables


def _gaps(design: Design, measured: Sequence[Measured], base: Measured, outcome: str) -> Rows:
    rows: Rows = {}
    for one in measured:
        if one is not base:
            for arm, words in enumerate(one.arms):
                who = f"{one.condition} - {base.condition}" + (f", {words}" if one.trial else "")
                rows[who] = {
                    span: _mean(design, one.level(outcome, span, arm) - base.level(outcome, span, arm), one)
                    for span in one.spans
                }
        if one.trial:
            rows[f"{one.condition}: training - own twin"] = {
                span: _mean(design, one.level(outcome, span) - one.level(outcome, span, 0), one) for span in one.spans
            }
    if base.trial:
        for one in measured:
            if one is not base:
                rows[f"{one.condition} - {base.condition}: training - own twin"] = {
                    span: _mean(
                        design,
                        one.level(outcome, span) - one.level(outcome, span, 0)
                        - base.level(outcome, span) + base.level(outcome, span, 0),
                        one,
                    )
                    for span in one.spans
                }  # fmt: skip
    return rows


def series(one: Measured, arm: str) -> str:
    """Return the name of one line of a time course."""
    return f"{one.condition}, {arm}" if one.trial else one.condition
