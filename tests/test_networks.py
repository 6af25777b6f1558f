"""Ties, communities and the networks that are drawn."""

import subprocess
import sys

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from pydantic import ValidationError

from affectsim.errors import InputError
from affectsim.networks.generators import (
    Communities,
    Complete,
    FromFile,
    Generated,
    Households,
    NoTies,
    Random,
    Ring,
    ScaleFree,
    SmallWorld,
)
from affectsim.networks.ties import Community, Ties
from affectsim.parts import Network

DRAWN = [kind for kind in Network.kinds().values() if issubclass(kind, Generated)]


def dense(ties: Ties) -> np.ndarray:
    """Weights as a matrix [receiver, giver]."""
    matrix = np.zeros((ties.n, ties.n))
    for person in range(ties.n):
        row = slice(ties.start[person], ties.start[person + 1])
        matrix[person, ties.source[row]] = ties.weight[row]
    return matrix


def sound(ties: Ties) -> None:
    """What holds for all ties."""
    assert ties.start.dtype == np.int64 and ties.source.dtype == np.int32 and ties.weight.dtype == np.float32
    assert ties.start.shape == (ties.n + 1,) and ties.start[0] == 0 and ties.start[-1] == ties.count
    assert (np.diff(ties.start) >= 0).all() and ties.weight.shape == ties.source.shape
    for person in range(ties.n):
        row = ties.source[ties.start[person] : ties.start[person + 1]]
        assert (np.diff(row) > 0).all() and person not in row
    assert ((ties.source >= 0) & (ties.source < ties.n)).all() and (ties.weight > 0).all()


@st.composite
def edges(draw):
    people = draw(st.integers(2, 12))
    pair = st.tuples(st.integers(0, people - 1), st.integers(1, people - 1), st.floats(0.01, 1000))
    drawn = draw(st.lists(pair, min_size=1, max_size=40))
    source = np.array([a for a, _, _ in drawn])
    target = np.array([(a + step) % people for a, step, _ in drawn])
    return source, target, np.array([w for _, _, w in drawn]), people


@given(edges(), st.booleans())
def test_ties_are_sound_and_sum_what_was_given(given_edges, directed):
    source, target, weight, people = given_edges
    ties = Ties.from_edges(source, target, weight, people, directed)
    sound(ties)
    wanted = np.zeros((people, people))
    np.add.at(wanted, (target, source), weight)
    if not directed:
        wanted += wanted.T
        assert np.array_equal(dense(ties), dense(ties).T)
    np.testing.assert_allclose(dense(ties) * ties.scale, wanted, rtol=1e-6)
    np.testing.assert_allclose(ties.received * ties.scale, wanted.sum(axis=1), rtol=1e-6)
    assert ties.weight.mean(dtype=np.float64) == pytest.approx(1, rel=1e-6)
    raw = Ties.from_edges(source, target, weight, people, directed, rescale=False)
    assert raw.scale == 1
    np.testing.assert_allclose(dense(raw), wanted, rtol=1e-6)


@given(edges(), st.booleans(), st.randoms(use_true_random=False))
def test_order_of_edges_does_not_matter_to_the_last_bit(given_edges, directed, random):
    source, target, weight, people = given_edges
    order = random.sample(range(len(source)), len(source))
    one = Ties.from_edges(source, target, weight, people, directed)
    other = Ties.from_edges(source[order], target[order], weight[order], people, directed)
    assert np.array_equal(dense(one), dense(other)) and one.scale == other.scale
    if not directed:
        back = Ties.from_edges(target, source, weight, people)
        assert np.array_equal(dense(one), dense(back))


def test_source_gives_to_target():
    ties = Ties.from_edges([0, 2], [1, 1], [1, 3], 3, directed=True)
    assert ties.start.tolist() == [0, 0, 2, 2] and ties.source.tolist() == [0, 2] and ties.target.tolist() == [1, 1]
    assert ties.weight.tolist() == [0.5, 1.5] and ties.scale == 2 and ties.received.tolist() == [0, 2, 0]


@pytest.mark.parametrize(
    ("source", "target", "weight", "says"),
    [
        ([0], [0], [1], "edge 0  0 is tied to itself"),
        ([0], [3], [1], "target is 3; allowed: 0 to 2"),
        ([-1], [1], [1], "source is -1; allowed: 0 to 2"),
        ([0], [1], [0], "weight is 0.0; allowed: a number from 1e-09 to 1e+09"),
        ([0], [1], [-1], "weight is -1.0; allowed"),
        ([0], [1], [np.nan], "weight is nan; allowed"),
        ([0], [1], [np.inf], "weight is inf; allowed"),
        ([0, 1], [1], [1], "2 sources, 1 targets, 1 weights"),
    ],
)
def test_bad_edges_are_refused(source, target, weight, says):
    with pytest.raises(InputError) as caught:
        Ties.from_edges(source, target, weight, 3)
    assert says in str(caught.value)


