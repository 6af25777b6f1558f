"""What is asked of the participants and what comes back: scores with error, some of them missing."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from affectsim.draws import uniforms
from affectsim.readouts import ALWAYS
from affectsim.results import constants, measures, read_measure, recording, slow_rows
from affectsim.trials.allocation import Allocation
from affectsim.trials.design import Trial
from affectsim.trials.worlds import TRIAL, Batch, Ran

Float = npt.NDArray[np.float64]
Bool = npt.NDArray[np.bool_]

_FEAR = "fear_of_self_compassion"


class Answers(NamedTuple):
    """One replicate of a trial: what was answered, and what only a simulation knows.

    `answered`: outcome -> (assessments, people) in the trial, with error, NaN where an answer is missing.
    `true`: world -> outcome -> (assessments, people), without error, nothing missing.
    `fear`, `threat`: (assessments, people) in the trial. `weeks`: assessment -> number of the weekly record.
    """

    replicate: int
    allocation: Allocation
    stopped: Bool
    weeks: dict[str, int]
    answered: dict[str, Float]
    true: dict[str, dict[str, Float]]
    threat: Float
    fear: Float

    @property
    def assessments(self) -> tuple[str, ...]:
        """Names of the assessments in order."""
        return tuple(self.weeks)


def answers(batch: Batch) -> list[Answers]:
    """Return the answers of every replicate of a batch."""
    return [_answers(batch, one) for one in batch.ran]


def _answers(batch: Batch, ran: Ran) -> Answers:
    design, weeks = batch.trial.design, batch.trial.weeks
    rows = list(weeks.values())
    true = {
        world: {name: values(batch, number, name, error=False)[rows] for name in design.outcomes}
        for world, number in ran.runs.items()
    }
    number = ran.runs[TRIAL]
    threat = values(batch, number, "threat", error=False)[rows]
    fear = values(batch, number, _FEAR, error=False)[rows]
    gone = missing(batch.trial, ran, threat, fear)
    answered = {}
    for name in design.outcomes:
        score = values(batch, number, name, error=design.measurement_error)[rows]
        score[gone] = np.nan
        score[:, ran.allocation.arm < 0] = np.nan
        answered[name] = score
    return Answers(ran.replicate, ran.allocation, ran.stopped, weeks, answered, true, threat, fear)


def values(batch: Batch, number: int, outcome: str, *, error: bool) -> Float:
    """Return a readout of one run in every week, shape (weeks, people), with or without error of measurement."""
    found = batch.recorded
    run = found.world.runs[number]
    quantities = (*ALWAYS, *slow_rows(run.scenario))
    records = {name: found.values[number][:, n, :] for n, name in enumerate(quantities)}
    if outcome in ALWAYS:
        return records[outcome].copy()
    measure = measures(run.scenario)[outcome.replace("-", "_")]
    shape = records["threat"].shape
    for name in constants(run.scenario):
        records[name] = np.broadcast_to(found.world.get(number, name), shape)
    about = recording(run, np.arange(run.people), found.hours)._replace(measurement_error=error)
    return np.array(read_measure(measure, records, about))


def missing(trial: Trial, ran: Ran, threat: Float, fear: Float) -> Bool:
    """Return which answers are missing, shape (assessments, people); those before training are all there.

    log odds = logit(rate) + threat * z(threat now) + fear * z(fear now) + stopped, with z among the participants at
    the same assessment. A person's draw is the same at each assessment, so who is away tends to stay away.
    """
    rule, replicate = trial.design.missing, ran.replicate
    gone = np.zeros(threat.shape, dtype=bool)
    if rule.rate == 0:
        return gone
    who = ran.allocation.arm >= 0
    lots = uniforms(trial.scenario.seed, replicate, "trial/missing", who.size)
    log_odds = np.log(rule.rate / (1 - rule.rate)) + rule.stopped * ran.stopped
    for row in range(1, threat.shape[0]):
        now = log_odds + rule.threat * _z(threat[row], who) + rule.fear * _z(fear[row], who)
        gone[row] = lots < 1 / (1 + np.exp(-now))
    return gone


def _z(values: Float, who: Bool) -> Float:
    spread = values[who].std()
    return np.asarray((values - values[who].mean()) / spread) if spread > 0 else np.zeros(values.shape)
