"""The equations as symbols: they come from dynamics.py, and all evaluations of them agree."""

from __future__ import annotations

import types
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
import sympy as sp
from hypothesis import given
from hypothesis import strategies as st

from affectsim import dynamics, symbolic
from affectsim.parameters import ATTRIBUTES, MODEL, TRAITS
from affectsim.training import practice

#: Bounds of inputs and of what differs between people, wide of anything a run reaches.
_INPUT = st.floats(0, 10)
_SHARE = st.floats(0, 1)
Point = tuple[tuple[float, ...], tuple[float, ...], tuple[float, ...], dict[str, float]]


@st.composite
def points(draw: st.DrawFn) -> Point:
    """A state, inputs, a person and parameters, anywhere inside their bounds."""
    state = tuple(draw(_SHARE) for _ in dynamics.State._fields)
    inputs = tuple(draw(_SHARE if name == "ease" else _INPUT) for name in dynamics.Inputs._fields)
    shares = {name for name in dynamics.Person._fields if name.startswith("fear") or name in ("flight", "submission")}
    person = tuple(draw(_SHARE if name in shares else _INPUT) for name in dynamics.Person._fields)
    return state, inputs, person, {name: draw(st.floats(one.low, one.high)) for name, one in MODEL.items()}


@pytest.fixture(scope="module")
def symbolic_rates() -> Callable[..., Any]:
    """The traced right-hand side, as a function of all symbols in order."""
    made: Callable[..., Any] = sp.lambdify(symbolic.symbols().arguments(), list(symbolic.right_hand_side()), "math")
    return made


@pytest.fixture(scope="module")
def symbolic_jacobian() -> Callable[..., Any]:
    jacobian = symbolic.right_hand_side().jacobian(sp.Matrix(symbolic.symbols().state))
    made: Callable[..., Any] = sp.lambdify(symbolic.symbols().arguments(), jacobian, "numpy")
    return made


@pytest.fixture(scope="module")
def compiled_rates() -> Callable[..., Any]:
    rates: Callable[..., Any] = pytest.importorskip("affectsim.kernel.runge_kutta").rates
    rates((0.5,) * 3, (0.5,) * 7, (0.5,) * 11, (0.5,) * 12)  # compiled once, before anything is timed
    return rates


def numpy_rates(point: Point) -> np.ndarray[Any, Any]:
    state, inputs, person, model = point
    arrays = [tuple(np.array([value]) for value in part) for part in (state, inputs, person)]
    return np.array([rate[0] for rate in dynamics.rates(*arrays, dynamics.coupling(model))])


@given(point=points())
def test_numpy_sympy_and_numba_agree(
    point: Point, symbolic_rates: Callable[..., Any], compiled_rates: Callable[..., Any]
) -> None:
    state, inputs, person, model = point
    expected = numpy_rates(point)
    traced = symbolic_rates(*state, *inputs, *person, *model.values())
    compiled = compiled_rates(state, inputs, person, tuple(map(float, dynamics.coupling(model))))
    # Relative to the terms that cancel in a rate, which may be far larger than the rate.
    terms = dynamics.excitation_inhibition(state, inputs, person, dynamics.coupling(model))
    scale = (1 + np.max(np.abs(terms))) * max(dynamics.coupling(model)[1:4])
    assert np.max(np.abs(np.array(traced) - expected)) <= 1e-12 * scale
    assert np.max(np.abs(np.array(compiled) - expected)) <= 1e-12 * scale


@given(point=points())
def test_jacobian_agrees_with_complex_step(point: Point, symbolic_jacobian: Callable[..., Any]) -> None:
    state, inputs, person, model = point
    found = symbolic_jacobian(*state, *inputs, *person, *model.values())
    coupling = dynamics.coupling(model)
    for column in range(3):
        shifted = [complex(value) for value in state]
        shifted[column] += 1e-30j
        slope = np.array([complex(rate).imag for rate in dynamics.rates(shifted, inputs, person, coupling)]) / 1e-30
        scale = max(1.0, float(np.max(np.abs(found))))
        assert np.max(np.abs(found[:, column] - slope)) <= 1e-11 * scale


def test_shared_division_in_signals_is_the_signal_of_each() -> None:
    t, d, s, theta_cubed = sp.symbols("t d s c", positive=True)
    together = dynamics.signals((t, d, s), theta_cubed)
    for one, activation in zip(together, (t, d, s), strict=True):
        assert sp.simplify(sp.nsimplify(one) - dynamics.signal(activation, theta_cubed)) == 0


def test_any_exponent_of_the_signal_gives_the_models_own_equations_at_its_own() -> None:
    exponent = sp.Symbol("n", positive=True)
    any_one, own = symbolic.right_hand_side(exponent=exponent), symbolic.right_hand_side()
    assert sp.simplify(any_one.subs(exponent, 3) - own) == sp.zeros(3, 1)
    # At the threshold a signal is one half, whatever the exponent.
    known = symbolic.symbols()
    there = dict.fromkeys(known.state, known.model["signal_threshold"])
    assert sp.simplify((any_one - own).subs(there)) == sp.zeros(3, 1)


