"""Ties that change: warmth strengthens, hostility and withdrawal wear down, distrust spreads to a group."""

from __future__ import annotations

import numpy as np
import pytest

from affectsim.errors import InputError
from affectsim.kernel.bonds import DAY_COLUMNS
from affectsim.simulation import simulate
from affectsim.world import build, community_of
from tests.worlds import activations, advance, scenario

GROUPS = {"kind": "communities", "groups": 2, "inside": 4.0, "between": 4.0}
LIFE = {"kind": "daily-life"}
BULLY = 5


def _made(**more):
    return scenario(people=60, days=30.0, stimuli=[LIFE], **{"network": GROUPS, **more})


def _with_a_bully(made):
    """One person who lives under threat and turns it outward."""
    world = build([made])
    for name, value in (("anger", 1.0), ("power", 1.0), ("current_power", 1.0), ("self_criticism", 8.0),
                        ("threat_baseline", 3.0), ("escape", 0.0)):  # fmt: skip
        values = world.get(0, name)
        values[BULLY] = value
        world.set(0, name, values)
    return world


def _ends(world):
    """Return (giver, receiver) of every tie."""
    ties = world.runs[0].community.ties
    return ties.source.astype(int), np.repeat(np.arange(ties.n), np.diff(ties.start))


def _day(world):
    """Return the day's means so far: warmth given, hostility given, threat; each of shape (people,)."""
    return world.population.day.reshape(-1, DAY_COLUMNS)[:60].astype(float).T


def test_bonds_that_do_not_change_are_no_bonds():
    plain = build([_made()])
    bound = build([_made(bonds={"change": True}, model={"tie_growth": 0.0, "tie_wear": 0.0})])
    advance(plain, 144), advance(bound, 144)
    assert plain.population.tie_strength.size == 0
    assert (bound.population.tie_strength == 1).all()
    # Weights are divided anew each night, in another order of additions.
    np.testing.assert_allclose(activations(plain), activations(bound), rtol=0, atol=1e-6)


def test_the_day_is_the_mean_of_its_ticks():
    world, total = build([_made(bonds={"change": True})]), np.zeros(60)
    for _ in range(48):
        total += activations(world)[0]
        advance(world, 1)
    np.testing.assert_allclose(_day(world)[2], total / 48, rtol=1e-5)


def test_strength_follows_the_day_exactly():
    """One night against the equation, tie by tie."""
    world = build([_made(bonds={"change": True}, model={"tie_growth": 0.5, "tie_wear": 0.7})])
    advance(world, 48)
    assert (world.population.tie_strength == 1).all()
    warmth, hostility, threat = _day(world)
    advance(world, 1)
    # The night comes first for the person, then for their ties.
    flight = world.get(0, "effective_flight")
    giver, receiver = _ends(world)
    expected = 1 + 0.5 * warmth[receiver] * warmth[giver]
    expected -= 0.7 * (hostility[receiver] + flight[receiver] * threat[receiver] + hostility[giver]) * expected
    found = world.population.tie_strength
    np.testing.assert_allclose(found, np.clip(expected, 0, 2), rtol=1e-5)
    assert np.ptp(found) > 0.01
    weight = world.population.tie_base * found
    total = 1.0 + np.bincount(receiver, weight, minlength=60)
    np.testing.assert_allclose(world.population.tie_weight, weight, rtol=1e-5)
    np.testing.assert_allclose(world.tie_shares(0), weight / total[receiver], rtol=1e-5)


def test_distrust_follows_the_day_exactly():
    """One night against the equation, tie by tie, in a day made by hand; three groups, distrust from before."""
    groups = {"kind": "communities", "groups": 3, "inside": 4.0, "between": 4.0}
    model = {
        "distrust_strength": 40.0, "distrust_time": 2.0, "stereotyping": 0.3, "tie_growth": 0.5, "tie_wear": 0.7,
        "tie_half_weight": 2.5,
    }  # fmt: skip
    world = build([_made(network=groups, bonds={"change": True, "stereotyping_by": "community"}, model=model)])
    advance(world, 48)
    generator = np.random.default_rng(1)
    given = generator.uniform(0.0, 0.4, (60, DAY_COLUMNS))
    # A harmless day for every third person: nothing is learnt from them, what was learnt is forgotten.
    given[::3, 1] = 0.0
    world.population.day[: 60 * DAY_COLUMNS] = given.ravel()
    before = generator.uniform(0.0, 0.9, world.population.tie_distrust.size)
    world.population.tie_distrust[:] = before
    advance(world, 1)
    giver, receiver = _ends(world)
    group = np.asarray(world.runs[0].community.groups["community"])[giver]
    assert np.unique(group).size == 3
    _, hostility, threat = given.T
    # Ties as they are after the night: weight of each of a receiver's ties with a group, and hostility from it.
    weight = world.population.tie_base * world.population.tie_strength
    assert np.ptp(weight) > 0.1
    total = 2.5 + np.bincount(receiver, weight, minlength=60)
    np.testing.assert_allclose(world.tie_shares(0), weight / total[receiver], rtol=1e-5)
    of_group, hostile = np.zeros((60, 3)), np.zeros((60, 3))
    np.add.at(of_group, (receiver, group), weight)
    np.add.at(hostile, (receiver, group), weight * hostility[giver])
    seen = 0.7 * hostility[giver] + 0.3 * hostile[receiver, group] / of_group[receiver, group]
    aim = np.minimum(40.0 * threat[receiver] * seen, 1.0)
    assert (aim == 1).any() and (aim < 0.5).any() and (aim < before).any()
    expected = before + (1 - np.exp(-1 / 2.0)) * (aim - before)
    np.testing.assert_allclose(world.population.tie_distrust, expected, rtol=0, atol=1e-6)


