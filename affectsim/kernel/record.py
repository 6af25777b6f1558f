"""What is recorded of the people of a block: sums over ticks, and the means that come of them."""

from __future__ import annotations

import numpy as np

from affectsim import readouts
from affectsim.kernel.compile import inlined, internal, internal_inlined
from affectsim.kernel.rows import (
    FAST_BLOCK,
    SLOW_BLOCK,
    SUM_BALANCE,
    SUM_D,
    SUM_DOMINANT,
    SUM_S,
    SUM_T,
    X_D,
    X_S,
    X_T,
    L,
)
from affectsim.layout import SLOW_ROWS

#: First rows of a record: mean threat, drive, soothing, balance, and share of time threat-dominant.
SUMS = 5
#: Threat-dominant time is counted in these parts of a tick: whole numbers, which few bits hold exactly.
_PARTS = 6.0
_balance = inlined(readouts.balance)


@internal_inlined
def add_to_record(population, block, number, steps, middle):
    """Add to the sums from which records are made: means over the tick, not its end alone.

    A tick is not short against the stimuli's decay. Simpson's rule (start, middle, end), or the mean of
    start and end if no step ends in the middle; `number` is -1 at the start.
    """
    weight = 1.0 / 6.0 if middle > 0 else 0.5
    if number == middle - 1 and middle > 0:
        weight = 2.0 / 3.0
    elif -1 < number < steps - 1:
        return
    fast = population.fast[block * FAST_BLOCK : (block + 1) * FAST_BLOCK]
    slow = population.slow[block * SLOW_BLOCK : (block + 1) * SLOW_BLOCK]
    for i in range(L):
        threat, drive, soothing = fast[X_T + i], fast[X_D + i], fast[X_S + i]
        fast[SUM_T + i] += weight * threat
        fast[SUM_D + i] += weight * drive
        fast[SUM_S + i] += weight * soothing
        fast[SUM_BALANCE + i] += weight * _balance(threat, drive, soothing)
        dominant = _PARTS * weight if threat > drive else 0.0
        slow[SUM_DOMINANT + i] += np.float32(dominant if threat > soothing else 0.0)


@internal
def write_record(population, block, ticks, rows, chosen, out):
    """Write the means since the last record of the chosen people of one block, and start new sums.

    `chosen[slot]` is the column of a person in `out` (rows, columns), or -1. `rows` (see layout.RECORDABLE) are
    copied as they are now.
    """
    fast = population.fast[block * FAST_BLOCK : (block + 1) * FAST_BLOCK]
    slow = population.slow[block * SLOW_BLOCK : (block + 1) * SLOW_BLOCK]
    for i in range(L):
        column = chosen[block * L + i]
        for k in range(SUMS - 1):
            if column >= 0:
                out[k, column] = fast[SUM_T + k * L + i] / ticks
            fast[SUM_T + k * L + i] = 0.0
        if column >= 0:
            out[SUMS - 1, column] = np.float64(slow[SUM_DOMINANT + i]) / (_PARTS * ticks)
        slow[SUM_DOMINANT + i] = 0.0
        if column >= 0:
            for k in range(rows.size):
                row = rows[k]
                if row < SLOW_ROWS:
                    out[SUMS + k, column] = slow[row * L + i]
                else:
                    out[SUMS + k, column] = fast[(row - SLOW_ROWS) * L + i]
