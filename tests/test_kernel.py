"""The compiled tick: invariance, exact special cases, order of convergence, and independence of threads."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.integrate import solve_ivp

from affectsim import dynamics, reference
from affectsim.kernel import runge_kutta
from affectsim.kernel.advance import advance as kernel_advance
from affectsim.kernel.compile import model_sources
from affectsim.kernel.meeting import meeting
from affectsim.kernel.rows import FAST_BLOCK, SLOW_BLOCK
from affectsim.kernel.scheme import decay_table, exchange_steps
from affectsim.layout import FAST_ROWS, LANES, SLOW, SLOW_ROWS, STEADY, STEADY_ROWS, Fast, steady
from affectsim.networks.ties import Ties
from affectsim.parameters import ATTRIBUTES, MODEL, TRAITS
from affectsim.readouts import SYSTEMS
from affectsim.world import World, build
from affectsim.world_tables import circumstances
from tests.worlds import (
    QUIET_MODEL,
    STATELESS_LIFE,
    STATELESS_MODEL,
    UNCOUPLED_MODEL,
    activations,
    advance,
    after,
    scenario,
)

SHOCK = {"kind": "shock", "day": 0, "hour": 1.0, "threat": 1.5, "affiliative": 0.5}


# ------------------------------------------------------------------------------------ invariance


def _random_world(parameter_sets: int, generator: np.random.Generator) -> World:
    """Return a world of `parameter_sets` runs of 64 people, every number random within its bounds.

    A tenth of all numbers sits on a bound. Inputs are as large as forty strong events at once.
    """
    one = build([scenario(people=LANES, days=1.0, steps=2)])
    p, t = one.population, one.tables
    runs = np.arange(parameter_sets)

    def within(low, high, size):
        values = generator.uniform(low, high, size)
        edge = generator.random(size)
        return np.where(edge < 0.05, low, np.where(edge > 0.95, high, values))

    model = {name: within(known.low, known.high, parameter_sets) for name, known in MODEL.items()}
    slow = np.tile(p.slow.reshape(1, SLOW_ROWS, LANES), (parameter_sets, 1, 1))
    shares = np.tile(p.steady.reshape(1, STEADY_ROWS, LANES), (parameter_sets, 1, 1))
    for name, trait in {**TRAITS, **ATTRIBUTES}.items():
        values = within(trait.low, trait.high, (parameter_sets, LANES))
        if name in STEADY:
            shares[:, STEADY[name]] = steady(values)
        else:
            slow[:, SLOW[name]] = values
    for name in ATTRIBUTES:
        shares[:, STEADY[f"baseline_{name}"]] = steady(slow[:, SLOW[name]])
    fast = np.zeros((parameter_sets, FAST_ROWS, LANES))
    for row in (Fast.THREAT, Fast.DRIVE, Fast.SOOTHING, Fast.U_EASE):
        fast[:, row] = within(0.0, 1.0, (parameter_sets, LANES))
    for row in range(Fast.U_THREAT, Fast.U_EASE):
        fast[:, row] = within(0.0, 40.0, (parameter_sets, LANES))
    ties = p.tie_source.size
    population = p._replace(
        fast=fast.reshape(-1),
        slow=slow.reshape(-1),
        steady=shares.reshape(-1),
        given=np.zeros(8 * LANES * parameter_sets, dtype=np.float32),
        circumstances=np.zeros(2 * LANES * parameter_sets, dtype=np.float32),
        block_run=runs,
        block_first=np.zeros(parameter_sets, dtype=np.int64),
        run_blocks=np.arange(parameter_sets + 1),
        tie_start=np.concatenate([[0], (p.tie_start[1:] + (runs * ties)[:, None]).ravel()]),
        tie_source=(p.tie_source.astype(np.int64) + (runs * 4 * LANES)[:, None]).ravel().astype(np.uint32),
        tie_share=np.tile(p.tie_share, parameter_sets),
        tie_weight=np.tile(p.tie_weight, parameter_sets),
        tie_warmth=np.tile(p.tie_warmth, parameter_sets),
    )
    each = [{name: values[run] for name, values in model.items()} for run in runs]
    repeated = {
        name: np.repeat(getattr(t, name), parameter_sets, axis=0)
        for name in ("background", "thresholds", "intensity", "keys", "event_start", "home", "session",
                     "session_moment", "attendance", "forget", "power_step", "risk", "bonds")
    }  # fmt: skip
    tables = t._replace(
        coupling=np.array([dynamics.coupling(values) for values in each], dtype=float),
        model=np.array([list(values.values()) for values in each]),
        decay=np.stack([decay_table(values, np.linspace(0, 0.5, 5)) for values in each]),
        circumstances=np.array([circumstances(values) for values in each]),
        **repeated,
    )
    return World(population, tables, one.runs)


def test_the_cube_is_never_left():
    """Invariance of [0, 1]^3 for 10,000 random valid parameter sets, inputs far beyond daily life."""
    world = _random_world(10_000, np.random.default_rng(5))
    # Two steps per tick are far too few for most of these parameters: the plain method does leave.
    population, tables = world.population, world.tables
    scratch = np.zeros(runge_kutta.SCRATCH_ROWS * LANES)
    left = 0
    for block in range(200):
        fast = population.fast[block * FAST_BLOCK : (block + 1) * FAST_BLOCK].copy()
        slow = population.slow[block * SLOW_BLOCK : (block + 1) * SLOW_BLOCK]
        coupling, decay = tuple(tables.coupling[block]), tables.decay[block]
        left += runge_kutta.runge_kutta(fast, slow, scratch, coupling, decay, 0, 0.25, True) > 0
    assert left > 50, "the control must leave the cube, or this test shows nothing"
    for tick in range(8):
        _raw_advance(world, tick, 1)
        x = world.fast[:, : Fast.SOOTHING + 1]
        assert np.isfinite(world.population.fast).all()
        assert x.min() >= 0.0 and x.max() <= 1.0


def _raw_advance(world: World, first: int, ticks: int) -> None:
    chosen = np.full(world.population.tie_start.size - 1, -1, dtype=np.int64)
    kernel_advance(
        world.population, world.tables, first, ticks, 10**9, np.zeros(0, dtype=np.int64), chosen, np.empty((1, 5, 0)),
        meeting(), 0, 1,
    )  # fmt: skip


# ---------------------------------------------------------------------------------- exact cases


@settings(max_examples=25)
@given(
    st.floats(0.05, 3.0), st.floats(0.05, 3.0), st.floats(0.05, 3.0),
    st.floats(0.3, 12.0), st.floats(0.3, 12.0), st.floats(0.3, 12.0),
)  # fmt: skip
def test_uncoupled_people_relax_as_the_closed_form_says(b_threat, b_drive, b_soothing, tau_t, tau_d, tau_s):
    model = {**UNCOUPLED_MODEL, **QUIET_MODEL, "threat_time": tau_t, "drive_time": tau_d, "soothing_time": tau_s}
    traits = {
        "threat_baseline": {"median": b_threat}, "drive_baseline": {"median": b_drive},
        "soothing_baseline": {"median": b_soothing}, "self_criticism": {"median": 0.0},
        "fear_of_compassion_from_others": {"median": 0.0},
    }  # fmt: skip
    made = scenario(people=5, steps=64, model=model, network={"kind": "none"}, population={"traits": traits})
    world = build([made])
    start = activations(world)
    advance(world, 4)
    gains = ("effective_threat_gain", "drive_gain", "effective_soothing_gain")
    for row, (system, gain, tau) in enumerate(zip(SYSTEMS, gains, (tau_t, tau_d, tau_s), strict=True)):
        excitation = world.get(0, f"{system}_baseline") + world.get(0, gain) * world.get(0, f"background_{system}")
        expected = dynamics.relaxation(start[row], excitation, 0.0, 1 / tau, lambda rate: np.exp(-rate * 2.0))
        np.testing.assert_allclose(activations(world)[row], expected, rtol=0, atol=1e-10)


def test_a_complete_graph_of_equals_is_one_person_in_the_mean_field():
    spreads = {name: {"spread": 0.0} for name in (*TRAITS, *ATTRIBUTES)}
    people = 24
    made = scenario(
        people=people, steps=32, model=QUIET_MODEL, stimuli=[SHOCK], network={"kind": "complete"},
        population={"traits": spreads},
    )  # fmt: skip
    world = build([made])
    one = reference.Equations(advance(build([made]), 1), 0)  # people's effective values, after the first night
    person = dynamics.Person(*(values[0] for values in one.person))
    giver = dynamics.Giver(*(values[0] for values in one.giver))
    parameters = made.parameters
    heard = (people - 1) / (parameters["tie_half_weight"] + people - 1)
    state = activations(world)[:, 0]
    kick = {"threat": 0.0, "affiliation": 0.0}
    for tick in range(12):
        if tick == 2:
            kick = {"threat": SHOCK["threat"], "affiliation": SHOCK["affiliative"]}

        def rates(t, x, kick=dict(kick)):  # noqa: B006  (a copy per tick is meant)
            warmth, hostility = dynamics.giving(x, giver, one.coupling[0])
            inputs = dynamics.Inputs(
                parameters["background_threat"] + kick["threat"] * np.exp(-t / parameters["threat_memory"]),
                parameters["background_drive"],
                parameters["background_soothing"] + kick["affiliation"] * np.exp(-t / parameters["affiliation_memory"]),
                0.0,
                0.0,
                parameters["warmth_strength"] * heard * warmth,
                parameters["hostility_strength"] * parameters["hostility_weight"] * heard * hostility,
            )
            return dynamics.rates(x, inputs, person, one.coupling)

        state = solve_ivp(rates, (0, 0.5), state, method="DOP853", rtol=1e-12, atol=1e-13).y[:, -1]
        kick["threat"] *= np.exp(-0.5 / parameters["threat_memory"])
        kick["affiliation"] *= np.exp(-0.5 / parameters["affiliation_memory"])
        advance(world, 1)
        everybody = activations(world)
        assert np.ptp(everybody, axis=1).max() < 1e-12
        # Traits and tie weights are float32: 6e-8 relative.
        np.testing.assert_allclose(everybody[:, 0], state, rtol=0, atol=2e-7)


def test_relabelling_people_permutes_results():
    made = scenario(people=90, model=QUIET_MODEL, stimuli=[SHOCK])
    order = np.random.default_rng(1).permutation(90)
    plain, shuffled = build([made]), build([made])
    for name in (*SLOW, *STEADY):
        shuffled.set(0, name, plain.get(0, name)[order])
    for row in Fast:
        shuffled.set(0, row.name, plain.get(0, row.name)[order])
    original, new = plain.runs[0].community.ties, np.argsort(order)
    assert (original.weight == 1).all() and shuffled.population.tie_weight.size == 0
    ties = Ties.from_edges(new[original.source], new[original.target], None, 90, directed=True)
    idle = shuffled.population.tie_start.size - 91
    start = np.concatenate([ties.start, np.full(idle, ties.start[-1])])
    shuffled.population = shuffled.population._replace(
        tie_start=start,
        tie_source=(4 * ties.source).astype(np.uint32),
        tie_share=np.concatenate([1 / (1 + ties.received), np.zeros(idle)]).astype(np.float32),
    )
    advance(plain, 24), advance(shuffled, 24)
    assert np.ptp(activations(plain)) > 0.1
    np.testing.assert_allclose(activations(shuffled), activations(plain)[:, order], rtol=0, atol=1e-7)


def test_without_ties_people_are_independent():
    made = scenario(
        people=70, network={"kind": "none"}, stimuli=[STATELESS_LIFE, {**SHOCK, "kind": "dated", "share": 0.3}]
    )
    plain, changed = build([made]), build([made])
    traits = changed.get(0, "self_criticism")
    traits[3] = 5.0
    changed.set(0, "self_criticism", traits)
    one, other = activations(advance(plain, 96)), activations(advance(changed, 96))
    others = np.arange(70) != 3
    assert (one[:, others] == other[:, others]).all()
    assert not np.allclose(one[:, 3], other[:, 3])


def test_with_ties_one_person_changes_their_neighbours():
    made = scenario(people=70, network={"kind": "ring", "ties_each": 2})
    plain, changed = build([made]), build([made])
    state = changed.get(0, "soothing")
    state[3] = 1.0
    changed.set(0, "soothing", state)
    difference = np.abs(activations(advance(plain, 1)) - activations(advance(changed, 1))).max(axis=0)
    assert difference[[2, 4]].min() > 1e-4
    # Signals pass on at every exchange within the tick, but hardly reach the other side of the ring.
    assert difference[40] < 1e-12


def test_fear_of_compassion_turns_warmth_into_threat():
    spreads = {"fear_of_compassion_from_others": {"median": 1.0}, "fear_of_self_compassion": {"median": 1.0}}
    kind = {"kind": "shock", "day": 0, "hour": 1.0, "affiliative": 2.0}
    afraid = {"population": {"traits": spreads}, "network": {"kind": "none"}, "model": QUIET_MODEL}
    with_kindness, without = after(scenario(stimuli=[kind], **afraid), 4), after(scenario(**afraid), 4)
    assert (with_kindness[0] > without[0]).all()
    assert (with_kindness[2] < without[2]).all()


# ------------------------------------------------------------------------------------ convergence


def _errors(made, refined, half_hours):
    """Return, for each refinement (scenario, ticks per half hour, changed table), the error of every person.

    Shape (refinements, half hours, people): the largest over the three systems, against DOP853 with
    rtol 1e-11 on the whole coupled population.
    """
    exact, world = [], build([made])
    for _ in range(half_hours):
        reference.advance(world, 1)
        exact.append(activations(world))
    errors = []
    for scenario_, ticks, change in refined:
        world = build([scenario_])
        if change is not None:
            world.tables = world.tables._replace(**change)
        path = [activations(advance(world, ticks)) for _ in range(half_hours)]
        errors.append(np.abs(np.array(path) - np.array(exact)).max(axis=1))
    return np.array(errors)


def _typical(errors):
    """Return the median person's largest error: people near a tipping point magnify any error."""
    return np.median(errors.max(axis=1), axis=1)


