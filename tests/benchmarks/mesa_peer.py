"""The same model as plain Mesa agents: one object per person, Python floats, ties as lists of agents."""

from __future__ import annotations

from typing import Any

import mesa
import numpy as np

from affectsim import appraisal, dynamics
from affectsim.readouts import balance
from tests.benchmarks.array_tick import NumpyPeople
from tests.benchmarks.plain import (
    END_WEIGHT,
    MIDDLE_WEIGHT,
    START_WEIGHT,
    Start,
    chance,
    decayed,
    event_size,
    expressed,
    heard_on,
    inputs_of,
    normal,
    predicted,
    record,
    remembered,
    runge_kutta,
)


def _positive(x: float) -> float:
    return x if x > 0.0 else 0.0


class PlainPerson(mesa.Agent):
    """One person."""

    def __init__(self, model: PlainModel, row: int) -> None:
        """Take over one person of a world."""
        super().__init__(model)
        start = model.start
        self.row = row
        self.state = tuple(float(x[row]) for x in start.state)
        self.kicks = [float(x[row]) for x in start.kicks]
        self.memories = [tuple(float(x[row]) for x in memory) for memory in start.memories]
        self.background = [float(x[row]) for x in start.background]
        self.person = tuple(float(x[row]) for x in start.person)
        self.giver = tuple(float(x[row]) for x in start.giver)
        self.given: list[float] = [0.0] * 4
        self.power, self.current_power = float(start.power[row]), float(start.current_power[row])
        self.submission = float(start.submission[row])
        self.sums = [float(x[row]) for x in start.sums]
        self.ties: list[tuple[PlainPerson, float]] = []
        self.heard: list[float] = [0.0] * 4

    def happen(self) -> None:
        """Background and daily life."""
        start, words = self.model.start, self.model.words[self.row]
        for k in range(3):
            z = start.noise[k] + start.noise[3] * (self.background[k] - start.noise[k])
            # The engine keeps the background in single precision.
            self.background[k] = float(np.float32(_positive(z + start.noise[4] * normal(*words[k]))))
        for kind in range(4):
            w0, w1 = words[3 + kind]
            count = sum((w0 >> 1) >= limit for limit in self.model.limits[kind])
            if not count:
                continue
            size, uniform = event_size(count, start.intensity[kind], w1), chance(w1)
            if kind == 0:
                self.kicks[0] += size
            elif kind == 1:
                if uniform < 1.0 - start.model["goal_pursuit"] * (1.0 - self.state[1]):
                    self.kicks[1] += size
            elif kind == 2:
                self.kicks[2] += size
            else:
                self.kicks[0] += size * self.appraise(uniform)

    def appraise(self, uniform: float) -> float:
        """Return what an ambiguous event does to threat."""
        model = self.model.start.model
        share = model["true_threat_share"]
        is_threat = 1.0 if uniform < share else 0.0
        rest = uniform / share if uniform < share else (uniform - share) / (1.0 - share)
        alarm = appraisal.alarm_probability(
            is_threat, self.state[0], model["discriminability"], model["criterion"],
            model["better_safe_than_sorry"], model["looks"],
        )  # fmt: skip
        return 1.0 if rest < alarm else is_threat * model["cost_of_a_miss"]

    def hear(self) -> None:
        """Receive from one's ties: warmth, hostility, and their slopes."""
        warmth = hostility = warming = souring = 0.0
        for other, weight in self.ties:
            given = other.given
            warmth += weight * given[0]
            hostility += weight * given[1]
            warming += weight * given[2]
            souring += weight * given[3]
        kind, sting = self.model.strengths
        self.heard = [kind * warmth, sting * hostility, kind * warming, sting * souring]

    def wake(self) -> None:
        """Express what one gives, without slopes, on a new day."""
        self.send(dynamics.giving(self.state, self.giver, self.model.start.coupling[0]) * 2)

    def start_tick(self, new_day: bool) -> None:
        """Express what one gives, and its slopes."""
        self.sums = record(self.sums, START_WEIGHT, self.state, balance)
        if new_day:
            self.memories = [(m[0], m[1], self.heard[k]) for k, m in enumerate(self.memories)]
        self.express(0)

    def express(self, at: int) -> None:
        """Express what one gives, with the signals as predicted; `at` is a row of the decay table."""
        start = self.model.start
        signals = [_positive(memory[2]) for memory in self.memories]
        inputs = inputs_of(self.kicks, start.decay[at], self.background, *signals)
        self.send(expressed(self.state, inputs, self.person, self.giver, start.coupling))

    def send(self, given: Any) -> None:
        """Give to one's ties: in single precision, as the engine does."""
        self.given = np.array(given, dtype=np.float32).tolist()

    def stretch(self, number: int) -> None:
        """Do the Runge-Kutta steps until the next exchange."""
        start = self.model.start
        known, back = heard_on(self.heard, self.memories, start.given_back[number - 1])
        here = [_positive(known[k][0] + back[k]) for k in range(2)]
        for step in start.stretches[number]:
            row = start.signal_weights[step]
            middle, end = ([_positive(predicted(row[at:], known[k]) + back[k]) for k in range(2)] for at in (0, 4))
            inputs = [
                inputs_of(self.kicks, start.decay[2 * step + k], self.background, *signals)
                for k, signals in enumerate((here, middle, end))
            ]
            self.state, _ = runge_kutta(self.state, inputs, self.person, start.coupling, start.step_hours[step])
            if step + 1 == start.middle_step:
                self.sums = record(self.sums, MIDDLE_WEIGHT, self.state, balance)
            here = end
        self.memories = remembered(row[4:], known)
        # Others have heard already: whoever expresses now is heard at the next exchange.
        if step + 1 < len(start.step_hours):
            self.express(2 * step + 2)

    def end_tick(self) -> None:
        """Let inputs decay and note what is recorded."""
        start = self.model.start
        self.kicks = decayed(self.kicks, start.decay[-1])
        self.sums = record(self.sums, END_WEIGHT, self.state, balance)
        target = self.power * (1.0 - self.submission * dynamics.signal(self.state[0], start.coupling[0]))
        self.current_power += start.power_step * (target - self.current_power)


