"""What drives a world: the tables that the kernel reads, built from the scenarios of its runs."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from affectsim import dynamics, risk
from affectsim.draws import key, uniforms
from affectsim.exponential import exponential, exponential_less_one
from affectsim.kernel.scheme import (
    decay_table,
    exchange_steps,
    given_back,
    half_steps,
    middle_step,
    signal_weights,
    step_times,
)
from affectsim.kernel.tables import (
    EXERCISE_FIELDS,
    FIXED_PARTS,
    MOST_EVENTS,
    MOST_WORD,
    SLEEPS,
    WAKES,
    Tables,
)
from affectsim.parameters import MOMENT_HOURS
from affectsim.parts import Exercise, Stimulus
from affectsim.runs import Run
from affectsim.stimuli import KINDS, DailyLife, Dated, Script, Shock
from affectsim.training.programmes import EXERCISES_AT_A_TIME

Float = npt.NDArray[np.float64]

_MOMENTS_PER_DAY = round(24 / MOMENT_HOURS)


def tables_of(runs: Sequence[Run]) -> Tables:
    """Return everything that drives these runs, which share days, tick and steps; shapes: see `Tables`.

    Raises InputError for scripts and groups that do not fit the people of a run.
    """
    first = runs[0].scenario
    tick_hours, steps = first.numerics.tick_hours, first.numerics.steps_per_tick
    times = step_times(tick_hours, steps)
    parameters = [run.scenario.parameters for run in runs]
    daily = [[s for s in run.scenario.stimuli if isinstance(s, DailyLife)] for run in runs]
    sources = max(1, max(len(found) for found in daily))
    rows = _exercise_rows(runs)
    thresholds = np.full((len(runs), sources, 4, _MOMENTS_PER_DAY, MOST_EVENTS), MOST_WORD)
    intensity = np.zeros((len(runs), sources, 4))
    keys = np.zeros((len(runs), len(FIXED_PARTS) + 4 * sources + len(rows), 2), dtype=np.uint32)
    for number, run in enumerate(runs):
        for which, source in enumerate(daily[number]):
            thresholds[number, which] = poisson_thresholds(source.expected())
            intensity[number, which] = source.intensities
        names = (
            *FIXED_PARTS,
            *(f"stimulus/{source}/{kind}" for source in _numbered(daily[number], sources) for kind in KINDS),
            *(f"exercise/{kind}" for kind, _ in rows),
        )
        keys[number] = [key(run.scenario.seed, run.replicate, name) for name in names]
    event_start, event_person, event_kind, event_size, event_again = _events(runs)
    home, informal, session, session_moment, session_hope = _agenda(runs, {k: n for n, k in enumerate(rows)})
    exchanges = exchange_steps(steps)
    programmes = [run.scenario.programme(run.arm) for run in runs]
    return Tables(
        coupling=np.array([dynamics.coupling(p) for p in parameters], dtype=np.float64),
        model=np.array([list(p.values()) for p in parameters], dtype=np.float64),
        decay=np.stack([decay_table(p, half_steps(times)) for p in parameters]),
        signal_weights=signal_weights(times, exchanges),
        given_back=given_back(times, exchanges),
        exchange_steps=exchanges,
        step_hours=np.diff(times),
        middle_step=middle_step(steps),
        background=np.array([background(p) for p in parameters]),
        circumstances=np.array([circumstances(p) for p in parameters]),
        thresholds=thresholds,
        intensity=intensity,
        keys=keys,
        event_start=event_start,
        event_person=event_person,
        event_kind=event_kind,
        event_size=event_size,
        event_again=event_again,
        home=home,
        informal=informal,
        session=session,
        session_moment=session_moment,
        session_hope=session_hope,
        attendance=np.array([p.session_attendance if p else 0.0 for p in programmes]),
        exercises=np.array(list(rows.values())).reshape(-1, len(EXERCISE_FIELDS)),
        forget=np.array([forgotten_per_day(p) for p in parameters]),
        power_step=np.array([power_step(p, tick_hours) for p in parameters]),
        risk=np.array([risk_chances(p) for p in parameters]),
        bonds=np.array([_bonds(run) for run in runs]),
        ticks_per_moment=first.numerics.ticks_per_moment,
        moments_per_day=_MOMENTS_PER_DAY,
    )


def _numbered(stimuli: Sequence[Stimulus], count: int) -> list[str]:
    """Return what the draws of each hang on: "kind/named NAME", or "kind/number" among those of its kind without one.

    So one of another kind, or with a name, changes nobody's draws, but for how dated ambiguous events of one moment are
    taken (`_again`). Filled up to `count`, for places that stay empty.
    """
    names: list[str] = []
    nameless: Counter[str] = Counter()
    for stimulus in stimuli:
        if (name := getattr(stimulus, "name", None)) is not None:
            names.append(f"{stimulus.kind}/named {name}")
        else:
            names.append(f"{stimulus.kind}/{nameless[stimulus.kind]}")
            nameless[stimulus.kind] += 1
    return [*names, *(f"none/{number}" for number in range(len(names), count))]


def poisson_thresholds(expected: Float) -> Float:
    """Return, for expected counts of any shape, the limits that a 31-bit random number reaches k + 1 times over.

    The number of limits at or below a uniform 31-bit number is then Poisson distributed (to 2^-31; counts
    above `MOST_EVENTS` become `MOST_EVENTS`). Shape: expected.shape + (MOST_EVENTS,).
    """
    from scipy.special import pdtr

    return np.asarray(pdtr(np.arange(MOST_EVENTS), np.asarray(expected)[..., None]) * MOST_WORD)


def background(parameters: Mapping[str, Any]) -> tuple[Any, ...]:
    """Return the mean background of each system, its persistence over a moment and the sd of its innovations."""
    persistence = exponential(-MOMENT_HOURS / parameters["background_time"])
    innovation = parameters["background_sd"] * np.sqrt(1 - persistence**2)
    means = (parameters[f"background_{system}"] for system in ("threat", "drive", "soothing"))
    return (*means, persistence, innovation)


def circumstances(parameters: Mapping[str, Any]) -> tuple[Any, Any, Any]:
    """Return the standard deviation of circumstances, their persistence over a day and the sd of their innovations."""
    persistence = exponential(-1 / parameters["circumstances_time"])
    return parameters["circumstances_sd"], persistence, parameters["circumstances_sd"] * np.sqrt(1 - persistence**2)


def risk_chances(parameters: Mapping[str, Any]) -> tuple[Any, Any]:
    """Return the chances per moment of a risk-taking event at full over-stimulation, and of its cost arriving."""
    chance = risk.event_probability(parameters["risk_rate"], MOMENT_HOURS / 24)
    return chance, risk.arrival_probability(parameters["risk_delay"], MOMENT_HOURS)


def forgotten_per_day(parameters: Mapping[str, Any]) -> Any:
    """Return the share of a trained gain that is lost per day."""
    return -exponential_less_one(-1 / parameters["forgetting_time"])


def power_step(parameters: Mapping[str, Any], tick_hours: float) -> Any:
    """Return the share of its way that perceived power moves in one tick."""
    return -exponential_less_one(-tick_hours / (24 * parameters["power_time"]))


def _bonds(run: Run) -> tuple[float, ...]:
    parameters = run.scenario.parameters
    learning = -float(exponential_less_one(-1 / parameters["distrust_time"]))
    names = ("distrust_strength", "stereotyping", "tie_half_weight")
    change = run.scenario.bonds.change
    rates = (parameters["tie_growth"], parameters["tie_wear"]) if change else (0.0, 0.0)
    return (float(run.scenario.bonds.active), *rates, learning, *(parameters[name] for name in names))


def _exercise_rows(runs: Sequence[Run]) -> dict[tuple[str, tuple[float, ...]], tuple[float, ...]]:
    """Return the different exercises of a batch: (kind, numbers) -> numbers, in sorted order."""
    found = {}
    for run in runs:
        for kind, exercise in run.scenario.exercises().items():
            numbers = _numbers(exercise)
            found[kind, numbers] = numbers
    return dict(sorted(found.items()))


def _numbers(exercise: Exercise) -> tuple[float, ...]:
    return tuple(float(getattr(exercise, name)) for name in EXERCISE_FIELDS)


def _agenda(
    runs: Sequence[Run], rows: dict[tuple[str, tuple[float, ...]], int]
) -> tuple[npt.NDArray[np.int64], Float, npt.NDArray[np.int64], npt.NDArray[np.int64], Float]:
    """Return what people do by run and day of the programme.

    Home practice, its chance to be done in passing in a waking moment, sessions, their moments, the hope they give.
    """
    programmes = [run.scenario.programme(run.arm) for run in runs]
    days = max([1, *(p.days for p in programmes if p)])
    home = np.full((len(runs), days, EXERCISES_AT_A_TIME), -1, dtype=np.int64)
    informal = np.zeros((len(runs), days, EXERCISES_AT_A_TIME))
    session = np.full((len(runs), days, EXERCISES_AT_A_TIME), -1, dtype=np.int64)
    moment = np.full((len(runs), days), -1, dtype=np.int64)
    hope = np.zeros((len(runs), days))
    for number, (run, programme) in enumerate(zip(runs, programmes, strict=True)):
        if programme is None:
            continue
        row = {kind: rows[kind, _numbers(exercise)] for kind, exercise in run.scenario.exercises().items()}
        for day, kinds in enumerate(programme.home_agenda()):
            home[number, day, : len(kinds)] = [row[kind] for kind in kinds]
            if run.scenario.training is not None and run.scenario.training.informal_practice:
                informal[number, day, : len(kinds)] = np.array(programme.informal(day)) / (SLEEPS - WAKES)
        for held in programme.sessions:
            moment[number, held.day] = moment_of(held.hour)
            hope[number, held.day] = held.raises_hope
            session[number, held.day, : len(held.exercises)] = [row[kind] for kind in held.exercises]
    return home, informal, session, moment, hope


def _events(
    runs: Sequence[Run],
) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64], Float, npt.NDArray[np.int64]]:
    """Return dated, community and scripted events: start by (run, moment), then slot, kind, size, again of each."""
    moments = runs[0].scenario.moments
    start = np.zeros((len(runs), moments + 1), dtype=np.int64)
    people: list[npt.NDArray[np.int64]] = []
    kinds: list[npt.NDArray[np.int64]] = []
    sizes: list[Float] = []
    again: list[npt.NDArray[np.int64]] = []
    total = 0
    for number, run in enumerate(runs):
        when, who, kind, size = _events_of(run)
        inside = when < moments
        order = np.argsort(when[inside], kind="stable")
        start[number] = total + np.concatenate([[0], np.cumsum(np.bincount(when[inside], minlength=moments))])
        people.append(who[inside][order] + run.first_slot)
        kinds.append(kind[inside][order])
        sizes.append(size[inside][order])
        again.append(_again(when[inside][order], people[-1], kinds[-1]))
        total = int(start[number, -1])
    return start, np.concatenate(people), np.concatenate(kinds), np.concatenate(sizes), np.concatenate(again)


def _again(
    when: npt.NDArray[np.int64], slot: npt.NDArray[np.int64], kind: npt.NDArray[np.int64]
) -> npt.NDArray[np.int64]:
    """Return how many ambiguous events of the same person and moment stand before each event (0 for other kinds)."""
    found = np.zeros(when.size, dtype=np.int64)
    ambiguous = np.flatnonzero(kind == KINDS.index("ambiguous"))
    order = ambiguous[np.lexsort((ambiguous, slot[ambiguous], when[ambiguous]))]
    same = (np.diff(when[order]) == 0) & (np.diff(slot[order]) == 0)
    # Positions less that of the first of each run of equals.
    place = np.arange(order.size)
    found[order] = place - np.maximum.accumulate(np.where(np.concatenate([[False], same])[: order.size], 0, place))
    return found


def moment_of(hours: npt.ArrayLike) -> npt.NDArray[np.int64]:
    """Return the moment (half hour, from 0) that holds each time, for hours of any shape."""
    # A little more, so that 0.1 + 0.2 hours and the like do not fall into the moment before.
    return np.floor(np.asarray(hours) / MOMENT_HOURS + 1e-9).astype(np.int64)


def _events_of(run: Run) -> tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64], Float]:
    """Return (moment, person, kind, size) of every event of one run that is not drawn as it goes."""
    found: list[tuple[npt.NDArray[np.int64], npt.NDArray[np.int64], npt.NDArray[np.int64], Float]] = []
    scenario = run.scenario
    dated = iter(_numbered([s for s in scenario.stimuli if isinstance(s, Dated)], 0))
    for stimulus in scenario.stimuli:
        if isinstance(stimulus, Script):
            script = scenario.located(stimulus).read(run.people)
            found.append(
                (
                    moment_of(script.time_h),
                    script.person,
                    script.kind.astype(np.int64),
                    script.intensity,
                )
            )
            continue
        if isinstance(stimulus, Dated):
            lots = uniforms(scenario.seed, run.replicate, f"stimulus/{next(dated)}", run.people)
            who = np.flatnonzero(lots < stimulus.share)
        elif isinstance(stimulus, Shock):
            mask = np.ones(run.people, dtype=bool)
            for attribute, value in (stimulus.group or {}).items():
                mask &= run.community.members(attribute, value)
            who = np.flatnonzero(mask)
        else:
            continue
        moment = int(moment_of(stimulus.time_h))
        for code, kick in enumerate(stimulus.kicks):
            if kick > 0:
                found.append((np.full(who.size, moment), who, np.full(who.size, code), np.full(who.size, float(kick))))
    if not found:
        empty = np.zeros(0, dtype=np.int64)
        return empty, empty, empty, np.zeros(0)
    when, who, kind, size = (np.concatenate(column) for column in zip(*found, strict=True))
    return when.astype(np.int64), who.astype(np.int64), kind.astype(np.int64), size.astype(np.float64)
