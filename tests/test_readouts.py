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
