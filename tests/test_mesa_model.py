"""The Mesa door: same numbers as the engine, views that own nothing, Mesa's own conventions."""

from __future__ import annotations

import numpy as np
import pytest

from affectsim.errors import InputError
from affectsim.mesa_model import AffectModel, Person
from affectsim.scenario import Scenario
from affectsim.world import build
from tests.worlds import activations, advance, scenario

LIFE = {"kind": "daily-life"}


def _made():
    return scenario(
        people=70, days=1.0, steps=4, stimuli=[LIFE], network={"kind": "small-world"},
        training={"programme": "eight-week", "start_day": 0}, record={"every": "30 minutes"},
    )  # fmt: skip


def test_the_door_and_the_engine_give_the_same_bits():
    engine = build([_made().but({"training.against": "nothing"})])
    model = AffectModel(scenario=_made())
    for _ in range(48):
        model.step()
        advance(engine, 1)
        assert (model.world.population.fast == engine.population.fast).all()
        assert (model.activations() == activations(engine)).all()
    assert not model.running


def test_persons_are_views():
    model = AffectModel(size=80, seed=1, collect=False)
    assert len(model.agents) == 80 and isinstance(model.people[70], Person)
    model.step()
    person = model.people[70]
    assert person.threat == model.world.get(0, "threat")[70]
    person.threat = 0.9
    assert model.activations()[0, 70] == 0.9
    assert person.dominant == "threat"
    with pytest.raises(ValueError, match="0 to 1"):
        person.threat = 1.2
    before = person.self_criticism
    person.self_criticism = before + 1
    assert model.world.get(0, "self_criticism")[70] == pytest.approx(before + 1)
    assert set(person.neighbours) <= set(model.agents)
    assert len(person.neighbours) == model.graph.in_degree(70)


def test_select_and_shuffle_work_as_mesa_users_expect():
    model = AffectModel(size=50, seed=2)
    for _ in range(20):
        model.step()
    afraid = model.agents.select(lambda person: person.threat > 0.3)
    assert {p.row for p in afraid} == set(np.flatnonzero(model.activations()[0] > 0.3))
    assert model.agents.agg("threat", np.mean) == pytest.approx(model.activations()[0].mean())


def test_data_collector():
    model = AffectModel(size=30, seed=2, collect_people=True)
    for _ in range(5):
        model.step()
    table = model.datacollector.get_model_vars_dataframe()
    assert list(table.columns) == ["threat", "drive", "soothing", "balance", "threat_dominant"]
    assert len(table) == 6
    people = model.datacollector.get_agent_vars_dataframe()
    assert people.loc[5]["threat"].to_numpy() == pytest.approx(model.activations()[0])
    assert table["threat"].iloc[-1] == pytest.approx(people.loc[5]["threat"].mean())


def test_events_can_be_sent_by_hand():
    plain, kicked = (AffectModel(size=20, seed=2, network="none") for _ in range(2))
    kicked.people[3].receive("threat", 2.0)
    plain.step(), kicked.step()
    difference = kicked.activations()[0] - plain.activations()[0]
    assert difference[3] > 0.1 and (np.delete(difference, 3) == 0).all()
    with pytest.raises(ValueError, match="must be one of"):
        kicked.people[0].receive("hunger", 1.0)


def test_seeds():
    def state(seed):
        model = AffectModel(size=20, seed=seed)
        model.step()
        return model.activations()

    assert (state(0) == state(0)).all()
    assert not (state(0) == state(1)).all()
    assert not (state(None) == state(None)).all()
    with pytest.raises(InputError, match=r"seed +is -1; allowed: a whole number, 0 or more"):
        state(-1)
    with pytest.raises(InputError, match="seed"):
        state(np.random.default_rng(1))


