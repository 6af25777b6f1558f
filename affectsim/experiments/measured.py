"""From scenarios to one number per person, span and outcome: the only place where an experiment is simulated."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
import numpy.typing as npt

from affectsim.experiments.design import Cell, Design, spans
from affectsim.parameters import ATTRIBUTES, TRAITS
from affectsim.readouts import directions
from affectsim.scenario import Scenario
from affectsim.simulation import Progress, simulate_many
from affectsim.trial import outcome_values, period_mean

if TYPE_CHECKING:
    import xarray as xr

    from affectsim.networks.ties import Community
    from affectsim.world import World

Float = npt.NDArray[np.float64]
Mask = npt.NDArray[np.bool_]

#: Numbers recorded in one batch, at most (a gigabyte).
_MOST_RECORDED = 2**27


@dataclass(frozen=True)
class Measured:
    """What one scenario of an experiment gave.

    `levels`: outcome -> (arms, spans, worlds, people). `course`: outcome -> mean over the people who count,
    (arms, records). `arms`: the one with training last. `chosen`: offered training, (worlds, people).
    `traits`: name -> (worlds, people). `distance`: ties to the nearest trained person, (worlds, people);
    infinite if no path leads there; empty if not asked for.
    """

    value: float | None
    condition: str
    arms: tuple[str, ...]
    spans: tuple[str, ...]
    days: Float
    levels: dict[str, Float]
    course: dict[str, Float]
    chosen: Mask
    counted: Mask
    traits: dict[str, Float]
    distance: Float

    @property
    def trial(self) -> bool:
        """Whether everybody has a twin without training."""
        return len(self.arms) == 2

    def level(self, outcome: str, span: str, arm: int = -1) -> Float:
        """Return the mean level over a span, shape (worlds, people)."""
        return np.asarray(self.levels[outcome][arm, self.spans.index(span)])

    def gain(self, outcome: str, span: str) -> Float:
        """Return person minus own twin, positive = benefit; without training the level. Shape (worlds, people)."""
        if not self.trial:
            return self.level(outcome, span)
        return directions()[outcome] * (self.level(outcome, span) - self.level(outcome, span, 0))

    def unit(self, outcome: str) -> float:
        """Return the standard deviation before training over the people who count; 1 without training."""
        if not self.trial:
            return 1.0
        return float(self.level(outcome, "before", 0)[self.counted].std(ddof=1))


def measure(design: Design, cells: Sequence[Cell], full: bool, progress: Progress | None = None) -> list[Measured]:
    """Simulate all cells, in batches, and return what each gave, in order. Raises InputError."""
    found: dict[int, Measured] = {}
    batches = list(_batches(cells))
    total = sum(cells[n].scenario.ticks for batch in batches for n in batch)
    done = 0
    for batch in batches:
        mine = [cells[n] for n in batch]
        traits: dict[int, list[dict[str, Float]]] = {n: [] for n in range(len(mine))}
        communities: dict[int, list[Community]] = {n: [] for n in range(len(mine))}

        def prepare(world: World, mine: Sequence[Cell] = mine, traits: dict[int, list[dict[str, Float]]] = traits,
                    communities: dict[int, list[Community]] = communities) -> None:  # fmt: skip
            for number, run in enumerate(world.runs):
                n = run.number
                for system, level in mine[n].condition.start.items():
                    world.set(number, system, level)
                if len(traits[n]) == run.replicate:
                    traits[n].append({name: world.get(number, name) for name in (*TRAITS, *ATTRIBUTES)})
                    communities[n].append(run.community)

        here, each = done, sum(cell.scenario.ticks for cell in mine)

        def tell(ticks: int, of: int, here: int = here, each: int = each) -> None:
            if progress:
                progress(here + each * ticks // of, total)

        runs = simulate_many([cell.scenario for cell in mine], progress=tell, prepare=prepare)
        for n, (cell, run) in enumerate(zip(mine, runs, strict=True)):
            found[batch[n]] = _measured(design, cell, run, traits[n], communities[n], full)
        done += each
    return [found[n] for n in range(len(cells))]


def _batches(cells: Sequence[Cell]) -> Iterator[list[int]]:
    """Yield the numbers of cells that can be run in one batch: same length and record, not too many people."""
    alike: dict[object, list[int]] = {}
    for n, cell in enumerate(cells):
        scenario = cell.scenario
        alike.setdefault((scenario.moments, scenario.numerics, scenario.record), []).append(n)
    for numbers in alike.values():
        batch: list[int] = []
        size = 0
        for n in numbers:
            more = _recorded(cells[n].scenario)
            if batch and size + more > _MOST_RECORDED:
                yield batch
                batch, size = [], 0
            batch.append(n)
            size += more
        yield batch


def _recorded(scenario: Scenario) -> int:
    worlds = scenario.replicates * len(scenario.arms)
    records = scenario.days * 24 / scenario.record.every_hours
    return int(worlds * records * (scenario.population.size or 0) * (5 + len(scenario.record.readouts)))


def _measured(
    design: Design, cell: Cell, run: xr.Dataset, traits: Sequence[dict[str, Float]],
    communities: Sequence[Community], full: bool,
) -> Measured:  # fmt: skip
    scenario = cell.scenario
    arms = tuple(sorted(scenario.arms, key=lambda arm: arm == "training"))
    known = spans(design, scenario, full)
    rows = [np.flatnonzero(run["arm"].to_numpy() == arm) for arm in arms]
    chosen = run["chosen"].to_numpy()[rows[-1]]
    counted = np.ones_like(chosen)
    if scenario.training is not None and design.people != "everybody":
        counted = chosen if design.people == "trained" else ~chosen
    levels, course = {}, {}
    for name in design.variables:
        values = outcome_values(run, name).transpose("run", "time", "person")
        means = [period_mean(run, values, span).to_numpy() for span in known.values()]
        levels[name] = np.stack([np.stack([mean[row] for mean in means]) for row in rows])
        weights = counted / counted.sum()
        course[name] = np.stack([np.einsum("wtp,wp->t", values.to_numpy()[row], weights) for row in rows])
    return Measured(
        cell.value, cell.condition.name, arms, tuple(known), run["time"].to_numpy(), levels, course, chosen, counted,
        {name: np.stack([one[name] for one in traits]) for name in traits[0]},
        np.stack([_distances(c, mask) for c, mask in zip(communities, chosen, strict=True)])
        if design.distance else np.zeros((0, 0)),
    )  # fmt: skip


def _distances(community: Community, chosen: Mask) -> Float:
    """Return the number of ties on the shortest path from a trained person, shape (people,)."""
    from scipy.sparse import csr_array
    from scipy.sparse.csgraph import dijkstra

    ties = community.ties
    graph = csr_array((np.ones(ties.count), (ties.source, ties.target)), shape=(ties.n, ties.n))
    if not chosen.any():
        return np.full(ties.n, np.inf)
    return np.asarray(dijkstra(graph, indices=np.flatnonzero(chosen), unweighted=True, min_only=True))
