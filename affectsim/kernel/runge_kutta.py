"""One step of the ODE for a block of people: fourth order, and the unit cube is never left.

A step of which any stage leaves [0, 1] (steps too long for extreme parameters) is replaced by a
rational midpoint step, which cannot leave it.
"""

from __future__ import annotations

import numpy as np

from affectsim import dynamics
from affectsim.kernel.binding import bind
from affectsim.kernel.compile import inlined, internal_inlined
from affectsim.kernel.rows import (
    BASE_D,
    BASE_S,
    BASE_T,
    FEAR_FROM,
    FEAR_SELF,
    FLIGHT,
    GAIN_D,
    GAIN_S,
    GAIN_T,
    KAPPA,
    SUBMISSION,
    U_A,
    U_B,
    U_E,
    U_I,
    U_P,
    U_R,
    U_T,
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
rates = inlined(bind(dynamics.rates, excitation_inhibition=_excitation_inhibition, towards=_towards))

#: Rows of the scratch pad of one block: signals at start, middle and end of a step (two each), then pairs of rows
#: (warmth, hostility): value and slope at the last exchange, what is to be given back; then single ones.
NOW, NOW_SLOPE, BACK, HEARD = (row * L for row in range(6, 14, 2))
Y_T, Y_D, Y_S, SUM_OF_T, SUM_OF_D, SUM_OF_S, INSIDE, SIGNAL_T, SIGNAL_D, SIGNAL_S = (row * L for row in range(14, 24))
LOAD_T, LOAD_D, LOAD_S, CRITICISM, TIES_T, TIES_S = (row * L for row in range(24, 30))
SCRATCH_ROWS = 30


@internal_inlined
def person_of(slow, i):
    """Return dynamics.Person of one lane."""
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
def left_at(decay, at):
    """Return one row of the decay table."""
    return (
        decay[at, 0], decay[at, 1], decay[at, 2], decay[at, 3],
        decay[at, 4], decay[at, 5], decay[at, 6], decay[at, 7],
    )  # fmt: skip


@internal_inlined
def inputs_of(fast, slow, left, i, warmth, hostility):
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
def coupling_of(tables, run):
    """Return dynamics.Coupling of a run."""
    c = tables.coupling
    return (
        c[run, 0], c[run, 1], c[run, 2], c[run, 3], c[run, 4], c[run, 5],
        c[run, 6], c[run, 7], c[run, 8], c[run, 9], c[run, 10], c[run, 11],
    )  # fmt: skip


@inlined
def runge_kutta(fast, slow, scratch, coupling, decay, at, h, first):
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
            _take_loads(fast, slow, scratch, left_at(decay, at + stage), 2 * stage * L)
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
    _take_loads(fast, slow, scratch, left_at(decay, at + 2), 4 * L)
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
        inputs = inputs_of(fast, slow, left, i, scratch[HEARD + i], scratch[HEARD + L + i])
        (
            scratch[LOAD_T + i],
            scratch[LOAD_D + i],
            scratch[LOAD_S + i],
            scratch[CRITICISM + i],
            scratch[TIES_T + i],
            scratch[TIES_S + i],
        ) = _loads(inputs, person_of(slow, i))


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
    return _towards(state, _answers(signals, loads, person_of(slow, i), coupling), coupling)


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
def rescue(fast, slow, scratch, coupling, decay, at, h):
    """Replace the marked lanes by a rational midpoint step (second order, never leaves [0, 1])."""
    for i in range(L):
        if scratch[INSIDE + i] < 0.0:
            person = person_of(slow, i)
            t0, d0, s0 = fast[X_T + i], fast[X_D + i], fast[X_S + i]
            inputs = inputs_of(fast, slow, left_at(decay, at), i, scratch[i], scratch[L + i])
            et, ed, es, it, id_, is_ = _excitation_inhibition((t0, d0, s0), inputs, person, coupling)
            t1 = _rational(t0, et, it, coupling[1], 0.5 * h)
            d1 = _rational(d0, ed, id_, coupling[2], 0.5 * h)
            s1 = _rational(s0, es, is_, coupling[3], 0.5 * h)
            inputs = inputs_of(fast, slow, left_at(decay, at + 1), i, scratch[2 * L + i], scratch[3 * L + i])
            et, ed, es, it, id_, is_ = _excitation_inhibition((t1, d1, s1), inputs, person, coupling)
            # Rounding may lift a value that has saturated one unit in the last place above 1.
            scratch[Y_T + i] = min(_rational(t0, et, it, coupling[1], h), 1.0)
            scratch[Y_D + i] = min(_rational(d0, ed, id_, coupling[2], h), 1.0)
            scratch[Y_S + i] = min(_rational(s0, es, is_, coupling[3], h), 1.0)
