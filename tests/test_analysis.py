"""Equilibria, continuation, folds and cusps: normal forms with known answers, and the model against brute force."""

from __future__ import annotations

from collections.abc import Callable
from functools import lru_cache

import numpy as np
import pytest
import sympy as sp
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.optimize import brentq, minimize_scalar

from affectsim import dynamics
from affectsim.analysis import report, study
from affectsim.analysis.bifurcation import Diagram, diagram, fold_curves, fold_point
from affectsim.analysis.equations import acting, effective, heard, person, person_system
from affectsim.analysis.equilibria import Equilibria, at, equilibria
from affectsim.analysis.settings import INPUTS, KNOWN, Settings, settings_of
from affectsim.analysis.systems import System
from affectsim.errors import InputError
from affectsim.parameters import MODEL
from affectsim.scenario import Scenario
from affectsim.stimuli import mean_background
from tests.reference_person import REFERENCE

X, Y, P, Q = sp.symbols("x y p q", real=True)


def known(system: System, states: Callable[[float], list[list[float]]]) -> Callable[[float], Equilibria]:
    return lambda p: Equilibria(tuple(at(system, np.array(state), (p,)) for state in states(p)), True)


def real_roots(*coefficients: float) -> list[list[float]]:
    return [[root.real] for root in np.roots(coefficients) if abs(root.imag) < 1e-9]


# ------------------------------------------------------------------------------- normal forms


def test_folds_of_the_cubic_are_where_algebra_puts_them():
    """x' = p + x - x^3 folds at p = -+2 / (3 sqrt 3), x = +-1 / sqrt 3."""
    system = System.from_expressions([P + X - X**3], [X], [P])
    found = diagram(system, -2, 2, starts=known(system, lambda p: real_roots(-1, 0, 1, p)), box=(-3, 3))
    expected = 2 / (3 * np.sqrt(3))
    assert [fold.p for fold in found.folds] == pytest.approx([-expected, expected], abs=1e-12)
    assert [fold.state[0] for fold in found.folds] == pytest.approx([3**-0.5, -(3**-0.5)], abs=1e-10)
    assert [fold.opens for fold in found.folds] == ["above", "below"] and all(fold.stable for fold in found.folds)
    assert len(found.branches) == 1 and not found.hopfs and not found.branch_points
    assert len(found.stretches()) == 2 and len(found.at(0.1)) == 3 and len(found.at(1.0)) == 1
    branch = found.branches[0]
    # Ends lie on the bounds, and every point is a solution.
    assert sorted((branch.p[0], branch.p[-1])) == [-2, 2]
    half = diagram(system, 0, 2, starts=known(system, lambda p: real_roots(-1, 0, 1, p)), box=(-3, 3))
    assert min(one.p.min() for one in half.branches) == 0.0
    assert np.abs(branch.p + branch.state[:, 0] - branch.state[:, 0] ** 3).max() < 1e-10


def test_a_hopf_point_is_found_with_its_frequency_and_a_neutral_saddle_is_not_one():
    """Normal form with frequency 2.5 at p = 0.3; a saddle whose real eigenvalues cancel at p = 0 is no Hopf point."""
    growth, size = P - sp.Rational(3, 10), X * X + Y * Y
    form = [growth * X - 2.5 * Y - X * size, 2.5 * X + growth * Y - Y * size]
    system = System.from_expressions(form, [X, Y], [P])
    found = diagram(system, -1, 1.1, starts=known(system, lambda p: [[0.0, 0.0]]), box=(-3, 3))
    assert [hopf.p for hopf in found.hopfs] == pytest.approx([0.3], abs=1e-10)
    assert found.hopfs[0].frequency == pytest.approx(2.5, abs=1e-10)
    assert not found.folds and not found.branch_points
    assert found.stretches()[0].p.max() == pytest.approx(0.3, abs=0.03)
    saddle = System.from_expressions([(1 + P) * X, -Y], [X, Y], [P])
    assert not diagram(saddle, -0.5, 0.6, starts=known(saddle, lambda p: [[0.0, 0.0]]), box=(-3, 3)).hopfs


