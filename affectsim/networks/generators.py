"""Who knows whom: networks that are drawn by a generator or read from a file.

Each `Network` part builds a `Community` from a number of people and a seed. Random graphs come from
networkx, those of more than 20,000 people from `networks.large`, which draws from the same distributions
without an object per person. The same seed gives the same graph for one version of networkx and numpy.
"""

from __future__ import annotations

from itertools import chain
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

import numpy as np
from numpy.typing import NDArray

from affectsim.errors import InputError, Mistake
from affectsim.mistakes import Mistakes, refuse
from affectsim.networks.files import read_ties
from affectsim.networks.table import MOST_TIES
from affectsim.networks.ties import Community, Ties, whole_people
from affectsim.parts import Network, field

if TYPE_CHECKING:
    import networkx

#: More people than this are drawn by `networks.large`; networkx draws as many in half a second.
LARGE = 20_000


class Generated(Network):
    """A network that is drawn; a step between the family and its parts."""

    def build(self, people: int | None, seed: int) -> Community:
        """Return the community of `people` that `seed` draws.

        `people`: 1 to 20,000,000. `seed`: whole number, 0 or above. Raises InputError, before anything
        is allocated, if the number of people is out of range, too small for the fields, or asks for
        more than 50 million ties.
        """
        source = f"network {self.kind}"
        people = whole_people(people, source)
        found = Mistakes(source)
        if isinstance(seed, bool) or not isinstance(seed, int | np.integer) or seed < 0:
            found.add("seed", f"is {seed!r}; allowed: a whole number, 0 or above")
        if (ties := self.expected(people)) > MOST_TIES:
            would = f"{people:,} people would have {ties:,.0f} ties"
            found.add("people", f"{would}; allowed: at most {MOST_TIES:,}")
        self.check(people, found)
        refuse(found)
        return self.draw(people, int(seed))

    def expected(self, people: int) -> float:
        """Return how many ties (both directions) are to be expected."""
        raise NotImplementedError

    def check(self, people: int, found: Mistakes) -> None:
        """Note in `found` what does not fit this number of people."""

    def draw(self, people: int, seed: int) -> Community:
        """Return the community; everything has been checked."""
        raise NotImplementedError


def _enough(people: int, field_name: str, value: float, found: Mistakes) -> None:
    if value > people - 1:
        found.add(field_name, f"is {value:g}; allowed: at most {people - 1} with {people} people")


def _pairs(graph: networkx.Graph[int]) -> NDArray[np.int64]:
    """Return the edges of a graph whose nodes are 0 to n - 1: int64[edges, 2]."""
    count = 2 * graph.number_of_edges()
    return np.fromiter(chain.from_iterable(graph.edges()), np.int64, count).reshape(-1, 2)


def _community(pairs: NDArray[np.int64], people: int, **groups: NDArray[Any]) -> Community:
    return Community(Ties.from_edges(pairs[:, 0], pairs[:, 1], None, people), groups)


def _by_chance(people: int, mean_ties: float, pairs_each: float, draws: Any) -> NDArray[np.int64]:
    """Return pairs that are tied independently, each with probability mean_ties / pairs_each."""
    import networkx as nx

    share = mean_ties / pairs_each if pairs_each > 0 else 0.0
    if 1.0 - share == 1.0:  # networkx divides by log(1 - share)
        return np.empty((0, 2), dtype=np.int64)
    return _pairs(nx.fast_gnp_random_graph(people, share, seed=draws))


class SmallWorld(Generated, kind="small-world"):
    """Neighbours on a ring, some of whom are swapped for anybody (Watts and Strogatz 1998).

    Assumes: everybody starts with the same number of ties, most within a close-knit neighbourhood; a
    few shortcuts join distant people. The number of ties does not depend on `rewire`.
    """

    ties_each: int = field(8, ge=2, le=1000, multiple_of=2, unit="people", says="ties per person, even")
    rewire: float = field(0.1, ge=0, le=1, unit="share", says="share of ties swapped for a random one")

    def expected(self, people: int) -> float:
        """Return people * ties_each."""
        return people * self.ties_each

    def check(self, people: int, found: Mistakes) -> None:
        """Nobody can have more ties than there are others."""
        _enough(people, "ties_each", self.ties_each, found)

    def draw(self, people: int, seed: int) -> Community:
        """Return the graph of networkx.watts_strogatz_graph, above `LARGE` people that of `networks.large`."""
        if people > LARGE:
            from affectsim.networks import large

            return _community(large.small_world(people, self.ties_each, self.rewire, seed), people)
        import networkx as nx

        graph = nx.watts_strogatz_graph(people, self.ties_each, self.rewire, seed=seed)
        return _community(_pairs(graph), people)


