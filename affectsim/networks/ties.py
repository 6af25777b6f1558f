"""Who receives from whom: `Ties`, the compressed form that the kernel walks, and `Community` with its groups."""

from __future__ import annotations

import operator
from dataclasses import dataclass
from dataclasses import field as item
from typing import Any, Self

import numpy as np
from numpy.typing import ArrayLike, NDArray

from affectsim.errors import CLEAN, InputError, Mistake, clean, nearest, visible
from affectsim.mistakes import Mistakes, refuse
from affectsim.networks.table import LEAST_WEIGHT, MOST_PEOPLE, MOST_TIES, MOST_WEIGHT, WEIGHT_RULE, unknown


@dataclass(frozen=True, eq=False)
class Ties:
    """Weighted ties as compressed rows; row i lists those from whom person i receives.

    `start`: int64[n + 1]; the ties of person i are start[i] to start[i + 1]. `source`: int32[m], who
    gives; sorted within a row, each at most once, never i itself. `weight`: float32[m], above 0.
    `n`: number of people. `scale`: weight * scale is the weight as it was given (1 if not rescaled).
    An undirected tie is stored in both directions.
    """

    start: NDArray[np.int64]
    source: NDArray[np.int32]
    weight: NDArray[np.float32]
    n: int
    scale: float = 1.0

    @classmethod
    def from_edges(
        cls,
        source: ArrayLike,
        target: ArrayLike,
        weight: ArrayLike | None,
        people: int,
        directed: bool = False,
        *,
        rescale: bool = True,
    ) -> Self:
        """Return the ties in which `source` gives to `target` (and back, unless `directed`).

        `source`, `target`: integers [edges], 0 to people - 1. `weight`: numbers [edges], above 0, or
        None for all 1. Edges named more than once are summed, in an order that does not depend on
        theirs. With `rescale` the mean weight over stored ties becomes 1, so that coupling strengths
        mean the same for seconds of contact and for ratings from 1 to 5.

        Raises InputError with the edges that are out of range, tied to themselves or badly weighted.
        """
        people = whole_people(people, "ties")
        giver = np.asarray(source).astype(np.int64, casting="same_kind").ravel()
        taker = np.asarray(target).astype(np.int64, casting="same_kind").ravel()
        heavy = np.ones(giver.size) if weight is None else np.asarray(weight, dtype=np.float64).ravel()
        _check_edges(giver, taker, heavy, people, directed)
        if not directed:
            # Summed once per pair and then mirrored, so that both directions agree to the last bit.
            giver, taker = np.minimum(giver, taker), np.maximum(giver, taker)
        key, heavy = _summed(taker * people + giver, heavy)
        taker, giver = np.divmod(key, people)
        if not directed:
            giver, taker, heavy = np.r_[giver, taker], np.r_[taker, giver], np.r_[heavy, heavy]
        scale = float(heavy.mean()) if rescale and heavy.size else 1.0
        weights = (heavy / scale).astype(np.float32)
        start = np.zeros(people + 1, dtype=np.int64)
        np.cumsum(np.bincount(taker, minlength=people), out=start[1:])
        key = taker * people + giver
        if _alike(weights):  # sorting is several times faster than asking for the order
            key.sort()
            return cls(start, (key % people).astype(np.int32), weights, people, scale)
        order = np.argsort(key)
        return cls(start, giver[order].astype(np.int32), weights[order], people, scale)

    @property
    def count(self) -> int:
        """Number of stored ties (an undirected tie counts twice)."""
        return int(self.source.size)

    @property
    def target(self) -> NDArray[np.int32]:
        """Who receives: int32[m], beside `source` and `weight`."""
        return np.repeat(np.arange(self.n, dtype=np.int32), np.diff(self.start))

    @property
    def received(self) -> NDArray[np.float64]:
        """Sum of the weights in each row: float64[n]; 0 for people who receive from nobody."""
        total = np.bincount(self.target, weights=self.weight, minlength=self.n)
        return total.astype(np.float64, copy=False)


