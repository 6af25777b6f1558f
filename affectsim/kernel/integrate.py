"""One tick of the ODE, ties included: fourth order, and the unit cube is never left.

A tick is divided into `steps` Runge-Kutta steps, short ones first. Before some of them all people hear their ties
(an exchange, see scheme.exchange_steps): the signals and their slopes. Until the next exchange a received signal
follows the cubic through the values and slopes of the last two exchanges of the same tick; at the start of a tick
stimuli have just changed the slopes, so the first signal is a straight line. What the prediction missed until an
exchange is known there and is given back after it, so that the integral of what a person heard is right to fourth
order. Person-by-person work between exchanges needs no communication, which is what keeps memory traffic and threads'
waiting low.

A step of which any stage leaves [0, 1] (steps too long for extreme parameters) is replaced by a
rational midpoint step, which cannot leave it.
"""

from __future__ import annotations

import numpy as np

from affectsim import dynamics
from affectsim.kernel.compile import bind, inlined, internal_inlined
from affectsim.kernel.exchange import giving, hear, send, signal
from affectsim.kernel.record import add_to_record
from affectsim.kernel.rows import (
    BASE_D,
    BASE_S,
    BASE_T,
    CURRENT_POWER,
    FAST_BLOCK,
    FEAR_FROM,
    FEAR_SELF,
    FIGHT,
    FLIGHT,
    GAIN_D,
    GAIN_S,
    GAIN_T,
    GIVE_WARMTH,
    H_BEFORE,
    H_PREDICTED,
    H_SLOPE,
    KAPPA,
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
    Z_D,
    Z_S,
    Z_T,
    L,
)

_signals_of = inlined(dynamics.signals)
_loads = inlined(dynamics.loads)
_answers = inlined(dynamics.answers)
_drivers = inlined(bind(dynamics.drivers, loads=_loads, answers=_answers))
_towards = inlined(dynamics.towards)
_excitation_inhibition = inlined(bind(dynamics.excitation_inhibition, signals=_signals_of, drivers=_drivers))
_rates = inlined(bind(dynamics.rates, excitation_inhibition=_excitation_inhibition, towards=_towards))

#: Time over which the slope of what a person gives is taken at the start of a tick (h).
_SLOPE_TIME = 2.0**-20
_PER_SLOPE_TIME = 2.0**20
#: Rows of the scratch pad of one block: signals at start, middle and end of a step (two each), then pairs of rows
#: (warmth, hostility): value and slope at the last exchange, what is to be given back; then single ones.
NOW, NOW_SLOPE, BACK, HEARD = (row * L for row in range(6, 14, 2))
Y_T, Y_D, Y_S, SUM_OF_T, SUM_OF_D, SUM_OF_S, INSIDE, SIGNAL_T, SIGNAL_D, SIGNAL_S = (row * L for row in range(14, 24))
LOAD_T, LOAD_D, LOAD_S, CRITICISM, TIES_T, TIES_S = (row * L for row in range(24, 30))
SCRATCH_ROWS = 30


@internal_inlined
def _person(slow, i):
    return (
        np.float64(slow[KAPPA + i]),
        np.float64(slow[FEAR_SELF + i]),
        np.float64(slow[FEAR_FROM + i]),
        np.float64(slow[GAIN_T + i]),
        np.float64(slow[GAIN_D + i]),
        np.float64(slow[GAIN_S + i]),
        np.float64(slow[BASE_T + i]),
        np.float64(slow[BASE_D + i]),
        np.float64(slow[BASE_S + i]),
        np.float64(slow[FLIGHT + i]),
        np.float64(slow[SUBMISSION + i]),
    )


@internal_inlined
def _positive(x):
    return x if x > 0.0 else 0.0


@internal_inlined
def _left(decay, at):
    """Return one row of the decay table."""
    return (
        decay[at, 0], decay[at, 1], decay[at, 2], decay[at, 3],
        decay[at, 4], decay[at, 5], decay[at, 6], decay[at, 7],
    )  # fmt: skip


@internal_inlined
def _inputs(fast, slow, left, i, warmth, hostility):
    """Return dynamics.Inputs of one lane when `left` (a row of the decay table) is left of each input."""
    return (
        fast[U_T + i] * left[0] + np.float64(slow[Z_T + i]),
        fast[U_R + i] * left[1] + np.float64(slow[Z_D + i]),
        fast[U_A + i] * left[2] + np.float64(slow[Z_S + i]),
        fast[U_P + i] * left[3] + fast[U_B + i] * left[5] + fast[U_I + i] * left[6],
        fast[U_E + i] * left[7],
        warmth,
        hostility,
    )


