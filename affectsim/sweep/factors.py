"""What a sweep varies: one factor is a place in the scenario with a range, a list of values, or whole cases."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

from affectsim.checking import Findings, dotted, number, plain, read_model, shown
from affectsim.errors import InputError, Mistake
from affectsim.parameters import ATTRIBUTES, MODEL, RATING, TRAITS
from affectsim.parts import Exercise, Table, declared, field
from affectsim.populations import MOST_SPREAD
from affectsim.scenario import Scenario
from affectsim.scenario_files import literal

#: Levels of a range in a grid if nobody says how many (assumed).
LEVELS = 5
#: Digits that are kept of a value between two bounds, so that 0.4 + 0.1 is written 0.5.
_DIGITS = 12


class Vary(Table):
    """One thing that is varied, as a file says it."""

    path: str = field("", unit="", says="dotted key of the scenario, or several with + between; left out with cases")
    name: str = field("", unit="", max_length=80, says="what it is called in tables; default: the path")
    low: float | None = field(None, unit="", says="lowest value; default: that of the list of parameters")
    high: float | None = field(None, unit="", says="highest value; default: that of the list of parameters")
    count: int | None = field(None, ge=2, le=100_000, unit="1", says="levels of a range in a grid")
    scale: Literal["linear", "log"] = field("linear", unit="", says="how levels lie between low and high")
    values: tuple[Any, ...] = field((), unit="", says="values: numbers, texts, true or false")
    cases: dict[str, dict[str, Any]] = field(
        default_factory=dict, unit="", says="whole sub-scenarios: name -> changes of the scenario, as dotted keys"
    )

    def problems(self) -> Iterable[tuple[str, str]]:
        """Yield what is wrong between fields."""
        if self.cases:
            if not self.name:
                yield "name", "must be given with cases"
            if self.path or self.values or self.low is not None or self.high is not None:
                yield "cases", "cannot stand next to path, values, low or high"
        elif not self.path:
            yield "path", "missing: a dotted key such as population.size, or cases"
        if self.values and (self.low is not None or self.high is not None or self.count is not None):
            yield "values", "cannot stand next to low, high or count"
        if len({shown(value) for value in self.values}) < len(self.values):
            yield "values", "must not name a value twice"

    @property
    def title(self) -> str:
        """What it is called in tables."""
        return self.name or self.path


class Factor(NamedTuple):
    """One factor with everything filled in.

    `path`: where the value goes, several dotted keys with + between. `values`: for lists, and the names of cases.
    `low`, `high`: for ranges, cut into `steps` levels in a grid. `whole`: only whole numbers,
    multiples of `multiple_of`.
    """

    name: str
    path: str
    values: tuple[Any, ...]
    cases: Mapping[str, Mapping[str, Any]]
    low: float
    high: float
    steps: int
    log: bool
    whole: bool
    multiple_of: int = 1

    def levels(self) -> list[Any]:
        """Return the values of a grid."""
        if self.values:
            return list(self.values)
        found = [self.at(n / (self.steps - 1), closed=True) for n in range(self.steps)]
        return list(dict.fromkeys(found))

    def at(self, share: float, closed: bool = False) -> Any:
        """Return the value at a share of the way from low to high, 0 to 1; of a list the value at that share.

        `closed`: 1 can occur (grids), so that whole numbers are rounded to the nearest instead of cut.
        On a log scale they always are.
        """
        if self.values:
            return self.values[min(int(share * len(self.values)), len(self.values) - 1)]
        if self.whole and not self.log:
            first, last = self.ends
            place = round(first + share * (last - first)) if closed else int(first + share * (last - first + 1))
            return self.multiple_of * min(place, last)
        if self.log:
            value = math.exp(math.log(self.low) + share * (math.log(self.high) - math.log(self.low)))
        else:
            value = self.low + share * (self.high - self.low)
        value = min(max(float(f"{value:.{_DIGITS}g}"), self.low), self.high)
        if not self.whole:
            return value
        first, last = self.ends
        return self.multiple_of * min(max(round(value / self.multiple_of), first), last)

    @property
    def ends(self) -> tuple[int, int]:
        """How often `multiple_of` goes into the lowest and into the highest of its multiples in the range."""
        return math.ceil(self.low / self.multiple_of), math.floor(self.high / self.multiple_of)

    def changes(self, value: Any) -> dict[str, Any]:
        """Return the dotted changes of the scenario for a value (of cases: a name)."""
        return dict(self.cases[value]) if self.cases else dict.fromkeys(self.paths, value)

    @property
    def paths(self) -> tuple[str, ...]:
        """The dotted keys that take the value."""
        return tuple(piece.strip() for piece in self.path.split("+"))

    def plain(self) -> dict[str, Any]:
        """Return it as plain values for JSON."""
        return {**self._asdict(), "values": list(self.values), "cases": {k: dict(v) for k, v in self.cases.items()}}

    @classmethod
    def from_plain(cls, values: Mapping[str, Any]) -> Factor:
        """Return what `plain` gave."""
        return cls(**{**values, "values": tuple(values["values"])})


def parse_vary(text: str) -> dict[str, Any]:
    """Return the table of a `Vary` for "path=lo:hi[:n[:log]]" or "path=a,b,c"; "a+b=lo:hi" sets both alike.

    Bounds that are left out ("path=::7") are those of the list of parameters. Raises InputError.
    """
    path, sign, rest = (piece.strip() for piece in text.partition("="))
    if not sign or not path or not rest:
        rule = "must be PATH=LOW:HIGH, PATH=LOW:HIGH:COUNT or PATH=A,B,C"
        raise InputError("command line", [Mistake(f"--vary {text}", rule)])
    if ":" not in rest or rest[0] in "\"'[{":
        whole = literal(f"[{rest}]")
        return {"path": path, "values": whole if isinstance(whole, list) else [literal(x.strip()) for x in _cut(rest)]}
    table: dict[str, Any] = {"path": path}
    pieces = [piece.strip() for piece in rest.split(":")]
    if len(pieces) > 4 or (len(pieces) == 4 and pieces[3] not in ("log", "linear")):
        rule = "must be LOW:HIGH, LOW:HIGH:COUNT or LOW:HIGH:COUNT:log"
        raise InputError("command line", [Mistake(f"--vary {text}", rule)])
    for key, piece in zip(("low", "high", "count"), pieces, strict=False):
        if piece:
            table[key] = literal(piece)
    if len(pieces) == 4:
        table["scale"] = pieces[3]
    return table


def _cut(text: str) -> list[str]:
    return [piece for piece in text.split(",") if piece.strip()]


def read_factors(tables: Iterable[Any], base: Scenario, where: str, findings: Findings) -> list[Factor]:
    """Return the factors of a list of `Vary` tables; notes every mistake, bounds of the parameter list filled in."""
    found = []
    for n, table in enumerate(tables):
        path = dotted(where, n)
        before = len(findings)
        vary = read_model(Vary, table, path, findings)
        if vary is not None and len(findings) == before:
            factor = factor_of(vary, base, path, findings)
            if factor is not None:
                found.append(factor)
    names = [factor.name for factor in found]
    for name in sorted({name for name in names if names.count(name) > 1}):
        findings.add(where, f"{name} is varied twice")
    return found


#: Places of a scenario that are no factor, and why.
_NO_FACTORS = {"replicates": "a sweep makes as many of every point; give --replicates"}


def factor_of(vary: Vary, base: Scenario, where: str, findings: Findings) -> Factor | None:
    """Return a factor with everything filled in, None after noting what is wrong at `where`."""
    for path in (*vary.path.split("+"), *(path for changes in vary.cases.values() for path in changes)):
        if path.strip() in _NO_FACTORS:
            findings.add(where, f"{path.strip()} cannot be varied: {_NO_FACTORS[path.strip()]}")
            return None
    if vary.cases:
        return Factor(vary.title, "", tuple(vary.cases), vary.cases, 0.0, 0.0, 0, False, False)
    if vary.values:
        return Factor(vary.title, vary.path, vary.values, {}, 0.0, 0.0, 0, False, False)
    known = _bounds(base, vary.path.split("+"))
    low, high = (known.low if vary.low is None else vary.low), (known.high if vary.high is None else vary.high)
    for name, bound in (("low", low), ("high", high)):
        if bound is None:
            findings.add(dotted(where, name), f"missing: the list of parameters has none for {vary.path}")
    if low is None or high is None:
        return None
    if not low < high:
        findings.add(dotted(where, "high"), f"must be above low, {number(low)}", high)
        return None
    if vary.scale == "log" and low <= 0:
        findings.add(dotted(where, "low"), 'must be above 0 for scale = "log"', low)
        return None
    factor = Factor(
        vary.title, vary.path, (), {}, float(low), float(high), vary.count or LEVELS, vary.scale == "log", known.whole,
        known.multiple_of,
    )  # fmt: skip
    if factor.whole and factor.ends[0] >= factor.ends[1]:
        what = "whole numbers" if factor.multiple_of == 1 else f"multiples of {factor.multiple_of}"
        findings.add(dotted(where, "high"), f"must be so far above low, {number(low)}, that two {what} fit in", high)
        return None
    return factor


class Bounds(NamedTuple):
    """Lowest and highest value of a place (None: not declared); `whole`: only multiples of `multiple_of`.

    `unit`: empty where none is declared. `says`: what it is, in words.
    """

    low: float | None = None
    high: float | None = None
    whole: bool = False
    multiple_of: int = 1
    unit: str = ""
    says: str = ""


def _bounds(base: Scenario, paths: Iterable[str]) -> Bounds:
    """Return the bounds that hold for all of several places."""
    each = [bounds(base, path.strip()) for path in paths]
    low = [one.low for one in each if one.low is not None]
    high = [one.high for one in each if one.high is not None]
    return Bounds(
        max(low, default=None), min(high, default=None), any(one.whole for one in each),
        math.lcm(*(one.multiple_of for one in each)),
    )  # fmt: skip


def bounds(base: Scenario, path: str) -> Bounds:
    """Return the bounds of a place in a scenario, its unit and what it is.

    Nothing is declared for places that do not exist: the scenario itself says so when it takes the change.
    """
    steps = path.split(".")
    if len(steps) == 2 and steps[0] in ("model", "rating"):
        known = (MODEL if steps[0] == "model" else RATING).get(steps[1])
        return Bounds(known.low, known.high, unit=known.unit, says=known.meaning) if known else Bounds()
    if steps[:2] == ["population", "traits"] and len(steps) == 4:
        trait = {**TRAITS, **ATTRIBUTES}.get(steps[2])
        if trait is None:
            return Bounds()
        if steps[3] == "median":
            return Bounds(trait.low, trait.high, unit=trait.unit, says=f"median of {trait.meaning}")
        return Bounds(0.0, MOST_SPREAD, unit="1", says=f"spread of {trait.meaning}")
    if steps[:2] == ["training", "exercises"] and len(steps) == 4:
        kind = base.kinds(Exercise).get(steps[2])
        return _of_field(kind, steps[3]) if kind else Bounds()
    holder: Any = base
    for step in steps[:-1]:
        if isinstance(holder, tuple):
            holder = holder[int(step)] if step.isdecimal() and int(step) < len(holder) else None
        else:
            holder = getattr(holder, step, None)
    return _of_field(type(holder), steps[-1]) if hasattr(type(holder), "model_fields") else Bounds()


def _of_field(model: type[Table], name: str) -> Bounds:
    one = declared(model).get(name)
    if one is None:
        return Bounds()
    info = next(info for field, info in model.model_fields.items() if name == (info.alias or field))
    known = Bounds(one.low, one.high, unit=one.unit, says=one.says)
    if not one.type.startswith("int"):
        return known
    multiple_of = math.lcm(*(getattr(rule, "multiple_of", 1) for rule in info.metadata))
    return known._replace(whole=True, multiple_of=multiple_of)


def value_at(base: Scenario, factor: Factor) -> Any:
    """Return what the scenario itself has in the place of a factor; None for cases and where nothing is set.

    None, too, where several places do not have the same.
    """
    if factor.cases:
        return None
    found = [_value(base, path) for path in factor.paths]
    return found[0] if all(one == found[0] for one in found) else None


def _value(base: Scenario, path: str) -> Any:
    if path.startswith("model."):
        return base.parameters.get(path.partition(".")[2])
    steps = path.split(".")
    if steps[:2] == ["population", "traits"] and len(steps) == 4:
        trait = base.distributions().get(steps[2])
        return getattr(trait, steps[3], None)
    holder: Any = plain(base)
    for step in steps:
        if isinstance(holder, list) and step.isdecimal() and int(step) < len(holder):
            holder = holder[int(step)]
        elif isinstance(holder, Mapping):
            holder = holder.get(step)
        else:
            return None
    return holder
