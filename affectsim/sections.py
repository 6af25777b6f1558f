"""The tables of a scenario that are not parts: who takes part, training, what is recorded, numerics."""

from __future__ import annotations

import dataclasses
import re
from collections.abc import Iterable, Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
from pydantic import field_validator

import affectsim.readouts  # noqa: F401  (so that their kinds are known)
from affectsim.checking import Findings, dotted, range_words, read_number, unknown_keys, wrong_type
from affectsim.errors import nearest
from affectsim.parameters import ATTRIBUTES, MODEL, MOMENT_HOURS, TRAITS, Trait
from affectsim.parts import Exercise, Readout, Table, field

#: Most people in a population: a limit of this package.
MOST_PEOPLE = 20_000_000
#: Everything that differs between people: name -> the distribution it is drawn from.
DISTRIBUTIONS: dict[str, Trait] = {**TRAITS, **ATTRIBUTES}
#: Largest spread (standard deviation of log or logit); 3 puts the middle 95 % over a factor of 130,000.
MOST_SPREAD = 3.0


class Preset(NamedTuple):
    """A kind of population: changes of medians and spreads, `traits[name][median or spread]`."""

    says: str
    traits: dict[str, dict[str, float]]
    source: str


PRESETS: dict[str, Preset] = {
    "general": Preset("people in general: all distributions as they are", {}, "parameters.TRAITS"),
    "help-seeking": Preset(
        "people who seek help: more self-critical, more afraid of compassion",
        {
            "self_criticism": {"median": 1.2},
            "fear_of_self_compassion": {"median": 0.30},
            "fear_of_compassion_from_others": {"median": 0.30},
        },
        "assumed; directions: fears of compassion go with distress, r = .49 and .48 (Kirby et al. 2019); a median "
        "self-criticism of 1.5, just above the fold at mean inputs, would with daily events on top leave nine people "
        "in ten locked in threat, which no diary study of patients shows",
    ),
}


class Head(Table):
    """What stands above all tables of a scenario."""

    title: str = field("", max_length=500, unit="", says="what it is about")
    days: float = field(gt=0, le=36_500, unit="days", says="length of the run, a multiple of half an hour")
    seed: int = field(0, ge=0, le=2**63 - 1, unit="1", says="seed of all random draws")
    replicates: int = field(1, ge=1, le=100_000, unit="1", says="number of different worlds from the same seed")

    def problems(self) -> Iterable[tuple[str, str]]:
        """Yield what is wrong between fields."""
        moments = self.days * 24 / MOMENT_HOURS
        if abs(moments - round(moments)) > 1e-6 * max(1.0, moments) or round(moments) < 1:
            yield "days", "must be a multiple of half an hour (1/48 of a day)"


class Population(Table):
    """How many people there are and how they differ."""

    size: int | None = field(
        None, ge=1, le=MOST_PEOPLE, unit="people", says="number of people; left out: as in the network file"
    )
    preset: str = field("general", unit="", says=f"kind of population: {', '.join(PRESETS)}")
    traits: dict[str, dict[str, float]] = field(
        default_factory=dict, unit="", says="changed distributions: NAME.median, NAME.spread"
    )

    @field_validator("preset")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in PRESETS:
            raise ValueError(f"unknown preset{nearest(name, PRESETS)}")
        return name

    def distributions(self) -> dict[str, Trait]:
        """Return the distribution of every trait and attribute: defaults, then preset, then own changes."""
        found = dict(DISTRIBUTIONS)
        for changes in (PRESETS[self.preset].traits, self.traits):
            for name, change in changes.items():
                old = found[name]
                median, spread = change.get("median", old.median), change.get("spread", old.spread)
                found[name] = dataclasses.replace(old, median=median, spread=spread)
        return found


class Who(Table):
    """Who is trained."""

    share: float = field(0.5, ge=0, le=1, unit="1", says="share of the people who are offered training")
    choose: Literal["random", "most-self-critical", "hubs", "isolates"] = field(
        "random", unit="",
        says="who they are: anybody, the most self-critical, or those with most or with fewest ties",
    )  # fmt: skip


class Training(Table):
    """A programme, who takes part in it, and against what it is compared."""

    programme: str = field(min_length=1, unit="", says="name of a shipped programme, or path of a .toml file")
    start_day: int = field(0, ge=0, le=36_499, unit="days", says="day of the run on which the programme starts")
    who: Who = field(default_factory=Who, unit="", says="who is trained")
    against: Literal["waiting-list", "nothing"] = field(
        "waiting-list", unit="",
        says="waiting-list: a second world, same people and events, without training; nothing: one world",
    )  # fmt: skip
    exercises: dict[str, Exercise] = field(
        default_factory=dict, unit="", says="exercises with changed numbers: KIND.FIELD"
    )


_UNITS = {"minute": 1 / 60, "hour": 1.0, "day": 24.0, "week": 168.0}
_EVERY = re.compile(r"\s*(\d{1,6}(?:\.\d{1,6})?)\s*(minute|hour|day|week)s?\s*")
_MOST_EVERY = 36_500 * 24.0


def hours_of(text: str) -> float:
    """Return the hours in "30 minutes", "6 hours", "1 day", "2 weeks"; raises ValueError with the reason.

    Only multiples of half an hour are allowed: the clock of events.
    """
    found = _EVERY.fullmatch(text)
    if not found:
        raise ValueError('must be a number and minutes, hours, days or weeks, such as "6 hours"')
    moments = float(found[1]) * _UNITS[found[2]] / MOMENT_HOURS
    if not 1 <= round(moments) <= _MOST_EVERY / MOMENT_HOURS or abs(moments - round(moments)) > 1e-6:
        raise ValueError(f"must be a multiple of 30 minutes, at most {_MOST_EVERY / 24:g} days")
    return round(moments) * MOMENT_HOURS


