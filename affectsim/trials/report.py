"""What a trial found, in words and a table."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from affectsim.results import DISCLAIMER
from affectsim.trials.analysis import averaged
from affectsim.trials.design import Trial

if TYPE_CHECKING:
    import pandas as pd


def head(trial: Trial) -> str:
    """Return what is compared, in a few lines."""
    design = trial.design
    arms = ", ".join(f"{arm.name} ({arm.share})" for arm in design.arms)
    who = "everybody" if design.participants is None else f"{design.participants:,} people"
    what = {"individual": "individuals", "cluster": f"clusters ({design.clusters or 'communities of ties'})"}
    weeks = ", ".join(f"{name} (week {number + 1})" for name, number in trial.weeks.items())
    return (
        f"{who} randomised as {what[design.randomise]} to: {arms}\n"
        f"assessed {weeks}; primary outcome: {design.outcomes[0]}, {list(trial.weeks)[1]}"
    )


def text(trial: Trial, results: pd.DataFrame) -> str:
    """Return the unblinded result of a trial: means over its replicates, beside the truth from twins."""
    lines = [head(trial), ""]
    means = averaged(results, trial.design.confidence)
    replicates = int(means["replicates"].max())
    if replicates > 1:
        lines += [
            f"Means of {replicates} replicates of the trial, with the interval of such a mean; 'found' is the share of",
            "them with p < 0.05.", "",
        ]  # fmt: skip
    columns = f"{'points':>9}{'[interval]':>20}{'p' if replicates == 1 else 'found':>8}{'d':>8}"
    columns += f"{'per prot.':>11}{'| truth: own':>14}{'everybody':>11}{'contamin.':>11}"
    for (outcome, assessment), rows in means.groupby(["outcome", "assessment"], sort=False):
        lines.append(f"{outcome}, {assessment}")
        lines.append(f"{'':<26}{columns}")
        for mean in rows.to_dict("records"):
            arm = mean["arm"]
            p = _p(mean["p"]) if replicates == 1 else f"{mean['found']:.2f}"
            interval = f"[{_points(mean['low'])}, {_points(mean['high'])}]"
            lines.append(
                f"  {str(arm)[:24]:<24}{_points(mean['difference']):>9}{interval:>20}{p:>8}{mean['d']:>8.2f}"
                f"{_points(mean['protocol_difference']):>11}{_points(mean['true_own']):>14}"
                f"{_points(mean['true_everybody']):>11}{_points(mean['true_contamination']):>11}"
            )
    first = results.iloc[0]
    share = 1 - results["answered"].sum() / results["people"].sum()
    lines += ["", f"Missing answers after training: {100 * share:.0f} %. Compared with: {first['against']}."]
    if "icc" in results:
        mine = results[(results["outcome"] == first["outcome"]) & (results["assessment"] == first["assessment"])]
        mean = mine.mean(numeric_only=True)
        lines.append(
            f"Primary outcome: {mean['clusters']:.0f} clusters of {mean['cluster_size']:.1f} who answered, intraclass "
            f"correlation {mean['icc']:.3f}, design effect {mean['design_effect']:.2f}."
        )
    lines += [
        "points: difference between arms, adjusted for before (intention to treat); per prot.: without those who",
        "stopped; d: effect size, positive = benefit. Truth (same people and events, no error, nothing missing): own,",
        "those in the arm against their own twins without it; everybody, all in the arm against all in the other;",
        "contamin., what reached the arm they are compared with through ties.",
        "",
        DISCLAIMER,
    ]
    return "\n".join(lines)


def blinded(trial: Trial, table: pd.DataFrame) -> str:
    """Return the comparison by letters."""
    lines = [head(trial), "", "Blinded: which letter is which arm is in key/key.json.", ""]
    for row in table.to_dict("records"):
        interval = f"[{_points(row['low'])}, {_points(row['high'])}]"
        where = f"{row['outcome']}, {row['assessment']}"
        lines.append(f"  {where:<46}{row['groups']:>7}{_points(row['difference']):>9}{interval:>20}  p {_p(row['p'])}")
    return "\n".join([*lines, "", DISCLAIMER])


def _points(value: float) -> str:
    if not math.isfinite(value):
        return "-"
    return f"{value:.2f}" if abs(value) >= 1 else f"{value:.3f}"


def _p(value: float) -> str:
    if not math.isfinite(value):
        return "-"
    return "<.001" if value < 0.001 else f"{value:.3f}"
