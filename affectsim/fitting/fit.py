"""Estimate a population's unknowns from diaries, with intervals, predictive checks and every person's own traits."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, NamedTuple

import numpy as np
import numpy.typing as npt

from affectsim.diaries.files import Diaries
from affectsim.diaries.statistics import (
    LAGS,
    LEAST_PAIRS,
    PAIRS,
    Schedule,
    Sums,
    bootstrap_weights,
    lag_name,
    schedule,
    statistics,
    sums,
)
from affectsim.errors import InputError, Mistake
from affectsim.fitting import people as personal
from affectsim.fitting.emulator import draw, emulator, unexplained
from affectsim.fitting.same_schedule import Simulator, personal_traits, sums_of
from affectsim.fitting.unknowns import PERSONAL, Space
from affectsim.readouts import SYSTEMS
from affectsim.results import provenance
from affectsim.scenario import Scenario

if TYPE_CHECKING:
    import xarray as xr

Float = npt.NDArray[np.float64]
#: Called with (points simulated, points in all).
Progress = Callable[[int, int], None]

CONFIDENCE = 0.95
#: Fewest people of one arm with a diary: below it spreads and correlations between people say nothing.
LEAST_PEOPLE = 15
#: How far the model may miss a statistic without being wrong (SD; assumed): it is a model.
_TOLERANCE = {"mean": 0.01, "sd_between": 0.01, "sd_within": 0.01, "skew": 0.1}
_TOLERANCE_OF_CORRELATIONS = 0.03
#: People that a simulated group should have at least.
_WANTED_PEOPLE = 60
_DRAWS = 2000
#: How much more each round counts than the one before it (assumed).
_ROUND_WEIGHT = 3.0


class Target(NamedTuple):
    """What the fit aims at: names, values seen (groups, statistics), covariance of all from people drawn anew."""

    names: tuple[str, ...]
    observed: Float
    error: Float


def base_scenario() -> Scenario:
    """Return the population that a fit starts from if none is given: people in general in a small world."""
    tables: dict[str, Any] = {
        "title": "Fitted to diaries", "days": 7.0, "seed": 1, "population": {"size": 100},
        "network": {"kind": "small-world"}, "stimuli": [{"kind": "daily-life"}],
    }  # fmt: skip
    return Scenario(tables, source="the general population")


def fit(
    diaries: Diaries,
    base: Scenario | None = None,
    *,
    members: int = 200,
    rounds: int = 5,
    seed: int = 1,
    threads: int | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Return what diaries say about a population and its people.

    Unknowns (`fitting.unknowns`) are shared by all groups (arm and phase), except those that may change, which
    get their own value in each. `members`: size of the ensemble; `rounds`: steps towards the data. The dataset has
    dimensions draw, group, unknown, statistic, person, phase, trait, estimate. Raises InputError for diaries too few
    to fit.
    """
    base = base or base_scenario()
    _check(diaries)
    space = Space(base, len(diaries.arms), len(diaries.phases))
    plans = [schedule(diaries, phase) for phase in range(len(diaries.phases))]
    seen = [sums(plan, diaries.ratings[diaries.in_phase(phase)]) for phase, plan in enumerate(plans)]
    target = _target(diaries, space, plans, seen, seed)
    smallest = min(int(np.sum(diaries.arm == arm)) for arm in range(len(diaries.arms)))
    copies = max(1, -(-_WANTED_PEOPLE // smallest))
    simulator = Simulator(diaries, base, space, copies=copies, seed=seed, threads=threads)
    generator = np.random.default_rng([seed, 7])
    points = generator.standard_normal((members, len(space.coordinates)))
    groups, count = len(space.groups), target.observed.shape[1]
    tolerance = np.diag([_tolerance(name) ** 2 for name in target.names] * groups)
    total = members * (rounds + 1)

    def done(number: int) -> Callable[[int], None]:
        return lambda finished: progress(number * members + finished, total) if progress else None

    places, found = [], []
    for number in range(rounds):
        drawn = simulator.ratings(points, f"round {number}", done(number))
        found.append(np.array([_statistics_of(simulator, row, target.names)[0] for row in drawn]))
        places.append(space.at(points))
        del drawn
        # Later rounds are nearer to the data: they count more, so that the stand-in is best there.
        weights = np.repeat(_ROUND_WEIGHT ** np.arange(len(found)), members * groups)
        standin = emulator(
            np.concatenate(places).reshape(-1, len(space.unknowns)), np.tile(np.arange(groups), members * len(found)),
            np.concatenate(found).reshape(-1, count), weights,
        )  # fmt: skip
        one = target.error.reshape(groups, count, groups, count)
        chance = np.mean([one[g, :, g] for g in range(groups)], axis=0) / copies
        error = target.error + tolerance + np.kron(np.eye(groups), unexplained(standin, chance))
        points = draw(standin, space.maps, target.observed, error, members, generator)
    drawn = simulator.ratings(points, "check", done(rounds))
    checked = np.array([_statistics_of(simulator, row, target.names)[1] for row in drawn])
    own = _people(diaries, space, simulator, drawn, seen)
    return _dataset(diaries, base, space, points, target, checked, own, members, rounds, seed)


def _check(diaries: Diaries) -> None:
    wrong = []
    for arm, name in enumerate(diaries.arms):
        for phase, when in enumerate(diaries.phases):
            here = diaries.in_phase(phase) & (diaries.arm[diaries.person] == arm)
            count = np.unique(diaries.person[here]).size
            if count < LEAST_PEOPLE:
                message = f"{count} people have a diary; allowed: at least {LEAST_PEOPLE} in each arm and phase"
                wrong.append(Mistake(f"arm {name}, phase {when}", message))
    if wrong:
        raise InputError(diaries.source, wrong)


def _names(diaries: Diaries, seen: list[Sums]) -> tuple[str, ...]:
    """Return the statistics that are fitted in every group: those of rated systems, and lags with pairs enough."""
    names = []
    for n, system in enumerate(SYSTEMS):
        if not diaries.rated[n]:
            continue
        names += [f"{system}.{kind}" for kind in _TOLERANCE]
        pairs = np.min(
            [found.lag[diaries.arm == arm, :, n, 1].sum(axis=0) for found in seen for arm in range(len(diaries.arms))],
            axis=0,
        )
        usable = [k for k in np.argsort(-pairs, kind="stable")[:3] if pairs[k] >= 2 * LEAST_PAIRS]
        names += [f"{system}.r_{lag_name(int(k))}" for k in sorted(usable)]
    for a, b, i, j in PAIRS:
        if diaries.rated[i] and diaries.rated[j]:
            names += [f"within_person_r.{a}_{b}", f"between_person_r.{a}_{b}"]
    return tuple(names)


def _refuse_undefined(diaries: Diaries, space: Space, names: tuple[str, ...], observed: Float) -> None:
    """Raise InputError for statistics, (groups, names), that diaries do not have: nothing could be fitted to them."""
    wrong = [
        Mistake(
            f"arm {diaries.arms[arm]}, phase {diaries.phases[phase]}: {names[n]}",
            "cannot be computed: ratings that never differ, or too few; leave these items out with --map",
        )
        for (arm, phase), row in zip(space.groups, observed, strict=True)
        for n in np.flatnonzero(~np.isfinite(row))
    ]
    if wrong:
        raise InputError(diaries.source, wrong)


def _target(diaries: Diaries, space: Space, plans: list[Schedule], seen: list[Sums], seed: int) -> Target:
    names = _names(diaries, seen)
    # People are drawn anew within their arm, the same ones before and after.
    weights = np.zeros((_DRAWS + 1, diaries.people))
    weights[0] = 1
    for arm in range(len(diaries.arms)):
        mine = np.flatnonzero(diaries.arm == arm)
        weights[1:, mine] = bootstrap_weights(mine.size, _DRAWS, seed + arm)
    columns = []
    for arm, phase in space.groups:
        found = statistics(seen[phase], plans[phase].lag_hours, weights * (diaries.arm == arm))
        columns += [found[name] for name in names]
    drawn = np.stack(columns, axis=1)
    _refuse_undefined(diaries, space, names, drawn[0].reshape(len(space.groups), len(names)))
    covariance = np.cov(np.nan_to_num(drawn[1:], nan=0.0).T)
    # Shrunk a little towards no correlations: there are many statistics.
    covariance = 0.9 * covariance + 0.1 * np.diag(np.diag(covariance))
    return Target(names, drawn[0].reshape(len(space.groups), len(names)), covariance)


def _tolerance(name: str) -> float:
    return _TOLERANCE.get(name.rpartition(".")[2], _TOLERANCE_OF_CORRELATIONS)


def _statistics_of(simulator: Simulator, row: list[tuple[Float, Scenario]], names: tuple[str, ...]) -> Float:
    """Return statistics of one point, (2, groups, statistics): over all copies, and over as many people as are real."""
    found = []
    for g, group in enumerate(simulator.groups):
        weights = np.stack([np.ones_like(group.first_copy), group.first_copy])
        values = statistics(sums_of(group, row[g][0]), group.plan.lag_hours, weights)
        found.append(np.stack([values[name] for name in names], axis=1))
    return np.stack(found, axis=1)


def _people(
    diaries: Diaries, space: Space, simulator: Simulator, drawn: list[list[tuple[Float, Scenario]]],
    seen: list[Sums],
) -> list[personal.Personal]:  # fmt: skip
    """Return every person's traits in each phase."""
    shape = (diaries.people, len(PERSONAL))
    result = [personal.Personal(*(np.full(shape, np.nan) for _ in range(4))) for _ in diaries.phases]
    for g, (arm, phase) in enumerate(space.groups):
        group = simulator.groups[g]
        simulated, traits = [], []
        for row in drawn:
            found = sums_of(group, row[g][0])
            good = personal.enough_ratings(found, diaries.rated)
            simulated.append(personal.features(found, diaries.rated)[good])
            traits.append(personal_traits(row[g][1], good.size)[good])
        mine = np.flatnonzero(diaries.arm == arm)
        asked = personal.features(seen[phase], diaries.rated)[mine]
        enough = personal.enough_ratings(seen[phase], diaries.rated)[mine]
        known = personal.estimate(
            asked, np.concatenate(simulated), np.concatenate(traits), enough, (1 - CONFIDENCE) / 2
        )
        for whole, part in zip(result[phase], known, strict=True):
            whole[mine] = part
    return result


def _dataset(
    diaries: Diaries, base: Scenario, space: Space, points: Float, target: Target, checked: Float,
    own: list[personal.Personal], members: int, rounds: int, seed: int,
) -> xr.Dataset:  # fmt: skip
    import xarray as xr

    prior = np.random.default_rng([seed, 8]).standard_normal((4000, len(space.coordinates)))
    moved = 1 - points.std(axis=0, ddof=1)
    groups = [f"{diaries.arms[arm]}/{diaries.phases[phase]}" for arm, phase in space.groups]
    return xr.Dataset(
        {
            "value": (("draw", "group", "unknown"), space.values(points)),
            "prior": (("prior_draw", "group", "unknown"), space.values(prior)),
            "learned": ("coordinate", moved, {"long_name": "1 - SD after the data / SD before; about 0: not moved"}),
            "observed": (("group", "statistic"), target.observed),
            "observed_sd": (("group", "statistic"), np.sqrt(np.diag(target.error)).reshape(target.observed.shape)),
            "predicted": (("draw", "group", "statistic"), checked),
            "person_trait": (
                ("estimate", "phase", "person", "trait"),
                np.stack([np.stack(known) for known in own], axis=1),
            ),
            "person_arm": ("person", np.array(diaries.arms)[diaries.arm]),
        },
        {
            "group": groups,
            "arm": ("group", [diaries.arms[arm] for arm, _ in space.groups]),
            "phase_of_group": ("group", [diaries.phases[phase] for _, phase in space.groups]),
            "unknown": [unknown.name for unknown in space.unknowns],
            "says": ("unknown", [unknown.says for unknown in space.unknowns]),
            "changes": ("unknown", [unknown.changes for unknown in space.unknowns]),
            "coordinate": [coordinate.name for coordinate in space.coordinates],
            "statistic": list(target.names),
            "person": list(diaries.labels),
            "phase": list(diaries.phases),
            "trait": list(PERSONAL),
            "estimate": ["median", "low", "high", "learned"],
        },
        {
            **provenance(base),
            "title": f"Fit to {Path(diaries.source).name}",
            "method": "synthetic likelihood (Wood 2010) with a linear stand-in, in rounds; "
            "people: nearest simulated people with regression adjustment (Beaumont et al. 2002)",
            "members": members, "rounds": rounds, "seed": seed, "confidence": CONFIDENCE, "lags": str(LAGS.tolist()),
        },
    )  # fmt: skip
