"""What a search found, in plain words."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

from affectsim.policy.decisions import words
from affectsim.policy.search import Problem, Result

#: Points near the front that the summary lists; the table holds all of them.
_LISTED = 10


def labels(result: Result) -> list[str]:
    """Return short names of the candidates: A, B, ... on the front, a, b, ... near it."""
    front = len(result.front)
    return [_letters(n, "A") if n < front else _letters(n - front, "a") for n in range(len(result.candidates))]


def _letters(number: int, first: str) -> str:
    text = ""
    number += 1
    while number:
        number, rest = divmod(number - 1, 26)
        text = chr(ord(first) + rest) + text
    return text


def summary(problem: Problem, result: Result, unit: str) -> str:
    """Return what was tried and found, as text of several lines."""
    ran = sum(one.replicates > 0 for one in result.trials)
    failed = sum(one.failed is not None for one in result.trials)
    dear = len(result.trials) - ran - failed
    settings = problem.settings
    lines = [f"{result.proposed:,} proposals, {len(result.trials):,} different points: {ran:,} were run"
             + (f", {dear:,} cost more than the budget of {problem.budget:g} {unit} and were not" if dear else "")
             + (f", {failed:,} could not be run" if failed else "")]  # fmt: skip
    lines.append(
        f"replicates: {settings.replicates} at first, up to {settings.most_replicates} near the front, then "
        f"{settings.fresh_replicates} fresh ones that the search had not seen"
    )
    if not result.candidates:
        why = "none of them is on the front: nobody being trained is better all round" if ran else "there is no front"
        return "\n".join([*lines, "", f"No policy to tell of; {why}."])
    lines += ["", *_table(problem, result, unit)]
    near = len(result.candidates) - len(result.front)
    lines += [
        "",
        "Changes are against nobody being trained in the same worlds; [95 % interval] over fresh replicates.",
        "Chance: in how many of 1,000 resamples of the fresh replicates no other row of the table is better all round.",
        "No point is best: each on the front is better in something and worse in something else than the others.",
    ]
    if near:
        said = (
            "1 point is near the front (small letter)"
            if near == 1
            else f"{near:,} points are near the front (small letters)"
        )
        lines.append(f"{said}: chance may have kept {'it' if near == 1 else 'them'} away.")
    if not result.front:
        lines.append("None of them is on the front: nobody being trained is better all round than each.")
    lines += ["", *_curse(problem, result), *_common(problem, result), "",
              "This is the front of the model, with its assumptions about people, programmes and costs, among the "
              "points tried;", "it is no advice about any real community."]  # fmt: skip
    return "\n".join(lines)


def _table(problem: Problem, result: Result, unit: str) -> list[str]:
    goals = [(n, goal) for n, goal in enumerate(problem.goals) if goal.simulated]
    head = ["", "chance", f"cost ({'h' if unit.startswith('hours') else unit})"]
    head += [f"{goal.name} ({'more' if goal.sign > 0 else 'less'} is better)" for _, goal in goals]
    rows: list[list[str]] = [[*head, "what is done"]]
    levels = [f"{result.baseline.mean[n]:.4f}" for n, _ in goals]
    rows.append(["", "", "0", *levels, "nobody is trained"])
    shown = list(zip(labels(result), result.candidates, strict=True))
    for label, one in shown[: len(result.front) + _LISTED]:
        values = [f"{one.fresh.mean[n]:+.4f} [{one.fresh.low[n]:+.4f}, {one.fresh.high[n]:+.4f}]" for n, _ in goals]
        said = words(one.trial.point) + (f" (and {one.alike} more with the same results)" if one.alike else "")
        rows.append([label, f"{one.chance:.0%}", f"{one.trial.cost:g}", *values, said])
    lines = _aligned(rows)
    if len(shown) > len(result.front) + _LISTED:
        lines.append(f"  and {len(shown) - len(result.front) - _LISTED:,} more near the front: see the table")
    return lines


def _aligned(rows: Sequence[Sequence[Any]]) -> list[str]:
    widths = [max(len(str(row[n])) for row in rows) for n in range(len(rows[0]))]
    return ["  " + "  ".join(f"{cell!s:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows]  # fmt: skip


def _curse(problem: Problem, result: Result) -> list[str]:
    if not result.front:
        return []
    lines = ["Chosen points look better than they are. What the search saw minus what fresh replicates gave, mean over "
             "the front:"]  # fmt: skip
    for n, goal in enumerate(problem.goals):
        if goal.simulated:
            one = result.optimism
            sure = "better than it is" if one.low[n] > 0 else "no clear difference" if one.high[n] >= 0 else "worse"
            lines.append(f"  {goal.name}: {one.mean[n]:+.5f} [{one.low[n]:+.5f}, {one.high[n]:+.5f}], {sure}")
    return lines


def _common(problem: Problem, result: Result) -> list[str]:
    said = [f"{goal.name} {result.common[n]:.1f}" for n, goal in enumerate(problem.goals)
            if goal.simulated and math.isfinite(result.common[n])]  # fmt: skip
    if not said:
        return []
    return ["Without the same people and chances at every point, differences on the front would need more replicates, "
            f"times: {', '.join(said)}"]  # fmt: skip