def test_many_bad_edges_are_listed_in_part_and_counted():
    with pytest.raises(InputError, match="and 90 more like these; 100 mistakes") as caught:
        Ties.from_edges(np.zeros(100, int), np.zeros(100, int), None, 3)
    assert len(caught.value.mistakes) == 11


@pytest.mark.parametrize("kind", DRAWN, ids=lambda kind: kind.kind)
@settings(max_examples=15)
@given(people=st.integers(60, 130), seed=st.integers(0, 2**63 - 1))
def test_drawn_networks_are_sound_symmetric_and_repeatable(kind, people, seed):
    community = kind().build(people, seed)
    sound(community.ties)
    assert community.people == people and community.labels.tolist() == list(range(people))
    assert np.array_equal(dense(community.ties), dense(community.ties).T)
    assert (community.ties.weight == 1).all()
    assert np.array_equal(dense(community.ties), dense(kind().build(people, seed).ties))
    assert all(values.shape == (people,) for values in community.groups.values())


@pytest.mark.parametrize("kind", [SmallWorld, ScaleFree, Random, Communities])
def test_another_seed_is_another_network(kind):
    drawn = [dense(kind().build(100, seed).ties) for seed in (0, 1, 2)]
    assert not any(np.array_equal(drawn[a], drawn[b]) for a, b in ((0, 1), (0, 2), (1, 2)))


