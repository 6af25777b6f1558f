"""What the page knows of the model beside its equations: parameters, people, networks, exercises, tables.

Everything is taken from where the engine has it.
"""

from __future__ import annotations

import functools
from typing import Any

import numpy as np
import numpy.typing as npt

from affectsim.draws import key
from affectsim.kernel.scheme import exchange_steps, given_back, half_steps, middle_step, signal_weights, step_times
from affectsim.kernel.tables import EXERCISE_FIELDS
from affectsim.layout import (
    FAST_ROWS,
    LANES,
    NEVER,
    SLOW,
    SLOW_ROWS,
    STEADY,
    STEADY_ROWS,
    STEADY_UNITS,
    TRAINABLE,
    Fast,
)
from affectsim.page.packing import packed
from affectsim.page.texts import shown_parameters, teaching
from affectsim.parameters import DISTRIBUTIONS, MODEL
from affectsim.populations import PRESETS
from affectsim.scenario import Scenario
from affectsim.sections import Numerics
from affectsim.stimuli import KINDS, DailyLife
from affectsim.world import World, build, community_of

#: Sizes that a community can have on the page, smallest first.
SIZES = (30, 60, 100, 200, 500)
SEED = 7
#: Part of the model whose draws say who trains, as in the engine.
LOTS = "who is trained"
PROGRAMME = "eight-week"
#: Minutes and steps of a tick: a community as in the engine; one mind in finer ticks, so that it moves smoothly.
SCHEMES = {"community": (30.0, Numerics().steps_per_tick), "mind": (5.0, 4)}


def scenario(people: int, tick: str = "community", preset: str = "general", days: float = 70.0) -> Scenario:
    """Return the scenario that a community of the page is: daily life, training for everybody from day 0, or none."""
    minutes, steps = SCHEMES[tick]
    return Scenario.from_tables(
        {
            "title": "a community on the page",
            "days": days,
            "seed": SEED,
            "population": {"size": people, "preset": preset},
            "network": {"kind": "small-world"},
            "stimuli": [{"kind": "daily-life"}],
            "training": {"programme": PROGRAMME, "who": {"share": 1.0}, "against": "waiting-list"},
            "numerics": {"tick": minutes, "steps_per_tick": steps},
        }
    )


@functools.cache
def example() -> World:
    """Return the world whose tables the page uses: the largest community, in two arms."""
    return build([scenario(max(SIZES))])


def page_data() -> dict[str, Any]:
    """Return everything as plain values for JSON; arrays as `packing.packed` writes them."""
    world = example()
    made, tables = world.runs[0].scenario, world.tables
    programme = made.programme("training")
    assert programme is not None
    taken = (
        "model", "thresholds", "intensity", "keys", "home", "informal", "session", "session_moment", "session_hope",
        "attendance", "exercises", "bonds",
    )  # fmt: skip
    return {
        "model": {name: _parameter(p, name in shown_parameters()) for name, p in MODEL.items()},
        "traits": {name: _trait(t) for name, t in DISTRIBUTIONS.items()},
        "presets": {name: _preset(name) for name in PRESETS},
        "exercises": list(made.exercises()),
        "exercise_fields": list(EXERCISE_FIELDS),
        "everyday": dict(zip(KINDS, DailyLife().intensities, strict=True)),
        **teaching(),
        "shown_parameters": shown_parameters(),
        "layout": {
            "lanes": LANES, "never": float(NEVER), "steady_units": STEADY_UNITS,
            "fast": {f.name.lower(): int(f) for f in Fast},
            "slow": SLOW, "steady": STEADY, "fast_rows": FAST_ROWS, "slow_rows": SLOW_ROWS, "steady_rows": STEADY_ROWS,
            "trainable": TRAINABLE,
        },
        "schemes": {name: _scheme(minutes / 60, steps) for name, (minutes, steps) in SCHEMES.items()},
        # Of the arm with training: the other one differs by its programme only.
        "tables": {name: packed(_first(getattr(tables, name), name)) for name in taken},
        "moments_per_day": tables.moments_per_day,
        "session_warmth": float(programme.warmth(np.array([1]))[0]),
        "lots": LOTS,
        "people": {
            "keys": {part: key(SEED, 0, part).tolist() for part in (*(f"trait/{t}" for t in DISTRIBUTIONS), LOTS)},
            "practice_moment": packed((world.get(0, "practice_time") * tables.moments_per_day).astype(np.uint8)),
        },
        "networks": {str(people): _network(people) for people in SIZES},
    }  # fmt: skip


def _first(values: npt.NDArray[Any], name: str) -> npt.NDArray[Any]:
    if name == "thresholds":
        # What is compared with them are whole numbers, so that rounded up they are the same, in half the room.
        values = np.ceil(values).astype(np.uint32)
    return values if name == "exercises" else values[:1]


def _parameter(p: Any, shown: bool) -> dict[str, Any]:
    more = ("low", "high", "unit", "meaning") if shown else ()
    return {key: getattr(p, key) for key in ("default", *more)}


def _trait(t: Any) -> dict[str, Any]:
    return {key: getattr(t, key) for key in ("shape", "median", "spread", "low", "high", "unit", "meaning")}


def _preset(name: str) -> dict[str, Any]:
    from affectsim.correlations import mixing

    preset = PRESETS[name]
    rows = mixing(scenario(SIZES[0], preset=name).correlated_pairs())
    return {"traits": preset.changes(), "mixing": rows}


def _scheme(tick_hours: float, steps: int) -> dict[str, Any]:
    times, exchanges = step_times(tick_hours, steps), exchange_steps(steps)
    return {
        "tick_hours": tick_hours, "times": packed(half_steps(times)),
        "signal_weights": packed(signal_weights(times, exchanges)), "given_back": packed(given_back(times, exchanges)),
        "exchange_steps": packed(exchanges),
        "step_hours": packed(np.diff(times)), "middle_step": middle_step(steps),
    }  # fmt: skip


def _network(people: int) -> dict[str, Any]:
    import networkx as nx

    ties = community_of(scenario(people)).ties
    graph: Any = nx.Graph()
    graph.add_nodes_from(range(people))
    graph.add_edges_from(zip(ties.source.tolist(), ties.target.tolist(), strict=True))
    # networkx places large networks by another method, whose steps go further and take longer.
    places = nx.spring_layout(graph, seed=SEED, iterations=200 if people < 500 else 40)
    where = np.array([places[k] for k in range(people)])
    where = np.rint(250 * (where - where.min(axis=0)) / np.ptp(where, axis=0)).astype(np.uint8)
    return {
        "degree": packed(np.diff(ties.start).astype(np.uint8)), "weight": packed(ties.weight),
        "source": packed(ties.source.astype(np.uint8 if people <= 256 else np.uint16)), "places": packed(where),
    }  # fmt: skip