def test_flat_keywords_reach_the_model_and_mistakes_are_named():
    strong = AffectModel(size=20, seed=1, soothing_calms_threat=12.0, self_criticism=2.5)
    assert strong.affect_scenario.parameters["soothing_calms_threat"] == 12.0
    assert np.median(strong.world.get(0, "self_criticism")) > 1.5
    with pytest.raises(InputError, match="did you mean soothing_calms_threat"):
        AffectModel(size=20, soothing_calm_threat=1.0)


@pytest.mark.parametrize(
    ("wrong", "says"),
    [({"seed": "x"}, "seed"), ({"seed": 1.5}, "seed"), ({"network": 5}, "network"), ({"ticks_per_step": 1.5}, "ticks"),
     ({"scenario": "s.toml"}, "Scenario.load"), ({"share": 5}, "0 to 1"), ({"sise": 3}, "did you mean size"),
     ({"model_defeat": 1.0}, "model_defeat"), ({"seeed": 3, "share": -1}, "2 mistakes")],
)  # fmt: skip
def test_arguments_that_cannot_be_used_are_named(wrong, says):
    with pytest.raises(InputError, match=says):
        AffectModel(**{"size": 4, "days": 1, **wrong})


def test_shares_held_in_16_bits_are_read_and_set_as_shares():
    person = AffectModel(size=10, network="none", collect=False).people[3]
    person.unworthiness = 0.25
    assert person.unworthiness == pytest.approx(0.25, abs=1e-5)
    with pytest.raises(ValueError, match="from 0 to 1"):
        person.anger = 1.5


def test_kindness_to_oneself_that_is_set_comes_to_mind_in_the_next_half_hour():
    model = AffectModel(size=10, network="none", collect=False)
    person, other = model.people[3], model.people[4]
    person.self_kindness = 0.8
    model.step()
    u_practice = model.world.get(0, "u_practice")
    assert u_practice[person.row] > 0.0 == u_practice[other.row]
    with pytest.raises(ValueError, match="from 0 to 1"):
        person.self_kindness = 1.2


@pytest.mark.parametrize(
    ("name", "value"), [("self_criticism", -50.0), ("motivation", 5.0), ("power", 30.0), ("threat", float("nan"))]
)
def test_what_nobody_can_be_is_refused(name: str, value: float):
    person = AffectModel(size=10, network="none", collect=False).people[3]
    before = getattr(person, name)
    with pytest.raises(ValueError, match="must be from 0 to"):
        setattr(person, name, value)
    assert getattr(person, name) == before


@pytest.mark.parametrize("intensity", [float("nan"), float("inf"), -1.0])
def test_events_without_a_size_are_refused(intensity: float):
    model = AffectModel(size=10, network="none", collect=False)
    with pytest.raises(ValueError, match="intensity"):
        model.people[0].receive("threat", intensity)
    model.step()
    assert np.isfinite(model.activations()).all()


def test_after_the_end_nothing_is_stepped_or_collected():
    model = AffectModel(size=10, network="none", days=1.0)
    for _ in range(60):
        model.step()
    assert not model.running and model.hours == 24
    assert len(model.datacollector.get_model_vars_dataframe()) == 49


def test_a_scenario_takes_a_seed_and_nothing_else():
    """Runs of batch_run are replicates, and what would be ignored is refused."""
    made = Scenario({"days": 2.0, "population": {"size": 20}})

    def threat(**more):
        model = AffectModel(scenario=made, **more)
        for _ in range(24):
            model.step()
        return model.activations()[0].mean()

    assert threat(seed=1) == threat(seed=1) != threat(seed=2)
    with pytest.raises(InputError) as error:
        AffectModel(scenario=made, size=99, soothing_calms_threat=0.0)
    assert [one.where for one in error.value.mistakes] == ["size", "soothing_calms_threat"]


def test_nobody_leaves():
    model = AffectModel(size=10, network="none")
    with pytest.raises(NotImplementedError, match="select"):
        model.people[0].remove()
    assert len(model.agents) == 10
