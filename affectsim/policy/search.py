"""The search: generations of points, more replicates where the front may be, fresh ones at the end.

1. Points are proposed generation by generation (NSGA-II, Deb et al. 2002; or a tree-structured Parzen estimator for
   several objectives, Ozaki et al. 2020; both of optuna), or all of them are tried. What costs more than the budget is
   never run; the search is told by how much it is too dear.
2. That nobody is trained is a policy too: it costs and changes nothing. Every other point gets `replicates` replicates.
   After each generation, points that are on the front, or whose chance to be there is at least `near`, get twice as
   many, at most `most_replicates`: those on the front first, then the most likely, at most one population of them.
   The search goes on with the better estimates, those of earlier generations too. At the end this is repeated until
   every point that is on the front or near it has `most_replicates`.
3. These are run once more in replicates that the search has never seen. Chosen for being good, points look better than
   they are (the winner's curse); the fresh replicates show what they give.

All chances follow from the seed and from how far the search is, so a search that was stopped is gone through again
and finds its runs in the store.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from affectsim.errors import InputError, Mistake
from affectsim.policy.decisions import Decision, Point, all_points, combinations, key_of
from affectsim.policy.estimates import (
    Interval,
    chance_on_front,
    dominated,
    gain_of_common_worlds,
    interval,
    resampled,
)
from affectsim.policy.evaluation import Evaluate, Evaluated, Job
from affectsim.policy.objectives import Goal
from affectsim.policy.store import Known, Store
from affectsim.simulation import Progress
from affectsim.sweep.runs import reason

Float = npt.NDArray[np.float64]
#: Resamples while searching, and for what is told at the end (assumed to be enough: errors of chances below 0.035
#: and 0.016).
_ROUGH, _FINE = 200, 1000
#: What a point that cannot be run is told to the search to be too dear by.
_NEVER = 1e12


class Settings(NamedTuple):
    """How a search goes; see `request.Request`."""

    method: str
    generations: int
    population: int
    seed: int
    replicates: int
    most_replicates: int
    fresh_replicates: int
    near: float


@dataclass(frozen=True)
class Problem:
    """What is searched. `cost`: of a point, known before any run. `evaluate`: makes the runs of the other goals."""

    decisions: tuple[Decision, ...]
    goals: tuple[Goal, ...]
    settings: Settings
    budget: float | None
    cost: Callable[[Point], float]
    evaluate: Evaluate


@dataclass
class Trial:
    """A point that was proposed. `replicates`: how many it has; 0 if it is over the budget or could not be run."""

    number: int
    generation: int
    point: Point
    cost: float
    replicates: int = 0
    failed: str | None = None
    key: str = field(init=False)

    def __post_init__(self) -> None:
        """Name the point."""
        self.key = key_of(self.point)


class Candidate(NamedTuple):
    """A point that is on the front or near it, with changes against nobody being trained, (objectives,) each.

    `chance`: share of resamples of the fresh replicates in which it is on the front. `found`: estimate and interval of
    the search; `fresh`: those of replicates that the search has not seen. `alike`: other points with the same results.
    """

    trial: Trial
    on_front: bool
    chance: float
    found: Interval
    fresh: Interval
    level: Float
    alike: int


class Result(NamedTuple):
    """What a search found.

    `trials`: every point once, as first proposed; `proposed`: how many proposals there were. `estimates`: of the
    search, changes against nobody being trained, one row for each trial (NaN without runs). `baseline`: what nobody
    being trained gives in the fresh replicates (cost: 0). `optimism`: by how much the front looked better in the
    search than in fresh replicates, in the direction of each goal, mean over its points. `common`: see
    `estimates.gain_of_common_worlds`, of the front, cost NaN.
    """

    trials: list[Trial]
    proposed: int
    estimates: Float
    baseline: Interval
    candidates: list[Candidate]
    optimism: Interval
    common: Float

    @property
    def front(self) -> list[Candidate]:
        """The candidates that the search found on the front."""
        return [one for one in self.candidates if one.on_front]


class Search:
    """One search; `run` goes through it. `store`: where runs are kept."""

    def __init__(self, problem: Problem, store: Store, progress: Progress | None = None) -> None:
        self._problem, self._settings, self._store = problem, problem.settings, store
        self._known: Known = store.known
        self._progress = progress
        self._trials: dict[str, Trial] = {}
        self._signs = np.array([goal.sign for goal in problem.goals], dtype=float)
        self._simulated = np.array([goal.simulated for goal in problem.goals])
        self._stage = 0

    def run(self) -> Result:
        """Search, refine, and run the front once more. Raises InputError if the store cannot be written."""
        settings = self._settings
        self._ensure([(None, r) for r in range(settings.most_replicates)])
        self._check_baseline()
        proposed = 0
        for generation, (points, told) in enumerate(self._generations()):
            self._stage = proposed
            proposed += len(points)
            new = [self._trial(point, generation) for point in points]
            affordable = [one for one in new if not one.failed and not self._too_dear(one)]
            self._replicate(affordable, settings.replicates)
            self._refine(generation)
            told(new)
        self._stage, rounds = proposed, settings.generations
        while self._refine(rounds, settled=True):
            rounds += 1
        return self._result(proposed, rounds)

    # ------------------------------------------------------------------------------- proposals

    def _generations(self) -> Iterable[tuple[list[Point], Callable[[list[Trial]], None]]]:
        """Yield the points of each generation, and what is to be called when they have been run."""
        if self._settings.method == "all":
            # The cheap ones first, so that an early stop leaves the beginning of the front.
            every: list[Point] = sorted(all_points(self._problem.decisions), key=self._cost)
            for first in range(0, len(every), self._settings.population):
                yield every[first : first + self._settings.population], lambda _: None
            return
        from affectsim.policy.proposals import Proposals

        proposals = Proposals(self._problem.decisions, self._problem.goals, self._settings)
        for generation in range(self._settings.generations):
            points = proposals.ask(generation, self._told)
            yield points, lambda new: proposals.tell([self._told(one.key) for one in new])

    def _told(self, key: str) -> tuple[list[float], float]:
        """Return what the search is told of a point: its values as they are now estimated, and by how much too dear."""
        trial = self._trials[key]
        if trial.failed:
            return [0.0] * len(self._signs), _NEVER
        if self._too_dear(trial):
            return [0.0] * len(self._signs), self._excess(trial)
        return self._changes(trial).mean(axis=0).tolist(), 0.0

    def _trial(self, point: Point, generation: int) -> Trial:
        key = key_of(point)
        if key not in self._trials:
            self._trials[key] = trial = Trial(len(self._trials), generation, dict(point), math.inf)
            try:
                trial.cost = self._problem.cost(point)
            except InputError as error:
                trial.failed = reason(error)
        return self._trials[key]

    def _cost(self, point: Point) -> float:
        try:
            return self._problem.cost(point)
        except InputError:
            return math.inf

    def _excess(self, trial: Trial) -> float:
        return 0.0 if self._problem.budget is None else max(0.0, trial.cost - self._problem.budget)

    def _too_dear(self, trial: Trial) -> bool:
        return self._excess(trial) > 0

    # ------------------------------------------------------------------------------------ runs

    def _ensure(self, jobs: Sequence[Job]) -> None:
        """Make the runs that are not in the store.

        Progress is told in proposals; the end counts as one generation more.
        """
        wanted = {(key_of(point), replicate): (point, replicate) for point, replicate in jobs}
        missing = [job for key, job in wanted.items() if key not in self._known]
        made = 0
        for batch in self._problem.evaluate(missing) if missing else ():
            self._store.add(batch)
            self._known = self._store.known
            made += len(batch)
            if self._progress:
                step = self._settings.population
                self._progress(self._stage + made * step // (len(missing) + 1), self._proposals + step)

    @property
    def _proposals(self) -> int:
        if self._settings.method == "all":
            return combinations(self._problem.decisions) or 0
        return self._settings.generations * self._settings.population

    def _replicate(self, trials: Iterable[Trial], count: int) -> None:
        """Let points have at least so many replicates."""
        mine = list({one.key: one for one in trials if not one.failed and one.replicates < count}.values())
        self._ensure([(one.point, r) for one in mine for r in range(one.replicates, count)])
        for one in mine:
            runs = [self._known[one.key, r] for r in range(count)]
            one.failed = _failure(runs)
            one.replicates = 0 if one.failed else count

    def _check_baseline(self) -> None:
        runs = [self._known["", r] for r in range(self._settings.most_replicates)]
        if failed := _failure(runs):
            raise InputError("optimise", [Mistake("scenario", f"without training it cannot be run: {failed}")])

    def _values(self, trial: Trial | None, replicates: range) -> Float:
        """Return what runs gave, costs among them, shape (replicates, objectives)."""
        found = np.zeros((len(replicates), len(self._signs)))
        key = "" if trial is None else trial.key
        found[:, self._simulated] = [self._known[key, r].values for r in replicates]
        found[:, ~self._simulated] = 0.0 if trial is None else trial.cost
        return found

    def _changes(self, trial: Trial, replicates: range | None = None) -> Float:
        """Return changes against nobody being trained, world by world, shape (replicates, objectives)."""
        mine = range(trial.replicates) if replicates is None else replicates
        return self._values(trial, mine) - self._values(None, mine)

    # ------------------------------------------------------------------------------ refinement

    def _run(self) -> list[Trial]:
        return [one for one in self._trials.values() if one.replicates]

    def _near(self, trials: Sequence[Trial], round_: int) -> tuple[Float, npt.NDArray[np.bool_]]:
        """Return the chance of each to be on the front, and which are on it as now estimated."""
        values = [self._signs * self._changes(one) for one in trials]
        chances = _chances(resampled(values, _ROUGH, (self._settings.seed, 1, round_)))
        means = np.array([np.zeros(len(self._signs)), *(one.mean(axis=0) for one in values)])
        return chances, ~dominated(means)[1:]

    def _refine(self, round_: int, settled: bool = False) -> bool:
        """Give points on the front or near it twice the replicates; return whether there were any.

        `settled`: all that are on the front, however many they are.
        """
        trials = self._run()
        if not trials:
            return False
        chances, front = self._near(trials, round_)
        order = np.lexsort((np.arange(len(trials)), -chances, ~front))
        few = [n for n in order if trials[n].replicates < self._settings.most_replicates
               and (front[n] or chances[n] >= self._settings.near)]  # fmt: skip
        most = max(self._settings.population, int(front[few].sum())) if settled else self._settings.population
        by_count: dict[int, list[Trial]] = {}
        for n in few[:most]:
            count = min(2 * trials[n].replicates, self._settings.most_replicates)
            by_count.setdefault(count, []).append(trials[n])
        for count, mine in sorted(by_count.items()):
            self._replicate(mine, count)
        return bool(few)

    # ------------------------------------------------------------------------------------- end

    def _result(self, proposed: int, round_: int) -> Result:
        trials = list(self._trials.values())
        estimates = np.full((len(trials), len(self._signs)), np.nan)
        for n, one in enumerate(trials):
            if one.replicates:
                estimates[n] = self._changes(one).mean(axis=0)
        fresh = range(self._settings.most_replicates, self._settings.most_replicates + self._settings.fresh_replicates)
        self._ensure([(None, r) for r in fresh])
        baseline = interval(self._values(None, fresh))
        chosen, alike = self._chosen(round_)
        self._ensure([(one.point, r) for one, _ in chosen for r in fresh])
        chosen = [(one, front) for one, front in chosen if not _failure([self._known[one.key, r] for r in fresh])]
        nothing = np.full(len(self._signs), np.nan)
        if not chosen:
            return Result(trials, proposed, estimates, baseline, [], Interval(nothing, nothing, nothing), nothing)
        before = [self._changes(one) for one, _ in chosen]
        after = [self._changes(one, fresh) for one, _ in chosen]
        draws = resampled(after, _FINE, (self._settings.seed, 2))
        chances = _chances(self._signs * draws)
        candidates = [
            Candidate(one, front, float(chances[n]), interval(before[n]), interval(after[n]),
                      self._values(one, fresh).mean(axis=0), alike[one.key])
            for n, (one, front) in enumerate(chosen)
        ]  # fmt: skip
        front = [n for n, (_, on_front) in enumerate(chosen) if on_front]
        looked = self._signs * (resampled(before, _FINE, (self._settings.seed, 3)) - draws)
        optimism, common = Interval(nothing, nothing, nothing), nothing
        if front:
            mean = self._signs * np.mean([before[n].mean(axis=0) - after[n].mean(axis=0) for n in front], axis=0)
            optimism = Interval(mean, *np.quantile(looked[:, front].mean(axis=1), [0.025, 0.975], axis=0))
            common = gain_of_common_worlds([self._values(chosen[n][0], fresh) for n in front])
        return Result(trials, proposed, estimates, baseline, candidates, optimism, common)

    def _chosen(self, round_: int) -> tuple[list[tuple[Trial, bool]], dict[str, int]]:
        """Return the points that are on the front or near it, sorted, each with whether it is on it.

        `round_`: the last one, in which none of them had too few replicates.

        Of points with the same results in every replicate only the first is among them; how many others there are is
        told by their keys.
        """
        trials = self._run()
        if not trials:
            return [], {}
        chances, front = self._near(trials, round_)
        results: dict[bytes, Trial] = {}
        alike: dict[str, int] = {}
        found = []
        for n, one in enumerate(trials):
            if not front[n] and chances[n] < self._settings.near:
                continue
            first = results.setdefault(self._values(one, range(one.replicates)).tobytes(), one)
            if first is not one:
                alike[first.key] += 1
                continue
            alike[one.key] = 0
            found.append((one, bool(front[n])))
        means = {one.key: self._changes(one).mean(axis=0) for one, _ in found}
        place = next((n for n, goal in enumerate(self._problem.goals) if not goal.simulated), 0)
        found.sort(key=lambda pair: (not pair[1], self._signs[place] * -means[pair[0].key][place], pair[0].number))
        return found, alike


def _chances(draws: Float) -> Float:
    """Return the chance of each point to be on the front beside nobody being trained, which changes nothing."""
    return chance_on_front(np.concatenate([np.zeros_like(draws[:, :1]), draws], axis=1))[1:]


def _failure(runs: Iterable[Evaluated]) -> str | None:
    return next((one.failed for one in runs if one.failed), None)
