"""What people give to their ties and receive from them, once per exchange."""

from __future__ import annotations

import numpy as np

from affectsim import dynamics
from affectsim.kernel.binding import bind
from affectsim.kernel.compile import inlined, internal_inlined
from affectsim.kernel.prefetch import prefetch
from affectsim.kernel.rows import (
    FAST_BLOCK,
    FIGHT,
    FLIGHT,
    GAIN_D,
    GIVE_WARMTH,
    HOSTILITY_STRENGTH,
    HOSTILITY_WEIGHT,
    SLOW_BLOCK,
    SUM_T,
    WARMTH_STRENGTH,
    X_D,
    X_S,
    X_T,
    Z_S,
    L,
)
from affectsim.kernel.ties import sum_ties

#: Blocks from which a population no longer fits the cache of one core (a block is about 25 kB).
FETCHED_FROM = 40
#: Cache lines (64 bytes) of what a step reads of a block, for each person: rows 0 to the signals, GAIN_D to Z_S.
_FAST_LINES, _SLOW_LINES = SUM_T // 8 // L, (Z_S + L - GAIN_D) // 16 // L

signal = inlined(dynamics.signal)
giving = inlined(bind(dynamics.giving, signal=signal))


@internal_inlined
def fetch(population, given, block, i):
    """Have one person's share of what a block reads brought to the cache while the block before is worked on.

    Person by person, so that memory has time for each: asked for at once, a block would keep the one before
    waiting. A small population stays in the cache anyway.
    """
    blocks = population.block_run.size
    if blocks >= FETCHED_FROM and block < blocks:
        fast = population.fast[block * FAST_BLOCK : (block + 1) * FAST_BLOCK]
        for line in range(_FAST_LINES):
            prefetch(fast, 8 * (_FAST_LINES * i + line))
        slow = population.slow[block * SLOW_BLOCK + GAIN_D : (block + 1) * SLOW_BLOCK]
        for line in range(_SLOW_LINES):
            prefetch(slow, 16 * (_SLOW_LINES * i + line))
        first, last = population.tie_start[block * L + i], population.tie_start[block * L + i + 1]
        for k in range(np.uintp(first), np.uintp(last)):
            prefetch(given, population.tie_source[k])


@internal_inlined
def hear(population, tables, block, buffer, scratch):
    """Write what everybody in a block receives from their ties into rows 0 to 3 of the scratch pad.

    Warmth, hostility, and the slopes of both.
    """
    half = population.given.size // 2
    given = population.given[buffer * half : (buffer + 1) * half]
    run = population.block_run[block]
    strength = tables.model[run, WARMTH_STRENGTH]
    sting = tables.model[run, HOSTILITY_STRENGTH] * tables.model[run, HOSTILITY_WEIGHT]
    starts = population.tie_start[block * L : (block + 1) * L + 1]
    sources, weights, trusted = population.tie_source, population.tie_weight, population.tie_warmth
    for i in range(L):
        fetch(population, given, block + 1, i)
        sum_ties(scratch, i, given, sources, trusted, weights, starts[i], starts[i + 1])
    shares = population.tie_share[block * L : (block + 1) * L]
    for i in range(L):
        share = np.float64(shares[i])
        scratch[i] *= strength * share
        scratch[L + i] *= sting * share
        scratch[2 * L + i] *= strength * share
        scratch[3 * L + i] *= sting * share


@internal_inlined
def send(population, block, buffer, scratch):
    """Put rows 0 to 3 of the scratch pad, person by person, where the ties read them."""
    at = buffer * (population.given.size // 2) + 4 * block * L
    out = population.given[at : at + 4 * L]
    for i in range(L):
        out[4 * i] = np.float32(scratch[i])
        out[4 * i + 1] = np.float32(scratch[L + i])
        out[4 * i + 2] = np.float32(scratch[2 * L + i])
        out[4 * i + 3] = np.float32(scratch[3 * L + i])


@internal_inlined
def express(population, tables, block, buffer, scratch):
    """Express warmth and hostility towards the ties, as the state is now, without slopes."""
    fast = population.fast[block * FAST_BLOCK : (block + 1) * FAST_BLOCK]
    slow = population.slow[block * SLOW_BLOCK : (block + 1) * SLOW_BLOCK]
    threshold_cubed = tables.coupling[population.block_run[block], 0]
    for i in range(L):
        state = (fast[X_T + i], fast[X_D + i], fast[X_S + i])
        giver = (np.float64(slow[GIVE_WARMTH + i]), np.float64(slow[FIGHT + i]), np.float64(slow[FLIGHT + i]))
        scratch[i], scratch[L + i] = giving(state, giver, threshold_cubed)
        scratch[2 * L + i] = 0.0
        scratch[3 * L + i] = 0.0
    send(population, block, buffer, scratch)
