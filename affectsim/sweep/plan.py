"""A sweep, fixed: the scenario with everything that decides it, what is varied, what is kept.

A plan is compared with the one that a sweep began with; any difference is a reason not to go on.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from functools import cached_property
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any, NamedTuple

from affectsim.checking import shown
from affectsim.errors import InputError, Mistake
from affectsim.scenario import Scenario
from affectsim.scenario_files import located, seen_from, sha256
from affectsim.sweep.designs import Point
from affectsim.sweep.factors import Factor, value_at
from affectsim.sweep.outcomes import Span, check_outcomes, columns, recording_for

#: Most runs of a sweep: a limit of this package.
MOST_RUNS = 50_000_000
#: What of the package decides the numbers of a run; the rest shows or writes them.
_NOT_MODEL = (
    "analysis", "cli", "comparison.py", "demo.py", "describe.py", "diaries", "document.py", "documentation", "evidence",
    "experiments", "fitting", "handouts", "mesa_app", "mesa_model.py", "page", "plots", "policy",
    "progress.py", "questionnaire_reference.py", "reference.py", "region.py", "reports", "symbolic.py", "templates",
    "trial_words.py", "trials",
)  # fmt: skip


@dataclass(frozen=True)
class Plan:
    """Everything that decides the table of a sweep, as plain values.

    `scenario`: tables, everything written out. `files`: sha256 of every file that it or anything that is varied names,
    by its name (`scenario_files.seen_from`). `points`: sha256 of all points. `source`, `folder` (of relative paths)
    and `shard` (i, n) do not decide it.
    """

    scenario: dict[str, Any]
    digest: str
    files: dict[str, str]
    design: dict[str, Any]
    factors: list[dict[str, Any]]
    points: str
    replicates: int
    outcomes: list[str]
    days: list[float] | None
    columns: list[str]
    versions: dict[str, str]
    source: str = ""
    folder: str = ""
    changes: dict[str, Any] | None = None
    shard: tuple[int, int] = (1, 1)

    @classmethod
    def of(
        cls, base: Scenario, factors: Sequence[Factor], points: Sequence[Point], design: Mapping[str, Any],
        replicates: int, outcomes: Sequence[str], days: Span | None = None, *, source: str = "",
        changes: Mapping[str, Any] | None = None, shard: tuple[int, int] = (1, 1),
    ) -> Plan:  # fmt: skip
        """Return the plan of a sweep, after trying the ends of every factor. Raises InputError."""
        check_outcomes(outcomes, days, base)
        if len(points) * replicates > MOST_RUNS:
            message = f"{len(points) * replicates:,} runs; at most {MOST_RUNS:,}"
            raise InputError("sweep", [Mistake("replicates", message)])
        base = base.but(recording_for(outcomes))
        tried = _try(base, factors, points, design["kind"])
        return cls(
            scenario=base.tables(),
            digest=base.digest(),
            files=hashed(tried),
            design=dict(design),
            factors=[factor.plain() for factor in factors],
            points=hashlib.sha256(json.dumps(list(points)).encode()).hexdigest(),
            replicates=replicates,
            outcomes=list(outcomes),
            days=None if days is None else list(days),
            columns=list(columns(outcomes, tried)),
            versions=versions(),
            source=source,
            folder=str(base.folder),
            changes=dict(changes or {}),
            shard=shard,
        )

    def to_text(self) -> str:
        """Return it as JSON, the same text for the same plan."""
        return json.dumps(asdict(self), sort_keys=True, ensure_ascii=False, allow_nan=False)

    @classmethod
    def from_text(cls, text: str) -> Plan:
        """Return what `to_text` wrote."""
        values = json.loads(text)
        return cls(**{**values, "shard": tuple(values["shard"])})

    @cached_property
    def base(self) -> Scenario:
        """The scenario that is varied. Raises InputError."""
        return Scenario.from_tables(self.scenario, source=self.source or "scenario", folder=Path(self.folder))

    @cached_property
    def known_factors(self) -> tuple[Factor, ...]:
        """The factors."""
        return tuple(Factor.from_plain(values) for values in self.factors)

    @property
    def read(self) -> list[Path]:
        """The files that decide the runs, of the scenario and of everything that is varied."""
        return [located(name, Path(self.folder)) for name in self.files]

    @property
    def span(self) -> Span | None:
        """The days over which levels are averaged; None: the last week."""
        return None if self.days is None else (self.days[0], self.days[1])

    def changes_at(self, point: Point) -> dict[str, Any]:
        """Return the dotted changes of the scenario at a point."""
        return changes_at(self.known_factors, point)

    def shown_at(self, point: Point) -> list[Any]:
        """Return what a table shows of a point, factor by factor: numbers and texts, None where nothing is set."""
        return [_cell(point[f.name] if f.name in point else value_at(self.base, f)) for f in self.known_factors]

    def mine(self, points: int) -> range:
        """Return the numbers of the runs of this shard."""
        number, of = self.shard
        return range(number - 1, points * self.replicates, of)


class Job(NamedTuple):
    """One run to be made: its number, its replicate, and the changes of its point."""

    run: int
    replicate: int
    changes: dict[str, Any]


def changes_at(factors: Sequence[Factor], point: Point) -> dict[str, Any]:
    """Return the dotted changes of a scenario at a point; whole cases come first, so that others change them."""
    ordered = sorted((factor for factor in factors if factor.name in point), key=lambda factor: not factor.cases)
    return {path: value for factor in ordered for path, value in factor.changes(point[factor.name]).items()}


def _cell(value: Any) -> Any:
    return value if value is None or type(value) in (int, float, str) else shown(value)


def _try(base: Scenario, factors: Sequence[Factor], points: Sequence[Point], kind: str) -> list[Scenario]:
    """Return scenarios in which every factor took its ends (of lists and cases: every value). Raises InputError.

    Of points of a file: the first hundred, and one for every value that is no number and could name a file.
    """
    if kind == "points":
        named = {(name, repr(v)): point for point in points[100:] for name, v in point.items() if _names(v)}
        trials = [*points[:100], *named.values()]
    else:
        trials = [{f.name: value} for f in factors for value in (f.values or (f.at(0.0), f.at(1.0, closed=True)))]
    found, wrong = [base], []
    for point in trials:
        try:
            found.append(base.but(changes_at(factors, point)))
        except InputError as error:
            said = ", ".join(f"{name} = {shown(value)}" for name, value in point.items())
            wrong += [Mistake(f"with {said}", f"{one.where}: {one.message}") for one in error.mistakes]
    if wrong:
        raise InputError("sweep", list(dict.fromkeys(wrong))[:20])
    return found


def _names(value: Any) -> bool:
    return not isinstance(value, int | float)


def versions() -> dict[str, str]:
    """Return the versions that decide the numbers, and the sha256 of the sources of the model."""
    found = {"python": platform.python_version(), "machine": platform.machine()}
    for name in ("affectsim", "numpy", "scipy", "numba", "networkx"):
        try:
            found[name] = version(name)
        except PackageNotFoundError:
            found[name] = "not installed"
    return {**found, "sources": sources(Path(__file__).resolve().parents[1], _NOT_MODEL)}


def sources(folder: Path, without: Sequence[str] = ()) -> str:
    """Return 16 hexadecimal digits of the sha256 of what is written in a folder of this package.

    `without`: names of files and folders in it that decide nothing.
    """
    found = hashlib.sha256()
    for path in sorted(p for suffix in ("*.py", "*.toml") for p in folder.rglob(suffix)):
        where = path.relative_to(folder)
        if where.parts[0] not in without:
            found.update(where.as_posix().encode() + b"\0" + path.read_bytes())
    return found.hexdigest()[:16]


def hashed(scenarios: Iterable[Scenario]) -> dict[str, str]:
    """Return sha256 of every file that any of several scenarios reads, by its name (`scenario_files.seen_from`).

    Raises InputError for files that cannot be read.
    """
    read = {seen_from(one.folder, path): path for one in scenarios for path in one.files().values()}
    return {name: sha256(path, name) for name, path in sorted(read.items())}


_FREE = {"source", "folder", "changes", "shard"}


def refuse_differences(old: Plan, new: Plan, where: str, shards: bool = True) -> None:
    """Raise InputError with every difference between the plan a sweep began with and the one it should go on with.

    `shards`: whether another shard counts as a difference.
    """
    free = _FREE - {"shard"} if shards else _FREE
    before, after = ({key: v for key, v in asdict(plan).items() if key not in free} for plan in (old, new))
    refuse_changes(before, after, where, "its runs")


def refuse_changes(before: Mapping[str, Any], after: Mapping[str, Any], where: str, what: str) -> None:
    """Raise InputError with every difference between two nested tables: what was begun with, and what is now.

    `what`: what would not belong together, in words.
    """
    was_all, now_all = _flat(before), _flat(after)
    wrong = []
    for key in dict.fromkeys([*was_all, *now_all]):
        was, now = was_all.get(key, _NONE), now_all.get(key, _NONE)
        if was != now:
            wrong.append(Mistake(key.removeprefix("scenario."), f"was {_said(was)}, is now {_said(now)}"))
    # Hashes say nothing to people: they are told only where nothing else differs.
    told = [one for one in wrong if one.where not in ("digest", "points")] or wrong
    if told:
        more = [Mistake("...", f"and {len(told) - 20} more")] if len(told) > 20 else []
        hint = f"{what} would not belong together; put it back, or begin in another --out"
        raise InputError(f"{where} began with something else ({hint})", [*told[:20], *more])


_NONE = object()


def _said(value: Any) -> str:
    return "not there" if value is _NONE else shown(value)


def _flat(value: Any, above: str = "") -> dict[str, Any]:
    if isinstance(value, Mapping):
        items = value.items()
    elif isinstance(value, (list, tuple)):
        items = {str(n): item for n, item in enumerate(value)}.items()
    else:
        return {above: value}
    found: dict[str, Any] = {}
    for key, item in items:
        found |= _flat(item, f"{above}.{key}" if above else str(key))
    return found


def again(plan: Plan) -> Plan:
    """Return the plan as it would begin now: scenario, files and versions read anew. Raises InputError.

    A scenario file that has gone is taken as it was; one that changed gives another plan, and so do files that changed
    or have gone.
    """
    source = Path(plan.source) if plan.source else None
    if source is not None and source.is_file():
        base = Scenario.load(source)
        base = base.but(plan.changes) if plan.changes else base
        base = base.but(recording_for(plan.outcomes))
    else:
        base = plan.base
    return replace(
        plan,
        scenario=base.tables(),
        digest=base.digest(),
        files={name: sha256(path, name) for name, path in zip(plan.files, plan.read, strict=True) if path.is_file()},
        versions=versions(),
    )
