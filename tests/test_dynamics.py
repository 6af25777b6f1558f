"""The equations: special cases that can be said in words or in closed form."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.optimize import brentq

from affectsim import dynamics
from affectsim.parameters import MODEL

UNIT = st.floats(0.0, 1.0)
INPUT = st.floats(0.0, 20.0)
DEFAULTS = dynamics.coupling({name: known.default for name, known in MODEL.items()})


def _person(**changes):
    values = dict(
        self_criticism=0.7, fear_of_self_compassion=0.2, fear_of_compassion_from_others=0.2, threat_gain=1.0,
        drive_gain=1.0, soothing_gain=1.0, threat_baseline=0.08, drive_baseline=0.35, soothing_baseline=0.35,
        flight=0.2, submission=0.2,
    )  # fmt: skip
    return dynamics.Person(**{**values, **changes})


QUIET = dynamics.Inputs(0.12, 0.15, 0.15, 0.0, 0.0, 0.2, 0.0)


@given(st.tuples(UNIT, UNIT, UNIT), st.tuples(INPUT, INPUT, INPUT, INPUT, UNIT, INPUT, INPUT))
def test_rates_point_into_the_cube(state, inputs):
    """On every face of [0, 1]^3 the flow points inwards: invariance of the exact model."""
    excitations = dynamics.excitation_inhibition(state, inputs, _person(), DEFAULTS)
    assert min(excitations) >= 0
    for system in range(3):
        for face, sign in ((0.0, 1), (1.0, -1)):
            on_face = [*state]
            on_face[system] = face
            assert sign * dynamics.rates(tuple(on_face), inputs, _person(), DEFAULTS)[system] >= 0


@given(st.floats(0.0, 1.0), st.floats(0.01, 1.0))
def test_signal_is_the_hill_function(activation, threshold):
    expected = activation**3 / (threshold**3 + activation**3)
    assert dynamics.signal(activation, threshold**3) == pytest.approx(expected, rel=1e-14)
    assert dynamics.signal(threshold, threshold**3) == pytest.approx(0.5)


@given(st.tuples(UNIT, UNIT, UNIT), st.floats(0.05, 1.0))
def test_the_shared_division_changes_nothing(state, threshold):
    shared = dynamics.signals(state, threshold**3)
    alone = [dynamics.signal(x, threshold**3) for x in state]
    np.testing.assert_allclose(shared, alone, rtol=1e-13, atol=1e-15)


def test_signs_of_regulation():
    """Soothing calms threat and over-stimulated drive, lets healthy drive be, and is blocked by threat."""
    state = np.array([0.4, 0.4, 0.3])
    more_soothing = np.array([0.4, 0.4, 0.5])
    rates = lambda x, **c: np.array(dynamics.rates(x, QUIET, _person(**c), DEFAULTS))  # noqa: E731
    assert rates(more_soothing)[0] < rates(state)[0]
    assert rates(np.array([0.6, 0.4, 0.3]))[2] < rates(state)[2]
    secure = dynamics.coupling({**{n: k.default for n, k in MODEL.items()}, "secure_base": 0.0})
    held = lambda drive, s: dynamics.rates((0.1, drive, s), QUIET, _person(), secure)[1]  # noqa: E731
    assert abs(held(0.05, 0.6) - held(0.05, 0.2)) < 0.01 * abs(held(0.9, 0.6) - held(0.9, 0.2))
    assert rates(state, self_criticism=2.0)[0] > rates(state)[0]


#: A state in which every signal is a half, and numbers that tell every term from every other.
EVEN = (0.4, 0.4, 0.4)
BY_HAND = dynamics.coupling({
    "signal_threshold": 0.4, "threat_time": 0.5, "drive_time": 2.0, "soothing_time": 4.0,
    "soothing_calms_threat": 3.0, "soothing_calms_drive": 0.6, "threat_blocks_soothing": 2.0,
    "drive_blocks_soothing": 0.8, "secure_base": 1.2, "striving": 0.2, "defeat": 0.5, "submission_cost": 2.0,
})  # fmt: skip


def test_what_excites_and_inhibits_by_hand():
    person = dynamics.Person(
        self_criticism=2.0, fear_of_self_compassion=0.25, fear_of_compassion_from_others=0.5, threat_gain=1.5,
        drive_gain=2.0, soothing_gain=3.0, threat_baseline=0.1, drive_baseline=0.2, soothing_baseline=0.3,
        flight=0.6, submission=0.3,
    )  # fmt: skip
    inputs = dynamics.Inputs(
        threat=0.4, resource=0.3, affiliation=0.2, practice=0.1, ease=0.25, warmth=0.5, hostility=0.7
    )
    # Withdrawal leaves 0.7 of the contact, in which warmth of 3 * 0.5 is feared by half.
    expected = (
        0.1 + 1.5 * 0.4 + 0.25 * 0.3 + 0.5 * 0.6 + 2.0 * 0.75 * 0.5 + 0.7 * (0.5 * 1.5 + 0.7),
        0.2 + 2.0 * 0.3 + 0.2 * 0.5 + 1.2 * 0.5,
        0.3 + 0.75 * 0.3 + 0.5 * 0.6 + 0.7 * 0.5 * 1.5,
        3.0 * 0.5,
        (0.5 + 2.0 * 0.3) * 0.5 + 0.6 * 0.5 * 0.5,
        2.0 * 0.5 + 0.8 * 0.5,
    )
    assert expected == pytest.approx((2.84, 1.5, 1.35, 1.5, 0.7, 1.4))
    assert dynamics.excitation_inhibition(EVEN, inputs, person, BY_HAND) == pytest.approx(expected)
    # (E - (1 + E + I) * 0.4) / time constant.
    assert dynamics.rates(EVEN, inputs, person, BY_HAND) == pytest.approx((1.408, 0.11, -0.0375))


def test_what_people_give_by_hand():
    """Warmth needs soothing (half), is lost under threat (0.4) and by withdrawal (half of 0.6); hostility is fight."""
    found = dynamics.giving(EVEN, dynamics.Giver(warmth=0.8, fight=0.5, flight=0.6), BY_HAND.threshold_cubed)
    assert found == pytest.approx((0.8 * 0.5 * 0.6 * 0.7, 0.25))


def test_soothing_is_not_the_absence_of_threat():
    """With neither threat nor drive nor affiliation soothing sinks to its tonic level, it does not rise."""
    person = _person(soothing_baseline=0.05)
    alone = dynamics.Inputs(0.0, 0.0, 0.0, 0.0, 0.0, 0.0, 0.0)
    low = (0.0, 0.0, 0.3)
    assert dynamics.rates(low, alone, person, DEFAULTS)[2] < 0
    assert dynamics.rates(low, alone._replace(warmth=0.5), person, DEFAULTS)[2] > 0


def test_full_fear_of_compassion_turns_all_affiliation_into_threat():
    afraid = _person(fear_of_self_compassion=1.0, fear_of_compassion_from_others=1.0)
    state = (0.2, 0.3, 0.3)
    for signal in ("affiliation", "practice", "warmth"):
        with_signal = dynamics.rates(state, QUIET._replace(**{signal: 1.0}), afraid, DEFAULTS)
        without = dynamics.rates(state, QUIET._replace(**{signal: 0.0}), afraid, DEFAULTS)
        assert with_signal[0] > without[0]
        assert with_signal[2] == without[2]


def _stable_threats(self_criticism: float) -> list[float]:
    """Return the threat levels at which a person with mean inputs can settle (stable equilibria)."""
    person = _person(
        self_criticism=self_criticism, fear_of_self_compassion=0.0, fear_of_compassion_from_others=0.0,
        flight=0.0, submission=0.0,
    )  # fmt: skip

    def others(threat):
        drive, soothing = 0.3, 0.3
        for _ in range(2000):
            e = dynamics.excitation_inhibition((threat, drive, soothing), QUIET, person, DEFAULTS)
            drive += 0.2 * (e[1] / (1 + e[1] + e[4]) - drive)
            soothing += 0.2 * (e[2] / (1 + e[2] + e[5]) - soothing)
        return drive, soothing

    def residual(threat):
        return dynamics.rates((threat, *others(threat)), QUIET, person, DEFAULTS)[0]

    grid = np.linspace(0.005, 0.95, 120)
    values = np.array([residual(t) for t in grid])
    falling = np.flatnonzero((values[:-1] > 0) & (values[1:] <= 0))
    return [brentq(residual, grid[i], grid[i + 1]) for i in falling]


def test_self_criticism_has_a_tipping_point():
    """One settled state below a self-criticism of about 1.45, two above it: soothed and threat-locked."""
    assert len(_stable_threats(0.7)) == 1
    assert len(_stable_threats(1.35)) == 1
    above = _stable_threats(2.0)
    assert len(above) == 2
    assert above[0] < 0.15 and above[1] > 0.45


@given(UNIT, INPUT, INPUT, st.floats(0.01, 10.0))
def test_relaxation_solves_its_equation(start, excitation, inhibition, speed):
    time, step = 0.3, 1e-5
    at = lambda t: dynamics.relaxation(start, excitation, inhibition, speed, lambda r: np.exp(-r * t))  # noqa: E731
    slope = (at(time + step) - at(time - step)) / (2 * step)
    expected = (excitation - (1 + excitation + inhibition) * at(time)) * speed
    assert slope == pytest.approx(expected, rel=1e-4, abs=1e-6)