@internal_inlined
def _coupling(tables, run):
    c = tables.coupling
    return (
        c[run, 0], c[run, 1], c[run, 2], c[run, 3], c[run, 4], c[run, 5],
        c[run, 6], c[run, 7], c[run, 8], c[run, 9], c[run, 10], c[run, 11],
    )  # fmt: skip


@internal_inlined
def start_tick(population, tables, block, new_day):
    """Express what one gives at the start of a tick, and its slope, to buffer 0.

    The slopes follow from the signals as they were predicted for now; on a new day people have changed, so then
    they are heard first (buffer 1).
    """
    scratch = np.empty(4 * L)
    fast = population.fast[block * FAST_BLOCK : (block + 1) * FAST_BLOCK]
    if new_day:
        hear(population, tables, block, 1, scratch)
        for i in range(L):
            fast[W_PREDICTED + i] = scratch[i]
            fast[H_PREDICTED + i] = scratch[L + i]
    _express_with_slopes(population, tables, block, 0, 0, scratch)


@internal_inlined
def _express_with_slopes(population, tables, block, at, buffer, scratch):
    """Express warmth, hostility and their slopes, with the signals as predicted; `at` is a row of the decay table."""
    run = population.block_run[block]
    fast = population.fast[block * FAST_BLOCK : (block + 1) * FAST_BLOCK]
    slow = population.slow[block * SLOW_BLOCK : (block + 1) * SLOW_BLOCK]
    coupling = _coupling(tables, run)
    left = _left(tables.decay[run], at)
    for i in range(L):
        threat, drive, soothing = fast[X_T + i], fast[X_D + i], fast[X_S + i]
        inputs = _inputs(fast, slow, left, i, _positive(fast[W_PREDICTED + i]), _positive(fast[H_PREDICTED + i]))
        d_threat, d_drive, d_soothing = _rates((threat, drive, soothing), inputs, _person(slow, i), coupling)
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
def stretch(population, tables, block, number):
    """Hear the ties, advance to the next exchange, and express what one gives then.

    `number` counts the exchanges of a tick; reads one buffer of `given`, writes the other.
    """
    scratch = np.empty(SCRATCH_ROWS * L)
    buffer = number % 2
    hear(population, tables, block, buffer, scratch)
    run = population.block_run[block]
    fast = population.fast[block * FAST_BLOCK : (block + 1) * FAST_BLOCK]
    slow = population.slow[block * SLOW_BLOCK : (block + 1) * SLOW_BLOCK]
    coupling = _coupling(tables, run)
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
        outside = _runge_kutta(fast, slow, scratch, coupling, decay, 2 * step, hours, first)
        if outside > 0:
            _rescue(fast, slow, scratch, coupling, decay, 2 * step, hours)
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


@inlined
def _runge_kutta(fast, slow, scratch, coupling, decay, at, h, first):
    """Classical fourth-order step for every lane; the result goes to rows Y of the scratch pad.

    `first`: the step follows an exchange; otherwise it starts with the loads that the step before ended with.
    Returns how many lanes left [0, 1] in a stage or the result (row INSIDE: how far each stayed inside, below 0
    outside). Going through the lanes stage by stage, and first only for the signals, keeps many lanes in flight while
    a division is waited for.
    """
    for i in range(L):
        scratch[Y_T + i] = fast[X_T + i]
        scratch[Y_D + i] = fast[X_D + i]
        scratch[Y_S + i] = fast[X_S + i]
        scratch[SUM_OF_T + i] = fast[X_T + i]
        scratch[SUM_OF_D + i] = fast[X_D + i]
        scratch[SUM_OF_S + i] = fast[X_S + i]
        scratch[INSIDE + i] = 1.0
    for stage in range(3):
        # The two stages in the middle of the step have the same loads.
        if stage == 1 or (stage == 0 and first):
            _take_loads(fast, slow, scratch, _left(decay, at + stage), 2 * stage * L)
        _take_signals(scratch, coupling)
        # Slopes come as the way to the next stage; in the sum they count a sixth, a third, a third, a sixth of a step.
        scaled = _scaled(coupling, h if stage == 2 else 0.5 * h)
        share = 2.0 / 3.0 if stage == 1 else 1.0 / 3.0
        for i in range(L):
            way_t, way_d, way_s = _way(slow, scratch, i, scaled)
            scratch[SUM_OF_T + i] += share * way_t
            scratch[SUM_OF_D + i] += share * way_d
            scratch[SUM_OF_S + i] += share * way_s
            _go(scratch, i, fast[X_T + i] + way_t, fast[X_D + i] + way_d, fast[X_S + i] + way_s)
    _take_loads(fast, slow, scratch, _left(decay, at + 2), 4 * L)
    _take_signals(scratch, coupling)
    scaled = _scaled(coupling, h / 6.0)
    for i in range(L):
        way_t, way_d, way_s = _way(slow, scratch, i, scaled)
        _go(scratch, i, scratch[SUM_OF_T + i] + way_t, scratch[SUM_OF_D + i] + way_d, scratch[SUM_OF_S + i] + way_s)
    outside = 0
    for i in range(L):
        outside += 1 if scratch[INSIDE + i] < 0.0 else 0
    return outside


