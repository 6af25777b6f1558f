"""One tick of the ODE, ties included: fourth order, and the unit cube is never left.

A tick is divided into `steps` Runge-Kutta steps, short ones first. Before some of them all people hear their ties
(an exchange, see scheme.exchange_steps): the signals and their slopes. Until the next exchange a received signal
follows the cubic through the values and slopes of the last two exchanges of the same tick; at the start of a tick
stimuli have just changed the slopes, so the first signal is a straight line. What the prediction missed until an
exchange is known there and is given back after it, so that the integral of what a person heard is right to fourth
order. Person-by-person work between exchanges needs no communication, which is what keeps memory traffic and threads'
waiting low.
"""

from __future__ import annotations

import numpy as np

from affectsim.kernel.compile import internal_inlined
from affectsim.kernel.exchange import giving, hear, send, signal
from affectsim.kernel.record import add_to_record
from affectsim.kernel.rows import (
    CURRENT_POWER,
    FAST_BLOCK,
    FIGHT,
    FLIGHT,
    GIVE_WARMTH,
    H_BEFORE,
    H_PREDICTED,
    H_SLOPE,
    POWER,
    SLOW_BLOCK,
    SUBMISSION,
    U_A,
    U_B,
    U_E,
    U_I,
    U_P,
    U_R,
    U_T,
    W_BEFORE,
    W_PREDICTED,
    W_SLOPE,
    X_D,
    X_S,
    X_T,
    L,
)
from affectsim.kernel.runge_kutta import (
    BACK,
    NOW,
    NOW_SLOPE,
    SCRATCH_ROWS,
    Y_D,
    Y_S,
    Y_T,
    coupling_of,
    inputs_of,
    left_at,
    person_of,
    rates,
    rescue,
    runge_kutta,
)

#: Time over which the slope of what a person gives is taken at the start of a tick (h).
_SLOPE_TIME = 2.0**-20
_PER_SLOPE_TIME = 2.0**20


@internal_inlined
def _positive(x):
    return x if x > 0.0 else 0.0


@internal_inlined
def start_tick(population, tables, block, new_day, buffer):
    """Express what one gives at the start of a tick, and its slope, to `buffer`.

    The slopes follow from the signals as they were predicted for now; on a new day people have changed, so then
    they are heard first (from the other buffer).
    """
    scratch = np.empty(4 * L)
    fast = population.fast[block * FAST_BLOCK : (block + 1) * FAST_BLOCK]
    if new_day:
        hear(population, tables, block, 1 - buffer, scratch)
        for i in range(L):
            fast[W_PREDICTED + i] = scratch[i]
            fast[H_PREDICTED + i] = scratch[L + i]
    _express_with_slopes(population, tables, block, 0, buffer, scratch)


@internal_inlined
def _express_with_slopes(population, tables, block, at, buffer, scratch):
    """Express warmth, hostility and their slopes, with the signals as predicted; `at` is a row of the decay table."""
    run = population.block_run[block]
    fast = population.fast[block * FAST_BLOCK : (block + 1) * FAST_BLOCK]
    slow = population.slow[block * SLOW_BLOCK : (block + 1) * SLOW_BLOCK]
    coupling = coupling_of(tables, run)
    left = left_at(tables.decay[run], at)
    for i in range(L):
        threat, drive, soothing = fast[X_T + i], fast[X_D + i], fast[X_S + i]
        inputs = inputs_of(fast, slow, left, i, _positive(fast[W_PREDICTED + i]), _positive(fast[H_PREDICTED + i]))
        d_threat, d_drive, d_soothing = rates((threat, drive, soothing), inputs, person_of(slow, i), coupling)
        giver = (np.float64(slow[GIVE_WARMTH + i]), np.float64(slow[FIGHT + i]), np.float64(slow[FLIGHT + i]))
        now = giving((threat, drive, soothing), giver, coupling[0])
        soon = giving(
            (threat + _SLOPE_TIME * d_threat, drive + _SLOPE_TIME * d_drive, soothing + _SLOPE_TIME * d_soothing),
            giver,
            coupling[0],
        )
        scratch[i] = now[0]
        scratch[L + i] = now[1]
        scratch[2 * L + i] = (soon[0] - now[0]) * _PER_SLOPE_TIME
        scratch[3 * L + i] = (soon[1] - now[1]) * _PER_SLOPE_TIME
    send(population, block, buffer, scratch)


