"""What happens to people: everyday events, dated events, shocks to a community, and scripts from a file.

Every event kicks one input by its intensity; the input then decays (see `parameters.MODEL`). An ambiguous
event is appraised first: only if it is taken for a threat does it act.
"""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from affectsim.errors import InputError, Mistake, nearest
from affectsim.mistakes import Mistakes, refuse
from affectsim.parameters import MOMENT_HOURS
from affectsim.parts import Stimulus, field

#: Kinds of event; their position is the code used in arrays.
KINDS = ("threat", "resource", "affiliative", "ambiguous")
#: Events a script may have: a limit of this package (about 1 GB while reading), not of the theory.
MOST_SCRIPTED = 20_000_000
_COLUMNS = ("person", "time_h", "kind", "intensity")
#: Largest kick of one event (input).
MOST_INTENSITY = 100.0
_MOST_TIME = 36_500 * 24.0


def _rate(default: float, what: str, source: str) -> Any:
    return field(default, ge=0, le=32, unit="events per waking day", says=f"mean number of {what}", source=source)


def _kick(default: float, what: str, source: str = "assumed") -> Any:
    return field(default, ge=0, le=10, unit="input", says=what, source=source)


def _name() -> Any:
    says = (
        "what its chances hang on; sources of one kind without a name are numbered, so one put before another "
        "changes its chances (how a dated ambiguous event is taken hangs on those of the same half hour before it)"
    )
    return field(None, min_length=1, max_length=100, unit="", says=says)


def _unlike_nothing(part: Any) -> Iterable[tuple[str, str]]:
    if not any(getattr(part, kind) for kind in KINDS):
        yield "threat", "nothing would happen: give at least one of threat, resource, affiliative, ambiguous"


class DailyLife(Stimulus, kind="daily-life"):
    """Everyday events of every person, independent of each other (Poisson), rarer at night.

    Assumes: one rate per kind for everybody by day and a share of it at night; each event's intensity varies
    around the given mean. How many are taken as opportunities depends on drive.
    """

    calibrated_as = "stimuli.0"

    threat: float = _rate(1.5, "threats", "prototype fitted to experience sampling: about 1.5")
    resource: float = _rate(7.5, "opportunities", "prototype fitted to experience sampling: 7 to 8")
    affiliative: float = _rate(7.5, "kindnesses", "prototype fitted to experience sampling: 7 to 8")
    ambiguous: float = _rate(3.0, "ambiguous events", "assumed")
    threat_intensity: float = _kick(1.0, "mean kick of a threat")
    resource_intensity: float = _kick(0.6, "mean kick of a reward")
    affiliative_intensity: float = _kick(0.6, "mean kick of a kindness")
    ambiguous_intensity: float = _kick(1.0, "mean kick to threat of an ambiguous event taken for one")
    wake_hour: float = field(7.0, ge=0, le=24, unit="h", says="time of waking", source="assumed")
    sleep_hour: float = field(23.0, ge=0, le=24, unit="h", says="time of going to sleep", source="assumed")
    night_share: float = field(0.05, ge=0, le=1, unit="1", says="rate at night relative to the day", source="assumed")
    name: str | None = _name()

    def problems(self) -> Iterable[tuple[str, str]]:
        """Yield what is wrong between fields."""
        if self.sleep_hour % 24 == self.wake_hour % 24:
            yield "sleep_hour", "must differ from wake_hour"
            return
        for kind in KINDS:
            # More than one event of a kind per moment on average would exceed what a moment can hold.
            if getattr(self, kind) * MOMENT_HOURS > self.waking_hours:
                most = self.waking_hours / MOMENT_HOURS
                yield (
                    kind,
                    f"must be at most {most:g} in {self.waking_hours:g} hours (wake_hour to sleep_hour)",
                )

    @property
    def waking_hours(self) -> float:
        """Hours awake per day; a day may go past midnight."""
        return (self.sleep_hour - self.wake_hour) % 24

    @property
    def rates(self) -> tuple[float, float, float, float]:
        """Events per waking day, in the order of `KINDS`."""
        return (self.threat, self.resource, self.affiliative, self.ambiguous)

    @property
    def intensities(self) -> tuple[float, float, float, float]:
        """Mean kicks (input), in the order of `KINDS`."""
        return (
            self.threat_intensity,
            self.resource_intensity,
            self.affiliative_intensity,
            self.ambiguous_intensity,
        )

    def expected(self, moment_hours: float = MOMENT_HOURS) -> npt.NDArray[np.float64]:
        """Return the expected number of events per moment of a day, shape (len(KINDS), moments per day).

        The sum over the waking hours is the rate per waking day; the night adds `night_share` of it per hour.
        """
        edges = np.arange(round(24 / moment_hours) + 1) * moment_hours
        awake = np.zeros(edges.size - 1)
        for start in (self.wake_hour, self.wake_hour - 24):
            end = start + self.waking_hours
            awake += np.clip(np.minimum(edges[1:], end) - np.maximum(edges[:-1], start), 0.0, None)
        hours = awake + self.night_share * (moment_hours - awake)
        return np.outer(np.array(self.rates) / self.waking_hours, hours)


