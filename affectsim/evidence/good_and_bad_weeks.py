"""Good and bad weeks: how changeable people are in real diaries and in the model, and what that means for trials.

    python -m affectsim.evidence.good_and_bad_weeks experiments/good-and-bad-weeks

writes the numbers into the README of that folder and draws its figure.
"""

from __future__ import annotations

import csv
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from affectsim import plots
from affectsim.diaries.files import Diaries, diaries_of
from affectsim.diaries.sampling import sampled
from affectsim.diaries.stability import day_means, kept, lasting
from affectsim.diaries.statistics import Interval, bootstrap_weights
from affectsim.evidence.studies import RATINGS, STUDIES, scenario
from affectsim.readouts import SYSTEMS, directions
from affectsim.scenario import Scenario
from affectsim.simulation import simulate
from affectsim.text_files import NUMBERS, printed, read_text
from affectsim.trial import Periods, outcome_values, period_mean

FIGURE, README = "figure.png", "README.md"
#: Settings that are compared; the second is the model as it is.
SETTINGS: dict[str, dict[str, float]] = {"weeks alike": {"model.circumstances_sd": 0.0}, "good and bad weeks": {}}
#: As in Bringmann et al. 2013: beeps a day and days, before and after eight weeks. Two weeks: Fried et al. 2022.
_BEEPS, _DAYS, _FIRST, _SECOND, _TWO_WEEKS = 10, 6, 7, 63, 13
#: Scores, and how they go together over two weeks where that is published (see experiments/evidence/CHANGES.md).
SCORES = {
    "stress-score": 0.81, "anxiety-score": 0.79, "depression-score": 0.71, "self-compassion-score": 0.93,
}  # fmt: skip
#: Effect that is told in standard deviations before training, and looked for in a trial.
OUTCOMES = ("stress-score", "self-compassion-score")
#: Error of the first kind of the two-sided test of a trial, and the power that is wanted.
_ALPHA, _POWER = 0.05, 0.8
_DRAWS = 1000
#: The share with the most stress at the start, whose regression to the mean is told: a third, as who would be selected.
_HIGH = 1 / 3

Float = npt.NDArray[np.float64]


class Found(NamedTuple):
    """What came out, each by setting: how diaries hold, how scores hold, effects on trained people, who waits.

    `diaries`: statistic -> interval. `scores`: score -> correlation over two weeks. `benefit`: outcome -> benefit over
    the own twin (SD before training). `needed`: outcome -> people in each arm for a power of 80 %. `waiting`: change
    of the most stressed third of those who wait, over eight weeks (SD; above 0 is better).
    """

    diaries: dict[str, dict[str, Interval]]
    scores: dict[str, dict[str, float]]
    benefit: dict[str, dict[str, float]]
    needed: dict[str, dict[str, int]]
    waiting: dict[str, float]


def run(people: int = 600, worlds: int = 4, seed: int = 1) -> Found:
    """Simulate both settings, the same people with the same events. `people`: who write diaries, and in each world."""
    found = Found({}, {}, {}, {}, {})
    for name, changes in SETTINGS.items():
        before, after, long = _diaries(people, seed, changes)
        weights = np.concatenate([np.ones((1, people)), bootstrap_weights(people, _DRAWS, seed)])
        values = kept(day_means(before), day_means(after), weights) | {
            statistic: drawn
            for statistic, drawn in lasting(day_means(long), weights).items()
            if statistic.endswith((".5_days", f".{_TWO_WEEKS - 1}_days"))
        }
        found.diaries[name] = {
            statistic: Interval(float(drawn[0]), *(float(x) for x in np.percentile(drawn[1:], [2.5, 97.5])))
            for statistic, drawn in values.items()
        }
        found.scores[name] = _scores(people, seed, changes)
        found.benefit[name], found.needed[name], found.waiting[name] = _trial(people, worlds, seed, changes)
    return found


def _diaries(people: int, seed: int, changes: Mapping[str, Any]) -> tuple[Diaries, ...]:
    """Return diaries of a first and a later week, and of the two weeks from the first on."""
    made = Scenario(
        {"days": float(_SECOND + _DAYS), "seed": seed, "population": {"size": people},
         "network": {"kind": "small-world"}, "stimuli": [{"kind": "daily-life"}],
         "record": {"every": "30 minutes", "summaries": False, "readouts": list(RATINGS)}}
    ).but(changes)  # fmt: skip
    told = simulate(made)
    parts = ((_FIRST, _DAYS), (_SECOND, _DAYS), (_FIRST, _TWO_WEEKS))
    rows = [sampled(told, _BEEPS, days, seed=seed, first_day=first) for first, days in parts]
    return tuple(
        diaries_of(one["person"], 24.0 * one["day"] + one["hour"], one[list(SYSTEMS)].to_numpy()) for one in rows
    )


def _scores(people: int, seed: int, changes: Mapping[str, Any]) -> dict[str, float]:
    """Return the correlation of each score with itself two weeks later, in people in general who are not trained."""
    made = Scenario(
        {"days": 28.0, "seed": seed, "population": {"size": people}, "network": {"kind": "small-world"},
         "stimuli": [{"kind": "daily-life"}],
         "record": {"every": "1 week", "summaries": False, "readouts": list(SCORES)}}
    ).but(changes)  # fmt: skip
    told = simulate(made)
    held = {}
    for score in SCORES:
        x = outcome_values(told, score.replace("-", "_")).isel(run=0).transpose("time", "person").to_numpy()
        held[score] = float(np.corrcoef(x[1], x[3])[0, 1])
    return held


