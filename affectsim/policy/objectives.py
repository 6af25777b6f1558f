"""What a policy is judged by: numbers of one run, worked out where the run was made."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from affectsim.errors import nearest
from affectsim.parts import Readout, Table, field
from affectsim.readouts import SYSTEMS, directions
from affectsim.scenario import Scenario
from affectsim.simulation import Recorded
from affectsim.sweep.outcomes import period_mean, person_values
from affectsim.trial import HARM_MARGIN, WEEK

Float = npt.NDArray[np.float64]

MEASURES = {
    "mean": "mean of a readout over everybody",
    "worst-off": "mean of a readout over those who are worst off",
    "threat-dominant": "share of people in whom threat is the strongest system for more than half of the time",
    "harmed": f"share of people whose own twin without training does better by more than {HARM_MARGIN:g} standard "
    "deviations",
    "cost": "cost of the policy",
}
_READ = ("mean", "worst-off", "harmed")
_THREAT = "threat_dominant"


class Objective(Table):
    """One objective, as a file says it."""

    measure: Literal["mean", "worst-off", "threat-dominant", "harmed", "cost"] = field(
        unit="", says="; ".join(f"{name}: {says}" for name, says in MEASURES.items())
    )
    readout: str = field("balance", unit="", says="readout, for mean, worst-off and harmed")
    share: float = field(0.1, gt=0, le=1, unit="1", says="share of people who are worst off")
    direction: Literal["more", "less"] | None = field(
        None, unit="", says="what is better; default: as the readout says, and less of everything else"
    )
    days: tuple[float, ...] = field((), unit="days", says="days over which means are taken; default: the last week")
    name: str = field("", unit="", max_length=60, says="what it is called in tables")

    def problems(self) -> Iterable[tuple[str, str]]:
        """Yield what is wrong between fields."""
        given = self.model_fields_set
        if "readout" in given and self.measure not in _READ:
            yield "readout", f"means nothing for measure = {self.measure}"
        if "share" in given and self.measure != "worst-off":
            yield "share", f"means nothing for measure = {self.measure}"
        if self.measure == "cost" and self.days:
            yield "days", "means nothing for measure = cost"
        elif self.days and (len(self.days) != 2 or not 0 <= self.days[0] < self.days[1]):
            yield "days", "must be two days, such as [21, 28], the earlier one first"

    def wrong(self, base: Scenario) -> Iterable[tuple[str, str]]:
        """Yield what does not fit a scenario."""
        if self.days and self.days[1] > base.days:
            yield "days", f"must be within the run, 0 to {base.days:g}"
        if self.measure not in _READ:
            return
        known = {*SYSTEMS, *base.kinds(Readout)}
        if self.readout not in known:
            yield "readout", f"unknown{nearest(self.readout, known)}"
        elif self.variable not in directions() and (self.measure != "mean" or self.direction is None):
            yield "direction", f"missing: {self.readout} does not say whether more of it is better"

    @property
    def variable(self) -> str:
        """Name of the readout as a variable of a run."""
        return self.readout.replace("-", "_")

    @property
    def title(self) -> str:
        """What it is called in tables."""
        if self.name:
            return self.name
        own = {"mean": self.variable, "worst-off": f"worst_off_{self.variable}"}
        return own.get(self.measure, self.measure.replace("-", "_"))

    def goal(self, base: Scenario) -> Goal:
        """Return it with everything filled in."""
        natural = directions().get(self.variable, 1)
        sign = natural if self.measure in ("mean", "worst-off") else -1
        if self.direction is not None:
            sign = 1 if self.direction == "more" else -1
        span = (self.days[0], self.days[1]) if self.days else (max(0.0, base.days - WEEK), base.days)
        outcome = _THREAT if self.measure == "threat-dominant" else self.readout
        return Goal(self.title, self.measure, outcome, natural, sign, span, self.share)


class Goal(NamedTuple):
    """An objective with everything filled in. `natural`: +1 if more of the outcome is better for people; `sign`: +1
    if more of the objective is sought.
    """

    name: str
    measure: str
    outcome: str
    natural: int
    sign: int
    span: tuple[float, float]
    share: float

    @property
    def simulated(self) -> bool:
        """Whether it takes a run to know it."""
        return self.measure != "cost"

    def of(self, level: Float, twin: Float | None = None) -> float:
        """Return the number of a run from everybody's mean over the span, shape (people,), and that of their twins."""
        if self.measure == "mean":
            return float(level.mean())
        if self.measure == "worst-off":
            worst = np.sort(self.natural * level)[: max(1, round(self.share * level.size))]
            return float(self.natural * worst.mean())
        if self.measure == "threat-dominant":
            return float((level > 0.5).mean())
        if twin is None:
            return 0.0
        margin = HARM_MARGIN * float(twin.std(ddof=1)) if twin.size > 1 else 0.0
        return float((self.natural * (level - twin) < -margin).mean())


def readouts(goals: Sequence[Goal]) -> list[str]:
    """Return the outcomes that must be recorded, each once."""
    return list(dict.fromkeys(goal.outcome for goal in goals if goal.simulated))


def levels(batch: Recorded, number: int, goals: Sequence[Goal]) -> Mapping[str, Float]:
    """Return everybody's mean over the span of each goal, by its name; shape (people,) each."""
    outcomes = {name: person_values(batch, number, name) for name in readouts(goals)}
    return {g.name: period_mean(outcomes[g.outcome], batch.hours, g.span) for g in goals if g.simulated}
