"""The three systems: the model's equations, written once.

Every function here is plain arithmetic (`+ - * /`, powers written out) on whatever it is given, so
the same source is compiled by numba for the kernel, evaluated by numpy on arrays, traced by sympy to
the Jacobian and to LaTeX, and translated to JavaScript (the page) and to C (a benchmark). Vectors are
passed as tuples in the order of the `NamedTuple`s below; plain tuples, arrays (first axis) and sympy
symbols all do.

Form: Grossberg's shunting equation. Excitation E >= 0 drives an activation up, inhibition I >= 0
drives it down,

    tau dX/dt = -X + (1 - X) E - X I,

so [0, 1] is invariant for every non-negative parameter set.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

#: A float, an array or a symbol: whatever carries arithmetic.
type_of_number = Any


class State(NamedTuple):
    """Activations of the three systems, each in [0, 1]."""

    threat: type_of_number
    drive: type_of_number
    soothing: type_of_number


class Inputs(NamedTuple):
    """What reaches a person at one instant; input units, each >= 0 (`ease` in [0, 1])."""

    threat: type_of_number
    resource: type_of_number
    affiliation: type_of_number
    practice: type_of_number
    ease: type_of_number
    warmth: type_of_number
    hostility: type_of_number


class Person(NamedTuple):
    """What differs between people in the fast equations (see `parameters.TRAITS`)."""

    self_criticism: type_of_number
    fear_of_self_compassion: type_of_number
    fear_of_compassion_from_others: type_of_number
    threat_gain: type_of_number
    drive_gain: type_of_number
    soothing_gain: type_of_number
    threat_baseline: type_of_number
    drive_baseline: type_of_number
    soothing_baseline: type_of_number
    flight: type_of_number
    submission: type_of_number


class Giver(NamedTuple):
    """What decides how much warmth and hostility a person expresses; each in [0, 1]."""

    warmth: type_of_number
    fight: type_of_number
    flight: type_of_number


class Coupling(NamedTuple):
    """The parameters of the fast equations, ready for use (`speed` = 1 / time constant, 1/h)."""

    threshold_cubed: type_of_number
    threat_speed: type_of_number
    drive_speed: type_of_number
    soothing_speed: type_of_number
    soothing_calms_threat: type_of_number
    soothing_calms_drive: type_of_number
    threat_blocks_soothing: type_of_number
    drive_blocks_soothing: type_of_number
    secure_base: type_of_number
    striving: type_of_number
    defeat: type_of_number
    submission_cost: type_of_number


def coupling(model: Mapping[str, Any]) -> Coupling:
    """Return the `Coupling` for a mapping from the names of `parameters.MODEL` to values."""
    threshold = model["signal_threshold"]
    return Coupling(
        threshold * threshold * threshold,
        1 / model["threat_time"],
        1 / model["drive_time"],
        1 / model["soothing_time"],
        *(model[name] for name in Coupling._fields[4:]),
    )


def signal(activation: Any, threshold_cubed: Any) -> Any:
    """Return a system's influence on the others: Hill function with exponent 3, in [0, 1)."""
    cube = activation * activation * activation
    return cube / (threshold_cubed + cube)


def signals(state: Any, threshold_cubed: Any) -> Any:
    """Return `signal` of each of the three systems, with one division (divisions cost most)."""
    threat, drive, soothing = state
    threat_cube, drive_cube, soothing_cube = (
        threat * threat * threat,
        drive * drive * drive,
        soothing * soothing * soothing,
    )
    a, b, c = threshold_cubed + threat_cube, threshold_cubed + drive_cube, threshold_cubed + soothing_cube
    ab = a * b
    share = 1.0 / (ab * c)
    c_share = c * share
    return threat_cube * b * c_share, drive_cube * a * c_share, soothing_cube * ab * share


def excitation_inhibition(state: Any, inputs: Any, person: Any, coupling: Any) -> Any:
    """Return (E_T, E_D, E_S, I_T, I_D, I_S), each >= 0.

    - `self_criticism`: threat attacks the self and so makes threat (the loop behind the tipping point).
    - fears of compassion: the feared share of an affiliative signal excites threat, not soothing.
    - soothing inhibits threat, and inhibits drive only in so far as drive is high.
    - flight: a person under threat withdraws, so less warmth and less hostility reach them.
    - submission: under threat it inhibits drive.
    """
    return drivers(signals(state, coupling[0]), inputs, person, coupling)


def drivers(signals: Any, inputs: Any, person: Any, coupling: Any) -> Any:
    """Return `excitation_inhibition` from the influence of the three systems on each other (`signals`)."""
    return answers(signals, loads(inputs, person), person, coupling)


