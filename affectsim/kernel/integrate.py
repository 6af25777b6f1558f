"""One tick of the ODE, ties included: fourth order, and the unit cube is never left.

A tick is divided into `steps` Runge-Kutta steps, short ones first. Before each step every person hears their ties once
(one exchange); within the step the received signal is a quadratic through the last exchanges of the
same tick. At the start of a tick stimuli have just changed the slopes, so there the quadratic starts
from the exact slope (one extra exchange). What the prediction missed over a step is known at the
next exchange and is given back there, so that the integral of what a person heard is right to fourth
order. Person-by-person work between exchanges needs no communication, which is what keeps memory
traffic and threads' waiting low.

A step of which any stage leaves [0, 1] (steps too long for extreme parameters) is replaced by a
rational midpoint step, which cannot leave it.
"""

from __future__ import annotations

import numpy as np

from affectsim import dynamics
from affectsim.kernel.compile import bind, inlined, internal_inlined
from affectsim.kernel.exchange import express, fetch, giving, hear, send, signal
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
    H_0,
    H_1,
    H_2,
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
    W_0,
    W_1,
    W_2,
    X_D,
    X_S,
    X_T,
    Z_D,
    Z_S,
    Z_T,
    L,
)

_signals_of = inlined(dynamics.signals)
_drivers = inlined(dynamics.drivers)
_towards = inlined(dynamics.towards)
_excitation_inhibition = inlined(bind(dynamics.excitation_inhibition, signals=_signals_of, drivers=_drivers))
_rates = inlined(bind(dynamics.rates, excitation_inhibition=_excitation_inhibition, towards=_towards))

#: Time over which the slope of what a person gives is taken at the start of a tick (h).
_SLOPE_TIME = 2.0**-20
_PER_SLOPE_TIME = 2.0**20
#: Rows of the scratch pad of one block: signals at start, middle and end of a step (two each), then:
Y_T, Y_D, Y_S, SLOPE_T, SLOPE_D, SLOPE_S, OUTSIDE, SIGNAL_T, SIGNAL_D, SIGNAL_S, HEARD = (
    row * L for row in range(6, 17)
)
SCRATCH_ROWS = 18


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
def start_tick(population, tables, block, buffer, new_day):
    """First exchange of a tick: hear the ties, and express the slope of what one gives.

    Reads `given[buffer]`, writes slopes (1/h) into the other buffer. On a new day people have changed,
    so what was predicted the day before does not count as missed.
    """
    scratch = np.empty(2 * L)
    hear(population, tables, block, buffer, scratch)
    run = population.block_run[block]
    fast = population.fast[block * FAST_BLOCK : (block + 1) * FAST_BLOCK]
    slow = population.slow[block * SLOW_BLOCK : (block + 1) * SLOW_BLOCK]
    coupling = _coupling(tables, run)
    left = _left(tables.decay[run], 0)
    # What the last step of the tick before missed is given back in the first step of this one.
    kept = 0.0 if new_day else 1.0
    turn = tables.extrapolation.shape[0] % 3
    if turn == 0:
        _new_tick(fast, scratch, tables.extrapolation, kept, W_2, W_1, W_0, W_0, W_1, 0)
        _new_tick(fast, scratch, tables.extrapolation, kept, H_2, H_1, H_0, H_0, H_1, L)
    elif turn == 1:
        _new_tick(fast, scratch, tables.extrapolation, kept, W_0, W_2, W_1, W_0, W_1, 0)
        _new_tick(fast, scratch, tables.extrapolation, kept, H_0, H_2, H_1, H_0, H_1, L)
    else:
        _new_tick(fast, scratch, tables.extrapolation, kept, W_1, W_0, W_2, W_0, W_1, 0)
        _new_tick(fast, scratch, tables.extrapolation, kept, H_1, H_0, H_2, H_0, H_1, L)
    for i in range(L):
        warmth, hostility = scratch[i], scratch[L + i]
        threat, drive, soothing = fast[X_T + i], fast[X_D + i], fast[X_S + i]
        inputs = _inputs(fast, slow, left, i, warmth, hostility)
        d_threat, d_drive, d_soothing = _rates((threat, drive, soothing), inputs, _person(slow, i), coupling)
        giver = (np.float64(slow[GIVE_WARMTH + i]), np.float64(slow[FIGHT + i]), np.float64(slow[FLIGHT + i]))
        now = giving((threat, drive, soothing), giver, coupling[0])
        soon = giving(
            (threat + _SLOPE_TIME * d_threat, drive + _SLOPE_TIME * d_drive, soothing + _SLOPE_TIME * d_soothing),
            giver,
            coupling[0],
        )
        scratch[i] = (soon[0] - now[0]) * _PER_SLOPE_TIME
        scratch[L + i] = (soon[1] - now[1]) * _PER_SLOPE_TIME
    send(population, block, 1 - buffer, scratch)


