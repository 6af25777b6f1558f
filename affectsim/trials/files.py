"""The folder of a trial: what an analyst may see, and under `key/` what says who got what.

outcomes.csv            a row per participant: code, group (a letter), cluster, stratum, answers; no arm
blinded.csv             groups compared by letter
trial.toml, scenario.toml   the design, and the scenario with every default
key/key.json            letter -> arm, code -> person
key/adherence.csv       who stopped (it would give the arm away)
key/results.csv, result.txt, figures      everything, unblinded, with the truth from twins
key/worlds.nc           the worlds, for `affectsim compare`
"""

from __future__ import annotations

import itertools
import json
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from affectsim.draws import uniforms
from affectsim.results import DISCLAIMER, save
from affectsim.scenario import Scenario
from affectsim.training.programmes import programme_file, programmes
from affectsim.trials.analysis import averaged, tested
from affectsim.trials.answers import Answers
from affectsim.trials.design import Trial

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

KEY = "key"
OUTCOMES, BLINDED, WORLDS = "outcomes.csv", "blinded.csv", "worlds.nc"
_LETTERS = "ABCDEF"


def letters(trial: Trial, replicate: int) -> tuple[str, ...]:
    """Return the letter of each arm, in random order."""
    count = len(trial.design.arms)
    order = np.argsort(uniforms(trial.scenario.seed, replicate, "trial/blinding", count), kind="stable")
    return tuple(_LETTERS[place] for place in np.argsort(order))


def codes(trial: Trial, found: Answers) -> npt.NDArray[np.int64]:
    """Return the code of everybody who takes part, 1 to participants in random order, 0 for the others; (people,)."""
    arm = found.allocation.arm
    where = np.flatnonzero(arm >= 0)
    lots = uniforms(trial.scenario.seed, found.replicate, "trial/codes", arm.size)[where]
    made = np.zeros(arm.size, dtype=np.int64)
    made[where[np.argsort(lots, kind="stable")]] = np.arange(1, where.size + 1)
    return made


def outcome_table(trial: Trial, found: Answers) -> pd.DataFrame:
    """Return what was answered, sorted by code: nothing in it says which arm a group is."""
    import pandas as pd

    code, letter = codes(trial, found), np.array(letters(trial, found.replicate))
    where = np.argsort(code, kind="stable")[np.count_nonzero(code == 0) :]
    columns: dict[str, Any] = {
        "replicate": found.replicate, "participant": code[where], "group": letter[found.allocation.arm[where]],
    }  # fmt: skip
    if trial.design.randomise == "cluster":
        columns["cluster"] = found.allocation.cluster[where]
    elif trial.design.strata:
        columns["stratum"] = found.allocation.stratum[where]
    for outcome, answered in found.answered.items():
        for row, assessment in enumerate(found.assessments):
            columns[f"{outcome} {assessment}"] = answered[row, where]
    return pd.DataFrame(columns)


def blinded_table(trial: Trial, found: Answers) -> pd.DataFrame:
    """Return every two groups compared by letter: second minus first, adjusted as the design asks."""
    import pandas as pd

    letter = letters(trial, found.replicate)
    arms = sorted(range(len(letter)), key=letter.__getitem__)
    rows = []
    for outcome, answered in found.answered.items():
        for row, assessment in enumerate(found.assessments):
            for first, second in itertools.combinations(arms, 2) if row else ():
                mine, cluster, stratum = found.allocation
                there = ((mine == first) | (mine == second)) & ~np.isnan(answered[row])
                one = tested(trial, answered[0], answered[row], mine == second, cluster, stratum, there)
                rows.append(
                    {"replicate": found.replicate, "outcome": outcome, "assessment": assessment,
                     "groups": f"{letter[second]} - {letter[first]}", "answered": int(there.sum()),
                     "difference": one.value, "low": one.low, "high": one.high, "p": one.p}
                )  # fmt: skip
    return pd.DataFrame(rows)