def _lively(**more):
    return scenario(people=60, stimuli=[STATELESS_LIFE, {**SHOCK, "hour": 8.0}], model=STATELESS_MODEL, **more)


def test_observed_order_is_the_nominal_order_with_ties_and_pulses():
    # Order is what is left for small steps: coarser ones than these converge somewhat faster. Odd multiples of five cut
    # the tick alike.
    steps = np.array([25, 35, 45, 55])
    errors = _typical(_errors(_lively(), [(_lively(steps=int(n)), 1, None) for n in steps], 24))
    slope = -np.polyfit(np.log(steps), np.log(errors), 1)[0]
    assert slope == pytest.approx(4.0, abs=0.2)


def test_a_control_with_frozen_neighbours_is_caught_as_first_order():
    """Ties heard once per tick and held: the method becomes first order, and this test would see it."""
    now = [1.0, 0.0, 0.0, 0.0]
    frozen = {"signal_weights": np.array([now + now]), "given_back": np.zeros(1)}
    ticks = np.array([6.0, 3.0, 2.0, 1.0])
    refined = [(_lively(steps=1, tick=t), round(30 / t), frozen) for t in ticks]
    errors = _typical(_errors(_lively(), refined, 12))
    slope = np.polyfit(np.log(ticks), np.log(errors), 1)[0]
    assert slope == pytest.approx(1.0, abs=0.2)


