"""A teaching hour of the page's community, in the engine and as JavaScript: the same people, events and training.

Daily life, ties, the programme in one of two arms, and what a class presses: bad news, a kind day, an ambiguous look
for everybody. The longest lesson spans eight weeks; an hour at the usual speed (8 ticks a second) is 600 days.
"""

from __future__ import annotations

import json

import numpy as np
import numpy.typing as npt

from affectsim.layout import FAST_ROWS, LANES, Fast
from affectsim.page import data
from affectsim.stimuli import KINDS, DailyLife
from affectsim.world import build
from tests.worlds import advance

LESSON_DAYS, HOUR_DAYS, PEOPLE = 56, 600, 30
_TICKS_PER_DAY = 48


def pressed(days: int) -> list[tuple[int, str, float]]:
    """Return day, kind and size (in everyday events) of what everybody meets at eight in the morning."""
    kinds = ((5, "threat", 2.0), (9, "affiliative", 2.0), (12, "ambiguous", 1.5))
    return sorted((day, kind, size) for first, kind, size in kinds for day in range(first, days, 30))


def looks(days: int) -> list[int]:
    """Return the days at whose end all states are compared: also those on which something was pressed."""
    return sorted({0, *range(6, days, 7), days - 1, *(day for day, _, _ in pressed(days))})


def of_the_engine(days: int) -> list[npt.NDArray[np.float64]]:
    """Return the fast states at every look; on the page nobody drops out, and its other arm has no programme."""
    everyday = dict(zip(KINDS, DailyLife().intensities, strict=True))
    dated = [
        {"kind": "dated", "day": day, "hour": 8.0, kind: size * everyday[kind]} for day, kind, size in pressed(days)
    ]
    made = data.scenario(PEOPLE, days=days)
    world = build([made.but({"stimuli": [{"kind": "daily-life"}, *dated]})])
    never = np.full(PEOPLE, 1e9)
    for run in range(2):
        world.set(run, "stop_day", never)
    world.set(1, "start_day", never)
    found, day = [], 0
    for look in looks(days):
        advance(world, (look + 1 - day) * _TICKS_PER_DAY)
        day = look + 1
        found.append(world.population.fast.copy())
    assert days < LESSON_DAYS or world.get(0, "self_kindness").max() > 0.0, "what is compared must hold learnt kindness"
    return found


def script(days: int) -> str:
    """Return JavaScript that leaves the fast states at every look in `found`, and the world in `together`."""
    return (
        f"const together = makeCommunity({{people: {PEOPLE}}}), found = [], pressed = {json.dumps(pressed(days))};"
        f"const everybody = Array.from({{length: {PEOPLE}}}, (_, i) => i);"
        "const until = (tick) => together.advance(tick - together.tick);"
        f"for (const look of {json.dumps(looks(days))}) {{"
        "for (const [day, kind, size] of pressed) {"
        f"if (day > look || day * {_TICKS_PER_DAY} < together.tick) continue;"
        f"until(day * {_TICKS_PER_DAY} + 16); together.event(everybody, kind, size * DATA.everyday[kind]); }}"
        f"until((look + 1) * {_TICKS_PER_DAY}); found.push([...together.population.fast]); }}"
    )


def largest_difference(found: list[list[float]], days: int) -> float:
    """Return the largest difference of any activation, input or signal at any look.

    Left out are sums since the last record: the page never records, so that they grow to tens of thousands.
    """

    def rows(state: npt.ArrayLike) -> npt.NDArray[np.float64]:
        return np.asarray(state, dtype=np.float64).reshape(-1, FAST_ROWS, LANES)[:, : Fast.SUM_THREAT]

    return max(
        float(np.abs(rows(mine) - rows(its)).max()) for mine, its in zip(found, of_the_engine(days), strict=True)
    )
