"""Numbers of the integration scheme: how inputs decay within a tick and how signals are extrapolated."""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
import numpy.typing as npt

Float = npt.NDArray[np.float64]


def decay_table(model: Mapping[str, float], tick_hours: float, steps: int) -> Float:
    """Return what is left of each decaying input at every half step of a tick, shape (2 * steps + 1, 8).

    Columns as in `tables.DECAY_KINDS`. The image feeds the body, dB/dt = (image - B) / body_memory;
    `image_to_body` is the body's response to an image of size 1 at the start of the tick.
    """
    time = np.linspace(0.0, tick_hours, 2 * steps + 1)
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


def extrapolation_table(step_hours: float, steps: int) -> Float:
    """Return the weights that predict a received signal within each step of a tick, shape (steps, 7).

    Per step: weights of (now, last, before) for the middle of the step, the same for its end, and the
    share of the miss at the end that the integral over the step missed. Step 0 uses the value and the
    exact slope at the start of the tick ("now" is the slope), step 1 value, slope and value, later
    steps the last three values.
    """
    h = step_hours
    table = np.empty((steps, 7))
    table[0] = 0.5 * h, 1.0, 0.0, h, 1.0, 0.0, 1 / 3
    if steps > 1:
        table[1] = 2.25, -1.25, -0.75 * h, 4.0, -3.0, -2.0 * h, 17 / 48
    table[2:] = 1.875, -1.25, 0.375, 3.0, -3.0, 1.0, 3 / 8
    return table
