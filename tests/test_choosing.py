"""Who is offered training: the order of people, exact on small communities."""

from __future__ import annotations

from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from affectsim.draws import uniforms
from affectsim.networks.ties import Ties
from affectsim.scenario import Scenario
from affectsim.training.choosing import FEARS, Choose, order
from affectsim.world import build

CHOICES = get_args(Choose)
#: A star (0 with 1, 2, 3), a pair (4, 5), and 6 by itself.
STAR = Ties.from_edges([0, 0, 0, 4], [1, 2, 3, 5], None, 7)
LOTS = np.array([0.5, 0.4, 0.3, 0.9, 0.1, 0.8, 0.7])
TRAITS = {"self_criticism": np.array([1.0, 9, 2, 3, 4, 5, 6])} | {
    name: np.array(values) for name, values in zip(FEARS, ([3.0] * 7, [2, 2, 2, 2, 2, 0, 2], [1, 0, 1, 1, 1, 1, 1.0]),
                                                   strict=True)}  # fmt: skip


def chosen(choose: str, count: int = 7) -> list[int]:
    return order(choose, count, STAR.start, STAR.source, TRAITS, LOTS).tolist()


def test_orders_on_a_star():
    assert chosen("random") == [4, 2, 1, 0, 6, 5, 3]
    assert chosen("most-self-critical") == [1, 6, 5, 4, 3, 2, 0]
    assert chosen("least-fearful") == [5, 1, 4, 2, 0, 6, 3]  # equals: by lot
    assert chosen("hubs")[0] == 0 and chosen("hubs")[-1] == 6
    assert chosen("isolates")[0] == 6 and chosen("isolates")[-1] == 0
    assert chosen("clusters") == [4, 5, 2, 0, 1, 3, 6]  # outward from 4; then from 2, the lowest lot left


@settings(max_examples=30)
@given(st.sampled_from(CHOICES), st.integers(0, 30), st.integers(0, 30), st.integers(0, 2**31))
def test_more_places_only_add_people(choose, few, many, seed):
    lots = np.random.default_rng(seed)
    ties = Ties.from_edges(*lots.choice(30, (2, 1), replace=False), None, 30) if seed % 7 == 0 else _random(lots)
    traits = {name: lots.random(30) for name in (*FEARS, "self_criticism")}
    few, many = sorted((few, many))
    two = [order(choose, count, ties.start, ties.source, traits, np.arange(30) / 30).tolist() for count in (few, many)]
    assert two[1][:few] == two[0] and len(set(two[1])) == many


def _random(lots: np.random.Generator) -> Ties:
    pairs = lots.integers(0, 30, (2, 40))
    pairs = pairs[:, pairs[0] != pairs[1]]
    return Ties.from_edges(*pairs, None, 30)


@pytest.mark.parametrize("choose", CHOICES)
def test_a_world_trains_those_who_are_chosen(choose):
    scenario = Scenario.from_tables(
        {"days": 7, "population": {"size": 40}, "network": {"kind": "communities", "groups": 4},
         "training": {"programme": "two-week", "who": {"share": 0.25, "choose": choose}}}
    )  # fmt: skip
    world = build([scenario])
    run, ties = world.runs[0], world.runs[0].community.ties
    traits = {name: world.get(0, name) for name in (*FEARS, "self_criticism")}
    lots = uniforms(scenario.seed, 0, "who is trained", 40)
    expected = order(choose, 10, ties.start, ties.source, traits, lots)
    assert set(np.flatnonzero(run.trainees)) == set(expected)


def test_clusters_are_tied_to_each_other():
    """Of ten people trained together in four communities, far more ties stay among them than among ten at random."""
    inside = {}
    for choose in ("clusters", "random"):
        scenario = Scenario.from_tables(
            {"days": 7, "population": {"size": 80}, "network": {"kind": "communities", "groups": 4},
             "training": {"programme": "two-week", "who": {"share": 0.125, "choose": choose}}}
        )  # fmt: skip
        run = build([scenario]).runs[0]
        ties = run.community.ties
        inside[choose] = int((run.trainees[ties.source] & run.trainees[ties.target]).sum())
    assert inside["clusters"] > 2 * max(inside["random"], 4)