def test_giving_back_what_was_missed_acts():
    """Without the correction errors are several times larger, with coarse steps more than twice: this would see it."""
    with_it, without = (
        _typical(_errors(_lively(), [(_lively(steps=n), 1, change(n)) for n in (15, 25, 35)], 24))
        for change in (lambda n: None, lambda n: {"given_back": np.zeros(exchange_steps(n).size - 1)})
    )
    assert (without > [2 * with_it[0], *(3 * with_it[1:])]).all()


@pytest.mark.parametrize("preset", ["general", "help-seeking"])
def test_error_of_the_default_step(preset):
    """After a day everybody is within 1e-4; on the way 99.9 % of all values (tipping points magnify)."""
    made = scenario(people=60, stimuli=[STATELESS_LIFE, {**SHOCK, "hour": 8.0}], model=STATELESS_MODEL,
                    population={"preset": preset})  # fmt: skip
    errors = _errors(made, [(made, 1, None)], 48)[0]
    assert errors[-1].max() < 1e-4
    assert np.quantile(errors, 0.999) < 1e-4


def test_rescue_step_is_second_order():
    """One step of the invariant method against the exact solution: local error of third order."""
    made = scenario(people=20, network={"kind": "none"}, model=QUIET_MODEL)
    world = advance(build([made]), 1)
    equations = reference.Equations(world, 0)
    population, tables = world.population, world.tables
    start = activations(world)
    errors = []
    for h in (0.1, 0.05, 0.025):
        exact = solve_ivp(equations, (0, h), start.ravel(), method="DOP853", rtol=1e-12, atol=1e-13).y[:, -1]
        scratch = np.zeros(runge_kutta.SCRATCH_ROWS * LANES)
        scratch[runge_kutta.INSIDE : runge_kutta.INSIDE + LANES] = -1.0
        decay = decay_table(made.parameters, np.array([0.0, 0.5 * h, h]))
        fast, slow = population.fast[:FAST_BLOCK], population.slow[:SLOW_BLOCK]
        runge_kutta.rescue(fast, slow, scratch, tuple(tables.coupling[0]), decay, 0, h)
        found = np.stack([scratch[row : row + 20] for row in (runge_kutta.Y_T, runge_kutta.Y_D, runge_kutta.Y_S)])
        errors.append(np.abs(found - exact.reshape(3, 20)).max())
    orders = np.log2(np.array(errors[:-1]) / errors[1:])
    assert orders == pytest.approx(3.0, abs=0.3)


