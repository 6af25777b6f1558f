"""Numbers of the integration scheme: how inputs decay within a tick and how signals are extrapolated."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]

#: Share of the steps of a tick that lie in its first half, measured: see `step_times`.
_FIRST_HALF = 0.6


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
        response = body / (body - image) * (np.exp(-image * time) - np.exp(-body * time))
    else:
        response = body * time * np.exp(-body * time)

    def left(name: str) -> Float:
        return np.asarray(np.exp(-time / model[name]))

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


def extrapolation_table(times: Float) -> Float:
    """Return the weights that predict a received signal within each step of a tick, shape (steps, 7).

    `times`: see `step_times`. Per step: weights of (now, last, before) for the middle of the step, the same for
    its end, and the factor by which a miss at its end is added to the signal of the next step, so that the
    integral of what was heard comes right. Every prediction is a quadratic: step 0 goes by the value ("now")
    and the exact slope ("last") at the start of the tick, a straight line; step 1 by value, value and slope, later
    steps by the last three values.
    """
    lengths = np.diff(times)
    # What the last step missed is given back in the first step of the next tick.
    following = np.append(lengths[1:], lengths[0])
    table = np.empty((lengths.size, 7))
    for step, (start, length) in enumerate(zip(times[:-1], lengths, strict=True)):
        middle, end = start + 0.5 * length, start + length
        if step == 0:
            known = [start, start]
            table[0, :6] = 1.0, 0.5 * length, 0.0, 1.0, length, 0.0
        elif step == 1:
            first = lengths[0]
            known = [start, times[0], times[0]]
            table[1, :6] = [
                weight
                for t in (middle, end)
                for weight in ((t / first) ** 2, 1 - (t / first) ** 2, t * (1 - t / first))
            ]
        else:
            known = [start, times[step - 1], times[step - 2]]
            table[step, :6] = [weight for t in (middle, end) for weight in _lagrange(known, t)]
        # The error of a prediction is zero where it was known: a polynomial through those times.
        error = np.polynomial.Polynomial.fromroots(known)
        integral = error.integ()
        table[step, 6] = (integral(end) - integral(start)) / (error(end) * following[step])
    return table


def _lagrange(times: list[float], at: float) -> list[float]:
    """Return the weights of values at `times` in the polynomial through them, taken `at` another time."""
    return [float(np.prod([(at - other) / (time - other) for other in times if other != time])) for time in times]