def test_a_pitchfork_is_a_branch_point_and_no_fold():
    system = System.from_expressions([P * X - X**3], [X], [P])
    found = diagram(system, -1, 1.1, starts=known(system, lambda p: real_roots(-1, 0, p, 0)), box=(-3, 3))
    assert found.branch_points and not found.folds and not found.hopfs
    assert [point.p for point in found.branch_points] == pytest.approx([0] * len(found.branch_points), abs=1e-4)
    assert len(found.at(0.5)) == 3


def test_a_closed_branch_ends_where_it_began():
    """x^2 + (p - 1)^2 = 1/4: an isola with folds at 1/2 and 3/2."""
    system = System.from_expressions([X**2 + (P - 1) ** 2 - sp.Rational(1, 4)], [X], [P])
    found = diagram(system, 0.1, 2, starts=known(system, lambda p: real_roots(1, 0, (p - 1) ** 2 - 0.25)), box=(-3, 3))
    assert [branch.ended for branch in found.branches] == ["closed"]
    assert [fold.p for fold in found.folds] == pytest.approx([0.5, 1.5], abs=1e-10)


def test_the_cusp_of_the_cubic_is_found_and_its_fold_curve_is_exact():
    """x' = p + q x - x^3: folds on 27 p^2 = 4 q^3, cusp at p = q = 0."""
    one = System.from_expressions([P + X - X**3], [X], [P])
    both = System.from_expressions([P + Q * X - X**3], [X], [P, Q])
    folds = diagram(one, -2, 2, starts=known(one, lambda p: real_roots(-1, 0, 1, p)), box=(-3, 3)).folds
    curves = fold_curves(both, (-2, -1), (2, 1.5), [(fold_point(one, fold), 1.0) for fold in folds], box=(-3, 3))
    assert len(curves) == 1  # both folds lie on one curve
    p, q = curves[0].p.T
    assert np.abs(27 * p**2 - 4 * q**3).max() < 1e-9
    assert len(curves[0].cusps) == 1
    assert np.abs(curves[0].cusps[0].p).max() < 1e-9 and abs(curves[0].cusps[0].x[0]) < 1e-9
    assert q.max() == pytest.approx(1.5)


# ---------------------------------------------------------------------------------- the model


def anybody(seed: int) -> tuple[Settings, np.ndarray]:
    """Return settings within bounds and a state, drawn."""
    draw = np.random.default_rng(seed)
    values = {}
    for name, one in KNOWN.items():
        # A value near the default is more like a person than one from anywhere within wide bounds.
        values[name] = float(np.clip(one.default * draw.uniform(0.5, 1.5) + draw.uniform(0, 0.1), one.low, one.high))
    return Settings(values), draw.uniform(0.01, 0.99, 3)


@pytest.mark.parametrize("mean_field", [False, True])
@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_derivatives_agree_with_finite_differences(mean_field: bool, seed: int) -> None:
    values, state = anybody(seed)
    names = ("self_criticism", "fear_of_compassion_from_others")
    system = person_system(values, names, mean_field=mean_field)
    p = np.array([values[name] for name in names])
    _, jacobian, by_p = system.derivatives(state, p)
    v = np.array([0.3, -0.5, 0.8])
    turned = system.turned(state, p, v)
    both = np.concatenate([state, p])
    h = 1e-5
    for k, step in enumerate(np.eye(5) * h):
        up, down = both + step, both - step
        first = (system.rhs(up[:3], up[3:]) - system.rhs(down[:3], down[3:])) / (2 * h)
        assert np.hstack([jacobian, by_p])[:, k] == pytest.approx(first, rel=1e-5, abs=1e-6)
        second = (system.jacobian(up[:3], up[3:]) - system.jacobian(down[:3], down[3:])) @ v / (2 * h)
        assert turned[:, k] == pytest.approx(second, rel=1e-4, abs=1e-4)