# ---------------------------------------------------------------------------- independence of bits

LIFE = {"kind": "daily-life"}


def _trial(**more):
    return scenario(
        people=150, days=3.0, stimuli=[LIFE, SHOCK], network={"kind": "small-world"},
        training={"programme": "eight-week", "start_day": 1}, **more,
    )  # fmt: skip


@pytest.mark.parametrize("threads", [2, 8])
@pytest.mark.parametrize("steps", [9, 7])
def test_same_bits_for_any_number_of_threads(threads, steps):
    """Nine steps hear ties six times, seven five times: then what is given changes places from tick to tick."""
    assert exchange_steps(steps).size - 1 == {9: 6, 7: 5}[steps]
    made = _trial(steps=steps, bonds={"change": True})
    one, many = advance(build([made]), 144, 1), advance(build([made]), 144, threads)
    assert (one.population.fast == many.population.fast).all()
    assert (one.population.slow == many.population.slow).all()


def test_same_bits_alone_and_batched():
    alone = [_trial(seed=seed) for seed in (3, 4)]
    # Its ties need weights, those of the others do not when they are alone.
    other = scenario(people=33, days=3.0, stimuli=[LIFE], model={"soothing_calms_threat": 1.0}, bonds={"change": True})
    assert build(alone).population.tie_weight.size == 0 < build([other]).population.tie_weight.size
    batch = advance(build([alone[0], other, alone[1]]), 144, 2)
    for made, runs in ((alone[0], (0, 1)), (alone[1], (3, 4)), (other, (2,))):
        lone = advance(build([made]), 144)
        for number, run in enumerate(runs):
            assert (activations(lone, number) == activations(batch, run)).all()


