"""A trial read from a run: what training changed, in whom, and how sure that is.

A run with the arms "training" and a control (a waiting list, usual care, relaxation or cognitive-behavioural therapy)
lives the same days twice: the same people, the same events, once with training and once without. Everybody therefore
has a twin, and a change that training made is the difference between a person and their own twin: no chance difference
between two groups of people is in it.

- Periods of a week each: the last one before training starts, its last one, the last one of the run. Where people
  wait for a place, training lasts from the first start to the end of the last programme.
- Everybody who was offered training counts as trained, whether or not they started or stayed (intention to treat).
  Who was screened out was not offered it, and counts with the untrained.
- Effect size as in Kirby et al. 2017 (Behav Ther 48:778-792): difference in change from before between the
  arms, divided by the pooled standard deviation before; the sign is turned where less is better, so that
  positive is always benefit.
- The people who were never offered training, compared with their own twins, show the spill-over through ties.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, Self

import numpy as np
import numpy.typing as npt

from affectsim.errors import InputError, Mistake
from affectsim.readouts import SYSTEMS, balance, directions

if TYPE_CHECKING:
    import xarray as xr

    from affectsim.scenario import Scenario

Float = npt.NDArray[np.float64]

#: The arm that is compared with a control.
TRAINING = "training"
#: What people do in the arms, in words: "... live the same days twice: with training and WORDS".
CONTROLS: Mapping[str, str] = {
    "waiting-list": "on a waiting list",
    "usual-care": "with usual care",
    "active": "with relaxation instead",
    "cognitive-behavioural": "with cognitive-behavioural therapy instead",
}
GROUPS = ("trained", "untrained")
PERIODS = ("before", "after", "follow-up")
LATER = PERIODS[1:]
#: Longest period over which a person's values are averaged (days): a week holds every day of the week once.
WEEK = 7.0
#: A person is harmed if the own twin does better by more than this many standard deviations (of people
#: before training): the size from which Cohen (1988) calls a difference small.
HARM_MARGIN = 0.2
#: How often the intervals of effect sizes hold the truth.
CONFIDENCE = 0.95
#: Outcomes that every trial reports.
HEADLINES = ("balance", "threat_dominant", "threat", "drive", "soothing")


class Periods(NamedTuple):
    """Spans of days (from, to) in a run: training itself, and the three that are compared.

    A record belongs to a span if its whole interval lies in it. `follow_up` is None if no day comes after
    training. `course_end`: day on which training ends, also if the run ends sooner.
    """

    training: tuple[float, float]
    before: tuple[float, float]
    after: tuple[float, float]
    follow_up: tuple[float, float] | None
    course_end: float

    @classmethod
    def of(cls, start: float, length: float, days: float, source: str = "trial") -> Self:
        """Return the periods of `length` days of training from day `start` in a run of `days` days.

        Raises InputError if there is nothing before training to compare with.
        """
        if start <= 0:
            message = "is 0, so there is nothing before training to compare with; 7 or more gives a full week"
            raise InputError(source, [Mistake("training.start_day", message)])
        end = min(start + length, days)
        after = (max(start, end - WEEK), end)
        follow_up = (max(end, days - WEEK), days) if days > end else None
        return cls((start, end), (max(0.0, start - WEEK), start), after, follow_up, start + length)

    def unfinished(self) -> list[str]:
        """Return a line if the run ends within training, so that "after" is not after it; else nothing."""
        end = self.training[1]
        if self.course_end <= end:
            return []
        return [
            f'The course lasts until day {self.course_end:g}, the run until day {end:g}: "after" is within the course.'
        ]

    @classmethod
    def of_scenario(cls, scenario: Scenario, last_start: float | None = None) -> Self:
        """Return the periods of a scenario. Raises InputError without training or days before it.

        `last_start`: day on which the last person starts (see the function of that name); default: all start at
        once.
        """
        programme = scenario.programme()
        if scenario.training is None or programme is None:
            raise InputError(scenario.source, [Mistake("training", "is missing: a trial needs training")])
        start = scenario.training.start_day
        length = (start if last_start is None else last_start) - start + programme.days
        return cls.of(start, length, scenario.days, scenario.source)

    @classmethod
    def of_run(cls, run: xr.Dataset) -> Self:
        """Return the periods of a run from what it carries. Raises InputError without training or days before it."""
        tables = tomllib.loads(run.attrs["scenario"])
        if "training" not in tables:
            raise InputError("run", [Mistake("training", "is missing: a trial needs training")])
        if "programme_days" not in run.attrs:
            message = "the run does not say how long it was, since an older version wrote it: run the scenario again"
            raise InputError("run", [Mistake("training.programme", message)])
        start = tables["training"]["start_day"]
        last = last_start(run)
        length = (start if last is None else last) - start + int(run.attrs["programme_days"])
        return cls.of(start, length, tables["days"], "run")


def last_start(run: xr.Dataset) -> float | None:
    """Return the day on which the last of those recorded starts, None if nobody does or no people were recorded."""
    if "start_day" not in run:
        return None
    starts = run["start_day"].to_numpy()
    return None if np.isnan(starts).all() else float(np.nanmax(starts))


class EffectSize(NamedTuple):
    """An effect in standard deviations, and its interval; NaN where it is not defined."""

    d: float
    low: float
    high: float


def effect_size(
    before: npt.ArrayLike, after: npt.ArrayLike, twin_before: npt.ArrayLike, twin_after: npt.ArrayLike
) -> EffectSize:  # fmt: skip
    """Return the effect size of Kirby et al. 2017 for people and their twins, all of shape (people,).

    d = mean((after - before) - (twin_after - twin_before)) / pooled SD before.

    The interval is d -+ t(people - 1) * standard error, with the standard error from the influence of each
    person on d (the delta method; equal to the infinitesimal jackknife, Efron 1982). Closed form, hence exact
    to repeat; it asks for no normality (activations are skewed), keeps the pairing of twins, and counts the
    uncertainty of the standard deviation and its correlation with the change. It takes people as independent
    draws from such a population; that they share one network and its events is not in it: run replicates.

    NaN for fewer than two people or if all are alike before. Raises ValueError for unequal shapes.
    """
    from scipy.special import stdtrit

    columns = [np.asarray(values, dtype=np.float64) for values in (before, after, twin_before, twin_after)]
    if len({column.shape for column in columns}) != 1 or columns[0].ndim != 1:
        raise ValueError("before, after and those of the twins need one number per person each")
    first, second, twin_first, twin_second = columns
    people = first.size
    if people < 2:
        return EffectSize(math.nan, math.nan, math.nan)
    gain = (second - first) - (twin_second - twin_first)
    squares = ((first - first.mean()) ** 2 + (twin_first - twin_first.mean()) ** 2) / 2
    variance = float(squares.sum() / (people - 1))
    if variance == 0:
        return EffectSize(math.nan, math.nan, math.nan)
    spread = math.sqrt(variance)
    d = float(gain.mean()) / spread
    influence = (gain - gain.mean()) / spread - d * (squares - squares.mean()) / (2 * variance)
    error = math.sqrt(float((influence**2).sum()) / (people - 1) / people)
    reach = float(stdtrit(people - 1, 0.5 + CONFIDENCE / 2)) * error
    return EffectSize(d, d - reach, d + reach)


def outcome_values(run: xr.Dataset, outcome: str) -> xr.DataArray:
    """Return an outcome for (run, time, person).

    "threat_dominant" is taken from the strongest system of each interval if the run holds only that. Raises
    InputError for what was not recorded.
    """
    if outcome in run:
        return run[outcome]
    if outcome == "threat_dominant" and "dominant" in run:
        return (run["dominant"] == 0).astype(np.float64).assign_attrs(
            units="1", long_name="share of intervals in which threat is the strongest system")  # fmt: skip
    raise InputError("run", [Mistake("record.readouts", f'"{outcome}" was not recorded')])


def recorded_values(run: xr.Dataset, name: str) -> xr.DataArray | None:
    """Return a headline by run, time and, if people were recorded, person; None if there is nothing at all.

    What was not recorded of people who were, is taken from the three systems of each interval; means over everybody
    stand in only where no people were recorded.
    """
    if name in run:
        return run[name]
    if "threat" not in run:
        return run.get(f"{name}_mean")
    threat, drive, soothing = (run[system] for system in SYSTEMS)
    if name == "balance":
        return balance(threat, drive, soothing)  # type: ignore[no-any-return]
    return ((threat >= drive) & (threat >= soothing)).astype(float)


def period_mean(run: xr.Dataset, values: xr.DataArray, span: tuple[float, float]) -> xr.DataArray:
    """Return the mean of (run, time, person) over the records whose whole interval lies in a span of days.

    Raises InputError if there is none: records are then too far apart.
    """
    ends = run["time"].to_numpy()
    starts = np.concatenate([[0.0], ends[:-1]])
    inside = (starts >= span[0] - 1e-9) & (ends <= span[1] + 1e-9)
    if not inside.any():
        message = f"no record lies within days {span[0]:g} to {span[1]:g}; record more often"
        raise InputError("run", [Mistake("record.every", message)])
    return values.isel(time=np.flatnonzero(inside)).mean("time")


_BY_LATER = ("group", "outcome", "later")
_DEVIATIONS = {"units": "standard deviations"}
#: What a trial found of each group and outcome: variable -> dimensions and attributes.
_VARIABLES: Mapping[str, tuple[tuple[str, ...], dict[str, str]]] = {
    "mean": (("group", "outcome", "arm", "period"), {"long_name": "mean over people"}),
    "spread": (("group", "outcome"), {"long_name": "pooled standard deviation before"}),
    "gain": (_BY_LATER, {"long_name": "change compared with that of the own twin"}),
    "d": (_BY_LATER, {"long_name": "effect size, positive = benefit", **_DEVIATIONS}),
    "d_low": (_BY_LATER, {"long_name": "lower end of the interval of d", **_DEVIATIONS}),
    "d_high": (_BY_LATER, {"long_name": "upper end of the interval of d", **_DEVIATIONS}),
    "harmed": (_BY_LATER, {"long_name": "the own twin does better", "units": "people"}),
    "helped": (_BY_LATER, {"long_name": "the own twin does worse", "units": "people"}),
}


def analyse(
    run: xr.Dataset, periods: Periods | None = None, *, outcomes: Sequence[str] | Mapping[str, int] = HEADLINES
) -> xr.Dataset:
    """Return what a trial found, by group (offered training or not), arm, period and outcome.

    `periods`: default those of the scenario in the run. `outcomes`: names of variables of the run, or
    name -> direction (+1: more is better, -1: less is better) for those of which no readout declares it.
    Replicates are put together: each is a different set of people.

    Variables, with dimensions: `mean` (group, outcome, arm, period) and `spread` (group, outcome) in units of
    the outcome (`unit` (outcome)); `gain` (group, outcome, later), mean difference between the changes of
    people and of their twins, same units, sign as it is; `d`, `d_low`, `d_high` (group, outcome, later),
    positive = benefit; `harmed`, `helped` (group, outcome, later), number of people whose twin does better
    (worse) by more than `HARM_MARGIN`; `people` (group). For the group "untrained" all of this is spill-over.

    Raises InputError if the run is no trial, or holds no records of people or not these outcomes.
    """
    import xarray as xr

    spans = periods or Periods.of_run(run)
    signs = _directions(outcomes)
    both = compared(run)
    pairs = _twins(run, both)
    chosen = np.concatenate([run["chosen"].to_numpy()[training] for training, _ in pairs])
    masks = (chosen, ~chosen)
    units, found = [], []
    for name, sign in signs.items():
        values = outcome_values(run, name)
        units.append(str(values.attrs.get("units", "1")))
        by_person = _by_person(run, values, spans, pairs)
        found.append([_measured(by_person[:, :, mask], sign) for mask in masks])
    coordinates = {
        "group": list(GROUPS), "outcome": list(signs), "arm": list(both), "period": list(PERIODS),
        "later": list(LATER),
    }  # fmt: skip
    variables: dict[str, Any] = {}
    for name, (dims, attributes) in _VARIABLES.items():
        by_group = [[of_outcome[group][name] for of_outcome in found] for group in range(len(GROUPS))]
        variables[name] = (dims, np.reshape(by_group, [len(coordinates[dim]) for dim in dims]), attributes)
    variables["people"] = ("group", [int(mask.sum()) for mask in masks], {"units": "people"})
    of_outcomes = {"unit": ("outcome", units), "direction": ("outcome", list(signs.values()))}
    return xr.Dataset(
        variables,
        coordinates | of_outcomes,
        {
            "method": "d = difference in change from before / pooled SD before (Kirby et al. 2017), "
            "twins paired; interval by the delta method with t quantiles",
            "confidence": CONFIDENCE,
            "margin": HARM_MARGIN,
            "replicates": len(pairs),
            "days_training": list(spans.training),
            "days_before": list(spans.before),
            "days_after": list(spans.after),
            "days_follow_up": list(spans.follow_up or ()),
        },
    )


def _measured(values: Float, sign: int) -> dict[str, Any]:
    """Return `_VARIABLES` of one group in one outcome, from its values by (arm, period, person)."""
    people, later = values.shape[2], len(LATER)
    numbers: dict[str, Any] = {"mean": values.mean(axis=2) if people else np.full(values.shape[:2], np.nan)}
    numbers["spread"] = np.sqrt(values[:, 0].var(axis=1, ddof=1).mean()) if people > 1 else np.nan
    numbers |= {name: [np.nan] * later for name in ("gain", "d", "d_low", "d_high")}
    numbers |= {name: [0] * later for name in ("harmed", "helped")}
    if not people:
        return numbers
    limit = HARM_MARGIN * numbers["spread"]
    (before, *afters), (twin_before, *twin_afters) = values
    for n, (after, twin_after) in enumerate(zip(afters, twin_afters, strict=True)):
        each = (after - before) - (twin_after - twin_before)
        found = effect_size(before, after, twin_before, twin_after)
        numbers["gain"][n] = each.mean()
        numbers["d"][n] = sign * found.d
        numbers["d_low"][n], numbers["d_high"][n] = sorted((sign * found.low, sign * found.high))
        numbers["harmed"][n] = np.count_nonzero(sign * each < -limit)
        numbers["helped"][n] = np.count_nonzero(sign * each > limit)
    return numbers


def _directions(outcomes: Sequence[str] | Mapping[str, int]) -> dict[str, int]:
    known = outcomes if isinstance(outcomes, Mapping) else directions()
    given = {name: known.get(name, 0) for name in outcomes}
    unknown = [name for name, sign in given.items() if sign not in (-1, 1)]
    if unknown:
        message = "say whether more of it is better (1) or worse (-1)"
        raise InputError("trial", [Mistake(f"outcomes.{name}", message) for name in unknown])
    return given


def compared(run: xr.Dataset) -> tuple[str, str]:
    """Return the two arms of a trial, training first. Raises InputError if the run is no trial."""
    if "chosen" not in run:
        raise InputError("run", [Mistake("record.people", 'is "none": a trial needs the values of people')])
    controls = set(run["arm"].to_numpy().tolist()) - {TRAINING}
    if len(controls) != 1 or not controls <= set(CONTROLS) or TRAINING not in run["arm"].to_numpy():
        names = " or ".join(f'"{name}"' for name in CONTROLS)
        raise InputError("run", [Mistake("training.against", f"needs two worlds: training against = {names}")])
    return TRAINING, controls.pop()


def _twins(run: xr.Dataset, both: tuple[str, str]) -> list[tuple[int, int]]:
    """Return (number of the training run, number of its twin in the control arm) of each replicate."""
    arms, replicates = run["arm"].to_numpy().tolist(), run["replicate"].to_numpy().tolist()
    place = {pair: n for n, pair in enumerate(zip(arms, replicates, strict=True))}
    return [(place[both[0], replicate], place[both[1], replicate]) for replicate in sorted(set(replicates))]


def _by_person(run: xr.Dataset, values: xr.DataArray, spans: Periods, pairs: list[tuple[int, int]]) -> Float:
    """Return period means, shape (arms, periods, replicates * people); NaN for a period that is missing."""
    people = run.sizes["person"]
    found = np.full((2, len(PERIODS), len(pairs) * people), np.nan)
    for number, span in enumerate((spans.before, spans.after, spans.follow_up)):
        if span is None:
            continue
        means = period_mean(run, values, span).transpose("run", "person").to_numpy()
        for arm in range(2):
            found[arm, number] = np.concatenate([means[pair[arm]] for pair in pairs])
    return found
