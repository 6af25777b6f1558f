"""Real diaries: experience-sampling data from a CSV file, as ratings of the three systems between 0 and 1.

Which columns mean what is said by a mapping, such as `threat=worry+fearful`, `soothing=-difficult_relax` (a
reversed item), `person=subject`, `time=hours`; `+` takes the mean of items. Dates with an offset from UTC are read as
the clock on the wall, since days and nights count. The mapping is a judgement of whoever
gives it: no validated diary scale of the three systems is known to this package.
"""

from __future__ import annotations

import csv
import datetime
import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from affectsim.errors import InputError, Mistake, nearest
from affectsim.mistakes import Mistakes, refuse
from affectsim.readouts import SYSTEMS
from affectsim.text_files import csv_rows, read_text

Float = npt.NDArray[np.float64]
Whole = npt.NDArray[np.int64]

#: What a mapping may name beside the systems: `time` alone (hours, or date and time), or `day` and `hour`.
PLACES = ("person", "time", "day", "hour")
#: Longest diary (days): a limit of this package.
MOST_DAYS = 400.0
_MISSING = {"", "na", "nan", "n/a", "null", "none", "."}
#: How the names of phases begin, and in which order they come.
_PHASES = {
    "before": 0, "pre": 0, "baseline": 0, "during": 1, "mid": 1, "after": 2, "post": 2, "follow": 3,
}  # fmt: skip
#: A date, and a name with one number in it; a minus is a sign at the beginning and after a space, else a dash.
_DATE = re.compile(r"\d{4}-\d\d-\d\d.*")
_NUMBERED = re.compile(r"(\D*?)((?:(?<=\s)-|(?<![\s\S])-)?\d+(?:\.\d+)?)(\D*)")
_SCALE = re.compile(r"(?:(threat|drive|soothing)=)?(-?\d+(?:\.\d+)?):(-?\d+(?:\.\d+)?)")


class Meaning(NamedTuple):
    """Which columns mean what: items per system (column, reversed or not), columns of person and time, scales."""

    items: dict[str, tuple[tuple[str, bool], ...]]
    places: dict[str, str]
    scales: dict[str, tuple[float, float]]