def test_replicates_are_different_worlds():
    world = advance(build([_trial(replicates=3)]), 96)
    states = [activations(world, run) for run in range(0, 6, 2)]
    assert np.abs(states[0] - states[1]).mean() > 0.02 and np.abs(states[1] - states[2]).mean() > 0.02
    sources = [run.community.ties.source for run in world.runs[::2]]
    assert not np.array_equal(sources[0], sources[1])


def test_the_two_arms_are_the_same_people_and_events_until_training_starts():
    world = build([_trial()])
    advance(world, 48 + 16)  # a day, and the second day until people wake, when the first exercise in passing may come
    assert (activations(world, 0) == activations(world, 1)).all()
    advance(world, 78)
    trained = world.runs[0].trainees
    assert np.abs(activations(world, 0) - activations(world, 1))[:, trained].max() > 1e-3


def test_what_is_kept_on_disk_is_stamped_with_all_sources_of_the_model(tmp_path):
    """Numba alone would go on running an old equation after dynamics.py has changed."""
    assert kernel_advance._cache._cache_file._source_stamp == model_sources()
    package = Path(runge_kutta.__file__).parents[1]
    for changed in ("dynamics.py", "training/practice.py", "kernel/happenings.py", "parameters.py", "calibrated.py",
                    "data/calibrated.toml"):  # fmt: skip
        copy = tmp_path / changed.replace("/", "-")
        for file in (*package.rglob("*.py"), *package.rglob("data/*.toml")):
            (copy / file.relative_to(package)).parent.mkdir(parents=True, exist_ok=True)
            (copy / file.relative_to(package)).write_bytes(file.read_bytes())
        assert model_sources(copy) == model_sources()
        with (copy / changed).open("a") as file:
            file.write("#")
        assert model_sources(copy) != model_sources()
