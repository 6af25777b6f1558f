"""Readouts: exact values, bounds, and one conformance test over every registered readout."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from affectsim.kernel.record import _balance
from affectsim.layout import RECORDABLE
from affectsim.questionnaires.received import ROW
from affectsim.readouts import ALWAYS, Measure, balance

POSITIVE = st.floats(1e-6, 1.0)


def test_balance_exact():
    assert balance(0.4, 0.4, 0.4) == pytest.approx(1.0)
    assert balance(0.7, 0.0, 0.0) == pytest.approx(0.0)
    assert balance(0.5, 0.5, 0.0) == pytest.approx(0.5)
    assert balance(0.0, 0.0, 0.0) == 1.0


@given(POSITIVE, POSITIVE, POSITIVE, st.floats(0.01, 1.0))
def test_balance_is_a_share_symmetric_and_blind_to_size(t, d, s, factor):
    value = balance(t, d, s)
    assert -1e-12 <= value <= 1 + 1e-12
    assert value == pytest.approx(balance(s, t, d), abs=1e-12)
    assert value == pytest.approx(balance(factor * t, factor * d, factor * s), abs=1e-9)
    assert value == pytest.approx(_balance(t, d, s), abs=1e-14)


@pytest.mark.parametrize("kind", sorted(Measure.kinds()))
def test_every_readout(kind):
    """Each says what it is and assumes, needs rows that exist, and gives finite values of the right shape."""
    measure = Measure.kinds()[kind]
    assert measure.headline() and measure.assumes()
    assert set(measure.rows) <= {*RECORDABLE, ROW}
    generator = np.random.default_rng(0)
    values = {name: generator.uniform(0.01, 1, (3, 4)) for name in (*ALWAYS, *measure.rows, *measure.constants)}
    # Tendencies to the three defences are shares of one whole.
    values |= {name: values[name] / 3 for name in values if name in ("effective_fight", "effective_flight")}
    result = measure.of(values)
    assert result.shape == (3, 4) and np.isfinite(result).all()
    low, high = measure.bounds
    assert (result >= low).all() and (result <= high).all()
    assert measure.direction in (-1, 1) or kind == "dominant"


def test_feelings_of_threat_share_it_out():
    values = {"threat": np.array([0.6]), "effective_fight": np.array([0.2]), "effective_flight": np.array([0.3])}
    kinds = Measure.kinds()
    assert sum(kinds[k].of(values)[0] for k in ("anger", "fear", "anxiety")) == pytest.approx(0.6)


def test_each_readout_by_hand():
    values = {
        "threat": 0.7, "drive": 0.4, "soothing": 0.2, "balance": 0.55, "threat_dominant": 0.9, "effective_fight": 0.2,
        "effective_flight": 0.3, "effective_fear_of_compassion_from_others": 0.6, "adherence": 0.5, "motivation": 0.8,
    }  # fmt: skip
    arrays = {name: np.array([value]) for name, value in values.items()}
    expected = {
        "balance": 0.55, "threat_dominant": 0.9, "anger": 0.14, "fear": 0.21, "anxiety": 0.35, "anticipation": 0.32,
        "pleasure": 0.12, "calm": 0.12, "safeness": 0.06, "connectedness": 0.08, "chance_of_practice": 0.6,
    }  # fmt: skip
    for kind, value in expected.items():
        assert Measure.kinds()[kind].of(arrays) == pytest.approx([value], abs=1e-12), kind
    sure = Measure.kinds()["chance_of_practice"].of({"adherence": np.array([0.9]), "motivation": np.array([1.0])})
    assert sure == 1.0


def test_people_are_in_balance_up_to_one_system_twice_as_strong_as_the_others():
    """The bound is the balance of 2 : 1 : 1, whichever system it is."""
    threat, drive, soothing = np.array([[0.4, 0.2, 0.2, 0.42], [0.2, 0.4, 0.2, 0.2], [0.2, 0.2, 0.39, 0.2]])
    found = Measure.kinds()["in_balance"].of({"balance": balance(threat, drive, soothing) + 1e-12})
    assert found.tolist() == [1, 1, 1, 0]


def test_the_strongest_system_dominates_the_first_of_equals():
    threat, drive, soothing = np.array(
        [[0.7, 0.2, 0.3, 0.4, 0.1], [0.4, 0.5, 0.2, 0.4, 0.6], [0.2, 0.3, 0.8, 0.1, 0.6]]
    )
    found = Measure.kinds()["dominant"].of({"threat": threat, "drive": drive, "soothing": soothing})
    assert found.tolist() == [0, 1, 2, 0, 1]