class ScaleFree(Generated, kind="scale-free"):
    """Newcomers tie themselves to those who have many ties already (Barabasi and Albert 1999).

    Assumes: a few hubs with very many ties; mean number of ties about twice `ties_each`.
    """

    ties_each: int = field(4, ge=1, le=500, unit="people", says="ties that each newcomer makes")

    def expected(self, people: int) -> float:
        """Return two directions for each tie of each newcomer."""
        return 2 * self.ties_each * max(people - self.ties_each, 0)

    def check(self, people: int, found: Mistakes) -> None:
        """The first newcomer needs as many others as ties."""
        _enough(people, "ties_each", self.ties_each, found)

    def draw(self, people: int, seed: int) -> Community:
        """Return the graph of networkx.barabasi_albert_graph, above `LARGE` people that of `networks.large`."""
        if people > LARGE:
            from affectsim.networks import large

            return _community(large.scale_free(people, self.ties_each, seed), people)
        import networkx as nx

        return _community(_pairs(nx.barabasi_albert_graph(people, self.ties_each, seed=seed)), people)


class Random(Generated, kind="random"):
    """Every pair of people is tied with the same probability (Gilbert 1959).

    Assumes: no structure at all; numbers of ties are close to Poisson, some people may have none.
    """

    mean_ties: float = field(8.0, gt=0, le=1000, unit="people", says="mean number of ties per person")

    def expected(self, people: int) -> float:
        """Return people * mean_ties."""
        return people * self.mean_ties

    def check(self, people: int, found: Mistakes) -> None:
        """Nobody can have more ties than there are others."""
        _enough(people, "mean_ties", self.mean_ties, found)

    def draw(self, people: int, seed: int) -> Community:
        """Return the graph of networkx.fast_gnp_random_graph, above `LARGE` people that of `networks.large`."""
        if people > LARGE:
            from affectsim.networks import large

            chance = np.random.default_rng(seed)
            return _community(large.by_chance(people, self.mean_ties / (people - 1), chance), people)
        return _community(_by_chance(people, self.mean_ties, people - 1, seed), people)


class Communities(Generated, kind="communities"):
    """Groups of equal size with more ties inside than between them (stochastic block model).

    Assumes: inside a group, and between groups, any two people are equally likely to be tied. Said as
    mean numbers of ties, so that they mean the same at any population size. Gives the group `community`.
    """

    groups: int = field(8, ge=1, le=1_000_000, unit="groups", says="groups; sizes differ by at most one")
    inside: float = field(6.0, ge=0, le=1000, unit="people", says="mean number of ties with one's own group")
    between: float = field(2.0, ge=0, le=1000, unit="people", says="mean number of ties with other groups")

    def expected(self, people: int) -> float:
        """Return people * (inside + between)."""
        return people * (self.inside + self.between)

    def check(self, people: int, found: Mistakes) -> None:
        """Groups need people, and people enough others inside and outside their group."""
        if self.groups > people:
            found.add("groups", f"is {self.groups}; allowed: at most one per person ({people})")
            return
        smallest, largest = people // self.groups, -(-people // self.groups)
        split = f"with {people} people in {self.groups} groups"
        for name, others in (("inside", smallest - 1), ("between", people - largest)):
            if (ties := getattr(self, name)) > others:
                found.add(name, f"is {ties:g}; allowed: at most {others} {split}")

    def draw(self, people: int, seed: int) -> Community:
        """Return ties inside each group, and ties among everybody of which those between groups are kept.

        networkx.stochastic_block_model walks all pairs (two minutes for 100,000 people); this is the
        same distribution from networkx.fast_gnp_random_graph, in time linear in people and ties; above
        `LARGE` people from `networks.large`.
        """
        group = np.arange(people) * self.groups // people
        sizes = np.bincount(group, minlength=self.groups)
        others = people - float((sizes.astype(float) ** 2).sum()) / people
        if people > LARGE:
            from affectsim.networks import large

            chance = np.random.default_rng(seed)
            found = [large.inside_groups(sizes, self.inside, chance)]
            across = large.by_chance(people, self.between / others if others else 0.0, chance)
        else:
            import random

            draws = random.Random(seed)
            firsts = (np.cumsum(sizes) - sizes).tolist()
            found = [
                first + _by_chance(size, self.inside, size - 1, draws)
                for first, size in zip(firsts, sizes.tolist(), strict=True)
            ]
            across = _by_chance(people, self.between, others, draws)
        found.append(across[group[across[:, 0]] != group[across[:, 1]]])
        return _community(np.concatenate(found), people, community=group)