class _Dated(Stimulus):
    """What dated events and shocks share."""

    day: int = field(ge=0, le=36_499, unit="days", says="day of the run, counted from 0")
    hour: float = field(
        9.0, ge=0, le=23.5, unit="h", says="time of day (the half hour that holds it)", source="assumed"
    )
    threat: float = _kick(0.0, "kick to threat")
    resource: float = _kick(0.0, "kick to drive")
    affiliative: float = _kick(0.0, "kick to soothing")
    ambiguous: float = _kick(0.0, "kick to threat if taken for one")

    def problems(self) -> Iterable[tuple[str, str]]:
        """Yield what is wrong between fields."""
        return _unlike_nothing(self)

    @property
    def time_h(self) -> float:
        """Hours from the start of the run."""
        return self.day * 24.0 + self.hour

    @property
    def kicks(self) -> tuple[float, float, float, float]:
        """Kicks (input), in the order of `KINDS`."""
        return (self.threat, self.resource, self.affiliative, self.ambiguous)


class Dated(_Dated, kind="dated"):
    """A dated event for a share of the people: an exam, a lay-off, a birthday.

    Assumes: who is hit is drawn at random, and everybody who is gets the same kick at the same hour. A reward kicks
    drive alone and a kindness soothing alone: what they share in daily life (model.shared_pleasure) is not added.
    """

    share: float = field(1.0, ge=0, le=1, unit="1", says="share of the people it happens to", source="assumed")
    name: str | None = _name()


class Shock(_Dated, kind="shock"):
    """A shock that hits a whole community, or one group of it, at once.

    Assumes: everybody in the group gets the same kick at the same hour. A reward kicks drive alone and a kindness
    soothing alone: what they share in daily life (model.shared_pleasure) is not added.
    """

    group: dict[str, Any] | None = field(
        None, unit="", says='who is hit, as { attribute = "value" } of the nodes; left out: everybody'
    )

    def problems(self) -> Iterable[tuple[str, str]]:
        """Yield what is wrong between fields."""
        yield from super().problems()
        if self.group is not None and len(self.group) != 1:
            yield "group", 'must be one attribute and its value, such as { department = "sales" }'
        for name, value in (self.group or {}).items():
            if isinstance(value, bool) or not isinstance(value, (str, int, float)):
                yield f"group.{name}", "must be a text or a number"
            elif isinstance(value, float) and not math.isfinite(value):
                yield f"group.{name}", "must be a finite number"


class ScriptedEvents(NamedTuple):
    """Events of a script, sorted by time, then person, then kind; all arrays have shape (events,)."""

    person: npt.NDArray[np.int64]
    time_h: npt.NDArray[np.float64]
    #: Position in `KINDS`.
    kind: npt.NDArray[np.int8]
    #: Kick, in input units.
    intensity: npt.NDArray[np.float64]


class Script(Stimulus, kind="script"):
    """Events from a CSV file: who, when, what and how strongly; real diaries can drive people.

    Assumes: what is in the file happens, and no more: a reward kicks drive alone and a kindness soothing alone. What
    they share in daily life (model.shared_pleasure) is not added; give both lines where both are meant. Columns: person
    (0-based row), time_h (hours from the start), kind (threat, resource, affiliative or ambiguous), intensity
    (input). Others are ignored.
    """

    path: str = field(min_length=1, unit="file", says="CSV file with columns person,time_h,kind,intensity")

    def read(self, people: int | None = None) -> ScriptedEvents:
        """Read the file (a relative path is taken from the working folder; see `Part.within`).

        `people`: persons must be below it; None checks everything else. Raises InputError with up to ten
        mistakes, each with its line, and the number of the others.
        """
        return read_script(Path(self.path), people)


def read_script(path: Path, people: int | None = None) -> ScriptedEvents:
    """Return the events in a CSV file; see `Script.read`."""
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return _read_rows(csv.reader(file, strict=True), path.name, people)
    except FileNotFoundError:
        message = f"no file {path.name} in {path.parent}"
    except IsADirectoryError:
        message = "is a folder, not a file"
    except UnicodeDecodeError as error:
        message = f"not a text in UTF-8 (byte {error.start})"
    except OSError as error:
        message = f"cannot be read: {error.strerror or error}"
    raise InputError(str(path), [Mistake("file", message)])


