"""The tables of a scenario that are not parts: who takes part, training, what is recorded, numerics."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Literal

import numpy as np
import numpy.typing as npt
from pydantic import field_validator

import affectsim.questionnaires.ratings
import affectsim.questionnaires.received
import affectsim.questionnaires.scores
import affectsim.readouts  # noqa: F401  (so that their kinds are known)
from affectsim.checking import range_words
from affectsim.correlations import CORRELATIONS, CorrelationTable, together
from affectsim.errors import nearest
from affectsim.parameters import MOMENT_HOURS, Trait
from affectsim.parts import Exercise, Readout, Table, field
from affectsim.populations import PRESETS, distributions, is_file, load_preset
from affectsim.training.choosing import SAYS, Choose
from affectsim.training.delivery import MOST_RULES, SCREENING, Delivery, Rule
from affectsim.training.limits import LIMITS

#: Most people in a population: a limit of this package.
MOST_PEOPLE = 20_000_000


class Head(Table):
    """What stands above all tables of a scenario."""

    title: str = field("", max_length=500, unit="", says="what it is about")
    days: float = field(gt=0, le=36_500, unit="days", says="length of the run, a multiple of half an hour")
    seed: int = field(0, ge=0, le=2**63 - 1, unit="1", says="seed of all random draws")
    replicates: int = field(1, ge=1, le=100_000, unit="1", says="number of different worlds from the same seed")
    parts: tuple[str, ...] = field(
        (), unit="", says="Python files with parts of your own; reading the scenario runs their code"
    )

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
    preset: str = field(
        "general", unit="", says=f"kind of population: {', '.join(PRESETS)}, or the path of your own .toml file"
    )
    traits: dict[str, dict[str, float]] = field(
        default_factory=dict, unit="", says="changed distributions: NAME.median, NAME.spread"
    )
    correlated: bool = field(True, unit="", says="whether traits go together; false: each is drawn by itself")
    correlations: tuple[CorrelationTable, ...] = field(
        (), unit="", says='changed correlations, such as { traits = ["self_criticism", "anger"], r = 0.3 }'
    )

    @field_validator("preset")
    @classmethod
    def _known(cls, name: str) -> str:
        if name not in PRESETS and not is_file(name):
            raise ValueError(f"unknown preset{nearest(name, PRESETS)}")
        return name

    def problems(self) -> Iterable[tuple[str, str]]:
        """Yield what is wrong between fields."""
        if self.correlations and not self.correlated:
            yield "correlations", "must be left out with correlated = false"

    def distributions(self, folder: Path | None = None) -> dict[str, Trait]:
        """Return the distribution of every trait and attribute: defaults, then preset, then own changes.

        `folder`: where the file of an own preset is; raises InputError if it is wrong.
        """
        return distributions(load_preset(self.preset, folder).changes(), self.traits)

    def correlated_pairs(self, folder: Path | None = None) -> dict[tuple[str, str], float]:
        """Return what goes together, pair of traits -> r: defaults, then preset, then own changes.

        `folder`: where the file of an own preset is; raises InputError if it is wrong.
        """
        if not self.correlated:
            return {}
        preset = load_preset(self.preset, folder)
        return together(CORRELATIONS, preset.correlations, (one.correlation() for one in self.correlations))


class Limits(Table):
    """Which limits of the training people have; one that is false is taken away from everybody."""

    not_comfortable: bool = field(True, unit="", says=LIMITS["not_comfortable"].says)
    afraid: bool = field(True, unit="", says=LIMITS["afraid"].says)
    unworthy: bool = field(True, unit="", says=LIMITS["unworthy"].says)
    not_understood: bool = field(True, unit="", says=LIMITS["not_understood"].says)
    not_mindful: bool = field(True, unit="", says=LIMITS["not_mindful"].says)
    no_imagery: bool = field(True, unit="", says=LIMITS["no_imagery"].says)
    bad_associations: bool = field(True, unit="", says=LIMITS["bad_associations"].says)
    anger: bool = field(True, unit="", says=LIMITS["anger"].says)

    def off(self) -> tuple[str, ...]:
        """Return the names of the limits that are taken away."""
        return tuple(name for name in type(self).model_fields if not getattr(self, name))


class Who(Table):
    """Who is trained."""

    share: float = field(0.5, ge=0, le=1, unit="1", says="share of the people who are offered training")
    choose: Choose = field("random", unit="", says=SAYS)
    unless: Literal["not suitable"] | None = field(
        None, unit="", says='"not suitable": those whom a rule of training.screening applies to do not start; '
        "left out: nobody is screened",
    )  # fmt: skip


class Training(Table):
    """A programme, who takes part in it, who gives it, and against what it is compared."""

    programme: str = field(min_length=1, unit="", says="name of a shipped programme, or path of a .toml file")
    start_day: int = field(0, ge=0, le=36_499, unit="days", says="day of the run on which the programme starts")
    who: Who = field(default_factory=Who, unit="", says="who is trained")
    against: Literal["waiting-list", "usual-care", "active", "cognitive-behavioural", "nothing"] = field(
        "waiting-list", unit="",
        says="a second world, same people and events: waiting-list (no training), usual-care (supportive contacts), "
        "active (relaxation) or cognitive-behavioural (therapy of that kind), both with as much attention; nothing: "
        "one world",
    )  # fmt: skip
    informal_practice: bool = field(
        True, unit="", says="whether people also do exercises in passing, where the programme says so"
    )
    delivery: Delivery = field(default_factory=Delivery, unit="", says="by whom, to how many people at a time")
    screening: tuple[Rule, ...] = field(
        SCREENING, max_length=MOST_RULES, unit="", says='rules for who.unless = "not suitable"'
    )
    exercises: dict[str, Exercise] = field(
        default_factory=dict, unit="", says="exercises with changed numbers: KIND.FIELD"
    )


class Bonds(Table):
    """How ties change over the days. Left out: they stay as they are."""

    change: bool = field(
        False, unit="", says="whether mutual warmth strengthens ties and hostility and withdrawal weaken them"
    )
    stereotyping_by: str | None = field(
        None, unit="", min_length=1,
        says="attribute of people (see the network) by which they are seen as groups: hostility of one member, met "
        "under threat, lowers the warmth taken in from all; left out: nobody is",
    )  # fmt: skip

    @property
    def active(self) -> bool:
        """Whether ties change at all."""
        return self.change or self.stereotyping_by is not None


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
    measurement_error: bool = field(
        True, unit="", says="whether questionnaires and ratings are answered with error, as by real people"
    )

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
    steps_per_tick: int = field(9, ge=1, le=64, unit="1", says="steps of the integrator in a tick", source="measured")

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
