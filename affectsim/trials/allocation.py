"""Who takes part, in which cluster and stratum each is, and which arm each is allocated to."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from affectsim.draws import seed_for, uniforms
from affectsim.errors import InputError, Mistake, nearest
from affectsim.networks.ties import Community, Ties
from affectsim.trials.design import TrialDesign

Int = npt.NDArray[np.int64]
Float = npt.NDArray[np.float64]


class Allocation(NamedTuple):
    """The allocation of one trial, each of shape (people,); -1 for those who do not take part.

    `cluster` is a number of its own for everybody where individuals are randomised.
    """

    arm: Int
    cluster: Int
    stratum: Int


def allocate(
    design: TrialDesign, community: Community, values: Mapping[str, Float], seed: int, replicate: int
) -> Allocation:
    """Return who is allocated to which arm; `values`: traits by name, shape (people,).

    Permuted blocks (Matts and Lachin 1988, Control Clin Trials 9:327-344); every draw belongs to one person or one
    cluster. Clusters are allocated from the largest to the smallest in blocks of the sum of shares, so that arms
    have clusters of like sizes. Raises InputError for attributes that are not there, participants of whom they say
    nothing, and too few clusters.
    """
    people = community.people
    takes_part = participants(design, values, seed, replicate, people)
    arm, cluster, stratum = (np.full(people, -1, dtype=np.int64) for _ in range(3))
    where = np.flatnonzero(takes_part)
    lots = uniforms(seed, replicate, "trial/allocation", people)
    if design.randomise == "individual":
        cluster[where] = where
        stratum[where] = _strata(design, community, values, where)
        arm[where] = permuted_blocks(design, stratum[where], lots[where])
        return Allocation(arm, cluster, stratum)
    cluster[where] = clusters(design, community, seed, replicate)[where]
    _all_known("clusters", design.clusters, cluster[where])
    stratum[where] = 0
    names, member = np.unique(cluster[where], return_inverse=True)
    if names.size < 2 * len(design.arms):
        message = f"{names.size} clusters for {len(design.arms)} arms; every arm needs two at least"
        raise InputError("trial", [Mistake("clusters", message)])
    order = np.argsort(-np.bincount(member), kind="stable")
    size = design.block or design.shares
    of_cluster = np.empty(names.size, dtype=np.int64)
    block = np.arange(names.size) // size
    of_cluster[order] = permuted_blocks(design, block, uniforms(seed, replicate, "trial/clusters", names.size)[order])
    cluster[where], arm[where] = member, of_cluster[member]
    return Allocation(arm, cluster, stratum)


def participants(
    design: TrialDesign, values: Mapping[str, Float], seed: int, replicate: int, people: int
) -> npt.NDArray[np.bool_]:
    """Return who takes part, shape (people,). Raises InputError if there are too few people."""
    count = people if design.participants is None else design.participants
    if count > people:
        raise InputError("trial", [Mistake("participants", f"is {count}; there are {people} people")])
    lots = uniforms(seed, replicate, "trial/participants", people)
    rank = lots if design.choose == "random" else -values["self_criticism"]
    found = np.zeros(people, dtype=bool)
    found[np.argsort(rank, kind="stable")[:count]] = True
    return found


def permuted_blocks(design: TrialDesign, stratum: Int, lots: Float) -> Int:
    """Return the arm of each unit, shape (units,), by permuted blocks within strata.

    `lots`: a uniform number per unit, which also decides the order within a block. Without `block` a stratum is
    one block; the arms of an incomplete block are those of a whole one in random order, cut short.
    """
    ratio = np.repeat(np.arange(len(design.arms)), [arm.share for arm in design.arms])
    arm = np.empty(stratum.size, dtype=np.int64)
    for one in np.unique(stratum):
        mine = np.flatnonzero(stratum == one)
        # In order of enrolment, which is that of the people; blocks are filled one after another.
        size = design.block or -(-mine.size // ratio.size) * ratio.size
        for first in range(0, mine.size, size):
            units = mine[first : first + size]
            whole = np.tile(ratio, size // ratio.size)
            if units.size < size:
                # Which of a whole block are left over is chance too, not the order in which arms are named.
                spare = np.random.default_rng(int(lots[units[0]] * 2**53))
                cut = units.size // ratio.size * ratio.size
                whole = np.concatenate([whole[:cut], spare.permutation(ratio)[: units.size - cut]])
            arm[units[np.argsort(lots[units], kind="stable")]] = whole
    return arm


def clusters(design: TrialDesign, community: Community, seed: int, replicate: int) -> Int:
    """Return the cluster of everybody, shape (people,): an attribute (-1: none), or communities found in the ties.

    Communities by the method of Louvain (Blondel et al. 2008, J Stat Mech P10008; networkx). Raises InputError for
    an attribute that is not there.
    """
    if design.clusters is None:
        return communities(community.ties, seed_for(seed, replicate, "trial/communities"))
    if design.clusters not in community.groups:
        hint = nearest(design.clusters, community.groups) or "; this network has no attributes"
        raise InputError("trial", [Mistake("clusters", f'"{design.clusters}" is unknown{hint}')])
    return community.codes(design.clusters)


def _all_known(key: str, attribute: str | None, codes: Int) -> None:
    """Raise InputError if some participants are in no group (-1): together they are none either."""
    if without := int(np.count_nonzero(codes < 0)):
        message = (
            f'{without} of {codes.size} participants have no "{attribute}"; give it, or leave them out of the network'
        )
        raise InputError("trial", [Mistake(key, message)])


def communities(ties: Ties, seed: int) -> Int:
    """Return the community of everybody, from the largest (0) to the smallest, shape (people,)."""
    import networkx as nx

    graph: nx.Graph[int] = nx.Graph()
    graph.add_nodes_from(range(ties.n))
    for giver, taker, weight in zip(
        ties.source.tolist(), ties.target.tolist(), ties.weight.astype(float).tolist(), strict=True
    ):
        heavy = graph.get_edge_data(giver, taker, {"weight": 0.0})["weight"]
        graph.add_edge(giver, taker, weight=heavy + weight)
    found = np.empty(ties.n, dtype=np.int64)
    groups = sorted(nx.community.louvain_communities(graph, seed=seed), key=lambda group: (-len(group), min(group)))
    for number, group in enumerate(groups):
        found[list(group)] = number
    return found


def _strata(design: TrialDesign, community: Community, values: Mapping[str, Float], where: Int) -> Int:
    found = np.zeros(where.size, dtype=np.int64)
    for name in design.strata:
        if name in community.groups:
            given = community.codes(name)[where]
            _all_known("strata", name, given)
            codes = np.unique(given, return_inverse=True)[1]
        else:
            codes = (values[name][where] > np.median(values[name][where])).astype(np.int64)
        found = found * (int(codes.max()) + 1) + codes
    return found
