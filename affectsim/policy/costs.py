"""What a policy costs: the hours of therapists for all who are offered training, before anybody drops out."""

from __future__ import annotations

import math

from affectsim.errors import InputError, Mistake
from affectsim.parts import Table, field
from affectsim.scenario import Scenario
from affectsim.world import community_of

#: What is said where some who are chosen never start.
_NOT_ALL_START = (
    "not everybody starts with it, so what a policy costs is not known beforehand; leave it out to optimise"
)


def refuse_unknown(scenario: Scenario) -> None:
    """Raise InputError with every setting by which somebody who is chosen may never start."""
    training = scenario.training
    if training is None:
        return
    settings = {
        "training.who.unless": training.who.unless,
        "training.delivery.therapists": training.delivery.therapists,
        "training.delivery.referrals_per_week": training.delivery.referrals_per_week,
    }
    if wrong := [Mistake(where, _NOT_ALL_START) for where, value in settings.items() if value is not None]:
        raise InputError(scenario.source, wrong)


class Cost(Table):
    """The cost model. With `price` costs are in its currency, otherwise in hours of therapists."""

    individual_session: float = field(
        1.0, ge=0, le=24, unit="h", says="length of a session with one person", source="assumed"
    )
    group_session: float = field(
        2.0, ge=0, le=24, unit="h", says="length of a session with a group",
        source="Braehler et al. 2013 (Br J Clin Psychol 52:199-214): groups of two hours",
    )  # fmt: skip
    group_therapists: int = field(2, ge=1, le=100, unit="people", says="therapists in a group", source="assumed")
    beside_session: float = field(
        0.5, ge=0, le=24, unit="h", says="work of each therapist beside a session: preparation, notes", source="assumed"
    )
    assessment: float = field(
        1.0, ge=0, le=24, unit="h", says="assessment of each person who is offered training", source="assumed"
    )
    programme: float = field(
        0.0, ge=0, le=1e9, unit="h", says="work once for a programme, however many take part", source="assumed"
    )
    price: float | None = field(None, gt=0, le=1e9, unit="", says="price of an hour; left out: costs are in hours")

    @property
    def unit(self) -> str:
        """What costs are counted in."""
        return "hours of therapists" if self.price is None else "units of price"

    def of(self, scenario: Scenario, people: int | None = None) -> float:
        """Return the cost of a scenario; `people`: its size if it is known. 0 if nobody is offered training.

        Every session is paid for, as it was planned; the last group is paid for as a full one. Raises InputError for
        files that are wrong, and where not everybody who is chosen starts: who does is known after the run only.
        """
        programme = scenario.programme()
        if scenario.training is None or programme is None:
            return 0.0
        refuse_unknown(scenario)
        people = scenario.population.size if people is None else people
        if people is None:
            people = community_of(scenario).people
        trained = round(scenario.training.who.share * people)
        if trained == 0:
            return 0.0
        if programme.setting == "group":
            rooms, length, therapists = (
                math.ceil(trained / programme.group_size), self.group_session, self.group_therapists
            )  # fmt: skip
        else:
            rooms, length, therapists = trained, self.individual_session, 1
        sessions = rooms * len(programme.sessions) * therapists * (length + self.beside_session)
        hours = sessions + trained * self.assessment + self.programme
        return hours if self.price is None else hours * self.price
