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


@settings(max_examples=20)
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


def test_people_drop_out_on_any_day_of_the_programme():
    """Evenly over its 56 days; mean and standard deviation within 4.9 standard errors (1 in a million each)."""
    training = {"programme": "eight-week", "start_day": 1, "who": {"share": 1.0}}
    world = build([scenario(people=4000, days=3.0, training=training, network={"kind": "none"})])
    stop = world.get(0, "stop_day")
    stays = stop[stop < NEVER] - 1
    assert stays.size > 500 and stays.min() >= 0 and stays.max() <= 55
    assert stays.mean() == pytest.approx(27.5, abs=4.9 * 56 / np.sqrt(12 * stays.size))
    # Of an even spread: kurtosis 1.8.
    assert stays.std() == pytest.approx(56 / np.sqrt(12), rel=4.9 * np.sqrt(0.8 / stays.size) / 2)


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


def test_dated_events_hit_their_share_and_each_other_people():
    """Error rates are 1 in a million each (4.9 standard errors)."""
    exam, loss = ({"kind": "dated", "day": 0, "hour": h, "threat": 1.5, "share": 0.3} for h in (1.0, 2.0))
    tables = build([scenario(people=2000, stimuli=[exam, loss], network={"kind": "none"})]).tables
    hit = np.zeros((2, 2000), dtype=bool)
    for number, moment in enumerate((2, 4)):
        hit[number, tables.event_person[slice(*tables.event_start[0, moment : moment + 2])]] = True
    assert hit.sum() == tables.event_person.size == tables.event_start[0, -1]
    assert hit.mean(axis=1) == pytest.approx([0.3, 0.3], abs=4.9 * np.sqrt(0.3 * 0.7 / 2000))
    assert hit.all(axis=0).mean() == pytest.approx(0.09, abs=4.9 * np.sqrt(0.09 * 0.91 / 2000))
    assert (tables.event_kind == 0).all() and (tables.event_size == 1.5).all()


def test_what_a_script_says_happens_to_whom_it_says(tmp_path):
    path = tmp_path / "diary.csv"
    path.write_text(
        "person,time_h,kind,intensity\n2,1,threat,0.5\n0,1,affiliative,2\n69,7.25,ambiguous,1.5\n1,9.9,resource,0.25\n"
    )
    made = scenario(people=70, stimuli=[{"kind": "script", "path": str(path)}], network={"kind": "none"}, replicates=2)
    tables = build([made]).tables
    # The second run begins in the third block of 64 people.
    assert tables.event_person.tolist() == [0, 2, 69, 1, 128, 130, 197, 129]
    assert tables.event_kind.tolist() == [2, 0, 3, 1] * 2
    assert tables.event_size.tolist() == [2.0, 0.5, 1.5, 0.25] * 2
    # By moment: those of 1:00 are in the half hour after two, 9.9 h in the one after nineteen.
    begins = np.repeat([0, 2, 3, 4], [3, 12, 5, 29])
    assert (tables.event_start == [begins, 4 + begins]).all()


def test_half_of_what_ties_give_arrives_at_the_half_weight():
    made = scenario(people=30, model={"tie_half_weight": 3.0}, network={"kind": "random", "mean_ties": 3.0})
    world = build([made])
    ties = np.diff(world.runs[0].community.ties.start)
    share = np.repeat(1 / (3.0 + ties), ties)
    assert 3 in ties and world.tie_shares(0) == pytest.approx(share, rel=1e-6)
    assert world.tie_shares(0)[np.repeat(ties, ties) == 3] == pytest.approx(0.5 / 3, rel=1e-6)