@internal_inlined
def _scaled(coupling, hours):
    """Return the coupling with which `dynamics.towards` gives the way of so many hours instead of the way per hour."""
    return (
        coupling[0], hours * coupling[1], hours * coupling[2], hours * coupling[3], coupling[4], coupling[5],
        coupling[6], coupling[7], coupling[8], coupling[9], coupling[10], coupling[11],
    )  # fmt: skip


@internal_inlined
def _take_loads(fast, slow, scratch, left, heard):
    """Write the loads of every lane; `heard`: first row of warmth and hostility then."""
    for i in range(L):
        scratch[HEARD + i] = scratch[heard + i]
        scratch[HEARD + L + i] = scratch[heard + L + i]
    for i in range(L):
        inputs = _inputs(fast, slow, left, i, scratch[HEARD + i], scratch[HEARD + L + i])
        (
            scratch[LOAD_T + i],
            scratch[LOAD_D + i],
            scratch[LOAD_S + i],
            scratch[CRITICISM + i],
            scratch[TIES_T + i],
            scratch[TIES_S + i],
        ) = _loads(inputs, _person(slow, i))


@internal_inlined
def _take_signals(scratch, coupling):
    for i in range(L):
        state = (scratch[Y_T + i], scratch[Y_D + i], scratch[Y_S + i])
        scratch[SIGNAL_T + i], scratch[SIGNAL_D + i], scratch[SIGNAL_S + i] = _signals_of(state, coupling[0])


@internal_inlined
def _way(slow, scratch, i, coupling):
    """Return the slopes of one lane at its stage, times what `coupling` is scaled by."""
    signals = (scratch[SIGNAL_T + i], scratch[SIGNAL_D + i], scratch[SIGNAL_S + i])
    loads = (
        scratch[LOAD_T + i],
        scratch[LOAD_D + i],
        scratch[LOAD_S + i],
        scratch[CRITICISM + i],
        scratch[TIES_T + i],
        scratch[TIES_S + i],
    )
    state = (scratch[Y_T + i], scratch[Y_D + i], scratch[Y_S + i])
    return _towards(state, _answers(signals, loads, _person(slow, i), coupling), coupling)


@internal_inlined
def _go(scratch, i, threat, drive, soothing):
    """Put one lane into the next stage, and note how far inside [0, 1] it stays."""
    scratch[Y_T + i] = threat
    scratch[Y_D + i] = drive
    scratch[Y_S + i] = soothing
    low = min(min(threat, drive), soothing)
    high = max(max(threat, drive), soothing)
    scratch[INSIDE + i] = min(scratch[INSIDE + i], min(low, 1.0 - high))


@internal_inlined
def _rational(x, e, i, speed, h):
    """Advance one activation with E and I frozen; exp(-z) ~ 1 / (1 + z + z^2/2) keeps it in [0, 1]."""
    z = (1.0 + e + i) * speed * h
    return (x + e * speed * h * (1.0 + 0.5 * z)) / (1.0 + z * (1.0 + 0.5 * z))


@inlined
def _rescue(fast, slow, scratch, coupling, decay, at, h):
    """Replace the marked lanes by a rational midpoint step (second order, never leaves [0, 1])."""
    for i in range(L):
        if scratch[INSIDE + i] < 0.0:
            person = _person(slow, i)
            t0, d0, s0 = fast[X_T + i], fast[X_D + i], fast[X_S + i]
            inputs = _inputs(fast, slow, _left(decay, at), i, scratch[i], scratch[L + i])
            et, ed, es, it, id_, is_ = _excitation_inhibition((t0, d0, s0), inputs, person, coupling)
            t1 = _rational(t0, et, it, coupling[1], 0.5 * h)
            d1 = _rational(d0, ed, id_, coupling[2], 0.5 * h)
            s1 = _rational(s0, es, is_, coupling[3], 0.5 * h)
            inputs = _inputs(fast, slow, _left(decay, at + 1), i, scratch[2 * L + i], scratch[3 * L + i])
            et, ed, es, it, id_, is_ = _excitation_inhibition((t1, d1, s1), inputs, person, coupling)
            # Rounding may lift a value that has saturated one unit in the last place above 1.
            scratch[Y_T + i] = min(_rational(t0, et, it, coupling[1], h), 1.0)
            scratch[Y_D + i] = min(_rational(d0, ed, id_, coupling[2], h), 1.0)
            scratch[Y_S + i] = min(_rational(s0, es, is_, coupling[3], h), 1.0)


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
