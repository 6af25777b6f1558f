"""Numbers of the integration scheme: how inputs decay within a tick and how signals are extrapolated."""

from __future__ import annotations

import itertools
from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

from affectsim.exponential import exponential

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]

#: Share of the steps of a tick that lie in its first half, measured: see `step_times`.
_FIRST_HALF = 0.6
#: An exchange of signals before each of the first steps of a tick, then before every second one, measured: see
#: `exchange_steps`.
_FIRST_EXCHANGES, _STEPS_HEARD = 3, 2


def step_times(tick_hours: float, steps: int) -> Float:
    """Return where the steps of a tick begin and end (hours, shape (steps + 1,)), from 0 to `tick_hours`.

    Stimuli arrive at the start of a tick, so that is where the state moves fastest: steps grow by a constant
    ratio, chosen so that three fifths of them lie in the first half of the tick. (Eight such steps make half the
    error of eight equal ones: tests/benchmarks/work_precision.py.) The middle of the tick is the end of a
    step, except for a single step; there records are taken.
    """
    middle = middle_step(steps)
    # By bisection: scipy's root finder takes longer to import than to build a world.
    low, high = (1.0 + 1e-3, 2.0) if 2 * middle > steps else (1.0, 1.0)
    for _ in range(60):
        ratio = 0.5 * (low + high)
        enough = 2 * (ratio**middle - 1) > ratio**steps - 1
        low, high = (ratio, high) if enough else (low, ratio)
    ratio = 0.5 * (low + high)
    lengths = ratio ** np.arange(steps)
    times = np.concatenate([[0.0], np.cumsum(lengths)]) * (tick_hours / lengths.sum())
    if middle:
        times[middle] = tick_hours / 2
    times[-1] = tick_hours
    return np.asarray(times)


def middle_step(steps: int) -> int:
    """Return after how many steps the middle of a tick is reached; 0 if no step ends there."""
    return round(_FIRST_HALF * steps) if steps > 1 else 0


def half_steps(times: Float) -> Float:
    """Return the start, middle and end of all steps in one row, shape (2 * steps + 1,)."""
    found = np.empty(2 * times.size - 1)
    found[::2] = times
    found[1::2] = 0.5 * (times[:-1] + times[1:])
    return found


def decay_table(model: Mapping[str, float], time: Float) -> Float:
    """Return what is left of each decaying input some hours into a tick, shape (time.size, 8).

    Columns as in `tables.DECAY_KINDS`. The image feeds the body, dB/dt = (image - B) / body_memory;
    `image_to_body` is the body's response to an image of size 1 at the start of the tick.
    """
    image, body = 1 / model["image_memory"], 1 / model["body_memory"]
    if abs(image - body) > 1e-6 * body:
        response = body / (body - image) * (exponential(-image * time) - exponential(-body * time))
    else:
        response = body * time * exponential(-body * time)

    def left(name: str) -> Float:
        return np.asarray(exponential(-time / model[name]))

    return np.stack(
        [
            left("threat_memory"),
            left("resource_memory"),
            left("affiliation_memory"),
            left("practice_memory"),
            left("image_memory"),
            left("body_memory"),
            response,
            left("ease_memory"),
        ],
        axis=1,
    )


def exchange_steps(steps: int) -> Int:
    """Return before which steps of a tick people hear their ties, then the number of steps.

    Before the first three, since stimuli have just changed what people give, then before every second one: nine
    steps with six exchanges err less than ten with ten, also after a shock to everybody, when all signals change at
    once (tests/benchmarks/work_precision.py, tests/test_kernel.py).
    """
    singles = range(min(_FIRST_EXCHANGES, steps))
    return np.array([*singles, *range(_FIRST_EXCHANGES, steps, _STEPS_HEARD), steps])


def signal_weights(times: Float, exchanges: Int) -> Float:
    """Return the weights that predict a received signal within each step of a tick, shape (steps, 8).

    `times`: see `step_times`; `exchanges`: see `exchange_steps`. Per step: weights of (value and slope at the last
    exchange, value and slope at the exchange before) for the middle of the step, then for its end. The prediction is
    Hermite's cubic; after the first exchange of a tick a straight line.
    """
    heard = times[exchanges]
    table = np.zeros((times.size - 1, 8))
    for step, (start, end) in enumerate(itertools.pairwise(times)):
        number = np.searchsorted(exchanges, step, side="right") - 1
        for column, at in ((0, 0.5 * (start + end)), (4, end)):
            since = at - heard[number]
            if number == 0:
                table[step, column : column + 2] = 1.0, since
            else:
                length = heard[number] - heard[number - 1]
                u = since / length
                table[step, column : column + 4] = (
                    1 - u * u * (3 + 2 * u),
                    length * u * (1 + u) ** 2,
                    u * u * (3 + 2 * u),
                    length * u * u * (1 + u),
                )
    return table


def given_back(times: Float, exchanges: Int) -> Float:
    """Return, per exchange, by which share of what its prediction missed the signal is raised until the next but one.

    Shape (exchanges,). With it the integral of what was heard comes right: the error of a prediction is a polynomial
    with double zeros where value and slope were known. What the last stretch missed is given back in the first of the
    next tick.
    """
    heard = times[exchanges]
    lengths = np.diff(heard)
    following = np.append(lengths[1:], lengths[0])
    shares = np.empty(lengths.size)
    for number, (start, end) in enumerate(itertools.pairwise(heard)):
        known = [start, start] if number == 0 else [start, start, heard[number - 1], heard[number - 1]]
        error = np.polynomial.Polynomial.fromroots(known)
        integral = error.integ()
        shares[number] = (integral(end) - integral(start)) / (error(end) * following[number])
    return shares