@internal_inlined
def step(population, tables, block, number, buffer):
    """Hear the ties, advance by one Runge-Kutta step, and express what one gives then.

    `number` counts the steps of a tick; reads `given[buffer]`, writes the other buffer.
    """
    scratch = np.empty(SCRATCH_ROWS * L)
    fetch(population, block + 1, buffer)
    hear(population, tables, block, buffer, scratch)
    run = population.block_run[block]
    fast = population.fast[block * FAST_BLOCK : (block + 1) * FAST_BLOCK]
    slow = population.slow[block * SLOW_BLOCK : (block + 1) * SLOW_BLOCK]
    _signals(fast, scratch, tables.extrapolation, number)
    coupling = _coupling(tables, run)
    decay = tables.decay[run]
    outside = _runge_kutta(fast, slow, scratch, coupling, decay, 2 * number, tables.step_hours[number])
    if outside > 0:
        _rescue(fast, slow, scratch, coupling, decay, 2 * number, tables.step_hours[number])
    for i in range(L):
        fast[X_T + i] = scratch[Y_T + i]
        fast[X_D + i] = scratch[Y_D + i]
        fast[X_S + i] = scratch[Y_S + i]
    express(population, tables, block, 1 - buffer, scratch)


@internal_inlined
def _signals(fast, scratch, extrapolation, number):
    """Turn what was heard (rows 0, 1) into the signals at start, middle and end of the step (rows 0 to 5)."""
    turn = number % 3
    if number == 0:
        _first_signal(fast, scratch, extrapolation, W_0, W_1, W_2, 0)
        _first_signal(fast, scratch, extrapolation, H_0, H_1, H_2, L)
    elif turn == 0:
        _later_signal(fast, scratch, extrapolation, number, W_0, W_2, W_1, 0)
        _later_signal(fast, scratch, extrapolation, number, H_0, H_2, H_1, L)
    elif turn == 1:
        _later_signal(fast, scratch, extrapolation, number, W_1, W_0, W_2, 0)
        _later_signal(fast, scratch, extrapolation, number, H_1, H_0, H_2, L)
    else:
        _later_signal(fast, scratch, extrapolation, number, W_2, W_1, W_0, 0)
        _later_signal(fast, scratch, extrapolation, number, H_2, H_1, H_0, L)


# Rows come as constants, so that the compiler sees whether they overlap.
@internal_inlined
def _new_tick(fast, scratch, extrapolation, kept, last, before, oldest, value, back, row):
    """Keep the signal heard at the start of a tick, and what was missed at the end of the one before.

    The rows `last`, `before`, `oldest` hold the last three exchanges of the tick before.
    """
    end = extrapolation.shape[0] - 1
    missed = kept * extrapolation[end, 6]
    e_last, e_before, e_oldest = extrapolation[end, 3], extrapolation[end, 4], extrapolation[end, 5]
    for i in range(L):
        heard = scratch[row + i]
        predicted = e_last * fast[last + i] + e_before * fast[before + i] + e_oldest * fast[oldest + i]
        fast[value + i] = heard
        fast[back + i] = missed * (heard - predicted)


@internal_inlined
def _first_signal(fast, scratch, extrapolation, value, back, slope, row):
    """Signal in the first step of a tick, whose slopes were heard: a straight line."""
    to_middle, to_end = extrapolation[0, 1], extrapolation[0, 4]
    for i in range(L):
        heard, now, given_back = scratch[row + i], fast[value + i], fast[back + i]
        scratch[row + i] = _positive(now + given_back)
        scratch[row + 2 * L + i] = _positive(now + to_middle * heard + given_back)
        scratch[row + 4 * L + i] = _positive(now + to_end * heard + given_back)
        fast[slope + i] = heard


