"""The experiment on contamination: trials that randomise people or communities, where training spreads through ties.

python -m affectsim.trials.contamination experiments/cluster-randomised-trial
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

from affectsim.intervals import reach
from affectsim.progress import Progress
from affectsim.text_files import NUMBERS, printed
from affectsim.trials.analysis import estimates, truth
from affectsim.trials.answers import answers
from affectsim.trials.design import read
from affectsim.trials.worlds import NOBODY, TRIAL, everybody, run

if TYPE_CHECKING:
    import pandas as pd

#: Ties per person inside and between communities: about as many in all.
CONDITIONS = {
    "closed communities": {"network.inside": 9.0, "network.between": 0.5},
    "open communities": {"network.inside": 5.5, "network.between": 4.0},
}
REPLICATES = 40
_DESIGN, README, FIGURE, TABLE = "trial.toml", "README.md", "figure.png", "trials.csv"


def simulate(
    folder: Path, replicates: int = REPLICATES, progress: Callable[[int, int], None] | None = None
) -> pd.DataFrame:
    """Return a row per condition, way to randomise, replicate and outcome; columns as in `trials.analysis`.

    Both ways have the same people, events and truth. Raises InputError.
    """
    import pandas as pd

    rows = []
    for number, (condition, changes) in enumerate(CONDITIONS.items()):
        asked = read(folder / _DESIGN, changes)
        arm = asked.design.compared[0]
        for replicate in range(replicates):
            ways = {"cluster": asked, "individual": asked.but({"randomise": "individual", "clusters": None})}
            known: dict[str, float] = {}
            for way, trial in ways.items():
                worlds = (TRIAL, NOBODY, everybody(trial, arm)) if way == "cluster" else (TRIAL, NOBODY)
                found = answers(run(trial, [replicate], worlds=worlds, threads=1))[0]
                for outcome in trial.design.outcomes:
                    really = truth(trial, found, outcome, arm, 1)
                    if way == "cluster":
                        known[outcome] = really["true_everybody"]
                    rows.append(
                        {"condition": condition, "randomise": way, "replicate": replicate, "outcome": outcome,
                         "truth": known[outcome], **estimates(trial, found, outcome, arm, 1),
                         "contamination": really["true_contamination"], "own": really["true_own"]}
                    )  # fmt: skip
            if progress is not None:
                progress(number * replicates + replicate + 1, len(CONDITIONS) * replicates)
    return pd.DataFrame(rows)


def _recovered(mine: pd.DataFrame) -> tuple[float, float]:
    """Return the mean estimate as a share of the mean truth, and half its 95 % interval (delta method, paired)."""
    share = float(mine["difference"].mean() / mine["truth"].mean())
    left = (mine["difference"] - share * mine["truth"]) / mine["truth"].mean()
    return share, float(reach(left))


def text(found: pd.DataFrame) -> str:
    """Return the numbers as a table."""
    head = (
        f"{'':<20}{'randomised':<12}{'truth':>8}{'found':>8}{'% of truth':>15}{'contamin.':>11}{'sd':>8}"
        f"{'icc':>7}{'design eff.':>12}{'covers truth':>14}{'ignored':>9}"
    )
    lines = []
    for outcome, here in found.groupby("outcome", sort=False):
        lines += ["", f"{outcome}, end of training, points", head]
        for condition in CONDITIONS:
            for way in ("individual", "cluster"):
                mine = here[(here["condition"] == condition) & (here["randomise"] == way)]
                share, half = _recovered(mine)
                covers = ((mine["low"] <= mine["truth"]) & (mine["truth"] <= mine["high"])).mean()
                clustered = way == "cluster"
                # As much of the interval that ignores clusters holds the mean of all such trials.
                mean = mine["difference"].mean()
                ignored = ((mine["ignored_low"] <= mean) & (mean <= mine["ignored_high"])).mean() if clustered else 0
                icc, effect = mine["icc"].mean(), mine["design_effect"].mean()
                tail = f"{icc:>7.3f}{effect:>12.2f}" if clustered else f"{'-':>7}{'-':>12}"
                lines.append(
                    f"{condition if way == 'individual' else '':<20}{way:<12}{mine['truth'].mean():>8.3g}"
                    f"{mine['difference'].mean():>8.3g}{f'{100 * share:.0f} +- {100 * half:.0f}':>15}"
                    f"{mine['contamination'].mean():>11.3g}{mine['difference'].std(ddof=1):>8.2g}{tail}"
                    f"{100 * covers:>13.0f}%" + (f"{100 * ignored:>8.0f}%" if clustered else f"{'-':>9}")
                )
    return "\n".join(lines).strip("\n")


def write(found: pd.DataFrame, folder: Path) -> None:
    """Write table and figure into the folder, and the numbers into its README. Raises InputError."""
    from affectsim import plots

    NUMBERS.split(folder / README)
    # As it is kept, so that the table gives the numbers of the README to the last digit.
    found = found.round(6)
    found.to_csv(folder / TABLE, index=False, lineterminator="\n")
    title = (
        "Black line: the truth, everybody trained against nobody. Small dots: one trial each; large: their mean with "
        "95 % interval.\nSoothing in the last week of training; 120 people in 10 communities, half of them trained."
    )
    plots.save(plots.contamination(found[found["outcome"] == "soothing"], title), folder / FIGURE)
    NUMBERS.put(folder / README, printed(text(found)))


def main(arguments: list[str]) -> None:
    """Run the experiment in the folder that is named."""
    folder = Path(arguments[0])
    with Progress("trials") as show:
        found = simulate(folder, progress=show)
    write(found, folder)
    print(text(found))


if __name__ == "__main__":
    main(sys.argv[1:])
