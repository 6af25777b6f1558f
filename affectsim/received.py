"""Warmth received from ties, over the time since the last record.

The kernel's records hold means of the person's own state, not of what ties give. So where a readout asks for it, the
run is stopped for a moment every few hours, which changes none of its numbers, and what reaches everybody
then is read from the state. A record holds the mean of these looks.
"""

from __future__ import annotations

import math

import numpy as np
import numpy.typing as npt

from affectsim import dynamics
from affectsim.kernel.tables import Population, Tables
from affectsim.layout import FAST_ROWS, LANES, SLOW, SLOW_ROWS, Fast

Float = npt.NDArray[np.float64]

#: Time between two looks (h): eight a day, so that day and night count alike.
HOURS_BETWEEN = 3.0


def ticks_between(every: int, tick_hours: float) -> int:
    """Return how many ticks lie between two looks: `HOURS_BETWEEN`, or less where `every` (ticks) asks for it."""
    return math.gcd(every, max(1, round(HOURS_BETWEEN / tick_hours)))


def warmth_received(population: Population, tables: Tables) -> Float:
    """Return the warmth that reaches everybody at the end of a tick (input units), shape (slots,).

    As the kernel predicts it from what was heard at the last exchange of the tick (`kernel.integrate.stretch`); whoever
    withdraws under threat (flight) is reached by less of it, as in `dynamics.answers`.
    """
    fast = population.fast.reshape(-1, FAST_ROWS, LANES)
    slow = population.slow.reshape(-1, SLOW_ROWS, LANES)
    threat_signal = dynamics.signal(fast[:, Fast.THREAT], tables.coupling[population.block_run, 0][:, None])
    contact = 1.0 - slow[:, SLOW["effective_flight"]].astype(np.float64) * threat_signal
    return np.asarray(np.maximum(fast[:, Fast.WARMTH_PREDICTED], 0.0) * contact).reshape(-1)