@internal_inlined
def _later_signal(fast, scratch, extrapolation, number, now, last, before, row):
    """Signal in a later step: from the last three exchanges of the tick, with what was missed given back.

    The row `now` holds the oldest exchange still, which the prediction for now was made from.
    """
    missed = extrapolation[number - 1, 6]
    p_last, p_before, p_oldest = (
        extrapolation[number - 1, 3],
        extrapolation[number - 1, 4],
        extrapolation[number - 1, 5],
    )
    m_now, m_last, m_before = extrapolation[number, 0], extrapolation[number, 1], extrapolation[number, 2]
    e_now, e_last, e_before = extrapolation[number, 3], extrapolation[number, 4], extrapolation[number, 5]
    for i in range(L):
        heard, previous, older = scratch[row + i], fast[last + i], fast[before + i]
        back = missed * (heard - (p_last * previous + p_before * older + p_oldest * fast[now + i]))
        scratch[row + i] = _positive(heard + back)
        scratch[row + 2 * L + i] = _positive(m_now * heard + m_last * previous + m_before * older + back)
        scratch[row + 4 * L + i] = _positive(e_now * heard + e_last * previous + e_before * older + back)
        fast[now + i] = heard


@inlined
def _runge_kutta(fast, slow, scratch, coupling, decay, at, h):
    """Classical fourth-order step for every lane; the result goes to rows Y of the scratch pad.

    Returns how far all lanes together left [0, 1] in a stage or the result (row OUTSIDE: each lane).
    Going through the lanes stage by stage, and first only for the signals, keeps many lanes in flight while a
    division is waited for.
    """
    for i in range(L):
        scratch[Y_T + i] = fast[X_T + i]
        scratch[Y_D + i] = fast[X_D + i]
        scratch[Y_S + i] = fast[X_S + i]
        scratch[SLOPE_T + i] = 0.0
        scratch[SLOPE_D + i] = 0.0
        scratch[SLOPE_S + i] = 0.0
        scratch[OUTSIDE + i] = 0.0
    for stage in range(4):
        # Coefficients of the classical method; the last stage adds up the weighted slopes.
        weight = h / 3.0 if stage == 1 or stage == 2 else h / 6.0
        ahead = h if stage == 2 else 0.5 * h
        slope_share, sum_share = (0.0, 1.0) if stage == 3 else (ahead, 0.0)
        left = _left(decay, at + (stage + 1) // 2)
        heard = 2 * ((stage + 1) // 2) * L
        for i in range(2 * L):
            scratch[HEARD + i] = scratch[heard + i]
        for i in range(L):
            state = (scratch[Y_T + i], scratch[Y_D + i], scratch[Y_S + i])
            scratch[SIGNAL_T + i], scratch[SIGNAL_D + i], scratch[SIGNAL_S + i] = _signals_of(state, coupling[0])
        for i in range(L):
            inputs = _inputs(fast, slow, left, i, scratch[HEARD + i], scratch[HEARD + L + i])
            signals = (scratch[SIGNAL_T + i], scratch[SIGNAL_D + i], scratch[SIGNAL_S + i])
            state = (scratch[Y_T + i], scratch[Y_D + i], scratch[Y_S + i])
            k_t, k_d, k_s = _towards(state, _drivers(signals, inputs, _person(slow, i), coupling), coupling)
            sum_t = scratch[SLOPE_T + i] + weight * k_t
            sum_d = scratch[SLOPE_D + i] + weight * k_d
            sum_s = scratch[SLOPE_S + i] + weight * k_s
            scratch[SLOPE_T + i] = sum_t
            scratch[SLOPE_D + i] = sum_d
            scratch[SLOPE_S + i] = sum_s
            threat = fast[X_T + i] + slope_share * k_t + sum_share * sum_t
            drive = fast[X_D + i] + slope_share * k_d + sum_share * sum_d
            soothing = fast[X_S + i] + slope_share * k_s + sum_share * sum_s
            scratch[Y_T + i] = threat
            scratch[Y_D + i] = drive
            scratch[Y_S + i] = soothing
            # Added up rather than kept as extremes: a conditional store would stop the vector units.
            low = min(min(threat, drive), soothing)
            high = max(max(threat, drive), soothing)
            scratch[OUTSIDE + i] += _positive(-low) + _positive(high - 1.0)
    outside = 0.0
    for i in range(L):
        outside += scratch[OUTSIDE + i]
    return outside


@internal_inlined
def _rational(x, e, i, speed, h):
    """Advance one activation with E and I frozen; exp(-z) ~ 1 / (1 + z + z^2/2) keeps it in [0, 1]."""
    z = (1.0 + e + i) * speed * h
    return (x + e * speed * h * (1.0 + 0.5 * z)) / (1.0 + z * (1.0 + 0.5 * z))


@inlined
def _rescue(fast, slow, scratch, coupling, decay, at, h):
    """Replace the marked lanes by a rational midpoint step (second order, never leaves [0, 1])."""
    for i in range(L):
        if scratch[OUTSIDE + i] > 0.0:
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