@dataclass(frozen=True, eq=False)
class Diaries:
    """Ratings of the three systems, ordered by phase, person and time.

    `person`: int64[ratings], row numbers of people; `time_h`: float64[ratings], hours since the first midnight of
    the person in this phase; `ratings`: float64[ratings, 3], threat, drive, soothing in [0, 1], NaN where missing.
    `phase`: int64[ratings], position in `phases`; `arm`: int64[people], position in `arms`. `labels`: names of
    the people in the file. `step`: float64[3], the grid of possible ratings (0: any number).
    """

    source: str
    person: Whole
    time_h: Float
    ratings: Float
    phase: Whole
    arm: Whole
    labels: tuple[str, ...]
    phases: tuple[str, ...] = ("all",)
    arms: tuple[str, ...] = ("all",)
    step: tuple[float, float, float] = (0.0, 0.0, 0.0)

    @property
    def people(self) -> int:
        """Number of people."""
        return len(self.labels)

    @property
    def rated(self) -> tuple[bool, bool, bool]:
        """Which of the three systems have any ratings."""
        return tuple(bool(np.isfinite(self.ratings[:, n]).any()) for n in range(3))  # type: ignore[return-value]

    @property
    def days(self) -> int:
        """Days that the longest diary of one phase covers."""
        return int(self.time_h.max() // 24) + 1

    def in_phase(self, phase: int) -> npt.NDArray[np.bool_]:
        """Return which ratings belong to a phase, shape (ratings,)."""
        return np.asarray(self.phase == phase)


def diaries_of(person: npt.ArrayLike, time_h: npt.ArrayLike, ratings: npt.ArrayLike) -> Diaries:
    """Return diaries from arrays: names of people and hours (ratings,), ratings in [0, 1] (ratings, 3).

    Raises ValueError for shapes that do not fit.
    """
    who, hours = np.asarray(person), np.asarray(time_h, dtype=np.float64)
    values = np.asarray(ratings, dtype=np.float64)
    if who.ndim != 1 or hours.shape != who.shape or values.shape != (who.size, 3):
        raise ValueError("needs person and time_h of shape (ratings,) and ratings of shape (ratings, 3)")
    labels, rows = np.unique(who, return_inverse=True)
    order = np.lexsort((hours, rows))
    return Diaries(
        "ratings", rows[order].astype(np.int64), hours[order], values[order], np.zeros(who.size, dtype=np.int64),
        np.zeros(labels.size, dtype=np.int64), tuple(str(label) for label in labels),
    )  # fmt: skip


def parse_mapping(texts: Sequence[str], scales: Sequence[str] = ()) -> Meaning:
    """Return what `NAME=COLUMN[+COLUMN...]` (comma or several) and `[SYSTEM=]LOW:HIGH` say.

    A minus before a column reverses it. Names left out are columns of the same name; an unnamed scale
    holds for every system (default 0:1). Raises InputError with every mistake.
    """
    wrong: list[Mistake] = []
    items: dict[str, tuple[tuple[str, bool], ...]] = {}
    places: dict[str, str] = {}
    for text in (part.strip() for given in texts for part in given.split(",")):
        name, equals, columns = (piece.strip() for piece in text.partition("="))
        if not equals or not columns:
            wrong.append(Mistake(f"--map {text}", "must be NAME=COLUMN, such as threat=worry+fearful"))
        elif name not in (*SYSTEMS, *PLACES):
            wrong.append(Mistake(f"--map {text}", f"unknown name {name}{nearest(name, (*SYSTEMS, *PLACES))}"))
        elif name in items or name in places:
            wrong.append(Mistake(f"--map {text}", f"{name} is mapped twice"))
        elif name in PLACES:
            places[name] = columns
        else:
            pieces = [piece.strip() for piece in columns.split("+")]
            items[name] = tuple((piece.removeprefix("-"), piece.startswith("-")) for piece in pieces)
    ranges: dict[str, tuple[float, float]] = {}
    for text in scales:
        found = _SCALE.fullmatch(text.strip())
        if not found or not float(found[2]) < float(found[3]):
            wrong.append(Mistake(f"--scale {text}", "must be LOW:HIGH or SYSTEM=LOW:HIGH, such as 1:7"))
            continue
        for system in (found[1],) if found[1] else SYSTEMS:
            if found[1] or system not in ranges:
                ranges[system] = (float(found[2]), float(found[3]))
    if wrong:
        raise InputError("command line", wrong)
    return Meaning(items, places, {system: ranges.get(system, (0.0, 1.0)) for system in SYSTEMS})


def read_diaries(path: Path, mapping: Meaning, *, phase: str | None = None, arm: str | None = None) -> Diaries:
    """Read a CSV file with a header, one rating (beep) a line.

    `phase`, `arm`: columns that say before or after (each person may have both) and which arm a person is in, with
    their order if it is given ("period=pre,post"). Otherwise both are ordered by number or date, if their names differ
    in that; phases else by the words before and after, pre and post and the like, arms by name. Raises InputError with
    up to ten mistakes, each with its line, and the number of the others; also for phases whose order is not known.
    """
    found = Mistakes(str(path))
    rows = csv_rows(read_text(path, str(path), "diary file"), str(path))
    header = [name.strip() for name in rows[0][1]] if rows else []
    phase, phase_order = _column_and_order(phase, header)
    arm, arm_order = _column_and_order(arm, header)
    columns = _columns(header, mapping, phase, arm, found)
    refuse(found)
    people: list[str] = []
    times: list[float] = []
    values: list[list[float]] = []
    phases: list[str] = []
    arms: list[str] = []
    whole = dict.fromkeys(columns.items, True)
    for line, row in rows[1:]:
        if not any(cell.strip() for cell in row):
            continue
        if len(row) != len(header):
            found.add(f"line {line}", f"has {len(row)} values; the header has {len(header)}")
            continue
        cells = dict(zip(header, (cell.strip() for cell in row), strict=True))
        time = _time(cells, columns.places, line, found)
        if not cells[columns.places["person"]]:
            found.add(f"line {line}, {columns.places['person']}", "is empty; allowed: the name or number of a person")
        rating = []
        for system in SYSTEMS:
            numbers = [
                _item(cells[name], name, mapping.scales[system], reverse, line, found)
                for name, reverse in columns.items.get(system, ())
            ]
            rating.append(float(np.mean(numbers)) if numbers else math.nan)
            low, high = mapping.scales[system]
            whole[system] = whole.get(system, True) and all(
                math.isnan(n) or abs(n * (high - low) - round(n * (high - low))) < 1e-6 for n in numbers
            )
        people.append(cells[columns.places["person"]])
        times.append(time)
        values.append(rating)
        for column in (phase, arm):
            if column and not cells[column]:
                found.add(f"line {line}, {column}", "is empty; allowed: the name of a phase or an arm")
        phases.append(cells[phase] if phase else "all")
        arms.append(cells[arm] if arm else "all")
    if not people and not found:
        found.add("file", "has no ratings below its header")
    refuse(found)
    steps = tuple(
        1 / (len(columns.items[s]) * (mapping.scales[s][1] - mapping.scales[s][0])) if columns.items.get(s) and whole[s]
        and mapping.scales[s][1] - mapping.scales[s][0] > 1 else 0.0 for s in SYSTEMS
    )  # fmt: skip
    names = (
        _ordered(set(phases), phase_order, "--before-after", found, _PHASES),
        _ordered(set(arms), arm_order, "--arm", found),
    )
    refuse(found)
    return _diaries(str(path), people, np.array(times), np.array(values), phases, arms, names, steps)


def _diaries(
    source: str, people: list[str], times: Float, values: Float, phases: list[str], arms: list[str],
    names: tuple[tuple[str, ...], tuple[str, ...]], steps: tuple[float, ...],
) -> Diaries:  # fmt: skip
    labels, (phase_names, arm_names) = _sorted(set(people)), names
    number = {name: n for n, name in enumerate(labels)}
    person = np.array([number[name] for name in people], dtype=np.int64)
    phase = np.array([phase_names.index(name) for name in phases], dtype=np.int64)
    given_arm = np.array([arm_names.index(name) for name in arms], dtype=np.int64)
    arm = np.zeros(len(labels), dtype=np.int64)
    arm[person] = given_arm
    found = Mistakes(source)
    for row in np.unique(person[arm[person] != given_arm]):
        found.add(f"person {labels[row]}", "is in several arms; allowed: one arm each")
    key = phase * len(labels) + person
    first = np.full(key.max() + 1, np.inf)
    np.minimum.at(first, key, times)
    times = times - 24 * np.floor(first[key] / 24)
    for row in np.unique(person[times > 24 * MOST_DAYS]):
        found.add(f"person {labels[row]}", f"has a diary longer than {MOST_DAYS:g} days")
    order = np.lexsort((times, person, phase))
    same = (np.diff(times[order]) == 0) & (np.diff(key[order]) == 0)
    for row in np.unique(person[order][1:][same]):
        found.add(f"person {labels[row]}", "has two ratings at the same time; is there a phase? give --before-after")
    if not np.isfinite(values).any():
        found.add("file", "has no rating of any system that is mapped")
    refuse(found)
    return Diaries(
        source, person[order], times[order], values[order], phase[order], arm, labels, phase_names, arm_names,
        (steps[0], steps[1], steps[2]),
    )  # fmt: skip


def _column_and_order(text: str | None, header: Sequence[str]) -> tuple[str | None, tuple[str, ...]]:
    """Return the column and the names in order that "COLUMN" or "COLUMN=FIRST,...,LAST" say."""
    if text is None or text.strip() in header:
        return text and text.strip(), ()
    column, _, order = text.partition("=")
    names = next(csv.reader([order], skipinitialspace=True), [])
    return column.strip(), tuple(name.strip() for name in names if name.strip())


def _ordered(
    names: set[str], given: tuple[str, ...], option: str, found: Mistakes, words: Mapping[str, int] | None = None
) -> tuple[str, ...]:
    """Return names in order: as given, by number or date, by what their words mean, or (without `words`) by name."""
    if given:
        if set(given) != names or len(given) != len(names):
            found.add(option, f"the column holds {', '.join(_sorted(names))}; name each of them once, in order")
        return given
    if len(names) < 2 or all(_DATE.fullmatch(name) for name in names):
        return tuple(sorted(names))
    places = _numbers(names)
    if places is None and words is not None:
        places = [next((n for word, n in words.items() if name.lower().startswith(word)), math.nan) for name in names]
    if places is not None and len(set(places)) == len(names) and not any(math.isnan(place) for place in places):
        return tuple(name for _, name in sorted(zip(places, names, strict=True)))
    if words is not None:
        found.add(option, f"cannot tell the order of {', '.join(_sorted(names))}; say COLUMN=FIRST,...,LAST")
    return tuple(sorted(names))


def _numbers(names: Iterable[str]) -> list[float] | None:
    """Return the numbers of names that are numbers, or differ in one only ("week 2", "T1"); else None."""
    whole = [_number(name) for name in names]
    if not any(math.isnan(number) for number in whole):
        return whole
    parts = [_NUMBERED.fullmatch(name) for name in names]
    if not all(parts) or len({(one[1], one[3]) for one in parts if one}) > 1:
        return None
    return [float(one[2]) for one in parts if one]


def _sorted(names: set[str]) -> tuple[str, ...]:
    try:
        return tuple(sorted(names, key=lambda name: (float(name), name)))
    except ValueError:
        return tuple(sorted(names))


class _Columns(NamedTuple):
    items: dict[str, tuple[tuple[str, bool], ...]]
    places: dict[str, str]


def _columns(header: Sequence[str], mapping: Meaning, phase: str | None, arm: str | None, found: Mistakes) -> _Columns:
    """Return which columns are read; what is missing is noted."""
    items = dict(mapping.items) or {system: ((system, False),) for system in SYSTEMS if system in header}
    places = {name: name for name in PLACES if name in header} | mapping.places
    if "time" in mapping.places and {"day", "hour"} & set(mapping.places):
        found.add("--map time", "stands beside day or hour; give time alone, or day and hour")
    if "time" in mapping.places or ("day" not in mapping.places and "hour" not in mapping.places and "time" in places):
        places = {name: column for name, column in places.items() if name in ("person", "time")}
    wanted: Mapping[str, str | None] = {
        **{f"--map {system}": column for system, columns in items.items() for column, _ in columns},
        **{f"--map {name}": column for name, column in places.items()},
        "--before-after": phase, "--arm": arm,
    }  # fmt: skip
    if not header:
        found.add("line 1", "the file is empty; it needs a header")
        return _Columns(items, places)
    for name in sorted({name for name in header if name and header.count(name) > 1}):
        found.add("line 1", f"column {name} stands there {header.count(name)} times")
    named = [(option, column) for option, column in wanted.items() if column]
    named += [(f"--map {s}", c) for s, columns in items.items() for c, _ in columns if (f"--map {s}", c) not in named]
    for option, column in named:
        if column not in header:
            found.add(option, f"no column {column}{nearest(column, header)}")
    if not items:
        found.add("--map", "say which columns are ratings, such as threat=worry+fearful")
    if "person" not in places:
        found.add("--map", "say which column names the person, such as person=subject")
    if "time" not in places and not ("day" in places and "hour" in places):
        found.add("--map", "say when: time=COLUMN (hours, or date and time), or day=COLUMN and hour=COLUMN")
    return _Columns(items, places)


def _time(cells: Mapping[str, str], places: Mapping[str, str], line: int, found: Mistakes) -> float:
    """Return hours; dates count from the year 1, which later drops out."""
    if "time" in places:
        text = cells[places["time"]]
        hours = _number(text)
        if math.isnan(hours):
            try:
                moment = datetime.datetime.fromisoformat(text)
                hours = 24.0 * moment.toordinal() + moment.hour + moment.minute / 60 + moment.second / 3600
            except ValueError:
                pass
        if math.isnan(hours):
            message = "must be hours (a number) or date and time such as 2024-05-01 09:30"
            found.add(f"line {line}, {places['time']} = {text[:40] or 'nothing'}", message)
        return hours
    day, hour = _number(cells[places["day"]]), _number(cells[places["hour"]])
    if math.isnan(day) or not 0 <= hour <= 24:
        wrong = f"{cells[places['day']][:20] or 'nothing'}, {cells[places['hour']][:20] or 'nothing'}"
        found.add(f"line {line}, day, hour = {wrong}", "must be numbers, the hour from 0 to 24")
    return 24.0 * day + hour


def _number(text: str) -> float:
    try:
        value = float(text)
    except ValueError:
        return math.nan
    return value if math.isfinite(value) else math.nan


def _item(
    text: str, name: str, scale: tuple[float, float], reverse: bool, line: int, found: Mistakes
) -> float:  # fmt: skip
    """Return one item on 0 to 1, NaN if it is missing; what is off the scale is noted."""
    if text.casefold() in _MISSING:
        return math.nan
    value, (low, high) = _number(text), scale
    if not low <= value <= high:
        hint = "; give the items' scale, such as --scale 1:7" if scale == (0.0, 1.0) else ""
        found.add(f"line {line}, {name} = {text[:40]}", f"must be a number from {low:g} to {high:g}{hint}")
        return math.nan
    share = (value - low) / (high - low)
    return 1 - share if reverse else share
