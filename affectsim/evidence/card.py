"""The evidence card: the model's value of every entry beside the published one, inside or outside."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from affectsim.errors import InputError, Mistake, nearest
from affectsim.evidence.entries import Entry, entries
from affectsim.evidence.studies import STUDIES, Study, check_changes
from affectsim.evidence.values import simulated
from affectsim.intervals import reach
from affectsim.results import DISCLAIMER
from affectsim.simulation import Progress

#: Seed of the card, another one than that of the calibration.
SEED = 2026
_ROLES = {
    "calibrate": "fitted (calibrate)", "predict": "not fitted (predict)", "blind": "not fitted (blind at first)",
}  # fmt: skip

SOOTHING_AND_DRIVE = (
    "Where theory and diaries disagree: the theory says that soothing calms drive, in every diary data set the two "
    "rise together (r within people .25 to .58). The model holds both: soothing inhibits drive that is over-stimulated "
    "(model.soothing_calms_drive) and otherwise excites it as a secure base (model.secure_base), and pleasant events "
    "please both systems (model.shared_pleasure)."
)
ACTIVE_CONTROL = (
    "Where publications disagree: against active controls Wilson et al. 2019 find no significant effect, Kirby et al. "
    "2017 find effects kept. The entry is judged by Wilson."
)


class Row(NamedTuple):
    """One line of the card. `low`, `high`: 95 % interval of the model's value from its worlds, NaN for one world."""

    entry: Entry
    model: float
    low: float
    high: float
    inside: bool | None

    def as_json(self) -> dict[str, Any]:
        """Return the line as plain values; what is not defined is null."""
        return {
            "name": self.entry.name,
            "role": self.entry.role,
            "model": _finite(self.model),
            "model_interval": None if _finite(self.low) is None else [self.low, self.high],
            "published": self.entry.published,
            "interval": list(self.entry.interval) if self.entry.interval else None,
            "inside": self.inside,
            "rule": self.entry.rule_words(),
            "computed": self.entry.computed,
            "source": self.entry.source,
        }


def chosen(only: Sequence[str] = ()) -> list[Entry]:
    """Return the entries whose name is one of `only` or begins with it and a dot; all by default.

    Raises InputError with every name that is none.
    """
    known = entries()
    if not only:
        return list(known)
    parts = {".".join(entry.name.split(".")[:n]) for entry in known for n in range(1, entry.name.count(".") + 2)}
    wrong = [Mistake(name, f"is no entry or group{nearest(name, parts)}") for name in only if name not in parts]
    if wrong:
        raise InputError("--only", wrong)
    return [entry for entry in known if any(f"{entry.name}.".startswith(f"{name}.") for name in only)]


