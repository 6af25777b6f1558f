"""Who is offered training: the people of a community put into an order, from which the first are taken."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal

import numpy as np
import numpy.typing as npt

from affectsim.parameters import FEARS

Int = npt.NDArray[np.int64]
Float = npt.NDArray[np.float64]

Choose = Literal["random", "most-self-critical", "least-fearful", "hubs", "isolates", "clusters"]
SAYS = (
    "who they are: anybody, the most self-critical, those least afraid of compassion, those with most or with fewest "
    "ties, or somebody at random with those they are tied to, and so on outward"
)


def order(choose: str, count: int, start: Int, source: npt.NDArray[np.int32], traits: Mapping[str, Float],
          lots: Float) -> Int:  # fmt: skip
    """Return the first `count` people in the order of a choice, shape (count,).

    `start`, `source`: ties as in `networks.ties.Ties`. `traits`: of everybody, shape (people,) each. `lots`: one
    number from 0 to 1 for each person, which decides between equals; the same lots and a larger count only add people.
    """
    if choose == "clusters":
        return _outward(count, start, source, lots)
    ties = np.diff(start).astype(float)
    if choose == "random":
        rank = lots
    elif choose == "most-self-critical":
        rank = -traits["self_criticism"]
    elif choose == "least-fearful":
        rank = np.mean([traits[name] for name in FEARS], axis=0)
    else:
        rank = lots - ties if choose == "hubs" else lots + ties
    return np.lexsort((lots, rank))[:count]


def _outward(count: int, start: Int, source: npt.NDArray[np.int32], lots: Float) -> Int:
    """Return whoever is reached first along ties from the person with the lowest lot; then from the next, if needed."""
    found: list[int] = []
    seen = np.zeros(lots.size, dtype=bool)
    for seed in np.argsort(lots, kind="stable"):
        if len(found) >= count:
            break
        if seen[seed]:
            continue
        seen[seed] = True
        first = len(found)
        found.append(int(seed))
        while first < len(found) < count:
            around = source[start[found[first]] : start[found[first] + 1]]
            around = around[~seen[around]]
            seen[around] = True
            found += around[np.argsort(lots[around], kind="stable")].tolist()
            first += 1
    return np.array(found[:count], dtype=np.int64)