def key(trial: Trial, answers: Sequence[Answers]) -> dict[str, Any]:
    """Return what opens the blinding, as plain values."""
    opened = []
    for found in answers:
        code = codes(trial, found)
        people = {int(code[person]): int(person) for person in np.flatnonzero(code)}
        opened.append(
            {
                "replicate": found.replicate,
                "groups": dict(zip(letters(trial, found.replicate), [a.name for a in trial.design.arms], strict=True)),
                "participants": {str(one): people[one] for one in sorted(people)},
            }
        )
    return {"disclaimer": DISCLAIMER, "replicates": opened}


def adherence(trial: Trial, found: Answers) -> pd.DataFrame:
    """Return who stopped the programme of their arm, by code."""
    import pandas as pd

    code = codes(trial, found)
    where = np.argsort(code, kind="stable")[np.count_nonzero(code == 0) :]
    return pd.DataFrame(
        {"replicate": found.replicate, "participant": code[where], "stopped": found.stopped[where].astype(int)}
    )


def worlds(trial: Trial, answers: Sequence[Answers]) -> xr.Dataset:
    """Return true values of everybody in every world: dimensions replicate, world, assessment, person."""
    import xarray as xr

    first = answers[0]
    dims = ("replicate", "world", "assessment", "person")
    variables: dict[str, Any] = {
        outcome.replace("-", "_"): (
            dims, np.stack([np.stack([world[outcome] for world in one.true.values()]) for one in answers])
        )
        for outcome in trial.design.outcomes
    }  # fmt: skip
    variables["arm"] = (("replicate", "person"), np.stack([one.allocation.arm for one in answers]))
    return xr.Dataset(
        variables,
        {"replicate": [one.replicate for one in answers], "world": list(first.true),
         "assessment": list(first.assessments)},
        {"title": trial.scenario.title, "disclaimer": DISCLAIMER, "seed": trial.scenario.seed,
         "arms": [arm.name for arm in trial.design.arms]},
    )  # fmt: skip


def write(trial: Trial, answers: Sequence[Answers], results: pd.DataFrame, text: str, folder: Path) -> None:
    """Write everything but the manifest into a folder that is there; see the module."""
    import pandas as pd
    import tomli_w

    from affectsim import plots
    from affectsim.checking import plain

    secret = folder / KEY
    secret.mkdir()

    def table(frames: list[pd.DataFrame], path: Path) -> None:
        pd.concat(frames).to_csv(path, index=False, lineterminator="\n")

    table([outcome_table(trial, one) for one in answers], folder / OUTCOMES)
    table([blinded_table(trial, one) for one in answers], folder / BLINDED)
    design = plain(trial.design) | {"scenario": "scenario.toml", "change": {}}
    for arm in design["arms"]:
        if arm.get("programme") not in (None, *programmes()):
            arm["programme"] = str(programme_file(arm["programme"], folder=trial.folder).absolute())
    (folder / "trial.toml").write_text(tomli_w.dumps({"trial": design}), encoding="utf-8")
    (folder / "scenario.toml").write_text(_portable(trial.scenario).to_toml(), encoding="utf-8")
    (secret / "key.json").write_text(json.dumps(key(trial, answers), indent=1) + "\n", encoding="utf-8")
    table([adherence(trial, one) for one in answers], secret / "adherence.csv")
    results.to_csv(secret / "results.csv", index=False, lineterminator="\n")
    (secret / "result.txt").write_text(text + "\n", encoding="utf-8")
    save(worlds(trial, answers), secret / WORLDS, circumstances=False)
    figure = plots.trial_result(averaged(results, trial.design.confidence), trial.design.confidence)
    for suffix in (".svg", ".png"):
        plots.save(figure, secret / f"result{suffix}")


def _portable(scenario: Scenario) -> Scenario:
    """Return the scenario with absolute paths, which hold from any folder."""
    named = set(scenario.named_files())
    if scenario.training is not None and scenario.training.programme not in programmes():
        named.add("training.programme")
    files = {key: str(path) for key, path in scenario.files().items() if key in named}
    return scenario.but(files) if files else scenario
