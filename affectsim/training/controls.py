"""Control arms: what people get who are compared with those in training.

"waiting-list" is nothing at all. The others are files in `data/controls`: a control is turned into a programme
that suits the training it is compared with, so both begin on the same day and last equally long.
"""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Any, Self

from affectsim.checking import Findings, read_model
from affectsim.parts import Exercise, Table, field
from affectsim.text_files import read_text, read_toml
from affectsim.training.programmes import HomePractice, Programme, Session

_DATA = Path(__file__).parent / "data" / "controls"


class Control(Table):
    """What happens in a control arm instead of training; what is left out is as in the training.

    Nothing is done in passing: informal practice is of the training alone.
    """

    name: str = field(min_length=1, max_length=200, unit="", says="what it is called")
    exercise: str | None = field(
        None, unit="", says="kind of exercise in every session and every home practice, once each; left out: none"
    )
    contact_every: int | None = field(
        None, ge=1, le=3650, unit="days",
        says="days between contacts, with no home practice; left out: sessions and home practice as in the training",
    )  # fmt: skip
    hour: float = field(10.0, ge=0, le=23.5, unit="h", says="time of day of a contact")
    therapist_warmth: float | None = field(None, ge=0, le=5, unit="input", says="warmth of a contact")
    raises_hope: float | None = field(
        None, ge=0, le=1, unit="1", says="share of the way to full hope that a session or contact moves"
    )
    drop_out: float | None = field(None, ge=0, le=1, unit="1", says="share of people who stop")
    session_attendance: float | None = field(None, ge=0, le=1, unit="1", says="probability of coming to a contact")

    def problems(self) -> Iterable[tuple[str, str]]:
        """Yield what is wrong between fields."""
        if self.exercise is None and self.contact_every is None:
            yield "contact_every", "is missing, and so is exercise: nothing would happen"
        if self.exercise is not None and self.exercise not in Exercise.kinds():
            yield "exercise", f'unknown exercise "{self.exercise}"'

    def programme(self, training: Programme) -> Programme:
        """Return the programme of the control arm beside a training."""
        own: dict[str, object] = {"name": self.name}
        own |= {
            name: value
            for name in ("therapist_warmth", "drop_out", "session_attendance")
            if (value := getattr(self, name)) is not None
        }
        # A session says nothing of exercises if it has none.
        done: dict[str, Any] = {} if self.exercise is None else {"exercises": (self.exercise,)}
        if self.raises_hope is not None:
            done["raises_hope"] = self.raises_hope
        if self.contact_every is not None:
            contacts = range(0, training.days, self.contact_every)
            sessions = tuple(Session(day=day, hour=self.hour, **done) for day in contacts)
            alone = {"setting": "individual", "group_size": 1, "group_warmth": 0.0, "practice": ()}
            return training.model_copy(update={**own, **alone, "sessions": sessions})
        assert self.exercise is not None
        sessions = tuple(one.model_copy(update=done) for one in training.sessions)
        # Once a day on every day with practice, however many exercises the training has then, and never in passing.
        practice = tuple(
            HomePractice(from_day=day, to_day=day, exercise=self.exercise)
            for day, kinds in enumerate(training.home_agenda())
            if kinds
        )
        return training.model_copy(update={**own, "practice": practice, "sessions": sessions})

    @classmethod
    def load(cls, name: str) -> Self:
        """Read a shipped control by name. Raises InputError with every mistake."""
        path = controls()[name]
        findings = Findings()
        control = read_model(cls, read_toml(read_text(path, name, "control file"), path.name), "", findings)
        findings.stop(path.name)
        assert control is not None
        return control


def controls() -> dict[str, Path]:
    """Return the shipped controls: name -> file."""
    return {path.stem: path for path in sorted(_DATA.glob("*.toml"))}