def _read_rows(rows: Any, source: str, people: int | None) -> ScriptedEvents:
    found = Mistakes(source)
    columns = _columns(rows, found)
    refuse(found)
    person: list[int] = []
    time: list[float] = []
    kind: list[int] = []
    intensity: list[float] = []
    codes = {name: code for code, name in enumerate(KINDS)}
    for line, row in _numbered(rows, found):
        if not row:
            continue
        if len(row) != columns["width"]:
            found.add(f"line {line}", f"has {len(row)} values; the header has {columns['width']}")
            continue
        if len(person) >= MOST_SCRIPTED:
            found.add(f"line {line}", f"more than {MOST_SCRIPTED:,} events")
            break
        who, when, what, how_much = (row[columns[name]].strip() for name in _COLUMNS)
        if what not in codes:
            found.add(f'line {line}, kind = "{what[:40]}"', f"unknown{nearest(what, KINDS)}")
        person.append(_person(who, people, line, found))
        time.append(_float(when, "time_h", _MOST_TIME, "h", line, found))
        kind.append(codes.get(what, 0))
        intensity.append(_float(how_much, "intensity", MOST_INTENSITY, "(input)", line, found))
    refuse(found)
    persons, kinds = np.array(person, dtype=np.int64), np.array(kind, dtype=np.int8)
    times, strengths = np.array(time, dtype=np.float64), np.array(intensity, dtype=np.float64)
    # Intensity is the last key, so that the order of rows in the file never matters.
    order = np.lexsort((strengths, kinds, persons, times))
    return ScriptedEvents(persons[order], times[order], kinds[order], strengths[order])


def _numbered(rows: Any, found: Mistakes) -> Iterator[tuple[int, Sequence[str]]]:
    """Yield (line number, row); a broken row is a mistake and ends the file."""
    while True:
        try:
            row = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            found.add(f"line {rows.line_num}", f"not valid CSV: {error}")
            return
        yield rows.line_num, row


def _columns(rows: Any, found: Mistakes) -> dict[str, int]:
    """Return the position of each column, and the width of the table under "width"."""
    header = [name.strip() for name in next((row for _, row in _numbered(rows, found)), [])]
    if not header and not found:
        found.add("line 1", f"the file is empty; it needs a header {','.join(_COLUMNS)}")
        return {}
    for name in _COLUMNS:
        if header.count(name) > 1:
            found.add("line 1", f"column {name} stands there {header.count(name)} times")
        elif name not in header:
            others = [other for other in header if other and other not in _COLUMNS]
            hint = nearest(name, others)
            found.add("line 1", f"no column {name}{hint if 'did you mean' in hint else ''}")
    return {name: header.index(name) for name in _COLUMNS if name in header} | {"width": len(header)}


def _person(text: str, people: int | None, line: int, found: Mistakes) -> int:
    if text.isascii() and text.isdecimal() and len(text) <= 18 and (people is None or int(text) < people):
        return int(text)
    allowed = "a whole number, 0 or above" if people is None else f"a whole number from 0 to {people - 1}"
    found.add(f"line {line}, person = {text[:40] or 'nothing'}", f"must be {allowed}")
    return 0


def _float(text: str, name: str, most: float, unit: str, line: int, found: Mistakes) -> float:
    try:
        value = float(text)
    except ValueError:
        value = math.nan
    if 0.0 <= value <= most:
        return value
    found.add(f"line {line}, {name} = {text[:40] or 'nothing'}", f"must be a number from 0 to {most:g} {unit}")
    return 0.0


def mean_background(mean: float, sd: float, time_h: float) -> float:
    """Return the mean of a background input over a long time, given its parameters (input units; `time_h` in hours).

    The fluctuation stops at 0, so the mean of what is left is above `mean` unless `sd` is small against it. It is the
    mean of the stationary distribution of the process from moment to moment, found on a fine grid, with normal
    innovations.
    """
    from scipy.special import ndtr

    if sd <= 0:
        return mean
    keep = math.exp(-MOMENT_HOURS / time_h)
    step = sd * math.sqrt(1 - keep**2)
    # Cells finer than half a step; the first state is exactly 0.
    edges = np.linspace(0, max(mean, 0) + 7 * sd, int(min(1200, max(200, 4 * (max(mean, 0) + 7 * sd) / step))) + 1)
    states = np.concatenate([[0.0], (edges[1:] + edges[:-1]) / 2])
    below = ndtr((edges[None, :] - (mean + keep * (states - mean))[:, None]) / step)
    chances = np.diff(np.concatenate([np.zeros((states.size, 1)), below], axis=1), axis=1)
    chances /= chances.sum(axis=1, keepdims=True)
    # The stationary distribution: left eigenvector for 1, with a sum of 1 in place of one equation.
    equations = chances.T - np.eye(states.size)
    equations[-1] = 1
    shares = np.linalg.solve(equations, np.append(np.zeros(states.size - 1), 1))
    return float(shares @ states)