class Loads(NamedTuple):
    """What reaches a person at one instant, as it acts on the three systems whatever their activations; each >= 0.

    `criticism` is the strength of the threat that threat makes; the last two are what ties add in full contact.
    """

    threat: type_of_number
    drive: type_of_number
    soothing: type_of_number
    criticism: type_of_number
    threat_from_ties: type_of_number
    soothing_from_ties: type_of_number


def loads(inputs: Any, person: Any) -> Any:
    """Return `Loads`: the part of excitation that does not depend on the state, so that solvers take it once."""
    u_threat, u_resource, u_affiliation, u_practice, ease, warmth, hostility = inputs
    (
        self_criticism,
        fear_self,
        fear_from,
        threat_gain,
        drive_gain,
        soothing_gain,
        threat_base,
        drive_base,
        soothing_base,
        _,
        _,
    ) = person
    from_self = soothing_gain * u_practice
    from_events = soothing_gain * u_affiliation
    from_ties = soothing_gain * warmth
    return (
        threat_base + threat_gain * u_threat + fear_self * from_self + fear_from * from_events,
        drive_base + drive_gain * u_resource,
        soothing_base + (1.0 - fear_self) * from_self + (1.0 - fear_from) * from_events,
        self_criticism * (1.0 - ease),
        fear_from * from_ties + hostility,
        (1.0 - fear_from) * from_ties,
    )


def answers(signals: Any, loads: Any, person: Any, coupling: Any) -> Any:
    """Return `excitation_inhibition` from `signals` and `loads`."""
    threat_signal, drive_signal, soothing_signal = signals
    threat_load, drive_load, soothing_load, criticism, threat_from_ties, soothing_from_ties = loads
    _, _, _, _, _, _, _, _, _, flight, submission = person
    (
        _,
        _,
        _,
        _,
        calms_threat,
        calms_drive,
        threat_blocks,
        drive_blocks,
        secure_base,
        striving,
        defeat,
        submission_cost,
    ) = coupling
    contact = 1.0 - flight * threat_signal
    excite_threat = threat_load + criticism * threat_signal + contact * threat_from_ties
    excite_drive = drive_load + striving * threat_signal + secure_base * soothing_signal
    excite_soothing = soothing_load + contact * soothing_from_ties
    inhibit_threat = calms_threat * soothing_signal
    inhibit_drive = (
        defeat + submission_cost * submission
    ) * threat_signal + calms_drive * soothing_signal * drive_signal
    inhibit_soothing = threat_blocks * threat_signal + drive_blocks * drive_signal
    return excite_threat, excite_drive, excite_soothing, inhibit_threat, inhibit_drive, inhibit_soothing


def rates(state: Any, inputs: Any, person: Any, coupling: Any) -> Any:
    """Return (dT/dt, dD/dt, dS/dt) in 1/h: the right-hand side of the model."""
    return towards(state, excitation_inhibition(state, inputs, person, coupling), coupling)


def towards(state: Any, drivers: Any, coupling: Any) -> Any:
    """Return the rates (1/h) at which activations follow what excites and inhibits them."""
    threat, drive, soothing = state
    e_threat, e_drive, e_soothing, i_threat, i_drive, i_soothing = drivers
    return (
        (e_threat - (1.0 + e_threat + i_threat) * threat) * coupling[1],
        (e_drive - (1.0 + e_drive + i_drive) * drive) * coupling[2],
        (e_soothing - (1.0 + e_soothing + i_soothing) * soothing) * coupling[3],
    )


def giving(state: Any, giver: Any, threshold_cubed: Any) -> Any:
    """Return (warmth, hostility) that a person expresses towards their ties, each in [0, 1].

    Warmth needs soothing, is lost under threat, and is withheld by those who withdraw; hostility is
    threat turned outward (fight).
    """
    threat, _, soothing = state
    warmth, fight, flight = giver
    threat_signal = signal(threat, threshold_cubed)
    return (
        warmth * signal(soothing, threshold_cubed) * (1.0 - threat) * (1.0 - flight * threat_signal),
        fight * threat_signal,
    )


def relaxation(start: Any, excitation: Any, inhibition: Any, speed: Any, decay: Any) -> Any:
    """Return the closed-form activation after some time without coupling.

    With constant E and I an activation relaxes to E / (1 + E + I) at rate (1 + E + I) * speed.
    `decay(rate)` must return exp(-rate * time).
    """
    total = 1 + excitation + inhibition
    target = excitation / total
    return target + (start - target) * decay(total * speed)
