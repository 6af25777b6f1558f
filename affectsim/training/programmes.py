"""Programmes: which exercise is practised on which day, at home and in passing, and what the sessions hold.

A programme is a TOML file. Days count from 0, the day on which a person starts. The shipped ones are in the
folder `data`; anybody's own file is used by naming its path in a scenario.
"""

from __future__ import annotations

import difflib
from collections.abc import Iterable
from functools import lru_cache
from pathlib import Path
from typing import Literal, Self, TypeVar

import numpy as np
import numpy.typing as npt

import affectsim.training.exercises  # noqa: F401  (so that its kinds are known)
from affectsim.checking import Findings, read_model
from affectsim.errors import InputError, Mistake, nearest
from affectsim.parts import Exercise, Table, field
from affectsim.text_files import read_text, read_toml

P = TypeVar("P", bound="Programme")
_DATA = Path(__file__).parent / "data"
#: What one session, or the practice of one day at home, can hold.
EXERCISES_AT_A_TIME = 3
#: Most informal practices of one exercise in a day, which has 28 waking half hours: a limit of this package.
INFORMAL_MOST = 9
#: Share of the way to full hope that one session moves. With weekly sessions 62 % of what six weeks bring is there
#: after two, as it was in trials for what patients gained who took a placebo and came weekly (`_PACE`).
HOPE_OF_A_SESSION = 0.34
_PACE = (
    "from the pace of improvement on placebo: 61.6 % of it in the first 2 weeks (of 6, assumed; Posternak & Zimmerman "
    "2005, J Clin Psychiatry 66:148-158)"
)


class HomePractice(Table):
    """Daily practice of one exercise, from the first to the last day of a span (both included).

    The practice of a day at home is a sequence: the exercises of all spans that the day is in, in their order. What is
    done in passing (`informal`) comes at any waking moment, each exercise by itself.
    """

    from_day: int = field(ge=0, le=3649, unit="days", says="first day, counted from 0")
    to_day: int = field(ge=0, le=3649, unit="days", says="last day, included")
    exercise: str = field(unit="", says="kind of exercise, once a day")
    informal: float = field(
        0.0, ge=0, le=INFORMAL_MOST, unit="times a day",
        says="informal practice: how often it is also to be done in passing, in everyday life, besides that once",
    )  # fmt: skip

    def problems(self) -> Iterable[tuple[str, str]]:
        """Yield what is wrong between fields."""
        if self.to_day < self.from_day:
            yield "to_day", f"must not be before from_day ({self.from_day})"
        yield from _unknown_exercises("exercise", [self.exercise])


class Session(Table):
    """A guided session: up to three exercises after another, on one day; without exercises a supportive contact."""

    day: int = field(ge=0, le=3649, unit="days", says="day of the programme, counted from 0")
    hour: float = field(18.0, ge=0, le=23.5, unit="h", says="time of day (the half hour that holds it)")
    exercises: tuple[str, ...] = field(
        (), min_length=1, unit="", says="kinds of exercise, in order; left out: none, a supportive contact"
    )
    raises_hope: float = field(
        HOPE_OF_A_SESSION, ge=0, le=1, unit="1",
        says="share of the way to full hope that coming to it moves: what all therapies share", source=_PACE,
    )  # fmt: skip

    def problems(self) -> Iterable[tuple[str, str]]:
        """Yield what is wrong between fields."""
        if len(self.exercises) > EXERCISES_AT_A_TIME:
            yield "exercises", f"must be at most {EXERCISES_AT_A_TIME} exercises"
        yield from _unknown_exercises("exercises", self.exercises)


