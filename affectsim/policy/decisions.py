"""What a policy decides: places of the scenario with their values, and how a search draws from them."""

from __future__ import annotations

import itertools
import json
import math
from collections.abc import Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from affectsim.checking import Findings, dotted, read_model, shown
from affectsim.errors import InputError, Mistake
from affectsim.parts import field
from affectsim.scenario import Scenario
from affectsim.sweep.factors import Factor, Vary, factor_of, value_at

#: What is decided, by name.
Point = Mapping[str, Any]
#: Most points that are all tried: a limit of this package.
MOST_POINTS = 20_000
#: What a policy cannot decide: who lives, and how runs are made, must be the same for all.
_FIXED = ("seed", "replicates", "days", "parts", "title", "record", "numerics", "training.against")


class Decide(Vary):
    """One thing that is decided, as a file says it: like what a sweep varies."""

    after: str = field(
        "", unit="", says="dotted key of a day, such as stimuli.1.day: values are days after it, negative ones before"
    )

    def problems(self) -> Iterable[tuple[str, str]]:
        """Yield what is wrong between fields."""
        yield from super().problems()
        if self.after and (self.cases or (not self.values and (self.low is None or self.high is None))):
            yield "after", "needs path, and values or low and high: they are counted from it"
        for path in (self.path, *(key for changes in self.cases.values() for key in changes)):
            if path.split(".")[0] in _FIXED or path in _FIXED:
                yield "path", f"{path} cannot be decided: it is the same for every policy"


class Decision(NamedTuple):
    """One thing that is decided. `after`: dotted key of the day from which its values are counted."""

    factor: Factor
    after: str
    levels: tuple[Any, ...]

    @property
    def name(self) -> str:
        """What it is called in tables."""
        return self.factor.name

    @property
    def ordered(self) -> bool:
        """Whether neighbouring levels are alike: numbers, not names."""
        return all(type(value) in (int, float) for value in self.levels)

    def distribution(self) -> Any:
        """Return what optuna draws from: the number of a level, or the share of the way from low to high."""
        from optuna.distributions import CategoricalDistribution, FloatDistribution, IntDistribution

        if not self.levels:
            return FloatDistribution(0.0, 1.0)
        if len(self.levels) > 1 and self.ordered:
            return IntDistribution(0, len(self.levels) - 1)
        return CategoricalDistribution(list(range(len(self.levels))))

    def value(self, drawn: float) -> Any:
        """Return the value for what optuna drew."""
        return self.levels[int(drawn)] if self.levels else self.factor.at(drawn, closed=True)


def read_decisions(tables: Iterable[Any], base: Scenario, where: str, findings: Findings) -> list[Decision]:
    """Return the decisions of a list of `Decide` tables; notes every mistake."""
    found: list[Decision] = []
    for n, table in enumerate(tables):
        path, before = dotted(where, n), len(findings)
        decide = read_model(Decide, table, path, findings)
        if decide is None or len(findings) > before:
            continue
        if decide.after and type(value_at(base, _place(decide.after))) not in (int, float):
            findings.add(dotted(path, "after"), "is no day of the scenario", decide.after)
        factor = factor_of(decide, base, path, findings)
        if factor is not None:
            found.append(Decision(factor, decide.after, _levels(decide, factor)))
    names = [one.name for one in found]
    for name in sorted({name for name in names if names.count(name) > 1}):
        findings.add(where, f"{name} is decided twice")
    return found


def _levels(decide: Decide, factor: Factor) -> tuple[Any, ...]:
    if factor.values:
        numbers = all(type(value) in (int, float) for value in factor.values)
        return tuple(sorted(factor.values)) if numbers else factor.values
    if decide.count is not None or (factor.whole and factor.high - factor.low < MOST_POINTS):
        steps = decide.count or int(factor.high - factor.low) + 1
        return tuple(factor._replace(steps=steps).levels())
    return ()


def _place(path: str) -> Factor:
    return Factor(path, path, (), {}, 0.0, 0.0, 0, False, False)


def changes_at(decisions: Sequence[Decision], point: Point, base: Scenario) -> dict[str, Any]:
    """Return the dotted changes of the scenario at a point.

    Whole cases come first, so that others change them; what is counted from another day comes last.
    """
    found: dict[str, Any] = {}
    for decision in sorted(decisions, key=lambda one: (bool(one.after), not one.factor.cases)):
        value = point[decision.name]
        if decision.after:
            day = found.get(decision.after, value_at(base, _place(decision.after)))
            value = day + value
        found |= decision.factor.changes(value)
    return found


def combinations(decisions: Sequence[Decision]) -> int | None:
    """Return how many points there are; None if one of the decisions is a continuous range."""
    return math.prod(len(one.levels) for one in decisions) if all(one.levels for one in decisions) else None


def all_points(decisions: Sequence[Decision]) -> list[dict[str, Any]]:
    """Return every point. Raises InputError if there are too many or endlessly many."""
    count = combinations(decisions)
    if count is None or count > MOST_POINTS:
        said = "endlessly many" if count is None else f"{count:,}"
        message = f'there are {said} points, at most {MOST_POINTS:,} are all tried; give count, or method = "nsga-ii"'
        raise InputError("optimise", [Mistake("method", message)])
    names = [one.name for one in decisions]
    return [dict(zip(names, values, strict=True)) for values in itertools.product(*(one.levels for one in decisions))]


def key_of(point: Point | None) -> str:
    """Return a text that is the same for equal points; of None (nobody is trained): an empty one."""
    return "" if point is None else json.dumps(dict(point), sort_keys=True, ensure_ascii=False)


def words(point: Point) -> str:
    """Return a point in short, for people."""
    return ", ".join(f"{name} {value if isinstance(value, str) else shown(value)}" for name, value in point.items())