def test_kernel_is_compiled_from_dynamics() -> None:
    step = pytest.importorskip("affectsim.kernel.runge_kutta")
    exchange = pytest.importorskip("affectsim.kernel.exchange")
    pairs = {"rates": "rates", "_excitation_inhibition": "excitation_inhibition", "_signals_of": "signals",
             "_drivers": "drivers", "_loads": "loads", "_answers": "answers", "_towards": "towards"}  # fmt: skip
    named = [(step, pair) for pair in pairs.items()] + [(exchange, (name, name)) for name in ("signal", "giving")]
    for module, (compiled, source) in named:
        assert getattr(module, compiled).py_func.__code__ is getattr(dynamics, source).__code__, compiled
    # And the helpers inside are the compiled ones, not others of the same name.
    rates = step.rates.py_func.__globals__
    assert rates["excitation_inhibition"] is step._excitation_inhibition
    assert rates["towards"] is step._towards
    inside = step._excitation_inhibition.py_func.__globals__
    assert inside["signals"] is step._signals_of and inside["drivers"] is step._drivers
    drivers = step._drivers.py_func.__globals__
    assert drivers["loads"] is step._loads and drivers["answers"] is step._answers
    assert exchange.giving.py_func.__globals__["signal"] is exchange.signal


def latex() -> dict[str, str]:
    return {equation.says: equation.latex() for equation in symbolic.equations()}


def test_latex_of_the_reference_equations() -> None:
    found = latex()
    assert found["Signal of an activation X to the other systems"] == r"h(X) = \frac{X^{3}}{X^{3} + \theta^{3}}"
    assert found["Rate of threat"] == (r"\frac{d T}{dt} = \frac{E_{T} - T \left(1 + E_{T} + I_{T}\right)}{\tau_{T}}")
    assert found["Inhibition of threat"] == r"I_{T} = w_{ST} h(S)"
    assert found["Excitation of drive"] == r"E_{D} = b_{D} + g_{D} u_{D} + w_{base} h(S) + w_{strive} h(T)"
    assert r"\kappa" in found["Excitation of threat"] and r"\varphi_{self}" in found["Excitation of threat"]


@pytest.mark.parametrize("name", ["towards", "loads", "answers", "signal", "giving"])
def test_a_changed_equation_changes_the_latex(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    before = latex()
    # As if somebody had edited the source: every 1 of the function becomes a 2.
    code = getattr(dynamics, name).__code__
    constants = tuple(2.0 if isinstance(value, float) and value == 1.0 else value for value in code.co_consts)
    new_code = code.replace(co_consts=constants) if constants != code.co_consts else None
    if new_code is None:  # signal has no constant: cube it once more
        monkeypatch.setattr(dynamics, name, lambda x, c: x**4 / (c + x**3))
    else:
        monkeypatch.setattr(dynamics, name, types.FunctionType(new_code, dynamics.__dict__, name))
    assert latex() != before


def test_slow_equations_are_traced_and_right(monkeypatch: pytest.MonkeyPatch) -> None:
    found = {equation.says: equation for equation in symbolic.slow_equations()}
    failure = found["Probability that an exercise fails (a sum, at most 1)"].right
    values = dict(zip(("T", "q_tol", "M", "L_att", "A", "varphi_self,eff",
                       "p_0", "p_T", "p_tol", "p_img", "p_att", "p_A", "p_fear"),
                      (0.3, 0.4, 0.7, 0.6, 0.2, 0.35, 0.05, 0.1, 0.1, 0.2, 0.15, 0.3, 0.25), strict=True))  # fmt: skip
    by_name = {symbol.name: symbol for symbol in failure.free_symbols}
    traced = float(failure.subs({by_name[name]: value for name, value in values.items()}))
    assert traced == pytest.approx(practice.failure_probability(*values.values()), abs=1e-12)
    after_practice = "Attribute or relief after a practice, if it leads further"
    before = found[after_practice].latex()
    monkeypatch.setattr(practice, "practised", lambda attribute, rate, end: attribute + rate)
    after = {equation.says: equation for equation in symbolic.slow_equations()}
    assert after[after_practice].latex() != before


def test_hope_and_practice_are_traced_as_they_are_computed() -> None:
    found = {equation.says: equation.right for equation in symbolic.slow_equations()}
    values = {"q_0": 0.3, "q": 0.35, "q_end": 0.6, "c_trains": 0.4, "n_need": 1.5, "epsilon": 0.8, "c_practice": 0.05,
              "s_guide": 0.9, "r_hope": 0.2, "c_session": 0.3, "u_P": 0.1, "r_kind": 0.6, "u_kind": 0.5}  # fmt: skip
    expected = {
        "Where an exercise leads": practice.asymptote(0.3, 0.8 * 0.4 * 1.5),
        "Attribute or relief after a practice": practice.practised(0.35, 0.05 * 0.9, 0.6),
        "Hope after a session": practice.practised(0.2, 0.3 * 0.9, 1.0),
        "Input from oneself after a half hour": practice.remembered(0.1, 0.6, 0.5),
    }
    for says, value in expected.items():
        (right,) = (one for name, one in found.items() if name.startswith(says))
        assert float(right.subs({one: values[one.name] for one in right.free_symbols})) == pytest.approx(
            value, abs=1e-12
        )


def test_symbols_print_as_the_parameters_say() -> None:
    def bare(text: str) -> str:
        return text.replace("{", "").replace("}", "").replace(" ", "").replace(r"\barz", r"\bar z").replace(" ", "")

    known = [one.symbol for one in MODEL.values()] + [one.symbol for one in (TRAITS | ATTRIBUTES).values()]
    for latex in known:
        assert bare(sp.latex(sp.Symbol(symbolic.symbol_name(latex)))) == bare(latex)
    arguments = symbolic.symbols().arguments()
    assert len(set(arguments)) == len(arguments)


def test_tracing_does_not_need_the_compiler() -> None:
    import subprocess
    import sys

    code = "import sys, affectsim.symbolic; sys.exit('numba' in sys.modules)"
    assert subprocess.run([sys.executable, "-c", code], check=False).returncode == 0