class Programme(Table):
    """A training programme, the same for all who take part."""

    name: str = field(min_length=1, max_length=200, unit="", says="what it is called")
    days: int = field(ge=1, le=3650, unit="days", says="length")
    drop_out: float = field(
        0.17, ge=0, le=1, unit="1", says="share of people who stop, at times spread evenly over it",
        source="15 to 20 %: the range across trials of psychological treatments",
    )  # fmt: skip
    session_attendance: float = field(
        0.9, ge=0, le=1, unit="1", says="probability that a person comes to a session", source="assumed"
    )
    setting: Literal["individual", "group"] = field("individual", unit="", says="individual or group")
    group_size: int = field(
        1, ge=1, le=100, unit="people", says="people in a full group, who start together; 1 in an individual programme"
    )
    therapist_warmth: float = field(
        0.0, ge=0, le=5, unit="input",
        says="warmth of the therapist: affiliative input from others to everybody who comes to a session",
    )  # fmt: skip
    group_warmth: float = field(
        0.0, ge=0, le=5, unit="input",
        says="warmth of the others in a full group, added to that of the therapist; less in a smaller group",
    )  # fmt: skip
    #: `home` in TOML; spans may overlap.
    practice: tuple[HomePractice, ...] = field((), unit="", says="daily practice at home", alias="home")
    sessions: tuple[Session, ...] = field((), unit="", says="guided sessions, at most one a day")

    def problems(self) -> Iterable[tuple[str, str]]:
        """Yield what is wrong between fields."""
        by_day: dict[int, list[int]] = {}
        for number, span in enumerate(self.practice):
            if span.to_day >= self.days:
                yield f"home.{number}.to_day", f"must be below days ({self.days})"
            for day in range(span.from_day, span.to_day + 1):
                before = by_day.setdefault(day, [])
                twice = next((n for n in before if self.practice[n].exercise == span.exercise), None)
                if twice is not None:
                    yield f"home.{number}", f"is the exercise of home.{twice} on day {day}; each once a day"
                    break
                if len(before) == EXERCISES_AT_A_TIME:
                    yield f"home.{number}", f"is too much on day {day}: at most {EXERCISES_AT_A_TIME} exercises a day"
                    break
                before.append(number)
        if self.setting == "individual" and self.group_size > 1:
            yield "group_size", 'must be 1 where setting is "individual"'
        if self.setting == "individual" and self.group_warmth > 0:
            yield "group_warmth", 'must be 0 where setting is "individual"'
        if self.setting == "group" and self.group_size < 2:
            yield "group_size", 'must be at least 2 where setting is "group"'
        cold = self.therapist_warmth == 0 and self.group_warmth == 0
        seen: dict[int, int] = {}
        for number, session in enumerate(self.sessions):
            if not session.exercises and cold:
                yield f"sessions.{number}", "does nothing: give it exercises, or give therapist_warmth or group_warmth"
            if session.day >= self.days:
                yield f"sessions.{number}.day", f"must be below days ({self.days})"
            if session.day in seen:
                yield f"sessions.{number}.day", f"is as in sessions.{seen[session.day]}; one session a day"
            seen[session.day] = number
        if not self.practice and not self.sessions:
            yield "home", "nothing is practised: give home practice or sessions"

    def home(self, day: int) -> tuple[str, ...]:
        """Return the kinds of exercise practised at home on a day of the programme, in their order."""
        return tuple(span.exercise for span in self.practice if span.from_day <= day <= span.to_day)

    def home_agenda(self) -> tuple[tuple[str, ...], ...]:
        """Return the kinds practised at home for each day of the programme."""
        return tuple(self.home(day) for day in range(self.days))

    def informal(self, day: int) -> tuple[float, ...]:
        """Return how often each exercise of `home(day)` is also to be done in passing that day, in their order."""
        return tuple(span.informal for span in self.practice if span.from_day <= day <= span.to_day)

    def session(self, day: int) -> Session | None:
        """Return the session of a day of the programme, or None."""
        return next((session for session in self.sessions if session.day == day), None)

    def warmth(self, members: npt.NDArray[np.int64]) -> npt.NDArray[np.float64]:
        """Return the affiliative input from others of a session, by the number of members of a group (same shape).

        The others' warmth is in proportion to how many there are: all of `group_warmth` in a full group.
        """
        others = (members - 1) / max(self.group_size - 1, 1)
        return np.asarray(self.therapist_warmth + self.group_warmth * others, dtype=np.float64)

    def exercises(self) -> tuple[str, ...]:
        """Return the kinds of exercise that occur, sorted by name (so their order never matters)."""
        kinds = {span.exercise for span in self.practice}
        kinds |= {kind for session in self.sessions for kind in session.exercises}
        return tuple(sorted(kinds))

    @classmethod
    def from_toml(cls, text: str, *, source: str = "programme") -> Self:
        """Read a programme; raises InputError with every mistake."""
        found: Self = _read(cls, text, source, frozenset(Exercise.kinds()))
        return found

    @classmethod
    def load(cls, name: str, *, folder: Path | None = None) -> Self:
        """Read a shipped programme by name, or a file by its path (relative to `folder`).

        Raises InputError with every mistake.
        """
        path = programme_file(name, folder=folder)
        return cls.from_toml(read_text(path, name, "programme file"), source=path.name)


@lru_cache(maxsize=64)
def _read(kind: type[P], text: str, source: str, exercises: frozenset[str]) -> P:
    """Read a programme; a sweep reads the same text at every point. What it may name depends on `exercises`."""
    findings = Findings()
    programme = read_model(kind, read_toml(text, source), "", findings)
    findings.stop(source)
    assert programme is not None
    return programme


def programmes() -> dict[str, Path]:
    """Return the shipped programmes: name -> file."""
    return {path.stem: path for path in sorted(_DATA.glob("*.toml"))}


def programme_file(name: str, *, folder: Path | None = None) -> Path:
    """Return the file of a shipped programme, or of a path that ends in .toml (relative to `folder`).

    Raises InputError if there is none.
    """
    shipped = programmes()
    if name in shipped:
        return shipped[name]
    path = (folder or Path.cwd()) / name
    if path.is_file():
        return path
    if path.is_dir():
        raise InputError("programme", [Mistake(name, f"{path} is a folder; name a file")])
    if name.endswith(".toml"):
        others = [item.name for item in path.parent.glob("*.toml")] if path.parent.is_dir() else []
        close = difflib.get_close_matches(path.name, others, n=1)
        hint = f"; did you mean {close[0]}?" if close else ""
        raise InputError("programme", [Mistake(name, f"no file {path.name} in {path.parent}{hint}")])
    raise InputError("programme", [Mistake(name, f"unknown programme{nearest(name, shipped)}")])


def _unknown_exercises(where: str, kinds: Iterable[str]) -> Iterable[tuple[str, str]]:
    known = Exercise.kinds()
    for kind in kinds:
        if kind not in known:
            yield where, f'unknown exercise "{kind}"{nearest(kind, known)}'