@settings(max_examples=25, deadline=None)
@given(seed=st.integers(0, 10_000))
def test_the_symbols_say_what_the_functions_say(seed: int) -> None:
    """The compiled averaged equations equal `dynamics.rates` with the averaged inputs put in as numbers."""
    from affectsim.analysis.equations import events_met

    values, state = anybody(seed)
    someone, giver = person(values)
    assert effective(values).self_criticism == someone.self_criticism
    for mean_field in (False, True):
        ties = heard(state, giver, values) if mean_field else (values["warmth"], values["hostility"])
        # Kindness that comes to mind every half hour, each time for as long as practice is remembered.
        kindness = values["self_kindness_strength"] * values["self_kindness"] * values["practice_memory"] / 0.5
        inputs = (*events_met(state, values), values["practice_input"] + kindness, values["ease"], *ties)
        expected = dynamics.rates(state, inputs, someone, dynamics.coupling(values))
        system = person_system(values, mean_field=mean_field)
        assert system.rhs(state, ()) == pytest.approx(expected, rel=1e-10, abs=1e-12)
        assert system.field(state[:, None], ())[:, 0] == pytest.approx(expected, rel=1e-10, abs=1e-12)


@pytest.mark.parametrize("mean_field", [False, True])
def test_on_the_walls_every_rate_points_inwards_so_the_indices_add_up(mean_field: bool) -> None:
    draw = np.random.default_rng(5)
    for seed in range(8):
        values, _ = anybody(seed)
        system = person_system(values.but(self_criticism=0.5 + 0.4 * seed), mean_field=mean_field)
        walls = draw.uniform(0, 1, (3, 60))
        for k in range(3):
            for side in (0.0, 1.0):
                walls_here = walls.copy()
                walls_here[k] = side
                inwards = system.field(walls_here, ())[k] * (1 - 2 * side)
                assert (inwards > 0).all()
        found = equilibria(system)
        assert found.complete and sum(one.sign for one in found.found) == 1
        assert len(found.found) % 2 == 1
        assert all(np.abs(system.rhs(one.state, ())).max() < 1e-10 for one in found.found)


def test_a_missing_equilibrium_is_noticed():
    """A field that points outwards has another degree: the check must not say that all is well."""
    system = System.from_expressions([(X - sp.Rational(1, 2)) * (X + 1)], [X], [])
    found = equilibria(system)
    assert len(found.found) == 1 and not found.complete


@lru_cache(maxsize=1)
def reference() -> tuple[Settings, Diagram]:
    values = Settings(REFERENCE)
    return values, study.one_parameter(values, study.Range("self_criticism", 0.0, 4.0))


def self_criticism_at_rest(threat: float, values: Settings) -> float:
    """Return the self-criticism with which threat rests at a value: bracketed drive, then one linear equation."""
    someone, _ = person(values.but(self_criticism=0.0))
    coupling = dynamics.coupling(values)
    inputs = (
        values["background_threat"],
        values["background_drive"],
        values["background_soothing"],
        0,
        0,
        values["warmth"],
        0,
    )

    def soothing(drive: float) -> float:
        parts = dynamics.excitation_inhibition((threat, drive, 0.0), inputs, someone, coupling)
        return parts[2] / (1 + parts[2] + parts[5])

    def drive_rate(drive: float) -> float:
        return dynamics.rates((threat, drive, soothing(drive)), inputs, someone, coupling)[1]

    fine = np.linspace(0, 1, 60)
    assert np.count_nonzero(np.diff(np.sign([drive_rate(one) for one in fine]))) == 1
    drive = brentq(drive_rate, 0, 1, xtol=1e-15)
    e, *_, i, _, _ = dynamics.excitation_inhibition((threat, drive, soothing(drive)), inputs, someone, coupling)
    return (threat * (1 + i) / (1 - threat) - e) / dynamics.signal(threat, coupling.threshold_cubed)


def test_folds_of_the_model_agree_with_brute_force():
    """Self-criticism as a function of threat at rest, on a fine grid; its turns, refined, are the folds."""
    values, _ = reference()
    found = study.one_parameter(values, study.Range("self_criticism", 0.0, 10.0))
    grid = np.linspace(0.03, 0.95, 461)
    course = np.array([self_criticism_at_rest(t, values) for t in grid])
    turns = []
    for k in np.flatnonzero(np.diff(np.sign(np.diff(course)))) + 1:
        sign = 1 if course[k] < course[k - 1] else -1
        best = minimize_scalar(
            lambda t, sign=sign: sign * self_criticism_at_rest(t, values), bounds=(grid[k - 1], grid[k + 1]),
            method="bounded", options={"xatol": 1e-10},
        )  # fmt: skip
        turns.append(sign * best.fun)
    inside = sorted(turn for turn in turns if 0 <= turn <= 10)
    assert len(inside) >= 1
    assert [fold.p for fold in found.folds] == pytest.approx(inside, abs=1e-6)
    for p in (0.5, 1.7, 3.1):
        crossings = np.count_nonzero(np.diff(np.sign(course - p)))
        assert len(found.at(p)) == crossings == len(equilibria(person_system(values, ("self_criticism",)), (p,)).found)