@internal_inlined
def stretch(population, tables, block, number, buffer):
    """Hear the ties, advance to the next exchange, and express what one gives then.

    `number` counts the exchanges of a tick; reads `buffer` of what is given, writes the other.
    """
    scratch = np.empty(SCRATCH_ROWS * L)
    hear(population, tables, block, buffer, scratch)
    run = population.block_run[block]
    fast = population.fast[block * FAST_BLOCK : (block + 1) * FAST_BLOCK]
    slow = population.slow[block * SLOW_BLOCK : (block + 1) * SLOW_BLOCK]
    coupling = coupling_of(tables, run)
    decay = tables.decay[run]
    exchanges, steps = tables.given_back.size, tables.step_hours.size
    # What the last stretch missed, also that of the tick before, is given back in this one.
    missed = tables.given_back[number - 1 if number > 0 else exchanges - 1]
    _take_in(fast, scratch, missed, W_PREDICTED, 0)
    _take_in(fast, scratch, missed, H_PREDICTED, L)
    begin, end = tables.exchange_steps[number], tables.exchange_steps[number + 1]
    for step in range(begin, end):
        first = step == begin
        _signal(fast, scratch, tables.signal_weights, step, first, W_BEFORE, W_SLOPE, 0)
        _signal(fast, scratch, tables.signal_weights, step, first, H_BEFORE, H_SLOPE, L)
        hours = tables.step_hours[step]
        outside = runge_kutta(fast, slow, scratch, coupling, decay, 2 * step, hours, first)
        if outside > 0:
            rescue(fast, slow, scratch, coupling, decay, 2 * step, hours)
        for i in range(L):
            fast[X_T + i] = scratch[Y_T + i]
            fast[X_D + i] = scratch[Y_D + i]
            fast[X_S + i] = scratch[Y_S + i]
        add_to_record(population, block, step, steps, tables.middle_step)
    _remember(fast, scratch, tables.signal_weights, end - 1, W_BEFORE, W_SLOPE, W_PREDICTED, 0)
    _remember(fast, scratch, tables.signal_weights, end - 1, H_BEFORE, H_SLOPE, H_PREDICTED, L)
    if number + 1 < exchanges:
        _express_with_slopes(population, tables, block, 2 * end, 1 - buffer, scratch)


# Rows come as constants, so that the compiler sees whether they overlap.
@internal_inlined
def _take_in(fast, scratch, missed, predicted, row):
    """Keep what was heard (values in rows 0 and 1, slopes in rows 2 and 3) until the next exchange."""
    for i in range(L):
        heard = scratch[row + i]
        scratch[NOW + row + i] = heard
        scratch[NOW_SLOPE + row + i] = scratch[2 * L + row + i]
        scratch[BACK + row + i] = missed * (heard - fast[predicted + i])


@internal_inlined
def _signal(fast, scratch, weights, step, first, before, slope, row):
    """Write the signal at start, middle and end of a step to rows 0 to 5; `first` after an exchange."""
    m_now, m_slope, m_before, m_slope_before = weights[step, 0], weights[step, 1], weights[step, 2], weights[step, 3]
    e_now, e_slope, e_before, e_slope_before = weights[step, 4], weights[step, 5], weights[step, 6], weights[step, 7]
    if first:
        for i in range(L):
            scratch[row + i] = _positive(scratch[NOW + row + i] + scratch[BACK + row + i])
    else:
        for i in range(L):
            scratch[row + i] = scratch[row + 4 * L + i]
    for i in range(L):
        value, rise, back = scratch[NOW + row + i], scratch[NOW_SLOPE + row + i], scratch[BACK + row + i]
        past, past_rise = fast[before + i], fast[slope + i]
        middle = m_now * value + m_slope * rise + m_before * past + m_slope_before * past_rise
        end = e_now * value + e_slope * rise + e_before * past + e_slope_before * past_rise
        scratch[row + 2 * L + i] = _positive(middle + back)
        scratch[row + 4 * L + i] = _positive(end + back)


@internal_inlined
def _remember(fast, scratch, weights, step, before, slope, predicted, row):
    """Keep what was heard, and what is predicted for the end of `step`, for after the next exchange."""
    e_now, e_slope, e_before, e_slope_before = weights[step, 4], weights[step, 5], weights[step, 6], weights[step, 7]
    for i in range(L):
        value, rise = scratch[NOW + row + i], scratch[NOW_SLOPE + row + i]
        past, past_rise = fast[before + i], fast[slope + i]
        fast[predicted + i] = e_now * value + e_slope * rise + e_before * past + e_slope_before * past_rise
        fast[before + i] = value
        fast[slope + i] = rise


@internal_inlined
def end_tick(population, tables, block):
    """At the end of a tick inputs have decayed, and perceived power follows submission."""
    run = population.block_run[block]
    fast = population.fast[block * FAST_BLOCK : (block + 1) * FAST_BLOCK]
    slow = population.slow[block * SLOW_BLOCK : (block + 1) * SLOW_BLOCK]
    decay = tables.decay[run]
    end = decay.shape[0] - 1
    threshold_cubed = tables.coupling[run, 0]
    power_step = tables.power_step[run]
    for i in range(L):
        fast[U_B + i] = fast[U_B + i] * decay[end, 5] + fast[U_I + i] * decay[end, 6]
        fast[U_T + i] *= decay[end, 0]
        fast[U_R + i] *= decay[end, 1]
        fast[U_A + i] *= decay[end, 2]
        fast[U_P + i] *= decay[end, 3]
        fast[U_I + i] *= decay[end, 4]
        fast[U_E + i] *= decay[end, 7]
        threat = fast[X_T + i]
        # Submission wears perceived power down; without it power returns.
        target = np.float64(slow[POWER + i]) * (
            1.0 - np.float64(slow[SUBMISSION + i]) * signal(threat, threshold_cubed)
        )
        power = np.float64(slow[CURRENT_POWER + i])
        slow[CURRENT_POWER + i] = np.float32(power + power_step * (target - power))
