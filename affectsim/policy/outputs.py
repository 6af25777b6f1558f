"""What a search leaves in its folder: tables, figure and summary; each appears whole or not at all."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from affectsim.checking import shown
from affectsim.policy.decisions import words
from affectsim.policy.search import Candidate, Problem, Result, Trial
from affectsim.policy.words import labels, summary
from affectsim.results import DISCLAIMER
from affectsim.text_files import whole_file

FRONT, TRIALS, SUMMARY = "front.csv", "trials.csv", "summary.txt"
FIGURE = "front"


def write(problem: Problem, result: Result, unit: str, folder: Path) -> list[str]:
    """Write tables, figure and summary into a folder that is there; return the names of the files.

    Raises InputError where the disk refuses.
    """
    from affectsim import plots

    texts = {
        FRONT: front_table(problem, result),
        TRIALS: trials_table(problem, result),
        SUMMARY: f"{summary(problem, result, unit)}\n\n{DISCLAIMER}\n",
    }
    for name, text in texts.items():
        whole_file(folder / name, _text(text))
    names = list(texts)
    if result.candidates:
        figure = plots.policy_front(**figure_data(problem, result, unit))
        for suffix in (".svg", ".png"):
            partial = folder / f".{FIGURE}.partial{suffix}"
            plots.save(figure, partial)
            whole_file(folder / f"{FIGURE}{suffix}", lambda place, made=partial: made.replace(place))  # type: ignore[misc]
            names.append(f"{FIGURE}{suffix}")
    return names


def _text(text: str) -> Callable[[Path], Any]:
    return lambda path: path.write_text(text, encoding="utf-8", newline="")


def _number(value: float) -> str:
    return f"{value:.10g}" if math.isfinite(value) else ""


def _cell(value: Any) -> Any:
    return value if type(value) in (int, float, str) else shown(value)


def _table(names: Sequence[str], rows: Sequence[Sequence[Any]]) -> str:
    text = io.StringIO()
    writer = csv.writer(text, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
    return text.getvalue()


def front_table(problem: Problem, result: Result) -> str:
    """Return the points that are on the front or near it, as text with commas.

    Of each objective that takes runs: its level in fresh replicates, the change against nobody being trained with its
    95 % interval, and the change that the search saw.
    """
    goals = [(n, goal.name) for n, goal in enumerate(problem.goals) if goal.simulated]
    forms = ("{}", "{}_change", "{}_change_low", "{}_change_high", "{}_change_in_search")
    names = ["point", "on_front", "chance_on_front", *(one.name for one in problem.decisions), "cost",
             *(form.format(name) for _, name in goals for form in forms), "alike"]  # fmt: skip
    rows = []
    for label, one in zip(labels(result), result.candidates, strict=True):
        values = [
            _number(float(column[n]))
            for n, _ in goals
            for column in (one.level, one.fresh.mean, one.fresh.low, one.fresh.high, one.found.mean)
        ]
        decided = [_cell(value) for value in one.trial.point.values()]
        rows.append([label, "yes" if one.on_front else "no", _number(one.chance), *decided, _number(one.trial.cost),
                     *values, one.alike])  # fmt: skip
    return _table(names, rows)


def trials_table(problem: Problem, result: Result) -> str:
    """Return every point that was tried, in the order of its first proposal, as text with commas."""
    goals = [(n, goal.name) for n, goal in enumerate(problem.goals) if goal.simulated]
    names = ["trial", "generation", *(one.name for one in problem.decisions), "cost", "replicates",
             *(f"{name}_change" for _, name in goals), "status"]  # fmt: skip
    rows = []
    for trial, estimate in zip(result.trials, result.estimates, strict=True):
        decided = [_cell(value) for value in trial.point.values()]
        values = [_number(float(estimate[n])) for n, _ in goals]
        rows.append([trial.number, trial.generation, *decided, _number(trial.cost), trial.replicates, *values,
                     status(trial, problem)])  # fmt: skip
    return _table(names, rows)


def status(trial: Trial, problem: Problem) -> str:
    """Return what became of a point."""
    if trial.failed:
        return f"cannot be run: {trial.failed}"
    if problem.budget is not None and trial.cost > problem.budget:
        return "over the budget"
    return "run"


def figure_data(problem: Problem, result: Result, unit: str) -> dict[str, Any]:
    """Return what `plots.policy_front` takes."""
    place = next((n for n, goal in enumerate(problem.goals) if not goal.simulated), 0)
    others = [n for n in range(len(problem.goals)) if n != place]
    axis = [_axis(problem, n, unit) for n in range(len(problem.goals))]

    def marks(one: Candidate) -> dict[str, Any]:
        return {"found": one.found.mean, "fresh": one.fresh.mean, "low": one.fresh.low, "high": one.fresh.high,
                "chance": one.chance, "on_front": one.on_front, "says": words(one.trial.point)}  # fmt: skip

    candidates = {label: marks(one) for label, one in zip(labels(result), result.candidates, strict=True)}
    return {"candidates": candidates, "others": result.estimates, "x": place, "ys": others, "axes": axis,
            "budget": problem.budget if not problem.goals[place].simulated else None}  # fmt: skip


def _axis(problem: Problem, number: int, unit: str) -> str:
    goal = problem.goals[number]
    better = "more" if goal.sign > 0 else "less"
    if not goal.simulated:
        return f"{goal.name.replace('_', ' ')}, {unit}"
    return f"change of {goal.name.replace('_', ' ')} ({better} is better)"
