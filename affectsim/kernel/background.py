"""The background of each system: what nobody could name, from moment to moment, and good and bad weeks."""

from __future__ import annotations

import numpy as np

from affectsim.kernel.chance import draw_block
from affectsim.kernel.compile import internal, internal_inlined
from affectsim.kernel.rows import SLOW_BLOCK, Z_T, L
from affectsim.kernel.tables import BACKGROUND_PART, CIRCUMSTANCES_PART

#: Which part of `Population.circumstances`, and of the draws, each of the three backgrounds moves with.
HARDSHIP, FAVOUR = 0, 1
#: Scale that gives the sum of four uniform numbers a variance of 1 (Irwin-Hall distribution).
_IRWIN_HALL = np.sqrt(3.0)
_HALF_WORD = 2.0**-16


@internal_inlined
def _normal(w0, w1):
    """Return a sum of four uniform numbers with mean 0 and variance 1 (excess kurtosis -0.3) from two words."""
    total = np.int32(w0 >> 16) + np.int32(w0 & 0xFFFF) + np.int32(w1 >> 16) + np.int32(w1 & 0xFFFF)
    return (np.float64(np.int32(total)) * _HALF_WORD + (2.0 * _HALF_WORD - 2.0)) * _IRWIN_HALL


@internal
def circumstances(population, tables, block, day):
    """Each night people's circumstances go on: hardship and favour, from day to day, each started at chance.

    Two Ornstein-Uhlenbeck processes, exactly from day to day: hardship adds to the background of threat, favour to
    those of drive and soothing; both make good and bad weeks, and either may be below 0. Kenny & Zautra (1995) call
    this the autoregressive trait, between what never changes (stable trait) and the moment (state).
    """
    run = population.block_run[block]
    sd, persistence, innovation = (
        tables.circumstances[run, 0],
        tables.circumstances[run, 1],
        tables.circumstances[run, 2],
    )
    if sd == 0.0:
        return
    words = np.empty(2 * L, dtype=np.uint32)
    for which in range(2):
        first = (2 * block + which) * L
        draw_block(tables.keys, run, CIRCUMSTANCES_PART + which, population.block_first[block], day, words)
        for i in range(L):
            normal = _normal(words[i], words[L + i])
            now = persistence * np.float64(population.circumstances[first + i]) + innovation * normal
            population.circumstances[first + i] = np.float32(sd * normal if day == 0 else now)


@internal_inlined
def background(population, tables, block, moment):
    """Advance the Ornstein-Uhlenbeck background of a block by one moment, around its mean and circumstances.

    Innovations are sums of four uniform numbers (variance 1, excess kurtosis -0.3), so the stationary distribution is
    normal but for an excess kurtosis of about -0.03, as long as it stays above 0. The input is held for one moment and
    stops at 0: where the standard deviation is not small against the mean, the input is higher on average, and less
    spread out, than the parameters say (`stimuli.mean_background`).
    """
    run = population.block_run[block]
    slow = population.slow[block * SLOW_BLOCK : (block + 1) * SLOW_BLOCK]
    first = population.block_first[block]
    persistence, innovation = tables.background[run, 3], tables.background[run, 4]
    words = np.empty(2 * L, dtype=np.uint32)
    means = np.empty(L)
    for system in range(3):
        for i in range(L):
            means[i] = tables.background[run, system]
        if tables.circumstances[run, 0] > 0.0:
            these = (2 * block + (HARDSHIP if system == 0 else FAVOUR)) * L
            for i in range(L):
                means[i] += np.float64(population.circumstances[these + i])
        row = slow[Z_T + system * L : Z_T + (system + 1) * L]
        draw_block(tables.keys, run, BACKGROUND_PART + system, first, moment, words)
        for i in range(L):
            mean = means[i]
            normal = _normal(words[i], words[L + i])
            z = mean + persistence * (np.float64(row[i]) - mean) + innovation * normal
            row[i] = np.float32(z if z > 0.0 else 0.0)