def card(
    only: Sequence[str] = (),
    *,
    full: bool = False,
    seed: int = SEED,
    changes: Mapping[str, Any] | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> list[Row]:
    """Simulate what the entries ask for and return their rows.

    `full`: more people and more worlds. `changes`: dotted changes of every simulated scenario. Raises InputError.
    """
    wanted = chosen(only)
    needed = {study for entry in wanted for study in entry.studies}
    studies = [name for name in STUDIES if name in needed]
    check_changes((STUDIES[name] for name in studies), changes or {})
    size = int(full)
    people = {name: STUDIES[name].people[size] for name in studies}
    worlds = {name: STUDIES[name].worlds[size] for name in studies}
    values = simulated(
        studies, changes or {}, people=people, worlds=worlds, seed=seed, threads=threads,
        progress=shared({name: STUDIES[name] for name in studies}, full, progress),
    )  # fmt: skip
    return [row_of(entry, [world[entry.name] for world in values if entry.name in world]) for entry in wanted]


def mean_and_interval(values: Sequence[float]) -> tuple[float, float, float]:
    """Return the mean over worlds and its 95 % t interval, NaN for one world."""
    mean, half = sum(values) / len(values), float(reach(values))
    return mean, mean - half, mean + half


def row_of(entry: Entry, values: Sequence[float]) -> Row:
    """Return an entry's mean over worlds with its interval, and the verdict."""
    mean, low, high = mean_and_interval(values)
    return Row(entry, mean, low, high, entry.inside(mean, low))


def shared(studies: Mapping[str, Study], full: bool, progress: Progress | None) -> dict[str, Progress]:
    """Return one progress for each study that moves a common one in person-days."""
    if progress is None:
        return {}
    size = int(full)
    sizes = {
        name: study.days * study.people[size] * study.worlds[size] * (2 if study.programme else 1)
        for name, study in studies.items()
    }
    total, before = sum(sizes.values()), 0
    found = {}
    for name in studies:
        found[name] = _moved(progress, before, sizes[name], total)
        before += sizes[name]
    return found


def _moved(progress: Progress, before: int, size: int, total: int) -> Callable[[int, int], None]:
    return lambda done, ticks: progress(before + size * done // ticks, total)


def counts(rows: Iterable[Row]) -> dict[str, tuple[int, int]]:
    """Return how many rows are inside, of how many, by role, of the roles that there are."""
    rows = list(rows)
    verdicts = {role: [row.inside is True for row in rows if row.entry.role == role] for role in _ROLES}
    return {role: (sum(mine), len(mine)) for role, mine in verdicts.items() if mine}


def table(rows: Sequence[Row], *, full: bool = False, changes: Mapping[str, Any] | None = None) -> str:
    """Return the card as text."""
    lines = [
        f"{'model [95 % interval]':>24}  {'published':>9}  {'range':>16}  {'':8}name",
    ]
    group = ("", "", "")
    for row in rows:
        mine, source = row.entry.name.rpartition(".")[0], row.entry.source
        # Entries of one group may come from different publications, and not all be fitted.
        if (key := (mine, source, row.entry.role)) != group:
            group = key
            lines += ["", f"{mine} ({row.entry.role}): {source}" if source else mine]
        lines.append(_line(row))
    lines.append("")
    for role, (inside, total) in counts(rows).items():
        lines.append(f"{_ROLES[role]}: {inside} of {total} inside")
    names = {row.entry.name for row in rows}
    missed = [row for row in rows if row.inside is not True]
    if missed:
        lines += ["", "Outside:"]
        lines += [f"  {row.entry.name}: {row.entry.computed}; asked: {row.entry.rule_words()}" for row in missed]
    if "momentary.within_person_r.drive_soothing" in names:
        lines += ["", SOOTHING_AND_DRIVE]
    if "compassion_interventions.wilson_2019.against_active_control" in names:
        lines += ["", ACTIVE_CONTROL]
    size = "full size" if full else "reduced size; --full simulates more people in more worlds"
    lines += ["", f"Mean over simulated worlds ({size}); its interval says how far another seed could move it."]
    lines += [*changed(changes), DISCLAIMER]
    return "\n".join(lines)


def changed(changes: Mapping[str, Any] | None) -> list[str]:
    """Return the line that says which model was simulated, none for that of the package."""
    return [f"With changes: {', '.join(f'{path}={value}' for path, value in changes.items())}"] if changes else []


def _line(row: Row) -> str:
    entry = row.entry
    published = entry.published if isinstance(entry.published, str) else _number(entry.published)
    interval = "" if math.isnan(row.low) else f" [{_number(row.low)}, {_number(row.high)}]"
    verdict = {True: "inside", False: "OUTSIDE", None: "?"}[row.inside]
    name = entry.name.rpartition(".")[2]
    words = f": {published}" if isinstance(entry.published, str) else ""
    shown = "" if words else published
    return f"{_number(row.model) + interval:>24}  {shown:>9}  {_range(entry):>16}  {verdict:8}{name}{words}"


def _range(entry: Entry) -> str:
    low, high = entry.range
    if math.isinf(high):
        return f">= {_number(low)}"
    if math.isinf(low):
        return f"<= {_number(high)}"
    return f"{_number(low)} to {_number(high)}"


def _number(value: float | None) -> str:
    if value is None:
        return ""
    digits = 3 if abs(value) < 0.1 and value != 0 else 2
    return "-" if math.isnan(value) else f"{value:.{digits}f}"


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None
