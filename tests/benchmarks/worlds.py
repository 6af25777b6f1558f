"""Worlds that are measured: everyday life, eight ties per person, ticks of half an hour."""

from __future__ import annotations

import copy

import numpy as np

from affectsim.networks.generators import Community, Ties
from affectsim.scenario import Scenario
from affectsim.world import World, build

TIES_EACH = 8
#: Long enough for every turn of a benchmark: a world at its end stands still, and C would read on.
DAYS = 4000.0
#: Share of the ties of the circle that go to anybody instead.
REWIRED = 0.1


def scenario(people: int, days: float = DAYS, **changes: object) -> Scenario:
    """Return everyday life of `people` people without ties; dotted changes by keyword (`__` for a dot)."""
    found = Scenario.from_tables(
        {
            "days": days,
            "seed": 5,
            "population": {"size": people},
            "network": {"kind": "none"},
            "stimuli": [{"kind": "daily-life"}],
            # The peers know everyday events, ties and the three systems, and all weeks are alike to them.
            "model": {"risk_rate": 0.0, "shared_pleasure": 0.0, "circumstances_sd": 0.0},
        }
    )
    return found.but({name.replace("__", "."): value for name, value in changes.items()}) if changes else found


def ring_with_shortcuts(people: int, ties_each: int = TIES_EACH, rewired: float = REWIRED, seed: int = 1) -> Ties:
    """Return a circle of which a share of the ties goes to anybody (numpy: seconds for a million people)."""
    draws = np.random.default_rng(seed)
    who = np.repeat(np.arange(people), ties_each // 2)
    other = (who + np.tile(np.arange(1, ties_each // 2 + 1), people)) % people
    swap = draws.random(who.size) < rewired
    other[swap] = draws.integers(0, people, swap.sum())
    other = np.where(other == who, (who + 1) % people, other)
    # Nobody has two ties to the same person.
    once = np.unique(np.minimum(who, other).astype(np.int64) * people + np.maximum(who, other))
    return Ties.from_edges(once // people, once % people, None, people)


def world(people: int, days: float = DAYS, ties: Ties | None = None, **changes: object) -> World:
    """Return a world of `people` people on a ring with shortcuts, which networkx would take minutes to draw."""
    made = build([scenario(people, days, **changes)])
    ties = ring_with_shortcuts(people) if ties is None else ties
    run = made.runs[0]._replace(community=Community(ties))
    made.runs = (run,)
    # As in the world's own tables: sources are four times the slot, idle slots hear nobody.
    idle = made.population.tie_start.size - 1 - people
    share = 1 / (run.scenario.parameters["tie_half_weight"] + ties.received)
    weight = ties.weight if (ties.weight != 1).any() else np.zeros(0, np.float32)
    made.population = made.population._replace(
        tie_start=np.concatenate([ties.start, np.full(idle, ties.count)]).astype(np.int64),
        tie_source=(4 * ties.source.astype(np.int64)).astype(np.uint32),
        tie_share=np.concatenate([share, np.zeros(idle)]).astype(np.float32),
        tie_weight=weight,
        tie_warmth=weight,
    )
    return made


def copied(original: World) -> World:
    """Return a world whose state is its own; what never changes is shared."""
    twin = copy.copy(original)
    names = ("fast", "slow", "steady", "given", "circumstances")
    state = {name: getattr(original.population, name).copy() for name in names}
    twin.population = original.population._replace(**state)
    return twin