class PlainModel(mesa.Model):
    """A population of plain agents. Random words come ready from numpy, which only helps Mesa."""

    def __init__(self, start: Start) -> None:
        """Take over a world."""
        super().__init__(rng=0)
        self.start, self.moment, self.strengths = start, start.moment, start.strengths
        self._words = NumpyPeople(start)
        people = [PlainPerson(self, row) for row in range(start.people)]
        first, source, weight = start.ties
        for row, person in enumerate(people):
            mine = slice(first[row], first[row + 1])
            person.ties = [(people[s], float(w)) for s, w in zip(source[mine], weight[mine], strict=True)]
        self.people = people
        self.words: list[Any] = []
        self.limits: list[Any] = []

    def step(self) -> None:
        """Advance by half an hour."""
        self._words.moment = self.moment
        words = np.array(self._words.words())
        self.words = words.transpose(2, 0, 1).tolist()
        self.limits = self.start.thresholds[:, self.moment % 48].tolist()
        self.agents.do("happen")
        new_day = self.moment % 48 == 0
        if new_day:
            self.agents.do("wake")
            self.agents.do("hear")
        self.agents.do("start_tick", new_day)
        for number in range(len(self.start.given_back)):
            self.agents.do("hear")
            self.agents.do("stretch", number)
        self.agents.do("end_tick")
        self.moment += 1

    @property
    def sums(self) -> tuple[Any, ...]:
        """The sums for the record of everybody."""
        return tuple(np.array([p.sums[k] for p in self.people]) for k in range(5))

    @property
    def state(self) -> tuple[Any, ...]:
        """Threat, drive, soothing of everybody."""
        return tuple(np.array([p.state[k] for p in self.people]) for k in range(3))
