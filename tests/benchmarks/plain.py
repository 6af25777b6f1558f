"""The kernel's tick in plain arithmetic, for the peers it is measured against.

The equations are those of `dynamics`, `appraisal` and `draws`; written out again here is only the scheme
(exchanges, prediction, Runge-Kutta), once for floats (Mesa), numpy arrays and JAX arrays.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from affectsim import dynamics
from affectsim.kernel.tables import BACKGROUND_PART, FIXED_PARTS
from affectsim.layout import SLOW
from affectsim.parameters import MODEL
from affectsim.stimuli import KINDS
from affectsim.world import World

FIRST_EVENT_PART = len(FIXED_PARTS)
PARTS = (*range(BACKGROUND_PART, BACKGROUND_PART + 3), *range(FIRST_EVENT_PART, FIRST_EVENT_PART + len(KINDS)))
KICKS = ("u_threat", "u_resource", "u_affiliation", "u_practice", "u_image", "u_body", "u_ease")
_PERSON = (
    "effective_self_criticism", "effective_fear_of_self_compassion", "effective_fear_of_compassion_from_others",
    "effective_threat_gain", "drive_gain", "effective_soothing_gain", "threat_baseline", "drive_baseline",
    "soothing_baseline", "effective_flight", "effective_submission",
)  # fmt: skip
_GIVER = ("effective_warmth", "effective_fight", "effective_flight")
SUMS = ("sum_threat", "sum_drive", "sum_soothing", "sum_balance", "sum_threat_dominant")
#: Records are means over a tick by Simpson's rule: weights of its start, middle and end (more than one step).
START_WEIGHT, MIDDLE_WEIGHT, END_WEIGHT = 1 / 6, 2 / 3, 1 / 6
#: Time over which the slope of what a person gives is taken (h), as in the kernel.
_SLOPE_TIME = 2.0**-20


@dataclass
class Start:
    """What a peer starts from: one world of one run, as plain arrays over people (daily life, no training)."""

    people: int
    moment: int
    state: tuple[Any, Any, Any]
    kicks: list[Any]
    memories: list[tuple[Any, Any, Any]]
    background: list[Any]
    sums: list[Any]
    power: Any
    current_power: Any
    submission: Any
    person: tuple[Any, ...]
    giver: tuple[Any, ...]
    coupling: tuple[float, ...]
    model: dict[str, float]
    decay: list[tuple[float, ...]]
    signal_weights: list[tuple[float, ...]]
    given_back: tuple[float, ...]
    stretches: tuple[range, ...]
    step_hours: tuple[float, ...]
    middle_step: int
    noise: tuple[float, ...]
    thresholds: Any
    intensity: tuple[float, ...]
    keys: Any
    power_step: float
    ties: tuple[Any, Any, Any]

    @classmethod
    def of(cls, world: World) -> Start:
        """Copy a world that stands at a whole tick of half an hour."""
        tables, run = world.tables, world.runs[0]
        assert len(world.runs) == 1 and tables.ticks_per_moment == 1 and tables.thresholds.shape[1] == 1
        assert tables.middle_step > 0, "records by Simpson's rule need more than one step"

        def get(name: str) -> Any:
            return world.get(0, name).copy()

        count = world.population.tie_start[: run.people + 1]
        source, weight = world.population.tie_source, world.tie_shares(0)
        return cls(
            people=run.people,
            moment=world.tick,
            state=(get("threat"), get("drive"), get("soothing")),
            kicks=[get(name) for name in KICKS],
            memories=[
                (get(f"{name}_before"), get(f"{name}_slope"), get(f"{name}_predicted"))
                for name in ("warmth", "hostility")
            ],
            background=[get(f"background_{name}") for name in ("threat", "drive", "soothing")],
            sums=[get(name) for name in SUMS],
            power=get("power"),
            current_power=get("current_power"),
            submission=get("effective_submission"),
            person=tuple(get(name) for name in _PERSON),
            giver=tuple(get(name) for name in _GIVER),
            coupling=tuple(tables.coupling[0].tolist()),
            model=dict(zip(MODEL, tables.model[0].tolist(), strict=True)),
            decay=[tuple(row) for row in tables.decay[0].tolist()],
            signal_weights=[tuple(row) for row in tables.signal_weights.tolist()],
            given_back=tuple(tables.given_back.tolist()),
            stretches=stretches(tables.exchange_steps),
            step_hours=tuple(tables.step_hours.tolist()),
            middle_step=int(tables.middle_step),
            noise=tuple(tables.background[0].tolist()),
            thresholds=tables.thresholds[0, 0],
            intensity=tuple(tables.intensity[0, 0].tolist()),
            keys=tables.keys[0],
            power_step=float(tables.power_step[0]),
            ties=(count, source[: count[-1]] // 4, weight[: count[-1]]),
        )

    @property
    def strengths(self) -> tuple[float, float]:
        """What a unit of warmth and of hostility from ties amounts to."""
        model = self.model
        return model["warmth_strength"], model["hostility_strength"] * model["hostility_weight"]


assert set(_PERSON) <= set(SLOW)


def inputs_of(kicks: Sequence[Any], left: Sequence[Any], background: Sequence[Any], warmth: Any, hostility: Any) -> Any:
    """Return `dynamics.Inputs` when `left` (a row of the decay table) is left of each kick."""
    return (
        kicks[0] * left[0] + background[0],
        kicks[1] * left[1] + background[1],
        kicks[2] * left[2] + background[2],
        kicks[3] * left[3] + kicks[5] * left[5] + kicks[4] * left[6],
        kicks[6] * left[7],
        warmth,
        hostility,
    )


def decayed(kicks: Sequence[Any], left: Sequence[Any]) -> list[Any]:
    """Return the kicks at the end of a tick."""
    threat, resource, affiliation, practice, image, body, ease = kicks
    return [threat * left[0], resource * left[1], affiliation * left[2], practice * left[3], image * left[4],
            body * left[5] + image * left[6], ease * left[7]]  # fmt: skip


def expressed(state: Any, inputs: Any, person: Any, giver: Any, coupling: Any) -> tuple[Any, Any, Any, Any]:
    """Return the warmth and hostility that people express, and the slopes (1/h) of both."""
    rates = dynamics.rates(state, inputs, person, coupling)
    soon = tuple(x + _SLOPE_TIME * rate for x, rate in zip(state, rates, strict=True))
    before, after = dynamics.giving(state, giver, coupling[0]), dynamics.giving(soon, giver, coupling[0])
    return (*before, (after[0] - before[0]) / _SLOPE_TIME, (after[1] - before[1]) / _SLOPE_TIME)


def predicted(weights: Any, known: Sequence[Any]) -> Any:
    """Return a signal: weights of value and slope at the last exchange, and at the one before, times these."""
    return weights[0] * known[0] + weights[1] * known[1] + weights[2] * known[2] + weights[3] * known[3]


def stretches(exchanges: Any) -> tuple[range, ...]:
    """Return the steps after each exchange of a tick, until the next."""
    return tuple(range(first, end) for first, end in itertools.pairwise(exchanges.tolist()))


def heard_on(heard: Sequence[Any], memories: Sequence[Any], missed: Any) -> tuple[list[Any], list[Any]]:
    """Return, of warmth and hostility, what is known of them after an exchange, and what is to be given back.

    `heard`: values, then slopes; `memories`: value, slope and prediction of the exchange before.
    """
    known = [(heard[k], heard[2 + k], memories[k][0], memories[k][1]) for k in range(2)]
    return known, [missed * (heard[k] - memories[k][2]) for k in range(2)]


def remembered(weights: Any, known: Sequence[Any]) -> list[tuple[Any, Any, Any]]:
    """Return value, slope and prediction for the next exchange; `weights` of the end of the last step."""
    return [(each[0], each[1], predicted(weights, each)) for each in known]


def runge_kutta(state: Any, inputs: Any, person: Any, coupling: Any, h: float) -> Any:
    """Classical fourth-order step; `inputs` at start, middle and end. Also returns the three inner stages."""
    t, d, s = state
    k1 = dynamics.rates(state, inputs[0], person, coupling)
    second = t + 0.5 * h * k1[0], d + 0.5 * h * k1[1], s + 0.5 * h * k1[2]
    k2 = dynamics.rates(second, inputs[1], person, coupling)
    third = t + 0.5 * h * k2[0], d + 0.5 * h * k2[1], s + 0.5 * h * k2[2]
    k3 = dynamics.rates(third, inputs[1], person, coupling)
    fourth = t + h * k3[0], d + h * k3[1], s + h * k3[2]
    k4 = dynamics.rates(fourth, inputs[2], person, coupling)
    a, b = h / 6.0, h / 3.0
    end = (
        t + (a * k1[0] + b * k2[0] + b * k3[0] + a * k4[0]),
        d + (a * k1[1] + b * k2[1] + b * k3[1] + a * k4[1]),
        s + (a * k1[2] + b * k2[2] + b * k3[2] + a * k4[2]),
    )
    return end, (second, third, fourth, end)


def record(sums: Sequence[Any], weight: float, state: Any, balance: Callable[..., Any]) -> list[Any]:
    """Add to the sums of threat, drive, soothing, balance and time dominated by threat (in sixths of a tick)."""
    threat, drive, soothing = state
    dominant = 6.0 * ((threat > drive) & (threat > soothing))
    seen = (threat, drive, soothing, balance(threat, drive, soothing), dominant)
    return [total + weight * value for total, value in zip(sums, seen, strict=True)]


def normal(w0: Any, w1: Any) -> Any:
    """Return an innovation of the background from two words: the sum of four uniform numbers."""
    total = (w0 >> 16) + (w0 & 0xFFFF) + (w1 >> 16) + (w1 & 0xFFFF)
    return (total * 2.0**-16 + 2.0 * 2.0**-16 - 2.0) * float(np.sqrt(3.0))


def chance(w1: Any) -> Any:
    """Return the uniform number that decides what an event becomes."""
    return ((w1 & 0xFFFF) + 0.5) * 2.0**-16


def event_size(count: Any, intensity: float, w1: Any) -> Any:
    """Return the summed size of `count` events."""
    return count * intensity * (0.5 + ((w1 >> 16) + 0.5) * 2.0**-16)
