"""Random graphs of many people as arrays, without an object per person.

The same distributions as the generators of networkx, which keep a dictionary per person and tie: for a
million people in a second instead of a minute, and in a tenth of the memory. The loops follow networkx step
by step; where the order of steps does not matter, all ties are drawn at once. Small networks come from
networkx itself (`networks`); tests compare the two.

Every function returns the pairs of people that are tied, each pair once: int64[ties, 2].
"""

from __future__ import annotations

from typing import Any

import numba
import numpy as np
from numpy.typing import NDArray

from affectsim.kept_code import kept

Pairs = NDArray[np.int64]


# Not through kernel.compile: this depends on no equation, so numba itself sees when what is kept is old.
def _compiled(function: Any) -> Any:
    return kept(numba.njit(nogil=True)(function))


def small_world(people: int, ties_each: int, rewire: float, seed: int) -> Pairs:
    """Return the graph of networkx.watts_strogatz_graph (Watts and Strogatz 1998).

    `people`: above `ties_each`, which is even. `rewire`: share in [0, 1].
    """
    half = ties_each // 2
    end = np.empty((people, half), dtype=np.int32)
    _rewire(end, rewire, np.random.default_rng(seed))
    return np.column_stack((np.repeat(np.arange(people), half), end.ravel())).astype(np.int64, copy=False)


@_compiled
def _rewire(end, rewire, chance):  # type: ignore[no-untyped-def]
    """Fill in whom each of `end` (people, half) is tied to: the neighbour on the ring, or anybody."""
    people, half = end.shape
    for person in range(people):
        for place in range(half):
            end[person, place] = (person + place + 1) % people
    swapped = np.zeros((people, half), dtype=np.bool_)
    degree = np.full(people, 2 * half)
    # Everybody's swapped ties as a chain: tie t is link 2 t in the chain of its start, 2 t + 1 in that of its end.
    first, following = np.full(people, -1), np.empty(2 * end.size, dtype=np.int32)
    for place in range(half):
        for person in range(people):
            if chance.random() >= rewire or degree[person] >= people - 1:
                continue
            tied = True
            while tied:
                other = int(chance.random() * people)
                ahead, behind = (other - person) % people, (person - other) % people
                tied = (
                    ahead == 0
                    or (ahead <= half and not swapped[person, ahead - 1])
                    or (behind <= half and not swapped[other, behind - 1])
                )
                link = first[person]
                while link >= 0 and not tied:
                    tie = link // 2
                    tied = other == (end[tie // half, tie % half] if link % 2 == 0 else tie // half)
                    link = following[link]
            degree[end[person, place]] -= 1
            degree[other] += 1
            swapped[person, place] = True
            end[person, place] = other
            link = 2 * (person * half + place)
            following[link], first[person] = first[person], link
            following[link + 1], first[other] = first[other], link + 1


def scale_free(people: int, ties_each: int, seed: int) -> Pairs:
    """Return the graph of networkx.barabasi_albert_graph (Barabasi and Albert 1999). `people`: above `ties_each`."""
    ends = np.empty((people - ties_each, 2, ties_each), dtype=np.int32)
    _attach(ends, people, np.random.default_rng(seed))
    return np.column_stack((ends[:, 0].ravel(), ends[:, 1].ravel())).astype(np.int64)


@_compiled
def _attach(ends, people, chance):  # type: ignore[no-untyped-def]
    """Fill in both ends of the ties of each newcomer, shape (newcomers, 2, ties); the first of them is a star.

    An end of a tie chosen at random is a person with probability in proportion to the number of their ties
    (Batagelj and Brandes 2005).
    """
    ties = ends.shape[2]
    flat = ends.reshape(-1)
    for place in range(ties):
        ends[0, 0, place], ends[0, 1, place] = 0, place + 1
    latest = np.zeros(people, dtype=np.int32)
    for row in range(1, ends.shape[0]):
        for place in range(ties):
            other = flat[int(chance.random() * (2 * ties * row))]
            while latest[other] == row:
                other = flat[int(chance.random() * (2 * ties * row))]
            latest[other] = row
            ends[row, 0, place], ends[row, 1, place] = other, ties + row


def by_chance(people: int, share: float, chance: np.random.Generator) -> Pairs:
    """Return pairs that are tied independently with probability `share`: networkx.fast_gnp_random_graph."""
    return _pair(_some(people * (people - 1) // 2, share, chance))


def inside_groups(sizes: NDArray[np.int64], mean_ties: float, chance: np.random.Generator) -> Pairs:
    """Return pairs inside groups of consecutive people, tied independently.

    `sizes`: people in each group. `mean_ties`: mean number of ties of a person with the own group, at most
    size - 1.
    """
    start = np.cumsum(sizes) - sizes
    found = [np.empty((0, 2), dtype=np.int64)]
    for size in np.unique(sizes[sizes > 1]).tolist():
        pairs, alike = size * (size - 1) // 2, start[sizes == size]
        group, which = np.divmod(_some(pairs * alike.size, mean_ties / (size - 1), chance), pairs)
        found.append(alike[group][:, None] + _pair(which))
    return np.concatenate(found)


def _some(count: int, share: float, chance: np.random.Generator) -> NDArray[np.int64]:
    """Return the numbers among 0 to count - 1 that are chosen, each independently with probability `share`."""
    return chance.choice(count, chance.binomial(count, share), replace=False, shuffle=False).astype(np.int64)


def _pair(number: NDArray[np.int64]) -> Pairs:
    """Return the pairs (low, high) with these numbers, counted 01, 02, 12, 03, 13, 23, 04 ... (shape (pairs, 2))."""
    high = ((1 + np.sqrt(8.0 * number + 1)) / 2).astype(np.int64)
    # The root is right to one: 20 million people have pairs of up to 48 bits.
    high -= high * (high - 1) // 2 > number
    high += high * (high + 1) // 2 <= number
    return np.column_stack((number - high * (high - 1) // 2, high))