@given(st.integers(3, 30), st.integers(1, 6))
def test_ring_is_exact(people, half):
    each = min(2 * half, (people - 1) // 2 * 2)
    gap = np.abs(np.subtract.outer(np.arange(people), np.arange(people)))
    wanted = (np.minimum(gap, people - gap) <= each // 2) & (gap > 0)
    assert np.array_equal(dense(Ring(ties_each=each).build(people, 0).ties) > 0, wanted)
    unswapped = SmallWorld(ties_each=each, rewire=0.0).build(people, 0)
    assert np.array_equal(dense(unswapped.ties) > 0, wanted)


@given(st.integers(1, 40))
def test_complete_is_exact(people):
    assert np.array_equal(dense(Complete().build(people, 0).ties), 1 - np.eye(people))


@given(st.integers(1, 40), st.integers(1, 50))
def test_households_are_exact(people, size):
    community = Households(size=size).build(people, 0)
    home = np.arange(people) // size
    assert community.groups["household"].tolist() == home.tolist()
    wanted = (home[:, None] == home[None, :]) & ~np.eye(people, dtype=bool)
    assert np.array_equal(dense(community.ties) > 0, wanted)


def test_none_has_no_ties():
    community = NoTies().build(5, 0)
    assert community.ties.count == 0 and community.ties.start.tolist() == [0] * 6 and community.ties.scale == 1


def test_number_of_ties_is_as_declared():
    assert SmallWorld(ties_each=6, rewire=0.5).build(500, 3).ties.count == 500 * 6
    assert ScaleFree(ties_each=3).build(500, 3).ties.count == 2 * 3 * (500 - 3)
    # Binomial: 4 standard deviations of the number of pairs, twice (two directions), per person.
    assert Random(mean_ties=8.0).build(4000, 3).ties.count / 4000 == pytest.approx(8, abs=8 * (16000**0.5) / 4000)


def test_scale_free_has_hubs_and_random_has_none():
    hub = [np.diff(kind.build(3000, 1).ties.start).max() for kind in (ScaleFree(ties_each=4), Random(mean_ties=8.0))]
    assert hub[0] > 3 * hub[1]


@pytest.mark.parametrize(("people", "groups"), [(4000, 8), (1003, 10)])
def test_communities_have_their_mean_ties_inside_and_between(people, groups):
    community = Communities(groups=groups, inside=5.0, between=3.0).build(people, 11)
    group = community.groups["community"]
    assert np.ptp(np.bincount(group)) <= 1 and np.unique(group).size == groups
    same = group[community.ties.source] == group[community.ties.target]
    for ties, mean in ((same.sum(), 5.0), ((~same).sum(), 3.0)):
        assert ties / people == pytest.approx(mean, abs=4 * (2 * mean / people) ** 0.5)


def test_communities_at_their_edges():
    cliques = Communities(groups=3, inside=3.0, between=0.0).build(12, 0)
    group = cliques.groups["community"]
    assert np.array_equal(dense(cliques.ties) > 0, (group[:, None] == group) & ~np.eye(12, dtype=bool))
    apart = Communities(groups=3, inside=0.0, between=8.0).build(12, 0)
    assert np.array_equal(dense(apart.ties) > 0, group[:, None] != group)
    alone = Communities(groups=4, inside=0.0, between=0.0).build(4, 0)
    assert alone.ties.count == 0


@pytest.mark.parametrize(
    ("network", "people", "says"),
    [
        (SmallWorld(), 10**9, "is 1000000000; allowed: a whole number from 1 to 20,000,000"),
        (NoTies(), 10**9, "allowed: a whole number from 1 to 20,000,000"),
        (FromFile(path="absent.csv"), 10**9, "is 1000000000; allowed: a whole number"),
        (NoTies(), 0, "is 0; allowed"),
        (NoTies(), -1, "is -1; allowed"),
        (NoTies(), 2.5, "is 2.5; allowed"),
        (NoTies(), float("nan"), "is nan; allowed"),
        (NoTies(), True, "is True; allowed"),
        (NoTies(), None, "must be said"),
        (
            SmallWorld(),
            20_000_000,
            "20,000,000 people would have 160,000,000 ties; allowed: at most 50,000,000",
        ),
        (Complete(), 7072, "would have 50,006,112 ties; allowed: at most 50,000,000"),
        (SmallWorld(ties_each=8), 8, "is 8; allowed: at most 7 with 8 people"),
        (ScaleFree(ties_each=4), 4, "is 4; allowed: at most 3 with 4 people"),
        (Random(mean_ties=8.0), 5, "is 8; allowed: at most 4 with 5 people"),
        (Ring(), 2, "is 2; allowed: at most 1 with 2 people"),
        (Communities(groups=9), 8, "is 9; allowed: at most one per person (8)"),
        (Communities(groups=1), 100, "is 2; allowed: at most 0 with 100 people in 1 groups"),
        (Communities(groups=4), 16, "is 6; allowed: at most 3 with 16 people in 4 groups"),
    ],
)
def test_what_cannot_be_drawn_is_refused_in_words(network, people, says):
    with pytest.raises(InputError) as caught:
        network.build(people, 0)
    assert says in str(caught.value)


@pytest.mark.parametrize("seed", [-1, 1.5, True, None])
def test_bad_seeds_are_refused(seed):
    with pytest.raises(InputError, match="whole number, 0 or above"):
        Ring().build(10, seed)


@pytest.mark.parametrize(
    "build",
    [
        lambda: SmallWorld(ties_each=3),
        lambda: SmallWorld(ties_each=0),
        lambda: SmallWorld(rewire=1.1),
        lambda: SmallWorld(rewire=float("nan")),
        lambda: ScaleFree(ties_each=0),
        lambda: Random(mean_ties=0.0),
        lambda: Households(size=0),
        lambda: Households(sise=3),
        lambda: FromFile(path=""),
        lambda: FromFile(),
    ],
)
def test_fields_are_checked(build):
    with pytest.raises(ValidationError):
        build()


def test_tiny_chances_draw_nothing_instead_of_failing():
    assert Random(mean_ties=1e-15).build(50, 0).ties.count == 0


def test_who_has_an_empty_cell_is_in_no_group():
    groups = {
        "team": np.array(["b", "", "a", "NA", "b"]),
        "age": np.array([30.0, np.nan, 41.0, np.nan, 30.0]),
        "floor": np.array([4, 2, 4, 0, 2]),
        "blank": np.array(["", "", "", "", ""]),
    }
    community = Community(NoTies().build(5, 0).ties, groups)
    found = {name: community.codes(name).tolist() for name in groups}
    assert found == {
        "team": [1, -1, 0, -1, 1], "age": [0, -1, 1, -1, 0], "floor": [2, 1, 2, 0, 1], "blank": [-1, -1, -1, -1, -1],
    }  # fmt: skip


def test_members_of_a_group():
    groups = {
        "team": np.array(["a", "b", "a"]),
        "age": np.array([30.0, np.nan, 41.0]),
        "floor": np.array([1, 2, 1]),
    }
    community = Community(NoTies().build(3, 0).ties, groups)
    assert community.members("team", "a").tolist() == [True, False, True]
    assert community.members("age", 41).tolist() == [False, False, True]
    assert community.members("floor", 2).tolist() == [False, True, False]
    for name, value, says in (
        ("teem", "a", "unknown; did you mean team"),
        ("team", "c", "nobody has 'c'; known: a, b"),
        ("floor", "1", "nobody has '1'"),
    ):
        with pytest.raises(InputError, match=says):
            community.members(name, value)
    with pytest.raises(InputError, match="this network has no groups"):
        Ring().build(3, 0).members("team", "a")


def test_every_part_says_what_it_is_and_assumes():
    assert set(Network.kinds()) >= {
        "small-world", "scale-free", "random", "communities", "complete", "ring", "households", "none", "file"
    }  # fmt: skip
    for kind in (*DRAWN, FromFile):
        assert kind.headline() and kind.assumes(), kind
        assert all(known.says for known in kind.declared().values()), kind


def test_importing_stays_light():
    light = "{'networkx', 'pandas', 'scipy', 'numba'} & set(sys.modules)"
    code = f"import sys, affectsim.networks.generators; print({light})"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "set()"
