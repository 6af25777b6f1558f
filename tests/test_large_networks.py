"""Networks of many people: sound to the last tie, and in distribution those of networkx.

Statistical checks have fixed seeds and fail by chance in one of 10,000 cases each (`LEVEL`), if they were drawn anew.
"""

import subprocess
import sys
from collections import Counter

import networkx as nx
import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.stats import binom, chi2, chi2_contingency, norm

from affectsim.networks import large
from affectsim.networks.generators import LARGE, Communities, Random, ScaleFree, SmallWorld
from affectsim.scenario import Scenario
from affectsim.world import community_of

LEVEL = 1e-4
MANY = LARGE + 1
seeds = st.integers(0, 2**63 - 1)


def simple(pairs, people):
    """The ties as a set of pairs, after a look that there are no self ties and no tie twice."""
    assert pairs.dtype == np.int64 and pairs.shape == (len(pairs), 2)
    assert ((pairs >= 0) & (pairs < people)).all() and (pairs[:, 0] != pairs[:, 1]).all()
    found = {tuple(sorted(pair)) for pair in pairs.tolist()}
    assert len(found) == len(pairs)
    return found


def as_graph(pairs, people):
    graph = nx.empty_graph(people)
    graph.add_edges_from(pairs.tolist())
    return graph


@st.composite
def small_worlds(draw):
    half = draw(st.integers(1, 6))
    return draw(st.integers(2 * half + 1, 60)), 2 * half, draw(st.sampled_from([0.0, 0.01, 0.3, 1.0])), draw(seeds)