def _trial(
    people: int, worlds: int, seed: int, changes: Mapping[str, Any]
) -> tuple[dict[str, float], dict[str, int], float]:
    """Return benefits, people needed in each arm, and how the most stressed third of those who wait change."""
    made = scenario(STUDIES["eight-week"], people=people, worlds=worlds, seed=seed, changes=changes)
    told, periods = simulate(made), Periods.of_scenario(made)
    training, waiting = (np.flatnonzero(told["arm"].to_numpy() == arm) for arm in ("training", "waiting-list"))
    chosen = told["chosen"].to_numpy()[training]
    benefit: dict[str, float] = {}
    needed: dict[str, int] = {}
    high = np.nan
    for outcome in OUTCOMES:
        name = outcome.replace("-", "_")
        values = outcome_values(told, name).transpose("run", "time", "person")
        before, after = (period_mean(told, values, span).to_numpy() for span in (periods.before, periods.after))
        better = directions()[name]
        unit = before[waiting][chosen].std(ddof=1)
        change = better * (after - before) / unit
        effect = float((change[training] - change[waiting])[chosen].mean())
        spread = (change[training][chosen].var(ddof=1) + change[waiting][chosen].var(ddof=1)) / 2
        benefit[outcome] = effect
        needed[outcome] = people_needed(effect / np.sqrt(spread))
        if outcome == OUTCOMES[0]:
            start = better * before[waiting][chosen]
            high = float(change[waiting][chosen][start <= np.quantile(start, _HIGH)].mean())
    return benefit, needed, high


def people_needed(d: float) -> int:
    """Return the smallest number of people in each of two arms whose t test finds a difference of `d` SD of change.

    Two-sided at `_ALPHA`, with a power of `_POWER`, from the noncentral t distribution. Raises ValueError if there is
    no difference to be found.
    """
    from scipy.stats import nct, t

    if not abs(d) > 0:
        raise ValueError(f"d = {d} is found with no number of people")

    number = 2
    while True:
        freedom, shift = 2 * number - 2, abs(d) * np.sqrt(number / 2)
        edge = t.ppf(1 - _ALPHA / 2, freedom)
        if nct.sf(edge, freedom, shift) + nct.cdf(-edge, freedom, shift) >= _POWER:
            return number
        number += 1


def published(file: Path) -> dict[str, dict[str, Interval]]:
    """Return how means before and after go together in real diaries, by arm, from the table of `affectsim diaries`."""
    found: dict[str, dict[str, Interval]] = {}
    for row in csv.DictReader(read_text(file, str(file)).splitlines()):
        if row["statistic"].endswith("before_after"):
            arm = {"0": "diaries, waiting", "1": "diaries, training"}[row["arm"]]
            found.setdefault(arm, {})[row["statistic"]] = Interval(*(float(row[k]) for k in ("value", "low", "high")))
    return found


def text(found: Found, real: Mapping[str, Mapping[str, Interval]]) -> str:
    """Return the numbers as tables."""
    names = list(SETTINGS)

    def row(label: str, cells: Sequence[str]) -> str:
        return f"  {label:<34}" + "".join(f"{cell:>22}" for cell in cells)

    def lines(title: str, heads: Sequence[str], rows: Mapping[str, Sequence[str]]) -> list[str]:
        return [title, row("", heads), *(row(label, cells) for label, cells in rows.items()), ""]

    over = {name: [_cell(values[f"stability.{system}.before_after"]) for system in SYSTEMS]
            for name, values in (*real.items(), *found.diaries.items())}  # fmt: skip
    days = {f"{name}, {n} days": [_cell(found.diaries[name][f"stability.{system}.{n}_days"]) for system in SYSTEMS]
            for name in names for n in (5, _TWO_WEEKS - 1)}  # fmt: skip
    scores = {score: [f"{known:.2f}", *(f"{found.scores[name][score]:.2f}" for name in names)]
              for score, known in SCORES.items()}  # fmt: skip
    trial = {f"benefit, {outcome}": [f"{found.benefit[name][outcome]:+.2f}" for name in names] for outcome in OUTCOMES}
    trial |= {f"needed in each arm, {outcome}": [f"{found.needed[name][outcome]}" for name in names]
              for outcome in OUTCOMES}  # fmt: skip
    trial["most stressed third, waiting"] = [f"{found.waiting[name]:+.2f}" for name in names]
    parts = [
        *lines("Means over six days with those eight weeks later (r) [95 % interval]", SYSTEMS, over),
        *lines("What lasts of differences between people's days, against one day apart [95 % interval]", SYSTEMS, days),
        *lines("Scores with themselves two weeks later (r)", ["published", *names], scores),
        *lines("Eight weeks of training against waiting, in SD before training", names, trial),
    ]
    return "\n".join(parts[:-1])


def _cell(found: Interval) -> str:
    return f"{found.value:.2f} [{found.low:.2f}, {found.high:.2f}]"


def write(found: Found, real: Mapping[str, Mapping[str, Interval]], folder: Path) -> None:
    """Write the figure and put the numbers into the README of a folder. Raises InputError without its markers."""
    NUMBERS.put(folder / README, printed(text(found, real)))
    rows = {
        name: {system: values[f"stability.{system}.before_after"] for system in SYSTEMS}
        for name, values in (*real.items(), *((f"model, {name}", values) for name, values in found.diaries.items()))
    }
    title = "How much of what tells people apart is still there eight weeks later?"
    said = "correlation of means over six days with those eight weeks later; bars: 95 % intervals"
    plots.save(plots.compared(title, said, rows, {}, zero=False), folder / FIGURE)


def main(arguments: list[str]) -> None:
    """Run the experiment in a folder."""
    folder = Path(arguments[0])
    found, real = run(), published(folder.parent / "mindfulness-diaries" / "ratings.csv")
    print(text(found, real))
    write(found, real, folder)


if __name__ == "__main__":
    main(sys.argv[1:])