def test_distrust_is_forgotten_where_nobody_is_hostile():
    world = build([_made(bonds={"stereotyping_by": "community"}, model={"distrust_time": 2.0})])
    advance(world, 48)
    world.population.day[1::DAY_COLUMNS] = 0.0
    world.population.tie_distrust[:] = 0.8
    advance(world, 1)
    np.testing.assert_allclose(world.population.tie_distrust, 0.8 * np.exp(-1 / 2.0), rtol=1e-6)


def test_ties_that_do_not_change_keep_their_strength_where_distrust_is_learnt():
    world = advance(build([_made(bonds={"stereotyping_by": "community"}, model={"tie_wear": 0.7})]), 49)
    assert world.population.tie_distrust.max() > 0
    assert (world.population.tie_strength == 1).all()


def test_hostility_wears_ties_down():
    made = _made(bonds={"change": True}, model={"tie_wear": 0.1, "tie_growth": 0.1})
    world = advance(_with_a_bully(made), 20 * 48)
    giver, receiver = _ends(world)
    strength, near = world.population.tie_strength, (giver == BULLY) | (receiver == BULLY)
    assert strength[near].mean() < 0.7 * strength[~near].mean()


@pytest.mark.parametrize(("share", "spreads"), [(0.0, False), (1.0, True)])
def test_hostility_of_one_lowers_the_warmth_taken_in_from_their_group(share, spreads):
    """Stereotyping: innocent members of the bully's group are distrusted, those of the other group are not."""
    made = _made(bonds={"stereotyping_by": "community"}, model={"stereotyping": share, "distrust_strength": 50.0})
    world, without = advance(_with_a_bully(made), 20 * 48), advance(build([made]), 20 * 48)
    giver, receiver = _ends(world)
    group = np.asarray(world.runs[0].community.groups["community"])
    knows = np.isin(receiver, receiver[giver == BULLY]) & (receiver != BULLY) & (giver != BULLY)
    alike = group[giver] == group[BULLY]
    extra = (world.population.tie_distrust - without.population.tie_distrust).astype(float)
    assert extra[(giver == BULLY)].mean() > (0.02 if share == 0.0 else 0.005)
    innocent, others = extra[knows & alike].mean(), extra[knows & ~alike].mean()
    # Living near a bully is one thing (others), belonging to their group another.
    assert (innocent > 2 * others) == spreads
    # Distrust keeps warmth out and lets hostility in.
    trusted = world.population.tie_warmth / world.population.tie_weight
    np.testing.assert_allclose(trusted, 1 - world.population.tie_distrust, rtol=1e-5)


def test_distrust_costs_those_who_have_it_soothing():
    """Same people, same events: less warmth is taken in where groups are distrusted."""
    made = _made(model={"distrust_strength": 50.0, "stereotyping": 1.0})
    plain, distrusting = (
        _mean_soothing(_with_a_bully(each)) for each in (made, made.but({"bonds.stereotyping_by": "community"}))
    )
    difference = distrusting - plain
    # Sign test: 50 of 60 by chance once in ten million times.
    assert (difference < 0).sum() >= 50


def _mean_soothing(world, days=24):
    total = 0.0
    for _ in range(2 * days):
        total = total + activations(advance(world, 24))[2]
    return total / (2 * days)


def test_people_without_a_group_are_not_seen_as_one(tmp_path):
    """Whoever has an empty cell is judged by themselves; 64 groups beside them are allowed."""
    ties = "".join(f"{n},{(n + 1) % 70}\n" for n in range(70))
    (tmp_path / "ties.csv").write_text(f"source,target\n{ties}")
    nodes = "".join(f"{n},{n if n < 64 else ''},{'a' if n < 64 else ''}\n" for n in range(70))
    (tmp_path / "nodes.csv").write_text(f"node,number,name\n{nodes}")
    network = {"kind": "file", "path": str(tmp_path / "ties.csv"), "nodes": str(tmp_path / "nodes.csv")}
    for attribute, groups in (("number", np.arange(64)), ("name", np.zeros(64))):
        world = build([_made(network=network).but({"population.size": 70, "bonds.stereotyping_by": attribute})])
        expected = np.r_[groups, np.full(6, -1)]
        np.testing.assert_array_equal(world.population.tie_group, expected[_ends(world)[0]])


def test_an_unknown_attribute_or_too_many_groups_are_refused():
    with pytest.raises(
        InputError, match=r"(?s)bonds.stereotyping_by.*unknown attribute comunity; did you mean community"
    ):
        build([_made(bonds={"stereotyping_by": "comunity"})])
    # Validating a scenario builds its community, nothing else.
    with pytest.raises(InputError, match=r"bonds.stereotyping_by.*this network has no groups"):
        community_of(scenario(people=60, bonds={"stereotyping_by": "community"}))
    fine = {"kind": "communities", "groups": 100, "inside": 1.0, "between": 1.0}
    with pytest.raises(InputError, match="at most 64 groups"):
        build([scenario(people=400, network=fine, bonds={"stereotyping_by": "community"})])


def test_a_run_carries_how_the_ties_are_at_the_end():
    made = _made(bonds={"change": True, "stereotyping_by": "community"}, record={"every": "1 day", "people": [3, 7]})
    run, world = simulate(made), advance(build([made]), made.ticks)
    _, receiver = _ends(world)
    for name, values in (("tie_strength", world.population.tie_strength), ("distrust", world.population.tie_distrust)):
        expected = [values[receiver == person].mean() for person in (3, 7)]
        np.testing.assert_allclose(run[name][0], expected, rtol=1e-6)
    assert "tie_strength" not in simulate(_made(record={"every": "1 day"}))
