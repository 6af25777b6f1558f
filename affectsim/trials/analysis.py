"""What a trial finds, and beside it what it would have found had everything been known.

For every outcome, every arm against the reference and every assessment after training:

- intention to treat: everybody who answered, in the arm they were allocated to. Individuals: analysis of covariance;
  clusters: t test of adjusted cluster means.
- per protocol: without those who stopped their programme.
- clusters ignored (cluster-randomised trials only): what the wrong analysis would have said.
- d: effect size with interval, from the same answers.
- the truth, from twins (same people, same events, no error, nothing missing): `own`, what it did to those in the arm,
  compared with their own twins; `everybody`, everybody in the arm against everybody in the reference arm;
  `contamination`, what reached the people of the reference arm through ties; `others`, what reached people who do not
  take part. In points of the score, and as effect sizes.

Positive effect sizes are benefit; points have the sign of the score.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from affectsim.intervals import reach
from affectsim.readouts import directions
from affectsim.trial import effect_size
from affectsim.trials.answers import Answers
from affectsim.trials.design import Trial
from affectsim.trials.statistics import Estimate, ancova, cluster_means, clustering, standardised
from affectsim.trials.worlds import NOBODY, TRIAL, everybody

if TYPE_CHECKING:
    import pandas as pd

Float = npt.NDArray[np.float64]
Int = npt.NDArray[np.int64]
Bool = npt.NDArray[np.bool_]


def analyse(trial: Trial, found: Answers) -> pd.DataFrame:
    """Return what one replicate found: a row per outcome, arm and assessment; see the module for the columns."""
    import pandas as pd

    rows = [
        {
            "replicate": found.replicate, "outcome": outcome, "arm": trial.design.arms[arm].name,
            "against": trial.design.arms[trial.design.reference].name, "assessment": assessment,
            **estimates(trial, found, outcome, arm, row), **truth(trial, found, outcome, arm, row),
        }
        for outcome in trial.design.outcomes
        for arm in trial.design.compared
        for row, assessment in enumerate(found.assessments)
        if row
    ]  # fmt: skip
    return pd.DataFrame(rows)


def averaged(results: pd.DataFrame, confidence: float) -> pd.DataFrame:
    """Return the means over the replicates of a trial: a row per outcome, assessment and arm, in their order.

    With several, `low` and `high` are the t interval of the mean difference over replicates; with one, its own. `found`
    is the share with p < .05, `replicates` how many there are.
    """
    import pandas as pd

    rows = []
    for (outcome, assessment, arm), mine in results.groupby(["outcome", "assessment", "arm"], sort=False):
        mean = mine.mean(numeric_only=True)
        if len(mine) > 1:
            half = float(reach(mine["difference"].to_numpy(), confidence))
            mean["low"], mean["high"] = mean["difference"] - half, mean["difference"] + half
        names = {"outcome": outcome, "assessment": assessment, "arm": arm, "against": mine["against"].iloc[0]}
        rows.append({**names, **mean, "found": float((mine["p"] < 0.05).mean()), "replicates": len(mine)})
    return pd.DataFrame(rows)


def estimates(trial: Trial, found: Answers, outcome: str, arm: int, row: int) -> dict[str, Any]:
    """Return what the answers say about an arm, by name of the column."""
    design, (mine, cluster, stratum) = trial.design, found.allocation
    before, after = found.answered[outcome][0], found.answered[outcome][row]
    both = (mine == arm) | (mine == design.reference)
    there = both & ~np.isnan(before) & ~np.isnan(after)
    sign = directions()[outcome.replace("-", "_")]
    clustered = design.randomise == "cluster"
    main = tested(trial, before, after, mine == arm, cluster, stratum, there)
    protocol = tested(trial, before, after, mine == arm, cluster, stratum, there & ~found.stopped)
    size = standardised(
        before[there], after[there], (mine == arm)[there], cluster[there] if clustered else None,
        confidence=design.confidence,
    )  # fmt: skip
    low, high = sorted((sign * size.low, sign * size.high))
    columns: dict[str, Any] = {
        "people": int(both.sum()), "answered": int(there.sum()),
        **_named("", main), "d": sign * size.value, "d_low": low, "d_high": high,
        **_named("protocol_", protocol), "protocol_answered": int((there & ~found.stopped).sum()),
    }  # fmt: skip
    if clustered:
        naive = ancova(before[there], after[there], (mine == arm)[there], confidence=design.confidence)
        alike = clustering(_adjusted(before[there], after[there], mine[there]), cluster[there], mine[there])
        columns |= _named("ignored_", naive)
        columns |= {"clusters": np.unique(cluster[there]).size, "cluster_size": alike.size, "icc": alike.icc,
                    "design_effect": alike.design_effect}  # fmt: skip
    return columns


def tested(trial: Trial, before: Float, after: Float, treated: Bool, cluster: Int, stratum: Int, who: Bool) -> Estimate:
    """Return the difference between arms in points by the analysis that belongs to the design; all (people,)."""
    confidence = trial.design.confidence
    if trial.design.randomise == "cluster":
        return cluster_means(before[who], after[who], treated[who], cluster[who], confidence=confidence)
    strata = stratum[who] if trial.design.strata else None
    return ancova(before[who], after[who], treated[who], strata, confidence=confidence)


def truth(trial: Trial, found: Answers, outcome: str, arm: int, row: int) -> dict[str, float]:
    """Return what really happened, in points and as effect sizes, by name of the column; worlds that ran only."""
    mine, reference = found.allocation.arm, trial.design.reference
    takes_part = mine >= 0
    worlds = {world: values[outcome] for world, values in found.true.items()}
    one, other = everybody(trial, arm), everybody(trial, reference)
    compared: dict[str, tuple[str, str, Bool]] = {
        "own": (TRIAL, NOBODY, mine == arm),
        "everybody": (one, other, takes_part),
        "contamination": (TRIAL, other, mine == reference),
        "others": (TRIAL, NOBODY, ~takes_part),
    }
    sign = directions()[outcome.replace("-", "_")]
    columns: dict[str, float] = {}
    for name, (with_it, without, who) in compared.items():
        points = d = math.nan
        if with_it in worlds and without in worlds and who.any():
            first, second = worlds[with_it], worlds[without]
            points = float(((first[row] - first[0]) - (second[row] - second[0]))[who].mean())
            d = sign * effect_size(first[0][who], first[row][who], second[0][who], second[row][who]).d
        columns |= {f"true_{name}": points, f"true_{name}_d": d}
    return columns


def _named(prefix: str, found: Estimate) -> dict[str, float]:
    names = ("difference", "error", "low", "high", "p", "freedom")
    return {f"{prefix}{name}": value for name, value in zip(names, found, strict=True)}


def _adjusted(before: Float, after: Float, arm: Int) -> Float:
    """Return what is left of `after` once `before` and the arms are taken out: what clusters may have in common."""
    design = np.column_stack([before - before.mean(), *((arm == one).astype(float) for one in np.unique(arm))])
    return np.asarray(after - design @ np.linalg.lstsq(design, after, rcond=None)[0])