@given(small_worlds())
def test_small_worlds_are_simple_and_everybody_keeps_the_own_half(given_world):
    people, ties_each, rewire, seed = given_world
    pairs = large.small_world(people, ties_each, rewire, seed)
    found = simple(pairs, people)
    assert len(found) == people * ties_each // 2
    assert (np.bincount(pairs[:, 0], minlength=people) == ties_each // 2).all()
    if rewire == 0 or people == ties_each + 1:
        assert found == {tuple(sorted(edge)) for edge in nx.watts_strogatz_graph(people, ties_each, 0.0).edges}
    assert np.array_equal(pairs, large.small_world(people, ties_each, rewire, seed))


@given(st.integers(1, 8), st.integers(1, 60), seeds)
def test_scale_free_networks_are_simple_and_connected(ties_each, newcomers, seed):
    people = ties_each + newcomers
    pairs = large.scale_free(people, ties_each, seed)
    assert len(simple(pairs, people)) == ties_each * (people - ties_each)
    graph = as_graph(pairs, people)
    assert nx.is_connected(graph)
    assert all(graph.degree(person) >= ties_each for person in range(ties_each + 1, people))
    assert np.array_equal(pairs, large.scale_free(people, ties_each, seed))


@given(st.lists(st.integers(1, 9), min_size=1, max_size=12), st.floats(0, 1), seeds)
def test_groups_hold_their_ties(sizes, share, seed):
    sizes = np.array(sizes)
    group = np.repeat(np.arange(sizes.size), sizes)
    for mean_ties in {0.0, share * max(0, sizes[sizes > 1].min(initial=1) - 1)}:
        pairs = large.inside_groups(sizes, mean_ties, np.random.default_rng(seed))
        simple(pairs, group.size)
        assert (group[pairs[:, 0]] == group[pairs[:, 1]]).all()
        assert mean_ties > 0 or len(pairs) == 0
    full = large.inside_groups(np.full(4, 5), 4.0, np.random.default_rng(seed))
    assert len(simple(full, 20)) == 4 * 10


@given(st.integers(1, 40), st.floats(0, 1), seeds)
def test_ties_by_chance_are_simple(people, share, seed):
    simple(large.by_chance(people, share, np.random.default_rng(seed)), people)
    assert len(large.by_chance(people, 1.0, np.random.default_rng(seed))) == people * (people - 1) // 2
    assert len(large.by_chance(people, 0.0, np.random.default_rng(seed))) == 0


@given(st.lists(st.integers(0, 20_000_000 * 19_999_999 // 2 - 1), min_size=1))
def test_every_number_is_one_pair(numbers):
    low, high = large._pair(np.array(numbers)).T
    assert ((low >= 0) & (low < high) & (high < 20_000_000)).all()
    assert [h * (h - 1) // 2 + w for w, h in zip(low.tolist(), high.tolist(), strict=True)] == numbers


@given(st.integers(2, 20_000_000))
def test_numbers_of_pairs_at_the_end_of_a_row(high):
    last = high * (high + 1) // 2 - 1
    assert large._pair(np.array([last, last + 1])).tolist() == [[high - 1, high], [0, high + 1]]


def alike(ours, theirs):
    """Two samples of the same kinds of things: chi-square test of homogeneity, rare kinds put together."""
    counts = Counter(ours), Counter(theirs)
    kinds = sorted(set(counts[0]) | set(counts[1]), key=repr)
    table = np.array([[count[kind] for kind in kinds] for count in counts])
    rare = table.sum(axis=0) < 20
    table = np.column_stack((table[:, ~rare], table[:, rare].sum(axis=1)))
    return chi2_contingency(table[:, table.sum(axis=0) > 0]).pvalue


def drawn(pairs):
    return tuple(sorted(map(tuple, np.sort(pairs, axis=1).tolist())))


@pytest.mark.parametrize(
    ("ours", "theirs"),
    [
        (lambda s: large.small_world(5, 2, 0.4, s), lambda s: nx.watts_strogatz_graph(5, 2, 0.4, seed=s)),
        (lambda s: large.small_world(6, 4, 0.3, s), lambda s: nx.watts_strogatz_graph(6, 4, 0.3, seed=s)),
        (lambda s: large.scale_free(5, 1, s), lambda s: nx.barabasi_albert_graph(5, 1, seed=s)),
        (lambda s: large.scale_free(6, 2, s), lambda s: nx.barabasi_albert_graph(6, 2, seed=s)),
        (
            lambda s: large.by_chance(4, 0.3, np.random.default_rng(s)),
            lambda s: nx.fast_gnp_random_graph(4, 0.3, seed=s),
        ),
        (
            lambda s: large.inside_groups(np.array([2, 3]), 0.8, np.random.default_rng(s)),
            lambda s: nx.stochastic_block_model([2, 3], [[0.8, 0], [0, 0.4]], seed=s),
        ),
    ],
    ids=["ring-rewired", "two-neighbours-rewired", "tree", "two-ties", "chance", "groups"],
)
def test_every_graph_is_as_frequent_as_with_networkx(ours, theirs):
    """All labelled graphs of a few people: the whole distribution, not a summary of it."""
    sample = [drawn(ours(seed)) for seed in range(5000)]
    reference = [drawn(np.array(theirs(seed).edges, dtype=np.int64).reshape(-1, 2)) for seed in range(5000)]
    assert len(set(reference)) > 5
    assert alike(sample, reference) > LEVEL


@pytest.mark.parametrize("rewire", [0.1, 1.0])
def test_small_worlds_have_degrees_and_clustering_of_networkx(rewire):
    people, runs = 400, 40
    ours = [as_graph(large.small_world(people, 8, rewire, s), people) for s in range(runs)]
    theirs = [nx.watts_strogatz_graph(people, 8, rewire, seed=s) for s in range(runs)]
    check_degrees_and_clustering(ours, theirs)


def test_scale_free_networks_have_degrees_and_clustering_of_networkx():
    ours = [as_graph(large.scale_free(400, 4, s), 400) for s in range(40)]
    theirs = [nx.barabasi_albert_graph(400, 4, seed=s) for s in range(40)]
    check_degrees_and_clustering(ours, theirs)


def check_degrees_and_clustering(ours, theirs):
    degrees = [[degree for graph in graphs for _, degree in graph.degree] for graphs in (ours, theirs)]
    assert alike(*degrees) > LEVEL
    one, other = (np.array([nx.transitivity(graph) for graph in graphs]) for graphs in (ours, theirs))
    error = np.sqrt(one.var(ddof=1) / one.size + other.var(ddof=1) / other.size)
    assert abs(one.mean() - other.mean()) < norm.isf(LEVEL / 2) * error


LARGE_NETWORKS = [SmallWorld(), ScaleFree(), Random(), Communities(), Communities(groups=MANY // 4, inside=2.0)]
names = [f"{network.kind}-{getattr(network, 'groups', '')}" for network in LARGE_NETWORKS]


@pytest.mark.parametrize("network", LARGE_NETWORKS, ids=names)
def test_large_networks_are_sound_and_follow_their_seed(network):
    community = network.build(MANY, 3)
    ties = community.ties
    assert community.people == MANY and (ties.weight == 1).all()
    key = ties.target.astype(np.int64) * MANY + ties.source
    assert (np.diff(key) > 0).all() and (ties.source != ties.target).all()
    assert np.array_equal(np.sort(ties.source.astype(np.int64) * MANY + ties.target), key)
    again, other = network.build(MANY, 3).ties, network.build(MANY, 4).ties
    assert np.array_equal(again.source, ties.source) and np.array_equal(again.start, ties.start)
    assert not np.array_equal(other.source[:1000], ties.source[:1000])


def test_large_networks_have_as_many_ties_as_they_should():
    assert SmallWorld().build(MANY, 1).ties.count == 8 * MANY
    ties = ScaleFree().build(MANY, 1).ties
    assert ties.count == 2 * 4 * (MANY - 4)
    links = coo_array((ties.weight, (ties.target, ties.source)), shape=(MANY, MANY))
    assert connected_components(links, directed=False)[0] == 1
    pairs = MANY * (MANY - 1) // 2
    within(Random().build(MANY, 1).ties.count // 2, pairs, 8 / (MANY - 1))
    for groups in (8, MANY // 4):
        community = Communities(groups=groups, inside=2.0, between=3.0).build(MANY, 1)
        group, ties = community.groups["community"], community.ties
        sizes = np.bincount(group)
        assert np.ptp(sizes) <= 1 and sizes.size == groups
        inside = int((group[ties.source] == group[ties.target]).sum()) // 2
        own = int((sizes * (sizes - 1) // 2).sum())
        # People of smaller and larger groups differ in the chance of a tie, not in its mean number: close to binomial.
        within(inside, own, MANY * 2.0 / 2 / own)
        within(ties.count // 2 - inside, pairs - own, MANY * 3.0 / 2 / (pairs - own))


def within(count, trials, share):
    low, high = binom.ppf([LEVEL / 2, 1 - LEVEL / 2], trials, share)
    assert low <= count <= high


def test_numbers_of_ties_of_large_random_networks_are_poisson():
    degree = np.diff(Random(mean_ties=5.0).build(MANY, 2).ties.start)
    counts = np.bincount(degree, minlength=14)
    counts = np.append(counts[:13], counts[13:].sum())
    share = np.append(binom.pmf(np.arange(13), MANY - 1, 5 / (MANY - 1)), binom.sf(12, MANY - 1, 5 / (MANY - 1)))
    assert chi2.sf(((counts - MANY * share) ** 2 / (MANY * share)).sum(), 13) > LEVEL


@settings(max_examples=5)
@given(seeds)
def test_up_to_the_limit_networkx_draws(seed):
    graph = nx.watts_strogatz_graph(500, 8, 0.1, seed=seed)
    ties = SmallWorld().build(500, seed).ties
    assert {(a, b) for a, b in zip(ties.source.tolist(), ties.target.tolist(), strict=True) if a < b} == {
        tuple(sorted(edge)) for edge in graph.edges
    }


@pytest.mark.parametrize("people", [300, MANY])
def test_replicates_differ_and_the_same_seed_gives_the_same_ties(people):
    text = f'days = 1\nseed = 5\nreplicates = 2\n[population]\nsize = {people}\n[network]\nkind = "small-world"\n'
    scenario = Scenario.from_toml(text)
    first, second = (community_of(scenario, replicate).ties for replicate in (0, 1))
    assert not np.array_equal(first.source, second.source)
    assert np.array_equal(first.source, community_of(Scenario.from_toml(text)).ties.source)


def test_large_networks_need_no_networkx():
    code = (
        "import sys; from affectsim.networks.generators import SmallWorld; "
        f"SmallWorld().build({MANY}, 1); print('networkx' in sys.modules)"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