class Record(Table):
    """What is kept of a run."""

    every: str = field("1 day", unit="", says='time between records, a multiple of 30 minutes, such as "6 hours"')
    people: Any = field(
        "all",
        unit="",
        says='whose values are kept: "all", "none", a number of people (evenly spaced), or a list',
    )
    summaries: bool = field(True, unit="", says="whether mean, spread and quantiles over everybody are kept")
    readouts: tuple[str, ...] = field(("balance", "dominant"), unit="", says="what is kept beside the three systems")

    @field_validator("every")
    @classmethod
    def _duration(cls, text: str) -> str:
        hours_of(text)
        return text

    @field_validator("people")
    @classmethod
    def _whose(cls, people: Any) -> str | int | tuple[int, ...]:
        if isinstance(people, tuple):
            whole = [row for row in people if isinstance(row, int) and not isinstance(row, bool)]
            rows = [row for row in whole if 0 <= row < MOST_PEOPLE]
            if len(rows) < len(people):
                raise ValueError(f"must be a list of whole numbers, {range_words(0, MOST_PEOPLE - 1)}")
            if len(set(rows)) < len(rows):
                raise ValueError("must not name a person twice")
            return tuple(rows)
        if people in ("all", "none"):
            return str(people)
        if isinstance(people, int) and not isinstance(people, bool) and 0 <= people <= MOST_PEOPLE:
            return people
        count = f"a number of people ({range_words(0, MOST_PEOPLE)})"
        raise ValueError(f'must be "all", "none", {count} or a list such as [0, 5, 9]')

    def problems(self) -> Iterable[tuple[str, str]]:
        """Yield what is wrong: names of readouts that are not known."""
        known = Readout.kinds()
        for number, name in enumerate(self.readouts):
            if known and name not in known:
                yield f"readouts.{number}", f"unknown readout{nearest(name, known)}"
        if len(set(self.readouts)) < len(self.readouts):
            yield "readouts", "must not name a readout twice"

    @property
    def every_hours(self) -> float:
        """Hours between records."""
        return hours_of(self.every)

    def count(self, people: int) -> int:
        """Return how many of `people` people are recorded."""
        if isinstance(self.people, str):
            return people if self.people == "all" else 0
        return min(self.people, people) if isinstance(self.people, int) else len(self.people)

    def rows(self, people: int) -> npt.NDArray[np.int64]:
        """Return the rows of the recorded people, increasing unless listed otherwise, shape (recorded,)."""
        if isinstance(self.people, tuple):
            return np.array(self.people, dtype=np.int64)
        count = self.count(people)
        return np.arange(count, dtype=np.int64) * people // max(count, 1)


#: Allowed ticks in minutes: each divides the half hour on which events arrive.
TICKS = (30.0, 15.0, 10.0, 7.5, 6.0, 5.0, 3.0, 2.0, 1.0)


class Numerics(Table):
    """How finely time is cut; not part of the theory."""

    tick: float = field(30.0, unit="min", says="length of a tick: 30, 15, 10, 7.5, 6, 5, 3, 2 or 1", source="measured")
    steps_per_tick: int = field(12, ge=1, le=64, unit="1", says="steps of the integrator in a tick", source="measured")

    @field_validator("tick")
    @classmethod
    def _divides(cls, tick: float) -> float:
        if tick not in TICKS:
            raise ValueError(f"must be one of {', '.join(f'{t:g}' for t in TICKS)} minutes")
        return tick

    @property
    def tick_hours(self) -> float:
        """Length of a tick in hours."""
        return self.tick / 60

    @property
    def ticks_per_moment(self) -> int:
        """Ticks in a moment (half an hour)."""
        return round(MOMENT_HOURS * 60 / self.tick)


def read_traits(values: Any, path: str, findings: Findings) -> dict[str, dict[str, float]]:
    """Check changed distributions against `DISTRIBUTIONS`; return the sound ones, sorted by name."""
    found: dict[str, dict[str, float]] = {}
    if not isinstance(values, Mapping):
        findings.add(path, wrong_type("a table", values), values)
        return found
    unknown_keys(values, DISTRIBUTIONS, path, findings)
    for name in sorted(set(values) & set(DISTRIBUTIONS)):
        change, trait = values[name], DISTRIBUTIONS[name]
        where = dotted(path, name)
        if not isinstance(change, Mapping):
            hint = f"; write {name}.median = …" if isinstance(change, (int, float)) else ""
            findings.add(where, f"must be a table with median, spread or both{hint}", change)
            continue
        unknown_keys(change, ("median", "spread"), where, findings)
        bounds = {"median": (trait.low, trait.high, trait.unit), "spread": (0.0, MOST_SPREAD, "1")}
        for key in ("median", "spread"):
            if key in change:
                value = read_number(change[key], *bounds[key], dotted(where, key), findings)
                if value is not None:
                    found.setdefault(name, {})[key] = value
    return found


def read_overrides(values: Any, path: str, findings: Findings) -> dict[str, float]:
    """Check changed parameters of the equations against `parameters.MODEL`; return the sound ones by name."""
    if not isinstance(values, Mapping):
        findings.add(path, wrong_type("a table", values), values)
        return {}
    unknown_keys(values, MODEL, path, findings)
    found = {}
    for name in sorted(set(values) & set(MODEL)):
        parameter = MODEL[name]
        value = read_number(values[name], parameter.low, parameter.high, parameter.unit, dotted(path, name), findings)
        if value is not None:
            found[name] = value
    return found
