"""What is kept of a run of a sweep: a few numbers, worked out where the run was made; no values of people.

- A readout: its mean over everybody and over a span of days (default: the last week), in each arm.
- `threat_dominant_people`: share of people in whom threat is the strongest system for more than half of the span.
- Of a trial (two arms and days before training): `effect_...`, the effect size of `affectsim.trial` right after
  training with its interval (`_low`, `_high`), `_follow_up` in the last week of the run; `harmed_...`, the share of
  the trained whose own twin does better; `spill_over_...`, the effect size of those who were not offered training.
  Positive effects are benefit.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from affectsim.errors import InputError, Mistake, nearest
from affectsim.parts import Readout
from affectsim.readouts import ALWAYS, SYSTEMS, Measure, directions
from affectsim.results import constants, measures, read_measure, recording, slow_rows
from affectsim.scenario import Scenario
from affectsim.simulation import Recorded
from affectsim.trial import CONTROLS, HARM_MARGIN, TRAINING, WEEK, Periods, effect_size

Float = npt.NDArray[np.float64]
Span = tuple[float, float]

#: Values of a run; None where one is missing, because the run has no such arm or the number is not defined.
Values = dict[str, float | None]
_DOMINANT = "threat_dominant"
#: Columns of an effect -> what they are, in words.
_EFFECTS = {
    "effect_{}": "effect of training on {} right after it, positive = benefit",
    "effect_{}_low": "lower end of the interval of the effect of training on {}",
    "effect_{}_high": "upper end of the interval of the effect of training on {}",
    "effect_{}_follow_up": "effect of training on {} in the last week of the run, positive = benefit",
    "harmed_{}": "share of the trained whose own twin does better in {}",
    "spill_over_{}": "effect on {} of training for those who were not offered it, positive = benefit",
}


def named(outcomes: Sequence[str], base: Scenario) -> tuple[str, ...]:
    """Return outcomes as readouts are called; columns of a table spell a score with _ instead of -."""
    known = {*SYSTEMS, *base.kinds(Readout)}
    dashed = {name: name.replace("_", "-") for name in outcomes}
    return tuple(dashed[name] if name not in known and dashed[name] in known else name for name in outcomes)


def check_outcomes(outcomes: Sequence[str], days: Span | None, base: Scenario) -> None:
    """Raise InputError for outcomes that nobody knows and for days that the run does not have."""
    known = {*SYSTEMS, *base.kinds(Readout)}
    wrong = [
        Mistake("outcomes", f'"{name}" is unknown{nearest(name, known)}') for name in outcomes if name not in known
    ]
    if len(set(outcomes)) < len(outcomes):
        wrong.append(Mistake("outcomes", "must not name a readout twice"))
    if not outcomes:
        wrong.append(Mistake("outcomes", "missing: name a readout, such as balance"))
    if days is not None and not 0 <= days[0] < days[1] <= base.days:
        wrong.append(Mistake("days", f"must be two days of the run, 0 to {base.days:g}, the earlier one first"))
    if wrong:
        raise InputError("sweep", wrong)


def recording_for(outcomes: Sequence[str]) -> dict[str, object]:
    """Return the changes of a scenario that record what the outcomes need."""
    return {
        "record.people": "all",
        "record.summaries": False,
        "record.readouts": [name for name in outcomes if name not in ALWAYS],
    }


def columns(outcomes: Sequence[str], scenarios: Sequence[Scenario]) -> tuple[str, ...]:
    """Return the names of the numbers that are kept of runs of any of these scenarios, in order."""
    arms = list(dict.fromkeys(arm for scenario in scenarios for arm in scenario.arms))
    names: list[str] = []
    for outcome in _names(outcomes):
        names += [outcome] if len(arms) == 1 else [_in_arm(outcome, arm) for arm in arms]
    if any(_trial(scenario) for scenario in scenarios):
        for outcome in outcomes:
            name = outcome.replace("-", "_")
            if name in directions():
                names += [form.format(name) for form in _EFFECTS]
    return tuple(names)


def _names(outcomes: Sequence[str]) -> list[str]:
    found = []
    for outcome in outcomes:
        found.append(outcome.replace("-", "_"))
        if outcome == _DOMINANT:
            found.append("threat_dominant_people")
    return found


def described(columns: Sequence[str], outcomes: Sequence[str], base: Scenario) -> dict[str, dict[str, str]]:
    """Return unit and meaning of columns, name -> `units` and `long_name`, as far as they are of these outcomes.

    `base`: a scenario that knows the readouts; what is no readout of it is left out.
    """
    kinds = {measure.name(): measure for measure in base.kinds(Measure).values()}
    found = {}
    for name in (outcome.replace("-", "_") for outcome in outcomes):
        if name not in kinds and name not in SYSTEMS:
            continue
        measure = kinds.get(name)
        units = measure.unit if measure else "activation"
        words = name.replace("_", " ")
        levels = {name: (units, f"{measure.headline().rstrip('.') if measure else words}: mean over people and days")}
        if name == _DOMINANT:
            levels["threat_dominant_people"] = ("1", "share of people with threat strongest most of the time")
        for level, (unit, says) in levels.items():
            for arm in ("", "untrained", TRAINING, *CONTROLS):
                key = _in_arm(level, arm) if arm else level
                found[key] = {"units": unit, "long_name": f"{says}{f', {arm}' if arm else ''}"}
        for form, says in _EFFECTS.items():
            unit = "1" if form.startswith("harmed") else "standard deviations"
            found[form.format(name)] = {"units": unit, "long_name": says.format(words)}
    return {name: found[name] for name in columns if name in found}


def _in_arm(name: str, arm: str) -> str:
    return f"{name}_{arm.replace('-', '_')}"


def _trial(scenario: Scenario) -> bool:
    return len(scenario.arms) == 2 and scenario.training is not None and scenario.training.start_day > 0


def outcomes_of(batch: Recorded, runs: Sequence[int], outcomes: Sequence[str], days: Span | None,
                wanted: Sequence[str]) -> Values:  # fmt: skip
    """Return the numbers of one run of a sweep: the arms `runs` (numbers in the batch) of one replicate."""
    one = batch.world.runs[runs[0]]
    found: Values = dict.fromkeys(wanted)
    span = days or (max(0.0, one.scenario.days - WEEK), one.scenario.days)
    periods = None
    if _trial(one.scenario):
        starts = one.start_day[one.start_day >= 0] if one.arm == TRAINING else one.start_day[:0]
        periods = Periods.of_scenario(one.scenario, float(starts.max()) if starts.size else None)
    for outcome in outcomes:
        values = {batch.world.runs[n].arm: person_values(batch, n, outcome) for n in runs}
        name = outcome.replace("-", "_")
        for arm, mine in values.items():
            level = period_mean(mine, batch.hours, span)
            _put(found, name, arm, float(level.mean()))
            if outcome == _DOMINANT:
                _put(found, "threat_dominant_people", arm, float((level > 0.5).mean()))
        if periods is not None and name in directions():
            _effects(found, name, values, batch.hours, periods, one.trainees)
    return found


def _put(found: Values, name: str, arm: str, value: float) -> None:
    key = name if name in found else _in_arm(name, arm)
    found[key] = value if math.isfinite(value) else None


def person_values(batch: Recorded, number: int, outcome: str) -> Float:
    """Return an outcome of one run of the batch, shape (records, people)."""
    run = batch.world.runs[number]
    quantities = (*ALWAYS, *slow_rows(run.scenario))
    records = {name: batch.values[number][:, n, :] for n, name in enumerate(quantities)}
    if outcome in ALWAYS:
        return records[outcome]
    measure = measures(run.scenario)[outcome.replace("-", "_")]
    shape = records["threat"].shape
    for name in constants(run.scenario):
        records[name] = np.broadcast_to(batch.world.get(number, name), shape)
    return read_measure(measure, records, recording(run, np.arange(run.people), batch.hours))


def period_mean(values: Float, hours: Float, span: Span) -> Float:
    """Return the mean over the records whose whole interval lies in a span of days, shape (people,)."""
    ends = hours / 24
    starts = np.concatenate([[0.0], ends[:-1]])
    inside = (starts >= span[0] - 1e-9) & (ends <= span[1] + 1e-9)
    if not inside.any():
        message = f"no record lies within days {span[0]:g} to {span[1]:g}; record more often"
        raise InputError("run", [Mistake("record.every", message)])
    return np.asarray(values[inside].mean(axis=0))


def _effects(found: Values, name: str, values: dict[str, Float], hours: Float, periods: Periods,
             trained: npt.NDArray[np.bool_]) -> None:  # fmt: skip
    control = next(arm for arm in values if arm in CONTROLS)
    sign = directions()[name]
    spans = {"before": periods.before, "after": periods.after, "follow-up": periods.follow_up}
    means = {
        key: [period_mean(values[arm], hours, span) for arm in (TRAINING, control)]
        for key, span in spans.items()
        if span is not None
    }

    def effect(later: str, mask: npt.NDArray[np.bool_]) -> tuple[float, float, float]:
        (before, twin_before), (after, twin_after) = means["before"], means[later]
        one = effect_size(before[mask], after[mask], twin_before[mask], twin_after[mask])
        low, high = sorted((sign * one.low, sign * one.high))
        return sign * one.d, low, high

    forms = tuple(_EFFECTS)
    results = dict(zip(forms[:3], effect("after", trained), strict=True))
    if "follow-up" in means:
        results[forms[3]] = effect("follow-up", trained)[0]
    if trained.sum() > 1:
        (before, twin_before), (after, twin_after) = means["before"], means["after"]
        gain = sign * ((after - before) - (twin_after - twin_before))[trained]
        spread = math.sqrt((before[trained].var(ddof=1) + twin_before[trained].var(ddof=1)) / 2)
        results[forms[4]] = float((gain < -HARM_MARGIN * spread).mean())
    results[forms[5]] = effect("after", ~trained)[0]
    for form, value in results.items():
        found[form.format(name)] = float(value) if math.isfinite(value) else None
