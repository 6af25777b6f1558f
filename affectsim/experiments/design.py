"""What an experiment compares: a scenario, conditions that change it, outcomes; read from `design.toml`."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any, Literal, NamedTuple

from pydantic import field_validator

from affectsim.checking import Findings, flat, read_model
from affectsim.errors import InputError, Mistake, nearest
from affectsim.parts import Table, field
from affectsim.readouts import SYSTEMS, Measure, directions
from affectsim.scenario import Scenario
from affectsim.scenario_files import changed, template, templates
from affectsim.text_files import read_text, read_toml
from affectsim.training.exercises import Practice
from affectsim.trial import Periods

FILE = "design.toml"
Span = tuple[float, float]


class Condition(Table):
    """One way of living the same days: changes of the scenario, for the same people with the same events."""

    name: str = field(min_length=1, max_length=60, unit="", says="what it is called in tables and figures")
    change: dict[str, Any] = field(default_factory=dict, unit="", says="changes of the scenario, as dotted keys")
    only: tuple[str, ...] = field((), unit="", says="exercises that act; the time of all others does nothing")
    without: tuple[str, ...] = field((), unit="", says="exercises whose time does nothing")
    start: dict[Literal["threat", "drive", "soothing"], float] = field(
        default_factory=dict, unit="", says="activations at the start, 0 to 1"
    )

    def problems(self) -> Iterable[tuple[str, str]]:
        """Yield what is wrong between fields."""
        for name, value in self.start.items():
            if not 0 <= value <= 1:
                yield "start", f"{name} must be 0 to 1"
        if self.only and self.without:
            yield "without", "cannot stand next to only"


class Sweep(Table):
    """One number of the scenario that takes several values, in every condition."""

    change: str = field(min_length=1, unit="", says="dotted key of the number")
    label: str = field(min_length=1, unit="", says="what it is called in tables and figures")
    values: tuple[float, ...] = field(min_length=2, unit="", says="its values")
    reduced: tuple[float, ...] = field((), unit="", says="its values in the reduced size; left out: all of them")


class Design(Table):
    """An experiment, as its file says it.

    `kind`: "conditions" compares conditions at one span of days; "sweep" does so for every value of a
    number; "course" follows the means over time. If the scenario has training, the value of a person is
    the difference to the own twin without training (positive = benefit); otherwise it is the level.
    """

    question: str = field(min_length=1, unit="", says="the question, in one sentence")
    kind: Literal["conditions", "sweep", "course"] = field(unit="", says="how the conditions are looked at")
    template: str = field("demo", unit="", says="template from which the scenario starts")
    outcomes: tuple[str, ...] = field(
        min_length=1, unit="", says="systems and readouts, as in record.readouts; the first one is the main one"
    )
    people: Literal["trained", "untrained", "everybody"] = field(
        "trained", unit="", says="whose values count; everybody where there is no training"
    )
    per: Literal["person", "world"] = field(
        "person", unit="", says="what counts as one independent case; world: a replicate (its mean over people)"
    )
    reference: str = field("", unit="", says="condition with which the others are compared; default: the first")
    at: str = field("", unit="", says='span that is compared; default: "after" with training, else the last one')
    spans: dict[str, tuple[float, float]] = field(
        default_factory=dict, unit="", says="spans of days by name; default with training: before, after, follow-up"
    )
    shown: tuple[float, float] | None = field(
        None, unit="", says='days that the figure of kind = "course" shows, such as [7, 9]; default: all'
    )
    together: bool = field(
        False, unit="", says="whether it is told how changes in the main outcome go with changes in the others"
    )
    distance: bool = field(False, unit="", says="whether the effect is told by distance to the nearest trained person")
    scenario: dict[str, Any] = field(default_factory=dict, unit="", says="changes of the template")
    reduced: dict[str, Any] = field(default_factory=dict, unit="", says="further changes for the reduced size")
    reduced_spans: dict[str, tuple[float, float]] = field(
        default_factory=dict, unit="", says="spans in the reduced size, if they differ"
    )
    conditions: tuple[Condition, ...] = field(min_length=1, unit="", says="the conditions")
    sweep: Sweep | None = field(None, unit="", says="the number that is swept")

    @field_validator("spans", "reduced_spans", mode="before")
    @classmethod
    def _pairs(cls, spans: Any) -> Any:
        if not isinstance(spans, Mapping):
            return spans
        for name, days in spans.items():
            numbers = isinstance(days, list) and all(type(day) in (int, float) for day in days)
            if not numbers or len(days) != 2 or not 0 <= days[0] < days[1]:
                raise ValueError(f'"{name}" must be the first day and the day after the last, such as [21, 28]')
        return {name: tuple(days) for name, days in spans.items()}

    def problems(self) -> Iterable[tuple[str, str]]:
        """Yield what is wrong between fields."""
        names = [condition.name for condition in self.conditions]
        if len(set(names)) < len(names):
            yield "conditions", "must have different names"
        if self.reference and self.reference not in names:
            yield "reference", f'"{self.reference}" is no name of the conditions{nearest(self.reference, names)}'
        if self.shown is not None and (self.kind != "course" or not 0 <= self.shown[0] < self.shown[1]):
            yield "shown", 'needs kind = "course", and the first day before the last'
        if self.together and (self.kind != "conditions" or len(self.outcomes) < 2):
            yield "together", 'needs kind = "conditions" and at least two outcomes'
        if (self.kind == "sweep") != (self.sweep is not None):
            yield "sweep", 'must be given with kind = "sweep", and only then'
        if self.template not in templates():
            yield "template", f'"{self.template}" is unknown{nearest(self.template, templates())}'
        known = {*SYSTEMS, *(kind for kind, one in Measure.kinds().items() if one.name() in directions())}
        for name in self.outcomes:
            if name not in known:
                yield "outcomes", f'"{name}" is unknown{nearest(name, sorted(known))}'

    @property
    def variables(self) -> tuple[str, ...]:
        """Names of the outcomes as variables of a run."""
        return tuple(Measure.kinds()[name].name() if name in Measure.kinds() else name for name in self.outcomes)

    @property
    def base(self) -> str:
        """Name of the condition with which the others are compared."""
        return self.reference or self.conditions[0].name


class Cell(NamedTuple):
    """One scenario of an experiment: a condition at a value of the swept number (None without one)."""

    value: float | None
    condition: Condition
    scenario: Scenario


def load(folder: Path) -> Design:
    """Read the design in a folder. Raises InputError with every mistake."""
    path = folder / FILE
    findings = Findings()
    design = read_model(Design, read_toml(read_text(path, str(path)), str(path)), "", findings)
    findings.stop(str(path))
    assert design is not None
    return design


def cells(design: Design, folder: Path, full: bool) -> list[Cell]:
    """Return the scenarios of an experiment, value by value, condition by condition. Raises InputError."""
    source = str(folder / FILE)
    values: tuple[float | None, ...] = (None,)
    if design.sweep is not None:
        values = design.sweep.values if full else design.sweep.reduced or design.sweep.values
    tables = read_toml(template(design.template), design.template)
    tables = changed(tables, flat(design.scenario), source)
    # What is measured decides what is recorded.
    tables["record"] = {**tables.get("record", {}), "people": "all", "summaries": False,
                        "readouts": [name for name in design.outcomes if name not in SYSTEMS]}  # fmt: skip
    found = []
    for value in values:
        for condition in design.conditions:
            mine = changed(tables, flat(condition.change), source)
            if design.sweep is not None:
                mine = changed(mine, {design.sweep.change: value}, source)
            if not full:
                mine = changed(mine, flat(design.reduced), source)
            name = f'{source}, condition "{condition.name}"'
            found.append(
                Cell(value, condition, _switched(Scenario.from_tables(mine, source=name, folder=folder), condition))
            )
    return found


def _switched(scenario: Scenario, condition: Condition) -> Scenario:
    """Return the scenario with the exercises that a condition takes away doing nothing."""
    named = (*condition.only, *condition.without)
    if not named:
        return scenario
    known = scenario.exercises()
    if unknown := [name for name in named if name not in known]:
        raise InputError(
            scenario.source,
            [Mistake(name, f"is no exercise of the programme{nearest(name, known)}") for name in unknown],
        )
    off = [kind for kind in known if (kind not in condition.only if condition.only else kind in condition.without)]
    changes = {
        f"training.exercises.{kind}.{one.name}": 0.0
        for kind in off
        if isinstance(known[kind], Practice)
        for one in type(known[kind]).declared().values()
        if one.low == 0 and isinstance(one.default, float)
    }
    return scenario.but(changes)


def spans(design: Design, scenario: Scenario, full: bool) -> dict[str, Span]:
    """Return the spans of days of a scenario by name. Raises InputError if there are none."""
    given = design.spans if full else {**design.spans, **design.reduced_spans}
    found: dict[str, Span] = {}
    if scenario.training is not None:
        periods = Periods.of_scenario(scenario)
        found = {"before": periods.before, "after": periods.after}
        if periods.follow_up is not None:
            found["follow-up"] = periods.follow_up
    found |= given
    if not found:
        raise InputError(scenario.source, [Mistake("spans", "missing: without training, say which days are compared")])
    if design.at and design.at not in found:
        raise InputError(scenario.source, [Mistake("at", f'"{design.at}" is no span{nearest(design.at, found)}')])
    return found


def compared_span(design: Design, known: Mapping[str, Span]) -> str:
    """Return the name of the span that is compared."""
    return design.at or ("after" if "after" in known else list(known)[-1])
