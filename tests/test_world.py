"""Building worlds: who the people are, who is trained, what it costs in memory."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy import stats

from affectsim.errors import InputError
from affectsim.layout import LANES, NEVER
from affectsim.parameters import ATTRIBUTES, TRAITS
from affectsim.traits import draw_traits, quantiles
from affectsim.world import build
from tests.worlds import scenario

EVERYTHING = {**TRAITS, **ATTRIBUTES}


@pytest.mark.parametrize("name", sorted(EVERYTHING))
def test_traits_have_the_distribution_they_claim(name):
    trait = EVERYTHING[name]
    values = draw_traits({name: trait}, 1, 0, 20_000)[name]
    assert values.min() >= trait.low and values.max() <= trait.high
    to_normal = np.log if trait.shape == "lognormal" else lambda v: np.log(v / (1 - v))
    z = (to_normal(values) - to_normal(np.array(trait.median))) / trait.spread
    # Fails once in a million seeds for the right distribution; the seed is fixed.
    assert stats.kstest(z, "norm").pvalue > 1e-6


@given(st.floats(0, 1), st.floats(0, 3), st.sampled_from(["lognormal", "logitnormal"]), st.floats(1e-6, 1 - 1e-6))
def test_a_median_on_a_bound_switches_a_trait_off(median, spread, shape, share):
    from dataclasses import replace

    trait = replace(EVERYTHING["anger"], shape=shape, median=median, spread=spread)
    value = quantiles(trait, np.array([share]))[0]
    assert trait.low <= value <= trait.high
    if median == 0 or spread == 0:
        assert value == pytest.approx(median)


def test_state_needs_at_most_400_bytes_per_person():
    assert build([scenario(people=LANES * 100, network={"kind": "none"})]).bytes_per_person <= 400


@settings(max_examples=20, deadline=None)
@given(st.integers(1, 200), st.floats(0, 1))
def test_who_is_trained(people, share):
    training = {"programme": "eight-week", "start_day": 1, "who": {"share": share}}
    world = build([scenario(people=people, days=3.0, training=training, network={"kind": "none"})])
    trained, waiting = world.runs
    assert trained.trainees.sum() == round(share * people)
    assert (trained.trainees == waiting.trainees).all()
    starts = world.get(0, "start_day")
    assert (starts[trained.trainees] == 1).all() and (starts[~trained.trainees] == NEVER).all()
    assert (world.get(1, "start_day") == NEVER).all()
    assert not waiting.dropped_out.any()


def test_the_most_self_critical_the_hubs_and_the_isolates_can_be_chosen():
    for choose in ("most-self-critical", "hubs", "isolates"):
        training = {"programme": "eight-week", "start_day": 1, "who": {"share": 0.2, "choose": choose}}
        world = build([scenario(people=100, days=3.0, training=training, network={"kind": "scale-free"})])
        chosen = world.runs[0].trainees
        ties = np.diff(world.runs[0].community.ties.start)
        value = {"most-self-critical": world.get(0, "self_criticism"), "hubs": ties, "isolates": -ties}[choose]
        assert value[chosen].min() >= value[~chosen].max()


def test_drop_out_is_the_programmes_share():
    training = {"programme": "eight-week", "start_day": 1, "who": {"share": 1.0}}
    world = build([scenario(people=4000, days=3.0, training=training, network={"kind": "none"})])
    # 4.9 standard errors: once in a million.
    assert world.runs[0].dropped_out.mean() == pytest.approx(0.17, abs=4.9 * np.sqrt(0.17 * 0.83 / 4000))


def test_scenarios_of_one_batch_must_fit_together():
    with pytest.raises(ValueError, match="same days"):
        build([scenario(days=1.0), scenario(days=2.0)])


def test_a_shock_for_a_group_nobody_is_in_is_refused():
    shock = {"kind": "shock", "day": 0, "threat": 1.0, "group": {"department": "sales"}}
    with pytest.raises(InputError, match="department"):
        build([scenario(stimuli=[shock])])


def test_a_shock_hits_its_group_only():
    shock = {"kind": "shock", "day": 0, "hour": 1.0, "threat": 2.0}
    network = {"kind": "communities", "groups": 4}
    made = scenario(people=80, stimuli=[shock], network=network)
    world = build([made])
    groups = world.runs[0].community.groups
    name = next(iter(groups))
    world = build([made.but({"stimuli.0.group": {name: int(groups[name][-1])}})])
    hit = np.zeros(80, dtype=bool)
    hit[world.tables.event_person] = True
    assert (hit == (groups[name] == groups[name][-1])).all() and 0 < hit.sum() < 80
