"""What somebody asks for, from a file, made into a problem and a plan.

[optimise]
scenario = "community.toml"       # next to this file; it has [training]
budget = 120                      # hours of therapists; left out: costs are not limited
generations = 10                  # points that are proposed: generations * population
population = 20

[[optimise.decide]]
path = "training.programme"
values = ["two-week", "eight-week-group", "own.toml"]

[[optimise.decide]]
path = "training.who.choose"
values = ["random", "hubs", "isolates", "most-self-critical", "least-fearful", "clusters"]

[[optimise.decide]]
path = "training.who.share"
values = [0.05, 0.1, 0.2, 0.4]

[[optimise.decide]]
name = "start"
path = "training.start_day"
after = "stimuli.1.day"           # counted from the day of a shock
values = [-56, -28, 0, 14]

[[optimise.objectives]]
measure = "mean"                  # mean, worst-off, threat-dominant, harmed, cost
readout = "balance"

[[optimise.objectives]]
measure = "cost"

[optimise.cost]
individual_session = 1.0          # h; `policy.costs.Cost` lists all of them
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from functools import lru_cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, Literal, NamedTuple

from affectsim.checking import Findings, dotted, flat, plain, read_model, shown
from affectsim.errors import InputError, Mistake
from affectsim.parts import Table, field
from affectsim.policy.costs import Cost, refuse_unknown
from affectsim.policy.decisions import Decision, Point, all_points, changes_at, combinations, key_of, read_decisions
from affectsim.policy.evaluation import Evaluator, prepared
from affectsim.policy.objectives import Objective
from affectsim.policy.search import Problem, Settings
from affectsim.scenario import Scenario
from affectsim.scenario_files import located
from affectsim.sweep.plan import hashed, sources, versions
from affectsim.text_files import read_text, read_toml
from affectsim.world import community_of


class Request(Table):
    """A search for a policy, as a file says it ([optimise])."""

    scenario: str = field(min_length=1, unit="", says="path of the scenario, from the folder of this file")
    change: dict[str, Any] = field(default_factory=dict, unit="", says="changes of the scenario, as dotted keys")
    decide: tuple[dict[str, Any], ...] = field(min_length=1, unit="", says="what is decided")
    objectives: tuple[Objective, ...] = field(min_length=1, unit="", says="what is sought")
    budget: float | None = field(None, ge=0, le=1e12, unit="", says="most that a policy may cost; left out: anything")
    cost: Cost = field(default_factory=Cost, unit="", says="what a policy costs")
    method: Literal["nsga-ii", "tpe", "all"] = field(
        "nsga-ii", unit="", says="how points are proposed; all: every one of them is tried"
    )
    generations: int = field(10, ge=1, le=10_000, unit="1", says="generations of points; of no meaning for all")
    population: int = field(20, ge=2, le=1000, unit="1", says="points in a generation")
    seed: int = field(0, ge=0, le=2**31 - 1, unit="1", says="seed of the search; that of the people is the scenario's")
    replicates: int = field(4, ge=2, le=1000, unit="1", says="replicates of every point at first")
    most_replicates: int = field(16, ge=2, le=10_000, unit="1", says="replicates of points that may be on the front")
    fresh_replicates: int = field(
        16, ge=2, le=10_000, unit="1", says="replicates in which the front is run once more, not seen by the search"
    )
    near: float = field(
        0.05, gt=0, le=1, unit="1", says="chance to be on the front from which a point gets more replicates"
    )

    def problems(self) -> Iterable[tuple[str, str]]:
        """Yield what is wrong between fields."""
        if len(self.objectives) < 2:
            yield "objectives", "needs two or more: with one there is no front (a sweep shows the best point)"
        names = [one.title for one in self.objectives]
        for name in sorted({name for name in names if names.count(name) > 1}):
            yield "objectives", f"{name} stands twice; give one of them another name"
        if all(one.measure == "cost" for one in self.objectives):
            yield "objectives", "are costs alone: what is it for?"
        if self.most_replicates < self.replicates:
            yield "most_replicates", f"must be at least replicates ({self.replicates})"

    def settings(self) -> Settings:
        """Return how the search goes."""
        return Settings(self.method, self.generations, self.population, self.seed, self.replicates,
                        self.most_replicates, self.fresh_replicates, self.near)  # fmt: skip


class Asked(NamedTuple):
    """A search, ready to go. `plan`: everything that decides its runs, as plain values. `unit`: of costs."""

    problem: Problem
    plan: dict[str, Any]
    base: Scenario
    source: str
    unit: str

    @property
    def read(self) -> list[Path]:
        """The files that decide the runs, of the scenario and of everything that is decided."""
        return [located(name, self.base.folder) for name in self.plan["files"]]


def read(file: Path, changes: Mapping[str, Any], *, threads: int | None = None) -> Asked:
    """Return the search of a file with [optimise]. `changes`: dotted changes of the scenario, after those of the file.

    Raises InputError with every mistake of the file, then of the scenario and of every value that is decided.
    """
    source = str(file)
    tables = read_toml(read_text(file, source), source)
    findings = Findings()
    if not isinstance(tables.get("optimise"), dict):
        findings.add("optimise", "missing: a table that says what is decided, sought and allowed")
        findings.stop(source)
    for key in sorted(set(tables) - {"optimise"}):
        findings.add(key, "does not belong into a file with [optimise]; it goes into the scenario that it names")
    request = read_model(Request, tables["optimise"], "optimise", findings)
    named = tables["optimise"].get("scenario")
    if not isinstance(named, str) or not named:
        findings.stop(source)
    all_changes = {**flat(tables["optimise"].get("change", {})), **changes}
    try:
        base = Scenario.load(file.parent / str(named))
        base = base.but(all_changes) if all_changes else base
    except InputError as error:
        for one in error.mistakes:
            findings.add(dotted("optimise.scenario", one.where), one.message)
        findings.stop(source)
        raise
    if base.training is None:
        findings.add("optimise.scenario", "has no [training]: nothing can be decided about it")
    decide = tables["optimise"].get("decide", [])
    decisions = read_decisions(decide if isinstance(decide, list) else [], base, "optimise.decide", findings)
    for n, objective in enumerate(request.objectives if request else ()):
        for where, message in objective.wrong(base):
            findings.add(dotted("optimise.objectives", n, where), message)
    findings.stop(source)
    assert request is not None
    return _ready(request, base, decisions, source, threads)


def _ready(request: Request, base: Scenario, decisions: list[Decision], source: str, threads: int | None) -> Asked:
    if request.method == "all":
        all_points(decisions)
    goals = tuple(objective.goal(base) for objective in request.objectives)
    base = prepared(base, goals)
    files = _tried(base, decisions, source)
    evaluate = Evaluator(base, decisions, goals, threads=threads)
    problem = Problem(
        tuple(decisions), goals, request.settings(), request.budget, cost_of(request.cost, base, decisions), evaluate
    )
    plan = {
        "scenario": base.tables(),
        "files": files,
        "decisions": [{**one.factor.plain(), "after": one.after, "levels": list(one.levels)} for one in decisions],
        "objectives": [list(goal) for goal in goals],
        "budget": request.budget,
        "cost": plain(request.cost),
        "settings": request.settings()._asdict(),
        "versions": {
            **versions(),
            "search": sources(Path(__file__).parent, ("outputs.py", "words.py")),
            "optuna": _optuna(request.method),
        },
    }
    return Asked(problem, plan, base, source, request.cost.unit)


def _tried(base: Scenario, decisions: list[Decision], source: str) -> dict[str, str]:
    """Return sha256 of every file that any value of a decision names (`plan.hashed`), after trying each value alone.

    Raises InputError with everything that cannot be run.
    """
    tried: list[Scenario] = []
    wrong: list[Mistake] = []
    first = {one.name: one.value(0) for one in decisions}
    for decision in decisions:
        for value in decision.levels or (decision.value(0.0), decision.value(1.0)):
            try:
                only = [decision] if not decision.after else list(decisions)
                scenario = base.but(changes_at(only, {**first, decision.name: value}, base))
                refuse_unknown(scenario)
                tried.append(scenario)
            except InputError as error:
                said = f"with {decision.name} = {shown(value)}"
                wrong += [Mistake(said, f"{one.where}: {one.message}") for one in error.mistakes]
    if wrong:
        raise InputError(source, list(dict.fromkeys(wrong))[:20])
    return hashed(tried)


def cost_of(cost: Cost, base: Scenario, decisions: list[Decision]) -> Callable[[Point], float]:
    """Return what gives the cost of a point; raises InputError for points that are no scenario."""
    own = base.population.size is not None or any(
        path.startswith(("network", "population")) for one in decisions for path in _paths(one)
    )
    people = None if own else community_of(base).people

    @lru_cache(maxsize=100_000)
    def known(key: str) -> float:
        return cost.of(base.but(changes_at(decisions, points.pop(key), base)), people)

    points: dict[str, Point] = {}

    def of(point: Point) -> float:
        key = key_of(point)
        points[key] = point
        return known(key)

    return of


def _paths(decision: Decision) -> list[str]:
    return [decision.factor.path, *(path for changes in decision.factor.cases.values() for path in changes)]


def most_runs(asked: Asked) -> tuple[int, int]:
    """Return how many proposals there are, and the most runs that they can take."""
    settings = asked.problem.settings
    count = combinations(asked.problem.decisions)
    proposed = settings.generations * settings.population
    if settings.method == "all" and count is not None:
        proposed = count
    different = proposed if count is None else min(proposed, count)
    return proposed, (different + 1) * (settings.most_replicates + settings.fresh_replicates)


def _optuna(method: str) -> str:
    if method == "all":
        return "not needed"
    try:
        return version("optuna")
    except PackageNotFoundError:
        return "not installed"