def test_the_reference_person_has_one_stable_state_below_the_fold_and_two_above():
    values, found = reference()
    assert len(found.folds) == 1 and found.complete and not found.hopfs
    fold = found.folds[0]
    assert 1.3 < fold.p < 1.5 and fold.opens == "above" and report.label(found, fold) == report.LOCKED
    assert report.fold_line(found, fold).endswith("state appears), stable branch up to 4")
    system = person_system(values, ("self_criticism",))
    assert [len(equilibria(system, (k,)).stable) for k in (0.5, fold.p - 1e-3, fold.p + 1e-3, 1.5, 4.0)] == [
        1,
        1,
        2,
        2,
        2,
    ]
    soothed, locked = equilibria(system, (1.5,)).stable
    assert soothed.state[[0, 2]] == pytest.approx([0.08, 0.36], abs=0.015)
    assert locked.state[0] == pytest.approx(0.50, abs=0.03)
    assert equilibria(system, (4.0,)).stable[1].state[0] == pytest.approx(0.77, abs=0.01)


def test_the_cusp_of_the_model_ends_its_folds():
    values, found = reference()
    first, second = study.Range("self_criticism", 0.0, 8.0), study.Range("background_threat", 0.05, 0.8)
    curves = study.two_parameters(values, first, second)
    cusps = [cusp for curve in curves for cusp in curve.cusps]
    assert len(cusps) == 1
    k, u = cusps[0].p
    # The fold found in one parameter lies on the curve.
    here = [curve.p for curve in curves]
    gap = min(np.abs(points - [found.folds[0].p, values["background_threat"]]).max() for p in here for points in p)
    assert gap < 0.05
    for load, folds in ((u - 0.01, 2), (u + 0.01, 0)):
        near = study.one_parameter(
            values.but(background_threat=load), study.Range("self_criticism", max(0, k - 0.5), k + 0.5)
        )
        assert len(near.folds) == folds


# ----------------------------------------------------------------------------- what people say


def test_settings_of_a_scenario_are_medians_means_and_its_own_numbers():
    scenario = Scenario(
        {"days": 1, "population": {"size": 30, "traits": {"self_criticism": {"median": 1.7}}},
         "network": {"kind": "none"},
         "model": {"background_threat": 0.3, "background_sd": 0.1}, "limits": {"afraid": False},
         "stimuli": [{"kind": "daily-life", "threat": 4.0, "threat_intensity": 0.5, "night_share": 0.0}]}
    )  # fmt: skip
    found = settings_of(scenario)
    assert found["self_criticism"] == 1.7 and found["heard"] == 0
    assert found["background_threat"] == mean_background(0.3, 0.1, found["background_time"]) != 0.3
    steady = settings_of(scenario.but({"model.background_sd": 0.0}))
    assert steady["background_threat"] == 0.3
    assert found["fear_of_self_compassion"] == 0
    assert found["threat_events"] == pytest.approx(4.0 * 0.5 / 24)
    assert set(found) == set(KNOWN) and set(MODEL) | set(INPUTS) <= set(KNOWN)


def test_mistakes_are_told_all_at_once_with_the_nearest_name():
    with pytest.raises(InputError) as caught:
        Settings().but({"self_critisism": 1.0, "ease": 3.0})
    assert "did you mean self_criticism?" in str(caught.value) and "must be a number from 0 to 1" in str(caught.value)
    with pytest.raises(InputError, match="do not depend"):
        person_system(Settings(), ("tie_growth",))
    with pytest.raises(InputError, match="mean-field"):
        person_system(Settings(), ("heard",))
    with pytest.raises(InputError, match="below the second"):
        study.range_of("self_criticism", 2.0, 1.0)
    assert "tie_growth" not in acting(True) and "heard" in acting(True) and "heard" not in acting(False)