@dataclass(frozen=True, eq=False)
class Community:
    """People, their ties, and the groups they belong to.

    `groups`: attribute -> values [people] (int64, float64 with NaN for unknown, or text).
    `labels`: [people], what the people are called: names from a file, otherwise 0 to people - 1. Raises InputError
    for texts with control characters.
    """

    ties: Ties
    groups: dict[str, NDArray[Any]] = item(default_factory=dict)
    labels: NDArray[Any] = item(default_factory=lambda: np.arange(0))

    def __post_init__(self) -> None:
        """Number the people if they have no names; refuse texts that no file of results can take."""
        found = Mistakes("network")
        for name, values in (("labels", self.labels), *((f"group {name}", each) for name, each in self.groups.items())):
            texts = "".join(values.tolist()) if values.dtype.kind == "U" else ""
            if not clean(name + texts):
                found.add(visible(name), CLEAN)
        refuse(found)
        if self.labels.shape != (self.ties.n,):
            object.__setattr__(self, "labels", np.arange(self.ties.n))

    @property
    def people(self) -> int:
        """Number of people."""
        return self.ties.n

    def codes(self, attribute: str) -> NDArray[np.int64]:
        """Return the group of everybody by an attribute: a number from 0 in order of its values, -1 for no group.

        int64[people]. Whoever the attribute says nothing of is in none (see `networks.table.unknown`).
        """
        values, place = np.unique(self.groups[attribute], return_inverse=True)
        known = ~unknown(values)
        return np.where(known, np.cumsum(known) - 1, -1)[place].astype(np.int64)

    def members(self, attribute: str, value: str | int | float) -> NDArray[np.bool_]:
        """Return who has `value` in `attribute`: bool[people]. Raises InputError if nobody can or does."""
        if attribute not in self.groups:
            hint = nearest(attribute, self.groups) or "; this network has no groups"
            raise InputError("network", [Mistake(f"group {attribute}", f"unknown{hint}")])
        values = self.groups[attribute]
        alike = isinstance(value, str) == (values.dtype.kind == "U")
        who = np.asarray(values == value) if alike else np.zeros(self.people, dtype=bool)
        if not who.any():
            some = [str(v) for v in np.unique(values)[:50]]
            message = f"nobody has {value!r}{nearest(str(value), some)}"
            raise InputError("network", [Mistake(f"group {attribute}", message)])
        return who


def whole_people(people: int | None, source: str) -> int:
    """Return `people` if it is a whole number in range; nothing is allocated before this."""
    rule = f"allowed: a whole number from 1 to {MOST_PEOPLE:,}"
    if people is None:
        raise InputError(source, [Mistake("people", f"must be said for this network; {rule}")])
    try:
        whole = operator.index(people)
    except TypeError:
        raise InputError(source, [Mistake("people", f"is {people!r}; {rule}")]) from None
    if isinstance(people, bool) or not 1 <= whole <= MOST_PEOPLE:
        raise InputError(source, [Mistake("people", f"is {people}; {rule}")])
    return whole


def _check_edges(
    giver: NDArray[np.int64],
    taker: NDArray[np.int64],
    weight: NDArray[np.float64],
    people: int,
    directed: bool,
) -> None:
    found = Mistakes("ties")
    if not giver.size == taker.size == weight.size:
        sizes = f"{giver.size} sources, {taker.size} targets, {weight.size} weights"
        found.add("edges", f"{sizes}; allowed: as many of each")
        refuse(found)
    if (stored := giver.size * (1 if directed else 2)) > MOST_TIES:
        found.add("edges", f"{stored:,} ties; allowed: at most {MOST_TIES:,}")
    for name, ends in (("source", giver), ("target", taker)):
        for k in np.flatnonzero((ends < 0) | (ends >= people)).tolist():
            found.add(f"edge {k}", f"{name} is {ends[k]}; allowed: 0 to {people - 1}")
    for k in np.flatnonzero(giver == taker).tolist():
        found.add(f"edge {k}", f"{giver[k]} is tied to itself; source and target must differ")
    for k in np.flatnonzero(~((weight >= LEAST_WEIGHT) & (weight <= MOST_WEIGHT))).tolist():
        found.add(f"edge {k}", f"weight is {weight[k]}; {WEIGHT_RULE}")
    refuse(found)


def _alike(weight: NDArray[Any]) -> bool:
    return bool((weight == weight[:1]).all())


def _summed(key: NDArray[np.int64], weight: NDArray[np.float64]) -> tuple[NDArray[np.int64], NDArray[np.float64]]:
    """Return each key once, sorted, with its summed weight."""
    if _alike(weight) and (np.diff(ordered := np.sort(key)) > 0).all():
        return ordered, weight
    order = np.argsort(key)
    if (np.diff(key[order]) > 0).all():
        return key[order], weight[order]
    order = np.lexsort((weight, key))  # by weight within a key: the sum does not depend on the order of rows
    first = np.flatnonzero(np.r_[True, np.diff(key[order]) > 0])
    return key[order][first], np.add.reduceat(weight[order], first)