class Complete(Generated, kind="complete"):
    """Everybody is tied to everybody. Assumes: a group small enough for all to matter to all."""

    def expected(self, people: int) -> float:
        """Return people * (people - 1)."""
        return people * (people - 1)

    def draw(self, people: int, seed: int) -> Community:
        """Return all pairs; nothing is left to chance."""
        return _community(np.column_stack(np.triu_indices(people, 1)).astype(np.int64), people)


class Ring(Generated, kind="ring"):
    """People in a circle, tied to the nearest on both sides.

    Assumes: only neighbours matter. The regular network against which shortcuts and hubs are judged.
    """

    ties_each: int = field(2, ge=2, le=1000, multiple_of=2, unit="people", says="ties per person, even")

    def expected(self, people: int) -> float:
        """Return people * ties_each."""
        return people * self.ties_each

    def check(self, people: int, found: Mistakes) -> None:
        """Nobody can have more ties than there are others."""
        _enough(people, "ties_each", self.ties_each, found)

    def draw(self, people: int, seed: int) -> Community:
        """Return the circle; nothing is left to chance."""
        who = np.repeat(np.arange(people), self.ties_each // 2)
        step = np.tile(np.arange(1, self.ties_each // 2 + 1), people)
        return _community(np.column_stack((who, (who + step) % people)), people)


class Households(Generated, kind="households"):
    """Separate households in which everybody is tied to everybody.

    Assumes: nothing passes between households. The last one is smaller if people do not divide evenly.
    Gives the group `household`.
    """

    size: int = field(3, ge=1, le=1000, unit="people", says="people in a household")

    def expected(self, people: int) -> float:
        """Return people * (size - 1)."""
        return people * (min(self.size, people) - 1)

    def draw(self, people: int, seed: int) -> Community:
        """Return the households; nothing is left to chance."""
        first, second = np.triu_indices(min(self.size, people), 1)
        door = np.arange(0, people, self.size)[:, None]
        pairs = np.column_stack(((door + first).ravel(), (door + second).ravel())).astype(np.int64)
        return _community(pairs[pairs[:, 1] < people], people, household=np.arange(people) // self.size)


class NoTies(Generated, kind="none"):
    """Nobody is tied to anybody. Assumes: people do not affect each other; each lives alone."""

    def expected(self, people: int) -> float:
        """Return 0."""
        return 0.0

    def draw(self, people: int, seed: int) -> Community:
        """Return people without ties."""
        return _community(np.empty((0, 2), dtype=np.int64), people)


class FromFile(Network, kind="file"):
    """Ties from a file: an edge list (CSV with source,target[,weight]) or GraphML.

    Assumes: the ties of the file matter in proportion to their weight, and nobody outside it matters.
    Rows that name the same tie are summed; source gives to target.
    """

    path: str = field(min_length=1, unit="", says="edge list (.csv) or GraphML (.graphml, .xml)")
    nodes: str | None = field(None, min_length=1, unit="", says="node attributes (.csv with a column node)")
    directed: bool | None = field(None, unit="", says="one-way ties; left out: as GraphML says; CSV: no")
    weight_column: str | None = field(None, min_length=1, unit="", says="column of weights; left out: weight")

    def files(self) -> tuple[Path, ...]:
        """Return the files that this part reads."""
        return tuple(Path(name) for name in (self.path, self.nodes) if name is not None)

    def within(self, folder: Path) -> Self:
        """Return the same part with its paths taken relative to `folder` (absolute ones stay)."""
        nodes = None if self.nodes is None else str(folder / self.nodes)
        return self.model_copy(update={"path": str(folder / self.path), "nodes": nodes})

    def build(self, people: int | None, seed: int) -> Community:
        """Return the community of the file; `seed` is not used.

        `people`: None, or the number that the file must have. Raises InputError with every mistake in
        the files, or if their number of people is another one.
        """
        if people is not None:
            people = whole_people(people, self.path)
        nodes = None if self.nodes is None else Path(self.nodes)
        table = read_ties(Path(self.path), nodes, self.directed, self.weight_column)
        found = len(table.labels)
        if people not in (None, found):
            message = f"the file has {found}, the scenario says {people}; allowed: {found}, or leave it out"
            raise InputError(self.path, [Mistake("people", message)])
        ties = Ties.from_edges(table.source, table.target, table.weight, found, table.directed)
        return Community(ties, table.groups, table.labels)
